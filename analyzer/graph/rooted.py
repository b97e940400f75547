"""The rooted graph: what is reachable from a function, breadth-first, each function expanded once.

Edges are asked for while growing, so that only what is shown is ever resolved. Big target sets are
followed only as far as they are listed (`analyzer.graph.sites`).

Not handled: several roots, and removing functions from a grown graph other than by `paths_to`.
"""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from analyzer.graph.hide import Hide
from analyzer.graph.sites import Fold, Site, group_sites
from analyzer.model.callgraph import Edge, FunctionRef, Location

if TYPE_CHECKING:
    import networkx

# In reverse, the same callable type gives the edges that lead to a function.
Successors = Callable[[FunctionRef], Sequence[Edge]]


@dataclass(frozen=True, slots=True)
class RootedGraph:
    """Functions around `root` with their call sites, in the order of discovery.

    `depth` is the limit it was grown to. `depths` holds every function; `sites` those that were
    expanded. `reverse` tells that growing went from callees to callers: then `sites[f]` are the
    calls *to* f. `cut` are functions that have more calls than the depth or the size limit let
    through. `omitted` counts the callers that were not listed, per function; `hidden` the sites
    left out as noise. `truncated`: the size limit was hit. `failing` are the places of the call sites
    that run only when something fails, as far as they were asked for.
    """

    root: FunctionRef
    reverse: bool
    depth: int
    depths: Mapping[FunctionRef, int]
    sites: Mapping[FunctionRef, tuple[Site, ...]]
    cut: frozenset[FunctionRef] = frozenset()
    omitted: Mapping[FunctionRef, int] = field(default_factory=dict)
    hidden: int = 0
    truncated: bool = False
    failing: frozenset[Location] = frozenset()

    def functions(self) -> tuple[FunctionRef, ...]:
        """All functions, the root first, in the order in which they were found."""
        return tuple(self.depths)

    def edges(self) -> Iterator[Edge]:
        """Every listed edge and one edge for every unresolved site, caller by caller."""
        for sites in self.sites.values():
            for site in sites:
                if site.unresolved:
                    yield site.edge
                else:
                    yield from site.targets

    def far_end(self, edge: Edge) -> FunctionRef | None:
        """Where an edge leads when walking away from the root."""
        return edge.caller if self.reverse else edge.callee

    def to_networkx(self) -> "networkx.MultiDiGraph[FunctionRef]":
        """The same as a networkx graph: functions with `depth`, resolved edges with `edge`.

        Edges point from caller to callee also in reverse. Unresolved sites have no second end and
        are not in it.
        """
        # networkx takes 0.15 s to import, more than a warm tree takes; trees do not need it.
        import networkx

        graph: networkx.MultiDiGraph[FunctionRef] = networkx.MultiDiGraph()
        for function, depth in self.depths.items():
            graph.add_node(function, depth=depth)
        for edge in self.edges():
            if edge.callee is not None:
                graph.add_edge(edge.caller, edge.callee, edge=edge)
        return graph


def grow(
    root: FunctionRef,
    successors: Successors,
    *,
    depth: int,
    hide: Hide | None = None,
    fold: Fold | None = None,
    reverse: bool = False,
    keep: Collection[str] = (),
    limit: int | None = None,
    has_calls: Callable[[FunctionRef], bool] | None = None,
) -> RootedGraph:
    """The graph of what `root` reaches within `depth` calls (of what reaches it, with `reverse`).

    `successors` gives a function's edges in source order (in reverse: the edges that lead to it)
    and is asked once per function. `keep` are function names that are neither hidden nor folded
    away. `limit` bounds the number of functions. `has_calls` answers cheaply whether a function at
    the depth limit calls anything; without it `successors` is asked for those functions too.
    """
    fold = fold or Fold()
    shows = (hide or Hide()).showing({root.name, *keep})
    hides = None if not shows else _hides_caller(shows) if reverse else shows.hides
    depths: dict[FunctionRef, int] = {root: 0}
    sites: dict[FunctionRef, tuple[Site, ...]] = {}
    omitted: dict[FunctionRef, int] = {}
    cut: set[FunctionRef] = set()
    hidden = 0
    truncated = False
    listed: dict[FunctionRef, int] = {}  # named at a site with too many targets to follow
    queue = deque([root])
    while queue:
        function = queue.popleft()
        if function.external and not reverse:
            continue
        if depths[function] >= depth:
            if has_calls(function) if has_calls else _has(successors(function), hides):
                cut.add(function)
            continue
        if truncated:
            cut.add(function)
            continue
        edges = successors(function)
        if reverse:
            found, left_out, dropped = _callers(edges, hides, fold, keep)
            if dropped:
                omitted[function] = dropped
        else:
            found, left_out = group_sites(edges, hides=hides, fold=fold, keep=keep)
        sites[function] = found
        hidden += left_out
        for end, followed in _ends(found, reverse):
            if end not in depths and followed:
                depths[end] = depths[function] + 1
                queue.append(end)
            elif end not in depths:
                listed.setdefault(end, depths[function] + 1)
        truncated = limit is not None and len(depths) >= limit
    for end, at in listed.items():
        if end not in depths:
            depths[end] = at
            cut.add(end)
    return RootedGraph(root, reverse, depth, depths, sites, frozenset(cut), omitted, hidden, truncated)


def _ends(sites: Iterable[Site], reverse: bool) -> Iterator[tuple[FunctionRef, bool]]:
    """The functions that sites lead to, and whether they are followed there."""
    for site in sites:
        for number, edge in enumerate(site.targets):
            end = edge.caller if reverse else edge.callee
            if end is not None:
                yield end, site.followed is None or number < site.followed


def _hides_caller(hide: Hide) -> Callable[[Edge], bool]:
    """In reverse it is the caller that would be shown, so its name decides."""
    return lambda edge: hide.hides_name(edge.caller.name)


def _has(edges: Sequence[Edge], hides: Callable[[Edge], bool] | None) -> bool:
    return any(hides is None or not hides(edge) for edge in edges)


def _callers(
    edges: Sequence[Edge],
    hides: Callable[[Edge], bool] | None,
    fold: Fold,
    keep: Collection[str],
) -> tuple[tuple[Site, ...], int, int]:
    """Sites that call one function: listed, number hidden, number of callers not listed.

    In reverse every site has one far end, its caller, so sites are never folded but callers are;
    possible edges are left out unless asked for.
    """
    wanted = [edge for edge in edges if fold.possible or edge.confidence != "possible"]
    visible = [edge for edge in wanted if hides is None or not hides(edge)]
    callers = list(dict.fromkeys(edge.caller for edge in visible))
    if fold.callers is not None and len(callers) > fold.callers:
        callers.sort(key=lambda caller: caller.name not in keep)
        listed = set(callers[: fold.callers])
    else:
        listed = set(callers)
    sites = tuple(Site(edge, (edge,), 1) for edge in visible if edge.caller in listed)
    return sites, len(wanted) - len(visible), len(callers) - len(listed)
