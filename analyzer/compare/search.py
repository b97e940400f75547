"""Looking for the truth behind a line that does not hold: a longer way to the callee, its true callers.

Not handled: ways through more than `LEFT_OUT` functions, or through big target sets.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from analyzer.compare.kernel import Kernel
from analyzer.compare.texts import callee_of, normal
from analyzer.model.callgraph import Edge, FunctionRef, Location
from analyzer.model.checks import Item, Step

LEFT_OUT = 4  # functions that a note may leave out between two lines
POINTERS = 3  # the same when a call through a pointer is among the calls
SKIPPED = 8  # the same where the note writes `...`
_BUDGET = 400  # functions looked into for one way
_BACK = 2  # callers of callers that a way through a table may lead to
_MAX_ENDS = 40
_RESOLVED = 25  # the same where calls have to be resolved
_MAX_TARGETS = 12  # a call with more targets is followed only as the last step


class Ways:
    """Ways from functions; what was walked for one line serves the next.

    Calls that the text names are walked first, which resolves nothing. Ways that need a call through a
    pointer are looked for only when the callee's address is used somewhere.
    """

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._named: dict[tuple[tuple[FunctionRef, ...], frozenset[str], int], dict[FunctionRef, Edge]] = {}
        self._walks: dict[tuple[tuple[FunctionRef, ...], frozenset[str], int], dict[FunctionRef, Edge]] = {}

    def find(
        self,
        starts: Sequence[FunctionRef],
        name: str,
        wanted: Callable[[Edge], bool],
        *,
        pointer: bool = False,
        skip: frozenset[str] = frozenset(),
        limit: int = LEFT_OUT,
    ) -> tuple[Edge, ...]:
        """The edges of a shortest way from any of the functions to a call of `name` (or, with `pointer`, to
        an edge that is wanted), () when there is none. Functions named in `skip` are not gone through. At
        least one function lies between."""
        came = self._walk_named(tuple(starts), skip, limit)
        if pointer:
            for function in came:
                if not self._kernel.says(function, name):
                    continue
                for edge in self._kernel.callees(function):
                    if edge.confidence != "possible" and wanted(edge):
                        return (*self._back(came, function, starts), edge)
            return ()
        if way := self.by_name(starts, name, skip=skip, limit=limit):
            return way
        if way := self._through_table(starts, came, name):
            return way
        if not self._kernel.taken(name):
            return ()
        came = self._walk(tuple(starts), skip, min(limit, POINTERS))
        for function in came:
            for edge in self._kernel.callees(function):
                if edge.confidence != "possible" and wanted(edge):
                    return (*self._back(came, function, starts), edge)
        return ()

    def by_name(
        self,
        starts: Sequence[FunctionRef],
        name: str,
        *,
        skip: frozenset[str] = frozenset(),
        limit: int = LEFT_OUT,
    ) -> tuple[Edge, ...]:
        """The same where the text of all functions on the way names what they call."""
        came = self._walk_named(tuple(starts), skip, limit)
        for function in came:
            if name in self._kernel.called(function):
                return (*self._back(came, function, starts), self._call(function, name))
        return ()

    def _through_table(
        self, starts: Sequence[FunctionRef], came: dict[FunctionRef, Edge], name: str
    ) -> tuple[Edge, ...]:
        """A way with one call through a table: from a function that was reached, to the callee or to one that
        calls it within two steps."""
        ends: list[tuple[str, tuple[Edge, ...]]] = [(name, ())]
        seen = {name}
        for _ in range(_BACK):
            for end, way in list(ends):
                for edge in self._kernel.callers(end):
                    if edge.caller.name not in seen and len(seen) < _MAX_ENDS:
                        seen.add(edge.caller.name)
                        ends.append((edge.caller.name, (edge, *way)))
        for end, way in ends:
            fields = (
                {use.field for use in self._kernel.uses(end) if use.field} if self._kernel.taken(end) else set()
            )
            for function in (*came, *(starts if way else ())):
                if not any(self._kernel.says(function, field) for field in fields):
                    continue
                for edge in self._kernel.callees(function):
                    if edge.callee is not None and edge.callee.name == end and edge.kind != "direct":
                        return (*self._back(came, function, starts), edge, *way)
        return ()

    def _walk_named(
        self, starts: tuple[FunctionRef, ...], skip: frozenset[str], limit: int
    ) -> dict[FunctionRef, Edge]:
        """Functions reached by calls that are spelled, nearest first."""
        key = (starts, skip, limit)
        found = self._named.get(key)
        if found is not None:
            return found
        came: dict[FunctionRef, Edge] = {}
        queue: deque[tuple[FunctionRef, int]] = deque((s, 0) for s in starts)
        seen: set[str] = set()
        while queue and len(came) < _BUDGET:
            function, depth = queue.popleft()
            if depth >= limit:
                continue
            for name in self._kernel.called(function):
                if name in seen or name in skip or not self._kernel.defines(name):
                    continue
                seen.add(name)
                for callee in self._bound(function, name):
                    if callee not in came and callee not in starts:
                        came[callee] = self._call(function, name, callee)
                        queue.append((callee, depth + 1))
        self._named[key] = came
        return came

    def _bound(self, function: FunctionRef, name: str) -> tuple[FunctionRef, ...]:
        """Where a name leads, if that is clear without resolving."""
        refs = self._kernel.refs(name)
        here = tuple(r for r in refs if r.file == function.file)
        return here or (refs if len(refs) == 1 else ())

    def _call(self, function: FunctionRef, name: str, callee: FunctionRef | None = None) -> Edge:
        said = self._kernel.spoken(function)
        call = next((c for c in said.calls if c.name == name), None)
        site = Location(function.file, *(call.start if call else (function.line, 1)))
        given = call.arguments if call else ()
        target = callee or next(iter(self._kernel.bind(function, name)), FunctionRef(name))
        return Edge(function, target, site, "direct", f"{name}({', '.join(given)})", given)

    def _walk(self, starts: tuple[FunctionRef, ...], skip: frozenset[str], limit: int) -> dict[FunctionRef, Edge]:
        """Functions reached by any edge, nearest first; the starts are not in it."""
        key = (starts, skip, limit)
        found = self._walks.get(key)
        if found is not None:
            return found
        came: dict[FunctionRef, Edge] = {}
        queue: deque[tuple[FunctionRef, int]] = deque((s, 0) for s in starts)
        looked = 0
        while queue and looked < _RESOLVED:
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
        kept = dict(list(came.items())[:_RESOLVED])
        self._walks[key] = kept
        return kept

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


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whether an edge is the call that a line means. `names`: the spellings of its function."""

    item: Item
    names: frozenset[str]

    def __call__(self, edge: Edge) -> bool:
        if self.item.kind == "pointer":
            if edge.kind == "direct":
                return False
            true = callee_of(edge.expression)
            if normal(true) == normal(self.item.callee):
                return True
            base = normal(self.item.callee[: self.item.callee.rfind(self.item.name)]).rstrip("->").rstrip(".")
            field = edge.slot.field if edge.slot else ""
            return field == self.item.name and any(e.object == base for e in edge.evidence)
        if edge.callee is not None and edge.callee.name in self.names:
            return True
        return self.item.name in edge.macros


def steps(edges: Sequence[Edge], item: Item | None = None) -> tuple[Step, ...]:
    """A way as a verdict shows it. A way to a call through a pointer ends with what the `item` calls, not with
    one of the functions that the pointer may lead to."""
    shown = [Step(e.caller, e.callee.name if e.callee else e.expression, e.site, e.expression) for e in edges]
    if shown and item is not None and item.kind == "pointer":
        last = shown[-1]
        shown[-1] = Step(last.caller, callee_of(last.expression), last.site, last.expression)
    return tuple(shown)
