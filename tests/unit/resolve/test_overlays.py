"""Function pointers that share memory."""

import pytest
from trees import resolver

from analyzer.model.callgraph import Slot
from analyzer.resolve.overlays import find_overlay, parameter_count

HEADER = """
struct urb;
union cb {
	void (*one)(struct urb *urb);
	int (*two)(int (*map)(int, int), long n);
	unsigned long data;
};
union single {
	void (*only)(void);
	long other;
};
struct both {
	void (*open)(void);
	void (*close)(void);
};
"""


@pytest.mark.parametrize(
    ("type_text", "count"),
    [
        ("void (*)(void)", 0),
        ("void (*)()", 0),
        ("int (*)(int, long)", 2),
        ("int (*)(int (*)(int, int), char [2][3])", 2),
        ("int (*)(const char *, ...)", None),
        ("int (*)(int", None),
        ("struct sock *", None),
        ("int", None),
    ],
)
def test_parameters_of_a_pointer(type_text: str, count: int | None) -> None:
    assert parameter_count(type_text) == count


def test_the_pointers_of_a_union() -> None:
    index = resolver({"h.h": HEADER}).names.index
    found = find_overlay(index, Slot("cb", "two"))
    assert found is not None
    assert ([slot.field for slot in found.others], found.parameters) == (["one"], 2)


@pytest.mark.parametrize(
    ("struct", "field"), [("single", "only"), ("both", "open"), ("cb", "data"), ("none", "x")]
)
def test_nothing_is_shared(struct: str, field: str) -> None:
    assert find_overlay(resolver({"h.h": HEADER}).names.index, Slot(struct, field)) is None
