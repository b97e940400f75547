"""Calls that are not where a note has them: behind functions that it leaves out, elsewhere, or nowhere.

Not handled: proofs of absence (a call that the graph does not know counts as not there).
"""

from collections.abc import Callable, Sequence

from analyzer.compare import places, search
from analyzer.compare.agreement import defined
from analyzer.compare.kernel import Kernel
from analyzer.compare.places import Place, Position
from analyzer.compare.texts import substituted
from analyzer.model.callgraph import Edge, FunctionRef
from analyzer.model.checks import Item, Step, Verdict

_MAX_ROUTES = 12  # ways in which a line's place in the order is told

Listed = Sequence[tuple[int, Callable[[], Sequence[FunctionRef]]]]  # items that name functions, in order


def names(functions: Sequence[FunctionRef]) -> str:
    """Functions as a sentence names them."""
    told = list(dict.fromkeys(f.name for f in functions))
    if not told:
        return "the caller"
    return ", ".join(told[:2]) + (f" (+{len(told) - 2})" if len(told) > 2 else "")


def passed_along(kernel: Kernel, way: Sequence[Edge], place: Place) -> dict[str, str]:
    """What is passed along a way, to its last function."""
    values = dict(place.values)
    for edge in way[:-1]:
        function = kernel.function(edge.callee) if edge.callee else None
        if function is None or len(function.parameters) != len(edge.arguments):
            return {}
        values = {
            p.name: substituted(a, values)
            for p, a in zip(function.parameters, edge.arguments, strict=True)
            if p.name
        }
    return values


def positions_along(kernel: Kernel, way: Sequence[Edge], place: Place) -> tuple[Position, ...]:
    """Where a way stands in the order of a place's function: the site of its first call, then the sites inside.

    A function on the way may be called more than once; each site is a position.
    """
    if not way or way[0].caller not in place.functions:
        return ()
    routes: list[tuple[tuple[int, int], ...]] = [()]
    for edge in way:
        said = kernel.spoken(edge.caller)
        name = edge.callee.name if edge.callee and edge.kind == "direct" else ""
        calls = [c for c in said.calls if c.name == name] if name else []
        sites = [p for c in calls for p in (c.start, c.behind)] or [(edge.site.line, edge.site.column)]
        routes = [(*route, site) for route in routes for site in sites][:_MAX_ROUTES]
    return tuple((way[0].caller.file, route) for route in routes)


def wrong_way(item: Item, starts: Sequence[FunctionRef], way: Sequence[Edge], listed: int) -> Verdict:
    """The verdict on a line that belongs under another line of the note."""
    true = way[-1]
    return Verdict(
        "wrong-caller",
        f"{true.caller.name} calls it, not {names(starts)}",
        nearest=true.caller.name,
        place=true.site,
        path=search.steps(way, item),
        fix=("move", str(listed)),
    )


def elsewhere(kernel: Kernel, item: Item, starts: Sequence[FunctionRef], others: Listed) -> Verdict:
    """Who calls it, if not the one above: functions of the tree first (`others`)."""
    for number, functions in others:
        for function in functions():
            if item.name not in kernel.called(function) and not (
                item.kind == "pointer" and kernel.says(function, item.name)
            ):
                continue
            find = places.pointers if item.kind == "pointer" else places.calls
            if hits := find(kernel, Place((function,)), item):
                step = Step(function, item.callee or item.name, hits[0].site, hits[0].expression)
                return Verdict(
                    "wrong-caller",
                    f"{function.name} calls it, not {names(starts)}",
                    nearest=function.name,
                    place=hits[0].site,
                    path=(step,),
                    fix=("move", str(number)),
                )
    if found := _known_callers(kernel, item, starts):
        return found
    refs = kernel.refs(item.name)
    where = names(starts)
    for use in kernel.uses(item.name) if refs else ():
        if use.field:
            told = f"it is called through .{use.field} of {use.table}"
            return Verdict("wrong-caller", f"{where} does not call it; {told}", nearest=told, place=use.place)
    place = defined(refs[0]) if refs else None
    if item.kind == "pointer":
        return Verdict("wrong-caller", f"{where} has no call through {item.name}", place=place)
    return Verdict("wrong-caller", f"{where} does not call it", place=place)


def _known_callers(kernel: Kernel, item: Item, starts: Sequence[FunctionRef]) -> Verdict | None:
    callers = kernel.callers(item.name) if item.kind == "call" else ()
    if not callers:
        return None
    mine = {f.file.rpartition("/")[0] for f in starts}
    callers = tuple(sorted(callers, key=lambda e: (e.site.file.rpartition("/")[0] not in mine, e.site)))
    others = list(dict.fromkeys(e.caller.name for e in callers))
    told = ", ".join(others[:3]) + (f" and {len(others) - 3} more" if len(others) > 3 else "")
    return Verdict(
        "wrong-caller",
        f"{names(starts)} does not call it; {told} {'do' if len(others) > 1 else 'does'}",
        nearest=others[0],
        place=callers[0].site,
        path=search.steps(callers[:1]),
    )


def no_slot(kernel: Kernel, item: Item, place: Place) -> Verdict | None:
    """`udp_prot->init` where the table is known but has no such entry, or where nothing is called udp_prot."""
    base = places.base_of(item)
    uses = kernel.uses(base)
    own = next((u for u in uses if not u.field), None)
    if own is not None:
        told = f"{base} has no .{item.name}"
        return Verdict("wrong-caller", told, nearest=base, place=own.place)
    spoken = any(kernel.says(edge.caller, base) for edge in place.targets[:1])
    if not uses and base.isidentifier() and not spoken and not kernel.knows(base):
        return Verdict("unknown-function", f"nothing is called {base}")
    return None
