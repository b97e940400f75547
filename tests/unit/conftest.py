"""Small hand-made kernels: functions and edges in a line notation."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest

from analyzer.model.callgraph import Edge, Evidence, FunctionRef, Location, Slot


@dataclass
class Calls:
    """Edges per caller. A function `f` is in `f.c`, `h_f` in a header; one that starts with `x_` is external."""

    edges: dict[FunctionRef, list[Edge]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def ref(self, name: str) -> FunctionRef:
        """The function of that name."""
        if name.startswith("x_"):
            return FunctionRef(name)
        return FunctionRef(name, f"{name}.{'h' if name.startswith('h_') else 'c'}", 1)

    def call(self, caller: str, callee: str, **more: object) -> None:
        """One direct call."""
        self._add(caller, callee, "direct", f"{callee}(a)", **more)

    def slot(self, caller: str, text: str, *targets: str, **more: object) -> None:
        """A call through `ops.run` with its targets (none: unresolved)."""
        here = len(self.edges.get(self.ref(caller), ())) + 1
        more = {"slot": Slot("ops", "run"), "site": Location(f"{caller}.c", here), **more}
        for target in targets or (None,):
            kind = "slot" if target else "pointer"
            evidence = (Evidence(f"{target}.c", 9, f"{target}_ops"),) if target else ()
            self._add(caller, target, kind, text, evidence=evidence, **more)

    def _add(self, caller: str, callee: str | None, kind: str, text: str, **more: object) -> None:
        edges = self.edges.setdefault(self.ref(caller), [])
        site = more.pop("site", Location(f"{caller}.c", len(edges) + 1))
        target = self.ref(callee) if callee else None
        edges.append(Edge(self.ref(caller), target, site, kind, text, **more))  # type: ignore[arg-type]

    def successors(self, function: FunctionRef) -> Sequence[Edge]:
        """Its edges; remembers who was asked for."""
        self.asked.append(function.name)
        return self.edges.get(function, [])

    def predecessors(self, function: FunctionRef) -> Sequence[Edge]:
        """The edges that lead to it."""
        return [e for edges in self.edges.values() for e in edges if e.callee == function]


@pytest.fixture
def calls() -> Calls:
    return Calls()


@pytest.fixture
def chain() -> Callable[[str], Calls]:
    """`chain("a>b>c a>d")`: the calls of each arrow, left to right."""

    def build(text: str) -> Calls:
        result = Calls()
        for part in text.split():
            names = part.split(">")
            for caller, callee in itertools.pairwise(names):
                result.call(caller, callee)
        return result

    return build
