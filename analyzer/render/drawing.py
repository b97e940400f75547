"""What a diagram shows, before any diagram language: boxes, junctions, links, grouped by file.

A direct call is a link. A computed call with one target is a link with the slot as its label; with
several, a junction that names the slot and leads to each target; without any, a dead end.

Not handled: layout, and the look of things.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from analyzer.graph.budget import Budgeted, fit
from analyzer.graph.formats import Marked
from analyzer.graph.rooted import RootedGraph
from analyzer.graph.sites import Site, merge_sites
from analyzer.model.callgraph import Edge, FunctionRef
from analyzer.render.words import nearest_first, objects, outcome, place, plural, slot_name

_MAX_DEAD_ENDS = 2  # per function; more are drawn as one

LinkKind = Literal["direct", "indirect", "stem"]  # stem: from a caller to a junction or dead end


@dataclass(frozen=True, slots=True)
class Box:
    """A function. `folded`: how many functions below it are not drawn; `cut`: the depth limit ended
    there; `key` is unique in the drawing and readable; `reference`: it stands for a box drawn elsewhere; `held`:
    the tables by which every junction that leads here does so."""

    key: str
    function: FunctionRef
    root: bool
    folded: int
    cut: bool
    reference: bool = False
    held: str = ""


@dataclass(frozen=True, slots=True)
class Junction:
    """A computed call site of the function `owner` (and of others, when they call the same slot
    with the same targets); `resolved` is False for a dead end."""

    key: str
    owner: FunctionRef
    label: str
    detail: str
    resolved: bool


@dataclass(frozen=True, slots=True)
class Link:
    """An arrow between two keys; `marked` when it is one of those that the caller asked to stand out, `failing`
    when it is taken only when something fails."""

    tail: str
    head: str
    kind: LinkKind
    label: str
    detail: str
    marked: bool = False
    failing: bool = False


@dataclass(frozen=True, slots=True)
class Drawing:
    """`boxes` and `junctions` in the graph's order, `links` caller by caller. `total`: functions in
    the graph, drawn or not."""

    title: str
    boxes: tuple[Box, ...]
    junctions: tuple[Junction, ...]
    links: tuple[Link, ...]
    total: int

    def by_file(self) -> dict[str, tuple[list[Box], list[Junction]]]:
        """Boxes and junctions per file, in order of appearance; external functions under ""."""
        return self.by_group(lambda file: file)

    def by_group(self, group: Callable[[str], str]) -> dict[str, tuple[list[Box], list[Junction]]]:
        """Boxes and junctions per group of files, in order of appearance; what has none under ""."""
        groups: dict[str, tuple[list[Box], list[Junction]]] = {}
        for box in self.boxes:
            name = group(box.function.file) if box.function.file else ""
            groups.setdefault(name, ([], []))[0].append(box)
        for junction in self.junctions:
            name = group(junction.owner.file) if junction.owner.file else ""
            groups.setdefault(name, ([], []))[1].append(junction)
        return groups

    def describe(self) -> str:
        """The diagram in one or two sentences, for people who cannot see it."""
        root = next(box for box in self.boxes if box.root)
        files = len({box.function.file for box in self.boxes if not box.function.external})
        direct = sum(link.kind == "direct" for link in self.links)
        indirect = sum(link.kind == "indirect" for link in self.links)
        dead = sum(not junction.resolved for junction in self.junctions)
        text = (
            f"{self.title}: {root.function.name} ({place(root.function)}), "
            f"{plural(sum(not b.reference for b in self.boxes), 'function')} in {plural(files, 'file')}, "
            f"{plural(direct, 'direct call')}, {plural(indirect, 'call')} through pointers"
        )
        if dead:
            text += f", {dead} unresolved"
        left_out = self.total - sum(not box.reference for box in self.boxes)
        return f"{text}. {plural(left_out, 'function')} not drawn." if left_out else f"{text}."


def draw(
    graph: RootedGraph,
    *,
    max_functions: int = 60,
    title: str | None = None,
    layout: str = "graph",
    marked: Marked = frozenset(),
    fold_errors: bool = False,
) -> Drawing:
    """The drawing of a graph within a budget of functions. In the layout `tree` a function that is reached in
    several ways is drawn where it is reached first; other ways end in a small box that refers to it. `marked`:
    (caller, callee) whose arrows stand out. `fold_errors`: what only failures lead to is not drawn."""
    budget = fit(graph, max_functions, fold_errors=fold_errors)
    name = graph.root.name
    default = f"Callers of {name}" if graph.reverse else f"Call graph of {name}"
    pen = _Pen(graph, budget, marked)
    pen.draw()
    boxes = tuple(
        Box(
            key(function),
            function,
            function == graph.root,
            budget.folded.get(function, 0),
            function in graph.cut or graph.omitted.get(function, 0) > 0,
        )
        for function in budget.functions
    )
    total = len(graph.depths)
    boxes, links = _holding(boxes, pen.links, {junction.key for junction in pen.junctions})
    if layout == "tree":
        boxes, links = _unfolded(boxes, links)
    return Drawing(title or default, boxes, tuple(pen.junctions), links, total)


def _holding(
    boxes: Sequence[Box], links: Sequence[Link], junctions: Collection[str]
) -> tuple[tuple[Box, ...], tuple[Link, ...]]:
    """The labels of arrows from junctions moved into the boxes that they lead to, where all of them agree: beside
    the arrows of a fan it cannot be told which is whose."""
    labels: dict[str, set[str]] = {}
    for link in links:
        if link.tail in junctions:
            labels.setdefault(link.head, set()).add(link.label)
    held = {head: found.pop() for head, found in labels.items() if len(found) == 1}
    return (
        tuple(replace(box, held=held.get(box.key, "")) for box in boxes),
        tuple(replace(link, label="") if link.tail in junctions and link.head in held else link for link in links),
    )


def _unfolded(boxes: Sequence[Box], links: Sequence[Link]) -> tuple[tuple[Box, ...], tuple[Link, ...]]:
    """Boxes that refer to others and the links of a tree: every box is led to once."""
    known = {box.key: box for box in boxes}
    reached = {box.key for box in boxes if box.root}
    references: list[Box] = []
    found: list[Link] = []
    for link in links:
        box = known.get(link.head)
        if box is None or link.head not in reached:
            reached.add(link.head)
            found.append(link)
            continue
        name = f"{link.head} again {len(references) + 1}"
        references.append(replace(box, key=name, root=False, folded=0, cut=False, reference=True))
        found.append(replace(link, head=name))
    return (*boxes, *references), tuple(found)


def key(function: FunctionRef) -> str:
    """A readable identifier without `:`, which DOT would take for a port."""
    if function.external:
        return f"{function.name} (external)"
    return f"{function.name} ({function.file} line {function.line})"


class _Pen:
    def __init__(self, graph: RootedGraph, budget: Budgeted, marked: Marked) -> None:
        self._marked = marked
        self._graph = graph
        self._drawn = frozenset(budget.functions)
        self._closed = budget.closed
        self.junctions: list[Junction] = []
        self.links: list[Link] = []
        self._shared: dict[object, str] = {}
        self._usual: set[FunctionRef | None] = set()  # what the function at hand calls also when nothing fails

    def draw(self) -> None:
        for function in self._graph.depths:
            if function not in self._drawn or function in self._closed:
                continue
            sites = self._graph.sites.get(function, ())
            if self._graph.reverse:
                self._callers(sites)
            else:
                self._usual = {
                    edge.callee
                    for site in sites
                    if site.edge.site not in self._graph.failing
                    for edge in site.targets
                }
                self._calls(function, merge_sites(sites))

    def _callers(self, sites: Sequence[Site]) -> None:
        by_ends: dict[object, list[Edge]] = {}
        for site in sites:
            for edge in site.targets:
                if edge.caller in self._drawn:
                    by_ends.setdefault((edge.caller, edge.slot, edge.kind), []).append(edge)
        for edges in by_ends.values():
            first = edges[0]
            if first.callee is not None:
                detail = "\n".join(_call_detail(edge) for edge in edges)
                self._link(key(first.caller), first, _label(first), detail)

    def _calls(self, function: FunctionRef, sites: Sequence[Site]) -> None:
        dead_ends: list[Site] = []
        linked: set[tuple[FunctionRef, str]] = set()
        for site in sites:
            drawn = [edge for edge in site.targets if edge.callee in self._drawn]
            if site.total == 0:
                dead_ends.append(site)
            elif site.total == 1:
                for edge in drawn:
                    ends = edge.callee or edge.caller, _label(edge)
                    # Calls of the same under different guards are one arrow.
                    if ends not in linked:
                        linked.add(ends)
                        self._link(key(function), edge, _label(edge), _site_detail(site))
            else:
                self._fan(function, site, drawn)
        if len(dead_ends) > _MAX_DEAD_ENDS:
            detail = "\n".join(_site_detail(site) for site in dead_ends)
            self._stem(function, f"{len(dead_ends)} unresolved calls", detail, resolved=False)
        else:
            for site in dead_ends:
                label = site.edge.expression.partition("(")[0].strip() or site.edge.expression
                self._stem(function, label, _site_detail(site), resolved=False)

    def _fan(self, function: FunctionRef, site: Site, drawn: Sequence[Edge]) -> None:
        head = slot_name(site.edge.slot) if site.edge.slot else site.edge.expression.partition("(")[0]
        count = plural(site.total, "candidate" if site.edge.kind == "direct" else "target")
        if len(drawn) < site.total:
            count += f", {len(drawn)} shown"
        # Callers of the same slot with the same targets share a junction: fewer arrows cross.
        shared = (site.edge.slot, tuple(edge.callee for edge in drawn), site.total)
        known = self._shared.get(shared) if site.edge.slot else None
        if known is not None:
            stem = Link(key(function), known, "stem", "", _site_detail(site), self._any(drawn), self._fails(drawn))
            self.links.append(stem)
            seen = {key(edge.callee) for edge in drawn if edge.callee is not None and self._is_marked(edge)}
            if seen:
                self.links = [
                    replace(link, marked=True) if link.tail == known and link.head in seen else link
                    for link in self.links
                ]
            return
        junction = self._stem(
            function,
            f"{head}\n{count}",
            _site_detail(site),
            resolved=True,
            marked=self._any(drawn),
            failing=self._fails(drawn),
        )
        self._shared[shared] = junction
        for edge in drawn:
            self._link(junction, edge, objects(nearest_first(edge)), _call_detail(edge))

    def _any(self, edges: Sequence[Edge]) -> bool:
        return any(self._is_marked(edge) for edge in edges)

    def _fails(self, edges: Sequence[Edge]) -> bool:
        """Whether a call is made only when something fails."""
        failing = self._graph.failing
        return bool(edges) and all(edge.site in failing and edge.callee not in self._usual for edge in edges)

    def _is_marked(self, edge: Edge) -> bool:
        return edge.callee is not None and (edge.caller, edge.callee) in self._marked

    def _stem(
        self,
        function: FunctionRef,
        label: str,
        detail: str,
        *,
        resolved: bool,
        marked: bool = False,
        failing: bool = False,
    ) -> str:
        name = f"call {len(self.junctions) + 1} of {function.name}"
        self.junctions.append(Junction(name, function, label, detail, resolved))
        self.links.append(Link(key(function), name, "stem", "", detail, marked, failing))
        return name

    def _link(self, tail: str, edge: Edge, label: str, detail: str) -> None:
        if edge.callee is not None:
            kind: LinkKind = "direct" if edge.kind == "direct" else "indirect"
            marked, failing = self._is_marked(edge), self._fails((edge,))
            self.links.append(Link(tail, key(edge.callee), kind, label, detail, marked, failing))


def _label(edge: Edge) -> str:
    if edge.kind == "direct":
        return ""
    return slot_name(edge.slot) if edge.slot else edge.kind.replace("_", " ")


def _call_detail(edge: Edge) -> str:
    certainty = "" if edge.confidence == "certain" else f", {edge.confidence}"
    return f"{edge.expression} at {edge.site.file}:{edge.site.line}{certainty}"


def _site_detail(site: Site) -> str:
    text = _call_detail(site.edge)
    if site.count > 1:
        text += f" and {site.count - 1} more"
    return text if site.single else f"{text}: {outcome(site)}"
