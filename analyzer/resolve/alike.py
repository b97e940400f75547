"""Answers about macros, found once for all files in which the macros that were met are the same.

Not handled: answers that depend on more of a file than its macros.
"""

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar

from analyzer.resolve.macros import MacroDefinition
from analyzer.resolve.scope import Scope

Footprint = Mapping[str, Sequence[MacroDefinition]]
_MAX_SHARED = 8  # answers to one question remembered for other files
_Asked = TypeVar("_Asked", bound=Hashable)
_Answer = TypeVar("_Answer")


def single_tokens(footprint: Footprint) -> dict[str, str]:
    """The macros of a footprint that stand for one token each, and these."""
    return {name: met[0].body[0].text for name, met in footprint.items() if _is_single(met)}


def _is_single(definitions: Sequence[MacroDefinition]) -> bool:
    return len(definitions) == 1 and definitions[0].parameters is None and len(definitions[0].body) == 1


class Met(NamedTuple):
    """The macros that were met on the way to an answer. Any token may stand for a `loose` one."""

    footprint: Footprint
    loose: Collection[str] = ()

    def fits(self, scope: Scope) -> bool:
        """Whether a file has the same."""
        for name, met in self.footprint.items():
            here = scope.macro(name)
            if here != met and not (name in self.loose and _is_single(here)):
                return False
        return True


class Alike(Generic[_Asked, _Answer]):
    """Answers by question and file."""

    def __init__(self) -> None:
        self._here: dict[tuple[str, _Asked], _Answer] = {}
        self._shared: dict[_Asked, list[tuple[Met, _Answer]]] = {}

    def get(self, scope: Scope, asked: _Asked, make: Callable[[], tuple[Met, _Answer]]) -> _Answer:
        """The answer for a file; `make` finds it, with the macros that it met."""
        key = (scope.key, asked)
        if key not in self._here:
            self._here[key] = self._fitting(scope, asked, make)
        return self._here[key]

    def _fitting(self, scope: Scope, asked: _Asked, make: Callable[[], tuple[Met, _Answer]]) -> _Answer:
        shared = self._shared.setdefault(asked, [])
        for met, known in shared:
            if met.fits(scope):
                return known
        met, answer = make()
        shared.insert(0, (met, answer))
        del shared[_MAX_SHARED:]
        return answer
