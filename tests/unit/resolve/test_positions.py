"""Places in initializers."""

import pytest

from analyzer.model.facts import Entry, Field
from analyzer.resolve.positions import behind_uses, item_around, member_at, moved_on

FIELDS = tuple(Field(name, "int", 1) for name in ("id", "name", "open"))


@pytest.mark.parametrize(
    ("step", "name"), [("#0", "id"), ("#2", "open"), ("#3", ""), ("#id+2", "open"), ("#other+1", ""), ("#x", "")]
)
def test_the_member_that_an_item_is_for(step: str, name: str) -> None:
    found = member_at(step, FIELDS)
    assert (found.name if found else "") == name


@pytest.mark.parametrize(
    ("path", "item", "moved"),
    [
        ("#1", "#3", "#4"),
        ("#0.open", "[2]#3", "#3.open"),
        ("#1", "#name+1", "#name+2"),
        ("[A].open", "#3", "[A].open"),
        (".open", "#3", ".open"),
    ],
)
def test_items_in_place_of_one_are_counted_on_from_it(path: str, item: str, moved: str) -> None:
    assert moved_on(path, item) == moved


def test_items_go_in_what_stands_around_the_one_they_replace() -> None:
    assert [item_around(path) for path in ("#3", "[2]#3", ".ops#name+1", ".open")] == ["", "[2]", ".ops", ".open"]


def test_items_behind_a_use_that_brings_designators() -> None:
    entries = [Entry("#0", "SYS_DESC(a)", 1), Entry("#1", "access", 1), Entry("#2", "reset", 1)]
    assert behind_uses(entries, lambda value: ".Op2") == {"#1": "#Op2+1", "#2": "#Op2+2"}
    assert behind_uses(entries, lambda value: "") == {}
