"""The calls of one function, grouped by what they call, and what differs between two such groups.

A group is all call sites of a function that mean the same: a callee by name, a slot by struct and field, or a
computed callee by its text. Within a group, sites of the two versions are paired by likeness of their texts.

Not handled: the order of calls inside a group.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from analyzer.compare import guards
from analyzer.compare.likeness import bodies_alike, tokens
from analyzer.graph.sites import Fold, Site, group_sites
from analyzer.model.callgraph import Edge, FunctionRef
from analyzer.model.difference import CallSide, Change, What

Key = tuple[str, str]
_EVERYTHING = Fold(targets=None, callers=None)
_SPACES = re.compile(r"\s+")
_AROUND = re.compile(r"\s*([^\w\s])\s*")


@dataclass(frozen=True, slots=True)
class Group:
    """Sites with one key, in source order; `position` is that of the first among the function's groups."""

    key: Key
    sites: tuple[Site, ...]
    position: int

    @property
    def edge(self) -> Edge:
        """The first site's edge."""
        return self.sites[0].edge

    @property
    def callee(self) -> FunctionRef | None:
        """The one function that is called by name, None for computed calls and several candidates."""
        single = self.sites[0].single
        return single.callee if single else None

    @property
    def targets(self) -> dict[str, Edge]:
        """Edges by the name of the function they lead to; further ones of that name go by name and file."""
        found: dict[str, Edge] = {}
        for site in self.sites:
            for edge in site.targets:
                callee = edge.callee
                if callee is None:
                    continue
                first = found.setdefault(callee.name, edge)
                if first.callee != callee:
                    found.setdefault(f"{callee.name} ({callee.file}:{callee.line})", edge)
        return found


def groups_of(edges: Sequence[Edge], hides: Callable[[Edge], bool] | None) -> tuple[Group, ...]:
    """The groups of a function's calls, in order of first appearance. Targets that are only possible are left
    out."""
    sites, _ = group_sites(edges, hides=hides, fold=_EVERYTHING)
    found: dict[Key, list[Site]] = {}
    known = {(site.edge.site, site.edge.expression) for site in sites if site.total}
    for site in sites:
        if site.unresolved and site.edge.macros and (site.edge.site, site.edge.expression) in known:
            continue  # what another definition of the macro would do at this place, where one is understood
        if site.total or site.unresolved:
            found.setdefault(_key(site), []).append(site)
    return tuple(Group(key, tuple(group), at) for at, (key, group) in enumerate(found.items()))


def _key(site: Site) -> Key:
    edge = site.edge
    if edge.kind == "direct":
        return "call", edge.callee.name if edge.callee else head(edge.expression)
    if edge.slot is not None:
        return "slot", edge.slot.spelled
    if edge.kind in ("callback", "initcall", "tracepoint") and edge.callee is not None and site.total == 1:
        return edge.kind, edge.callee.name
    return "computed", head(edge.expression)


def head(expression: str) -> str:
    """The callee's text of a call: what stands before the parenthesis of its arguments."""
    text = expression.rstrip()
    depth = 0
    for at in range(len(text) - 1, -1, -1):
        depth += (text[at] == ")") - (text[at] == "(")
        if depth == 0 and text[at] == "(":
            return plain(text[:at])
    return plain(text)


def plain(text: str) -> str:
    """C text with no more spaces than words need, so that layout does not count."""
    return _AROUND.sub(r"\1", _SPACES.sub(" ", text.strip()))


def side_of(group: Group) -> CallSide:
    """What is shown of a group."""
    edge = group.edge
    callee = group.callee
    total = len(group.targets)
    return CallSide(
        callee=callee.name if callee else head(edge.expression),
        expression=edge.expression,
        file=edge.site.file,
        line=edge.site.line,
        kind=edge.kind,
        slot=edge.slot.spelled if edge.slot else "",
        guard=edge.guard,
        macros=edge.macros,
        count=len(group.sites),
        total=total,
    )


def differences(before: Group, after: Group) -> tuple[Change, ...]:
    """What differs between two groups that call the same, but for their targets. Symmetric."""
    found: dict[Change, None] = {}
    if before.edge.kind != after.edge.kind:
        same = before.edge.slot is not None and before.edge.slot == after.edge.slot
        kinds = [edge.kind if same else _kind(edge) for edge in (before.edge, after.edge)]
        found[Change("kind", *kinds)] = None
    pairs = _pairs(before.sites, after.sites)
    for i, j in sorted(pairs):
        for change in _site_changes(before.sites[i].edge, after.sites[j].edge):
            found[change] = None
    if len(before.sites) != len(after.sites):
        found[Change("count", str(len(before.sites)), str(len(after.sites)))] = None
    return tuple(sorted(found))


def _kind(edge: Edge) -> str:
    return edge.slot.spelled if edge.slot else edge.kind


def _site_changes(before: Edge, after: Edge) -> list[Change]:
    found: list[Change] = []
    if plain(before.expression) != plain(after.expression):
        what: What = "arguments"
        if before.kind != "direct" and head(before.expression) != head(after.expression):
            what = "expression"
        if what == "expression" or before.kind != "direct" or _arguments(before) != _arguments(after):
            found.append(Change(what, before.expression, after.expression))
    if not guards.same(guards.conjuncts(before.guard), guards.conjuncts(after.guard)):
        found.append(Change("guard", before.guard, after.guard))
    if before.macros[:1] != after.macros[:1]:
        found.append(
            Change("macro", before.macros[0] if before.macros else "", after.macros[0] if after.macros else "")
        )
    return found


def _arguments(edge: Edge) -> tuple[str, ...]:
    return tuple(plain(argument) for argument in edge.arguments)


def _pairs(before: Sequence[Site], after: Sequence[Site]) -> list[tuple[int, int]]:
    """Sites paired, the likest first; ties by nearness of their places, so that it is symmetric."""
    if len(before) == len(after) == 1:
        return [(0, 0)]
    scored = sorted(
        ((_likeness(a.edge, b.edge), i, j) for i, a in enumerate(before) for j, b in enumerate(after)),
        key=lambda s: (-s[0], abs(s[1] - s[2]), min(s[1], s[2])),
    )
    left, right = set(range(len(before))), set(range(len(after)))
    pairs: list[tuple[int, int]] = []
    for _, i, j in scored:
        if i in left and j in right:
            pairs.append((i, j))
            left.discard(i)
            right.discard(j)
    return pairs


def _likeness(before: Edge, after: Edge) -> float:
    text = 2.0 if plain(before.expression) == plain(after.expression) else 0.0
    if not text:
        text = bodies_alike(tokens(before.expression), tokens(after.expression))
    return text + 0.5 * (before.guard == after.guard) + 0.25 * (before.macros == after.macros)
