"""Verdicts on the lines that say calls: where the kernel has them, and where the lines below them are to be found.

What costs least is asked first; what a line calls is resolved only when something stands below it. Not handled:
calls in no place of the tree or kernel (`analyzer.compare.missing`), callers below callees
(`analyzer.compare.backwards`).
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from analyzer.compare import executed, missing, places, search
from analyzer.compare.agreement import arguments_verdict, declaration_verdict, defined, fits
from analyzer.compare.judged import Judged
from analyzer.compare.kernel import Kernel
from analyzer.compare.names import Renames
from analyzer.compare.places import Hit, Place
from analyzer.compare.standing import Standing
from analyzer.compare.texts import callee_of, normal
from analyzer.model.callgraph import Edge, FunctionRef, Location
from analyzer.model.checks import Item, Verdict

_SHORT = 2  # functions left out on a way that is taken before calls through pointers are looked at
_SAID = re.compile(r"(?:⇒|=>)\s+(?:(callback)\b|\d+ candidates?\b)")  # behind a call, by kcg itself


class CallVerdicts:
    """Judges the calls of one tree."""

    def __init__(self, tree: Standing, kernel: Kernel, renames: Renames) -> None:
        self._tree = tree
        self._kernel = kernel
        self._renames = renames
        self._ways = search.Ways(kernel)

    def root(self, item: Item) -> Judged:
        """The verdict on a line that stands in no function."""
        refs = self._kernel.refs(item.name)
        if item.kind == "pointer":
            uses = self._kernel.uses(normal(item.callee).partition("->")[0].partition(".")[0])
            if uses:
                return Judged(Verdict("ok", place=uses[0].place), Place(unresolved=True))
            return Judged(Verdict("unparsed", "a tree begins with a function"), Place())
        if not refs:
            return Judged(self._unknown(item, ()), Place())
        if item.declared and item.arguments and (wrong := declaration_verdict(self._kernel, item, refs)):
            return Judged(wrong, Place(refs))
        function = self._kernel.function(refs[0])
        names = {p.name for p in function.parameters} if function else set()
        values = {name: value for name, value in self._tree.bound.items() if name in names}
        return Judged(Verdict("ok", place=defined(refs[0])), Place(refs, values=values))

    def judge(self, at: int, item: Item, place: Place) -> Judged:
        """The verdict on a line that is looked for in a place."""
        if told := self._announced(at, item):
            return told
        if (place.targets or place.fields) and (judged := self._target(item, place)):
            return judged
        found = self._by_pointer(item, place) if item.kind == "pointer" else self._by_name(at, item, place)
        if found:
            return found
        if place.unresolved and not place.functions and (known := self._kernel.refs(item.name)):
            note = "what this pointer calls is not known"
            return Judged(Verdict("unparsed", note, place=defined(known[0])), Place(known))
        return self._absent(at, item, place)

    def _by_pointer(self, item: Item, place: Place) -> Judged | None:
        if hits := places.pointers(self._kernel, place, item):
            return self._matched(item, place, hits)
        if place.targets and (wrong := missing.no_slot(self._kernel, item, place)):
            return Judged(wrong, Place(unresolved=True))
        return None

    def _by_name(self, at: int, item: Item, place: Place) -> Judged | None:
        if loops := places.loops(self._kernel, place, item):
            judged = self._matched(item, place, loops)
            judged.below = place  # what stands below is in the same function
            return judged
        hits = places.calls(self._kernel, place, item, pointers_too=False)
        if not hits and place.functions and self._kernel.taken(item.name):
            # A short way by name is the likelier meaning, and costs less than to look through pointers.
            if way := self._ways.by_name(place.functions, item.name, skip=self._tree.beside(at), limit=_SHORT):
                return self._elided(at, item, place, way)
            hits = places.calls(self._kernel, place, item)
        if not hits:
            return self._through_targets(item, place)
        judged = self._matched(item, place, hits)
        if judged.verdict.kind == "arguments" and (made := places.made(self._kernel, place, item, hits)):
            return self._matched(item, place, made)
        return judged

    def _announced(self, at: int, item: Item) -> Judged | None:
        """A line below a call that is said to hand over functions, or to mean one of several of its name."""
        above = self._tree.items[item.parent] if item.parent >= 0 else item
        said = _SAID.search(above.remark)
        if said is None or item.kind != "call" or above.kind != "call":
            return None
        judged, place = self._tree.judged[item.parent], self._tree.place(item.parent)
        if not judged.verdict.holds or place is None:
            return None
        if said[1] == "callback":
            return self._handed_over(item, judged.hits, place)
        if item.name != above.name:
            return None
        again = self._matched(item, place, judged.hits)
        again.options = ()
        return again

    def _handed_over(self, item: Item, hits: Sequence[Hit], place: Place) -> Judged | None:
        """A function that a call hands over to be called later."""
        names = places.named(self._kernel, item.name)
        sites = {(h.function, h.site) for h in hits}
        edges = [
            e
            for function in dict.fromkeys(h.function for h in hits)
            for e in self._kernel.callees(function)
            if e.kind == "callback" and e.callee and e.callee.name in names and (function, e.site) in sites
        ]
        if not edges:
            return None
        callees = tuple(dict.fromkeys(e.callee for e in edges if e.callee))
        return Judged(Verdict("ok", place=_evidence(edges, "")), Place(callees, above=place))

    def _target(self, item: Item, place: Place) -> Judged | None:
        """A line below a call through a pointer that names one of its targets, or the table that holds it."""
        if item.kind == "pointer":
            return self._table(item, place)
        names = places.named(self._kernel, item.name)
        chosen = tuple(e for e in place.targets if e.callee and e.callee.name in names)
        if not chosen:
            # A function that is declared, but defined nowhere here, is in the table all the same.
            held = next((u for u in self._kernel.uses(item.name) if u.field and u.field in place.fields), None)
            return Judged(Verdict("ok", place=held.place), Place()) if held else None
        hit = _hit_of(chosen)
        right = Verdict("ok", place=_evidence(chosen, place.table))
        verdict = self._arguments(item, place, [hit]) or right
        callees = tuple(dict.fromkeys(e.callee for e in chosen if e.callee))
        values = places.passed(self._kernel, callees[0], [hit], place)
        if hit.loose and item.arguments:  # the macro's arguments say nothing of the callee's
            values = {**values, **places.given(self._kernel, callees, item)}
        return Judged(verdict, Place(callees, values=values, above=place), hits=(hit,))

    def _table(self, item: Item, place: Place) -> Judged | None:
        chosen = places.table_targets(place, item)
        if not chosen:
            return None
        hit = _hit_of(chosen)
        table = places.base_of(item)
        right = Verdict("ok", place=_evidence(chosen, table))
        verdict = self._arguments(item, place, [hit]) or right
        below = replace(place, targets=chosen, functions=(), fields=frozenset((item.name,)), table=table)
        return Judged(verdict, below, hits=(hit,))

    def _matched(self, item: Item, place: Place, hits: Sequence[Hit]) -> Judged:
        exact = [h for h in hits if h.exact] or hits
        verdict = self._arguments(item, place, exact)
        if verdict is None:
            note = "" if exact[0].exact else f"written {callee_of(exact[0].expression)}"
            verdict = Verdict("ok", note, place=exact[0].site)
        chosen = [h for h in exact if fits(item, place, h)] or exact
        options = tuple(p for h in chosen for p in h.positions)
        told = [h for h in exact if fits(item, place, h)]
        confirmed = item.arguments and all(h.loose for h in told)  # not by the text

        def below() -> Place:
            found = places.below(self._kernel, chosen, place, item)
            if not confirmed or verdict.kind == "arguments":
                return found
            return replace(found, values={**found.values, **places.given(self._kernel, found.functions, item)})

        return Judged(
            verdict,
            below,
            options,
            tuple(h.under for h in exact if h.under is not None),
            tuple(chosen),
        )

    def _arguments(self, item: Item, place: Place, hits: Sequence[Hit]) -> Verdict | None:
        """The verdict on wrong arguments, None when they are right, also as values that the bindings give."""
        verdict = arguments_verdict(self._kernel, item, place, hits)
        if verdict is None or not (execution := self._tree.execution(item)):
            return verdict
        return None if executed.passes(execution, item, place, places.resolved(self._kernel, hits)) else verdict

    def _through_targets(self, item: Item, place: Place) -> Judged | None:
        """Below a call through a pointer people write at once what its targets call."""
        if place.functions or not place.targets:
            return None
        for edge in place.targets:
            if edge.callee is None:
                continue
            inner = Place((edge.callee,), values=place.values, above=place)
            hits = places.calls(self._kernel, inner, item)
            if hits:
                judged = self._matched(item, inner, hits)
                judged.options = ()
                if judged.verdict.kind != "ok":
                    return judged
                way = search.steps([edge, *hits[0].edges[:1]])
                note = f"through {edge.callee.name}"
                judged.verdict = Verdict("elided", note, nearest=edge.callee.name, place=hits[0].site, path=way)
                return judged
        return None

    def _absent(self, at: int, item: Item, place: Place) -> Judged:
        refs = self._kernel.refs(item.name)
        starts = place.functions or tuple(e.callee for e in place.targets if e.callee)
        if item.kind == "call" and not refs and not self._kernel.mentions(item.name):
            verdict = self._unknown(item, starts)
            instead = self._renames.instead(verdict)
            return Judged(verdict, Place(instead, above=place) if instead else place)
        siblings = self._tree.beside(at)
        limit = search.SKIPPED if self._tree.skips(at) else search.LEFT_OUT
        way = self._way(starts, item, siblings, limit)
        if way:
            return self._elided(at, item, place, way)
        way = self._way(starts, item, frozenset(), limit) if siblings else ()
        if way and (listed := self._listed(siblings, way)):
            verdict = missing.wrong_way(item, starts, way, listed)
            return Judged(verdict, lambda: self._below_way(item, way, place))
        below = Place(refs, above=place) if item.kind == "call" else Place(unresolved=True)
        return Judged(missing.elsewhere(self._kernel, item, starts, self._tree.listing(at)), below)

    def _way(
        self, starts: Sequence[FunctionRef], item: Item, skip: frozenset[str], limit: int
    ) -> tuple[Edge, ...]:
        if not starts:
            return ()
        wanted = search.Wanted(item, places.named(self._kernel, item.name))
        pointer = item.kind == "pointer"
        return self._ways.find(starts, item.name, wanted, pointer=pointer, skip=skip, limit=limit)

    def _elided(self, at: int, item: Item, place: Place, way: Sequence[Edge]) -> Judged:
        values = missing.passed_along(self._kernel, way, place)
        last = Place((way[-1].caller,), above=place, values=values)
        hits = (places.pointers if item.kind == "pointer" else places.calls)(self._kernel, last, item)
        judged = self._matched(item, last, hits) if hits else Judged(Verdict("ok"), Place())
        judged.options = missing.positions_along(self._kernel, way, place)
        if judged.verdict.kind == "ok":
            through = ", ".join(e.callee.name for e in way[:-1] if e.callee)
            judged.verdict = Verdict(
                "ok" if self._tree.skips(at) else "elided",
                f"through {through}",
                nearest=through,
                place=way[-1].site,
                path=search.steps(way, item),
            )
        return judged

    def _below_way(self, item: Item, way: Sequence[Edge], place: Place) -> Place:
        last = Place((way[-1].caller,), above=place)
        hits = (places.pointers if item.kind == "pointer" else places.calls)(self._kernel, last, item)
        return places.below(self._kernel, hits, last, item) if hits else Place()

    def _listed(self, siblings: frozenset[str], way: Sequence[Edge]) -> int:
        """The item whose function is the true caller, 0 when the note has none."""
        true = way[-1].caller.name
        if not any(e.callee and e.callee.name in siblings for e in way[:-1]):
            return 0
        return next((n for n, i in enumerate(self._tree.items) if i.kind == "call" and i.name == true), 0)

    def _unknown(self, item: Item, starts: Sequence[FunctionRef]) -> Verdict:
        named = frozenset(i.name for i in self._tree.items)
        return self._renames.verdict(item.name, starts, named)


def _hit_of(edges: Sequence[Edge]) -> Hit:
    first = edges[0]
    inside = places.inside(first.expression)
    ways = tuple(dict.fromkeys(w for w in (first.arguments, inside) if w is not None))
    return Hit(first.caller, first.site, first.expression, ways, tuple(edges), loose=bool(first.macros))


def _evidence(edges: Sequence[Edge], table: str) -> Location:
    """Where a target is put into the table that the note names, else into any."""
    rows = [item for edge in edges for item in edge.evidence]
    for item in sorted(rows, key=lambda item: item.object != table):
        return Location(item.file, item.line)
    return edges[0].site
