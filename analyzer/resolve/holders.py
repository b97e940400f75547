"""Where the address of a function goes: forwards, the way that `flow` follows backwards from a call.

A function's name used as a value stands in an initializer, in an assignment, in a macro use at file scope,
among the arguments of a call. From place to place (see `flow.Place`) it is followed to the members, variables
and parameters that may hold it; where these are called, the function may be. Inside a function every mention of
such a name counts (`values`), whatever the order of statements.

The answer holds candidates, more than do call the function; whoever asks looks at their edges. Not handled:
addresses kept as numbers, and what `address_trail`, `address_at_file_scope` and `address_in_bodies` do not handle.
Members that more than `_MAX_READERS` files mention are followed to their calls only, not into variables and other
members.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from analyzer.model.callgraph import FunctionRef, Slot
from analyzer.resolve.address_at_file_scope import AddressAtFileScope
from analyzer.resolve.address_in_bodies import EVENT, AddressInBodies
from analyzer.resolve.address_trail import Means, Trail
from analyzer.resolve.flow import Flow
from analyzer.resolve.functions import Function
from analyzer.resolve.macrouse import expansion_of
from analyzer.resolve.names import Names
from analyzer.resolve.routes import Routes
from analyzer.resolve.slots import Slots
from analyzer.resolve.tokens import arguments_of, find_calls

_MAX_READERS = 4_000  # files that mention a member whose readers are looked for


class Held(NamedTuple):
    """Where a function may be called through a pointer: the slots, each with the files that put the function's own
    name there, the static calls and file-scope variables that may hold it, and the functions that may call what
    holds it, with the names of their variables that do."""

    slots: dict[Slot, frozenset[str]]
    values: frozenset[str]
    variables: frozenset[str]
    functions: dict[FunctionRef, Function]


class Holders:
    """Candidates for calls of a function through pointers."""

    def __init__(self, names: Names, slots: Slots, flow: Flow, routes: Routes) -> None:
        self._means = Means(names, slots, flow, routes)

    def of(self, ref: FunctionRef, function: Function | None) -> Held:
        """Where a function's address goes; `function` is None for one without a definition in C."""
        trail = Trail(self._means, ref, function)
        _Search(self._means, trail).run()
        return Held(
            {slot: frozenset(paths) for slot, paths in trail.slots.items()},
            frozenset(trail.values),
            frozenset(trail.variables),
            trail.found,
        )


class _Search:
    """Goes from place to place."""

    def __init__(self, means: Means, trail: Trail) -> None:
        self._names = means.names
        self._index = means.names.index
        self._slots = means.slots
        self._trail = trail
        self._bodies = AddressInBodies(means, trail)
        self._file_scope = AddressAtFileScope(means, trail, self._bodies)

    def run(self) -> None:
        """Follow the function's names, then each place that is reached."""
        for name in sorted(self._trail.own):
            self._file_scope.named(name, self._trail.files_naming(name), own=True)
            for path, words in self._names.renamed.spellings(name).items():
                for word in words:
                    self._file_scope.named(word, [path, *self._names.scopes.of(path).includers])
        for place, function in self._trail.places():
            if place.kind == "slot" and isinstance(place.owner, Slot):
                self._read(place.owner)
            elif place.kind == "global":
                self._global(str(place.owner), str(place.name))
            elif place.kind == "static_call":
                self._static_call(str(place.name))
            elif function is not None and isinstance(place.name, int):
                if place.kind == "parameter":
                    self._parameter(function, place.name)
                else:
                    self._result(function)

    def _read(self, slot: Slot) -> None:
        """Functions that read a member into something else than a call."""
        paths = [*self._trail.native(self._index.mentioning(slot.field))]
        if len(paths) > _MAX_READERS:
            return
        field = re.escape(slot.field.encode())
        read = re.compile(rb"(?:->|\.)\s*" + field + rb"\s*(?:\[[^\]]*\]\s*)?[;,):?]")
        for path in paths:
            text = self._index.text(path)
            self._at_offset(path, text, slot)
            places = [m.start() for m in read.finditer(text)]
            if not places:
                continue
            for definition in self._index.facts(path).definitions:
                if any(definition.body < place < definition.end for place in places):
                    for holder in self._names.functions_of(path, definition):
                        self._bodies.follow(holder, slot.field, member=True, slot=slot)

    def _at_offset(self, path: str, text: bytes, slot: Slot) -> None:
        """Functions that are given what lies at a member's offset: `get(dev, offsetof(struct ops, suspend))`."""
        last = re.compile(rb",\s*" + re.escape(slot.field.encode()) + rb"\s*\)")
        if b"offsetof" not in text or not last.search(text):
            return
        scope, typer = self._names.scopes.of(path), self._names.typer(path)
        for definition in self._index.facts(path).definitions:
            for call in definition.calls:
                if not last.search(text, call.start, call.end):
                    continue
                tokens = typer.expand(text[call.start : call.end].decode("utf-8", "replace"))
                arguments = [a for c in find_calls(tokens) for a in arguments_of(tokens, c)]
                if any(self._slots.at_offset(scope, a) == slot for a in arguments):
                    for holder in self._names.functions_of(path, definition):
                        self._bodies.follow(holder, call.name, member=False, called=True)

    def _global(self, path: str, name: str) -> None:
        self._trail.values.add(name)
        paths = [path, *self._names.scopes.of(path).includers] if path else self._index.mentioning(name)
        self._file_scope.named(name, paths)

    def _static_call(self, name: str) -> None:
        self._trail.values.add(name)
        for path in self._trail.native(self._index.mentioning(name)):
            text = self._index.text(path)
            for definition in self._index.facts(path).definitions:
                if definition.end and text.find(name.encode(), definition.body, definition.end) >= 0:
                    for function in self._names.functions_of(path, definition):
                        self._trail.add(function)

    def _parameter(self, function: Function, number: int) -> None:
        definition = function.definition
        if number >= len(definition.parameters) or not definition.parameters[number].name:
            return
        name = definition.parameters[number].name
        if not self._trail.holds(function, definition.parameters[number].type):
            return
        if definition.end:
            self._bodies.follow(function, name, member=False)
            return
        self._trail.add(function)
        if definition.name.startswith(EVENT):
            event = definition.name.removeprefix(EVENT).removeprefix("prio_")
            for caller in (f"trace_{event}", f"trace_{event}_rcuidle", f"__traceiter_{event}"):
                for made in self._names.pasted.of(caller):
                    self._trail.add(made)
        scope = self._names.scopes.of(function.path)
        for use in self._index.facts(function.path).invocations:
            if use.line == definition.line and use.macro == function.macro:
                self._bodies.in_tokens(scope, expansion_of(scope, use), {name}, None)

    def _result(self, function: Function) -> None:
        """What callers do with the value of a function that returns the address."""
        name = function.definition.name
        if not self._trail.holds(function, function.definition.return_type):
            return
        if function.definition.static and not function.path.endswith(".h"):
            paths: Sequence[str] = (function.path, *self._names.scopes.of(function.path).includers)
        else:
            paths = self._index.files("call", name)
        for path in self._trail.native(paths):
            for definition in self._index.facts(path).definitions:
                if any(call.name == name for call in definition.calls):
                    for caller in self._names.functions_of(path, definition):
                        self._bodies.follow(caller, name, member=False, called=True)
