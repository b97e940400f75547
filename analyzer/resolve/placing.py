"""Which member each value of an initializer is put into: designators and places followed through the types.

Not handled: what a value denotes (`denoted`), and braces that are left out.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Literal, NamedTuple

import msgspec

from analyzer.model.callgraph import Slot
from analyzer.model.facts import Entry, Field, Object
from analyzer.resolve.braced import MACRO_USE, BracedUses
from analyzer.resolve.ctypes import Arr, Ptr, Rec, Type, pointee
from analyzer.resolve.names import Names
from analyzer.resolve.positions import STEP, behind_uses, item_around, member_at
from analyzer.resolve.scope import Scope
from analyzer.resolve.tokens import spell, tokenize

_MAX_NESTED = 3  # macro uses that make lists with macro uses


class Placed(NamedTuple):
    """A value found in a slot; what it denotes is only looked up when the slot is asked for."""

    scope: Scope
    slot: Slot
    object: str
    path: str
    element: str
    value: str
    line: int
    guard: str
    how: Literal["initializer", "assignment", "argument"]


class Placing:
    """Places the entries of objects."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._braced = BracedUses()

    def of_object(
        self,
        scope: Scope,
        variable: Object,
        concerns: Callable[[Entry], bool] | None = None,
    ) -> Iterator[Placed]:
        """The values of an object's initializer (of the entries that `concerns` picks) with the members that they
        are put into."""
        listed = self._names.lists.entries(scope.file, variable)
        entries = [
            e
            for e in (*variable.entries, *listed)
            if concerns is None or concerns(e) or self._braced.may_list(scope, e)
        ]
        if not variable.entries and (match := MACRO_USE.match(variable.value)) and match.group(2):
            whole = Entry("", variable.value, variable.line, variable.guard)
            if concerns is None or concerns(whole) or self._braced.may_list(scope, whole):
                entries = [whole]
        if not entries:
            return
        type_ = self._names.typer(scope.key).type_of_text(variable.type)
        moved: Mapping[str, str] = {}
        if any("#" in entry.path for entry in entries):
            moved = behind_uses((*variable.entries, *listed), partial(self._last_item, scope))
        placed = [
            found
            for entry in entries
            for found in self._of_entry(
                scope, variable, type_, msgspec.structs.replace(entry, path=moved.get(entry.path, entry.path)), 0
            )
        ]
        yield from _in_force(placed)

    def _last_item(self, scope: Scope, value: str) -> str:
        """The path of the last item that a macro's use stands for, "" of any other value."""
        braced = self._braced.of(scope, value)
        return braced.entries[-1].path if braced is not None and braced.items and braced.entries else ""

    def _of_entry(
        self,
        scope: Scope,
        variable: Object,
        type_: Type | None,
        entry: Entry,
        depth: int,
    ) -> Iterator[tuple[str, Placed]]:
        """The values that an entry stands for, each with its path."""
        braced = self._braced.of(scope, entry.value) if depth < _MAX_NESTED else None
        if braced is not None and braced.literal:
            literal = self._names.typer(scope.key).type_of_text(braced.literal)
            for inner in braced.entries:
                own = Entry(inner.path, inner.value, entry.line, entry.guard)
                for path, found in self._of_entry(scope, variable, literal, own, depth + 1):
                    yield f"{entry.path}&{path}", found
        elif braced is not None:
            base = item_around(entry.path) if braced.items else entry.path
            for inner in braced.entries:
                moved = Entry(base + inner.path, inner.value, entry.line, entry.guard)
                yield from self._of_entry(scope, variable, type_, moved, depth + 1)
            return
        placed = self._place(scope, type_, entry.path)
        if placed is None:
            return
        slot, index, dotted = placed
        yield (
            entry.path,
            Placed(scope, slot, variable.name, dotted, index, entry.value, entry.line, entry.guard, "initializer"),
        )

    def _place(self, scope: Scope, type_: Type | None, path: str) -> tuple[Slot, str, str] | None:
        """The slot that a designator path ends in, the array element on the way, the dotted names."""
        typer = self._names.typer(scope.key)
        current = type_
        slot: Slot | None = None
        index = ""
        dotted: list[str] = []
        steps = STEP.findall(path)
        for step, following in zip(steps, [*steps[1:], ""], strict=False):
            if step[0] == ".":
                if isinstance(current, Arr):
                    current = current.of
                name = step[1:]
                for token in tokenize(name):
                    alias = scope.macro(token.text)
                    if alias and alias[0].parameters is None and alias[0].body:
                        name = spell(alias[0].body)
                for part in name.split("."):
                    found = typer.member(current, part)
                    if found is None:
                        return None
                    slot = found.slot
                    dotted.append(part)
                    current = found.type
            elif step[0] == "[":
                index = step[1:-1]
                current = pointee(current) if isinstance(current, Arr | Ptr) else current
            elif isinstance(current, Arr):
                index = step[1:]
                current = current.of
            elif isinstance(current, Ptr):  # to a literal, `(struct pattern[]){ … }`, or needless braces
                current = current.to if following else current
            else:
                read = typer.record(current)
                field = member_at(step, read[1].fields) if read is not None else None
                if read is None or field is None:
                    return None
                if following[:1] == "." and self._is_anonymous(scope, read[0], current, field, following[1:]):
                    continue
                slot = Slot(read[1].tag, field.name, self._names.declared.homonym(read[0], read[1].tag))
                dotted.append(field.name)
                current = self._names.typer(read[0]).type_of_text(field.type)
        if slot is None or isinstance(current, Rec):
            return None
        return slot, index, ".".join(dotted)

    def _is_anonymous(self, scope: Scope, path: str, record: Type | None, field: Field, member: str) -> bool:
        """Whether braces at a place are an anonymous struct's or union's, whose members are the outer one's:
        `{ .name = "x", { .live = f } }`."""
        inside = self._names.typer(path).type_of_text(field.type)
        typer = self._names.typer(scope.key)
        return typer.member(inside, member) is None and typer.member(record, member) is not None


def _in_force(placed: Sequence[tuple[str, Placed]]) -> Iterator[Placed]:
    """The values that no later one of the same designators takes the place of (C11 6.7.9 paragraph 19): under
    another condition it may not."""
    last = {path: n for n, (path, found) in enumerate(placed) if not found.guard}
    for number, (path, found) in enumerate(placed):
        if "#" in path or last.get(path, -1) <= number:
            yield found
