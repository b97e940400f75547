"""Looking for the truth behind a line that does not hold: a longer way to the callee, its true callers.

Not handled: ways through more than `LEFT_OUT` functions, or through big target sets.
"""

from collections import deque
from collections.abc import Callable, Sequence

from analyzer.compare.kernel import Kernel
from analyzer.model.callgraph import Edge, FunctionRef
from analyzer.model.notes import Step

LEFT_OUT = 4  # functions that a note may leave out between two lines
SKIPPED = 8  # the same where the note writes `...`
_BUDGET = 240  # functions looked into for one way
_MAX_TARGETS = 12  # a call with more targets is followed only as the last step


class Ways:
    """Ways from functions; what was walked for one line serves the next."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._walks: dict[tuple[tuple[FunctionRef, ...], frozenset[str], int], dict[FunctionRef, Edge]] = {}

    def find(
        self,
        starts: Sequence[FunctionRef],
        wanted: Callable[[Edge], bool],
        *,
        skip: frozenset[str] = frozenset(),
        limit: int = LEFT_OUT,
    ) -> tuple[Edge, ...]:
        """The edges of a shortest way from any of the functions to an edge that is wanted, () when there is
        none. Functions named in `skip` are not gone through. At least one function lies between."""
        came = self._walk(tuple(starts), skip, limit)
        for function in came:
            for edge in self._kernel.callees(function):
                if edge.confidence != "possible" and wanted(edge):
                    return (*self._back(came, function, starts), edge)
        return ()

    def _walk(self, starts: tuple[FunctionRef, ...], skip: frozenset[str], limit: int) -> dict[FunctionRef, Edge]:
        """Functions reached, each with the edge that led there, nearest first; the starts are not in it."""
        key = (starts, skip, limit)
        found = self._walks.get(key)
        if found is not None:
            return found
        came: dict[FunctionRef, Edge] = {}
        queue: deque[tuple[FunctionRef, int]] = deque((s, 0) for s in starts)
        looked = 0
        while queue and looked < _BUDGET:
            function, depth = queue.popleft()
            if depth >= limit:
                continue
            looked += 1
            for edge in self._followed(function):
                callee = edge.callee
                if callee is None or callee.external or callee in came or callee in starts or callee.name in skip:
                    continue
                came[callee] = edge
                queue.append((callee, depth + 1))
        self._walks[key] = came
        return came

    def _followed(self, function: FunctionRef) -> list[Edge]:
        edges = [e for e in self._kernel.callees(function) if e.confidence != "possible" and e.callee]
        sizes: dict[object, int] = {}
        for edge in edges:
            if edge.kind != "direct":
                key = (edge.site, edge.expression)
                sizes[key] = sizes.get(key, 0) + 1
        return [e for e in edges if sizes.get((e.site, e.expression), 0) <= _MAX_TARGETS]

    def _back(
        self, came: dict[FunctionRef, Edge], end: FunctionRef, starts: Sequence[FunctionRef]
    ) -> tuple[Edge, ...]:
        way: list[Edge] = []
        at = end
        while at in came and at not in starts:
            edge = came[at]
            way.append(edge)
            at = edge.caller
        return tuple(reversed(way))


def steps(edges: Sequence[Edge]) -> tuple[Step, ...]:
    """A way as a verdict shows it."""
    return tuple(Step(e.caller, e.callee.name if e.callee else e.expression, e.site, e.expression) for e in edges)
