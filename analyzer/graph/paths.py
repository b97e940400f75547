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


def shortest_path(
    start: FunctionRef,
    end: FunctionRef,
    successors: Successors,
    *,
    limit: int = 200_000,
    possible: bool = False,
) -> list[Edge] | None:
    """The edges of a shortest call path, in order, or None when there is none.

    Edges that are only possible are walked only with `possible`. Among equally short paths the one
    through the earlier call sites is given. `[]` when both ends are the same function. Raises
    KcgError when `limit` functions were looked at without an answer.
    """
    if start == end:
        return []
    reached: dict[FunctionRef, Edge | None] = {start: None}
    queue = deque([start])
    expanded = 0
    while queue:
        function = queue.popleft()
        expanded += 1
        if expanded > limit:
            raise KcgError(
                f"no path from {start.name} to {end.name} among the nearest {limit} functions",
                hint="start closer to the end",
            )
        for edge in successors(function):
            callee = edge.callee
            if callee is None or callee in reached:
                continue
            if edge.confidence == "possible" and not possible:
                continue
            reached[callee] = edge
            if callee == end:
                return _trace(reached, end)
            if not callee.external:
                queue.append(callee)
    return None


def _trace(reached: dict[FunctionRef, Edge | None], end: FunctionRef) -> list[Edge]:
    path: list[Edge] = []
    edge = reached[end]
    while edge is not None:
        path.append(edge)
        edge = reached[edge.caller]
    path.reverse()
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
