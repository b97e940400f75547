"""File-scope objects and constants as a kernel's sources initialize them.

Not handled: entries that only a running kernel adds (those of lists and tables are in `tables`).
"""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from analyzer.extract.extractor import extract
from analyzer.model.callgraph import Slot
from analyzer.model.facts import Entry, Object
from analyzer.resolve.ctypes import Arr, Fun, Ptr, Type, pointee
from analyzer.resolve.execution.values import ANY, Base, Step
from analyzer.resolve.frames import Frame
from analyzer.resolve.names import Names
from analyzer.resolve.positions import STEP, item_around, member_at
from analyzer.resolve.scope import Scope
from analyzer.resolve.slots import Slots
from analyzer.resolve.tokens import KEYWORDS, spell, tokenize

_MACRO_USE = re.compile(r"^([A-Za-z_]\w*)\s*(\(.*\))?$", re.S)


class Initial(NamedTuple):
    """What an object's initializer puts at a path: C text, seen from a file."""

    text: str
    line: int


class Objects:
    """Initial contents by object; constants by name."""

    def __init__(self, names: Names, slots: Slots) -> None:
        self._names = names
        self._slots = slots
        self._index = names.index
        self._contents: dict[Base, Mapping[tuple[Step, ...], Initial]] = {}
        self._enumerators: dict[tuple[str, str], str | None] = {}
        self._stored: dict[Slot, bool] = {}

    def find(self, scope: Scope, name: str) -> tuple[Base, Object] | None:
        """The definition of a file-scope variable that a name denotes in a file."""
        found = self._names.declared.object(scope, name)
        if found is None:
            return None
        path, variable = found
        if not variable.defined or (not variable.entries and not variable.value and not variable.static):
            for candidate in self._index.files("object", name):
                if self._names.scopes.foreign(candidate):
                    continue
                for other in self._index.facts(candidate).objects:
                    if other.name == name and other.defined and not other.static and not other.function:
                        return Base("object", candidate, name), other
        return Base("object", path, name), variable

    def variable(self, base: Base) -> Object | None:
        """The facts of an object."""
        for variable in self._index.facts(base.owner).objects:
            if variable.name == base.name and not variable.function:
                return variable
        found = self._names.declared.object(self._names.scopes.of(base.owner), base.name)
        return found[1] if found else None

    def contents(self, base: Base) -> Mapping[tuple[Step, ...], Initial]:
        """The leaves of an object's initializer by path; empty where there is none."""
        found = self._contents.get(base)
        if found is None:
            found = self._contents[base] = dict(self._read(base))
        return found

    def _read(self, base: Base) -> Iterator[tuple[tuple[Step, ...], Initial]]:
        variable = self.variable(base)
        if variable is None:
            return
        scope = self._names.scopes.of(base.owner)
        if variable.value and not variable.entries:
            yield (), Initial(variable.value, variable.line)
        type_ = self._names.typer(base.owner).type_of_text(variable.type)
        for entry in (*variable.entries, *self._names.lists.entries(base.owner, variable)):
            yield from self._leaf(scope, type_, entry, 0)

    def _leaf(
        self, scope: Scope, type_: Type | None, entry: Entry, depth: int
    ) -> Iterator[tuple[tuple[Step, ...], Initial]]:
        match = _MACRO_USE.match(entry.value)
        if match and depth < 3 and match.group(1) not in KEYWORDS and scope.macro(match.group(1)):
            text = spell(self._names.typer(scope.key).expand(entry.value)).strip()
            if text.startswith((".", "{", "[")):
                base = item_around(entry.path) if text[0] in ".[" else entry.path
                source = f"T v = {{ {text} }};" if text[0] in ".[" else f"T v = {text};"
                for made in extract(source.encode()).objects:
                    for inner in made.entries:
                        moved = Entry(base + inner.path, inner.value, entry.line, entry.guard)
                        yield from self._leaf(scope, type_, moved, depth + 1)
                return
        path = self._path(scope, type_, entry.path)
        if path is not None and scope.holds(entry.guard) is not False:
            yield path, Initial(entry.value, entry.line)

    def _path(self, scope: Scope, type_: Type | None, designator: str) -> tuple[Step, ...] | None:
        typer = self._names.typer(scope.key)
        current = type_
        steps: list[Step] = []
        for step in STEP.findall(designator):
            if step[0] == ".":
                current = current.of if isinstance(current, Arr) else current
                alias = scope.macro(step[1:])
                name = step[1:]
                if alias and alias[0].parameters is None and alias[0].body:
                    name = spell(alias[0].body)
                for part in name.split("."):
                    found = typer.member(current, part)
                    steps.append(part)
                    current = found.type if found else None
            elif step[0] == "[":
                steps.append(self.index(scope, step[1:-1]))
                current = pointee(current) if isinstance(current, Arr) else current
            elif isinstance(current, Arr):
                steps.append(int(step[1:]) if step[1:].isdecimal() else ANY)
                current = current.of
            else:
                read = typer.record(current)
                field = member_at(step, read[1].fields) if read is not None else None
                if read is None or field is None:
                    return None
                steps.append(field.name)
                current = self._names.typer(read[0]).type_of_text(field.type)
        return tuple(steps)

    def index(self, scope: Scope, text: str) -> int | str:
        """An array designator's index, ANY for a range or what is no plain constant."""
        tokens = self._names.typer(scope.key).expand(text)
        if len(tokens) != 1:
            return ANY
        word = tokens[0].text
        if word.isdigit():
            return int(word)
        value = self.enumerator(scope, word)
        return int(value) if value is not None and value.lstrip("-").isdigit() else ANY

    def enumerator(self, scope: Scope, name: str) -> str | None:
        """The value of an enum constant as text that holds no other constant of its enum, None when there is
        no such constant."""
        key = (scope.path, name)
        if key not in self._enumerators:
            self._enumerators[key] = self._find_enumerator(scope, name)
        return self._enumerators[key]

    def _find_enumerator(self, scope: Scope, name: str) -> str | None:
        seen, outside = scope.files_with("enumerator", name)
        for path in [*seen, *(p for p in outside if not self._names.scopes.foreign(p))]:
            for enum in self._index.facts(path).enums:
                base, offset = "", -1
                values: dict[str, str] = {}
                for constant in enum.constants:
                    if constant.value:
                        base = constant.value.strip()
                        words = [values.get(t.text, t.text) for t in tokenize(base)]
                        base, offset = " ".join(words), 0
                        if base.lstrip("-").replace(" ", "").isdigit():
                            base, offset = "", int(base.replace(" ", ""))
                    else:
                        offset += 1
                    values[constant.name] = f"({base} + {offset})" if base else str(offset)
                    if constant.name == name:
                        return values[name]
        return None

    def ever_stored(self, base: Base, path: tuple[Step, ...]) -> bool:
        """Whether some code of the tree may store into the member of that struct (or the variable) that a path of
        an object leads to. Facts keep what functions and objects are stored by name, so that it can be told of
        pointers to functions only; of all else it is assumed."""
        variable = self.variable(base)
        if variable is None:
            return True
        typer = self._names.typer(base.owner)
        current = typer.type_of_text(variable.type)
        slot: Slot | None = None
        for step in path:
            if isinstance(current, Arr) and not (isinstance(step, str) and step != ANY):
                current = current.of
            elif isinstance(step, str) and (found := typer.member(current, step)) is not None:
                slot, current = found.slot, found.type
            else:
                return True
        if slot is None or not (isinstance(current, Ptr) and isinstance(current.to, Fun)):
            return True
        if slot not in self._stored:
            self._stored[slot] = self._stores(slot)
        return self._stored[slot]

    def _stores(self, slot: Slot) -> bool:
        tag = slot.struct.split("::")[0].encode()
        for path in self._index.files("store", slot.field):
            # who stores into a struct's member nearly always declares a pointer to it
            if self._names.scopes.foreign(path) or (tag and tag not in self._index.text(path)):
                continue
            for definition in self._index.facts(path).definitions:
                stores = [a for a in definition.assignments if a.left.endswith(slot.field)]
                function = self._names.function_of(path, definition) if stores else None
                if function is None:
                    continue
                frame = Frame(self._names, function)
                for store in stores:
                    left = frame.typer.expand(store.left)
                    if self._slots.slot_of(frame.scope, left, frame.types_at(store.line)) == slot:
                        return True
        return False
