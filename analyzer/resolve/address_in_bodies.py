"""What a function does with a name that holds an address: hands it on, stores it, returns it, calls it.

Every mention of the name in the body counts (`values`), whatever the order of statements. Not handled: what
functions that macros make hand on.
"""

import re
from collections.abc import Collection, Mapping, Sequence

from analyzer.model.callgraph import FunctionRef, Slot
from analyzer.model.facts import Definition, Object
from analyzer.resolve.address_trail import Means, Trail
from analyzer.resolve.assigning import assignments_in
from analyzer.resolve.ctypes import Type, followed_forwards
from analyzer.resolve.flow import Place
from analyzer.resolve.frames import Frame
from analyzer.resolve.functions import Function
from analyzer.resolve.names import ref_of
from analyzer.resolve.scope import Scope
from analyzer.resolve.static_calls import KEY
from analyzer.resolve.tokens import Token, arguments_of, find_calls, open_of, value_end
from analyzer.resolve.values import Put, Use, member_at, uses_of
from analyzer.resolve.words import has_word

EVENT = "register_trace_"  # begins the names of functions that register a tracepoint's probe


class AddressInBodies:
    """Follows an address through functions."""

    def __init__(self, means: Means, trail: Trail) -> None:
        self._names = means.names
        self._index = means.names.index
        self._slots = means.slots
        self._flow = means.flow
        self._trail = trail
        self._followed: set[tuple[FunctionRef, str, bool]] = set()

    def follow(
        self, function: Function, name: str, *, member: bool, slot: Slot | None = None, called: bool = False
    ) -> None:
        """Go on from what a function does with a name: a variable, a member (`member`), or the value of a call."""
        ref = ref_of(function)
        if (ref, name, member) in self._followed:
            return
        self._followed.add((ref, name, member))
        frame = self._flow.frame(function)
        definition = function.definition
        own = not member and name in self._trail.own
        for use in uses_of(frame.skeleton, name, member=member, called=called):
            if slot is not None and not self._reads(frame, use, slot):
                continue
            direct = not called and frame.skeleton[use.end :].lstrip().startswith(b"(")
            if use.called and not member and not (own and direct):
                self._trail.add(function)  # calls of members and of names are found by their spelling
            if not direct:
                self._used(function, use, name)
        if name in frame.variables or name in frame.parameters:
            self._trail.variables.add(name)
        if not member:
            self._in_local_objects(function, definition, name)

    def _reads(self, frame: Frame, use: Use, slot: Slot) -> bool:
        """Whether the member that is read is that of the slot's struct."""
        text = frame.source(use.start, use.end)
        return self._slots.slot_of(frame.scope, frame.typer.expand(text), frame.types_in(use.start)) == slot

    def _used(self, function: Function, use: Use, name: str) -> None:
        """What becomes of a value at one place."""
        frame = self._flow.frame(function)
        for way in use.ways:
            if isinstance(way, Put):
                if way.left:
                    self._assigned(function, way.left, frame.types_in(use.start))
                else:
                    self._trail.go(Place("result", ref_of(function), 0), function)
            elif frame.scope.macro(way.name):
                self._trail.add(function)
                tokens = frame.typer.expand(frame.source(way.start, way.end))
                self.in_tokens(frame.scope, tokens, {name}, function, frame.line_of(use.start))
                if self._slots.by_macros.has_initializer(frame.scope, way.name):
                    self.in_tables(function, way.name, name)
                if not frame.scope.macro_is_sure(way.name):  # `#define f(x) { }` of another configuration
                    self._hand(frame.scope, way.name, way.number)
            elif (slot := self._operation(frame, way.start)) is not None:
                self._hand_to_all(slot, way.number)
                break
            elif way.name in frame.parameters or way.name in frame.variables:
                break
            else:
                self._hand(frame.scope, way.name, way.number)
                break  # what the call gives is another value

    def _operation(self, frame: Frame, start: int) -> Slot | None:
        """The member that is called where a call's name begins, None where that is no member."""
        expression = member_at(frame.skeleton, start)
        if expression is None:
            return None
        tokens = frame.typer.expand(frame.source(*expression))
        return self._slots.slot_of(frame.scope, tokens, frame.types_in(start))

    def _hand_to_all(self, slot: Slot, number: int) -> None:
        """The value is an argument of what is in a member."""
        for target in self._flow.of_place(Place("slot", slot, 0)):
            for taker in self._names.in_file(target.function.file, target.function.name):
                if ref_of(taker) == target.function:
                    self._trail.go(Place("parameter", target.function, number), taker)

    def _assigned(self, function: Function, left: str, types: Mapping[str, Type | None]) -> None:
        """A value is put into a variable or a member; `types` are those of the variables there."""
        frame = self._flow.frame(function)
        match = re.search(r"(?:\.|->)\s*\w+\s*(?:\[[^\]]*\]\s*)*$", left)
        if match:
            slot = self._slots.slot_of(frame.scope, frame.typer.expand(left), types)
            if slot is not None and followed_forwards(
                frame.typer.type_of(left, types), offsets=self._trail.offsets
            ):
                self._trail.into_slot(slot)
            return
        pointer = re.search(r"\(\s*\*\s*(?:const\s+)?(\w+)\s*(?:\[[^\]]*\]\s*)*\)", left)
        plain = re.search(r"(\w+)\s*(?:\[[^\]]*\]\s*)*$", left)
        found = pointer or plain
        if found is None:
            return
        name = found.group(1)
        if name in frame.variables or name in frame.parameters:
            if followed_forwards(types.get(name), offsets=self._trail.offsets):
                self.follow(function, name, member=False)
            return
        known = self._names.declared.object(frame.scope, name)
        if known is not None:
            self._trail.go(Place("global", known[0] if known[1].static else "", name))

    def _in_local_objects(self, function: Function, definition: Definition, name: str) -> None:
        """Initializers inside a function."""
        scope = self._names.scopes.of(function.path)
        for variable in self._index.facts(function.path).objects:
            if variable.function == definition.name and any(has_word(e.value, name) for e in variable.entries):
                self._from_entries(scope, variable, name)
                if variable.name and any("." not in e.path and has_word(e.value, name) for e in variable.entries):
                    self.follow(function, variable.name, member=False)

    def in_tables(self, function: Function, macro: str, name: str) -> None:
        """The tables that a macro makes in a function, and that hold a name."""
        scope = self._names.scopes.of(function.path)
        for call in function.definition.calls:
            if call.name == macro:
                for variable in self._slots.local_table(scope, function.definition, call):
                    self._from_entries(scope, variable, name)

    def _from_entries(self, scope: Scope, variable: Object, name: str) -> None:
        for slot in self._slots.named_by(scope, variable, name):
            self._trail.into_slot(slot)

    def in_tokens(
        self,
        scope: Scope,
        tokens: Sequence[Token],
        words: Collection[str],
        function: Function | None,
        line: int = 0,
    ) -> None:
        """What an expansion, on a line of a function, does with names: hands them on, stores them, puts them into
        variables of its own."""
        known = set(words)
        for at in range(1, len(tokens) - 1):
            if tokens[at].text != "=":
                continue
            left = at - 1
            while left > 0 and tokens[left].text == "]":
                left = open_of(tokens, left) - 1
            if left < 0 or not tokens[left].is_name:
                continue
            given = tokens[at + 1 : value_end(tokens, at + 1)]
            if tokens[left - 1].text not in (".", "->") and not known.isdisjoint(t.text for t in given):
                known.add(tokens[left].text)
        for place, value in assignments_in(tokens):
            if function is None or known.isdisjoint(t.text for t in value):
                continue
            frame = self._flow.frame(function)
            types = frame.types_at(line)
            if len(place) == 1:
                self._assigned(function, place[0].text, types)
                continue
            slot = self._slots.slot_of(scope, place, types)
            held = followed_forwards(frame.typer.type_of_tokens(place, types), offsets=self._trail.offsets)
            if slot is not None and held:
                self._trail.into_slot(slot)
        for call in find_calls(tokens):
            callees = (
                [call.name] if call.name else [t.text for t in tokens[call.start : call.opening] if t.is_name]
            )
            for number, argument in enumerate(arguments_of(tokens, call)):
                if known.isdisjoint(t.text for t in argument):
                    continue
                for other in arguments_of(tokens, call):
                    for token in other:
                        if token.text.startswith(KEY):
                            self._trail.go(Place("static_call", "", token.text.removeprefix(KEY)))
                for name in callees:
                    self._hand(scope, name, number)

    def _hand(self, scope: Scope, name: str, number: int) -> None:
        """The value is an argument of a function by name. Those that macros make hand nothing on but probes."""
        if self._index.files("function", name) or name.startswith(EVENT):
            for taker in self._names.bind(scope, name).functions:
                self._trail.go(Place("parameter", ref_of(taker), number), taker)
