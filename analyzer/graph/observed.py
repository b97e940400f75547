"""Observed calls explained by static edges.

An observed call A -> B is explained when a path of static edges leads from a function called A to one called B
and tracing can see none of the functions in between. Paths are searched breadth-first from A, so that a shortest
one is given and no more edges are asked for than needed; edges that are only possible are walked when nothing
better leads there.

Not handled: that several observed calls contradict one another, and the order of calls.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from analyzer.graph.rooted import Successors
from analyzer.model.callgraph import Edge, FunctionRef
from analyzer.model.trace import Explanation, ObservedCall, Passed, Taken, Unseen

MAX_EXPANDED = 3_000  # functions looked at for one caller; 6.12's need fewer than a tenth

_Path = tuple[Edge, ...]


@dataclass(frozen=True, slots=True)
class Statics:
    """The static side. `named`: all functions of a name; `plain`: the one name that the wrappers of a system
    call share; `successors`: a function's edges; `unseen`: why tracing may not show the callee of an edge, None
    when it would; `absent`: a clause that says why there is no function of a name."""

    named: Callable[[str], Sequence[FunctionRef]]
    plain: Callable[[str], str]
    successors: Successors
    unseen: Callable[[Edge], Unseen | None]
    absent: Callable[[str], str]


@dataclass(slots=True)
class _Search:
    """How far a search has come: the edge that first led to each function; paths to wanted names."""

    wanted: frozenset[str]
    found: dict[str, _Path]
    expanded: int = 0
    unresolved: int = 0
    limited: bool = False


def explain(
    calls: Iterable[ObservedCall], statics: Statics, *, limit: int = MAX_EXPANDED
) -> Iterator[Explanation]:
    """An explanation for every call, caller by caller in the order of their first appearance.

    The verdicts are `explained` and `unexplained`. `limit` bounds the functions looked at per caller.
    """
    by_caller: dict[str, list[ObservedCall]] = {}
    for call in calls:
        by_caller.setdefault(call.caller, []).append(call)
    reached: dict[str, dict[FunctionRef, None]] = {}
    for caller, made in by_caller.items():
        name = statics.plain(caller)
        everyone = tuple(dict.fromkeys(statics.named(name)))
        # Functions of this name that explained calls ended in come first: the others may be namesakes.
        likely = tuple(ref for ref in reached.get(name, ()) if ref in everyone)
        rest = tuple(ref for ref in everyone if ref not in likely)
        wanted = frozenset(callee for call in made if (callee := statics.plain(call.callee)) != name)
        search = _search((likely, rest), wanted, statics, limit)
        for call in made:
            callee = statics.plain(call.callee)
            if callee == name and call.caller != call.callee:
                yield Explanation(call, "explained")  # two wrappers of one system call
                continue
            path = search.found.get(callee) or _recursion(callee, name, (*likely, *rest), statics)
            if path:
                end = path[-1].callee
                if end is not None:
                    reached.setdefault(callee, {}).setdefault(end)
                yield Explanation(call, "explained", path, _passed(path, statics))
            else:
                yield Explanation(call, "unexplained", reason=_reason(call, everyone, search, statics))


def names_reached(
    starts: Sequence[FunctionRef],
    statics: Statics,
    inside: Callable[[FunctionRef], bool],
    *,
    limit: int = MAX_EXPANDED,
) -> frozenset[str]:
    """The names of what some functions call themselves, or through unseen functions that are `inside` as well."""
    names: set[str] = set()
    for function in _walk(starts, statics, limit, possible=False, inside=inside):
        names.update(edge.callee.name for edge in statics.successors(function) if edge.callee is not None)
    return frozenset(names)


def alternatives(
    explanations: Iterable[Explanation], successors: Successors, sees: Callable[[FunctionRef], bool]
) -> tuple[Taken, ...]:
    """The indirect sites that explained calls went through, each with the targets that were taken, those that
    never were, and those that tracing does not see. Possible targets are left out."""
    taken: dict[object, dict[FunctionRef | None, Edge]] = {}
    for explanation in explanations:
        for edge in explanation.path:
            if edge.kind != "direct":
                taken.setdefault(_site(edge), {}).setdefault(edge.callee, edge)
    sites: list[Taken] = []
    for key, edges in taken.items():
        first = next(iter(edges.values()))
        others: dict[FunctionRef, Edge] = {}
        for edge in successors(first.caller):
            callee = edge.callee
            if callee is not None and callee not in edges and _site(edge) == key and edge.confidence != "possible":
                others.setdefault(callee, edge)
        seen = tuple(edge for ref, edge in others.items() if sees(ref))
        unseen = tuple(edge for ref, edge in others.items() if not sees(ref))
        sites.append(Taken(tuple(edges.values()), seen, unseen))
    return tuple(sites)


def counted(explanations: Iterable[Explanation]) -> Mapping[tuple[FunctionRef, FunctionRef], int]:
    """How often each static (caller, callee) was seen; 0 for those that a path only passes through."""
    counts: dict[tuple[FunctionRef, FunctionRef], int] = {}
    for explanation in explanations:
        for edge in explanation.path:
            if edge.callee is None:
                continue
            pair = (edge.caller, edge.callee)
            last = edge is explanation.path[-1]
            counts[pair] = counts.get(pair, 0) + (explanation.call.count if last else 0)
    return counts


def _search(
    starts: Sequence[Sequence[FunctionRef]], wanted: frozenset[str], statics: Statics, limit: int
) -> _Search:
    search = _Search(wanted, {})
    for possible in (False, True):
        for group in starts:
            if group and len(search.found) < len(wanted):
                _advance(search, group, statics, limit, possible=possible)
    return search


def _advance(
    search: _Search, starts: Sequence[FunctionRef], statics: Statics, limit: int, *, possible: bool
) -> None:
    before: dict[FunctionRef, Edge] = {}
    unresolved: set[object] = set()
    expanded = 0
    for function in _walk(starts, statics, limit, possible=possible, before=before):
        expanded += 1
        for edge in statics.successors(function):
            if edge.callee is None:
                unresolved.add(_site(edge))
                continue
            name = edge.callee.name
            if name in search.wanted and name not in search.found and (possible or edge.confidence != "possible"):
                search.found[name] = _path(before, edge, starts)
        if len(search.found) == len(search.wanted):
            return
    search.expanded = max(search.expanded, expanded)
    search.unresolved = max(search.unresolved, len(unresolved))
    search.limited = search.limited or expanded >= limit


def _walk(
    starts: Sequence[FunctionRef],
    statics: Statics,
    limit: int,
    *,
    possible: bool,
    before: dict[FunctionRef, Edge] | None = None,
    inside: Callable[[FunctionRef], bool] = lambda _: True,
) -> Iterator[FunctionRef]:
    """The starts and what is reached through unseen functions that are `inside`, breadth-first; `before` gets the
    edge that first led to each."""
    known = set(starts)
    queue = deque(starts)
    for _ in range(limit):
        if not queue:
            return
        function = queue.popleft()
        yield function
        for edge in statics.successors(function):
            callee = edge.callee
            if callee is None or callee in known or callee.external or not inside(callee):
                continue
            if (edge.confidence == "possible" and not possible) or statics.unseen(edge) is None:
                continue
            known.add(callee)
            if before is not None:
                before[callee] = edge
            queue.append(callee)


def _path(before: Mapping[FunctionRef, Edge], last: Edge, starts: Sequence[FunctionRef]) -> _Path:
    path = [last]
    while path[-1].caller not in starts:
        path.append(before[path[-1].caller])
    return tuple(reversed(path))


def _recursion(callee: str, name: str, refs: Sequence[FunctionRef], statics: Statics) -> _Path:
    """A function that calls itself, directly or through unseen functions."""
    if callee != name or not refs:
        return ()
    search = _Search(frozenset({callee}), {})
    _advance(search, refs, statics, MAX_EXPANDED, possible=True)
    return search.found.get(callee, ())


def _passed(path: _Path, statics: Statics) -> tuple[Passed, ...]:
    passed = []
    for edge in path[:-1]:
        why = statics.unseen(edge)
        if edge.callee is not None and why is not None:
            passed.append(Passed(edge.callee, why))
    return tuple(passed)


def _reason(call: ObservedCall, callers: Sequence[FunctionRef], search: _Search, statics: Statics) -> str:
    if not callers:
        return statics.absent(call.caller)
    if not statics.named(statics.plain(call.callee)) and (why := statics.absent(call.callee)):
        return why
    looked = f"{search.expanded} function{'s' if search.expanded != 1 else ''}"
    if search.limited:
        return f"not found among the nearest {looked}"
    if search.unresolved:
        sites = f"{search.unresolved} unresolved call{'s' if search.unresolved != 1 else ''}"
        return f"no path through what tracing cannot see ({looked}, {sites})"
    return f"no path through what tracing cannot see ({looked})"


def _site(edge: Edge) -> object:
    return edge.caller, edge.site, edge.expression, edge.macros, edge.slot
