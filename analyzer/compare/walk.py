"""Two call graphs walked together from their roots: which functions correspond, and how their calls do.

Breadth-first over pairs of functions. The calls of a pair are matched first by what they call (anchors, as in
GumTree's top-down phase, Falleri et al. 2014), then through functions that only one side has, as if these were
inlined (so that `f → x` and `f → g → x` are the same call, made through the new `g`), then by likeness (renames).
What keeps its order is a longest increasing subsequence (Chawathe et al. 1996). Calls left over on both sides at
the end, of one caller each, have moved.

Everything is symmetric: walking B and A gives the mirror image of walking A and B. Not handled: functions of one
name in several files that exchange their roles.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from analyzer.compare.likeness import unmoved
from analyzer.compare.sides import SURE, Likeness, Side
from analyzer.compare.sites import Group, Key, groups_of
from analyzer.model.callgraph import Edge, FunctionRef

Pair = tuple[FunctionRef | None, FunctionRef | None]
_INLINED = 3  # how many functions deep a call that seems gone is looked for
_TARGETS = 8
_LONELY = 2  # how many functions deep what only one side has is told


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


@dataclass(frozen=True, slots=True)
class Limits:
    """`depth` calls deep; of computed calls with many common targets `targets` are followed (None: all);
    `functions` bounds the pairs."""

    depth: int
    targets: int | None = _TARGETS
    functions: int = 20_000


@dataclass(slots=True)
class Walk:
    """The state and, after `run`, the result: `meetings` in the order of the walk."""

    before: Side
    after: Side
    limits: Limits
    hides: Callable[[Edge], bool] | None = None
    meetings: dict[Pair, Meeting] = field(default_factory=dict)
    renames: dict[FunctionRef, FunctionRef] = field(default_factory=dict)  # before -> after
    scores: dict[Pair, float] = field(default_factory=dict)
    truncated: bool = False
    unclear: dict[tuple[str, str], None] = field(default_factory=dict)
    macros: set[str] = field(default_factory=set)
    _backward: dict[FunctionRef, FunctionRef] = field(default_factory=dict)
    _groups: dict[tuple[bool, FunctionRef], tuple[Group, ...]] = field(default_factory=dict)
    _defined: dict[tuple[bool, FunctionRef], bool] = field(default_factory=dict)
    _queue: deque[Pair] = field(default_factory=deque)
    _likeness: Likeness = field(init=False)

    def __post_init__(self) -> None:
        self._likeness = Likeness(self.before, self.after)

    def run(self, root: tuple[FunctionRef, FunctionRef]) -> None:
        """Walk from a pair of roots."""
        self._reach(root, 0, None)
        while True:
            while self._queue:
                self._expand(self.meetings[self._queue.popleft()])
            if not self._moves():
                return

    # walking

    def _reach(self, pair: Pair, depth: int, parent: Pair | None) -> None:
        if pair in self.meetings:
            return
        if len(self.meetings) >= self.limits.functions:
            self.truncated = True
            return
        meeting = Meeting(pair, depth, parent, self.scores.get(pair, 1.0))
        before, after = pair
        if before is None and after is not None:
            meeting.known = self._has(False, after)
        elif after is None and before is not None:
            meeting.known = self._has(True, before)
        if before is None or after is None:
            meeting.lonely = 1 + (self.meetings[parent].lonely if parent in self.meetings else 0)
        self.meetings[pair] = meeting
        external = all(ref is None or ref.external for ref in pair)
        deep = depth >= self.limits.depth or meeting.lonely > _LONELY
        if not deep and not meeting.known and not external:
            self._queue.append(pair)

    def _expand(self, meeting: Meeting) -> None:
        before, after = meeting.pair
        left = self._calls(False, before)
        right = self._calls(True, after)
        meeting.expanded = True
        if before is None or after is None:
            meeting.rows = [self._lonely(bool(after), group) for group in (*left, *right)]
        else:
            meeting.rows = self._matched((before, after), left, right)
        for row in sorted(_flat(meeting.rows), key=lambda row: row.order):
            self._enter(row, meeting)

    def _enter(self, row: Row, meeting: Meeting) -> None:
        if row.inner:  # its calls are in the row; nothing is left to be walked into
            for before, after in row.leads:
                other = before or after
                known = other is not None and self._has(before is not None, other)
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
        both = sorted((pair for pair in row.leads if pair[0] and pair[1]), key=self._rank)
        return both[: self.limits.targets]

    def _rank(self, pair: Pair) -> tuple[int, list[str]]:
        before, after = pair
        weight = self.before.weight(before.file) if before else 0
        weight += self.after.weight(after.file) if after else 0
        return -weight, sorted(ref.name for ref in pair if ref)

    def _calls(self, newer: bool, ref: FunctionRef | None) -> tuple[Group, ...]:
        if ref is None or ref.external:
            return ()
        found = self._groups.get((newer, ref))
        if found is None:
            side = self.after if newer else self.before
            found = self._groups[newer, ref] = groups_of(side.callees(ref), self.hides)
        return found

    def _has(self, newer: bool, ref: FunctionRef) -> bool:
        """Whether a side has the other side's function under its own name."""
        found = self._defined.get((newer, ref))
        if found is None:
            side = self.after if newer else self.before
            found = self._defined[newer, ref] = side.defines(ref)
        return found

    # matching the calls of a pair

    def _matched(
        self, pair: tuple[FunctionRef, FunctionRef], left: Sequence[Group], right: Sequence[Group]
    ) -> list[Row]:
        lefts = {self._renamed(group): group for group in left}
        rights = {group.key: group for group in right}
        rows = [Row(group, rights.pop(key)) for key, group in list(lefts.items()) if key in rights]
        for row in rows:
            if row.before is not None:
                del lefts[self._renamed(row.before)]
        ones, others = list(lefts.values()), list(rights.values())
        rows += self._same_slots(ones, others)
        rows += self._inlined(ones, others)
        rows += self._renames(ones, others)
        rows += self._kinds(ones, others)
        _mark_order(rows)
        for row in rows:
            if row.before and row.after:
                row.leads = self._leads(row.before, row.after)
        ones = self._clear(False, pair, ones, right)
        others = self._clear(True, pair, others, left)
        rows += [self._lonely(False, group) for group in ones] + [self._lonely(True, group) for group in others]
        return merged(rows)

    def _clear(
        self, newer: bool, pair: tuple[FunctionRef, FunctionRef], groups: list[Group], there: Sequence[Group]
    ) -> list[Group]:
        """Without the calls of a macro that the other side uses as well, where it was not seen to make any call
        (what cannot be followed is not gone), and without those of a function that is a macro on the other
        side."""
        if not groups:
            return groups
        side, ref = (self.before, pair[0]) if newer else (self.after, pair[1])
        words = set(side.tokens(ref))
        seen = {macro for group in there for site in group.sites for macro in site.edge.macros}
        kept: list[Group] = []
        for group in groups:
            macro = group.edge.macros[0] if group.edge.macros else ""
            callee = group.callee
            if macro in words and macro not in seen:
                self.unclear[_name(pair), group.edge.expression] = None
            elif callee is not None and callee.name in words and not self._has(not newer, callee):
                self.macros.add(callee.name)
            else:
                kept.append(group)
        return kept

    def _renamed(self, group: Group) -> Key:
        """The key on the newer side."""
        callee = group.callee
        if callee is not None and callee in self.renames:
            return "call", self.renames[callee].name
        return group.key

    def _lonely(self, newer: bool, group: Group) -> Row:
        row = Row(None, group) if newer else Row(group, None)
        for edge in group.targets.values():
            if edge.callee is not None:
                row.leads.append((None, edge.callee) if newer else (edge.callee, None))
        return row

    def _same_slots(self, left: list[Group], right: list[Group]) -> list[Row]:
        """Computed calls whose struct or expression was renamed: the same field, or common targets."""
        scored: list[tuple[float, tuple[int, int, str], Group, Group]] = []
        for one in left:
            for other in right:
                if one.key[0] == "call" or other.key[0] == "call":
                    continue
                score = _slots_alike(one, other)
                if score >= 0.5:
                    scored.append((score, _symmetric(one, other), one, other))
        return [Row(one, other) for one, other in _best(scored, left, right)]

    def _inlined(self, left: list[Group], right: list[Group]) -> list[Row]:
        """Calls that one side makes through functions which the other does not have (or does not call here)."""
        rows: list[Row] = []
        for newer, here, there in ((True, right, left), (False, left, right)):
            for group in list(here):
                callee = group.callee
                if callee is None or callee.external or not there:
                    continue
                fresh = not self._has(not newer, callee)
                inner = self._taken(newer, callee, there, _INLINED, {callee}, fresh=fresh)
                if inner is None:
                    continue
                row = self._lonely(newer, group)
                row.inner = inner
                rows.append(row)
                here.remove(group)
        return rows

    def _taken(
        self,
        newer: bool,
        callee: FunctionRef,
        there: list[Group],
        depth: int,
        above: set[FunctionRef],
        *,
        fresh: bool,
    ) -> list[Row] | None:
        """The calls of a function, matched with those that its caller makes on the other side; None when it
        takes over none. A function that both sides have must take over most of what it calls."""
        groups = self._calls(newer, callee)
        free = {group.key for group in there}
        taken = [group for group in groups if group.key in free]
        if not fresh and (len(taken) < 2 or 2 * len(taken) < len(groups)):
            return None
        rows: list[Row] = []
        found = False
        for group in groups:
            other = next((candidate for candidate in there if candidate.key == group.key), None)
            if other is not None:
                there.remove(other)
                row = Row(other, group, moved=True) if newer else Row(group, other, moved=True)
                if row.before and row.after:
                    row.leads = self._leads(row.before, row.after)
                rows.append(row)
                found = True
                continue
            row = self._lonely(newer, group)
            inner = group.callee
            if inner is not None and depth > 1 and there and self._followable(newer, inner, above):
                deeper = self._taken(newer, inner, there, depth - 1, above | {inner}, fresh=True)
                if deeper is not None:
                    row.inner = deeper
                    found = True
            rows.append(row)
        return rows if found else None

    def _followable(self, newer: bool, ref: FunctionRef, above: set[FunctionRef]) -> bool:
        """Whether only this side has a function, and it is not on the way already."""
        return ref not in above and not ref.external and not self._has(not newer, ref)

    def _renames(self, left: list[Group], right: list[Group]) -> list[Row]:
        """Calls of functions that only one side has and that are alike."""
        scored: list[tuple[float, tuple[int, int, str], Group, Group]] = []
        gone = [g for g in left if (c := g.callee) and c not in self.renames and not self._has(True, c)]
        fresh = [g for g in right if (c := g.callee) and c not in self._backward and not self._has(False, c)]
        for one in gone:
            for other in fresh:
                score = self._alike(one, other)
                if score >= SURE:
                    scored.append((score, _symmetric(one, other), one, other))
        rows: list[Row] = []
        for one, other in _best(scored, left, right):
            assert one.callee is not None and other.callee is not None
            self._rename(one.callee, other.callee, self._alike(one, other))
            rows.append(Row(one, other))
        return rows

    def _alike(self, one: Group, other: Group) -> float:
        assert one.callee is not None and other.callee is not None
        supported = one.callee.name in other.edge.macros or other.callee.name in one.edge.macros
        return self._likeness.of(one.callee, other.callee, supported=supported)

    def _rename(self, before: FunctionRef, after: FunctionRef, score: float) -> None:
        self.renames[before] = after
        self._backward[after] = before
        self.scores[before, after] = round(score, 2)

    def _kinds(self, left: list[Group], right: list[Group]) -> list[Row]:
        """A direct call that became a computed one that can reach the same, a macro that became a function."""
        scored: list[tuple[float, tuple[int, int, str], Group, Group]] = []
        for one in left:
            for other in right:
                if one.key[0] == other.key[0] == "call":
                    names = {one.key[1], other.key[1]}
                    if names & {*one.edge.macros, *other.edge.macros}:
                        scored.append((0.5, _symmetric(one, other), one, other))
                elif one.targets.keys() & other.targets.keys():
                    scored.append((1.0, _symmetric(one, other), one, other))
        return [Row(one, other) for one, other in _best(scored, left, right)]

    def _leads(self, before: Group, after: Group) -> list[Pair]:
        """The targets of two calls that correspond, paired by name, then by likeness."""
        left, right = before.targets, after.targets
        pairs: list[Pair] = []
        rest: dict[str, Edge] = {}
        for name, edge in left.items():
            new = self.renames.get(edge.callee) if edge.callee else None
            same = right.get(new.name if new else name)
            if same is not None:
                pairs.append((edge.callee, same.callee))
            else:
                rest[name] = edge
        seen = {pair[1] for pair in pairs}
        fresh = {n: e for n, e in right.items() if e.callee not in seen}
        pairs += self._alike_targets(rest, fresh)
        pairs += [(edge.callee, None) for edge in rest.values()]
        pairs += [(None, edge.callee) for edge in fresh.values()]
        return pairs

    def _alike_targets(self, left: dict[str, Edge], right: dict[str, Edge]) -> list[Pair]:
        """Renamed targets; both dictionaries lose them."""
        scored: list[tuple[float, list[str], str, str]] = []
        for one, before in left.items():
            for other, after in right.items():
                if before.callee is None or after.callee is None:
                    continue
                if before.callee in self.renames or after.callee in self._backward:
                    continue
                if self._has(True, before.callee) or self._has(False, after.callee):
                    continue
                shared = {e.object for e in before.evidence} & {e.object for e in after.evidence} - {""}
                score = self._likeness.of(before.callee, after.callee, supported=bool(shared))
                if score >= SURE:
                    scored.append((score, sorted((one, other)), one, other))
        pairs: list[Pair] = []
        for score, _, one, other in sorted(scored, key=lambda s: (-s[0], s[1])):
            if one in left and other in right:
                gone, fresh = left.pop(one).callee, right.pop(other).callee
                if gone is not None and fresh is not None:
                    self._rename(gone, fresh, score)
                    pairs.append((gone, fresh))
        return pairs

    # calls that left one function and came to another

    def _moves(self) -> bool:
        """Pair functions whose only call on one side is gone, and new on the other; whether there were any."""
        gone: dict[str, list[tuple[Meeting, Row]]] = {}
        fresh: dict[str, list[tuple[Meeting, Row]]] = {}
        for meeting in self.meetings.values():
            for row in _flat(meeting.rows):
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
            old.elsewhere = _name(taker.pair)
            new.elsewhere = _name(giver.pair)
            pair = old.before.callee, new.after.callee
            old.leads, new.leads = [], [pair]
            depth = min(giver.depth, taker.depth) + 1
            self.meetings.pop((pair[0], None), None)
            self.meetings.pop((None, pair[1]), None)
            self._reach(pair, depth, taker.pair)
            found = True
        return found


def _name(pair: Pair) -> str:
    ref = pair[1] or pair[0]
    return ref.name if ref else ""


def _flat(rows: Sequence[Row]) -> Iterator[Row]:
    for row in rows:
        yield row
        yield from _flat(row.inner)


def _symmetric(one: Group, other: Group) -> tuple[int, int, str]:
    return (
        abs(one.position - other.position),
        min(one.position, other.position),
        min("".join(one.key), "".join(other.key)),
    )


def _best(
    scored: list[tuple[float, tuple[int, int, str], Group, Group]], left: list[Group], right: list[Group]
) -> list[tuple[Group, Group]]:
    """One-to-one pairs, the best scored first; both lists lose them."""
    found: list[tuple[Group, Group]] = []
    for _, _, one, other in sorted(scored, key=lambda s: (-s[0], s[1])):
        if one in left and other in right:
            left.remove(one)
            right.remove(other)
            found.append((one, other))
    return found


def _slots_alike(one: Group, other: Group) -> float:
    """How much two computed calls look like the same: common targets, the same field."""
    field_one, field_other = one.key[1].rpartition(".")[2], other.key[1].rpartition(".")[2]
    same = one.key[0] == other.key[0] == "slot" and field_one == field_other
    left, right = set(one.targets), set(other.targets)
    common = 2 * len(left & right) / (len(left) + len(right)) if left or right else 0.0
    return 0.5 * same + common


def _mark_order(rows: list[Row]) -> None:
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
