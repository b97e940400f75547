"""Verdicts on state lines in the tree they stand in: assignments, conditions, labels and jumps.

What a function has of them is `analyzer.compare.state_lines`; here is which function is asked, and which else.
"""

import itertools
from collections.abc import Iterator, Sequence

from analyzer.compare import executed, places, state_lines
from analyzer.compare.judged import Judged
from analyzer.compare.kernel import Kernel
from analyzer.compare.places import Place
from analyzer.compare.standing import Standing
from analyzer.compare.texts import last_name
from analyzer.model.callgraph import FunctionRef
from analyzer.model.checks import Item, Verdict

_MAX_CALLERS = 12  # looked into for a statement that stands elsewhere


class StateVerdicts:
    """Judges the state lines of one tree. `beside`: functions that the note names in other trees."""

    def __init__(self, tree: Standing, kernel: Kernel, beside: Sequence[str]) -> None:
        self._tree = tree
        self._kernel = kernel
        self._beside_names = beside
        # functions that have statements which the note has elsewhere
        self._assigning: dict[FunctionRef, None] = {}

    def assignment(self, at: int, item: Item, place: Place | None) -> Judged:
        """The verdict on a store."""
        if place is None or not place.known:
            return Judged(Verdict("unparsed", "the function of this statement is not known"), Place())
        inner = (
            place
            if place.functions
            else Place(tuple(e.callee for e in place.targets if e.callee), values=place.values, above=place)
        )
        labels = [
            self._tree.items[n].condition
            for n in state_lines.selectors(self._tree.items, at)
            if not self._exists(inner, self._tree.items[n])
        ]
        verdict, positions = state_lines.assignment(self._kernel, inner, item, labels)
        if verdict.kind == "statement-changed" and (execution := self._tree.execution(item)):
            where = executed.stores(execution, self._kernel, item, inner)
            verdict = Verdict("statement-ok", place=where) if where else verdict
        if verdict.kind == "statement-changed" and not positions:
            verdict = self._assigned_elsewhere(at, item, labels) or verdict
        return Judged(verdict, Place(), positions if len(inner.functions) == 1 else ())

    def _assigned_elsewhere(self, at: int, item: Item, labels: Sequence[str]) -> Verdict | None:
        """The verdict when another function does that: one of the tree, or a caller of the one above."""
        word = last_name(item.left)
        for function in dict.fromkeys(self._likely_to_assign(at, word)):
            verdict, where = state_lines.assignment(self._kernel, Place((function,)), item, labels)
            if verdict.kind == "statement-ok" and where:
                self._assigning[function] = None
                told = f"{function.name} does that"
                return Verdict("statement-changed", told, nearest=function.name, place=verdict.place)
        return None

    def _likely_to_assign(self, at: int, word: str) -> Iterator[FunctionRef]:
        yield from self._assigning
        for _, functions in self._tree.listing(at):
            yield from functions()
        own = self._tree.place(at)
        for function in own.functions if own else ():
            noted = [r for name in self._beside_names for r in self._kernel.refs(name)]
            yield from (r for r in noted if function.name in self._kernel.called(r))
            callers = dict.fromkeys(e.caller for e in self._kernel.callers(function.name))
            near = sorted(callers, key=lambda c: (-_shared_folders(c.file, function.file), c))
            yield from [c for c in near if self._kernel.says(c, word)][:_MAX_CALLERS]

    def condition(self, at: int, item: Item) -> Judged:
        """The verdict on a condition, a label or a jump, when the lines below it are judged."""
        judged = self._tree.judged[at]
        place = judged.place
        if state_lines.is_label(item) and not self._exists(place, item):
            return Judged(state_lines.label_verdict(self._kernel, self._tree.items, at), place)
        if item.keyword == "else":
            return self._else(at, place)
        if not place.functions:
            return Judged(Verdict("unparsed", "the function of this condition is not known"), place)
        below = [n for n in self._tree.children(at) if self._tree.judged[n].verdict.holds]
        governed = [list(self._tree.judged[n].under) for n in below]
        verdict, positions = state_lines.jump_or_condition(self._kernel, place, item, governed)
        if positions and not verdict.holds:  # it is there: macros may make what stands below, too
            governed = [[*self._tree.judged[n].under, *self._under_made(n, place)] for n in below]
            verdict, positions = state_lines.jump_or_condition(self._kernel, place, item, governed)
        return Judged(verdict, place, () if item.keyword in ("label", "goto", "return") else positions)

    def _under_made(self, at: int, place: Place) -> Iterator[tuple[str, ...]]:
        """What governs the calls that macros make, of a call that the text spells elsewhere."""
        item, hits = self._tree.items[at], self._tree.judged[at].hits
        if item.kind == "call" and hits:
            made = places.made(self._kernel, place, item, hits)
            yield from (hit.under for hit in made if hit.under is not None)

    def _exists(self, place: Place, item: Item) -> bool:
        if not place.functions:
            return False
        return state_lines.jump_or_condition(self._kernel, place, item, [])[0].kind == "statement-ok"

    def _else(self, at: int, place: Place) -> Judged:
        siblings = self._tree.children(self._tree.items[at].parent)
        before = [n for n in siblings if n < at and self._tree.items[n].kind == "condition"]
        if before and self._tree.judged[before[-1]].verdict.kind == "statement-ok":
            where = self._tree.judged[before[-1]].verdict.place
            return Judged(Verdict("statement-ok", place=where), place)
        return Judged(Verdict("unparsed", "the condition before it is not known"), place)


def _shared_folders(first: str, second: str) -> int:
    pairs = zip(first.split("/"), second.split("/"), strict=False)
    return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))
