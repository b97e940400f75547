"""Answers about macros, found once for all files in which the macros that were met are the same.

Not handled: answers that depend on more of a file than its macros.
"""

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from typing import Generic, TypeVar

from analyzer.resolve.macros import MacroDefinition
from analyzer.resolve.scope import Scope

Footprint = Mapping[str, Sequence[MacroDefinition]]
_MAX_SHARED = 8  # answers to one question remembered for other files
_Asked = TypeVar("_Asked", bound=Hashable)
_Answer = TypeVar("_Answer")


class Alike(Generic[_Asked, _Answer]):
    """Answers by question and file. `settled` names are looked up by nobody and so may differ."""

    def __init__(self, settled: Collection[str] = ()) -> None:
        self._settled = settled
        self._here: dict[tuple[str, _Asked], _Answer] = {}
        self._shared: dict[_Asked, list[tuple[Footprint, _Answer]]] = {}

    def get(self, scope: Scope, asked: _Asked, make: Callable[[], tuple[Footprint, _Answer]]) -> _Answer:
        """The answer for a file; `make` finds it, with the macros that it met."""
        key = (scope.path, asked)
        if key not in self._here:
            self._here[key] = self._fitting(scope, asked, make)
        return self._here[key]

    def _fitting(self, scope: Scope, asked: _Asked, make: Callable[[], tuple[Footprint, _Answer]]) -> _Answer:
        shared = self._shared.setdefault(asked, [])
        for footprint, known in shared:
            if all(name in self._settled or scope.macro(name) == met for name, met in footprint.items()):
                return known
        footprint, answer = make()
        shared.insert(0, (footprint, answer))
        del shared[_MAX_SHARED:]
        return answer
