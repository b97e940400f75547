"""Where a note's line stands: the function bodies that must hold it, and the calls that match it there.

Not handled: values beyond arguments that are passed down the tree.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from analyzer.compare.kernel import Kernel
from analyzer.compare.spoken import SaidCall
from analyzer.compare.texts import (
    callee_of,
    last_name,
    normal,
    parameter_name,
    put_in,
    same_arguments,
    substituted,
)
from analyzer.model.callgraph import Edge, FunctionRef, Location
from analyzer.model.checks import Item
from analyzer.notes.scan import arguments as split_arguments

# A file and a line and column in it; of a line inside a function that is called there, also where inside.
Position = tuple[str, tuple[tuple[int, int], ...]]


@dataclass(frozen=True, slots=True)
class Place:
    """Where children of an item are looked for: in the bodies of `functions`, restricted to what `macro`
    makes there; or, for a call through a pointer, among the functions that `targets` lead to. `values` are
    what the tree passes for parameters, in the words of the callers above."""

    functions: tuple[FunctionRef, ...] = ()
    targets: tuple[Edge, ...] = ()
    macro: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    unresolved: bool = False  # a call through a pointer whose targets nobody knows
    above: "Place | None" = None
    fields: frozenset[str] = frozenset()  # the members that a call through a pointer goes through
    table: str = ""  # the ops table that the note names above

    @property
    def known(self) -> bool:
        """Whether there is anything to look in."""
        return bool(self.functions or self.targets)

    def outer(self) -> "Iterator[Place]":
        """The places above, the nearest first."""
        at = self.above
        while at is not None:
            yield at
            at = at.above


@dataclass(frozen=True, slots=True)
class Hit:
    """A call in the kernel that matches a line. `positions`: where it begins and where it ends."""

    function: FunctionRef
    site: Location
    expression: str
    arguments: tuple[tuple[str, ...], ...]  # ways in which the kernel writes them
    edges: tuple[Edge, ...] = ()
    macro: str = ""
    spelled: str = ""  # found by its name in the text alone
    under: tuple[str, ...] | None = None
    positions: tuple[Position, ...] = ()
    loose: bool = False  # a macro makes it: the arguments are among the macro's, or its own
    exact: bool = True  # the same callee expression, for calls through pointers


def named(kernel: Kernel, name: str) -> frozenset[str]:
    """A name in all spellings that mean the same function."""
    return frozenset((name, *(ref.name for ref in kernel.refs(name))))


def calls(kernel: Kernel, place: Place, item: Item, *, pointers_too: bool = True) -> list[Hit]:
    """The calls in a place's functions that a `name(…)` line means, in source order.

    What the text names is found without resolving anything; only where it does not name it are the edges
    looked at: calls through pointers (if `pointers_too`), and calls that macros make.
    """
    hits = list((_by_macro if place.macro else spelled)(kernel, place, item.name))
    if hits or not (kernel.mentions(item.name) or kernel.refs(item.name)):
        return hits
    names = named(kernel, item.name)
    taken = pointers_too and kernel.taken(item.name)
    for function in place.functions:
        if taken or any(kernel.may_make(function, name, place.macro) for name in names):
            hits += _resolved(kernel, function, item.name, names, place.macro, alone=not hits)
    return hits


def _resolved(
    kernel: Kernel, function: FunctionRef, name: str, names: frozenset[str], macro: str, *, alone: bool
) -> list[Hit]:
    """The calls of a function that its edges show to be meant by a name in any of its spellings; below a macro
    only those that it makes. `alone`: nothing else was found, so that a macro of that name is meant, too."""
    edges = [e for e in kernel.callees(function) if not macro or macro in e.macros]
    said = kernel.spoken(function)
    at = {call.start: call for call in said.calls}
    groups: dict[tuple[object, ...], list[Edge]] = {}
    for edge in edges:
        called = edge.callee is not None and edge.callee.name in names
        if called or normal(callee_of(edge.expression)) == name:
            groups.setdefault((edge.site, edge.expression, edge.macros), []).append(edge)
    hits = [_hit(function, group, at) for group in groups.values()]
    made = next((e for e in edges if name in e.macros), None)
    if macro:
        if made and name != macro:
            hits.append(
                Hit(function, made.site, made.expression, (made.arguments,), (made,), macro=name, loose=True)
            )
        return hits
    seen = {(h.site.line, h.site.column) for h in hits}
    for call in said.calls:
        if call.start not in seen and (call.name or normal(call.callee)) in names:
            hits.append(_said(function, said.file, call, kernel))
    if made and alone and not hits:
        # A macro that only another macro's text or an operand shows.
        positions = _both(made.site, at)
        hits.append(Hit(function, made.site, made.expression, (), (made,), macro=name, positions=positions))
    return hits


def spelled(kernel: Kernel, place: Place, name: str) -> Iterator[Hit]:
    """The calls that a place's functions spell with a name."""
    for function in place.functions:
        if name not in kernel.called(function):
            continue
        said = kernel.spoken(function)
        for call in said.calls:
            if call.name == name:
                yield _read(function, said.file, call, name)


def loops(kernel: Kernel, place: Place, item: Item) -> list[Hit]:
    """The loops of a place's functions that a macro such as `list_for_each_entry(…)` makes."""
    found: list[Hit] = []
    for function in place.functions:
        said = kernel.spoken(function)
        for one in said.conditions:
            if one.keyword == "loop" and one.name == item.name:
                site = Location(said.file, *one.start)
                positions = tuple((said.file, (p,)) for p in dict.fromkeys((one.start, one.end)))
                text, given = f"{one.name}({one.text})", (split_arguments(one.text),)
                found.append(Hit(function, site, text, given, under=one.under, positions=positions))
    return found


def _by_macro(kernel: Kernel, place: Place, name: str) -> Iterator[Hit]:
    """The calls that a macro's text spells with a name, and those among its arguments."""
    for function in place.functions:
        said = kernel.spoken(function)
        uses = [c for c in said.calls if c.name == place.macro]
        for call in said.calls:
            if call.name == name and any(u.offset < call.offset and call.end <= u.end for u in uses):
                yield _read(function, said.file, call, name)
        for made in kernel.made(function, place.macro) or ():
            if made.name == name:
                around = tuple(p for use in uses for p in _around(said.file, use))
                yield Hit(function, made.place, f"{name}()", (), spelled=name, positions=around, loose=True)


def _read(function: FunctionRef, file: str, call: SaidCall, spelled: str) -> Hit:
    """A hit that the text alone shows."""
    text = f"{call.callee}({', '.join(call.arguments)})"
    return Hit(
        function,
        Location(file, *call.start),
        text,
        (call.arguments,),
        spelled=spelled,
        under=call.under,
        positions=_around(file, call),
    )


def _around(file: str, call: SaidCall) -> tuple[Position, ...]:
    around = (file, (call.start,)), (file, (call.behind,))
    return around if call.head is None else (*around, (file, (call.head,)))


def made(kernel: Kernel, place: Place, item: Item, hits: Sequence[Hit]) -> list[Hit]:
    """The calls that macros make in a place's functions with just the arguments of a line, where its text spells
    (`hits`) only others of that name."""
    if place.macro or not all(hit.spelled for hit in hits):
        return []
    names = named(kernel, item.name)
    found: list[Hit] = []
    for function in place.functions:
        if any(kernel.may_make(function, name) for name in names):
            known = [h for h in _resolved(kernel, function, item.name, names, "", alone=False) if h.loose]
            found += [replace(h, loose=False) for h in known]
    given = item.arguments
    if given is None:
        return found
    return [h for h in found if any(same_arguments(given, way, place.values) for way in h.arguments)]


def made_positions(kernel: Kernel, place: Place, name: str) -> list[Position]:
    """Where macros call a function that the text of a place's functions may name elsewhere, too, and where it is
    handed over to be called."""
    found: list[Position] = []
    names = named(kernel, name)
    for function in place.functions if not place.macro else ():
        said = kernel.spoken(function)
        for call in said.calls:
            if any(argument.lstrip("&") in names for argument in call.arguments):
                found += _around(said.file, call)
        if not any(kernel.may_make(function, one) for one in names):
            continue
        at = {call.start: call for call in kernel.spoken(function).calls}
        for edge in kernel.callees(function):
            if edge.macros and edge.callee is not None and edge.callee.name in names:
                found += _both(edge.site, at)
    return found


def resolved(kernel: Kernel, hits: Sequence[Hit]) -> tuple[Hit, ...]:
    """The hits with the edges of those calls through pointers that were found by their text."""
    return tuple(replace(h, edges=_indirect(kernel, h)) if h.spelled and not h.edges else h for h in hits)


def _indirect(kernel: Kernel, hit: Hit) -> tuple[Edge, ...]:
    where = (hit.site.line, hit.site.column)
    if hit.spelled.isidentifier() and kernel.bind(hit.function, hit.spelled):
        return ()
    return tuple(
        e for e in kernel.callees(hit.function) if e.kind != "direct" and (e.site.line, e.site.column) == where
    )


def _hit(function: FunctionRef, edges: Sequence[Edge], at: Mapping[tuple[int, int], SaidCall]) -> Hit:
    first = edges[0]
    said = at.get((first.site.line, first.site.column))
    ways = [first.arguments, inside(first.expression)]
    if said is not None and not first.macros:
        ways.append(said.arguments)
    return Hit(
        function,
        first.site,
        first.expression,
        tuple(dict.fromkeys(w for w in ways if w is not None)),
        tuple(edges),
        under=said.under if said else None,
        # A cleanup runs where a scope ends, not where its variable is declared.
        positions=() if first.rule == "cleanup" else _both(first.site, at),
        loose=bool(first.macros),
    )


def _said(function: FunctionRef, file: str, call: SaidCall, kernel: Kernel) -> Hit:
    site = Location(file, *call.start)
    made = tuple(
        e for e in kernel.callees(function) if call.name in e.macros and (e.site.line, e.site.column) == call.start
    )
    text = f"{call.callee}({', '.join(call.arguments)})"
    return Hit(
        function,
        site,
        text,
        (call.arguments,),
        made,
        macro=call.name,
        under=call.under,
        positions=_around(file, call),
    )


def inside(expression: str) -> tuple[str, ...] | None:
    callee = callee_of(expression)
    if callee == expression.strip():
        return None
    return split_arguments(expression.strip()[len(callee) :].strip()[1:-1])


def _both(site: Location, at: Mapping[tuple[int, int], SaidCall]) -> tuple[Position, ...]:
    """Where a call begins, and where it ends: its arguments are evaluated between the two."""
    said = at.get((site.line, site.column))
    if said is None:
        return ((site.file, ((site.line, site.column),)),)
    return _around(site.file, said)


def pointers(kernel: Kernel, place: Place, item: Item) -> list[Hit]:
    """The calls through pointers that `pf->create(…)` or `inet_family_ops->create` mean."""
    written = normal(item.callee)
    if not place.macro and (read := list(_written(kernel, place, written))):
        return read
    base = base_of(item)
    exact: list[Hit] = []
    by_table: list[Hit] = []
    by_member: list[Hit] = []
    for function in place.functions:
        if not kernel.says(function, item.name) and not kernel.may_make(function, item.name):
            continue
        said = kernel.spoken(function)
        at = {call.start: call for call in said.calls}
        groups: dict[tuple[object, ...], list[Edge]] = {}
        for edge in kernel.callees(function):
            if edge.kind == "direct" or (place.macro and place.macro not in edge.macros):
                continue
            groups.setdefault((edge.site, edge.expression, edge.macros), []).append(edge)
        for edges in groups.values():
            hit = _hit(function, edges, at)
            true = normal(callee_of(hit.expression))
            if true == written:
                exact.append(hit)
                continue
            slot = edges[0].slot
            member = slot.field.rpartition(".")[2] if slot else last_name(callee_of(hit.expression))
            if item.name != member and item.name != last_name(true):
                continue
            held = [e for e in edges if any(x.object == base for x in e.evidence)]
            if held:
                by_table.append(replace(hit, edges=tuple(held)))
            else:
                by_member.append(replace(hit, exact=False))
    return exact or by_table or by_member


def _written(kernel: Kernel, place: Place, callee: str) -> Iterator[Hit]:
    """The calls through pointers that a place's functions spell so. What they lead to is not looked for."""
    callee = callee.lstrip("*")
    for function in place.functions:
        said = kernel.spoken(function)
        for call in said.calls:
            # `(*fn)(x)` is `fn(x)`; what a parameter holds may be written in its place
            true = normal(call.callee).lstrip("*")
            same = not call.name and true == callee
            if same or put_in(callee, true, place.values):
                yield _read(function, said.file, call, callee)


def base_of(item: Item) -> str:
    """What a pointer's line goes through: `udp_prot` of `udp_prot->init`."""
    return normal(item.callee[: item.callee.rfind(item.name)]).rstrip("->").rstrip(".").lstrip("&(")


def table_targets(place: Place, item: Item) -> tuple[Edge, ...]:
    """Of the targets of a pointer call, those that a line such as `tcp_prot->init` means."""
    # What an assignment stores is told with its member, as in `sk->sk_data_ready`.
    meant = {base_of(item), normal(item.callee)}
    return tuple(
        e
        for e in place.targets
        if any(normal(x.object) in meant for x in e.evidence)
        and (e.slot is None or e.slot.field.endswith(item.name))
    )


def below(kernel: Kernel, hits: Sequence[Hit], place: Place, item: Item) -> Place:
    """Where the children of a matched line are looked for."""
    if item.kind != "pointer" and all(hit.spelled for hit in hits):
        bound = tuple(dict.fromkeys(r for h in hits for r in kernel.bind(h.function, h.spelled)))
        if bound:
            return Place(bound, values=passed(kernel, bound[0], hits, place), above=place)
        users = tuple(dict.fromkeys(h.function for h in hits if kernel.made(h.function, h.spelled) is not None))
        if users:
            return Place(users, macro=item.name, values=place.values, above=place.above)
    known = resolved(kernel, hits)
    edges = [edge for hit in known for edge in hit.edges]
    macros = [hit for hit in known if hit.macro]
    if macros and len(macros) == len(known):
        return Place(
            tuple(dict.fromkeys(h.function for h in known)),
            macro=item.name,
            values=place.values,
            above=place.above,
        )
    callees = tuple(dict.fromkeys(e.callee for e in edges if e.callee is not None))
    named_so = named(kernel, item.name) if item.kind == "call" else frozenset()
    itself = bool(callees) and all(c.name in named_so for c in callees)
    if not itself and (item.kind == "pointer" or any(e.kind != "direct" for e in edges)):
        found = tuple(e for e in edges if e.callee is not None)
        fields = frozenset(e.slot.field.rpartition(".")[2] for e in edges if e.slot) | {item.name}
        return Place((), found, values=place.values, unresolved=not found, above=place, fields=fields)
    values: dict[str, str] = {}
    for callee in callees:
        values.update(passed(kernel, callee, known, place))
    return Place(
        callees, tuple(e for e in edges if e.callee) if len(callees) > 1 else (), values=values, above=place
    )


def passed(kernel: Kernel, callee: FunctionRef, hits: Iterable[Hit], place: Place) -> dict[str, str]:
    """What the first matching call passes for a function's parameters."""
    function = kernel.function(callee)
    if function is None:
        return {}
    for hit in hits:
        for way in hit.arguments:
            if len(way) == len(function.parameters):
                return {
                    p.name: substituted(a, place.values)
                    for p, a in zip(function.parameters, way, strict=True)
                    if p.name
                }
    return {}


def given(kernel: Kernel, callees: Iterable[FunctionRef], item: Item) -> dict[str, str]:
    """What a line itself passes for its function's parameters."""
    for callee in callees:
        function = kernel.function(callee)
        if function is not None and item.arguments and len(function.parameters) == len(item.arguments):
            return {p.name: a for p, a in zip(function.parameters, item.arguments, strict=True) if p.name}
    return {}


def typed(kernel: Kernel, hits: Iterable[Hit], refs: Iterable[FunctionRef]) -> list[tuple[str, ...]]:
    """The parameter names of the functions that a line may mean."""
    found: list[tuple[str, ...]] = []
    for ref in dict.fromkeys((*(e.callee for h in hits for e in h.edges if e.callee), *refs)):
        function = kernel.function(ref)
        if function is not None:
            found.append(tuple(p.name for p in function.parameters if p.name or p.type != "void"))
    return list(dict.fromkeys(found))


def parameter_names(item: Item) -> tuple[str, ...]:
    """The names in a declaration's parameters, "" where there is only a type."""
    given = tuple(a for a in item.arguments or () if a not in ("void", "..."))
    return tuple(parameter_name(a) for a in given)
