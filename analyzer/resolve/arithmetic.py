"""Integer constant expressions, as `#if` and macros that stand for numbers have them (C11 6.10.1, 6.6).

Not handled: character constants, and the widths and signs of integers.
"""

import operator
import re
from collections.abc import Callable, Mapping, Sequence

from analyzer.resolve.tokens import Token

_NUMBER = re.compile(r"(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9]\d*)[uUlL]*")
_LEVELS: Mapping[str, int] = {
    "?": 0, "||": 1, "&&": 2, "|": 3, "^": 4, "&": 5, "==": 6, "!=": 6, "<": 7, ">": 7, "<=": 7, ">=": 7,
    "<<": 8, ">>": 8, "+": 9, "-": 9, "*": 10, "/": 10, "%": 10,
}  # fmt: skip
_COMPARISONS = frozenset((6, 7))
_BINARY: Mapping[str, Callable[[int, int], int]] = {
    "|": operator.or_,
    "^": operator.xor,
    "&": operator.and_,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
    "<<": operator.lshift,
    ">>": operator.rshift,
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
}
_MAX_SHIFT = 128
_MAX_TOKENS = 200


class _Unknown(Exception):
    """What stands there is no number."""


def integer(tokens: Sequence[Token]) -> int | None:
    """The value of an expanded expression; None when it is none or holds anything but numbers."""
    texts = [t.text for t in tokens]
    if not texts or len(texts) > _MAX_TOKENS:
        return None
    try:
        value, at = _expression(texts, 0, 0)
    except _Unknown:
        return None
    return value if at == len(texts) else None


def is_plain(tokens: Sequence[Token]) -> bool:
    """Whether operators outside parentheses stand so that they bind from left to right in any case: a guard does
    not tell `(A & B) == C` from `A & B == C`."""
    depth, loosest = 0, 99
    for token in tokens:
        depth += (token.text == "(") - (token.text == ")")
        level = _LEVELS.get(token.text)
        if level is None or depth:
            continue
        if level > loosest:
            return False
        if level not in _COMPARISONS:
            loosest = level
    return True


def _expression(texts: Sequence[str], at: int, least: int) -> tuple[int, int]:
    """The value of the longest expression at an index whose operators bind as tightly as `least`, and the index
    behind it."""
    value, at = _operand(texts, at)
    while at < len(texts):
        sign = texts[at]
        level = _LEVELS.get(sign, -1)
        if level < least:
            break
        if sign == "?":
            first, at = _expression(texts, at + 1, 0)
            if texts[at : at + 1] != [":"]:
                raise _Unknown
            second, at = _expression(texts, at + 1, 0)
            value = first if value else second
            continue
        right, at = _expression(texts, at + 1, level + 1)
        value = _applied(sign, value, right)
    return value, at


def _operand(texts: Sequence[str], at: int) -> tuple[int, int]:
    text = texts[at] if at < len(texts) else ""
    if text in ("!", "-", "+", "~"):
        value, at = _operand(texts, at + 1)
        return {"!": int(not value), "-": -value, "+": value, "~": ~value}[text], at
    if text == "(":
        value, at = _expression(texts, at + 1, 0)
        if texts[at : at + 1] != [")"]:
            raise _Unknown
        return value, at + 1
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise _Unknown
    digits = match[1]
    octal = len(digits) > 1 and digits.isdigit() and digits[0] == "0"
    return int(digits, 8 if octal else 0), at + 1


def _applied(sign: str, left: int, right: int) -> int:
    if sign == "||":
        return int(bool(left or right))
    if sign == "&&":
        return int(bool(left and right))
    if sign in ("/", "%"):
        if not right:
            raise _Unknown
        quotient = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
        return quotient if sign == "/" else left - right * quotient
    if sign in ("<<", ">>") and not 0 <= right <= _MAX_SHIFT:
        raise _Unknown
    return int(_BINARY[sign](left, right))
