"""Values of Make's variables under conditions."""

import pytest
from makefiles import A, variables

from analyzer.resolve.kbuild.expansion import Chunk


def test_an_assignment_under_a_condition_leaves_the_other_value() -> None:
    found = variables("x := a")
    found.assign("x", ":=", Chunk((A,), "b", "Makefile", 2, "x"))
    assert [(w.conditions, w.text) for w in found.words("$(x)")] == [(("!CONFIG_A",), "a"), ((A,), "b")]


@pytest.mark.parametrize(
    ("assignments", "values"),
    [
        (("x = $(y)", "x += b", "y = a"), ["a", "b"]),
        (("x := $(y)", "x += $(y)", "y = a"), []),
        (("x != date",), [None]),
        (("x = a", "x =", "x += b"), ["b"]),
    ],
)
def test_when_a_value_is_expanded(assignments: tuple[str, ...], values: list[str | None]) -> None:
    assert [word.text for word in variables(*assignments).words("$(x)")] == values
