"""The edges of one function grouped by call site, with big target sets folded.

A site lists at most `Fold.targets` targets: the best supported ones first, and among equals those
whose place weighs most. What is not listed is counted, never dropped silently. Targets that
are only `possible` are counted apart and listed only when asked for.

Not handled: the order of evaluation inside one expression; sites come in the order of their edges.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace

import msgspec

from analyzer.model.callgraph import Confidence, Edge, FunctionRef
from analyzer.model.guards import shared

_RANK: dict[Confidence, int] = {"certain": 0, "likely": 1, "possible": 2}


def _weightless(file: str) -> int:
    return 0


@dataclass(frozen=True, slots=True)
class Fold:
    """Limits of display: `targets` listed per site, `callers` listed per function in reverse;
    None is no limit. `possible` lists the targets that are only possible, too. `weight` of a file
    orders equal targets, the heaviest first: what lies in a large subsystem is what most readers of a
    slot with dozens of implementations look for. A site with at most `listed` targets names them all,
    and those after the first `targets` are not followed. `home` is a folder whose targets come before those of
    others: that of the root. With `near`, a call outside of it with more than `targets` targets follows none of
    them: it is a detail that says nothing about which of them are meant."""

    targets: int | None = 8
    listed: int = 0
    callers: int | None = 24
    possible: bool = False
    weight: Callable[[str], int] = _weightless
    home: str = ""
    near: bool = False


@dataclass(frozen=True, slots=True)
class Site:
    """One call site (or, merged, several of one function that call the same).

    `edge` stands for the site's text, and its guard is what all targets share; `targets` are the listed edges;
    `total` counts all certain and likely targets (and the possible ones, when listed), `possible` the possible
    ones not listed.
    """

    edge: Edge
    targets: tuple[Edge, ...]
    total: int
    possible: int = 0
    count: int = 1
    followed: int | None = None  # how many of the listed targets are followed; None is all

    @property
    def folded(self) -> int:
        """How many targets are not listed."""
        return self.total - len(self.targets)

    @property
    def unresolved(self) -> bool:
        """Whether nothing at all is known that could be called here."""
        return self.total == 0 and self.possible == 0

    @property
    def single(self) -> Edge | None:
        """The edge of a direct call with exactly one callee, which is shown without
        alternatives."""
        if self.edge.kind == "direct" and self.total == 1 and self.targets:
            return self.targets[0]
        return None


def group_sites(
    edges: Sequence[Edge],
    *,
    hides: Callable[[Edge], bool] | None = None,
    fold: Fold | None = None,
    keep: Collection[str] = (),
) -> tuple[tuple[Site, ...], int]:
    """Sites of one caller's `edges` in order of first appearance, and how many `hides` left out.

    Targets whose names are in `keep` are listed before all others. A site goes only when all its
    targets are hidden.
    """
    fold = fold or Fold()
    groups: dict[object, list[Edge]] = {}
    for edge in edges:
        groups.setdefault(_key(edge), []).append(edge)
    sites: list[Site] = []
    hidden = 0
    for group in groups.values():
        visible = [edge for edge in group if not hides(edge)] if hides else group
        if visible:
            sites.append(_site(visible, fold, keep))
        else:
            hidden += 1
    return tuple(sites), hidden


def merge_sites(sites: Iterable[Site]) -> tuple[Site, ...]:
    """Later sites that call the same under the same guard become a count on the first, with all of their cases."""
    merged: dict[object, Site] = {}
    for site in sites:
        head = site.edge.expression.partition("(")[0]
        callees = tuple(edge.callee for edge in site.targets)
        # A direct call is its callee, whatever macro makes it; a computed one its expression, too.
        text = "" if site.single else head
        key = (site.edge.kind, site.edge.guard, text, site.edge.slot, callees, site.total)
        first = merged.get(key)
        if first is None:
            merged[key] = site
        else:
            cases = dict.fromkeys((*first.edge.case.split(", "), *site.edge.case.split(", ")))
            edge = msgspec.structs.replace(first.edge, case=", ".join(cases) if all(cases) else "")
            merged[key] = replace(first, edge=edge, count=first.count + site.count)
    return tuple(merged.values())


def rank(edge: Edge, weight: Callable[[str], int] = _weightless) -> tuple[int, int, str, str, int]:
    """Order of display of a target: confidence, weight of its place, then file, name and line."""
    callee = edge.callee or FunctionRef("")
    return _RANK[edge.confidence], -weight(callee.file), callee.file, callee.name, callee.line


def _key(edge: Edge) -> object:
    # A macro's body can make several calls at one place with one text: the callee tells them apart.
    name = edge.callee.name if edge.callee and edge.kind == "direct" else ""
    return edge.site, edge.expression, edge.macros, edge.kind, edge.slot, name


def _site(edges: list[Edge], fold: Fold, keep: Collection[str]) -> Site:
    resolved: dict[FunctionRef, Edge] = {}
    for edge in edges:
        if edge.callee is not None:
            known = resolved.get(edge.callee)
            if known is None or _RANK[edge.confidence] < _RANK[known.confidence]:
                resolved[edge.callee] = edge
    candidates = [
        edge
        for callee, edge in resolved.items()
        if fold.possible or edge.confidence != "possible" or callee.name in keep
    ]
    candidates.sort(
        key=lambda edge: (
            edge.callee is None or edge.callee.name not in keep,
            bool(fold.home and edge.callee and not edge.callee.file.startswith(fold.home)),
            rank(edge, fold.weight),
        )
    )
    possible = len(resolved) - len(candidates)
    everything = fold.targets is None or len(candidates) <= max(fold.targets, fold.listed)
    listed = candidates if everything else candidates[: fold.targets]
    followed = fold.targets
    if fold.near and followed is not None and len(candidates) > followed and not _at_home(edges[0], fold):
        followed = sum(edge.callee is not None and edge.callee.name in keep for edge in listed)
    # what only some targets depend on is no condition of the call
    guard = shared([e.guard for e in candidates or edges])
    first = edges[0]
    edge = first if guard == first.guard else msgspec.structs.replace(first, guard=guard)
    return Site(edge, tuple(listed), len(candidates), possible, followed=followed)


def _at_home(edge: Edge, fold: Fold) -> bool:
    return edge.site.file.startswith(fold.home)
