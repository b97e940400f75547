"""Who may call a function through a pointer, found from where its address goes.

A function's name used as a value stands in an initializer, in an assignment, in a registering macro, or among
the arguments of a call. From there it is followed through the parameters of the functions it is handed to, until
one of them calls the parameter or stores it in a member, whose calls the index knows.

The answer holds candidates: more than do call it; whoever asks looks at their edges. Not handled: values copied
from member to member, members that are read into a variable before they are called, console initcalls.
"""

import itertools
import re
from collections.abc import Iterator, Sequence

from analyzer.model.callgraph import FunctionRef, Slot
from analyzer.resolve.frames import Frame
from analyzer.resolve.initcalls import Initcalls
from analyzer.resolve.made import Function
from analyzer.resolve.names import Names, ref_of
from analyzer.resolve.slots import Slots
from analyzer.resolve.tokens import last_member, tokenize

_MAX_DEPTH = 4  # functions that an address is handed through
_WORD = re.compile(r"[A-Za-z_]\w*")
_SECTIONS = ("__initcall_start", "__initcall0_start", "__early_initcall_end")


class Holders:
    """Candidates for calls of a function through pointers."""

    def __init__(self, names: Names, slots: Slots, initcalls: Initcalls) -> None:
        self._names = names
        self._slots = slots
        self._index = names.index
        self._initcalls = initcalls
        self._sections: tuple[Function, ...] | None = None

    def of(self, function: Function) -> tuple[set[Slot], list[Function]]:
        """The slots that a function is put into, and the functions that may call it otherwise or hand it over."""
        ref = ref_of(function)
        slots: set[Slot] = set()
        found: dict[FunctionRef, Function] = {}
        for name in dict.fromkeys((ref.name, *function.aliases)):
            paths = {*self._index.files("reference", name), function.path, *self._index.files("argument", name)}
            for path in sorted(paths):
                if self._names.scopes.foreign(path):
                    continue
                slots.update(self._slots.naming(path, name))
                for definition in self._index.facts(path).definitions:
                    if any(name == value for value, _ in definition.references):
                        holder = self._names.function_of(path, definition)
                        if holder is not None:
                            found[ref_of(holder)] = holder
                            self._follow(holder, {name}, slots, found, 0)
            if any(self._initcalls.registers(path, name) for path in self._index.files("argument", name)):
                found.update((ref_of(f), f) for f in self._walkers())
        return slots, list(found.values())

    def _follow(
        self, holder: Function, words: set[str], slots: set[Slot], found: dict[FunctionRef, Function], depth: int
    ) -> None:
        """Go on into what a function calls with any of the words among the arguments."""
        definition = holder.definition
        if depth >= _MAX_DEPTH or not definition.end:
            return
        scope = self._names.scopes.of(holder.path)
        text = self._index.text(holder.path)
        for call in definition.calls:
            use = text[call.start : call.end].decode("utf-8", "replace")
            if not words & set(_WORD.findall(use)):
                continue
            called = [call.name]
            if scope.macro(call.name):
                tokens = self._names.typer(holder.path).expand(use)
                called = [t.text for t, after in itertools.pairwise(tokens) if after.text == "("]
                slots.update(Slot("", member) for member in _stored([t.text for t in tokens], words))
            for name in dict.fromkeys(called):
                if not self._index.files("function", name):
                    continue
                for taker in self._names.bind(scope, name).functions[:2]:
                    self._take(taker, slots, found, depth)

    def _take(self, taker: Function, slots: set[Slot], found: dict[FunctionRef, Function], depth: int) -> None:
        """What a function does with pointers that it is given."""
        ref = ref_of(taker)
        definition = taker.definition
        if ref in found or not definition.end:
            return
        found[ref] = taker
        words = {p.name for p in definition.parameters if p.name}
        for assignment in definition.assignments:
            if words & {t.text for t in tokenize(assignment.right) if t.is_name}:
                frame = Frame(self._names, taker)
                slot = self._slots.slot_of(frame.scope, frame.typer.expand(assignment.left), frame.types)
                slots.add(slot or Slot("", last_member(assignment.left)))
        for variable in self._index.facts(taker.path).objects:
            if variable.function == definition.name:
                slots.update(
                    Slot("", entry.path.rpartition(".")[2])
                    for entry in variable.entries
                    if words & set(_WORD.findall(entry.value))
                )
        self._follow(taker, words, slots, found, depth + 1)

    def _walkers(self) -> tuple[Function, ...]:
        """The functions that may walk the sections of initcalls: those that call a variable, in sources that
        declare the ends of such sections or list them."""
        if self._sections is None:
            files = self._index.files
            paths = {p for name in _SECTIONS for p in (*files("object", name), *files("reference", name))}
            self._sections = tuple(
                function
                for path in sorted(paths)
                if path.endswith(".c") and not self._names.scopes.foreign(path)
                for function in self._names.of_file(path)
                if function.definition.end and _calls_a_variable(function)
            )
        return self._sections


def _stored(tokens: Sequence[str], words: set[str]) -> Iterator[str]:
    """The members that an expansion stores something into in which one of the words stands."""
    for at in range(2, len(tokens) - 1):
        if tokens[at] == "=" and tokens[at - 2] in (".", "->"):
            value = itertools.takewhile(lambda text: text not in (";", "="), tokens[at + 1 :])
            if not words.isdisjoint(value):
                yield tokens[at - 1]


def _calls_a_variable(function: Function) -> bool:
    definition = function.definition
    variables = {p.name for p in definition.parameters} | {v.name for v in definition.variables}
    return bool(definition.indirect) or any(c.name in variables for c in definition.calls)
