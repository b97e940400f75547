"""The merged tree of a walk: what differs, each function pair expanded once, with the calls that lead there.

A function is expanded below the one from which the walk reached it first, the nearest to the root; elsewhere it is
marked. Calls that are the same and lead to nothing that differs are counted only. What a slot can hold is told
once.

Not handled: trees without differences (they have no calls).
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from analyzer.compare import guards
from analyzer.compare.rows import Meeting, Pair, Row, flat, name_of
from analyzer.compare.sides import Side
from analyzer.compare.sites import Group, differences, plain, side_of
from analyzer.compare.walk import Walk
from analyzer.model.callgraph import Edge, Function, FunctionRef
from analyzer.model.difference import (
    Change,
    Counts,
    DiffCall,
    DiffFunction,
    Moved,
    PlaceMark,
    Renamed,
    Restructured,
    Sign,
    Target,
    TargetsChange,
)

_LISTED = 8  # targets that only one side has, named in the tree; the section on targets has all

# what differs between the bodies of two functions (and those of functions that took over some of their calls)
Statements = Callable[
    [FunctionRef, FunctionRef, tuple[FunctionRef, ...], tuple[FunctionRef, ...]], tuple[Change, ...]
]


@dataclass(slots=True)
class Merger:
    """Makes the tree and, by the way, what is said about it as a whole."""

    walk: Walk
    statements: Statements
    targets: dict[str, TargetsChange] = field(default_factory=dict)
    restructured: set[Restructured] = field(default_factory=set)
    moved: set[Moved] = field(default_factory=set)
    _open: set[Pair] = field(default_factory=set)
    _told: dict[str, Pair] = field(default_factory=dict)
    _definitions: set[tuple[FunctionRef, ...]] = field(default_factory=set)
    _rows: dict[int, tuple[Change, ...]] = field(default_factory=dict)
    _counts: dict[str, int] = field(default_factory=dict)
    _owned: dict[Pair, tuple[Change, ...]] = field(default_factory=dict)

    def tree(self, root: Pair) -> DiffFunction:
        """The merged tree."""
        for meeting in self.walk.meetings.values():
            for row in flat(meeting.rows):
                self._rows[id(row)] = self._changes(row, meeting)
            self._note(meeting)
        return self._function(root, None, None)

    def counts(self) -> Counts:
        """Numbers of the whole walk; after `tree`."""
        return Counts(**self._counts)

    def renamed(self) -> tuple[Renamed, ...]:
        """Functions that have another name."""
        scores = self.walk.matcher.scores
        return tuple(
            sorted(
                Renamed(before.name, after.name, scores.get((before, after), 1.0), before.file, after.file)
                for before, after in self.walk.matcher.renames.items()
            )
        )

    # what differs in a row

    def _changes(self, row: Row, meeting: Meeting) -> tuple[Change, ...]:
        before, after = row.before, row.after
        if before is None or after is None:
            return ()
        found = [
            change
            for change in differences(before, after)
            if not self._by_functions(change, meeting.pair, (before.callee, after.callee))
            and not _by_name(change, before, after)
        ]
        if row.reordered:
            found.append(Change("order", *row.reordered))
        added = [pair[1] for pair in row.leads if pair[0] is None and pair[1] is not None]
        removed = [pair[0] for pair in row.leads if pair[1] is None and pair[0] is not None]
        computed = before.callee is None or after.callee is None
        if computed and (added or removed) and self._first_told(before, after, meeting, added, removed):
            found.append(Change("targets", str(len(before.targets)), str(len(after.targets))))
        return tuple(found)

    def _by_functions(self, change: Change, *pairs: Pair) -> bool:
        """Whether a guard differs only in what the calling and the called function stand under as a whole."""
        if change.what != "guard":
            return False
        before, after = set(guards.conjuncts(change.before)), set(guards.conjuncts(change.after))
        for one, other in pairs:
            before -= _conjuncts(self.walk.before, one)
            after -= _conjuncts(self.walk.after, other)
        return guards.same(before, after)

    def _first_told(
        self,
        before: Group,
        after: Group,
        meeting: Meeting,
        added: list[FunctionRef],
        removed: list[FunctionRef],
    ) -> bool:
        """Whether this is the first call with these changes of targets; notes them."""
        if before.key[0] == after.key[0] == "call":  # definitions of one name, of which configurations build one
            these = (*added, *removed)
            first = these not in self._definitions
            self._definitions.add(these)
            return first
        named = [group.key[1] for group in (before, after) if group.edge.slot]
        name = min(named) if named else after.key[1]  # the same whichever kernel is the older one
        caller = name_of(meeting.pair)
        told = TargetsChange(
            name,
            (caller,),
            len(before.targets),
            len(after.targets),
            _targets(added, after.targets),
            _targets(removed, before.targets),
        )
        known = self.targets.get(name)
        if known is None:
            self.targets[name] = told
            return True
        if (known.added, known.removed) == (told.added, told.removed):
            if caller not in known.callers:
                self.targets[name] = TargetsChange(
                    name, (*known.callers, caller), known.before, known.after, known.added, known.removed
                )
            return False
        spelled = f"{name} in {caller}"
        first = spelled not in self.targets
        self.targets[spelled] = told
        return first

    def _note(self, meeting: Meeting) -> None:
        """Count a meeting and note what was restructured or moved."""
        before, after = meeting.pair
        both = before is not None and after is not None
        if both and meeting.expanded:
            self._add("compared")
            if self._own(meeting) or any(self._differs(row) for row in meeting.rows):
                self._add("differing")
        elif not both and not meeting.known:
            self._add("functions_added" if after else "functions_removed")
        for row in flat(meeting.rows):
            self._note_row(row, name_of(meeting.pair))
        if both:
            self._restructure(meeting)

    def _note_row(self, row: Row, here: str) -> None:
        """Count a call of the function `here`, or note that it moved."""
        changes = self._rows[id(row)]
        if row.elsewhere:
            if row.after is not None and row.after.callee is not None:
                self.moved.add(Moved(row.after.callee.name, row.elsewhere, here))
        elif not (row.before and row.after):
            self._add("calls_added" if row.after else "calls_removed")
        elif any(change.what == "order" for change in changes):
            self._add("calls_reordered")
            if len(changes) > 1:
                self._add("calls_changed")
        elif changes:
            self._add("calls_changed")

    def _add(self, what: str) -> None:
        self._counts[what] = self._counts.get(what, 0) + 1

    def _restructure(self, meeting: Meeting) -> None:
        rows = [row for row in meeting.rows if row.inner]
        wrapped = len(rows) == 1 and not any(row.before and row.after for row in meeting.rows)
        for row in rows:
            for chain, calls in _chains(row, ()):
                self.restructured.add(
                    Restructured(
                        function=name_of(meeting.pair),
                        chain=chain,
                        calls=calls,
                        how="wrapped" if wrapped else "split",
                        where="after" if row.after else "before",
                    )
                )

    def _differs(self, row: Row) -> bool:
        return not (row.before and row.after) or bool(self._rows[id(row)])

    def _own(self, meeting: Meeting) -> tuple[Change, ...]:
        """What differs in a function itself."""
        if meeting.pair not in self._owned:
            self._owned[meeting.pair] = self._compared(meeting)
        return self._owned[meeting.pair]

    def _compared(self, meeting: Meeting) -> tuple[Change, ...]:
        before, after = meeting.pair
        if before is None or after is None:
            return ()
        found: list[Change] = []
        if before.name != after.name:
            score = self.walk.matcher.scores.get(meeting.pair)
            found.append(Change("name", before.name, after.name, f"{score:.2f}" if score is not None else ""))
        if before.external or after.external:
            return tuple(found)
        if before.file != after.file:
            found.append(Change("file", before.file, after.file))
        one, other = self.walk.before.function(before), self.walk.after.function(after)
        if one is not None and other is not None:
            if one.linkage != other.linkage:
                found.append(Change("linkage", one.linkage, other.linkage))
            if one.inline != other.inline:
                found.append(Change("inline", _inline(one), _inline(other)))
            if one.guard != other.guard:
                found.append(Change("guard", one.guard, other.guard))
            if meeting.expanded:
                older, newer = _helpers(meeting.rows)
                told = self.statements(before, after, older, newer)
                found += [change for change in told if not self._by_calls(change, meeting)]
        return tuple(found)

    def _by_calls(self, change: Change, meeting: Meeting) -> bool:
        """Whether a statement differs only in calls whose difference is told with them."""
        before, after = plain(change.before), plain(change.after)
        if not before or not after:
            return False
        for row in flat(meeting.rows):
            for call in self._rows[id(row)]:
                if call.what in ("arguments", "expression"):
                    before = before.replace(plain(call.before), plain(call.after))
            if row.before and row.after and row.before.callee and row.after.callee:
                one, other = row.before.callee.name, row.after.callee.name
                if one != other:
                    before = re.sub(rf"\b{one}\b", other, before)
        return before == after

    # the tree

    def _function(self, pair: Pair, parent: Pair | None, edge: Edge | None) -> DiffFunction:
        before, after = pair
        objects = tuple(dict.fromkeys(e.object for e in edge.evidence if e.object)) if edge else ()
        sign: Sign = "same" if before and after else "added" if after else "removed"
        meeting = self.walk.meetings.get(pair)
        if meeting is None:
            return DiffFunction(sign, before, after, objects=objects)
        if pair in self._open or meeting.parent != parent:
            mark: PlaceMark = "known" if meeting.known else "repeated" if meeting.expanded else ""
            return DiffFunction(sign, before, after, mark=mark, objects=objects)
        self._open.add(pair)
        changes = self._own(meeting)
        calls = [call for row in meeting.rows if (call := self._call(row, meeting)) is not None]
        if sign == "same" and (changes or any(_tells(call) for call in calls)):
            sign = "changed"
        mark = "known" if meeting.known else "cut" if not meeting.expanded and not _external(pair) else ""
        return DiffFunction(
            sign, before, after, changes, tuple(calls), mark, objects, unchanged=len(meeting.rows) - len(calls)
        )

    def _call(self, row: Row, meeting: Meeting) -> DiffCall | None:
        """A row as shown; None when neither it nor anything below it differs."""
        changes = self._rows[id(row)]
        before, after = row.before, row.after
        sign: Sign = (
            "added" if before is None else "removed" if after is None else "changed" if changes else "same"
        )
        targets: list[DiffFunction] = []
        lonely = [pair for pair in row.leads if not (pair[0] and pair[1])]
        named = len(lonely) <= _LISTED and (sign in ("added", "removed") or _retargeted(changes))
        for pair in row.leads:
            edge = _edge(row, pair)
            if pair[0] and pair[1]:
                made = self._function(pair, meeting.pair, edge)
                alone = len(row.leads) == 1  # of a moved call that leads to many only those that differ
                if made.sign == "changed" or (alone and (row.moved or row.elsewhere)):
                    targets.append(made)
            elif named:
                targets.append(self._function(pair, meeting.pair, edge))
        inner = [call for part in row.inner if (call := self._call(part, meeting)) is not None]
        if inner and targets:
            first = targets[0]
            targets[0] = DiffFunction(
                first.sign,
                first.before,
                first.after,
                first.changes,
                tuple(inner),
                "",
                first.objects,
                unchanged=len(row.inner) - len(inner),
            )
        moved = row.elsewhere or (name_of(meeting.pair) if row.moved else "")
        if sign == "same" and not targets and not moved:
            return None
        takes = tuple(name for chain, names in _chains(row, ()) for name in names)
        return DiffCall(
            sign,
            side_of(before) if before else None,
            side_of(after) if after else None,
            changes,
            tuple(targets),
            moved,
            takes,
        )


def _conjuncts(side: Side, ref: FunctionRef | None) -> set[str]:
    function = side.function(ref) if ref is not None else None
    return set(guards.conjuncts(function.guard)) if function is not None else set()


def _by_name(change: Change, before: Group, after: Group) -> bool:
    """Whether a macro differs only because the function has another name, and the macro the former one."""
    if change.what != "macro" or not before.callee or not after.callee:
        return False
    return (change.before, change.after) in (("", before.callee.name), (after.callee.name, ""))


def _chains(row: Row, above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """The functions that a call now goes through, and the calls that each of them has taken over."""
    if not row.inner:
        return
    group = row.after or row.before
    chain = (*above, group.key[1] if group else "")
    calls = tuple(part.after.key[1] for part in row.inner if part.moved and part.after)
    if calls:
        yield chain, calls
    for part in row.inner:
        yield from _chains(part, chain)


def _helpers(rows: list[Row]) -> tuple[tuple[FunctionRef, ...], tuple[FunctionRef, ...]]:
    """The functions that only the older, only the newer side goes through."""
    found: tuple[list[FunctionRef], list[FunctionRef]] = [], []
    for row in flat(rows):
        group = row.after or row.before
        if row.inner and group is not None and group.callee is not None:
            found[1 if row.after else 0].append(group.callee)
    return tuple(found[0]), tuple(found[1])


def _edge(row: Row, pair: Pair) -> Edge | None:
    """The edge that leads to a pair, on the newer side where it has one."""
    for group, ref in ((row.after, pair[1]), (row.before, pair[0])):
        if group is not None and ref is not None:
            for edge in group.targets.values():
                if edge.callee == ref:
                    return edge
    return None


def _targets(refs: list[FunctionRef], edges: dict[str, Edge]) -> tuple[Target, ...]:
    found = []
    by_ref = {edge.callee: edge for edge in edges.values()}
    for ref in refs:
        edge = by_ref.get(ref)
        objects = tuple(dict.fromkeys(e.object for e in edge.evidence if e.object)) if edge else ()
        found.append(Target(ref.name, objects))
    return tuple(sorted(found))


def _retargeted(changes: tuple[Change, ...]) -> bool:
    return any(change.what == "targets" for change in changes)


def _tells(call: DiffCall) -> bool:
    return call.sign != "same" or bool(call.targets) or bool(call.moved)


def _external(pair: Pair) -> bool:
    return all(ref is None or ref.external for ref in pair)


def _inline(function: Function) -> str:
    return "inline" if function.inline else "not inline"
