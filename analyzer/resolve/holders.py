"""Where the address of a function goes: forwards, the way that `flow` follows backwards from a call.

A function's name used as a value stands in an initializer, in an assignment, in a macro use at file scope,
among the arguments of a call. From place to place (see `flow.Place`) it is followed to the members, variables
and parameters that may hold it; where these are called, the function may be. Inside a function every mention of
such a name counts (`values`), whatever the order of statements.

The answer holds candidates, more than do call the function; whoever asks looks at their edges. Not handled:
addresses kept as numbers, names that a macro in a body pastes together as a value, what functions that macros
make hand on, and ways of more than `_MAX_PLACES` places. Members that more than `_MAX_READERS` files mention
are followed to their calls only, not into variables and other members.
"""

import itertools
import re
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from analyzer.model.callgraph import FunctionRef, Slot
from analyzer.model.facts import Definition, Invocation, Object
from analyzer.resolve.assigning import assignments_in
from analyzer.resolve.ctypes import followed_forwards
from analyzer.resolve.flow import Flow, Place
from analyzer.resolve.frames import Frame
from analyzer.resolve.listed import inclusions
from analyzer.resolve.made import Function, expansion_of, placed_objects
from analyzer.resolve.names import Names, ref_of
from analyzer.resolve.routes import Routes
from analyzer.resolve.scope import Scope
from analyzer.resolve.slots import Slots
from analyzer.resolve.static_calls import KEY
from analyzer.resolve.tokens import Token, arguments_of, find_calls, open_of, value_end
from analyzer.resolve.values import Put, Use, member_at, uses_of
from analyzer.resolve.words import has_word, parts_of

_MAX_PLACES = 400  # that an address is followed through
_MAX_READERS = 4_000  # files that mention a member whose readers are looked for
_MAX_PARTS = 20  # files with a part of a pasted name in a macro use
_MAX_USES = 4  # of a macro that names the function are looked at
_EVENT = "register_trace_"


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
        self.names = names
        self.slots = slots
        self.flow = flow
        self.routes = routes

    def of(self, ref: FunctionRef, function: Function | None) -> Held:
        """Where a function's address goes; `function` is None for one without a definition in C."""
        search = _Search(self, ref, function)
        search.run()
        return Held(
            {slot: frozenset(paths) for slot, paths in search.slots.items()},
            frozenset(search.values),
            frozenset(search.variables),
            search.found,
        )


class _Search:
    """One function's way through the places of a kernel."""

    def __init__(self, holders: Holders, ref: FunctionRef, function: Function | None) -> None:
        self._names = holders.names
        self._index = holders.names.index
        self._slots = holders.slots
        self._flow = holders.flow
        self._routes = holders.routes
        self._path = ref.file
        self._own = {ref.name, *(function.aliases if function else ())}
        own_file = function is not None and function.definition.static and not ref.file.endswith(".h")
        self._static = ref.name if own_file else ""  # what other files may use for something else
        self.slots: dict[Slot, set[str]] = {}
        self.values: set[str] = set()
        self.variables: set[str] = set()
        self.found: dict[FunctionRef, Function] = {}
        self._offsets = False  # initcalls may stand as offsets in their section
        self._todo: deque[tuple[Place, Function | None]] = deque()
        self._seen: set[Place] = set()
        self._followed: set[tuple[FunctionRef, str, bool]] = set()

    def run(self) -> None:
        """Follow the function's names, then each place that is reached."""
        for name in sorted(self._own):
            self._named(name, self._files_naming(name), own=True)
        while self._todo and len(self._seen) < _MAX_PLACES:
            place, function = self._todo.popleft()
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

    def _go(self, place: Place, function: Function | None = None) -> None:
        if place not in self._seen:
            self._seen.add(place)
            self._todo.append((place, function))

    # files

    def _files_naming(self, name: str) -> list[str]:
        """The files that may use a function's or a file-scope variable's name as a value."""
        if name == self._static:
            return [self._path, *self._names.scopes.of(self._path).includers]
        return sorted({*filter(None, [self._path]), *self._index.mentioning(name)})

    def _native(self, paths: Iterable[str]) -> Iterator[str]:
        return (path for path in paths if not self._names.scopes.foreign(path))

    def _named(self, name: str, paths: Iterable[str], *, own: bool = False) -> None:
        """A name that stands for the function where it is a value: the function's own, a file-scope variable's."""
        # a call of the function by its name gives its address to nobody
        word = re.compile(rb"\b" + re.escape(name.encode()) + (rb"\b(?!\s*\()" if own else rb"\b"))
        for path in self._native(paths):
            text = self._index.text(path)
            if not word.search(text):
                continue
            self._in_objects(path, name, own)
            for definition in self._index.facts(path).definitions:
                if definition.end and word.search(text, definition.body, definition.end):
                    holder = self._names.function_of(path, definition)
                    if holder is not None:
                        self._follow(holder, name, member=False)
        if own:
            self._pasted(name)
            for path in self._native(self._index.files("argument", name)):
                if self._flow.initcalls.registers(path, name):
                    self._initcall()
            self._listed(name)
            self._in_macros(name)
            for macro in self._routes.standing_for(name):
                self._named(macro, self._index.mentioning(macro))
            self._in_given_members(name)

    def _initcall(self) -> None:
        self._offsets = True
        for symbol in self._flow.initcalls.symbols():
            self._go(Place("global", "", symbol))

    def _in_macros(self, name: str) -> None:
        """Macros whose bodies put the name somewhere; what one use does, others do."""
        for macro in self._routes.putting(name):
            uses = (
                (self._names.scopes.of(path), use)
                for path in self._native(self._index.files("use", macro))
                for use in self._index.facts(path).invocations
                if use.macro == macro
            )
            for scope, use in itertools.islice(uses, _MAX_USES):
                self._made_by(scope, use, name)
            bodies = (
                (path, definition)
                for path in self._native(self._index.files("call", macro))
                for definition in self._index.facts(path).definitions
                if any(call.name == macro for call in definition.calls)
            )
            for path, definition in itertools.islice(bodies, _MAX_USES):
                holder = self._names.function_of(path, definition)
                if holder is not None:
                    self._in_body(holder, macro, name)

    def _in_body(self, function: Function, macro: str, name: str) -> None:
        """What a macro in a body, which names the function itself, does with it."""
        frame = self._flow.frame(function)
        for call in function.definition.calls:
            if call.name == macro:
                text = self._index.text(function.path)[call.start : call.end].decode("utf-8", "replace")
                self._in_tokens(frame.scope, frame.typer.expand(text), {name}, function)
        if self._slots.by_macros.has_designator(frame.scope, macro):
            self._in_tables(function, macro, name)

    def _in_given_members(self, name: str) -> None:
        """Macros that store into the member they are given, and paste the name for it."""
        by_macros, maker = self._slots.by_macros, self._names.maker
        for path in sorted({path for part in parts_of(name) for path in by_macros.giving(part)}):
            text, scope = self._index.text(path), self._names.scopes.of(path)
            for definition in self._index.facts(path).definitions:
                for macro in sorted({c.name for c in definition.calls} & by_macros.naming().keys()):
                    uses = [text[c.start : c.end] for c in definition.calls if c.name == macro]
                    given = [use.partition(b"(")[2][:-1].decode("utf-8", "replace") for use in uses]
                    if any(maker.may_paste(scope, macro, arguments, name) for arguments in given):
                        holder = self._names.function_of(path, definition)
                        if holder is not None:
                            self._in_body(holder, macro, name)

    # file scope

    def _in_objects(self, path: str, name: str, own: bool) -> None:
        """What a file's initializers and macro uses at file scope do with a name."""
        for slot in self._slots.naming(path, name):
            self._into_slot(slot, path if own else "")
        for variable in self._index.facts(path).objects:
            if not variable.function:
                self._in_object(path, variable, name)
        scope = self._names.scopes.of(path)
        for use in self._index.facts(path).invocations:
            if has_word(use.arguments, name) or has_word(use.tail, name):
                self._in_use(scope, use, name)

    def _in_object(self, path: str, variable: Object, name: str) -> None:
        """A variable or an array that holds the name itself."""
        held = has_word(variable.value, name) or any(
            "." not in entry.path and has_word(entry.value, name)
            for entry in (*variable.entries, *self._names.lists.entries(path, variable))
        )
        if held and variable.name:
            self._go(Place("global", path if variable.static else "", variable.name))

    def _in_use(self, scope: Scope, use: Invocation, name: str) -> None:
        """What a macro use at file scope makes of a name."""
        if not scope.macro(use.macro):
            for inclusion in inclusions(self._names.scopes, scope.path, use.macro):
                if inclusion.path != scope.path:
                    self._in_objects(inclusion.path, name, own=True)
        if not use.tail and not self._names.maker.may_define(scope, use):
            return
        facts = self._names.maker.use(scope, use)
        for variable in placed_objects(use, facts) if facts else ():
            if variable.name.startswith(KEY) and any(has_word(e.value, name) for e in variable.entries):
                self._go(Place("static_call", "", variable.name.removeprefix(KEY)))
            self._in_object(scope.path, variable, name)
        for function in self._names.maker.from_use(scope, use) if facts and facts.definitions else ():
            keeping = [v.name for v in function.definition.variables if has_word(v.value, name)]
            if keeping:  # it has no text to follow the name in
                self.variables.update(keeping)
                self._add(function)
        self._in_tokens(scope, expansion_of(scope, use), {name}, None)

    def _pasted(self, name: str) -> None:
        """Macro uses that paste the name together."""
        tried: set[tuple[str, int]] = set()
        listing: set[str] = set()  # files that include lists of parts
        for part in parts_of(name):
            paths = self._index.files("argument", part)
            if len(paths) > _MAX_PARTS:
                paths = tuple(p for p in paths if p == self._path)
            for path in self._native(paths):
                scope = self._names.scopes.of(path)
                if any(has_word(e.value, part) for o in self._index.facts(path).objects for e in o.entries):
                    for slot in self._slots.naming(path, name):
                        self._into_slot(slot, path)
                for use in self._index.facts(path).invocations:
                    key = (path, use.start)
                    if key in tried or not has_word(use.arguments, part):
                        continue
                    tried.add(key)
                    if not scope.macro(use.macro):
                        listing.update(i.path for i in inclusions(self._names.scopes, path, use.macro))
                    if not self._names.maker.holds(scope, use, name):
                        continue
                    if self._flow.initcalls.makes(use):
                        self._initcall()
                    self._made_by(scope, use, name)
        for path in sorted(listing):
            self._in_objects(path, name, own=True)

    def _made_by(self, scope: Scope, use: Invocation, name: str) -> None:
        """What a macro use does with a name that is not among its arguments."""
        facts = self._names.maker.use(scope, use)
        for variable in placed_objects(use, facts) if facts else ():
            for slot in self._slots.named_by(scope, variable, name):
                self._into_slot(slot, scope.path)
        self._in_use(scope, use, name)

    def _listed(self, name: str) -> None:
        """Tables of system calls, which generated headers hold."""
        lists = self._names.lists
        for path in lists.including():
            if self._names.scopes.foreign(path):
                continue
            for variable in self._index.facts(path).objects:
                if any(entry.value == name for entry in lists.entries(path, variable)):
                    self._in_object(path, variable, name)
            for include in self._index.includes(path):
                if any(row.function == name for row in lists.system_calls(include)):
                    for definition in self._index.facts(path).definitions:
                        if definition.line <= include.line <= definition.end_line:
                            self._add(self._names.function_of(path, definition))

    # places

    def _into_slot(self, slot: Slot, path: str = "") -> None:
        overlay = self._slots.overlay(slot)
        for member in (slot, *(overlay.others if overlay else ())):
            paths = self.slots.setdefault(member, set())
            if path and member == slot:
                paths.add(path)
            self._go(Place("slot", member, 0))

    def _read(self, slot: Slot) -> None:
        """Functions that read a member into something else than a call."""
        paths = [*self._native(self._index.mentioning(slot.field))]
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
                    holder = self._names.function_of(path, definition)
                    if holder is not None:
                        self._follow(holder, slot.field, member=True, slot=slot)

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
                holder = self._names.function_of(path, definition)
                if holder and any(self._slots.at_offset(scope, a) == slot for a in arguments):
                    self._follow(holder, call.name, member=False, called=True)

    def _global(self, path: str, name: str) -> None:
        self.values.add(name)
        paths = [path, *self._names.scopes.of(path).includers] if path else self._index.mentioning(name)
        self._named(name, paths)

    def _static_call(self, name: str) -> None:
        self.values.add(name)
        for path in self._native(self._index.mentioning(name)):
            text = self._index.text(path)
            for definition in self._index.facts(path).definitions:
                if definition.end and text.find(name.encode(), definition.body, definition.end) >= 0:
                    self._add(self._names.function_of(path, definition))

    def _parameter(self, function: Function, number: int) -> None:
        definition = function.definition
        if number >= len(definition.parameters) or not definition.parameters[number].name:
            return
        name = definition.parameters[number].name
        if not self._holds(function, definition.parameters[number].type):
            return
        if definition.end:
            self._follow(function, name, member=False)
            return
        self._add(function)
        if definition.name.startswith(_EVENT):
            event = definition.name.removeprefix(_EVENT).removeprefix("prio_")
            for caller in (f"trace_{event}", f"trace_{event}_rcuidle", f"__traceiter_{event}"):
                for made in self._names.pasted.of(caller):
                    self._add(made)
        scope = self._names.scopes.of(function.path)
        for use in self._index.facts(function.path).invocations:
            if use.line == definition.line and use.macro == function.macro:
                self._in_tokens(scope, expansion_of(scope, use), {name}, None)

    def _result(self, function: Function) -> None:
        """What callers do with the value of a function that returns the address."""
        name = function.definition.name
        if not self._holds(function, function.definition.return_type):
            return
        if function.definition.static and not function.path.endswith(".h"):
            paths: Sequence[str] = (function.path, *self._names.scopes.of(function.path).includers)
        else:
            paths = self._index.files("call", name)
        for path in self._native(paths):
            for definition in self._index.facts(path).definitions:
                if any(call.name == name for call in definition.calls):
                    caller = self._names.function_of(path, definition)
                    if caller is not None:
                        self._follow(caller, name, member=False, called=True)

    def _holds(self, function: Function, type_text: str) -> bool:
        """Whether something of a type that a function's text spells can hold an address."""
        typer = self._names.typer(function.path)
        return followed_forwards(typer.type_of_text(type_text), offsets=self._offsets)

    # bodies

    def _add(self, function: Function | None) -> None:
        if function is not None and ref_of(function) not in self.found:
            self.found[ref_of(function)] = function if function.whole else self._names.pasted.completed(function)

    def _follow(
        self, function: Function, name: str, *, member: bool, slot: Slot | None = None, called: bool = False
    ) -> None:
        """Go on from what a function does with a name: a variable, a member (`member`), or the value of a call."""
        ref = ref_of(function)
        if (ref, name, member) in self._followed:
            return
        self._followed.add((ref, name, member))
        frame = self._flow.frame(function)
        definition = function.definition
        own = not member and name in self._own
        for use in uses_of(frame.skeleton, name, member=member, called=called):
            if slot is not None and not self._reads(frame, use, slot):
                continue
            direct = not called and frame.skeleton[use.end :].lstrip().startswith(b"(")
            if use.called and not member and not (own and direct):
                self._add(function)  # calls of members and of names are found by their spelling
            if not direct:
                self._used(function, use, name)
        if name in frame.variables or name in frame.parameters:
            self.variables.add(name)
        if not member:
            self._in_local_objects(function, definition, name)

    def _reads(self, frame: Frame, use: Use, slot: Slot) -> bool:
        """Whether the member that is read is that of the slot's struct."""
        text = frame.source(use.start, use.end)
        return self._slots.slot_of(frame.scope, frame.typer.expand(text), frame.types) == slot

    def _used(self, function: Function, use: Use, name: str) -> None:
        """What becomes of a value at one place."""
        frame = self._flow.frame(function)
        for way in use.ways:
            if isinstance(way, Put):
                if way.left:
                    self._assigned(function, way.left)
                else:
                    self._go(Place("result", ref_of(function), 0), function)
            elif frame.scope.macro(way.name):
                self._add(function)
                tokens = frame.typer.expand(frame.source(way.start, way.end))
                self._in_tokens(frame.scope, tokens, {name}, function)
                if self._slots.by_macros.has_designator(frame.scope, way.name):
                    self._in_tables(function, way.name, name)
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
        return self._slots.slot_of(frame.scope, tokens, frame.types)

    def _hand_to_all(self, slot: Slot, number: int) -> None:
        """The value is an argument of what is in a member."""
        for target in self._flow.of_place(Place("slot", slot, 0)):
            for taker in self._names.in_file(target.function.file, target.function.name):
                if ref_of(taker) == target.function:
                    self._go(Place("parameter", target.function, number), taker)

    def _assigned(self, function: Function, left: str) -> None:
        """A value is put into a variable or a member."""
        frame = self._flow.frame(function)
        match = re.search(r"(?:\.|->)\s*\w+\s*(?:\[[^\]]*\]\s*)*$", left)
        if match:
            slot = self._slots.slot_of(frame.scope, frame.typer.expand(left), frame.types)
            if slot is not None and followed_forwards(
                frame.typer.type_of(left, frame.types), offsets=self._offsets
            ):
                self._into_slot(slot)
            return
        pointer = re.search(r"\(\s*\*\s*(?:const\s+)?(\w+)\s*(?:\[[^\]]*\]\s*)*\)", left)
        plain = re.search(r"(\w+)\s*(?:\[[^\]]*\]\s*)*$", left)
        found = pointer or plain
        if found is None:
            return
        name = found.group(1)
        if name in frame.variables or name in frame.parameters:
            if followed_forwards(frame.types.get(name), offsets=self._offsets):
                self._follow(function, name, member=False)
            return
        known = self._names.declared.object(frame.scope, name)
        if known is not None:
            self._go(Place("global", known[0] if known[1].static else "", name))

    def _in_local_objects(self, function: Function, definition: Definition, name: str) -> None:
        """Initializers inside a function."""
        scope = self._names.scopes.of(function.path)
        for variable in self._index.facts(function.path).objects:
            if variable.function == definition.name and any(has_word(e.value, name) for e in variable.entries):
                self._from_entries(scope, variable, name)
                if variable.name and any("." not in e.path and has_word(e.value, name) for e in variable.entries):
                    self._follow(function, variable.name, member=False)

    def _in_tables(self, function: Function, macro: str, name: str) -> None:
        scope = self._names.scopes.of(function.path)
        for call in function.definition.calls:
            if call.name == macro:
                for variable in self._slots.local_table(scope, function.definition, call):
                    self._from_entries(scope, variable, name)

    def _from_entries(self, scope: Scope, variable: Object, name: str) -> None:
        for slot in self._slots.named_by(scope, variable, name):
            self._into_slot(slot)

    def _in_tokens(
        self, scope: Scope, tokens: Sequence[Token], words: Collection[str], function: Function | None
    ) -> None:
        """What an expansion does with names: hands them on, stores them, puts them into variables of its own."""
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
            if len(place) == 1:
                self._assigned(function, place[0].text)
                continue
            frame = self._flow.frame(function)
            slot = self._slots.slot_of(scope, place, frame.types)
            held = followed_forwards(frame.typer.type_of_tokens(place, frame.types), offsets=self._offsets)
            if slot is not None and held:
                self._into_slot(slot)
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
                            self._go(Place("static_call", "", token.text.removeprefix(KEY)))
                for name in callees:
                    self._hand(scope, name, number)

    def _hand(self, scope: Scope, name: str, number: int) -> None:
        """The value is an argument of a function by name. Those that macros make hand nothing on but probes."""
        if self._index.files("function", name) or name.startswith(_EVENT):
            for taker in self._names.bind(scope, name).functions:
                self._go(Place("parameter", ref_of(taker), number), taker)
