"""What an execution says about edges: sites that cannot be reached, and what remains of target sets.

Not handled: calls that only an expression's own `&&` or `?:` decides.
"""

from collections.abc import Collection, Sequence

import msgspec

from analyzer.model.body import Call, own_actions, walk
from analyzer.model.callgraph import Edge, Evidence, FunctionRef
from analyzer.model.known import Constants, Known
from analyzer.resolve.execution.trace import Site, Trace
from analyzer.resolve.execution.values import ANY, Address, Value
from analyzer.resolve.execution.world import World

_MAX_CONSTANTS = 8
_INDIRECT = ("slot", "pointer", "callback", "hook", "static_call")


class Narrowing:
    """An execution's verdicts, by caller."""

    def __init__(self, world: World, trace: Trace) -> None:
        self._world = world
        self._trace = trace
        self._dead: dict[FunctionRef, frozenset[tuple[int, int]]] = {}
        self._sites: dict[tuple[FunctionRef, int, int], list[Site]] = {}
        for site in trace.targets:
            self._sites.setdefault((site.caller, site.line, site.column), []).append(site)
        self._arguments: dict[FunctionRef, dict[tuple[int, int], tuple[Constants, ...]]] = {}
        for (ref, line, column), values in trace.arguments.items():
            found = tuple(self._constants(value) for value in values)
            self._arguments.setdefault(ref, {})[line, column] = found
        self._stored: dict[FunctionRef, dict[int, Constants]] = {}
        for (ref, offset), value in trace.stored.items():
            self._stored.setdefault(ref, {})[offset] = self._constants(value)

    @property
    def executed(self) -> Collection[FunctionRef]:
        """The functions that the verdicts are about."""
        return self._trace.ran.keys()

    @property
    def partial(self) -> Collection[FunctionRef]:
        """Functions of which some call was not executed."""
        return self._trace.partial

    def known(self, ref: FunctionRef) -> Known | None:
        """What the execution knows of a function, None when it was not executed."""
        if ref not in self._trace.ran:
            return None
        ran, entered = self._trace.ran[ref], self._trace.entered.get(ref, set())
        return Known(frozenset(ran), frozenset(entered), self._arguments.get(ref, {}), self._stored.get(ref, {}))

    def _constants(self, value: Value) -> Constants:
        """What a value may be, empty when something else or too much."""
        if value.unknown or not 0 < len(value.atoms) <= _MAX_CONSTANTS:
            return ()
        found: list[int | str] = []
        for atom in value.atoms:
            if isinstance(atom, int):
                found.append(atom)
            elif isinstance(atom, FunctionRef):
                found.append(atom.name)
            elif isinstance(atom, Address) and atom.base.kind == "object":
                if not atom.base.name.isidentifier() or any(isinstance(s, tuple) or s == ANY for s in atom.path):
                    return ()
                found.append(self._pointer(atom))
            else:
                return ()
        return tuple(sorted(set(found), key=lambda c: (isinstance(c, str), c)))

    def _pointer(self, address: Address) -> str:
        variable = self._world.objects.variable(address.base) if not address.path else None
        array = variable is not None and "[" in variable.type
        return address.base.name if array else f"&{_whole(address)}"

    def dead(self, ref: FunctionRef) -> frozenset[tuple[int, int]]:
        """(line, column) of the calls of a function that no execution of it reached."""
        found = self._dead.get(ref)
        if found is None:
            body, ran = self._trace.bodies.get(ref), self._trace.ran.get(ref, set())
            calls: dict[tuple[int, int], bool] = {}
            for _, statement in walk(body.statements) if body is not None else ():
                for action in own_actions(statement):
                    if isinstance(action, Call):
                        place = (action.place.line, action.place.column)
                        calls[place] = calls.get(place, False) or statement.place.start in ran
            found = self._dead[ref] = frozenset(place for place, alive in calls.items() if not alive)
        return found

    def apply(self, ref: FunctionRef, edges: Sequence[Edge]) -> tuple[Edge, ...]:
        """A function's edges as far as the execution leaves them."""
        if ref not in self._trace.ran:
            return tuple(edges)
        dead = self.dead(ref)
        kept: list[Edge] = []
        for edge in edges:
            if (edge.site.line, edge.site.column) in dead:
                continue
            allowed = self._allowed(edge) if edge.kind in _INDIRECT else None
            if allowed is None:
                kept.append(edge)
            elif edge.callee in allowed:
                kept.append(self._explained(edge, allowed[edge.callee]))
        return tuple(kept)

    def _allowed(self, edge: Edge) -> dict[FunctionRef, set[Address]] | None:
        """The targets that remain at an edge's site, None when nothing is known of it."""
        if edge.rule == "passed as an argument":
            return None
        member = edge.slot.field if edge.slot else ""
        for site in self._sites.get((edge.caller, edge.site.line, edge.site.column), ()):
            if member in ("", site.member) or not edge.macros:
                return self._trace.targets[site]
        return None

    def _explained(self, edge: Edge, holders: Collection[Address]) -> Edge:
        evidence = list(edge.evidence)
        names = [_spelled(h) for h in sorted(holders, key=repr)]
        if names:
            evidence = [e for e in evidence if e.object in {h.base.name for h in holders}] or evidence
        for chosen, fields in self._trace.chosen.items():
            contents = self._world.objects.contents(chosen.base)
            values = {p[-1]: i for p, i in contents.items() if p and p[:-1] == chosen.path}
            mentioned = {i.text.lstrip("& ") for i in values.values()}
            if any(h.base.name in mentioned or h.base == chosen.base for h in holders):
                said = ", ".join(f"{f}={values[f].text}" for f in fields if f in values)
                line = min((i.line for i in values.values()), default=0)
                evidence.append(Evidence(chosen.base.owner, line, f"{_spelled(chosen)} {said}".strip()))
        return msgspec.structs.replace(edge, rule="value flow", evidence=tuple(dict.fromkeys(evidence)))


def _whole(address: Address) -> str:
    """An address as C text."""
    text = address.base.name
    for step in address.path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}"
    return text


def _spelled(address: Address) -> str:
    """An address as C text, without the last member."""
    text = address.base.name
    for step in address.path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if isinstance(step, str) else ""
    return text
