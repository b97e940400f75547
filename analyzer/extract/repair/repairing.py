"""Where the grammar failed, try again with the macro uses there rewritten.

Only the stretches of a file around errors are touched, and only when fewer errors remain, so that what could be
read stays as it is.

Not handled: errors whose cause lies in another stretch, such as a brace too few in the function before.
"""

import bisect
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from analyzer.extract.notes import Note, TopInvocation
from analyzer.extract.repair.filescope import FileScope

_STRETCH_END = re.compile(rb"\n\}(?:[^\n]*;)?[ \t]*(?![^\n])")


class Repaired(NamedTuple):
    """A text with fewer surprises for the grammar, and the macro uses that the changes hide."""

    text: bytes
    uses: tuple[Note, ...]
    invocations: tuple[TopInvocation, ...]


def stretches(text: bytes, places: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The parts of a text between lines that close something at the margin, around places."""
    ends = [match.end() - 1 for match in _STRETCH_END.finditer(b"\n" + text)]
    found: list[tuple[int, int]] = []
    for start, end in sorted(places):
        before = bisect.bisect_right(ends, max(0, start - 1))
        after = bisect.bisect_left(ends, max(end, start + 1))
        first = ends[before - 1] if before else 0
        last = ends[after] if after < len(ends) else len(text)
        if found and first < found[-1][1]:
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return found


def repaired(text: bytes, original: bytes, places: Sequence[tuple[int, int]]) -> Repaired:
    """The text with what is no C around the places rewritten. Same length, same line breaks."""
    out = bytearray(text)
    uses: list[Note] = []
    invocations: list[TopInvocation] = []
    for start, end in stretches(text, places):
        repair = FileScope(out, original, start, end)
        repair.run()
        uses.extend(repair.uses)
        invocations.extend(repair.invocations)
    return Repaired(bytes(out), tuple(uses), tuple(invocations))
