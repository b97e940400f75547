"""Stores of values that are no function names into members: parameters, variables, other members.

`x->f = g` with a function `g` is a slot entry (`slots`); here is everything whose value must be followed:
`timer->function = function`, `INIT_WORK(&w, fn)` whose body stores its argument, `{ .fn = fn }` of a local
object. Not handled: copies of whole structs, which change nothing where members are told apart by type only.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from analyzer.model.callgraph import Slot
from analyzer.model.facts import Definition, Entry, Object
from analyzer.resolve.assigning import assignments_in, giving
from analyzer.resolve.fillers import DESIGNATOR
from analyzer.resolve.frames import Frame
from analyzer.resolve.functions import Function
from analyzer.resolve.names import Names
from analyzer.resolve.slots import Slots
from analyzer.resolve.tokens import Token

_STATEMENT = r"(?:->|(?<=[\w)\]])\s*\.)"


class Store(NamedTuple):
    """A value put into a member inside a function. `macro`: by a macro's body, so the value is an argument."""

    function: Function
    value: tuple[Token, ...]  # expanded
    line: int
    guard: str
    macro: bool


_NONE: Mapping[Slot, Sequence[Store]] = {}


class Stores:
    """Stores by slot."""

    def __init__(self, names: Names, slots: Slots) -> None:
        self._names = names
        self._slots = slots
        self._index = names.index
        self._found: dict[tuple[str, str], Mapping[Slot, Sequence[Store]]] = {}

    def of(self, slot: Slot, among: Collection[str] | None = None) -> Iterator[Store]:
        """All stores into a slot, or those in some files, by file and line."""
        macros = self._slots.by_macros.macros(slot.field, _STATEMENT) | self._slots.by_macros.naming().keys()
        building = self._slots.by_macros.macros(slot.field, DESIGNATOR, slot.struct)
        for path in sorted(self._files(slot) if among is None else among):
            if not self._names.scopes.foreign(path) and self._names.declared.may_reach_into(path, slot):
                yield from self._by_slot(path, slot.field, macros).get(slot, ())
                yield from (found for other, found in self._by_building(path, slot, building) if other == slot)

    def into_variable(self, path: str, name: str) -> Iterator[Store]:
        """What macros put into a file-scope variable that they are given: a file's, or (`path` is "") any."""
        word = re.compile(rb"\(\s*&?" + name.encode() + rb"\s*,")
        for file in (path,) if path else self._index.files("reference", name):
            if self._names.scopes.foreign(file):
                continue
            text = self._index.text(file)
            for definition in self._index.facts(file).definitions:
                if not definition.end or not word.search(text, definition.body, definition.end):
                    continue
                calls = [call for call in definition.calls if word.search(text, call.start, call.end)]
                for function in self._names.functions_of(file, definition) if calls else ():
                    frame = Frame(self._names, function)
                    if name in frame.variables or name in frame.parameters:
                        continue
                    for call in calls:
                        uses = (
                            _assigned_by(frame, text[call.start : call.end])
                            if frame.scope.macro(call.name)
                            else ()
                        )
                        for left, value in uses:
                            if [t.text for t in left] == [name]:
                                yield Store(function, tuple(value), call.line, call.guard, True)

    def _files(self, slot: Slot) -> set[str]:
        files = self._index.files
        paths = set(files("store", slot.field))
        paths.update(files("slot", f"?.{slot.field}"), files("slot", f"{slot.struct}.{slot.field}"))
        paths.update(self._slots.positional(slot))
        for shape in (_STATEMENT, DESIGNATOR):
            paths.update(self._slots.by_macros.users("call", slot.field, shape, slot.struct))
        paths.update(self._slots.by_macros.giving(slot.field))
        return paths

    def _by_slot(self, path: str, field: str, macros: frozenset[str]) -> Mapping[Slot, Sequence[Store]]:
        """A file's stores into members of a name: structs that have one of that name share the search."""
        key = (path, field)
        found = self._found.get(key)
        if found is None:
            by_slot: dict[Slot, list[Store]] = {}
            for slot, store in self._in_file(path, field, macros):
                by_slot.setdefault(slot, []).append(store)
            found = self._found[key] = by_slot or _NONE
        return found

    def _in_file(self, path: str, field: str, macros: frozenset[str]) -> Iterator[tuple[Slot, Store]]:
        facts = self._index.facts(path)
        text = self._index.text(path)
        given = giving(field)
        is_given = given.search(text) is not None
        for definition in facts.definitions:
            assigned = any(field in a.left for a in definition.assignments)
            called = bool(macros) and any(c.name in macros for c in definition.calls)
            called = called or (is_given and given.search(text, definition.body, definition.end) is not None)
            if not assigned and not called:
                continue
            for one in self._names.functions_of(path, definition):
                frame = Frame(self._names, one)
                if assigned:
                    yield from self._assigned(frame, definition, field)
                if called:
                    yield from self._by_macros(frame, definition, field)
        owners: dict[str, Function | None] = {}
        for variable in facts.objects:
            if not variable.function or not any(_may_fill(entry, field) for entry in variable.entries):
                continue
            if variable.function not in owners:
                owner = next((d for d in facts.definitions if d.name == variable.function), None)
                owners[variable.function] = self._names.function_of(path, owner) if owner else None
            function = owners[variable.function]
            if function is None:
                continue
            yield from self._built(Frame(self._names, function), variable, field)

    def _by_building(self, path: str, slot: Slot, building: frozenset[str]) -> Iterator[tuple[Slot, Store]]:
        """What objects that macro uses build in functions hold for members of the slot's name."""
        for definition in self._index.facts(path).definitions if building else ():
            calls = [call for call in definition.calls if call.name in building]
            for function in self._names.functions_of(path, definition) if calls else ():
                frame = Frame(self._names, function)
                for call in calls:
                    for variable in self._slots.local_table(frame.scope, definition, call):
                        yield from self._built(frame, variable, slot.field)

    def _built(self, frame: Frame, variable: Object, field: str) -> Iterator[tuple[Slot, Store]]:
        """What an initializer inside a function puts into members of a name, but for functions' own names."""
        for slot, value, line, guard in self._slots.entries_of(frame.scope, variable, field):
            tokens = frame.typer.expand(value)
            names = [t.text for t in tokens if t.is_name]
            if names and self._follows(frame, names, tokens):
                yield slot, Store(frame.function, tuple(tokens), line, guard, False)

    def _assigned(self, frame: Frame, definition: Definition, field: str) -> Iterator[tuple[Slot, Store]]:
        for assignment in definition.assignments:
            if field not in assignment.left:
                continue
            value = frame.typer.expand(assignment.right)
            names = [t.text for t in value if t.is_name]
            if not names or not self._follows(frame, names, value):
                continue
            left = frame.typer.expand(assignment.left)
            slot = self._slots.slot_of(frame.scope, left, frame.types_at(assignment.line))
            if slot is not None and slot.field == field:
                yield slot, Store(frame.function, tuple(value), assignment.line, definition.guard, False)

    def _follows(self, frame: Frame, names: Sequence[str], value: Sequence[Token]) -> bool:
        """Whether a value is more than the name of a function, which is a slot entry already."""
        if any(n in frame.parameters or n in frame.variables for n in names):
            return True
        return len(value) > 2 or not self._names.index.files("function", names[0])

    def _by_macros(self, frame: Frame, definition: Definition, field: str) -> Iterator[tuple[Slot, Store]]:
        text = self._index.text(frame.function.path)
        spelled = self._slots.by_macros.macros(field, _STATEMENT)
        for call in definition.calls:
            if not call.end:
                continue
            use = text[call.start : call.end]
            given = field.encode() in use and frame.scope.macro(call.name)  # it may store into what it is given
            if call.name not in spelled and not given:
                continue
            for left, value in _assigned_by(frame, use):
                if len(left) < 3 or left[-1].text != field or left[-2].text not in (".", "->"):
                    continue
                slot = self._slots.slot_of(frame.scope, left, frame.types_at(call.line))
                if slot is not None and slot.field == field:
                    yield slot, Store(frame.function, tuple(value), call.line, call.guard, True)


def _may_fill(entry: Entry, field: str) -> bool:
    """Whether an initializer's entry may be for a member of a name: it names that, or none."""
    last = entry.path.rpartition(".")[2]
    return last == field or "#" in last


def _assigned_by(frame: Frame, use: bytes) -> Iterator[tuple[Sequence[Token], Sequence[Token]]]:
    """What a macro's use in a function assigns: left side and value."""
    text = re.sub(r"/\*.*?\*/", " ", use.decode("utf-8", "replace"), flags=re.S)
    return assignments_in(frame.typer.expand(text))
