"""Types of expressions by their tokens, macros expanded.

Not handled: integer promotions, and `_Generic` on anything but its default.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from analyzer.resolve.ctypes import Arr, Base, Fun, Ptr, Rec, Type, is_type_start, pointee
from analyzer.resolve.cursor import Cursor
from analyzer.resolve.tokens import TYPE_WORDS, Token, close_of, split, value_end

if TYPE_CHECKING:
    from analyzer.resolve.typing import Typer

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


class ExpressionReader(Cursor):
    """A Pratt parser that computes types as it goes."""

    def __init__(self, typer: "Typer", tokens: Sequence[Token], local: Mapping[str, Type | None]) -> None:
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
            type_ = self.typer.reader(inside, 0, self.local).whole()
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
            return ExpressionReader(self.typer, inside, self.local).parse(0)
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
                last = ExpressionReader(self.typer, statement, local).parse(0)
        return last

    def declare(self, tokens: Sequence[Token], local: dict[str, Type | None]) -> None:
        reader = self.typer.reader(tokens, 0, local)
        base = reader.specifiers()
        automatic = tokens[0].text in ("__auto_type", "auto")
        while reader.at < len(tokens):
            type_, name = reader.declarator(base)
            while reader.peek() in ("__attribute__", "__attribute"):
                reader.at = close_of(tokens, reader.at + 1) + 1 or len(tokens)
            if reader.peek() == "=":
                value = tokens[reader.at + 1 :]
                if name and (automatic or self.is_unknown(type_)):  # as typedefs are that macros make
                    type_ = ExpressionReader(self.typer, value, local).parse(1)
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
                found = ExpressionReader(self.typer, value, self.local).parse(1)
                if found is not None:
                    return found
            elif first is None:
                first = ExpressionReader(self.typer, value, self.local).parse(1)
        return first

    def choose(self, position: int) -> Type | None:
        for part in split(self.bracketed() or (), ",")[position:]:
            found = ExpressionReader(self.typer, part, self.local).parse(1)
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
