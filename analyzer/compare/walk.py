"""Two call graphs walked together from their roots: which functions correspond, and how their calls do.

Breadth-first over pairs of functions, whose calls `analyzer.compare.matching` matches. Calls left
over on both sides at the end, of one caller each, have moved.

Everything is symmetric: walking B and A gives the mirror image of walking A and B.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from analyzer.compare.matching import Matcher
from analyzer.compare.rows import Meeting, Pair, Row, flat, name_of
from analyzer.compare.sides import Side
from analyzer.model.callgraph import Edge, FunctionRef

TARGETS = 8  # followed per computed call
CROWD = 48  # targets of a call, of which none is followed unasked
FUNCTIONS = 20_000  # pairs of them
_LONELY = 2  # how many functions deep what only one side has is told


@dataclass(frozen=True, slots=True)
class Limits:
    """`depth` calls deep; of computed calls with many common targets `targets` are followed (None: all), of those
    with more than `crowd` none (None: no such limit): a few of hundreds say nothing of the caller. `functions`
    bounds the pairs."""

    depth: int
    targets: int | None = TARGETS
    crowd: int | None = CROWD
    functions: int = FUNCTIONS


@dataclass(slots=True)
class Walk:
    """The state and, after `run`, the result: `meetings` in the order of the walk."""

    before: Side
    after: Side
    limits: Limits
    hides: Callable[[Edge], bool] | None = None
    meetings: dict[Pair, Meeting] = field(default_factory=dict)
    truncated: bool = False
    matcher: Matcher = field(init=False)
    _queue: list[Pair] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.matcher = Matcher(self.before, self.after, self.hides)

    def run(self, root: tuple[FunctionRef, FunctionRef]) -> None:
        """Walk from a pair of roots."""
        self._reach(root, 0, None)
        while True:
            while self._queue:
                level = list(self._queue)
                self._queue.clear()
                self.before.prepare([before for before, _ in level if before])
                self.after.prepare([after for _, after in level if after])
                for pair in level:
                    self._expand(self.meetings[pair])
            if not self._moves():
                return

    # walking

    def _reach(self, pair: Pair, depth: int, parent: Pair | None) -> None:
        if pair in self.meetings:
            return
        if len(self.meetings) >= self.limits.functions:
            self.truncated = True
            return
        meeting = Meeting(pair, depth, parent, self.matcher.scores.get(pair, 1.0))
        before, after = pair
        if before is None and after is not None:
            meeting.known = self.matcher.has(False, after)
        elif after is None and before is not None:
            meeting.known = self.matcher.has(True, before)
        if before is None or after is None:
            meeting.lonely = 1 + (self.meetings[parent].lonely if parent in self.meetings else 0)
        self.meetings[pair] = meeting
        external = all(ref is None or ref.external for ref in pair)
        deep = depth >= self.limits.depth or meeting.lonely > _LONELY
        if not deep and not meeting.known and not external:
            self._queue.append(pair)

    def _expand(self, meeting: Meeting) -> None:
        before, after = meeting.pair
        left = self.matcher.calls(False, before)
        right = self.matcher.calls(True, after)
        meeting.expanded = True
        if before is None or after is None:
            meeting.rows = [self.matcher.lonely(bool(after), group) for group in (*left, *right)]
        else:
            meeting.rows = self.matcher.matched((before, after), left, right)
        for row in sorted(flat(meeting.rows), key=lambda row: row.order):
            self._enter(row, meeting)

    def _enter(self, row: Row, meeting: Meeting) -> None:
        if row.inner:  # its calls are in the row; nothing is left to be walked into
            for before, after in row.leads:
                other = before or after
                known = other is not None and self.matcher.has(before is not None, other)
                gone = Meeting((before, after), meeting.depth + 1, meeting.pair, known=known)
                self.meetings.setdefault((before, after), gone)
            return
        for pair in self._followed(row):
            self._reach(pair, meeting.depth + 1, meeting.pair)

    def _followed(self, row: Row) -> Sequence[Pair]:
        """The pairs that are walked into: of computed calls those that both sides have, of many the ones in the
        heaviest places."""
        group = row.after or row.before
        if group is not None and group.callee is not None and len(row.leads) == 1:
            return row.leads
        if self.limits.crowd is not None and len(row.leads) > self.limits.crowd:
            return ()
        both = sorted((pair for pair in row.leads if pair[0] and pair[1]), key=self._rank)
        return both[: self.limits.targets]

    def _rank(self, pair: Pair) -> tuple[int, list[str]]:
        before, after = pair
        weight = self.before.weight(before.file) if before else 0
        weight += self.after.weight(after.file) if after else 0
        return -weight, sorted(ref.name for ref in pair if ref)

    def _moves(self) -> bool:
        """Pair functions whose only call on one side is gone, and new on the other; whether there were any."""
        gone: dict[str, list[tuple[Meeting, Row]]] = {}
        fresh: dict[str, list[tuple[Meeting, Row]]] = {}
        for meeting in self.meetings.values():
            for row in flat(meeting.rows):
                if row.elsewhere or row.inner or (row.before and row.after):
                    continue
                group = row.before or row.after
                if group is not None and group.callee is not None:
                    (gone if row.before else fresh).setdefault(group.callee.name, []).append((meeting, row))
        paired = {ref.name for pair in self.meetings for ref in pair if ref and pair[0] and pair[1]}
        found = False
        for name in sorted(gone.keys() & fresh.keys() - paired):
            if len(gone[name]) != 1 or len(fresh[name]) != 1:
                continue
            (giver, old), (taker, new) = gone[name][0], fresh[name][0]
            assert old.before is not None and new.after is not None
            old.elsewhere = name_of(taker.pair)
            new.elsewhere = name_of(giver.pair)
            pair = old.before.callee, new.after.callee
            old.leads, new.leads = [], [pair]
            depth = min(giver.depth, taker.depth) + 1
            self.meetings.pop((pair[0], None), None)
            self.meetings.pop((None, pair[1]), None)
            self._reach(pair, depth, taker.pair)
            found = True
        return found
