"""Types of expressions: a lightweight checker over facts.

Macros are expanded first, so accessors such as `rcu_dereference`, `READ_ONCE` or `container_of` are typed by
their own bodies. What cannot be typed is None.

Not handled: integer promotions, overloading by `_Generic` on anything but its default, block scopes of
variables with the same name in one function.
"""

import itertools
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, Protocol

from analyzer.model.callgraph import Slot
from analyzer.model.facts import Definition, Field, Object, Record
from analyzer.resolve.ctypes import (
    Arr,
    Base,
    Fun,
    Ptr,
    Rec,
    Type,
    TypeReader,
    is_type_start,
    pointee,
)
from analyzer.resolve.cursor import Cursor
from analyzer.resolve.declared import Declared
from analyzer.resolve.macros import Expander
from analyzer.resolve.scope import Scope, Scopes
from analyzer.resolve.tokens import TYPE_WORDS, Token, close_of, split, tokenize, value_end

PRECEDENCE = {
    ",": 1,
    "=": 2,
    "+=": 2,
    "-=": 2,
    "*=": 2,
    "/=": 2,
    "%=": 2,
    "&=": 2,
    "|=": 2,
    "^=": 2,
    "<<=": 2,
    ">>=": 2,
    "?": 3,
    "||": 4,
    "&&": 5,
    "|": 6,
    "^": 7,
    "&": 8,
    "==": 9,
    "!=": 9,
    "<": 10,
    ">": 10,
    "<=": 10,
    ">=": 10,
    "<<": 11,
    ">>": 11,
    "+": 12,
    "-": 12,
    "*": 13,
    "/": 13,
    "%": 13,
}
_INT = Base("int")


class Member(NamedTuple):
    """A member of a struct, named by the struct that declares it, and its type."""

    slot: Slot
    type: Type | None


_MAX_DEPTH = 12


class Named(Protocol):
    """What typing asks of the names of a tree (`analyzer.resolve.names.Names`)."""

    @property
    def scopes(self) -> Scopes:
        """The files' scopes."""
        ...

    @property
    def declared(self) -> Declared:
        """Types and variables by name."""
        ...

    def typer(self, path: str) -> "Typer":
        """The type checker of a file."""
        ...

    def return_type(self, scope: Scope, name: str) -> tuple[str, str] | None:
        """The file and text of the type that a function returns."""
        ...


class Typer:
    """Types expressions of one file."""

    def __init__(self, scope: Scope, names: Named) -> None:
        self.scope = scope
        self.names = names
        self._expander = Expander(scope.macro)  # tests of the configuration stay as they are written
        self._types: dict[str, Type | None] = {}
        self._depth = 0

    # types by name

    def type_of_text(self, text: str, local: Mapping[str, Type | None] | None = None) -> Type | None:
        """The type that C text of a type name denotes here."""
        if local is None and text in self._types:
            return self._types[text]
        tokens = tokenize(text)
        if any(self.scope.macro(t.text) for t in tokens if t.is_name):
            for at, (word, tag) in enumerate(itertools.pairwise(tokens), 1):
                if word.text in ("struct", "union", "enum") and not self.scope.macro_is_sure(tag.text):
                    tokens[at] = tag._replace(hidden=frozenset((tag.text,)))  # `#else`, `#define ops NULL`
            tokens = self._expander.expand(tokens).tokens
        found = self._reader(tokens, 0, local or {}).whole()
        if local is None:
            self._types[text] = found
        return found

    def _reader(self, tokens: Sequence[Token], at: int, local: Mapping[str, Type | None]) -> TypeReader:
        return TypeReader(
            tokens,
            at,
            file=self.scope.path,
            named=self.typedef,
            of=lambda inner: self._type(inner, local),
            is_typedef=self.is_typedef,
        )

    def is_typedef(self, name: str) -> bool:
        """Whether a name is a type's."""
        return self.names.declared.typedef(self.scope, name) is not None

    def typedef(self, name: str) -> Type | None:
        """The type that a typedef names."""
        found = self.names.declared.typedef(self.scope, name)
        if found is None or self._depth > _MAX_DEPTH:
            return None
        path, typedef = found
        self._depth += 1
        try:
            return self.names.typer(path).type_of_text(typedef.type)
        finally:
            self._depth -= 1

    # members

    def record(self, type_: Type | None) -> tuple[str, Record] | None:
        """The definition of a struct type, and its file."""
        if not isinstance(type_, Rec):
            return None
        return self.names.declared.record(self.names.scopes.of(type_.file), type_.tag, self.scope)

    def member(self, type_: Type | None, name: str) -> Member | None:
        """A member of a struct type."""
        found = self.record(type_)
        if found is None:
            return None
        path, record = found
        for field in record.fields:
            if field.name == name:
                return self._member(path, record, field)
        for field in self.names.declared.included_fields(path, record):
            if field.name == name:
                return self._member(path, record, field)
        return None

    def _member(self, path: str, record: Record, field: Field) -> Member:
        slot = Slot(record.tag, field.name, self.names.declared.homonym(path, record.tag))
        return Member(slot, self.names.typer(path).type_of_text(field.type))

    # expressions

    def variables(self, definition: Definition) -> dict[str, Type | None]:
        """Types of a function's parameters and local variables."""
        local: dict[str, Type | None] = {}
        for parameter in definition.parameters:
            if parameter.name:
                type_ = self.type_of_text(parameter.type)
                local[parameter.name] = Ptr(type_.of) if isinstance(type_, Arr) else type_
        for variable in definition.variables:
            if variable.type.split("*")[0].strip() in (
                "auto",
                "__auto_type",
                "const auto",
                "const __auto_type",
            ):
                type_ = self.type_of(variable.value, local) if variable.value else None
            elif "typeof" in variable.type:
                type_ = self.type_of_text(variable.type, local)
            else:
                type_ = self.type_of_text(variable.type)
            local[variable.name] = type_
        return local

    def type_of(self, text: str, local: Mapping[str, Type | None]) -> Type | None:
        """The type of an expression's text."""
        return self._type(self.expand(text), local)

    def expand(self, text: str) -> list[Token]:
        """An expression's tokens with all macros expanded."""
        return self._expander.expand(tokenize(text)).tokens

    def expand_tokens(self, tokens: Sequence[Token]) -> list[Token]:
        """Tokens with all macros expanded."""
        return self._expander.expand(tokens).tokens

    def type_of_tokens(self, tokens: Sequence[Token], local: Mapping[str, Type | None]) -> Type | None:
        """The type of an already expanded expression."""
        return self._type(tokens, local)

    def associations(
        self, tokens: Sequence[Token], local: Mapping[str, Type | None], constant: Collection[str] = ()
    ) -> list[str]:
        """The names that a `_Generic` selection gives: that of the controlling expression's type, else the
        default's, else all. Of two that differ in `const` the one for variables that are declared so is taken only
        for these, `constant`."""
        end = close_of(tokens, 1)
        parts = split(tokens[2:end], ",")
        wanted = self._type(parts[0], local)
        named: list[tuple[Type | None, str, bool]] = []
        default = ""
        for part in parts[1:]:
            colon = next((i for i, t in enumerate(part) if t.text == ":"), -1)
            if colon < 0 or len(part) != colon + 2 or not part[-1].is_name:
                continue
            if part[0].text == "default":
                default = part[-1].text
            else:
                fixed = any(t.text == "const" for t in part[:colon])
                named.append((self._reader(part[:colon], 0, local).whole(), part[-1].text, fixed))
        if wanted is not None:
            controlling = [t.text for t in parts[0] if t.text not in ("(", ")")]
            is_fixed = len(controlling) == 1 and controlling[0] in constant
            fitting = [(fixed != is_fixed, name) for type_, name, fixed in named if self._same(type_, wanted)]
            if fitting:
                return [min(fitting, key=lambda f: f[0])[1]]
        if default:
            return [default]
        return list(dict.fromkeys(name for _, name, _ in named))

    def _same(self, left: Type | None, right: Type | None) -> bool:
        """Whether two types are the same, structs compared by tag."""
        if isinstance(left, Rec) and isinstance(right, Rec):
            return left.tag == right.tag
        if isinstance(left, Ptr | Arr) and isinstance(right, Ptr | Arr):
            return self._same(pointee(left), pointee(right))
        return left == right

    def with_declaration(
        self, tokens: Sequence[Token], local: Mapping[str, Type | None]
    ) -> Mapping[str, Type | None]:
        """The variables with those that a declaration's (expanded) tokens add."""
        extended = dict(local)
        _Expression(self, tokens, extended).declare(tokens, extended)
        return extended

    def _type(self, tokens: Sequence[Token], local: Mapping[str, Type | None]) -> Type | None:
        if self._depth > _MAX_DEPTH or not tokens:
            return None
        self._depth += 1
        try:
            return _Expression(self, tokens, local).parse(0)
        except (IndexError, RecursionError):
            return None
        finally:
            self._depth -= 1

    def name_type(self, name: str, local: Mapping[str, Type | None]) -> Type | None:
        """The type of an identifier used as a value."""
        if name in local:
            return local[name]
        found = self.names.declared.object(self.scope, name)
        if found is not None:
            path, variable = found
            return self.object_type(path, variable)
        function = self.names.return_type(self.scope, name)
        if function is not None:
            path, text = function
            return Fun(self.names.typer(path).type_of_text(text))
        return None

    def object_type(self, path: str, variable: Object) -> Type | None:
        """The type of a file-scope variable."""
        return self.names.typer(path).type_of_text(variable.type)


class _Expression(Cursor):
    """A Pratt parser that computes types as it goes."""

    def __init__(self, typer: Typer, tokens: Sequence[Token], local: Mapping[str, Type | None]) -> None:
        super().__init__(tokens)
        self.typer = typer
        self.local = local

    def parse(self, floor: int) -> Type | None:
        left = self.unary()
        while True:
            operator = self.peek()
            power = PRECEDENCE.get(operator)
            if power is None or power <= floor:
                return left
            self.at += 1
            if operator == "?":
                if self.peek() == ":":
                    self.at += 1
                    right = self.parse(2)
                    left = _pointer_of(left, right)
                else:
                    middle = self.parse(0)
                    if self.peek() == ":":
                        self.at += 1
                    left = _pointer_of(middle, self.parse(2))
                continue
            right = self.parse(1 if power == 2 else power)
            if operator == ",":
                left = right
            elif power == 2:
                pass
            elif operator in ("+", "-"):
                left = _pointer_of(left, right) if operator == "+" else left
            elif power in (4, 5, 9, 10):
                left = _INT

    def unary(self) -> Type | None:
        text = self.peek()
        if text in ("*", "&", "-", "+", "!", "~", "++", "--", "&&"):
            self.at += 1
            type_ = self.unary()
            if text == "*":
                return type_ if isinstance(type_, Fun) else pointee(type_)
            if text == "&":
                return Ptr(type_)
            return _INT if text == "!" else type_
        if text in ("sizeof", "_Alignof", "__alignof__", "alignof", "__alignof"):
            self.at += 1
            if self.peek() == "(":
                self.skip_brackets()
            else:
                self.unary()
            return Base("size_t")
        if text == "__extension__":
            self.at += 1
            return self.unary()
        if text == "(" and is_type_start(self.tokens, self.at + 1, self.typer.is_typedef):
            if self.peek(1) in self.local and self.peek(2) != "*":
                return self.postfix(self.primary())
            inside = self.bracketed()
            if inside is None:
                return None
            type_ = self.typer._reader(inside, 0, self.local).whole()
            if self.peek() == "{":  # a compound literal
                self.skip_brackets()
                return self.postfix(type_)
            self.unary()
            return type_
        return self.postfix(self.primary())

    def primary(self) -> Type | None:
        if self.at >= len(self.tokens):
            return None
        token = self.tokens[self.at]
        text = token.text
        if text == "(":
            inside = self.bracketed()
            if inside is None:
                return None
            if inside and inside[0].text == "{":
                return self.statements(inside[1:-1])
            return _Expression(self.typer, inside, self.local).parse(0)
        self.at += 1
        if text == "_Generic" and self.peek() == "(":
            return self.generic()
        if text == "__builtin_choose_expr" and self.peek() == "(":
            return self.choose(1)
        if text in (
            "__builtin_types_compatible_p",
            "__builtin_offsetof",
            "offsetof",
            "__builtin_constant_p",
        ):
            if self.peek() == "(":
                self.skip_brackets()
            return _INT
        if token.is_name:
            return self.typer.name_type(text, self.local)
        if text[0] == '"':
            return Ptr(Base("char"))
        return _INT

    def postfix(self, type_: Type | None) -> Type | None:
        while True:
            text = self.peek()
            if text in (".", "->"):
                name = self.peek(1)
                self.at += 2
                owner = pointee(type_) if text == "->" or isinstance(type_, Arr) else type_
                found = self.typer.member(owner, name)
                type_ = found.type if found else None
            elif text == "[":
                self.skip_brackets()
                type_ = pointee(type_)
            elif text == "(":
                self.skip_brackets()
                function = type_.to if isinstance(type_, Ptr) else type_
                type_ = function.returns if isinstance(function, Fun) else None
            elif text in ("++", "--"):
                self.at += 1
            else:
                return type_

    def statements(self, tokens: Sequence[Token]) -> Type | None:
        """The type of a statement expression: its last expression's."""
        local = dict(self.local)
        last: Type | None = None
        for statement in _statements_of(tokens):
            if not statement:
                continue
            if is_type_start(statement, 0, self.typer.is_typedef) and statement[0].text not in self.local:
                self.declare(statement, local)
                last = None
            else:
                last = _Expression(self.typer, statement, local).parse(0)
        return last

    def declare(self, tokens: Sequence[Token], local: dict[str, Type | None]) -> None:
        reader = self.typer._reader(tokens, 0, local)
        base = reader.specifiers()
        automatic = tokens[0].text in ("__auto_type", "auto")
        while reader.at < len(tokens):
            type_, name = reader.declarator(base)
            while reader.peek() in ("__attribute__", "__attribute"):
                reader.at = close_of(tokens, reader.at + 1) + 1 or len(tokens)
            if reader.peek() == "=":
                value = tokens[reader.at + 1 :]
                if name and (automatic or self.is_unknown(type_)):  # as typedefs are that macros make
                    type_ = _Expression(self.typer, value, local).parse(1)
                reader.at = value_end(tokens, reader.at + 1)
            if name:
                local[name] = type_
            if reader.peek() == ",":
                reader.at += 1
            else:
                break

    def is_unknown(self, type_: Type | None) -> bool:
        """Whether a type's name stands for nothing that was found."""
        return (
            isinstance(type_, Base)
            and type_.name.isidentifier()
            and type_.name not in TYPE_WORDS
            and not self.typer.is_typedef(type_.name)
        )

    def generic(self) -> Type | None:
        """`_Generic`: its default association's type, else the first that can be typed."""
        parts = split(self.bracketed() or (), ",")
        first: Type | None = None
        for part in parts[1:]:
            colon = next((i for i, t in enumerate(part) if t.text == ":"), -1)
            if colon < 0:
                continue
            value = part[colon + 1 :]
            if part[0].text == "default":
                found = _Expression(self.typer, value, self.local).parse(1)
                if found is not None:
                    return found
            elif first is None:
                first = _Expression(self.typer, value, self.local).parse(1)
        return first

    def choose(self, position: int) -> Type | None:
        for part in split(self.bracketed() or (), ",")[position:]:
            found = _Expression(self.typer, part, self.local).parse(1)
            if found is not None:
                return found
        return None


def _pointer_of(left: Type | None, right: Type | None) -> Type | None:
    """The pointer among two operands, the one that leads to something known first."""
    for side in (left, right):
        if isinstance(side, Ptr | Arr | Fun | Rec) and side != Ptr(Base("void")):
            return side
    return left if left is not None else right


def _statements_of(tokens: Sequence[Token]) -> list[Sequence[Token]]:
    """The statements of a block, split behind semicolons and blocks."""
    parts: list[Sequence[Token]] = []
    depth, start = 0, 0
    for at, token in enumerate(tokens):
        text = token.text
        if text in ("(", "[", "{"):
            depth += 1
        elif text in (")", "]", "}"):
            depth -= 1
            following = tokens[at + 1].text if at + 1 < len(tokens) else ""
            if depth == 0 and text == "}" and following not in (")", ";", ",", ".", "["):
                parts.append(tokens[start : at + 1])
                start = at + 1
        elif text == ";" and depth == 0:
            parts.append(tokens[start:at])
            start = at + 1
    parts.append(tokens[start:])
    return parts
