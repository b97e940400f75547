"""Comparing printed trees with what a hand-written note holds: items in order, without the drawing of the tree."""

import re
from collections.abc import Iterable

_DRAWING = re.compile(r"^[\s│├└─|+`-]*")


def lines(text: str) -> list[str]:
    """The lines without what draws the tree."""
    return [_DRAWING.sub("", line) for line in text.splitlines()]


def assert_in_order(text: str, items: Iterable[str]) -> None:
    """Every item begins a line, each behind the one before."""
    found = lines(text)
    at = 0
    for item in items:
        position = next((n for n in range(at, len(found)) if found[n].startswith(item)), None)
        assert position is not None, f"no line `{item}` behind line {at}: {found[max(0, at - 1)]}"
        at = position + 1


def depth_of(text: str, item: str) -> int:
    """How far in the first line with an item stands."""
    line = next(line for line in text.splitlines() if _DRAWING.sub("", line).startswith(item))
    match = _DRAWING.match(line)
    assert match is not None
    return len(match.group())
