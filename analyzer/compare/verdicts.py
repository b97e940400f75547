"""The verdict on every line of a call tree: `judge`.

Lines are judged from the root down; a line that fails still tells where its own lines are to be looked for, as
long as its function exists. What a line calls is resolved only when something stands below it. Not handled: calls
that are not where the note has them (`analyzer.compare.missing`), callers below callees
(`analyzer.compare.backwards`).
"""

import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import msgspec

from analyzer.compare import bindings, executed, missing, order, places, search, state_lines
from analyzer.compare.agreement import arguments_verdict, declaration_verdict, defined, fits
from analyzer.compare.backwards import backwards
from analyzer.compare.executed import Execution
from analyzer.compare.judged import Judged
from analyzer.compare.kernel import Kernel
from analyzer.compare.names import Renames
from analyzer.compare.places import Hit, Place
from analyzer.compare.texts import callee_of, last_name, normal
from analyzer.model.callgraph import Edge, FunctionRef, Location
from analyzer.model.checks import Block, BlockVerdicts, Item, Verdict

Executes = Callable[[str, Mapping[str, str]], Execution | None]  # a root's name and its bindings

_SHORT = 2  # functions left out on a way that is taken before calls through pointers are looked at
_MAX_CALLERS = 12  # looked into for a statement that stands elsewhere
_SAID = re.compile(r"(?:⇒|=>)\s+(?:(callback)\b|\d+ candidates?\b)")  # behind a call, by kcg itself
_UNREACHED = "(not reached)"  # says kcg itself
_MIN_KNOWN = 0.3  # of a tree's functions must be known for it to be a tree of this kernel


def judge(
    block: Block,
    kernel: Kernel,
    *,
    others: Sequence[Kernel] = (),
    bound: Mapping[str, str] | None = None,
    number: int = 0,
    beside: Sequence[str] = (),
    execute: Executes | None = None,
) -> BlockVerdicts:
    """What a kernel says to a tree. `others`: further versions, oldest first, that tell a renamed function
    from one that never was. `bound`: bindings beside those of the note. `beside`: functions that the note names
    in other trees. `execute` runs a tree's root with its bindings, None when that cannot be."""
    reason = _foreign(block, kernel)
    if reason:
        return BlockVerdicts(number, skipped=reason)
    given = {**(bound or {}), **dict(block.directives.bindings)}
    if block.callee_first:
        return BlockVerdicts(number, backwards(block, kernel), reversed=True)
    verdicts = _Judge(block, kernel, others, given, beside, execute).verdicts()
    calls = [at for at, i in enumerate(block.items) if i.kind in ("call", "pointer") and i.parent >= 0]
    held = sum(1 for at in calls if verdicts[at].holds)
    if calls and held * 2 < len(calls) and (len(calls) > 1 or block.printed):
        turned = backwards(block, kernel)
        # Who lists callers writes all of them so.
        if all(turned[at].kind == "ok" for at in calls):
            return BlockVerdicts(number, turned, reversed=True)
    return BlockVerdicts(number, verdicts)


def _foreign(block: Block, kernel: Kernel) -> str:
    """Why a block is no call tree of this kernel, "" when it is one."""
    if block.directives.forced and block.directives.root:
        return ""
    functions = [i for i in block.items if i.kind == "call" and i.name]
    if not functions:
        return "no functions"
    rooted = kernel.has(functions[0].name) or bool(kernel.refs(functions[0].name))
    if rooted and (block.style != "chain" or any(kernel.has(i.name) for i in functions[1:])):
        return ""
    known = sum(1 for i in functions if kernel.has(i.name))
    if known >= 2 and known >= _MIN_KNOWN * len(functions):
        return ""
    return "" if block.directives.forced and known else "no functions of this kernel"


class _Judge:
    def __init__(
        self,
        block: Block,
        kernel: Kernel,
        others: Sequence[Kernel],
        bound: Mapping[str, str],
        beside: Sequence[str],
        execute: Executes | None,
    ) -> None:
        self._block = block
        self._items = block.items
        self._kernel = kernel
        self._bound = bound
        self._ways = search.Ways(kernel)
        self._renames = Renames(kernel, others)
        self._beside_names = beside
        self._judged: list[Judged] = []
        self._first_of: dict[str, int] = {}  # the first line of each function among those that are judged
        self._listed_to = 0
        self._execute = execute if bound else None
        self._executions: dict[int, Execution | None] = {}
        self._children: dict[int, list[int]] = {}
        self._under_caller: dict[int, list[int]] = {}
        self._assigning: dict[
            FunctionRef, None
        ] = {}  # functions that have statements which the note has elsewhere
        for at, item in enumerate(block.items):
            self._children.setdefault(item.parent, []).append(at)
            self._under_caller.setdefault(self._caller(at), []).append(at)

    def verdicts(self) -> tuple[Verdict, ...]:
        for at in range(len(self._items)):
            self._judged.append(self._judge(at))
        for at, item in enumerate(self._items):
            if item.kind == "condition":
                self._judged[at] = self._condition(at, item)
        if self._block.style != "flat":
            self._order()
        return tuple(j.verdict for j in self._judged)

    # Where an item stands

    def _caller(self, at: int) -> int:
        """The item whose function holds this one: conditions and state lines are no callers."""
        parent = self._items[at].parent
        while parent >= 0 and self._items[parent].kind not in ("call", "pointer"):
            parent = self._items[parent].parent
        return parent

    def _skips(self, at: int) -> bool:
        parent = self._items[at].parent
        while parent >= 0 and self._items[parent].kind not in ("call", "pointer"):
            if self._items[parent].kind == "elided":
                return True
            parent = self._items[parent].parent
        return False

    def _place(self, at: int) -> Place | None:
        caller = self._caller(at)
        return self._judged[caller].place if caller >= 0 else self._rooted(at)

    def _rooted(self, at: int) -> Place | None:
        root = self._block.directives.root
        if not root or self._items[at].name == root:
            return None
        refs = self._kernel.refs(root)
        return Place(refs) if refs and refs != self._kernel.refs(self._items[at].name) else None

    def _judge(self, at: int) -> Judged:
        item = self._items[at]
        if item.kind == "elided":
            return Judged(Verdict("ok"), Place())
        if item.kind == "prose":
            return Judged(Verdict("unparsed", "read as a remark"), Place())
        place = self._place(at)
        if item.kind == "condition":
            return Judged(Verdict("unparsed"), place or Place())  # after the lines below it
        if item.kind == "assignment":
            return self._assignment(at, item, place)
        if place is None:
            return self._root(item)
        judged = self._called(at, item, place)
        for other in item.others:
            if judged.verdict.holds:
                break
            again = self._called(at, item, self._judged[other].place)
            judged = again if again.verdict.holds else judged
        if not judged.verdict.holds and item.left and item.left != "return" and place.known:
            judged = self._stored(item, place) or judged  # a value may be a call, as in `x = A(1)`
        return self._reachable(at, item, judged)

    def _stored(self, item: Item, place: Place) -> Judged | None:
        text = f"{item.callee}({', '.join(item.arguments or ())})"
        said = msgspec.structs.replace(item, kind="assignment", right=text)
        judged = self._assignment(self._items.index(item), said, place)
        return judged if judged.verdict.holds else None

    def _root(self, item: Item) -> Judged:
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
        values = {name: value for name, value in self._bound.items() if name in names}
        return Judged(Verdict("ok", place=defined(refs[0])), Place(refs, values=values))

    # Calls

    def _called(self, at: int, item: Item, place: Place) -> Judged:
        if told := self._announced(at, item):
            return told
        if (place.targets or place.fields) and (judged := self._target(item, place)):
            return judged
        if item.kind == "pointer":
            hits = places.pointers(self._kernel, place, item)
        elif loops := places.loops(self._kernel, place, item):
            judged = self._matched(item, place, loops)
            judged.below = place  # what stands below is in the same function
            return judged
        else:
            hits = places.calls(self._kernel, place, item, pointers_too=False)
            if not hits and place.functions and self._kernel.taken(item.name):
                # A short way by name is the likelier meaning, and costs less than to look through pointers.
                if way := self._ways.by_name(place.functions, item.name, skip=self._beside(at), limit=_SHORT):
                    return self._elided(at, item, place, way)
                hits = places.calls(self._kernel, place, item)
        if hits:
            return self._matched(item, place, hits)
        if item.kind == "call" and (through := self._through_targets(item, place)):
            return through
        if item.kind == "pointer" and place.targets and (wrong := missing.no_slot(self._kernel, item, place)):
            return Judged(wrong, Place(unresolved=True))
        if place.unresolved and not place.functions:
            known = self._kernel.refs(item.name)
            if known:
                note = "what this pointer calls is not known"
                return Judged(Verdict("unparsed", note, place=defined(known[0])), Place(known))
        return self._absent(at, item, place)

    def _announced(self, at: int, item: Item) -> Judged | None:
        """A line below a call that is said to hand over functions, or to mean one of several of its name."""
        above = self._items[item.parent] if item.parent >= 0 else item
        said = _SAID.search(above.remark)
        if said is None or item.kind != "call" or above.kind != "call":
            return None
        judged, place = self._judged[item.parent], self._place(item.parent)
        if not judged.verdict.holds or place is None:
            return None
        if said[1] == "callback":
            names = places.named(self._kernel, item.name)
            sites = {(h.function, h.site) for h in judged.hits}
            edges = [
                e
                for function in dict.fromkeys(h.function for h in judged.hits)
                for e in self._kernel.callees(function)
                if e.kind == "callback" and e.callee and e.callee.name in names and (function, e.site) in sites
            ]
            if not edges:
                return None
            callees = tuple(dict.fromkeys(e.callee for e in edges if e.callee))
            return Judged(Verdict("ok", place=_evidence(edges, "")), Place(callees, above=place))
        if item.name != above.name:
            return None
        again = self._matched(item, place, judged.hits)
        again.options = ()
        return again

    def _target(self, item: Item, place: Place) -> Judged | None:
        """A line below a call through a pointer that names one of its targets, or the table that holds it."""
        if item.kind == "pointer":
            chosen = places.table_targets(place, item)
            if not chosen:
                return None
            hit = _hit_of(chosen)
            table = places.base_of(item)
            right = Verdict("ok", place=_evidence(chosen, table))
            verdict = self._arguments(item, place, [hit]) or right
            below = replace(place, targets=chosen, functions=(), fields=frozenset((item.name,)), table=table)
            return Judged(verdict, below, hits=(hit,))
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
        if verdict is None or not (execution := self._execution(item)):
            return verdict
        return None if executed.passes(execution, item, place, places.resolved(self._kernel, hits)) else verdict

    def _execution(self, item: Item) -> Execution | None:
        """The execution of the root that an item stands under; it costs a moment, so it waits until wanted."""
        if self._execute is None:
            return None
        while item.parent >= 0:
            item = self._items[item.parent]
        if item.line not in self._executions:
            self._executions[item.line] = self._execute(item.name, self._bound)
        return self._executions[item.line]

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

    # Calls that are not there

    def _absent(self, at: int, item: Item, place: Place) -> Judged:
        refs = self._kernel.refs(item.name)
        starts = place.functions or tuple(e.callee for e in place.targets if e.callee)
        if item.kind == "call" and not refs and not self._kernel.mentions(item.name):
            verdict = self._unknown(item, starts)
            instead = self._renames.instead(verdict)
            return Judged(verdict, Place(instead, above=place) if instead else place)
        siblings = self._beside(at)
        limit = search.SKIPPED if self._skips(at) else search.LEFT_OUT
        way = self._way(starts, item, siblings, limit)
        if way:
            return self._elided(at, item, place, way)
        way = self._way(starts, item, frozenset(), limit) if siblings else ()
        if way and (listed := self._listed(siblings, way)):
            verdict = missing.wrong_way(item, starts, way, listed)
            return Judged(verdict, lambda: self._below_way(item, way, place))
        below = Place(refs, above=place) if item.kind == "call" else Place(unresolved=True)
        return Judged(missing.elsewhere(self._kernel, item, starts, self._listing(at)), below)

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
                "ok" if self._skips(at) else "elided",
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

    def _beside(self, at: int) -> frozenset[str]:
        """The functions that the note has beside this line, under the same caller."""
        beside = self._under_caller.get(self._caller(at), ())
        return frozenset(self._items[n].name for n in beside if n != at and self._items[n].kind == "call")

    def _listed(self, siblings: frozenset[str], way: Sequence[Edge]) -> int:
        """The item whose function is the true caller, 0 when the note has none."""
        true = way[-1].caller.name
        if not any(e.callee and e.callee.name in siblings for e in way[:-1]):
            return 0
        return next((n for n, i in enumerate(self._items) if i.kind == "call" and i.name == true), 0)

    def _listing(self, at: int) -> missing.Listed:
        """The judged items that name functions, with those functions; who only asks for them resolves nothing."""

        def functions(number: int) -> Callable[[], Sequence[FunctionRef]]:
            judged = self._judged[number]
            return lambda: (
                judged.place.functions if judged.settled else self._kernel.refs(self._items[number].name)
            )

        for number in range(self._listed_to, len(self._judged)):
            if self._items[number].kind == "call":
                self._first_of.setdefault(self._items[number].name, number)
        self._listed_to = len(self._judged)
        return [(n, functions(n)) for n in self._first_of.values() if n != at]

    def _unknown(self, item: Item, starts: Sequence[FunctionRef]) -> Verdict:
        named = frozenset(i.name for i in self._items)
        return self._renames.verdict(item.name, starts, named)

    # Statements

    def _assignment(self, at: int, item: Item, place: Place | None) -> Judged:
        if place is None or not place.known:
            return Judged(Verdict("unparsed", "the function of this statement is not known"), Place())
        inner = (
            place
            if place.functions
            else Place(tuple(e.callee for e in place.targets if e.callee), values=place.values, above=place)
        )
        labels = [
            self._items[n].condition
            for n in state_lines.selectors(self._items, at)
            if not self._exists(inner, self._items[n])
        ]
        verdict, positions = state_lines.assignment(self._kernel, inner, item, labels)
        if verdict.kind == "statement-changed" and (execution := self._execution(item)):
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
        for _, functions in self._listing(at):
            yield from functions()
        own = self._place(at)
        for function in own.functions if own else ():
            noted = [r for name in self._beside_names for r in self._kernel.refs(name)]
            yield from (r for r in noted if function.name in self._kernel.called(r))
            callers = dict.fromkeys(e.caller for e in self._kernel.callers(function.name))
            near = sorted(callers, key=lambda c: (-_shared_folders(c.file, function.file), c))
            yield from [c for c in near if self._kernel.says(c, word)][:_MAX_CALLERS]

    def _condition(self, at: int, item: Item) -> Judged:
        judged = self._judged[at]
        place = judged.place
        if state_lines.is_label(item) and not self._exists(place, item):
            return Judged(state_lines.label_verdict(self._kernel, self._items, at), place)
        if item.keyword == "else":
            return self._else(at, place)
        if not place.functions:
            return Judged(Verdict("unparsed", "the function of this condition is not known"), place)
        governed = [
            list(self._judged[n].under) for n in self._children.get(at, []) if self._judged[n].verdict.holds
        ]
        verdict, positions = state_lines.jump_or_condition(self._kernel, place, item, governed)
        return Judged(verdict, place, () if item.keyword in ("label", "goto", "return") else positions)

    def _exists(self, place: Place, item: Item) -> bool:
        if not place.functions:
            return False
        return state_lines.jump_or_condition(self._kernel, place, item, [])[0].kind == "statement-ok"

    def _else(self, at: int, place: Place) -> Judged:
        siblings = self._children.get(self._items[at].parent, [])
        before = [n for n in siblings if n < at and self._items[n].kind == "condition"]
        if before and self._judged[before[-1]].verdict.kind == "statement-ok":
            where = self._judged[before[-1]].verdict.place
            return Judged(Verdict("statement-ok", place=where), place)
        return Judged(Verdict("unparsed", "the condition before it is not known"), place)

    # Bindings and order

    def _reachable(self, at: int, item: Item, judged: Judged) -> Judged:
        if not self._bound or _UNREACHED in item.remark:
            return judged
        caller = self._caller(at)
        if caller >= 0 and self._judged[caller].verdict.kind == "unreachable":
            judged.verdict = Verdict("unreachable", "its caller is not reached", place=judged.verdict.place)
        elif execution := self._execution(item):
            if judged.verdict.holds and not executed.reached(execution, self._kernel, judged.hits):
                told = "with these values it is not called"
                judged.verdict = Verdict("unreachable", told, nearest=told, place=judged.verdict.place)
        elif judged.verdict.holds and (
            why := bindings.excluded(self._kernel, places.resolved(self._kernel, judged.hits), self._bound)
        ):
            judged.verdict = Verdict("unreachable", why, nearest=why, place=judged.verdict.place)
        return judged

    def _order(self) -> None:
        groups: dict[int, list[int]] = {}
        for at, judged in enumerate(self._judged):
            if judged.options and (judged.verdict.holds or judged.verdict.kind == "arguments"):
                groups.setdefault(self._caller(at), []).append(at)
        for members in groups.values():
            files = {o[0] for at in members for o in self._judged[at].options}
            if len(files) != 1:
                continue
            keys = [sorted(position for _, position in self._judged[at].options) for at in members]
            if order.misplaced(keys):
                keys = [sorted({*key, *self._made(at, files)}) for key, at in zip(keys, members, strict=True)]
            wrong = order.misplaced(keys)
            out = frozenset(wrong)
            for position in wrong:
                at = members[position]
                judged = self._judged[at]
                neighbour = order.belongs_before(keys, position, out)
                if neighbour is None:
                    how, other = "after", members[-1] if members[-1] != at else members[-2]
                else:
                    how, other = "before", members[neighbour]
                name = self._items[other].name or self._items[other].text
                judged.verdict = _misplaced(
                    judged.verdict, f"in the source it comes {how} {name}", (how, str(other))
                )

    def _made(self, at: int, files: set[str]) -> list[order.Position]:
        """Further positions of a call that its name alone showed: macros may make it, too."""
        judged, place = self._judged[at], self._place(at)
        if place is None or self._items[at].kind != "call" or not all(h.spelled for h in judged.hits):
            return []
        made = places.made_positions(self._kernel, place, self._items[at].name)
        return [route for file, route in made if file in files]


def _misplaced(verdict: Verdict, message: str, fix: tuple[str, str]) -> Verdict:
    """An order verdict with the place of the one that held."""
    return Verdict(
        "order", message, nearest=message, place=verdict.place, path=verdict.path,
        fix=fix,
    )  # fmt: skip


def _hit_of(edges: Sequence[Edge]) -> Hit:
    first = edges[0]
    inside = places.inside(first.expression)
    ways = tuple(dict.fromkeys(w for w in (first.arguments, inside) if w is not None))
    return Hit(first.caller, first.site, first.expression, ways, tuple(edges), loose=bool(first.macros))


def _shared_folders(first: str, second: str) -> int:
    pairs = zip(first.split("/"), second.split("/"), strict=False)
    return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))


def _evidence(edges: Sequence[Edge], table: str) -> Location:
    """Where a target is put into the table that the note names, else into any."""
    rows = [item for edge in edges for item in edge.evidence]
    for item in sorted(rows, key=lambda item: item.object != table):
        return Location(item.file, item.line)
    return edges[0].site
