"""What fills a slot where macros fill members of one name in several structs."""

import trees

from analyzer.model.callgraph import Slot

SOURCE = """
struct one { int (*func)(void); };
struct two { int (*func)(void); };
int f(void) { return 0; }
int g(void) { return 1; }
#define PAIR(name, f, ...) struct one name = { .func = f }; struct two name##_other = { __VA_ARGS__ }
PAIR(pair, f, .func = g);
"""


def test_a_macro_that_fills_one_struct_may_be_given_what_fills_another() -> None:
    slots = trees.resolver({"a.c": SOURCE}).slots

    def functions(struct: str) -> list[str]:
        return [f.definition.name for entry in slots.fillers(Slot(struct, "func")) for f in entry.functions]

    assert functions("one") == ["f"]
    assert functions("two") == ["g"]
