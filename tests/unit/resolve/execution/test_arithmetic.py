"""Operators on abstract values."""

import pytest

from analyzer.resolve.execution.arithmetic import binary
from analyzer.resolve.execution.values import Address, Base, of


def test_comparing_addresses() -> None:
    one, other = Address(Base("object", "a.c", "x")), Address(Base("object", "a.c", "y"))
    symbol = Address(Base("symbol", "new", "1"))
    assert binary("==", of(one), of(one)).number() == 1
    assert binary("==", of(one), of(other)).number() == 0
    assert binary("==", of(symbol), of(0)).truth() is None
    assert binary("!=", of(one), of(0)).number() == 1


@pytest.mark.parametrize(
    ("operator", "left", "right", "result"),
    [
        ("/", 7, 2, 3),
        ("/", -7, 2, -3),
        ("/", 7, -2, -3),
        ("/", -7, -2, 3),
        ("%", -7, 2, -1),
        ("%", 7, -2, 1),
        ("/", 2**63 - 1, 1, 2**63 - 1),
        ("%", 2**2000 + 1, 2**1999, 1),
        ("/", 1, 0, None),
        ("<<", 1, -1, None),
        ("<=", 1, 1, 1),
    ],
)
def test_integers_are_computed_as_c_does(operator: str, left: int, right: int, result: int | None) -> None:
    assert binary(operator, of(left), of(right)).number() == result
