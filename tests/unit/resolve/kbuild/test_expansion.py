"""Make's texts, expanded for all configurations at once."""

import pytest
from makefiles import MODULE_A, NOT_A, A, variables


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
