"""Placeholders for the arguments of a macro's use."""

import pytest

from analyzer.resolve.placeholders import (
    filled,
    holds_placeholder,
    is_placeholder,
    numbers_in,
    placeholder,
    use_of,
)
from analyzer.resolve.tokens import tokenize


def test_a_use_has_a_placeholder_for_each_argument() -> None:
    assert use_of("F", 2) == f"F({placeholder(0)}, {placeholder(1)})"
    assert use_of("F", 0) == "F()"


def test_a_placeholder_is_one_name_and_stays_so_when_pasted() -> None:
    pasted = f"sys_{placeholder(3)}{placeholder(10)}x"
    assert [t.text for t in tokenize(pasted)] == [pasted]
    assert numbers_in(pasted) == [3, 10]


@pytest.mark.parametrize(
    ("text", "holds", "whole"),
    [(placeholder(0), True, True), (f"a_{placeholder(12)}", True, False), ("sys_socket", False, False)],
)
def test_recognized(text: str, holds: bool, whole: bool) -> None:
    assert (holds_placeholder(text), is_placeholder(text)) == (holds, whole)


def test_filling_puts_each_argument_where_it_belongs() -> None:
    assert filled(f"{placeholder(1)}_{placeholder(0)}_{placeholder(1)}", ["a", "b"]) == "b_a_b"
    assert filled("plain", ["a"]) == "plain"


def test_an_argument_that_the_use_does_not_have_leaves_nothing() -> None:
    assert filled(f"x{placeholder(2)}y", ["a", "b"]) == "xy"
