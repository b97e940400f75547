"""What the conditionals of Makefiles ask."""

import pytest
from makefiles import NOT_A, A, variables

from analyzer.extract.kbuild import extract_makefile
from analyzer.resolve.kbuild.branching import Branches, condition
from analyzer.resolve.kbuild.conditions import Conditions
from analyzer.resolve.kbuild.maketext import Unknown


@pytest.mark.parametrize(
    ("operator", "text", "guard"),
    [
        ("ifeq", "($(CONFIG_A),y)", A),
        ("ifneq", '"$(CONFIG_A)" ""', "IS_ENABLED(CONFIG_A)"),
        ("ifdef", "CONFIG_A", "IS_ENABLED(CONFIG_A)"),
        ("ifndef", "nothing", ""),
        ("ifeq", "($(CONFIG_A)$(CONFIG_B),yy)", "CONFIG_A && CONFIG_B"),
        ("ifneq", "($(CONFIG_A)$(CONFIG_B),)", "!(!IS_ENABLED(CONFIG_A) && !IS_ENABLED(CONFIG_B))"),
        ("ifeq", "($(CONFIG_LEVELS),4)", "CONFIG_LEVELS == 4"),
        ("ifeq", "(a,b)", "0"),
        ("ifeq", "($(filter $(CONFIG_A),y m),)", NOT_A),
    ],
)
def test_conditions(operator: str, text: str, guard: str) -> None:
    assert condition(variables(), operator, text) == guard


def test_what_only_a_build_knows() -> None:
    for text in ("($(shell date),x)", "($(CONFIG_NAME),name)", "(one)"):
        with pytest.raises(Unknown):
            condition(variables(), "ifeq", text)


def under(text: str, *, tolerant: bool) -> dict[str, Conditions | None]:
    """By assigned name the conditions that its line is under."""
    branches = Branches(variables(), "Makefile", ("top",), tolerant=tolerant)
    return {s.name: branches.under for s in extract_makefile(text.encode()) if not branches.take(s)}


BRANCHES = """a = 1
ifdef CONFIG_A
b = 1
else ifeq ($(shell date),x)
c = 1
else
d = 1
endif
e = 1
"""


def test_branches_exclude_each_other() -> None:
    assert under(BRANCHES, tolerant=False) == {
        "a": ("top",),
        "b": ("top", "IS_ENABLED(CONFIG_A)"),
        "c": ("top", NOT_A, "Makefile:4"),
        "d": ("top", f"{NOT_A} && !Makefile:4"),
        "e": ("top",),
    }


def test_what_no_configuration_decides_is_passed_over() -> None:
    found = under(BRANCHES, tolerant=True)
    assert (found["c"], found["d"]) == (("top", NOT_A), ("top", NOT_A))


def test_branches_without_an_end() -> None:
    assert under("endif\nelse\na = 1\nifdef CONFIG_A\nb = 1\n", tolerant=False) == {
        "a": ("top",),
        "b": ("top", "IS_ENABLED(CONFIG_A)"),
    }
