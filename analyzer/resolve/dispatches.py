"""Where a function is called through the members that hold it, with the arguments that it gets there.

What is handed to an operation (`ti->type->iterate_devices(ti, device_is_usable, NULL)`) reaches the parameters of
all functions in that member. Not handled: members that a macro's body calls, functions that are put into members
by a macro or by a variable, and members that more than `_MAX_DISPATCHING` files call.
"""

from collections.abc import Callable, Iterator

from analyzer.model.callgraph import Slot
from analyzer.resolve.callsites import CallSite
from analyzer.resolve.frames import Frame
from analyzer.resolve.functions import Function
from analyzer.resolve.names import Names, ref_of
from analyzer.resolve.slots import Slots
from analyzer.resolve.tokens import arguments_of, find_calls, last_member, tokenize

_MAX_NAMING = 30  # files that name the function as a value
_MAX_DISPATCHING = 300


class Dispatches:
    """Calls by slot, and by the functions in the slot."""

    def __init__(self, names: Names, slots: Slots, frame: Callable[[Function], Frame]) -> None:
        self._names = names
        self._index = names.index
        self._slots = slots
        self._frame = frame
        self._sites: dict[Slot, tuple[CallSite, ...]] = {}

    def of(self, function: Function) -> Iterator[CallSite]:
        """The calls of a function through the members that initializers and assignments put it into."""
        for slot in dict.fromkeys(self._holding(function)):
            yield from self._of_slot(slot)

    def _holding(self, function: Function) -> Iterator[Slot]:
        name = function.definition.name
        scopes = self._names.scopes
        if function.definition.static and not function.path.endswith(".h"):
            paths = [function.path]
        else:
            paths = [p for p in self._index.files("reference", name) if not scopes.foreign(p)]
            if len(paths) > _MAX_NAMING:
                return
        ref = ref_of(function)
        for path in paths:
            yield from self._slots.holding(path, ref)
            for definition in self._index.facts(path).definitions:
                for assignment in definition.assignments:
                    if assignment.right.lstrip("& ") == name and last_member(assignment.left):
                        frame = self._frame(Function(path, definition))
                        left = frame.typer.expand(assignment.left)
                        slot = self._slots.slot_of(frame.scope, left, frame.types_at(assignment.line))
                        if slot is not None:
                            yield slot

    def _of_slot(self, slot: Slot) -> tuple[CallSite, ...]:
        found = self._sites.get(slot)
        if found is None:
            found = self._sites[slot] = tuple(self._search(slot))
        return found

    def _search(self, slot: Slot) -> Iterator[CallSite]:
        paths = [p for p in self._index.files("dispatch", slot.field) if not self._names.scopes.foreign(p)]
        if len(paths) > _MAX_DISPATCHING:
            return
        for path in paths:
            for definition in self._index.facts(path).definitions:
                for call in definition.indirect:
                    if last_member(call.callee) != slot.field:
                        continue
                    for caller in self._names.functions_of(path, definition):
                        frame = self._frame(caller)
                        callee = frame.typer.expand(call.callee)
                        if self._slots.slot_of(frame.scope, callee, frame.types_at(call.line)) == slot:
                            yield from self._call(caller, frame, call.start, call.end, call.line)

    def _call(self, caller: Function, frame: Frame, start: int, end: int, line: int) -> Iterator[CallSite]:
        text = self._index.text(caller.path)[start:end].decode("utf-8", "replace")
        tokens = frame.typer.expand_tokens(tokenize(text))
        for made in find_calls(tokens):
            if not made.name and made.closing == len(tokens) - 1:
                yield CallSite(caller, line, arguments_of(tokens, made), False)
                return
