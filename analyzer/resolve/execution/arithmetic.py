"""Operators over abstract values.

Not handled: overflow, and the widths and signs of integers.
"""

import operator as operators
from collections.abc import Callable, Mapping, Sequence

from analyzer.model.callgraph import FunctionRef
from analyzer.resolve.execution.values import (
    ANY,
    EITHER,
    UNKNOWN,
    ZERO,
    Address,
    Atom,
    Offset,
    Value,
    join,
    of_truth,
)

_MAX_SHIFT = 64


def binary(operator: str, left: Value, right: Value) -> Value:
    """The value of `left operator right`."""
    if operator in ("==", "!="):
        same = _equal(left, right)
        return of_truth(None if same is None else same is (operator == "=="))
    offsets = [a for a in right.atoms if isinstance(a, Offset)]
    if operator in ("+", "-") and left.addresses():
        return _moved(operator, left, right, offsets)
    ours, theirs = left.numbers(), right.numbers()
    if ours is None or theirs is None:
        if operator == "&" and 0 in (left.number(), right.number()):
            return ZERO
        return EITHER if operator in ("<", ">", "<=", ">=") else UNKNOWN
    results: set[Atom] = set()
    for a in ours:
        for b in theirs:
            result = _compute(operator, a, b)
            if result is None:
                return UNKNOWN
            results.add(result)
    return join((Value(frozenset(results)),))


def _moved(operator: str, left: Value, right: Value, offsets: Sequence[Offset]) -> Value:
    if offsets and operator == "-":
        return Value(frozenset(a.outside(offsets[0].member) for a in left.addresses()), left.unknown)
    if offsets:
        return Value(frozenset(a.member(offsets[0].member) for a in left.addresses()), left.unknown)
    number = right.number()
    if right.addresses():
        return UNKNOWN
    by = None if number is None else number if operator == "+" else -number
    return Value(frozenset(a.moved(by) for a in left.addresses()), left.unknown)


def _equal(left: Value, right: Value) -> bool | None:
    if left.unknown or right.unknown or not left.atoms or not right.atoms:
        return None
    verdicts = {_same(a, b) for a in left.atoms for b in right.atoms}
    return verdicts.pop() if len(verdicts) == 1 else None


def _same(left: Atom, right: Atom) -> bool | None:
    if isinstance(left, int) and isinstance(right, int):
        return left == right
    for one, other in ((left, right), (right, left)):
        if isinstance(one, int):
            if isinstance(other, Address):
                nullable = other.base.kind == "symbol" and not other.path
                return None if nullable or one != 0 else False
            return False if isinstance(other, FunctionRef) else None
    if left == right:
        return True
    if isinstance(left, FunctionRef) and isinstance(right, FunctionRef):
        return False
    if isinstance(left, Address) and isinstance(right, Address):
        certain = left.base.kind != "symbol" and right.base.kind != "symbol"
        return False if certain and ANY not in (*left.path, *right.path) else None
    return None


def _compute(operator: str, a: int, b: int) -> int | None:
    computed = _OPERATORS.get(operator)
    return computed(a, b) if computed is not None else None


def _quotient(a: int, b: int) -> int | None:
    """C's division, towards zero."""
    if b == 0:
        return None
    return a // b if (a < 0) == (b < 0) else -(-a // b)


def _remainder(a: int, b: int) -> int | None:
    quotient = _quotient(a, b)
    return None if quotient is None else a - quotient * b


_OPERATORS: Mapping[str, Callable[[int, int], int | None]] = {
    "+": operators.add,
    "-": operators.sub,
    "*": operators.mul,
    "/": _quotient,
    "%": _remainder,
    "&": operators.and_,
    "|": operators.or_,
    "^": operators.xor,
    "<<": lambda a, b: a << b if 0 <= b < _MAX_SHIFT else None,
    ">>": lambda a, b: a >> b if 0 <= b < _MAX_SHIFT else None,
    "<": lambda a, b: int(a < b),
    ">": lambda a, b: int(a > b),
    "<=": lambda a, b: int(a <= b),
    ">=": lambda a, b: int(a >= b),
}
