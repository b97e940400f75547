"""Places in initializers: `.name`, `[index]`, `#2` for the third item without a designator, `#name+1` for the
first behind `.name = …`, which C counts from there (C11 6.7.9 paragraph 17).

Not handled: members of an anonymous union, of which such an item skips the others.
"""

import re
from collections.abc import Callable, Mapping, Sequence

from analyzer.model.facts import Entry, Field

STEP = re.compile(r"\.\w+|\[[^\]]*\]|#\w+(?:\+\d+)?")
_ITEM = re.compile(r"(.*)#(\d+)$", re.S)
_LAST_ITEM = re.compile(r"#\w+(?:\+\d+)?$")
_COUNTED = re.compile(r"(#(?:\w+\+)?)(\d+)$")
_FIRST = re.compile(r"#(\d+)(?!\w)")
_DESIGNATED = re.compile(r"\.(\w+)$")


def member_at(step: str, fields: Sequence[Field]) -> Field | None:
    """The member that an item without a designator is for; None when the struct has none there."""
    behind, _, count = step[1:].partition("+")
    if not count:
        number = int(behind) if behind.isdecimal() else len(fields)
    else:
        places = (n for n, field in enumerate(fields) if field.name == behind)
        number = next(places, len(fields)) + int(count)
    return fields[number] if number < len(fields) else None


def behind_uses(entries: Sequence[Entry], last_of: Callable[[str], str]) -> Mapping[str, str]:
    """The paths of items that stand behind a macro's use which brings designators, as they are then: `#1` behind
    `SYS_DESC(x)` is `#Op2+1`. `last_of` gives the path of the last item that such a use stands for, else ""."""
    found: dict[str, str] = {}
    after: dict[str, tuple[int, str]] = {}  # by what stands before the item: where the use stands, the member
    for entry in entries:
        item = _ITEM.match(entry.path)
        if item is None:
            continue
        before, number = item[1], int(item[2])
        if "(" in entry.value and (designated := _DESIGNATED.fullmatch(last_of(entry.value))):
            after[before] = number, designated[1]
        elif before in after:
            start, name = after[before]
            found[entry.path] = f"{before}#{name}+{number - start}"
    return found


def moved_on(path: str, item: str) -> str:
    """The path inside the list of what a macro's use stands for, counted on from the item that the use is: `#1` in
    place of `#3` is `#4`."""
    place, inner = _COUNTED.search(item), _FIRST.match(path)
    return f"{place[1]}{int(place[2]) + int(inner[1])}{path[inner.end() :]}" if place and inner else path


def item_around(path: str) -> str:
    """What stands before an item without a designator: where the items go that a macro's use stands for."""
    return _LAST_ITEM.sub("", path)
