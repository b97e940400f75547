"""Make's variables, expanded for all configurations at once."""

import pytest

from analyzer.resolve.makevars import Unknown, Variables, both, either

A, MODULE_A, NOT_A = "CONFIG_A", "IS_MODULE(CONFIG_A)", "!IS_ENABLED(CONFIG_A)"


def variables(*assignments: str) -> Variables:
    """The variables after `NAME OPERATOR VALUE` lines."""
    found = Variables(None, lambda folder: ("a.c", "b.c", "c.S") if folder == "dir" else ())
    for line, assignment in enumerate(assignments, 1):
        name, operator, text = (*assignment.split(" ", 2), "")[:3]
        for conditions, spelled in found.alternatives(name):
            found.assign(spelled, operator, text, conditions, "Makefile", line, name)
    return found


@pytest.mark.parametrize(
    ("assignments", "text", "expected"),
    [
        (("x := a", "x += b"), "$(x) c", ["a", "b", "c"]),
        (("y = $(x)", "x := late"), "$(y)", ["late"]),
        (("y := $(x)", "x := late"), "$(y)", []),
        (("x ?= a", "x ?= b"), "$(x)", ["a"]),
        (("x := a.o b.o",), "$(x:.o=.c)", ["a.c", "b.c"]),
        (("x := a b",), "$(addprefix d/,$(addsuffix .o,$(x)))", ["d/a.o", "d/b.o"]),
        (("x := a.o b/",), "$(filter %/,$(x)) $(filter-out %/,$(x))", ["b/", "a.o"]),
        (("x := a b",), "$(foreach i,$(x),$(i)-1 $(i)-2)", ["a-1", "a-2", "b-1", "b-2"]),
        ((), "$(patsubst %.c,%.o,$(wildcard dir/*.c))", ["dir/a.o", "dir/b.o"]),
        (("f = $(1)_$(2)",), "$(call f,a,b)", ["a_b"]),
        ((), "$$x ${none}$(subst a,b,banana)", ["$x", "bbnbnb"]),
        ((), "$(notdir a/b.o) $(dir a/b.o) $(basename a/b.o) $(firstword x y)", ["b.o", "a/", "a/b", "x"]),
        (("loop = $(loop)",), "$(loop)", [None]),
        ((), "$(shell date) $(call cc-option,-x)", [None, None]),
    ],
)
def test_words(assignments: tuple[str, ...], text: str, expected: list[str | None]) -> None:
    assert [word.text for word in variables(*assignments).words(text)] == expected


def test_a_symbol_is_all_its_values() -> None:
    found = variables("obj-$(CONFIG_A) += a.o", "bits := 64")
    assert [(w.conditions, w.text) for w in found.words("$(obj-y) $(obj-m) f_$(bits)$(CONFIG_A)")] == [
        ((A,), "a.o"),
        ((MODULE_A,), "a.o"),
        ((A,), "f_64y"),
        ((MODULE_A,), "f_64m"),
        ((NOT_A,), "f_64"),
    ]


def test_an_assignment_under_a_condition_leaves_the_other_value() -> None:
    found = variables("x := a")
    found.assign("x", ":=", "b", (A,), "Makefile", 2, "x")
    assert [(w.conditions, w.text) for w in found.words("$(x)")] == [(("!CONFIG_A",), "a"), ((A,), "b")]


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
    assert variables().condition(operator, text) == guard


def test_what_only_a_build_knows() -> None:
    for text in ("($(shell date),x)", "($(CONFIG_NAME),name)", "(one)"):
        with pytest.raises(Unknown):
            variables().condition("ifeq", text)


def test_conditions_that_exclude_each_other() -> None:
    assert both((A,), (MODULE_A,)) is None
    assert both((A,), ("IS_ENABLED(CONFIG_A)", "x")) == (A, "x")
    assert either([(A, "b"), (MODULE_A, "b")]) == "IS_ENABLED(CONFIG_A) && b"
    assert either([(A,), (MODULE_A,), (NOT_A,)]) == ""
    assert either([]) == "0"
