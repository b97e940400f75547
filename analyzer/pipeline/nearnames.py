"""Names that look like a misspelled one, among the hundreds of thousands of a kernel.

A candidate begins or ends with the same letters and has nearly the same length; the best has most pairs of letters
in common with the name (Dice's coefficient over bigrams). Not handled: names that differ at both ends.
"""

from collections.abc import Iterable

_ENDS = 4  # letters at the beginning or the end that have to be the same
_LENGTH = 3  # letters that a name may have more or less
_MOST = 40


class NearNames:
    """Names by how they begin and end."""

    def __init__(self, names: Iterable[str]) -> None:
        self._first: dict[str, list[str]] = {}
        self._last: dict[str, list[str]] = {}
        for name in names:
            self._first.setdefault(name[:_ENDS], []).append(name)
            self._last.setdefault(name[-_ENDS:], []).append(name)

    def of(self, name: str) -> list[str]:
        """The names most like one, best first; the name itself is not among them."""
        size = len(name)
        maybe = {*self._first.get(name[:_ENDS], ()), *self._last.get(name[-_ENDS:], ())}
        pairs = _pairs(name)
        near = [n for n in maybe if abs(len(n) - size) <= _LENGTH and n != name]
        return sorted(near, key=lambda n: (-_shared(pairs, n), n))[:_MOST]


def _pairs(name: str) -> set[str]:
    return {name[at : at + 2] for at in range(len(name) - 1)}


def _shared(pairs: set[str], name: str) -> float:
    other = _pairs(name)
    return 2 * len(pairs & other) / max(1, len(pairs) + len(other))
