"""The mirror image of a difference: what it would be with the two kernels exchanged.

The order of lines that only one side has is not part of it: removed calls stand before added ones either way, so
`canonical` sorts what has no order of its own. Not handled: summaries' wording.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from analyzer.model.difference import Difference

_SWAPPED = {"added": "removed", "removed": "added", "before": "after", "after": "before"}
_NAMED_PAIRS = (
    ("before", "after"),
    ("before_place", "after_place"),
    ("before_file", "after_file"),
    ("added", "removed"),
)
_NAMES = {"function", "callers", "moved", "chain", "takes", "calls"}
_COUNTS = (("functions_added", "functions_removed"), ("calls_added", "calls_removed"))


def mirrored(difference: Difference) -> Difference:
    """The same difference seen from the other side."""
    older = {item.after: item.before for item in difference.renamed}
    row = msgspec.to_builtins(difference)
    _exchange_moved(row["tree"])
    return msgspec.convert(_mirror(row, older), Difference)


def _exchange_moved(tree: dict[str, Any]) -> None:
    """What a moved call leads to is shown where the newer kernel has it."""
    calls = list(_calls(tree))
    given = {
        call["after"]["callee"]: call for call in calls if call["moved"] and call["after"] and not call["before"]
    }
    for call in calls:
        if call["moved"] and call["before"] and not call["after"] and call["before"]["callee"] in given:
            other = given[call["before"]["callee"]]
            call["targets"], other["targets"] = other["targets"], call["targets"]


def _calls(function: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for call in function["calls"]:
        yield call
        for target in call["targets"]:
            yield from _calls(target)


def canonical(difference: Difference) -> Any:
    """The difference as data in which only what is meant counts: lists without an order of their own are
    sorted."""
    return _sorted(msgspec.to_builtins(difference))


def _mirror(value: Any, older: dict[str, str]) -> Any:
    if isinstance(value, list | tuple):
        return [_mirror(item, older) for item in value]
    if not isinstance(value, dict):
        return value
    row = {key: _mirror(item, older) for key, item in value.items()}
    for key in _NAMES & row.keys():  # functions go by their newer names
        item = row[key]
        row[key] = older.get(item, item) if isinstance(item, str) else [_renamed(part, older) for part in item]
    for one, other in (*_NAMED_PAIRS, *_COUNTS):
        if one in row and other in row:
            row[one], row[other] = row[other], row[one]
    if row.get("was"):
        row["name"], row["was"] = row["was"], row["name"]
    if row.get("what") == "name" and "used" in row:
        row["name"] = row["after"]
    for key in ("sign", "where"):
        if key in row:
            row[key] = _SWAPPED.get(row[key], row[key])
    if isinstance(row.get("what"), str):
        row["what"] = _SWAPPED.get(row["what"], row["what"])
    return row


def _renamed(part: Any, older: dict[str, str]) -> Any:
    return older.get(part, part) if isinstance(part, str) else part


def _sorted(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return sorted((_sorted(item) for item in value), key=repr)
    if isinstance(value, dict):
        both = value.get("before") is not None and value.get("after") is not None
        hidden = {"objects"} if both else set()  # the tables behind a function are named on the newer side
        return {key: _sorted(item) for key, item in sorted(value.items()) if key not in hidden}
    return value
