"""The order of lines against the order of the source.

Every line has the positions at which the source has it; a line fits when one of them comes no earlier than
those of the lines before it. The lines that are out of order are those outside a longest fitting subsequence.
"""

from collections.abc import Sequence

Position = tuple[tuple[int, int], ...]  # line and column, and again inside the function that is called there


def misplaced(lines: Sequence[Sequence[Position]]) -> list[int]:
    """Indexes of the lines that are out of order, as few as possible; earlier lines are kept when there is a
    choice. Each line has at least one position."""
    chosen = _longest(lines)
    return [at for at in range(len(lines)) if at not in chosen]


def _longest(lines: Sequence[Sequence[Position]]) -> set[int]:
    # Patience sorting from the end: ends[k] is the greatest first position of a fitting subsequence of k + 1
    # lines, and its lines. From the end, so that of two lines the wrong way round the earlier one is kept.
    ends: list[tuple[Position, tuple[int, ...]]] = []
    for at in range(len(lines) - 1, -1, -1):
        found: list[tuple[int, Position, tuple[int, ...]]] = []
        for position in sorted(lines[at], reverse=True):
            length = sum(1 for first, _ in ends if first >= position)
            after = ends[length - 1][1] if length else ()
            found.append((length, position, (*after, at)))
        for length, position, members in found:
            if length == len(ends):
                ends.append((position, members))
            elif position >= ends[length][0]:
                ends[length] = (position, members)
    return set(ends[-1][1]) if ends else set()


def belongs_before(lines: Sequence[Sequence[Position]], at: int) -> int | None:
    """The line that a misplaced one should stand before: the first other line that the source has later; None
    when it belongs to the end."""
    position = min(lines[at])
    wrong = set(misplaced(lines))
    for other, options in enumerate(lines):
        if other != at and other not in wrong and min(options) > position:
            return other
    return None
