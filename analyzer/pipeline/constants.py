"""Values of named constants: `#define`s and enumerators, as far as they are whole numbers.

Not handled: casts to types that cut off bits, `sizeof`, and macros with parameters.
"""

import ast
import operator
import re
from collections.abc import Callable

from analyzer.model.facts import Enum

_SUFFIX = re.compile(r"\b(0[xX][0-9a-fA-F]+|\d+)(?:[uUlL]+)\b")
_OCTAL = re.compile(r"(?<![\w.])0([0-7]+)\b")
_CAST = re.compile(
    r"\((?:__force\s+)?(?:unsigned |signed |__)?\w*(?:int|long|char|short|_t|u8|u16|u32|u64|s32|s64)\)"
)
_CHAR = re.compile(r"'(.)'")
_BINARY: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.BitOr: operator.or_,
    ast.BitAnd: operator.and_,
    ast.BitXor: operator.xor,
}
_MAX_DEPTH = 12
_MAX_SHIFT = 63

Lookup = Callable[[str], str | None]


def evaluate(text: str, lookup: Lookup, depth: int = 0) -> int | None:
    """The number that a constant expression is; names are looked up as expressions. None when it is none."""
    if not text or len(text) > 400 or depth > _MAX_DEPTH or ("~" in text and ">>" in text):
        return None  # shifting down what was turned over depends on the width of its type
    plain = _CAST.sub("", text)
    plain = _SUFFIX.sub(r"\1", plain)
    plain = _OCTAL.sub(r"0o\1", plain)
    plain = _CHAR.sub(lambda m: str(ord(m.group(1))), plain)
    plain = re.sub(r"\bBIT(?:_ULL)?\(", "_BIT(", plain).strip()
    try:
        tree = ast.parse(plain, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return _value(tree.body, lookup, depth)


def _value(node: ast.expr, lookup: Lookup, depth: int) -> int | None:
    match node:
        case ast.Constant(value=bool()):
            return None
        case ast.Constant(value=int() as number):
            return number
        case ast.Name(id=name):
            text = lookup(name)
            return None if text is None else evaluate(text, lookup, depth + 1)
        case ast.UnaryOp(op=op, operand=operand):
            inner = _value(operand, lookup, depth)
            if inner is None:
                return None
            return -inner if isinstance(op, ast.USub) else ~inner if isinstance(op, ast.Invert) else inner
        case ast.BinOp(left=left, op=sign, right=right):
            first, second = _value(left, lookup, depth), _value(right, lookup, depth)
            return None if first is None or second is None else _combined(first, sign, second)
        case ast.Call(func=ast.Name(id="_BIT"), args=[argument]):
            bit = _value(argument, lookup, depth)
            return 1 << bit if bit is not None and 0 <= bit <= _MAX_SHIFT else None
    return None


def _combined(first: int, sign: ast.operator, second: int) -> int | None:
    if isinstance(sign, (ast.LShift, ast.RShift)):
        if not 0 <= second <= _MAX_SHIFT:
            return None
        return first << second if isinstance(sign, ast.LShift) else first >> second
    if isinstance(sign, (ast.Div, ast.FloorDiv, ast.Mod)):
        if not second:
            return None
        quotient = abs(first) // abs(second) * (1 if (first < 0) == (second < 0) else -1)
        return first - quotient * second if isinstance(sign, ast.Mod) else quotient
    known = _BINARY.get(type(sign))
    return known(first, second) if known else None


def numbered(enum: Enum, lookup: Lookup) -> dict[str, int]:
    """The numbers of an enum's constants, counted on where none is given; not of those behind an unknown one."""
    found: dict[str, int] = {}
    current: int | None = -1

    def own(name: str) -> str | None:
        return str(found[name]) if name in found else lookup(name)

    for constant in enum.constants:
        if constant.value:
            current = evaluate(constant.value, own)
        elif current is not None:
            current += 1
        if current is not None:
            found[constant.name] = current
    return found
