"""Keeping a drawing readable: which functions of a rooted graph are drawn when there are too many.

Helpers are folded first: functions of headers that lead to nothing but such functions. Then what only failures
lead to: of a function that only error paths call, the calls are not drawn. Then functions are opened level by
level from the root, those of the root's own folder first, then the smallest subtrees, as long as the budget lasts;
so it is the largest subtrees elsewhere that are folded. Each is counted where it hangs.

Not handled: choosing by importance.
"""

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analyzer.graph.rooted import RootedGraph
from analyzer.model.callgraph import FunctionRef


@dataclass(frozen=True, slots=True)
class Budgeted:
    """`functions` to draw, in the graph's order. `folded`: per drawn function, how many functions
    that hang below it (or that it calls elsewhere) are not drawn; absent when none. `closed` are
    those whose calls are not drawn at all."""

    functions: tuple[FunctionRef, ...]
    folded: Mapping[FunctionRef, int]
    closed: frozenset[FunctionRef]


def fit(graph: RootedGraph, max_functions: int, *, fold_errors: bool = False) -> Budgeted:
    """The functions to draw, at most `max_functions` (at least the root). What only failures lead to
    (`graph.failing`) is folded when there are more functions; with `fold_errors`, always, and not drawn."""
    order, children, normal = _spanning(graph)
    sizes: dict[FunctionRef, int] = {}
    for function in reversed(order):
        sizes[function] = 1 + sum(sizes[child] for child in children.get(function, ()))
    minor = _helpers(graph.root, order, children) if len(order) > max_functions else set()
    aside = set(order) - normal if fold_errors or len(order) > max_functions else set()
    drawn = {graph.root}
    closed = {function for function in aside if children.get(function)}
    level = [graph.root]
    home = posixpath.dirname(graph.root.file)
    while level:
        following: list[FunctionRef] = []
        for function in sorted(level, key=lambda f: (posixpath.dirname(f.file) != home, sizes[f])):
            below = children.get(function, [])
            if fold_errors:
                below = [child for child in below if child not in aside]
            below = [child for child in below if child not in minor]
            room = max_functions - len(drawn)
            # The root is opened as far as there is room; others wholly or not at all.
            if function != graph.root and len(below) > room:
                closed.add(function)
                continue
            shown = below[: max(room, 0)]
            drawn.update(shown)
            following.extend(child for child in shown if child not in aside)
        level = following
    folded: dict[FunctionRef, int] = {}
    for function in graph.depths:
        if function in drawn:
            own = children.get(function, [])
            missing = sum(sizes[child] for child in own if child not in drawn)
            owned = set(own)
            missing += sum(end not in drawn and end not in owned for end in _ends(graph, function))
            if missing:
                folded[function] = missing
    return Budgeted(tuple(f for f in graph.depths if f in drawn), folded, frozenset(closed & drawn))


def _helpers(
    root: FunctionRef, order: Sequence[FunctionRef], children: Mapping[FunctionRef, Sequence[FunctionRef]]
) -> set[FunctionRef]:
    """The functions that headers define and that lead to nothing but such functions."""
    found: set[FunctionRef] = set()
    for function in reversed(order):
        if function.file.endswith(".h") and all(child in found for child in children.get(function, ())):
            found.add(function)
    return found - {root}


def _spanning(
    graph: RootedGraph,
) -> tuple[list[FunctionRef], dict[FunctionRef, list[FunctionRef]], frozenset[FunctionRef]]:
    """Every function hangs below the first one that leads to it, by calls that are no error paths where there are
    such: functions in the order in which they were hung up, what hangs below each, and which of them hang without
    error paths."""
    children: dict[FunctionRef, list[FunctionRef]] = {}
    seen = {graph.root}
    order = [graph.root]

    def hang(function: FunctionRef, *, failing: bool) -> None:
        for end in _ends(graph, function, failing=failing):
            if end not in seen:
                seen.add(end)
                order.append(end)
                children.setdefault(function, []).append(end)

    for function in order:  # grows
        hang(function, failing=False)
    normal = frozenset(order)
    for function in order:
        hang(function, failing=True)
    return order, children, normal


def _ends(graph: RootedGraph, function: FunctionRef, *, failing: bool = True) -> tuple[FunctionRef, ...]:
    """The functions that this one leads to, each once, in order; without `failing`, those of calls on error paths
    only are left out."""
    ends = (
        graph.far_end(edge)
        for site in graph.sites.get(function, ())
        if failing or site.edge.site not in graph.failing
        for edge in site.targets
    )
    return tuple(dict.fromkeys(end for end in ends if end is not None and end in graph.depths))
