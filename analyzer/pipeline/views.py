"""Trees, graphs and paths of a session: what is asked of one kernel, grown and folded for a reader.

Not handled: formats and files (`analyzer.pipeline.outputs`, `analyzer.render`).
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from analyzer.errors import KcgError
from analyzer.graph.detail import Detail
from analyzer.graph.error_paths import failing_sites
from analyzer.graph.hide import default_hide, parse_hide
from analyzer.graph.paths import leading_to, paths_to, shortest_path
from analyzer.graph.rooted import RootedGraph, Successors, grow
from analyzer.graph.sites import Fold
from analyzer.graph.tree import CallTree, Reading, build_tree
from analyzer.model.callgraph import Edge, Function, FunctionRef, Location
from analyzer.pipeline.bindings import parse_bindings
from analyzer.pipeline.session import Session
from analyzer.render.lines import Facts

if TYPE_CHECKING:  # bindings need the resolver, which most answers do without
    from analyzer.pipeline.narrowing import Narrowed

__all__ = [
    "View",
    "facts",
    "hide_notice",
    "indirect_calls",
    "parse_bindings",
    "path",
    "rooted",
    "tree",
    "with_failing",
]

_SMALL = 300  # functions that are looked at without asking whether they lead anywhere
MAX_FUNCTIONS = 20_000  # of a tree; a graph of more is read by nobody


@dataclass(frozen=True, slots=True)
class View:
    """How far a graph is grown and what it leaves out. `targets`: listed per call site, 0 is all of
    them; `to`: only what leads to that function; `hide` as `--hide` spells it."""

    depth: int
    reverse: bool = False
    to: str | None = None
    hide: str = "default"
    targets: int | None = None
    listed: int = 48  # a site with no more targets than this names them all
    possible: bool = False
    bind: tuple[str, ...] = ()  # `parameter=constant` of the root
    near: bool = False  # follow large target sets only in the root's own part of the kernel, also with `targets`
    narrow: bool = False  # follow objects and constants from the root also without bindings


def hide_notice(spec: str) -> str:
    """One line that says what is hidden, "" when nothing is. Raises KcgError for a bad spelling."""
    hide = parse_hide(spec)
    if not hide:
        return ""
    if hide == default_hide():
        return f"hiding noise (default: {hide.describe()}); --hide none shows all"
    return f"hiding {hide.describe()}; --hide none shows all"


def rooted(session: Session, root: str, view: View) -> tuple[RootedGraph, Function | None]:
    """The graph around a root, pruned to what leads to `view.to`, and that function.

    Raises KcgError for unknown and ambiguous names; a `to` that is not reached leaves the root
    alone.
    """
    graph, end, _ = _grown(session, root, view)
    return graph, end


def with_failing(session: Session, graph: RootedGraph, *, drawn: int) -> RootedGraph:
    """The same graph with the call sites that run only when something fails, as a picture of at most `drawn`
    functions can show them."""
    return replace(graph, failing=failing_sites(graph, session.body, most=4 * drawn))


def _grown(session: Session, root: str, view: View) -> tuple[RootedGraph, Function | None, "Narrowed | None"]:
    """The same, and what bindings say of it."""
    hide = parse_hide(view.hide)
    start = session.find(root)
    end = session.find(view.to) if view.to else None

    def leads_on(ref: FunctionRef) -> bool:
        if any(not name or not hide.hides_name(name) for name in session.call_names(ref)):
            return True
        return any(not hide.hides(edge) for edge in session.callees(ref))

    def grown(successors: Successors, depth: int = view.depth) -> RootedGraph:
        return grow(
            start.ref,
            successors,
            depth=depth,
            hide=hide,
            fold=_fold(session, view, start.ref),
            reverse=view.reverse,
            keep=(end.ref.name,) if end else (),
            limit=MAX_FUNCTIONS,
            has_calls=None if view.reverse else (lambda _: False) if end else leads_on,
        )

    def callees(ref: FunctionRef) -> Sequence[Edge]:
        return with_possible(session, ref) if view.possible else session.callees(ref)

    bindings = parse_bindings(view.bind)
    if bindings or view.narrow:
        from analyzer.pipeline.narrowing import Narrowed

        if view.reverse:
            raise KcgError("Bindings go from a root to what it calls.", hint="Leave out --reverse or --bind.")
        narrowed = Narrowed(session, start, bindings, depth=view.depth, hide=hide)
        graph = narrowed.grown(grown)
    elif end is not None and not view.reverse and not view.possible:
        narrowed = None
        graph = _toward(session, end.ref, view.depth, grown)
    else:
        narrowed = None
        graph = grown(session.callers if view.reverse else callees)
    if end is not None:
        graph = paths_to(graph, end.ref)
        if narrowed is None and not view.reverse:
            graph = _carried(session, graph, end.ref)
    return graph, end, narrowed


def _carried(session: Session, graph: RootedGraph, end: FunctionRef) -> RootedGraph:
    """The same without calls of functions that lead on by calling a parameter, where the call hands over something
    else: `do_one_initcall()` of one level of initcalls calls none of another."""

    def onward(edge: Edge) -> list[Edge]:
        return [e for site in graph.sites.get(edge.callee or edge.caller, ()) for e in site.targets]

    def hands_on(edge: Edge, following: Edge) -> bool:
        """Also when what follows only hands on what it was given."""
        if not session.carries(edge, following):
            return False
        more = onward(following) if following.kind == "direct" and following.callee != end else []
        return not more or any(session.carries(edge, following, e) for e in more)

    def leads_on(edge: Edge) -> bool:
        following = onward(edge)
        return edge.callee == end or not following or any(hands_on(edge, e) for e in following)

    sites = {
        function: tuple(site for site in found if site.single is None or leads_on(site.single))
        for function, found in graph.sites.items()
    }
    if sites == graph.sites:
        return graph
    return paths_to(replace(graph, sites=sites), end)


def _toward(
    session: Session, end: FunctionRef, depth: int, grown: Callable[[Successors, int], RootedGraph]
) -> RootedGraph:
    """The graph of `depth` calls as far as it leads to `end`. It is grown whole while it is small; from there on
    only functions are asked for their calls that are known, from searching backwards, to lead to the end."""
    within = 0
    graph = grown(session.callees, within)
    while within < depth and len(graph.depths) <= _SMALL:
        within += 1
        graph = grown(session.callees, within)
    if within == depth:
        return graph
    near = leading_to(end, session.callers, levels=depth - within)
    if near is None:
        return grown(session.callees, depth)
    whole = graph.sites.keys()

    def leading(ref: FunctionRef) -> Sequence[Edge]:
        return session.callees(ref) if ref in whole or ref in near else ()

    found = grown(leading, depth)
    # What is handed on from member to member is found forwards only.
    return found if end in found.depths else grown(session.callees, depth)


def tree(
    session: Session, root: str, view: View, detail: Detail | None = None
) -> tuple[CallTree, Function | None]:
    """The tree of that graph with what `detail` shows between its calls, and the function of `view.to`."""
    if detail and detail.needs_bodies:
        view = replace(view, listed=0)  # among statements, dozens of targets bury what happens
    graph, end, bound = _grown(session, root, view)
    reading = Reading(detail or Detail(), session.body, session.function, bound)
    return build_tree(graph, to=end.ref if end else None, reading=reading), end


def facts(session: Session) -> Facts:
    """What lines of a tree can tell of its functions."""

    def comment(ref: FunctionRef) -> str:
        found = session.comment(ref)
        return found.summary if found else ""

    return Facts(session.function, comment, session.selector)


def _fold(session: Session, view: View, root: FunctionRef) -> Fold:
    home, slash, _ = root.file.partition("/")
    fold = Fold(
        possible=view.possible,
        weight=session.weight,
        home=f"{home}/" if slash else "",
        near=bool(slash) and (view.targets is None or view.near),
    )
    if view.targets == 0:
        return replace(fold, targets=None, callers=None)
    if view.targets is None:
        return replace(fold, listed=view.listed)
    return replace(fold, targets=view.targets, callers=view.targets)


def path(
    session: Session, start: str, end: str, *, possible: bool = False
) -> tuple[Function, Function, list[Edge] | None]:
    """Both ends and the edges of a shortest way between them, None when there is none."""
    first, last = session.find(start), session.find(end)
    barred: set[tuple[FunctionRef, FunctionRef | None]] = set()

    def callees(ref: FunctionRef) -> list[Edge]:
        return [edge for edge in session.callees(ref) if (edge.caller, edge.callee) not in barred]

    def callers(ref: FunctionRef) -> list[Edge]:
        return [edge for edge in session.callers(ref) if (edge.caller, edge.callee) not in barred]

    while True:
        found = shortest_path(first.ref, last.ref, callees, predecessors=callers, possible=possible)
        wrong = [a for a, b in pairwise(found or ()) if not session.carries(a, b)]
        if not wrong:
            return first, last, found
        barred.update((edge.caller, edge.callee) for edge in wrong)


def with_possible(session: Session, ref: FunctionRef) -> tuple[Edge, ...]:
    """The edges of a function, those by nothing but their signature in place of the unresolved ones."""
    more: dict[object, list[Edge]] = {}
    for edge in session.alike(ref):
        more.setdefault((edge.site, edge.expression, edge.kind), []).append(edge)
    return tuple(
        found
        for edge in session.callees(ref)
        for found in (edge.callee is None and more.get((edge.site, edge.expression, edge.kind))) or (edge,)
    )


def indirect_calls(
    session: Session, spelled: str, *, possible: bool = False
) -> tuple[Function, tuple[Edge, ...], Mapping[Location, int]]:
    """A function, spelled `NAME` or `NAME:LINE`, the edges of its computed calls (of that line), and how many
    address-taken functions have the signature of a call that has no target. With `possible`, these are targets.
    Raises KcgError when that line has none."""
    name, colon, last = spelled.rpartition(":")
    line = int(last) if colon and last.isdecimal() else 0
    function = session.find(name if line else spelled)
    found = with_possible(session, function.ref) if possible else session.callees(function.ref)
    edges = tuple(edge for edge in found if edge.kind != "direct")
    alike = Counter(edge.site for edge in session.alike(function.ref)) if not possible else {}
    if not line:
        return function, edges, alike
    chosen = tuple(edge for edge in edges if edge.site.line == line)
    if not chosen:
        lines = ", ".join(str(n) for n in sorted({edge.site.line for edge in edges}))
        raise KcgError(
            f"{function.ref.name} has no indirect call on line {line}.",
            hint=f"It has some on {lines}." if lines else "It has none at all.",
        )
    return function, chosen, alike
