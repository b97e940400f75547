"""The order of lines against the order of the source.

Every line has the positions at which the source has it; a line fits when one of them comes no earlier than
those of the lines before it. The lines that are out of order are those outside a longest fitting subsequence.
"""

import bisect
from collections.abc import Collection, Sequence

_Link = tuple[int, "_Link | None"]  # a line, and those that follow it
Position = tuple[tuple[int, int], ...]  # line and column, and again inside the function that is called there


def misplaced(lines: Sequence[Sequence[Position]]) -> list[int]:
    """Indexes of the lines that are out of order, as few as possible; earlier lines are kept when there is a
    choice. Each line has at least one position."""
    chosen = _longest(lines)
    return [at for at in range(len(lines)) if at not in chosen]


def _longest(lines: Sequence[Sequence[Position]]) -> set[int]:
    # Patience sorting from the end: ends[k] is the greatest first position of a fitting subsequence of k + 1
    # lines, and its lines. From the end, so that of two lines the wrong way round the earlier one is kept.
    ends: list[tuple[Position, _Link]] = []

    def before(position: Position) -> int:
        # ends fall: the first that comes too early
        return bisect.bisect_left(range(len(ends)), True, key=lambda k: ends[k][0] < position)

    for at in range(len(lines) - 1, -1, -1):
        found: list[tuple[int, Position, _Link]] = []
        for position in sorted(lines[at], reverse=True):
            length = before(position)
            found.append((length, position, (at, ends[length - 1][1] if length else None)))
        for length, position, link in found:
            if length == len(ends):
                ends.append((position, link))
            elif position >= ends[length][0]:
                ends[length] = (position, link)
    chosen: set[int] = set()
    rest: _Link | None = ends[-1][1] if ends else None
    while rest is not None:
        chosen.add(rest[0])
        rest = rest[1]
    return chosen


def belongs_before(
    lines: Sequence[Sequence[Position]], at: int, wrong: Collection[int] | None = None
) -> int | None:
    """The line that a misplaced one should stand before: the first other line that the source has later; None
    when it belongs to the end. `wrong`: what `misplaced` says, if that is known."""
    position = min(lines[at])
    out = set(misplaced(lines)) if wrong is None else wrong
    for other, options in enumerate(lines):
        if other != at and other not in out and min(options) > position:
            return other
    return None
