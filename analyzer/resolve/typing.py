"""Types of expressions: a lightweight checker over facts.

Macros are expanded first, so accessors such as `rcu_dereference`, `READ_ONCE` or `container_of` are typed by
their own bodies. What cannot be typed is None.
"""

import itertools
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import NamedTuple, Protocol

from analyzer.model.callgraph import Slot
from analyzer.model.facts import Definition, Field, Object, Record, Variable
from analyzer.resolve.ctypes import (
    SIZES,
    Arr,
    Base,
    Fun,
    Ptr,
    Rec,
    Type,
    TypeReader,
    pointee,
)
from analyzer.resolve.declared import Declared, may_be_use
from analyzer.resolve.expressiontypes import ExpressionReader
from analyzer.resolve.locals import Locals
from analyzer.resolve.macros import Expander
from analyzer.resolve.scope import Scope
from analyzer.resolve.scopes import Scopes
from analyzer.resolve.tokens import Token, close_of, split, tokenize

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
        found = self.reader(tokens, 0, local or {}).whole()
        if local is None:
            self._types[text] = found
        return found

    def reader(self, tokens: Sequence[Token], at: int, local: Mapping[str, Type | None]) -> TypeReader:
        """Reads types among tokens, from an index on."""
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
        spelled = next((field for field in record.fields if field.name == name), None)
        if spelled is not None and not may_be_use(spelled):
            return self._member(path, record, spelled)
        for field in self.names.declared.included_fields(path, record):
            if field.name == name:
                return self._member(path, record, field)
        return None if spelled is None else self._member(path, record, spelled)

    def _member(self, path: str, record: Record, field: Field) -> Member:
        slot = Slot(record.tag, field.name, self.names.declared.homonym(path, record.tag))
        return Member(slot, self.names.typer(path).type_of_text(field.type))

    # expressions

    def locals_of(self, definition: Definition) -> Locals:
        """Types of a function's parameters and local variables, by line; it stands in this file's text."""
        return Locals(definition, partial(self.variables, definition), self._text)

    def _text(self) -> bytes:
        return self.scope.scopes.index.text(self.scope.file)

    def variables(self, definition: Definition, declared: Sequence[Variable]) -> dict[str, Type | None]:
        """Types of a function's parameters and of local variables of it."""
        local: dict[str, Type | None] = {}
        for parameter in definition.parameters:
            if parameter.name:
                type_ = self.type_of_text(parameter.type)
                local[parameter.name] = Ptr(type_.of) if isinstance(type_, Arr) else type_
        for variable in declared:
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
                named.append((self.reader(part[:colon], 0, local).whole(), part[-1].text, fixed))
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
        return _unnamed(left) == _unnamed(right)

    def with_declaration(
        self, tokens: Sequence[Token], local: Mapping[str, Type | None]
    ) -> Mapping[str, Type | None]:
        """The variables with those that a declaration's (expanded) tokens add."""
        extended = dict(local)
        ExpressionReader(self, tokens, extended).declare(tokens, extended)
        return extended

    def _type(self, tokens: Sequence[Token], local: Mapping[str, Type | None]) -> Type | None:
        if self._depth > _MAX_DEPTH or not tokens:
            return None
        self._depth += 1
        try:
            return ExpressionReader(self, tokens, local).parse(0)
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
            return self.object_type(*found)
        function = self.names.return_type(self.scope, name)
        if function is not None:
            path, text = function
            return Fun(self.names.typer(path).type_of_text(text))
        found = self.names.declared.pasted_object(self.scope, name)
        if found is not None:
            return self.object_type(*found)
        return None

    def object_type(self, path: str, variable: Object) -> Type | None:
        """The type of a file-scope variable."""
        return self.names.typer(path).type_of_text(variable.type)


def _unnamed(type_: Type | None) -> Type | None:
    """What a size's type is called in a `_Generic` selection."""
    return Base("long") if isinstance(type_, Base) and type_.name in SIZES else type_
