"""A rooted graph's edges under bindings: what remains of calls and target sets when a root's parameters are given.

Not handled: functions that are also reached from others that were not executed; they keep all their edges.
"""

from collections.abc import Callable, Collection, Mapping, Sequence

from analyzer.errors import KcgError
from analyzer.graph.hide import Hide
from analyzer.graph.profiles import DEFERRED, PROFILES
from analyzer.graph.rooted import RootedGraph
from analyzer.model.callgraph import Edge, Function, FunctionRef
from analyzer.model.known import Known
from analyzer.pipeline.session import Session
from analyzer.resolve.execution.machine import Machine
from analyzer.resolve.execution.narrowing import Narrowing
from analyzer.resolve.execution.world import World

_BEYOND = 2  # calls below the last shown ones that are executed, for what they return
_ROUNDS = 4


class Narrowed:
    """Successors of a graph grown from `root`; `bindings` are C constants by parameter. `values` are the same:
    what the root's parameters are."""

    def __init__(
        self, session: Session, root: Function, bindings: Mapping[str, str], *, depth: int, hide: Hide
    ) -> None:
        """Raises KcgError for a binding of no parameter, or to no constant."""
        resolver = session.resolver
        function = resolver.function(root.ref)
        if function is None:
            raise KcgError(
                f"{root.ref.name} has no body to execute.", hint="Bind parameters of a defined function."
            )
        names = [p.name for p in root.parameters if p.name]
        for name in bindings:
            if name not in names:
                known = f"It has {', '.join(names)}." if names else "It has none."
                raise KcgError(f"{root.ref.name} has no parameter {name}.", hint=known)
        quiet = Hide(tuple(PROFILES.keys() - {DEFERRED}), hide.patterns, hide.shown).showing({root.ref.name})
        world = World(resolver.names, resolver.slots, resolver.callsites)
        machine = Machine(
            world,
            session.body,
            resolver.function,
            lambda ref: not quiet.hides_name(ref.name),
            depth=depth + _BEYOND,
        )
        for name, text in bindings.items():
            if machine.number(function, text) is None:
                raise KcgError(
                    f"{text} is no constant that {root.ref.file} sees in Linux {session.info.version}.",
                    hint=f"Bind {name} to a number, or to a macro or enum constant of the kernel.",
                )
        self._trace = machine.run(function, bindings)
        self._narrowing = Narrowing(world, self._trace)
        self._session = session
        self._machine = machine
        self._shared: set[FunctionRef] = set(self._narrowing.partial) - {root.ref}
        self.values = dict(bindings)

    def __call__(self, ref: FunctionRef) -> Sequence[Edge]:
        """The edges of a function that the bindings leave."""
        edges = self._session.callees(ref)
        return edges if ref in self._shared else self._narrowing.apply(ref, edges)

    def known(self, ref: FunctionRef) -> Known | None:
        """What holds in a function whenever the root calls it."""
        return None if ref in self._shared else self._narrowing.known(ref)

    def number(self, ref: FunctionRef, text: str) -> int | None:
        """What a constant is where a function stands, None when the text is none."""
        function = self._session.resolver.function(ref)
        return self._machine.number(function, text) if function is not None else None

    def reached(self, ref: FunctionRef) -> Collection[int] | None:
        """Where the statements of a function that the bindings let run begin, in bytes; None when all may run."""
        return None if ref in self._shared else self._trace.ran.get(ref)

    def grown(self, grow: Callable[[Callable[[FunctionRef], Sequence[Edge]]], RootedGraph]) -> RootedGraph:
        """A graph in which no function is narrowed that something outside the execution reaches, too."""
        graph = grow(self)
        executed = self._narrowing.executed
        for _ in range(_ROUNDS):
            outside = [ref for ref in graph.sites if ref not in executed or ref in self._shared]
            reached = {
                edge.callee
                for ref in outside
                for site in graph.sites[ref]
                for edge in site.targets
                if edge.callee is not None and edge.callee in executed
            }
            fresh = reached - self._shared - {graph.root}
            if not fresh:
                break
            self._shared |= fresh
            graph = grow(self)
        return graph
