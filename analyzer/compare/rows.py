"""What a walk through two call graphs finds: pairs of functions, and the rows of their calls in an order in which
both sides can be read.

Not handled: trees (`analyzer.compare.merging`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from analyzer.compare.likeness import unmoved
from analyzer.compare.sites import Group
from analyzer.model.callgraph import FunctionRef

Pair = tuple[FunctionRef | None, FunctionRef | None]


@dataclass(slots=True)
class Row:
    """A call of a pair of functions. With one side only it is added or removed; `inner` are then the calls of
    the function it leads to that were made by the caller on the other side (`moved`), or are new like itself.
    `leads` are the pairs of functions it leads to; `elsewhere`: the function that makes this call on the other
    side."""

    before: Group | None
    after: Group | None
    leads: list[Pair] = field(default_factory=list)
    inner: "list[Row]" = field(default_factory=list)
    moved: bool = False
    reordered: tuple[str, str] | None = None
    elsewhere: str = ""

    @property
    def order(self) -> tuple[int, int, str]:
        """Symmetric: for the order of walking."""
        places = [g.position for g in (self.before, self.after) if g]
        names = sorted("".join(g.key) for g in (self.before, self.after) if g)
        return min(places), max(places), names[0]


@dataclass(slots=True)
class Meeting:
    """A pair of functions that the walk has reached, with its calls when it was expanded. `parent` is the pair
    from which it was reached first."""

    pair: Pair
    depth: int
    parent: Pair | None
    score: float = 1.0
    rows: list[Row] = field(default_factory=list)
    expanded: bool = False
    known: bool = False  # one-sided, but defined on the other side, too
    lonely: int = 0  # one-sided functions on the way here, itself included


def name_of(pair: Pair) -> str:
    """The newer name of a pair of functions."""
    ref = pair[1] or pair[0]
    return ref.name if ref else ""


def flat(rows: Sequence[Row]) -> Iterator[Row]:
    """Rows, each before those inside it."""
    for row in rows:
        yield row
        yield from flat(row.inner)


def mark_order(rows: list[Row]) -> None:
    """Say of the calls that do not keep their order after which call they stand, before and after."""
    both = [row for row in rows if row.before and row.after]
    places = [(row.before.position, row.after.position) for row in both if row.before and row.after]
    kept = unmoved(places, [row.order[2] for row in both])
    if len(kept) == len(both):
        return
    for index, row in enumerate(both):
        if index not in kept:
            row.reordered = (_ahead(both, row, 0), _ahead(both, row, 1))


def _ahead(rows: Sequence[Row], row: Row, side: int) -> str:
    def group(candidate: Row) -> Group:
        found = candidate.after if side else candidate.before
        assert found is not None
        return found

    place = group(row).position
    earlier = [group(r) for r in rows if group(r).position < place]
    return max(earlier, key=lambda g: g.position).key[1] if earlier else ""


def merged(rows: list[Row]) -> list[Row]:
    """Rows in one order: those that keep theirs as anchors, between them what is gone, then what is new."""
    anchors = [r for r in rows if r.before and r.after and r.reordered is None]
    anchors.sort(key=lambda r: (r.before.position if r.before else 0, r.after.position if r.after else 0))
    index = {id(row): at for at, row in enumerate(anchors)}

    def place(row: Row) -> tuple[int, int, int]:
        if id(row) in index:
            return 2 * index[id(row)], 0, 0
        newer = row.after is not None
        group = row.after or row.before
        assert group is not None
        count = sum(1 for a in anchors if _at(a, newer) < group.position)
        return 2 * count - 1, 1 if newer else 0, group.position

    return sorted(rows, key=place)


def _at(row: Row, newer: bool) -> int:
    group = row.after if newer else row.before
    return group.position if group else 0
