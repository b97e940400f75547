"""The edges of one function as they are found, each under the guard of its site. Not handled: what they are."""

import re
from typing import NamedTuple

from analyzer.model.callgraph import Confidence, Edge, EdgeKind, Evidence, FunctionRef, Location, Slot
from analyzer.model.guards import conjunction
from analyzer.resolve.macros import MacroName
from analyzer.resolve.scope import Scope
from analyzer.resolve.spelling import clipped

_OTHER_NAME = re.compile(r"\b(?!CONFIG_|IS_ENABLED\b|IS_BUILTIN\b|IS_MODULE\b|IS_REACHABLE\b)[A-Za-z_]\w*")


class Site(NamedTuple):
    """A call site being resolved. `position` orders sites within the function."""

    location: Location
    written: str
    arguments: tuple[str, ...]
    position: int
    macros: tuple[str, ...] = ()


class EdgeList:
    """Edges out of `caller`; `guard` is that of the site where one stands."""

    def __init__(self, scope: Scope, caller: FunctionRef, guard: str) -> None:
        self._scope = scope
        self._caller = caller
        self.guard = guard
        self._found: list[tuple[int, int, Edge]] = []

    def enter(self, guard: str) -> bool:
        """Go on to a site under a guard; False when that cannot hold."""
        self.guard = guard
        if not guard or self._scope.holds(guard) is not False:
            return True
        return self._caller.file == self._scope.path and self._scope.may_hold_here(guard)

    def guard_of(self, macros: tuple[str, ...]) -> str:
        """The caller's guard with those of the macro definitions that made a call; "0" when configurations that
        exclude each other would have to hold. Whether other names are defined may change on the way."""
        guards = [
            m.guard
            for m in macros
            if isinstance(m, MacroName) and m.guard and self._scope.holds(m.guard) is not True
        ]
        whole = conjunction(self.guard, *guards) if guards else self.guard
        if whole != "0":
            return whole
        return conjunction(*(g for g in (self.guard, *guards) if g and not _OTHER_NAME.search(g)))

    def add(
        self,
        site: Site,
        callee: FunctionRef | None,
        kind: EdgeKind,
        rule: str,
        confidence: Confidence,
        *,
        slot: Slot | None = None,
        guard: str | None = None,
        evidence: tuple[Evidence, ...] = (),
        case: str = "",
    ) -> None:
        """An edge of a site; its guard is the site's unless another is given. None where that can never hold."""
        given = self.guard_of(site.macros) if guard is None else guard
        if given == "0":
            return
        edge = Edge(
            self._caller,
            callee,
            site.location,
            kind,
            clipped(site.written),
            site.arguments,
            tuple(str(m) for m in site.macros),  # plain strings: the definitions' guards have been used
            slot,
            given,
            rule,
            confidence,
            evidence,
            case,
        )
        self._found.append((site.position, len(self._found), edge))

    def called_at(self, position: int) -> set[FunctionRef | None]:
        """The callees of a site."""
        return {edge.callee for at, _, edge in self._found if at == position}

    def distinct(self) -> list[Edge]:
        """The edges in source order, one per (site, callee)."""
        self._found.sort(key=lambda f: (f[0], f[1]))
        distinct: dict[tuple[object, ...], Edge] = {}
        for _, _, edge in self._found:
            key = (edge.site, edge.callee, edge.kind, edge.slot, edge.callee is None and edge.expression)
            distinct.setdefault(key, edge)
        return list(distinct.values())
