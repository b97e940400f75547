"""Which macros fill a member, and of which structs."""

import pytest
import trees

from analyzer.resolve.fillers import DESIGNATOR, MacroFillers

HEADER = """
struct one { int (*func)(void); };
struct two { int (*func)(void); };
#define DEFINE_ONE(name, f) static struct one __aligned(8) name = { .func = f }
#define ONE(f) (struct one) { .func = f }
#define ANY(f) { .func = f }
#define DEFINE_TWO(name, f) struct two name = ANY(f)
#define USE_TWO(f) do { DEFINE_TWO(t, f); run(&t); } while (0)
#define GIVEN(tag, name, f) struct tag name = { .func = f }
#define NESTED(name, f) struct one name = { .inner = { .func = f } }
#define IN_WORK(f) { .work = ANY(f) }
#define DELAYED(name, f) struct delayed name = IN_WORK(f)
#define DOTTED(name, f) struct delayed name = { .work.func = f }
#define SECOND(f) void g(struct one *o) { struct two t = { .func = f }; }
#define NOT_FILLING(x) ((x).func == 0)
"""


@pytest.fixture(scope="module")
def fillers() -> MacroFillers:
    names = trees.resolver({"h.h": HEADER, "a.c": '#include "h.h"\nUSE_TWO(f);\nint a(void) { ONE(f); }\n'}).names
    return MacroFillers(names)


@pytest.mark.parametrize(
    ("struct", "macros"),
    [
        ("", "ANY DEFINE_ONE DEFINE_TWO DELAYED DOTTED GIVEN IN_WORK NESTED ONE SECOND USE_TWO"),
        ("one", "ANY DEFINE_ONE DELAYED DOTTED GIVEN IN_WORK NESTED ONE"),
        ("two", "ANY DEFINE_TWO DELAYED DOTTED GIVEN IN_WORK NESTED SECOND USE_TWO"),
        ("three", "ANY DELAYED DOTTED GIVEN IN_WORK NESTED"),
    ],
)
def test_macros_by_the_struct_that_they_build(fillers: MacroFillers, struct: str, macros: str) -> None:
    assert sorted(fillers.macros("func", DESIGNATOR, struct)) == macros.split()


@pytest.mark.parametrize(("struct", "files"), [("one", []), ("two", ["a.c"])])
def test_files_that_use_them(fillers: MacroFillers, struct: str, files: list[str]) -> None:
    assert list(fillers.users("use", "func", DESIGNATOR, struct)) == files
