"""Keeping a drawing readable: which functions of a rooted graph are drawn when there are too many.

Functions are opened level by level from the root, the smallest subtrees first, as long as the
budget lasts; so it is the largest subtrees that are folded, and each is counted where it hangs.

Not handled: choosing by importance.
"""

from collections.abc import Mapping
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


def fit(graph: RootedGraph, max_functions: int) -> Budgeted:
    """The functions to draw, at most `max_functions` (at least the root)."""
    ends = {function: _ends(graph, function) for function in graph.depths}
    # Each function hangs below the first one that leads to it: a spanning tree, in graph order.
    children: dict[FunctionRef, list[FunctionRef]] = {}
    seen = {graph.root}
    for function in graph.depths:
        for end in ends[function]:
            if end not in seen:
                seen.add(end)
                children.setdefault(function, []).append(end)
    sizes = _sizes(graph, children)
    drawn = {graph.root}
    closed: set[FunctionRef] = set()
    level = [graph.root]
    while level:
        following: list[FunctionRef] = []
        for function in sorted(level, key=lambda f: sizes[f]):
            below = children.get(function, [])
            room = max_functions - len(drawn)
            # The root is opened as far as there is room; others wholly or not at all.
            if function != graph.root and len(below) > room:
                closed.add(function)
                continue
            shown = below[: max(room, 0)]
            drawn.update(shown)
            following.extend(shown)
        level = following
    folded: dict[FunctionRef, int] = {}
    for function in graph.depths:
        if function in drawn:
            own = children.get(function, [])
            missing = sum(sizes[child] for child in own if child not in drawn)
            owned = set(own)
            missing += sum(end not in drawn and end not in owned for end in ends[function])
            if missing:
                folded[function] = missing
    return Budgeted(tuple(f for f in graph.depths if f in drawn), folded, frozenset(closed))


def _ends(graph: RootedGraph, function: FunctionRef) -> tuple[FunctionRef, ...]:
    """The functions that this one leads to, each once, in order."""
    ends = (graph.far_end(edge) for site in graph.sites.get(function, ()) for edge in site.targets)
    return tuple(dict.fromkeys(end for end in ends if end is not None and end in graph.depths))


def _sizes(graph: RootedGraph, children: Mapping[FunctionRef, list[FunctionRef]]) -> dict[FunctionRef, int]:
    sizes: dict[FunctionRef, int] = {}
    # A child is always found after the function it hangs below.
    for function in reversed(tuple(graph.depths)):
        sizes[function] = 1 + sum(sizes[child] for child in children.get(function, ()))
    return sizes
