"""Which calls of one function correspond to which of another, its pair in the other kernel.

The calls are matched first by what they call (anchors, as in GumTree's top-down phase, Falleri et al. 2014), then
through functions that only one side has, as if these were inlined (so that `f → x` and `f → g → x` are the same
call, made through the new `g`), then by likeness (renames). What keeps its order is a longest increasing
subsequence (Chawathe et al. 1996).

Everything is symmetric: exchanging the sides gives the mirror image. Not handled: functions of one name in several
files that exchange their roles.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from analyzer.compare.rows import Pair, Row, mark_order, merged, name_of
from analyzer.compare.sides import SURE, Likeness, Side
from analyzer.compare.sites import Group, Key, groups_of
from analyzer.model.callgraph import Edge, FunctionRef

_INLINED = 3  # how many functions deep a call that seems gone is looked for


@dataclass(slots=True)
class Matcher:
    """Matches calls; what it finds on the way is remembered for the pairs after it. `renames` go from before to
    after; `macros` are functions that are macros on one side; `unclear` are calls (caller, expression) of macros
    that could be followed on one side only."""

    before: Side
    after: Side
    hides: Callable[[Edge], bool] | None = None
    renames: dict[FunctionRef, FunctionRef] = field(default_factory=dict)
    scores: dict[Pair, float] = field(default_factory=dict)
    unclear: dict[tuple[str, str], None] = field(default_factory=dict)
    macros: set[str] = field(default_factory=set)
    _backward: dict[FunctionRef, FunctionRef] = field(default_factory=dict)
    _groups: dict[tuple[bool, FunctionRef], tuple[Group, ...]] = field(default_factory=dict)
    _defined: dict[tuple[bool, FunctionRef], bool] = field(default_factory=dict)
    _likeness: Likeness = field(init=False)

    def __post_init__(self) -> None:
        self._likeness = Likeness(self.before, self.after)

    def calls(self, newer: bool, ref: FunctionRef | None) -> tuple[Group, ...]:
        """The calls of a function of a side."""
        if ref is None or ref.external:
            return ()
        found = self._groups.get((newer, ref))
        if found is None:
            side = self.after if newer else self.before
            found = self._groups[newer, ref] = groups_of(side.callees(ref), self.hides)
        return found

    def has(self, newer: bool, ref: FunctionRef) -> bool:
        """Whether a side has the other side's function under its own name."""
        found = self._defined.get((newer, ref))
        if found is None:
            side = self.after if newer else self.before
            found = self._defined[newer, ref] = side.defines(ref)
        return found

    def matched(
        self, pair: tuple[FunctionRef, FunctionRef], left: Sequence[Group], right: Sequence[Group]
    ) -> list[Row]:
        """The calls of a pair of functions in one order: those that correspond, and those of one side only."""
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
        mark_order(rows)
        for row in rows:
            if row.before and row.after:
                row.leads = self._leads(row.before, row.after)
        ones = self._clear(False, pair, ones, right)
        others = self._clear(True, pair, others, left)
        rows += [self.lonely(False, group) for group in ones] + [self.lonely(True, group) for group in others]
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
                self.unclear[name_of(pair), group.edge.expression] = None
            elif callee is not None and callee.name in words and not self.has(not newer, callee):
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

    def lonely(self, newer: bool, group: Group) -> Row:
        """A call that only one side has."""
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
                fresh = not self.has(not newer, callee)
                if not fresh and not self._may_take(newer, callee, there):
                    continue
                inner = self._taken(newer, callee, there, _INLINED, {callee}, fresh=fresh)
                if inner is None:
                    continue
                row = self.lonely(newer, group)
                row.inner = inner
                rows.append(row)
                here.remove(group)
        return rows

    def _may_take(self, newer: bool, callee: FunctionRef, there: list[Group]) -> bool:
        """Whether the text of a function names two of these calls: resolving what it calls costs far more."""
        side = self.after if newer else self.before
        words = set(side.tokens(callee))
        return not words or sum(not words.isdisjoint(_words(group)) for group in there) >= 2

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
        groups = self.calls(newer, callee)
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
            row = self.lonely(newer, group)
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
        return ref not in above and not ref.external and not self.has(not newer, ref)

    def _renames(self, left: list[Group], right: list[Group]) -> list[Row]:
        """Calls of functions that only one side has and that are alike."""
        scored: list[tuple[float, tuple[int, int, str], Group, Group]] = []
        gone = [g for g in left if (c := g.callee) and c not in self.renames and not self.has(True, c)]
        fresh = [g for g in right if (c := g.callee) and c not in self._backward and not self.has(False, c)]
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
        rest, fresh = before.targets, after.targets
        pairs: list[Pair] = []
        for same in (_same_place, _same_entry):
            for one, edge in list(rest.items()):
                new = self.renames.get(edge.callee) if edge.callee else None
                other = next((key for key, candidate in fresh.items() if same(edge, candidate, new)), None)
                if other is not None:
                    pairs.append((edge.callee, fresh.pop(other).callee))
                    del rest[one]
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
                if self.has(True, before.callee) or self.has(False, after.callee):
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


def _same_place(before: Edge, after: Edge, new: FunctionRef | None) -> bool:
    """Whether two targets are one function by name and file, or known to be renamed."""
    if before.callee is None or after.callee is None:
        return False
    if new is not None:
        return after.callee == new
    return (before.callee.name, before.callee.file) == (after.callee.name, after.callee.file)


def _same_entry(before: Edge, after: Edge, _: FunctionRef | None) -> bool:
    """Whether two targets of one name in different files are one function: no table says that they are not."""
    if before.callee is None or after.callee is None or before.callee.name != after.callee.name:
        return False
    left = {evidence.object for evidence in before.evidence if evidence.object}
    right = {evidence.object for evidence in after.evidence if evidence.object}
    return not left or not right or bool(left & right)


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


def _words(group: Group) -> set[str]:
    """The words of which a body that makes a call like this has one: its name, macros or member."""
    return {*group.edge.macros, group.key[1].rpartition(".")[2]}


def _slots_alike(one: Group, other: Group) -> float:
    """How much two computed calls look like the same: common targets, the same field."""
    field_one, field_other = one.key[1].rpartition(".")[2], other.key[1].rpartition(".")[2]
    same = one.key[0] == other.key[0] == "slot" and field_one == field_other
    left, right = set(one.targets), set(other.targets)
    common = 2 * len(left & right) / (len(left) + len(right)) if left or right else 0.0
    return 0.5 * same + common
