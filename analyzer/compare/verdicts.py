"""The verdict on every line of a call tree: `judge`.

Lines are judged from the root down; a line that fails still tells where its own lines are to be looked for, as
long as its function exists. Not handled: proofs of absence (a call that the graph does not know is reported as
not there).
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from analyzer.compare import bindings, order, places, search, state_lines
from analyzer.compare.kernel import Kernel
from analyzer.compare.names import Renames
from analyzer.compare.places import Hit, Place, Position
from analyzer.compare.texts import callee_of, last_name, normal, same_arguments, substituted
from analyzer.model.callgraph import Edge, FunctionRef, Location
from analyzer.model.checks import Block, BlockVerdicts, Item, Step, Verdict

_MAX_CALLERS = 12  # looked into for a statement that stands elsewhere
_MIN_KNOWN = 0.3  # of a tree's functions must be known for it to be a tree of this kernel


@dataclass(slots=True)
class _Judged:
    """An item's verdict, where its children are looked for, and where the kernel has it."""

    verdict: Verdict
    place: Place
    options: tuple[Position, ...] = ()  # in the body of the function that holds it
    under: tuple[tuple[str, ...], ...] = ()
    hits: tuple[Hit, ...] = ()


def judge(
    block: Block,
    kernel: Kernel,
    *,
    others: Sequence[Kernel] = (),
    bound: Mapping[str, str] | None = None,
    number: int = 0,
) -> BlockVerdicts:
    """What a kernel says to a tree. `others`: further versions, oldest first, that tell a renamed function
    from one that never was. `bound`: bindings beside those of the note."""
    reason = _foreign(block, kernel)
    if reason:
        return BlockVerdicts(number, skipped=reason)
    given = {**(bound or {}), **dict(block.directives.bindings)}
    if block.callee_first:
        return BlockVerdicts(number, _Backwards(block, kernel).verdicts(), reversed=True)
    verdicts = _Judge(block, kernel, others, given).verdicts()
    calls = [at for at, i in enumerate(block.items) if i.kind in ("call", "pointer") and i.parent >= 0]
    held = sum(1 for at in calls if verdicts[at].holds)
    if calls and held * 2 < len(calls) and (len(calls) > 1 or block.printed):
        backwards = _Backwards(block, kernel).verdicts()
        # Who lists callers writes all of them so.
        if all(backwards[at].kind == "ok" for at in calls):
            return BlockVerdicts(number, backwards, reversed=True)
    return BlockVerdicts(number, verdicts)


def _foreign(block: Block, kernel: Kernel) -> str:
    """Why a block is no call tree of this kernel, "" when it is one."""
    if block.directives.forced and block.directives.root:
        return ""
    functions = [i for i in block.items if i.kind == "call" and i.name]
    if not functions:
        return "no functions"
    known = sum(1 for i in functions if kernel.has(i.name))
    rooted = kernel.has(functions[0].name) or bool(kernel.refs(functions[0].name))
    if rooted and (known > 1 or block.style != "chain"):
        return ""
    if known >= 2 and known >= _MIN_KNOWN * len(functions):
        return ""
    return "" if block.directives.forced and known else "no functions of this kernel"


class _Judge:
    def __init__(self, block: Block, kernel: Kernel, others: Sequence[Kernel], bound: Mapping[str, str]) -> None:
        self._block = block
        self._items = block.items
        self._kernel = kernel
        self._bound = bound
        self._ways = search.Ways(kernel)
        self._renames = Renames(kernel, others)
        self._judged: list[_Judged] = []
        self._children: dict[int, list[int]] = {}
        for at, item in enumerate(block.items):
            self._children.setdefault(item.parent, []).append(at)

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

    def _judge(self, at: int) -> _Judged:
        item = self._items[at]
        if item.kind == "elided":
            return _Judged(Verdict("ok"), Place())
        if item.kind == "prose":
            return _Judged(Verdict("unparsed", "read as a remark"), Place())
        place = self._place(at)
        if item.kind == "condition":
            return _Judged(Verdict("unparsed"), place or Place())  # after the lines below it
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
        return self._reachable(at, item, judged)

    def _root(self, item: Item) -> _Judged:
        refs = self._kernel.refs(item.name)
        if item.kind == "pointer":
            uses = self._kernel.uses(normal(item.callee).partition("->")[0].partition(".")[0])
            if uses:
                return _Judged(Verdict("ok", place=uses[0].place), Place(unresolved=True))
            return _Judged(Verdict("unparsed", "a tree begins with a function"), Place())
        if not refs:
            return _Judged(self._unknown(item, ()), Place())
        if item.declared and item.arguments and (wrong := self._declaration(item, refs)):
            return _Judged(wrong, Place(refs))
        return _Judged(Verdict("ok", place=_defined(refs[0])), Place(refs))

    # Calls

    def _called(self, at: int, item: Item, place: Place) -> _Judged:
        if (place.targets or place.fields) and (judged := self._target(item, place)):
            return judged
        find = places.pointers if item.kind == "pointer" else places.calls
        hits = find(self._kernel, place, item)
        if hits:
            return self._matched(item, place, hits)
        if item.kind == "call" and (through := self._through_targets(item, place)):
            return through
        if item.kind == "pointer" and place.targets and (wrong := self._no_slot(item)):
            return _Judged(wrong, Place(unresolved=True))
        if place.unresolved and not place.functions:
            known = self._kernel.refs(item.name)
            if known:
                note = "what this pointer calls is not known"
                return _Judged(Verdict("unparsed", note, place=_defined(known[0])), Place(known))
        return self._absent(at, item, place)

    def _no_slot(self, item: Item) -> Verdict | None:
        """`udp_prot->init` where the table is known, but has no such entry."""
        base = normal(item.callee[: item.callee.rfind(item.name)]).rstrip("->").rstrip(".").lstrip("&(")
        own = next((u for u in self._kernel.uses(base) if not u.field), None)
        if own is None:
            return None
        return Verdict("wrong-caller", f"{base} has no .{item.name}", nearest=base, place=own.place)

    def _target(self, item: Item, place: Place) -> _Judged | None:
        """A line below a call through a pointer that names one of its targets, or the table that holds it."""
        if item.kind == "pointer":
            chosen = places.table_targets(place, item)
            if not chosen:
                return None
            hit = _hit_of(chosen)
            verdict = self._arguments(item, place, [hit]) or Verdict("ok", place=_evidence(chosen[0]))
            below = replace(place, targets=chosen, functions=(), fields=frozenset((item.name,)))
            return _Judged(verdict, below, hits=(hit,))
        names = places.named(self._kernel, item.name)
        chosen = tuple(e for e in place.targets if e.callee and e.callee.name in names)
        if not chosen:
            # A function that is declared, but defined nowhere here, is in the table all the same.
            held = next((u for u in self._kernel.uses(item.name) if u.field and u.field in place.fields), None)
            return _Judged(Verdict("ok", place=held.place), Place()) if held else None
        hit = _hit_of(chosen)
        verdict = self._arguments(item, place, [hit]) or Verdict("ok", place=_evidence(chosen[0]))
        callees = tuple(dict.fromkeys(e.callee for e in chosen if e.callee))
        values = places.passed(self._kernel, callees[0], [hit], place)
        return _Judged(verdict, Place(callees, values=values, above=place), hits=(hit,))

    def _matched(self, item: Item, place: Place, hits: list[Hit]) -> _Judged:
        exact = [h for h in hits if h.exact] or hits
        verdict = self._arguments(item, place, exact)
        if verdict is None:
            note = "" if exact[0].exact else f"written {callee_of(exact[0].expression)}"
            verdict = Verdict("ok", note, place=exact[0].site)
        chosen = [h for h in exact if self._fits(item, place, h)] or exact
        below = places.below(self._kernel, chosen, place, item)
        options = tuple(p for h in chosen for p in h.positions)
        return _Judged(
            verdict, below, options, tuple(h.under for h in exact if h.under is not None), tuple(chosen)
        )

    def _fits(self, item: Item, place: Place, hit: Hit) -> bool:
        given = item.arguments
        if given is None:
            return True
        return hit.loose or any(same_arguments(given, way, place.values) for way in hit.arguments)

    def _arguments(self, item: Item, place: Place, hits: Sequence[Hit]) -> Verdict | None:
        """None when the note's arguments are right, or when it gives none."""
        if item.arguments is None or not hits:
            return None
        values = place.values
        if any(self._fits(item, place, hit) for hit in hits):
            return None
        refs = self._kernel.refs(item.name) if item.kind == "call" else ()
        given = places.parameter_names(item) if item.declared else item.arguments
        for names in places.typed(self._kernel, hits, refs):
            if item.declared and len(given) == len(names):
                if all(not g or g == n for g, n in zip(given, names, strict=True)):
                    return None
            elif tuple(given) == names:
                return None
        if item.arguments == ("void",):
            return None
        ways = [way for hit in hits for way in hit.arguments]
        if not ways:
            return None
        best = min(ways, key=lambda way: _difference(item.arguments or (), way))
        if item.declared:
            wrong = self._declaration(item, refs)
            return wrong
        text = ", ".join(best)
        note = f"the call is {_call_text(hits[0], best)}"
        if values and any(substituted(a, values) != a for a in best):
            note += ""
        hit = next((h for h in hits if best in h.arguments), hits[0])
        return Verdict("arguments", note, nearest=f"({text})", place=hit.site, fix=("arguments", text))

    def _declaration(self, item: Item, refs: Sequence[FunctionRef]) -> Verdict | None:
        given = places.parameter_names(item)
        wrong: Verdict | None = None
        for ref in refs:
            function = self._kernel.function(ref)
            if function is None:
                continue
            names = tuple(p.name for p in function.parameters)
            if len(names) == len(given) and all(not g or g == n for g, n in zip(given, names, strict=True)):
                return None
            params = function.signature[function.signature.find("(") + 1 : -1]
            wrong = wrong or Verdict(
                "arguments",
                f"it is declared {function.signature}",
                nearest=function.signature,
                place=_defined(ref),
                fix=("arguments", params),
            )
        return wrong

    def _through_targets(self, item: Item, place: Place) -> _Judged | None:
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

    def _absent(self, at: int, item: Item, place: Place) -> _Judged:
        refs = self._kernel.refs(item.name)
        starts = place.functions or tuple(e.callee for e in place.targets if e.callee)
        siblings = self._beside(at)
        if item.kind == "call" and not refs and not self._kernel.mentions(item.name):
            verdict = self._unknown(item, starts)
            instead = self._renames.instead(verdict)
            below = Place(instead, above=place) if instead else place
            return _Judged(verdict, below)
        limit = search.SKIPPED if self._skips(at) else search.LEFT_OUT
        way = self._way(starts, item, siblings, limit)
        if way:
            return self._elided(at, item, place, way)
        below = Place(refs, above=place) if item.kind == "call" else Place(unresolved=True)
        way = self._way(starts, item, frozenset(), limit) if siblings and not way else ()
        if way and (listed := self._listed(siblings, way)):
            true = way[-1]
            return _Judged(
                Verdict(
                    "wrong-caller",
                    f"{true.caller.name} calls it, not {_names(starts)}",
                    nearest=true.caller.name,
                    place=true.site,
                    path=search.steps(way),
                    fix=("move", str(listed)),
                ),
                self._below_way(item, way, place),
            )
        return _Judged(self._elsewhere(at, item, starts, refs), below)

    def _way(
        self, starts: Sequence[FunctionRef], item: Item, skip: frozenset[str], limit: int
    ) -> tuple[Edge, ...]:
        if not starts:
            return ()
        pointer = item.kind == "pointer"
        return self._ways.find(starts, item.name, self._wanting(item), pointer=pointer, skip=skip, limit=limit)

    def _wanting(self, item: Item) -> "_Wanted":
        return _Wanted(item, places.named(self._kernel, item.name))

    def _elided(self, at: int, item: Item, place: Place, way: Sequence[Edge]) -> _Judged:
        last = Place((way[-1].caller,), above=place, values=self._along(way, place))
        hits = (places.pointers if item.kind == "pointer" else places.calls)(self._kernel, last, item)
        judged = self._matched(item, last, hits) if hits else _Judged(Verdict("ok"), Place())
        judged.options = _position(way[0], place)
        if judged.verdict.kind == "ok":
            through = [e.callee.name for e in way[:-1] if e.callee]
            skipped = self._skips(at)
            judged.verdict = Verdict(
                "ok" if skipped else "elided",
                f"through {', '.join(through)}",
                nearest=", ".join(through),
                place=way[-1].site,
                path=search.steps(way),
            )
        return judged

    def _along(self, way: Sequence[Edge], place: Place) -> dict[str, str]:
        """What is passed along a way, to its last function."""
        values = dict(place.values)
        for edge in way[:-1]:
            function = self._kernel.function(edge.callee) if edge.callee else None
            if function is None or len(function.parameters) != len(edge.arguments):
                return {}
            values = {
                p.name: substituted(a, values)
                for p, a in zip(function.parameters, edge.arguments, strict=True)
                if p.name
            }
        return values

    def _below_way(self, item: Item, way: Sequence[Edge], place: Place) -> Place:
        last = Place((way[-1].caller,), above=place)
        hits = (places.pointers if item.kind == "pointer" else places.calls)(self._kernel, last, item)
        return places.below(self._kernel, hits, last, item) if hits else Place()

    def _beside(self, at: int) -> frozenset[str]:
        """The functions that the note has beside this line, under the same caller."""
        caller = self._caller(at)
        names = {
            self._items[n].name
            for n in range(len(self._items))
            if n != at and self._items[n].kind == "call" and self._caller(n) == caller
        }
        return frozenset(names)

    def _listed(self, siblings: frozenset[str], way: Sequence[Edge]) -> int:
        """The item whose function is the true caller, 0 when the note has none."""
        true = way[-1].caller.name
        if not any(e.callee and e.callee.name in siblings for e in way[:-1]):
            return 0
        return next((n for n, i in enumerate(self._items) if i.kind == "call" and i.name == true), 0)

    def _elsewhere(
        self, at: int, item: Item, starts: Sequence[FunctionRef], refs: Sequence[FunctionRef]
    ) -> Verdict:
        """Who calls it, if not the one above: functions of the tree first."""
        for number, other in enumerate(self._judged):
            if number == at or self._items[number].kind != "call":
                continue
            for function in other.place.functions:
                if item.name not in self._kernel.called(function) and not (
                    item.kind == "pointer" and self._kernel.says(function, item.name)
                ):
                    continue
                inner = Place((function,))
                find = places.pointers if item.kind == "pointer" else places.calls
                if hits := find(self._kernel, inner, item):
                    step = Step(function, item.name, hits[0].site, hits[0].expression)
                    return Verdict(
                        "wrong-caller",
                        f"{function.name} calls it, not {_names(starts)}",
                        nearest=function.name,
                        place=hits[0].site,
                        path=(step,),
                        fix=("move", str(number)),
                    )
        callers = self._kernel.callers(item.name) if item.kind == "call" else ()
        mine = {f.file.rpartition("/")[0] for f in starts}
        callers = tuple(sorted(callers, key=lambda e: (e.site.file.rpartition("/")[0] not in mine, e.site)))
        where = _names(starts)
        if callers:
            others = list(dict.fromkeys(e.caller.name for e in callers))
            told = ", ".join(others[:3]) + (f" and {len(others) - 3} more" if len(others) > 3 else "")
            return Verdict(
                "wrong-caller",
                f"{where} does not call it; {told} {'do' if len(others) > 1 else 'does'}",
                nearest=others[0],
                place=callers[0].site,
                path=search.steps(callers[:1]),
            )
        for use in self._kernel.uses(item.name) if refs else ():
            if use.field:
                told = f"it is called through .{use.field} of {use.table}"
                return Verdict("wrong-caller", f"{where} does not call it; {told}", nearest=told, place=use.place)
        place = _defined(refs[0]) if refs else None
        if item.kind == "pointer":
            return Verdict("wrong-caller", f"{where} has no call through {item.name}", place=place)
        return Verdict("wrong-caller", f"{where} does not call it", place=place)

    def _unknown(self, item: Item, starts: Sequence[FunctionRef]) -> Verdict:
        named = frozenset(i.name for i in self._items)
        return self._renames.verdict(item.name, starts, named)

    # Statements

    def _assignment(self, at: int, item: Item, place: Place | None) -> _Judged:
        if place is None or not place.known:
            return _Judged(Verdict("unparsed", "the function of this statement is not known"), Place())
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
        verdict, where = state_lines.assignment(self._kernel, inner, item, labels)
        if verdict.kind == "statement-changed" and not where:
            verdict = self._assigned_elsewhere(at, item, labels) or verdict
        direct = {f.file for f in inner.functions}
        options = tuple(
            (w.file, w.line, w.column) for w in where if w.file in direct and len(inner.functions) == 1
        )
        return _Judged(verdict, Place(), self._within(inner, options))

    def _assigned_elsewhere(self, at: int, item: Item, labels: Sequence[str]) -> Verdict | None:
        seen: set[FunctionRef] = set()
        above = [p for j in self._judged[:at] for p in (j.place,) if p.functions]
        word = last_name(item.left)
        own = self._place(at)
        for function in own.functions if own else ():
            callers = dict.fromkeys(e.caller for e in self._kernel.callers(function.name))
            near = sorted(callers, key=lambda c: (-_shared_folders(c.file, function.file), c))
            above += [Place((c,)) for c in near if self._kernel.says(c, word)][:_MAX_CALLERS]
        for place in above:
            fresh = tuple(f for f in place.functions if f not in seen)
            seen.update(fresh)
            if not fresh:
                continue
            verdict, where = state_lines.assignment(self._kernel, replace(place, functions=fresh), item, labels)
            if verdict.kind == "statement-ok" and where:
                return Verdict(
                    "statement-changed",
                    f"{fresh[0].name} does that",
                    nearest=fresh[0].name,
                    place=where[0],
                )
        return None

    def _within(self, place: Place, options: tuple[Position, ...]) -> tuple[Position, ...]:
        """Positions inside the place's functions: those in helpers say nothing about the order."""
        kept = []
        for function in place.functions:
            known = self._kernel.function(function)
            if known is not None:
                kept += [o for o in options if o[0] == function.file and function.line <= o[1] <= known.end_line]
        return tuple(kept)

    def _condition(self, at: int, item: Item) -> _Judged:
        judged = self._judged[at]
        place = judged.place
        if state_lines.is_label(item) and not self._exists(place, item):
            return _Judged(state_lines.label_verdict(self._kernel, self._items, at), place)
        if item.keyword == "else":
            return self._else(at, place)
        if not place.functions:
            return _Judged(Verdict("unparsed", "the function of this condition is not known"), place)
        governed = [
            list(self._judged[n].under) for n in self._children.get(at, []) if self._judged[n].verdict.holds
        ]
        verdict, where = state_lines.jump_or_condition(self._kernel, place, item, governed)
        options = self._within(place, where)
        return _Judged(verdict, place, () if item.keyword in ("label", "goto", "return") else options)

    def _exists(self, place: Place, item: Item) -> bool:
        if not place.functions:
            return False
        return state_lines.jump_or_condition(self._kernel, place, item, [])[0].kind == "statement-ok"

    def _else(self, at: int, place: Place) -> _Judged:
        siblings = self._children.get(self._items[at].parent, [])
        before = [n for n in siblings if n < at and self._items[n].kind == "condition"]
        if before and self._judged[before[-1]].verdict.kind == "statement-ok":
            where = self._judged[before[-1]].verdict.place
            return _Judged(Verdict("statement-ok", place=where), place)
        return _Judged(Verdict("unparsed", "the condition before it is not known"), place)

    # Bindings and order

    def _reachable(self, at: int, item: Item, judged: _Judged) -> _Judged:
        if not self._bound:
            return judged
        caller = self._caller(at)
        if caller >= 0 and self._judged[caller].verdict.kind == "unreachable":
            judged.verdict = Verdict("unreachable", "its caller is not reached", place=judged.verdict.place)
        elif judged.verdict.holds and (why := bindings.excluded(self._kernel, judged.hits, self._bound)):
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
            keys = [self._with_conditions(at) for at in members]
            for position in order.misplaced(keys):
                at = members[position]
                judged = self._judged[at]
                neighbour = order.belongs_before(keys, position)
                if neighbour is None:
                    how, other = "after", members[-1] if members[-1] != at else members[-2]
                else:
                    how, other = "before", members[neighbour]
                name = self._items[other].name or self._items[other].text
                judged.verdict = replace_verdict(
                    judged.verdict, f"in the source it comes {how} {name}", (how, str(other))
                )

    def _with_conditions(self, at: int) -> list[tuple[int, int]]:
        return sorted((o[1], o[2]) for o in self._judged[at].options)


def replace_verdict(verdict: Verdict, message: str, fix: tuple[str, str]) -> Verdict:
    """An order verdict with the place of the one that held."""
    return Verdict(
        "order", message, nearest=message, place=verdict.place, path=verdict.path,
        fix=fix,
    )  # fmt: skip


class _Backwards:
    """Trees in which what stands below is the caller: backtraces, lists of callers."""

    def __init__(self, block: Block, kernel: Kernel) -> None:
        self._block = block
        self._kernel = kernel

    def verdicts(self) -> tuple[Verdict, ...]:
        return tuple(self._verdict(at) for at in range(len(self._block.items)))

    def _verdict(self, at: int) -> Verdict:
        item = self._block.items[at]
        if item.kind in ("elided", "prose"):
            return Verdict("ok" if item.kind == "elided" else "unparsed")
        if item.kind not in ("call", "pointer"):
            return Verdict("unparsed", "not looked at where callers stand below")
        refs = self._kernel.refs(item.name)
        if not refs:
            near = self._kernel.near(item.name)
            hint = f"; did you mean {near[0]}?" if near else ""
            return Verdict("unknown-function", f"no function is called {item.name}{hint}")
        frames = self._block.style == "backtrace"
        called = self._called(at, frames)
        if called is None:
            return Verdict("ok", place=_defined(refs[0]))
        hits = places.calls(self._kernel, Place(refs), called)
        if hits:
            return Verdict("ok", place=hits[0].site)
        wanted = _Wanted(called, places.named(self._kernel, called.name))
        way = search.Ways(self._kernel).find(refs, called.name, wanted)
        if way:
            through = ", ".join(e.callee.name for e in way[:-1] if e.callee)
            return Verdict("elided", f"through {through}", through, way[-1].site, search.steps(way))
        return Verdict("wrong-caller", f"{item.name} does not call {called.name}", place=_defined(refs[0]))

    def _called(self, at: int, frames: bool) -> Item | None:
        """What this item calls: in a backtrace the frame before it, elsewhere the item above."""
        if frames:
            return self._block.items[at - 1] if at else None
        parent = self._block.items[at].parent
        return self._block.items[parent] if parent >= 0 else None


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Whether an edge is the call that a line means."""

    item: Item
    names: frozenset[str]

    def __call__(self, edge: Edge) -> bool:
        if self.item.kind == "pointer":
            if edge.kind == "direct":
                return False
            true = callee_of(edge.expression)
            if normal(true) == normal(self.item.callee):
                return True
            base = normal(self.item.callee[: self.item.callee.rfind(self.item.name)]).rstrip("->").rstrip(".")
            field = edge.slot.field if edge.slot else ""
            return field == self.item.name and any(e.object == base for e in edge.evidence)
        if edge.callee is not None and edge.callee.name in self.names:
            return True
        return self.item.name in edge.macros


def _hit_of(edges: Sequence[Edge]) -> Hit:
    first = edges[0]
    inside = places.inside(first.expression)
    ways = tuple(dict.fromkeys(w for w in (first.arguments, inside) if w is not None))
    return Hit(first.caller, first.site, first.expression, ways, tuple(edges), loose=bool(first.macros))


def _position(edge: Edge, place: Place) -> tuple[Position, ...]:
    if edge.caller in place.functions:
        return ((edge.site.file, edge.site.line, edge.site.column),)
    return ()


def _defined(ref: FunctionRef) -> Location | None:
    return None if ref.external else Location(ref.file, ref.line)


def _shared_folders(first: str, second: str) -> int:
    pairs = zip(first.split("/"), second.split("/"), strict=False)
    return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))


def _evidence(edge: Edge) -> Location:
    for item in edge.evidence:
        return Location(item.file, item.line)
    return edge.site


def _names(functions: Sequence[FunctionRef]) -> str:
    names = list(dict.fromkeys(f.name for f in functions))
    if not names:
        return "the caller"
    return ", ".join(names[:2]) + (f" (+{len(names) - 2})" if len(names) > 2 else "")


def _difference(written: Sequence[str], true: Sequence[str]) -> tuple[int, int]:
    differing = sum(1 for a, b in zip(written, true, strict=False) if normal(a) != normal(b))
    return abs(len(written) - len(true)), differing


def _call_text(hit: Hit, arguments: Sequence[str]) -> str:
    return f"{callee_of(hit.expression)}({', '.join(arguments)})"
