"""Macro uses that are values of an initializer: items, lists, or neither."""

import pytest
import trees

from analyzer.model.facts import Entry
from analyzer.resolve.braced import Braced, BracedUses

HEADER = """
#define PUT(f) .put = f, .get = get_##f
#define ROW(n, f) { .name = n, PUT(f) }
#define LIST(a, b) { a, b }
#define AT(i, f) [i] = f
#define VALUE(x) ((x) + 1)
#define DEFAULTS .open = do_open, .release = do_release
#define PASS(x) x
#define INIT { .lock = 1 }
#define SAVED(f) ((struct callee_save) { f })
#define PRIVATE(f) &(struct private){ .handler = f }
"""


def of(value: str) -> Braced | None:
    scope = trees.resolver({"h.h": HEADER, "a.c": '#include "h.h"\n'}).scopes.of("a.c")
    return BracedUses().of(scope, value)


def entries(value: str) -> dict[str, str]:
    braced = of(value)
    assert braced is not None
    return {entry.path: entry.value for entry in braced.entries}


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("PUT(set_volume)", {".put": "set_volume", ".get": "get_set_volume"}),
        ('ROW("a", f)', {".name": '"a"', ".put": "f", ".get": "get_f"}),
        ("LIST(f, g)", {"#0": "f", "#1": "g"}),
        ("AT(3, f)", {"[3]": "f"}),
        ("DEFAULTS", {".open": "do_open", ".release": "do_release"}),
        ("PASS({ f })", {"#0": "f"}),
        ("PASS(INIT)", {".lock": "1"}),
        ("PASS(.put = f)", {".put": "f"}),
        ("LIST(.a = f, .b = g)", {".a": "f", ".b": "g"}),
        ("SAVED(f)", {"#0": "f"}),
        ("PRIVATE(f)", {".handler": "f"}),
    ],
)
def test_lists(value: str, found: dict[str, str]) -> None:
    assert entries(value) == found


@pytest.mark.parametrize(("value", "items"), [("PUT(f)", True), ("AT(1, f)", True), ("ROW(0, f)", False)])
def test_items_belong_to_the_object_around_them(value: str, items: bool) -> None:
    braced = of(value)
    assert braced is not None
    assert braced.items is items


@pytest.mark.parametrize(("value", "type_"), [("PRIVATE(f)", "struct private"), ("SAVED(f)", ""), ("PUT(f)", "")])
def test_the_address_of_a_literal_is_an_object_of_its_own(value: str, type_: str) -> None:
    braced = of(value)
    assert braced is not None
    assert braced.literal == type_


@pytest.mark.parametrize("value", ["VALUE(1)", "f", "f(1)", "&f", "UNKNOWN(f)", "PUT", "{ f }", "sizeof(x)"])
def test_other_values(value: str) -> None:
    assert of(value) is None


def test_a_macro_is_read_once_for_all_its_uses(monkeypatch: pytest.MonkeyPatch) -> None:
    scope = trees.resolver({"h.h": HEADER, "a.c": '#include "h.h"\n'}).scopes.of("a.c")
    uses = BracedUses()
    assert uses.of(scope, "PUT(f)") is not None
    monkeypatch.setattr("analyzer.resolve.braced.extract", None)
    assert uses.of(scope, "PUT(g)") == Braced(True, [Entry(".put", "g", 1, ""), Entry(".get", "get_g", 1, "")])
