"""Tables over all files of a version, which some questions need before they can look at any one file.

Reading thousands of files for one is dear (`pastes` reads the 3,400 of 6.12 whose macros paste), so whoever runs a
resolver may keep them beyond a process. Not handled: when a table is out of date; the keeper has one set of them
for each content of the kernel, configuration and code.
"""

from collections.abc import Callable
from typing import Protocol, TypeVar

_T = TypeVar("_T")
FilesByName = dict[str, tuple[str, ...]]


class Tables(Protocol):
    """Where tables are kept."""

    def table(self, name: str, kind: type[_T]) -> _T | None:
        """The table of a name, None when nobody has made it."""

    def keep_table(self, name: str, table: object) -> None:
        """Keep a table."""


class Unkept:
    """Tables that nobody keeps beyond a process."""

    def table(self, name: str, kind: type[_T]) -> _T | None:
        """Nothing is known."""

    def keep_table(self, name: str, table: object) -> None:
        """Nothing is kept."""


def table_of(tables: Tables, name: str, kind: type[_T], make: Callable[[], _T]) -> _T:
    """The table of a name as it is kept, else as `make` makes it, which then is kept."""
    found = tables.table(name, kind)
    if found is None:
        found = make()
        tables.keep_table(name, found)
    return found
