"""Evaluation of expanded C expressions over abstract values.

Not handled: floating point, the widths of integers, `sizeof`; what cannot be evaluated is unknown, and whatever
it would do to memory is not done.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from analyzer.resolve.ctypes import is_type_start
from analyzer.resolve.cursor import Cursor
from analyzer.resolve.execution.arithmetic import binary
from analyzer.resolve.execution.values import (
    ANY,
    EITHER,
    ONE,
    UNKNOWN,
    Address,
    Offset,
    Value,
    join,
    of,
    of_truth,
)
from analyzer.resolve.expressiontypes import PRECEDENCE
from analyzer.resolve.tokens import Token, close_of, split
from analyzer.resolve.typing import Typer

_NUMBER = re.compile(r"^(0[xX][0-9a-fA-F]+|\d+)[uUlL]*$")
_ASSIGNING = 2


class Machine(Protocol):
    """What evaluation asks of the execution it is part of."""

    @property
    def typer(self) -> Typer:
        """The type checker of the running function's file."""
        ...

    def name(self, name: str) -> "Operand":
        """An identifier's place or value."""
        ...

    def load(self, address: Address) -> Value:
        """What is stored at an address."""
        ...

    def store(self, places: Sequence[Address], value: Value) -> None:
        """Store a value where it may belong."""
        ...

    def call(self, callee: "Operand", value: Value, arguments: Sequence["Operand"]) -> Value:
        """The result of a call; `value` is the callee's."""
        ...

    def declare(self, name: str, value: Value | None) -> None:
        """A variable that a statement expression declares."""
        ...

    def symbol(self) -> Value:
        """A value that nobody knows, different from all others."""
        ...


class Operand(NamedTuple):
    """A value, or the places of an lvalue. `array`: the places are arrays, whose value is their address."""

    value: Value | None = None
    places: tuple[Address, ...] = ()
    array: bool = False
    name: str = ""  # spelled by a name alone
    member: str = ""  # the last member on the way


_NOTHING = Operand(UNKNOWN)


class Expression(Cursor):
    """A Pratt parser that evaluates as it goes. In a dry run nothing is called or stored."""

    def __init__(self, machine: Machine, tokens: Sequence[Token]) -> None:
        super().__init__(tokens)
        self.machine = machine
        self.dry = 0

    def value(self) -> Value:
        """The whole expression's value."""
        return self.read(self.operand())

    def operand(self) -> Operand:
        """The whole expression."""
        try:
            return self.parse(0)
        except (IndexError, RecursionError):
            return _NOTHING

    def read(self, operand: Operand) -> Value:
        """The value of an operand."""
        if operand.value is not None:
            return operand.value
        if operand.array:
            return Value(frozenset(operand.places))
        if self.dry or not operand.places:
            return UNKNOWN
        return join(self.machine.load(place) for place in operand.places)

    def parse(self, floor: int) -> Operand:
        left = self.unary()
        while True:
            operator = self.peek()
            power = PRECEDENCE.get(operator)
            if power is None or power <= floor:
                return left
            self.at += 1
            if operator == "?":
                left = Operand(self.choice(self.read(left)))
            elif operator in ("&&", "||"):
                left = Operand(self.junction(operator, self.read(left), power))
            elif power == _ASSIGNING:
                left = Operand(self.assign(operator, left))
            elif operator == ",":
                self.read(left)
                left = self.parse(power)
            else:
                right = self.read(self.parse(power))
                left = Operand(binary(operator, self.read(left), right))

    def choice(self, condition: Value) -> Value:
        truth = condition.truth()
        if self.peek() == ":":
            self.at += 1
            other = self.branch(truth is not True, 2)
            return condition if truth is True else join((condition, other)) if truth is None else other
        first = self.branch(truth is not False, 0)
        if self.peek() == ":":
            self.at += 1
        second = self.branch(truth is not True, 2)
        return first if truth is True else second if truth is False else join((first, second))

    def branch(self, taken: bool, floor: int) -> Value:
        self.dry += not taken
        value = self.read(self.parse(floor))
        self.dry -= not taken
        return value

    def junction(self, operator: str, left: Value, power: int) -> Value:
        truth = left.truth()
        decided = truth is (operator == "||")
        right = self.branch(not (decided and truth is not None), power).truth()
        if truth is not None and decided:
            return of_truth(truth)
        if truth is None:
            known = right is (operator == "||") and right is not None
            return of_truth(right) if known else EITHER
        return of_truth(right)

    def assign(self, operator: str, left: Operand) -> Value:
        value = self.read(self.parse(1))
        if operator != "=":
            value = binary(operator[:-1], self.read(left), value)
        if not self.dry:
            self.machine.store(left.places, value)
        return value

    def unary(self) -> Operand:
        text = self.peek()
        if text in ("++", "--"):
            self.at += 1
            return Operand(self.step(self.unary(), text))
        if text in ("*", "&", "-", "+", "!", "~", "&&"):
            self.at += 1
            return self.prefixed(text, self.unary())
        if text in ("sizeof", "_Alignof", "__alignof__", "alignof", "__alignof"):
            self.at += 1
            self.dry += 1
            if self.peek() == "(":
                self.skip_brackets()
            else:
                self.unary()
            self.dry -= 1
            return _NOTHING
        if text in ("__extension__", "__volatile__"):
            self.at += 1
            return self.unary()
        if text == "(" and is_type_start(self.tokens, self.at + 1, self.machine.typer.is_typedef):
            if self.bracketed() is None:
                return _NOTHING
            if self.peek() == "{":  # a compound literal
                self.skip_brackets()
                return self.postfix(_NOTHING)
            return Operand(self.read(self.unary()))
        return self.postfix(self.primary())

    def prefixed(self, sign: str, inner: Operand) -> Operand:
        if sign == "&":
            if inner.places:
                return Operand(Value(frozenset(inner.places)), member=inner.member)
            return Operand(inner.value)
        value = self.read(inner)
        if sign == "*":
            if value.functions() and not value.addresses():
                return Operand(value, name=inner.name, member=inner.member)
            return Operand(None if value.addresses() else UNKNOWN, tuple(value.addresses()), member=inner.member)
        if sign == "!":
            truth = value.truth()
            return Operand(of_truth(None if truth is None else not truth))
        numbers = value.numbers()
        if numbers is None or sign == "&&":
            return _NOTHING
        return Operand(Value(frozenset(-n if sign == "-" else ~n if sign == "~" else n for n in numbers)))

    def step(self, operand: Operand, sign: str) -> Value:
        value = binary(sign[0], self.read(operand), ONE)
        if not self.dry and operand.places:
            self.machine.store(operand.places, value)
        return value

    def primary(self) -> Operand:
        token = self.tokens[self.at]
        text = token.text
        if text == "(":
            inside = self.bracketed()
            if inside is None:
                return _NOTHING
            inner = Expression(self.machine, inside)
            inner.dry = self.dry
            if inside and inside[0].text == "{":
                return Operand(Statements(self.machine, inside[1:-1], self.dry).run())
            return inner.operand()
        self.at += 1
        if self.peek() == "(" and text in _BUILTINS:
            return Operand(self.builtin(text))
        if token.is_name:
            return self.machine.name(text)
        if match := _NUMBER.match(text):
            digits = match.group(1)
            base = 16 if digits[:2] in ("0x", "0X") else 8 if digits[0] == "0" and len(digits) > 1 else 10
            try:
                return Operand(of(int(digits, base)))
            except ValueError:
                return _NOTHING
        if len(text) == 3 and text[0] == "'":
            return Operand(of(ord(text[1])))
        return Operand(self.machine.symbol()) if text[0] == '"' else _NOTHING

    def builtin(self, name: str) -> Value:
        parts = split(self.bracketed() or (), ",")
        if name == "__builtin_expect" and parts:
            return self.inner(parts[0])
        if name == "__builtin_choose_expr" and len(parts) == 3:
            truth = self.inner(parts[0]).truth()
            if truth is not None:
                return self.inner(parts[1] if truth else parts[2])
            return join((self.inner(parts[1]), self.inner(parts[2])))
        if name == "_Generic":
            return self.generic(parts[1:])
        if name in ("__builtin_offsetof", "offsetof") and len(parts) == 2:
            names = tuple(t.text for t in parts[1] if t.is_name)
            if all(t.is_name or t.text == "." for t in parts[1]):
                return of(Offset(names))
        return UNKNOWN

    def generic(self, associations: Sequence[Sequence[Token]]) -> Value:
        """The value of a selection: of its default, which differs from the others in qualifiers only where the
        kernel uses it for pointers; of any association where there is no default."""
        found: list[Value] = []
        for part in associations:
            colon = next((at for at, token in enumerate(part) if token.text == ":"), -1)
            if colon > 0 and part[0].text == "default":
                return self.inner(part[colon + 1 :])
            if colon > 0:
                found.append(self.inner(part[colon + 1 :]))
        return join(found) if found else UNKNOWN

    def inner(self, tokens: Sequence[Token]) -> Value:
        expression = Expression(self.machine, tokens)
        expression.dry = self.dry
        return expression.value()

    def postfix(self, left: Operand) -> Operand:
        while True:
            text = self.peek()
            if text in (".", "->"):
                name = self.peek(1)
                self.at += 2
                owners = left.places if text == "." or left.array else tuple(self.read(left).addresses())
                places = tuple(o.member((name,)) for o in owners)
                left = Operand(None if places else UNKNOWN, places, member=name)
            elif text == "[":
                left = self.element(left, self.inner(self.bracketed() or ()))
            elif text == "(":
                left = Operand(self.called(left))
            elif text in ("++", "--"):
                self.at += 1
                before = self.read(left)
                self.step(left, text)
                left = Operand(before)
            else:
                return left

    def element(self, left: Operand, index: Value) -> Operand:
        numbers = index.numbers()
        chosen: list[int | str] = sorted(numbers) if numbers is not None and len(numbers) <= 4 else [ANY]
        if left.array:
            return Operand(None, tuple(p.element(i) for p in left.places for i in chosen), member=left.member)
        value = self.read(left)
        found = value.addresses()
        pointed = [a for a in found if a.base.kind != "symbol" or a.path]
        if pointed:
            moved = tuple(a.moved(i if isinstance(i, int) else None) for a in pointed for i in chosen)
            return Operand(None, moved, member=left.member)
        if left.places:  # an array inside an object
            return Operand(None, tuple(p.element(i) for p in left.places for i in chosen), member=left.member)
        return _NOTHING

    def called(self, callee: Operand) -> Value:
        arguments = []
        for part in split(self.bracketed() or (), ","):
            expression = Expression(self.machine, part)
            expression.dry = self.dry
            operand = expression.operand()
            arguments.append(Operand(expression.read(operand)))
        if self.dry:
            return UNKNOWN
        return self.machine.call(callee, self.read(callee), arguments)


class Statements:
    """The statements inside a statement expression or a macro's body; branches that are not decided both run."""

    def __init__(self, machine: Machine, tokens: Sequence[Token], dry: int) -> None:
        self.machine = machine
        self.tokens = tokens
        self.dry = dry

    def run(self) -> Value:
        """The last expression's value."""
        last = UNKNOWN
        at = 0
        while at < len(self.tokens):
            last, at = self.statement(at)
        return last

    def statement(self, at: int) -> tuple[Value, int]:
        """Run the statement at an index; its value and the index behind it."""
        tokens = self.tokens
        text = tokens[at].text
        if text == ";":
            return UNKNOWN, at + 1
        if text == "{":
            end = close_of(tokens, at)
            if end < 0:
                return UNKNOWN, len(tokens)
            return Statements(self.machine, tokens[at + 1 : end], self.dry).run(), end + 1
        if text == "do" and at + 1 < len(tokens):
            _, after = self.statement(at + 1)
            return UNKNOWN, self._behind(after)
        if text in ("if", "while", "for", "switch") and at + 1 < len(tokens) and tokens[at + 1].text == "(":
            return UNKNOWN, self._controlled(text, at)
        if text in ("asm", "__asm__", "goto", "break", "continue", "case", "default", "return", "typedef"):
            return UNKNOWN, self._behind(at)
        end = self._end(at)
        piece = tokens[at:end]
        if is_type_start(piece, 0, self.machine.typer.is_typedef):
            self._declare(piece)
            return UNKNOWN, end + 1
        expression = Expression(self.machine, piece)
        expression.dry = self.dry
        return expression.value(), end + 1

    def _controlled(self, keyword: str, at: int) -> int:
        tokens = self.tokens
        end = close_of(tokens, at + 1)
        if end < 0:
            return len(tokens)
        truth = None
        if keyword in ("if", "while"):
            condition = Expression(self.machine, tokens[at + 2 : end])
            condition.dry = self.dry
            truth = condition.value().truth()
        after = self._maybe(end + 1, truth is not False)
        if keyword == "if" and after < len(tokens) and tokens[after].text == "else":
            after = self._maybe(after + 1, truth is not True)
        return after

    def _maybe(self, at: int, taken: bool) -> int:
        if at >= len(self.tokens):
            return at
        self.dry += not taken
        _, after = self.statement(at)
        self.dry -= not taken
        return after

    def _end(self, at: int) -> int:
        """Index of the semicolon that ends a statement."""
        depth = 0
        while at < len(self.tokens):
            text = self.tokens[at].text
            depth += (text in ("(", "{", "[")) - (text in (")", "}", "]"))
            if text == ";" and depth == 0:
                return at
            at += 1
        return at

    def _behind(self, at: int) -> int:
        return self._end(at) + 1

    def _declare(self, piece: Sequence[Token]) -> None:
        for part in split(piece, ","):
            equal = next((i for i, t in enumerate(part) if t.text == "="), -1)
            left = part[:equal] if equal >= 0 else part
            name = next((t.text for t in reversed(left) if t.is_name), "")
            value = None
            if equal >= 0:
                expression = Expression(self.machine, part[equal + 1 :])
                expression.dry = self.dry
                value = expression.value()
            if name and not self.dry:
                self.machine.declare(name, value)


_BUILTINS = frozenset(
    (
        "__builtin_expect",
        "__builtin_choose_expr",
        "__builtin_offsetof",
        "offsetof",
        "__builtin_constant_p",
        "__builtin_types_compatible_p",
        "_Generic",
        "typeof",
        "__typeof__",
    )
)
