"""The call tree of a rooted graph: what `kcg tree` prints and `kcg graph` can draw.

A tree alternates functions and call sites: a `TreeFunction` has items, a `TreeItem` is a call site
whose targets are `TreeFunction`s again. (Other steps of a body, assignments and conditions, join
the items of a function as further item types.) A function is expanded where it first appears;
later it is marked `repeated`, unless it can be shown deeper there than the depth limit allowed
before.

Not handled: depths beyond MAX_DEPTH, which no reader follows; the tree is cut there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from analyzer.graph.paths import distances_to
from analyzer.graph.rooted import RootedGraph
from analyzer.graph.sites import Site, merge_sites
from analyzer.model.callgraph import Edge, FunctionRef

MAX_DEPTH = 150  # the builder and its readers recurse once or twice per level

# cut: has more calls than the limits show; repeated: expanded earlier in the tree;
# recursive: is its own ancestor; external: called, but defined nowhere in the analysed tree.
Mark = Literal["", "cut", "repeated", "recursive", "external"]


@dataclass(frozen=True, slots=True)
class TreeFunction:
    """A function at one place of the tree. `edge` leads here (None at the root); `depth` counts
    calls from the root; `omitted` counts callers that are not listed (reverse trees only)."""

    function: FunctionRef
    edge: Edge | None
    depth: int
    mark: Mark = ""
    items: tuple["TreeItem", ...] = ()
    omitted: int = 0


@dataclass(frozen=True, slots=True)
class TreeItem:
    """A call site with its listed targets. In a reverse tree the one target is the caller."""

    site: Site
    targets: tuple[TreeFunction, ...]

    @property
    def unresolved(self) -> bool:
        """Whether nothing at all is known that could be called here."""
        return self.site.unresolved

    @property
    def folded(self) -> int:
        """How many targets are counted but not listed."""
        return self.site.folded


@dataclass(frozen=True, slots=True)
class CallTree:
    """`root` with everything below; `hidden` sites were left out as noise; `reverse`: callers."""

    root: TreeFunction
    reverse: bool
    hidden: int
    truncated: bool = False


def build_tree(
    graph: RootedGraph,
    *,
    depth: int | None = None,
    merge: bool = True,
    to: FunctionRef | None = None,
) -> CallTree:
    """The tree of a grown graph, at most `depth` calls deep (default: all that was grown).

    With `merge`, calls of one function that call the same appear once with a count. With `to`, only
    branches that reach that function within the depth are kept, and nothing below it.
    """
    limit = min(MAX_DEPTH, graph.depth if depth is None else depth)
    toward = None if to is None else distances_to(graph, to)
    root = _Builder(graph, limit, merge, to, toward).build()
    return CallTree(root, graph.reverse, graph.hidden, graph.truncated)


class _Builder:
    def __init__(
        self,
        graph: RootedGraph,
        limit: int,
        merge: bool,
        to: FunctionRef | None,
        toward: Mapping[FunctionRef, int] | None,
    ) -> None:
        self._graph = graph
        self._limit = limit
        self._merge = merge
        self._to = to
        self._toward = toward
        self._sites: dict[FunctionRef, tuple[Site, ...]] = {}
        # The depth at which a function was expanded, and whether limits cut anything below it.
        self._expanded: dict[FunctionRef, tuple[int, bool]] = {}
        self._ancestors: set[FunctionRef] = set()

    def build(self) -> TreeFunction:
        return self._place(self._graph.root, None, 0)[0]

    def _place(self, function: FunctionRef, edge: Edge | None, depth: int) -> tuple[TreeFunction, bool]:
        """The function at a place, and whether it is complete: nothing at or below it is cut."""
        if function in self._ancestors:
            return TreeFunction(function, edge, depth, "recursive"), True
        if function.external and not self._graph.reverse:
            return TreeFunction(function, edge, depth, "external"), True
        if function == self._to and depth:
            return TreeFunction(function, edge, depth), True
        earlier = self._expanded.get(function)
        if earlier and (earlier[1] or earlier[0] <= depth):
            return TreeFunction(function, edge, depth, "repeated"), earlier[1]
        sites = self._sites_of(function)
        if not sites or depth >= self._limit:
            cut = bool(sites) or (function in self._graph.cut and self._toward is None)
            return TreeFunction(function, edge, depth, "cut" if cut else ""), not cut
        self._ancestors.add(function)
        items, complete = self._items(sites, depth + 1)
        self._ancestors.remove(function)
        self._expanded[function] = depth, complete
        omitted = self._graph.omitted.get(function, 0)
        return TreeFunction(function, edge, depth, "", items, omitted), complete

    def _items(self, sites: tuple[Site, ...], depth: int) -> tuple[tuple[TreeItem, ...], bool]:
        items: list[TreeItem] = []
        complete = True
        for site in sites:
            targets: list[TreeFunction] = []
            for edge in site.targets:
                end = self._graph.far_end(edge)
                if end is None or (self._toward is not None and end not in self._toward):
                    continue
                if not self._leads_on(end, depth):
                    complete = False
                    continue
                target, whole = self._place(end, edge, depth)
                if self._dead_end(target):
                    self._expanded.pop(end, None)
                    continue
                targets.append(target)
                complete = complete and whole
            if targets or self._toward is None:
                items.append(TreeItem(site, tuple(targets)))
        return tuple(items), complete

    def _leads_on(self, function: FunctionRef, depth: int) -> bool:
        """With `to`: whether it is near enough, and not on the way already."""
        if self._toward is None:
            return True
        return depth + self._toward[function] <= self._limit and function not in self._ancestors

    def _dead_end(self, target: TreeFunction) -> bool:
        """With `to`: its only ways on lead back through its own ancestors."""
        return (
            self._toward is not None
            and target.function != self._to
            and not target.items
            and target.mark != "repeated"
        )

    def _sites_of(self, function: FunctionRef) -> tuple[Site, ...]:
        sites = self._sites.get(function)
        if sites is None:
            sites = self._graph.sites.get(function, ())
            if self._merge:
                sites = _merge_callers(sites) if self._graph.reverse else merge_sites(sites)
            self._sites[function] = sites
        return sites


def _merge_callers(sites: tuple[Site, ...]) -> tuple[Site, ...]:
    """In reverse: several calls from one caller become one with a count."""
    merged: dict[FunctionRef, Site] = {}
    for site in sites:
        first = merged.get(site.edge.caller)
        count = first.count + site.count if first else site.count
        base = first or site
        merged[site.edge.caller] = replace(base, count=count)
    return tuple(merged.values())
