"""How far an address has been followed: the places still to look at, and what was found on the way.

Not handled: ways of more than `_MAX_PLACES` places.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from analyzer.model.callgraph import FunctionRef, Slot
from analyzer.resolve.ctypes import followed_forwards
from analyzer.resolve.flow import Flow, Place
from analyzer.resolve.functions import Function
from analyzer.resolve.names import Names, ref_of
from analyzer.resolve.routes import Routes
from analyzer.resolve.slots import Slots

_MAX_PLACES = 400  # that an address is followed through


class Means(NamedTuple):
    """What addresses are followed with."""

    names: Names
    slots: Slots
    flow: Flow
    routes: Routes


class Trail:
    """One function's way through the places of a kernel. `own` are its names, `static` the name that other files
    may use for something else; `offsets` tells that initcalls may stand as offsets in their section."""

    def __init__(self, means: Means, ref: FunctionRef, function: Function | None) -> None:
        self._names = means.names
        self._index = means.names.index
        self._slots = means.slots
        self._flow = means.flow
        self.path = ref.file
        self.own = {ref.name, *(function.aliases if function else ())}
        own_file = function is not None and function.definition.static and not ref.file.endswith(".h")
        self.static = ref.name if own_file else ""
        self.slots: dict[Slot, set[str]] = {}
        self.values: set[str] = set()
        self.variables: set[str] = set()
        self.found: dict[FunctionRef, Function] = {}
        self.offsets = False
        self._todo: deque[tuple[Place, Function | None]] = deque()
        self._seen: set[Place] = set()

    def go(self, place: Place, function: Function | None = None) -> None:
        """Come to a place; `function` is the one whose parameter or result it is."""
        if place not in self._seen:
            self._seen.add(place)
            self._todo.append((place, function))

    def places(self) -> Iterator[tuple[Place, Function | None]]:
        """The places in the order in which they are come to, those that are added meanwhile, too."""
        while self._todo and len(self._seen) < _MAX_PLACES:
            yield self._todo.popleft()

    def files_naming(self, name: str) -> list[str]:
        """The files that may use a function's or a file-scope variable's name as a value."""
        if name == self.static:
            includes = self._names.scopes.includes  # a list that the file includes may name it
            lists = [p for p in self._index.files("argument", name) if includes.may_see(self.path, p)]
            return list(dict.fromkeys((self.path, *self._names.scopes.of(self.path).includers, *lists)))
        return sorted({*filter(None, [self.path]), *self._index.mentioning(name)})

    def native(self, paths: Iterable[str]) -> Iterator[str]:
        """Those of the files that belong to the analysed kernel."""
        return (path for path in paths if not self._names.scopes.foreign(path))

    def at_initcall(self) -> None:
        """The address stands in a section of initcalls."""
        self.offsets = True
        for symbol in self._flow.initcalls.symbols():
            self.go(Place("global", "", symbol))

    def into_slot(self, slot: Slot, path: str = "") -> None:
        """Come to a member, and to those that share its memory; `path` is the file that puts the name there."""
        overlay = self._slots.overlay(slot)
        for member in (slot, *(overlay.others if overlay else ())):
            paths = self.slots.setdefault(member, set())
            if path and member == slot:
                paths.add(path)
            self.go(Place("slot", member, 0))

    def holds(self, function: Function, type_text: str) -> bool:
        """Whether something of a type that a function's text spells can hold an address."""
        typer = self._names.typer(function.path)
        return followed_forwards(typer.type_of_text(type_text), offsets=self.offsets)

    def add(self, function: Function | None) -> None:
        """A function that may call what holds the address."""
        if function is not None and ref_of(function) not in self.found:
            self.found[ref_of(function)] = function if function.whole else self._names.pasted.completed(function)
