"""Edges by caller: all of a function's, or those towards something. What they are, `collector` says."""

from analyzer.model.callgraph import Edge, FunctionRef
from analyzer.resolve.callees import Ground
from analyzer.resolve.collector import Collector
from analyzer.resolve.expansions import Expansions
from analyzer.resolve.flow import Flow
from analyzer.resolve.functions import Function
from analyzer.resolve.names import Names, ref_of
from analyzer.resolve.slots import Slots
from analyzer.resolve.wanted import Wanted


class Calls:
    """Edges by caller."""

    def __init__(self, names: Names, slots: Slots, flow: Flow) -> None:
        self._ground = Ground(names, slots, flow, Expansions())
        self._callers: dict[FunctionRef, tuple[Edge, ...]] = {}

    def of(self, function: Function) -> tuple[Edge, ...]:
        """The edges of a function's call sites in source order, one per (site, callee)."""
        caller = ref_of(function)
        found = self._callers.get(caller)
        if found is None:
            found = self._callers[caller] = self._collected(function, caller)
        return found

    def towards(self, function: Function, wanted: Wanted) -> tuple[Edge, ...]:
        """Those of a function's edges that its text lets expect behind the wanted names and members, among them
        all that lead there. Cheap where little of a function matters."""
        caller = ref_of(function)
        known = self._callers.get(caller)
        return known if known is not None else self._collected(function, caller, wanted)

    def _collected(
        self, function: Function, caller: FunctionRef, wanted: Wanted | None = None
    ) -> tuple[Edge, ...]:
        """The edges of a function, in all readings of its text."""
        readings = self._ground.names.renamed.readings(function)
        found = [Collector(self._ground, reading, caller, wanted).edges() for reading in readings]
        if len(found) == 1:
            return tuple(found[0])
        distinct = {(e.site, e.callee, e.kind, e.slot): e for edges in reversed(found) for e in edges}
        return tuple(sorted(distinct.values(), key=lambda e: e.site))
