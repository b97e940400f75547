"""Paths between functions: the shortest one, and all branches of a grown graph that reach a
function.

Not handled: which of several shortest paths is taken at run time; the first in source order is
given.
"""

from collections import deque

from analyzer.errors import KcgError
from analyzer.graph.rooted import RootedGraph, Successors
from analyzer.graph.sites import Site
from analyzer.model.callgraph import Edge, FunctionRef

# How many functions are resolved forwards in the time of one backwards, whose callers are looked for in the whole
# kernel: 0.4 s in the mean of some hundred of 6.12's, against 0.03.
_BACKWARDS = 12


def shortest_path(
    start: FunctionRef,
    end: FunctionRef,
    successors: Successors,
    *,
    predecessors: Successors | None = None,
    limit: int = 200_000,
    possible: bool = False,
) -> list[Edge] | None:
    """The edges of a shortest call path, in order, or None when there is none.

    With `predecessors` (the edges that lead to a function) the search goes from both ends, a whole level of the
    cheaper side at a time (Pohl, *Bi-directional search*, Machine Intelligence 6, 1971); when nothing more leads
    to the end, it goes on from the start alone. Edges that are only possible are walked only with `possible`.
    Among equally short paths the one through the earlier call sites is given. `[]` when both ends are the same
    function. Raises KcgError when `limit` functions were looked at without an answer.
    """
    if start == end:
        return []
    walked = _Walked(successors, possible)
    before = _Walked(predecessors, possible, backwards=True) if predecessors else None
    ahead = _Side(start)
    behind = _Side(end)
    while ahead.frontier:
        if len(ahead.distance) + len(behind.distance) > limit:
            raise KcgError(
                f"no path from {start.name} to {end.name} among the nearest {limit} functions",
                hint="start closer to the end",
            )
        if before is None or not behind.frontier or len(ahead.frontier) <= _BACKWARDS * len(behind.frontier):
            met = ahead.widen(walked, behind)
        else:
            met = behind.widen(before, ahead)
        if met:
            return _first_path(start, end, ahead, behind, walked)
    return None


def leading_to(
    end: FunctionRef, predecessors: Successors, *, levels: int, most: int = 4000
) -> frozenset[FunctionRef] | None:
    """The functions that lead to `end` (which is one of them) within so many calls, None when they are more than
    `most`. `predecessors` gives the edges that lead to a function; those that are only possible are not walked."""
    before = _Walked(predecessors, possible=False, backwards=True)
    side = _Side(end)
    nobody = _Side(end)
    for _ in range(levels):
        side.widen(before, nobody)
        if len(side.distance) > most:
            return None
        if not side.frontier:
            break
    return frozenset(side.distance)


class _Walked:
    """The edges out of a function (backwards: into it) that may be walked."""

    def __init__(self, edges: Successors, possible: bool, *, backwards: bool = False) -> None:
        self._edges = edges
        self._possible = possible
        self._backwards = backwards

    def of(self, function: FunctionRef) -> list[Edge]:
        if function.external and not self._backwards:
            return []
        return [
            edge
            for edge in self._edges(function)
            if edge.callee is not None and (self._possible or edge.confidence != "possible")
        ]

    def far(self, edge: Edge) -> FunctionRef:
        return edge.caller if self._backwards or edge.callee is None else edge.callee


class _Side:
    """What is reached from one end: distances and the outermost level."""

    def __init__(self, origin: FunctionRef) -> None:
        self.distance = {origin: 0}
        self.frontier = [origin]
        self.edges: dict[FunctionRef, list[Edge]] = {}

    def widen(self, walked: _Walked, other: "_Side") -> bool:
        """Reach one level further; whether it met the other side. One's own side is searched to the end of the
        level, so that every function of it is known."""
        level: list[FunctionRef] = []
        met = False
        for function in self.frontier:
            found = self.edges[function] = walked.of(function)
            for edge in found:
                far = walked.far(edge)
                if far not in self.distance:
                    self.distance[far] = self.distance[function] + 1
                    level.append(far)
                    met = met or far in other.distance
        self.frontier = level
        return met


def _first_path(
    start: FunctionRef,
    end: FunctionRef,
    ahead: _Side,
    behind: _Side,
    walked: _Walked,
) -> list[Edge]:
    """The first in source order among the shortest paths between two sides that have met."""
    total = min(d + behind.distance[f] for f, d in ahead.distance.items() if f in behind.distance)
    left = {f: d for f, d in behind.distance.items() if f in ahead.distance and ahead.distance[f] + d == total}
    # towards the end: what the meeting functions lead to, level by level
    for function in sorted(behind.edges, key=lambda f: (-behind.distance[f], f)):
        distance = behind.distance[function]
        if any(left.get(edge.caller) == distance + 1 for edge in behind.edges[function]):
            left[function] = distance
    # towards the start: what leads to them
    for function in sorted(ahead.edges, key=lambda f: (-ahead.distance[f], f)):
        distance = total - ahead.distance[function]
        if any(left.get(walked.far(edge)) == distance - 1 for edge in ahead.edges[function]):
            left[function] = distance
    path: list[Edge] = []
    at = start
    while at != end:
        edges = ahead.edges[at] if at in ahead.edges else walked.of(at)
        edge = next(e for e in edges if left.get(walked.far(e)) == left[at] - 1)
        path.append(edge)
        at = walked.far(edge)
    return path


def distances_to(graph: RootedGraph, target: FunctionRef) -> dict[FunctionRef, int]:
    """For each function of the graph from which `target` is reached walking away from the root:
    the number of calls in between. Without `target` itself in the graph: empty."""
    if target not in graph.depths:
        return {}
    before: dict[FunctionRef, list[FunctionRef]] = {}
    for function, sites in graph.sites.items():
        for site in sites:
            for edge in site.targets:
                end = graph.far_end(edge)
                if end is not None:
                    before.setdefault(end, []).append(function)
    distances = {target: 0}
    queue = deque([target])
    while queue:
        function = queue.popleft()
        for previous in before.get(function, ()):
            if previous not in distances:
                distances[previous] = distances[function] + 1
                queue.append(previous)
    return distances


def paths_to(graph: RootedGraph, target: FunctionRef) -> RootedGraph:
    """The graph pruned to the functions and sites that lie on a way from its root to `target`.

    The target is not expanded. A site keeps only the targets that lead on; its count stays, so that
    a listed few of many alternatives remain visible as such. Grow with `Fold(targets=None)` (and a
    `limit`) when ways through folded targets matter. Without any way only the root is left.
    """
    distances = distances_to(graph, target)
    sites: dict[FunctionRef, tuple[Site, ...]] = {}
    for function, found in graph.sites.items():
        if function not in distances or function == target:
            continue
        kept: list[Site] = []
        for site in found:
            targets = tuple(edge for edge in site.targets if graph.far_end(edge) in distances)
            if targets:
                kept.append(Site(site.edge, targets, site.total, site.possible, site.count))
        if kept:
            sites[function] = tuple(kept)
    on_way = {f: d for f, d in graph.depths.items() if f in distances or f == graph.root}
    return RootedGraph(
        graph.root,
        graph.reverse,
        graph.depth,
        on_way,
        sites,
        hidden=graph.hidden,
        truncated=graph.truncated,
    )
