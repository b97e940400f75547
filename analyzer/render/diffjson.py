"""A comparison as JSON-ready data: the fields of `analyzer.model.difference`, null where a side has nothing.

Not handled: writing.
"""

from collections.abc import Collection
from typing import Any

import msgspec

from analyzer.model.difference import Difference

SCHEMA = "kcg-diff-1"
SECTIONS = ("tree", "signatures", "targets", "structs", "constants")


def difference_row(difference: Difference, sections: Collection[str]) -> dict[str, Any]:
    """`schema`, both kernels, the summary, and the sections asked for."""
    row: dict[str, Any] = msgspec.to_builtins(difference)
    kept: dict[str, Any] = {"schema": SCHEMA, "differs": not difference.empty}
    for key, value in row.items():
        if section(key) not in SECTIONS or section(key) in sections:
            kept[section(key)] = _null(value)
    return kept


def section(key: str) -> str:
    """The key under which a field of the model is written."""
    return "structs" if key == "types" else key


def _null(value: Any) -> Any:
    """Empty texts mean that there is nothing."""
    if isinstance(value, dict):
        return {key: _null(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_null(inner) for inner in value]
    return None if value == "" else value
