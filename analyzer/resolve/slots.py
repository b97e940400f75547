"""What fills the slots: initializers and assignments, typed.

A slot is named by the struct that declares the member (members of anonymous structs belong to the outer one)
and the member's name. Not handled: struct copies, pointers stored by a callee, brace elision.
"""

import functools
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

import msgspec

from analyzer.extract.extractor import extract
from analyzer.model.callgraph import FunctionRef, Slot
from analyzer.model.facts import Definition, DirectCall, Entry, Invocation, Object
from analyzer.resolve.assigning import function_named
from analyzer.resolve.braced import MACRO_USE
from analyzer.resolve.ctypes import Arr, Type, pointee
from analyzer.resolve.denoted import denoted
from analyzer.resolve.fillers import DESIGNATOR, MacroFillers, given_use, makes_values_of
from analyzer.resolve.functions import Function
from analyzer.resolve.index import NameKind
from analyzer.resolve.listed import inclusions
from analyzer.resolve.locals import Locals
from analyzer.resolve.names import Names, ref_of
from analyzer.resolve.overlays import Overlay, find_overlay
from analyzer.resolve.placing import Placed, Placing
from analyzer.resolve.scope import Scope
from analyzer.resolve.stripping import strip_callee, without_subscripts
from analyzer.resolve.structtexts import struct_before
from analyzer.resolve.tokens import Token, last_member, spell
from analyzer.resolve.typing import Member
from analyzer.resolve.words import has_word, parts_of

_WORD = re.compile(r"[A-Za-z_]\w*")
_MAX_BEFORE = 400  # bytes before a macro's use in which it is said what struct its braces are
_USES: Sequence[NameKind] = ("use", "call", "reference", "argument")  # `reference`: behind `DEFINE_X(…) =`


class SlotEntry(msgspec.Struct, frozen=True):
    """One value put into a slot. `functions` are the definitions it may denote, or empty for a value that
    is no function."""

    slot: Slot
    path: str  # dotted path inside the object
    object: str
    index: str  # array element or ""
    value: str
    value_kind: Literal["function", "object", "constant"]
    functions: tuple[Function, ...]
    file: str
    line: int
    guard: str
    how: Literal["initializer", "assignment", "argument"]

    @property
    def targets(self) -> tuple[FunctionRef, ...]:
        """The functions that a call through the slot may reach; one that is only declared is external."""
        if self.functions or self.value_kind != "function":
            return tuple(ref_of(function) for function in self.functions)
        return (FunctionRef(self.value),)


class _Found(NamedTuple):
    """What a file puts into members of a name, and the macro uses, at file scope and in functions, that may do so,
    too: they are only read for structs that the macros fill."""

    placed: Mapping[Slot, Sequence[Placed]]
    uses: Sequence[Invocation]
    local_uses: Sequence[tuple[Definition, DirectCall]]


_NOTHING = _Found({}, (), ())


class Slots:
    """Slot entries by file and by slot."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._index = names.index
        self._files: dict[str, tuple[SlotEntry, ...]] = {}
        self._slots: dict[Slot, tuple[SlotEntry, ...]] = {}
        self._held: dict[str, list[tuple[Slot, frozenset[FunctionRef]]]] = {}
        self._placed: dict[tuple[str, str], _Found] = {}
        self._overlays: dict[Slot, Overlay | None] = {}
        self.by_macros = MacroFillers(names)
        self._placing = Placing(names)

    def of_file(self, path: str) -> tuple[SlotEntry, ...]:
        """All slot entries that a file's text and macro uses make, by line."""
        found = self._files.get(path)
        if found is None:
            entries = list(dict.fromkeys(map(self._entry, self._all_placed(path))))  # readings may say the same
            entries.sort(key=lambda e: (e.line, e.object, e.path, e.value))
            found = self._files[path] = tuple(entries)
        return found

    def holding(self, path: str, ref: FunctionRef) -> Iterator[Slot]:
        """The slots that a file puts a function into, by line. What the values are that denote no function is not
        looked at: that would be most of the work of `of_file`."""
        held = self._held.get(path)
        if held is None:
            found: list[tuple[int, str, str, str, Slot, frozenset[FunctionRef]]] = []
            for placed in self._all_placed(path):
                functions, name = denoted(self._names, placed.scope, placed.value)
                if functions:
                    refs = frozenset(map(ref_of, functions))
                    found.append((placed.line, placed.object, placed.path, name, placed.slot, refs))
            found.sort(key=lambda f: f[:4])
            held = self._held[path] = [(slot, refs) for *_, slot, refs in found]
        return (slot for slot, refs in held if ref in refs)

    def _all_placed(self, path: str) -> Iterator[Placed]:
        """What a file's text and macro uses put into members, under conditions that may hold."""
        scope = self._names.scopes.of(path)
        facts = self._index.facts(path)
        placed: list[Placed] = []
        for reading in self._names.renamed.scopes(path):
            for variable in facts.objects:
                placed.extend(self._placing.of_object(reading, variable))
            for definition in facts.definitions:
                placed.extend(self._of_assignments(reading, definition))
                for variable in self.local_tables(reading, definition):
                    placed.extend(self._placing.of_object(reading, variable))
        for variable in self._names.maker.file(scope).objects:
            placed.extend(self._placing.of_object(scope, variable))
        return (p for p in placed if p.scope.holds(p.guard) is not False)

    def naming(self, path: str, name: str) -> set[Slot]:
        """The slots that a file puts a value into in which a name stands, without a look at what it denotes."""
        if path in self._files:
            return {e.slot for e in self._files[path] if has_word(e.value, name)}
        scope = self._names.scopes.of(path)
        facts = self._index.facts(path)
        concerns = self._with_name(scope, name)
        placed = [p for variable in facts.objects for p in self._placing.of_object(scope, variable, concerns)]
        for use in facts.invocations:
            if has_word(use.arguments, name) or has_word(use.tail, name):
                defines = use.tail or self._names.maker.may_define(scope, use)
                for variable in self._names.maker.objects(scope, use) if defines else ():
                    placed.extend(self._placing.of_object(scope, variable, concerns))
        for definition in facts.definitions:
            for assignment in definition.assignments:
                if has_word(assignment.right, name):
                    field = last_member(assignment.left)
                    placed.extend(self._of_assignments(scope, definition, field) if field else ())
        return {p.slot for p in placed if has_word(p.value, name)}

    def named_by(self, scope: Scope, variable: Object, name: str, macro: str = "") -> set[Slot]:
        """The slots that an object's initializer puts a value into in which a name stands; with `macro` only by
        its uses."""
        concerns = functools.partial(_uses, macro) if macro else self._with_name(scope, name)
        placed = self._placing.of_object(scope, variable, concerns)
        return {p.slot for p in placed if has_word(p.value, name)}

    def _with_name(self, scope: Scope, name: str) -> Callable[[Entry], bool]:
        """A cheap test for entries whose value has a name, or is a macro use that may paste it together."""

        def concerns(entry: Entry) -> bool:
            if has_word(entry.value, name):
                return True
            use = MACRO_USE.match(entry.value)
            if use is None or not use.group(2) or not any(part in use.group(2) for part in parts):
                return False
            return self._names.maker.may_paste(scope, use.group(1), use.group(2)[1:-1], name)

        parts = parts_of(name)
        return concerns

    def fillers(self, slot: Slot) -> tuple[SlotEntry, ...]:
        """The entries that put a function into a slot, anywhere in the tree, by file and line."""
        found = self._slots.get(slot)
        if found is None:
            found = self._slots[slot] = tuple(self._search(slot))
        return found

    def fillers_in(self, slot: Slot, paths: Collection[str]) -> Iterator[SlotEntry]:
        """Those of the same entries that stand in some files."""
        return (entry for entry in self._entries_in(slot, paths) if entry.targets)

    def tables(self, slot: Slot) -> Iterator[SlotEntry]:
        """The entries that put the name of an object into a slot, which may be an array of functions."""
        for entry in self._entries_in(slot, self._files_of(slot)):
            if entry.value_kind == "object" and entry.value.isidentifier():
                yield entry

    def _entries_in(self, slot: Slot, paths: Collection[str]) -> Iterator[SlotEntry]:
        macros = self.by_macros.macros(slot.field, DESIGNATOR)
        for path in sorted(paths):
            if not self._names.scopes.foreign(path) and self._names.declared.may_reach_into(path, slot):
                yield from self._entries_for(path, slot, macros)

    def _search(self, slot: Slot) -> Iterator[SlotEntry]:
        return self.fillers_in(slot, self._files_of(slot))

    def _files_of(self, slot: Slot) -> set[str]:
        """The files that may put something into a slot."""
        index = self._index
        field = slot.field
        paths = set(index.files("slot", f"{slot.struct}.{field}"))
        paths.update(self.positional(slot))
        paths.update(index.files("slot", f"?.{field}"))
        paths.update(index.files("store", field))
        paths.update(index.files("argument", field))
        for kind in _USES:
            paths.update(self.by_macros.users(kind, field, DESIGNATOR, slot.struct))
        paths.update(self.by_macros.users_by_position(slot.struct))
        paths.update(self._lists_and_includers(slot))
        return paths

    def positional(self, slot: Slot) -> set[str]:
        """The files with initializers that name no member and may be of the slot's struct, also by a typedef."""
        files = self._index.files
        names = [slot.struct, *self._names.declared.typedefs_of(slot), "?"]
        paths: set[str] = set()
        outer, separator, member = slot.struct.rpartition("::")
        while separator and outer:  # a struct without a tag inside another one
            names.append(outer)
            paths.update(files("slot", f"{outer}.{member}"))
            outer, separator, member = outer.rpartition("::")
        paths.update(path for name in names for path in files("slot", f"{name}.#"))
        return paths

    def overlay(self, slot: Slot) -> Overlay | None:
        """What shares a slot's memory; None when it is no function pointer in a union with others."""
        if slot not in self._overlays:
            self._overlays[slot] = find_overlay(self._index, slot)
        return self._overlays[slot]

    def _lists_and_includers(self, slot: Slot) -> Iterator[str]:
        """Lists that name a member, `LSM_HOOK(int, 0, field, …)`, or use a macro of their includers that names it,
        `#define UNUSUAL_DEV(…) { .initFunction = init_function }`, and these includers."""
        files, field = self._index.files, slot.field
        lists = [
            (path, use.macro)
            for path in files("argument", field)
            if path.endswith(".h") and not self._names.scopes.foreign(path)
            for use in self._index.facts(path).invocations
            if has_word(use.arguments, field)
        ]
        for macro in sorted(self.by_macros.macros(field, DESIGNATOR, slot.struct)):
            lists += [(p, macro) for p in files("use", macro) if p.endswith(".h")]
        for path, macro in dict.fromkeys(lists):
            for inclusion in inclusions(self._names.scopes, path, macro):
                yield path
                yield inclusion.path

    def _entries_for(self, path: str, slot: Slot, macros: frozenset[str]) -> Iterator[SlotEntry]:
        """The entries of a file that fill a slot, without looking at the others."""
        if path in self._files:
            yield from (e for e in self._files[path] if e.slot == slot)
            return
        key = (path, slot.field)
        known = self._placed.get(key)
        if known is None:
            found = self._place_all(path, slot.field, macros)
            known = self._placed[key] = found if any(found) else _NOTHING
        for placed in known.placed.get(slot, ()):
            yield self._entry(placed)
        yield from self._by_position_in(path, slot, macros)
        if not known.uses and not known.local_uses:
            return
        scope = self._names.scopes.of(path)
        concerns = _concerning(slot.field, macros)
        fitting = self.by_macros.macros(slot.field, DESIGNATOR, slot.struct)
        for variable in self._made_by(scope, known, slot, fitting, macros - fitting):
            for placed in self._placing.of_object(scope, variable, concerns):
                if placed.slot == slot and scope.holds(placed.guard) is not False:
                    yield self._entry(placed)

    def _by_position_in(self, path: str, slot: Slot, others: frozenset[str]) -> Iterator[SlotEntry]:
        """The entries for a slot in objects that macro uses of a file make with values by position; not of those
        macros that are looked at for their designators anyway."""
        macros = self.by_macros.by_position(slot.struct) - others
        if not macros:
            return
        facts = self._index.facts(path)
        uses = [use for use in facts.invocations if use.macro in macros]
        scope = self._names.scopes.of(path)
        maker = self._names.maker
        fills = functools.partial(makes_values_of, slot.struct)
        made = [o for u in uses for o in (*maker.objects_again(scope, u, fills), *maker.objects(scope, u))]
        for definition in facts.definitions:
            for call in definition.calls:
                made += self.local_table(scope, definition, call) if call.name in macros else ()
        for variable in made:
            for placed in self._placing.of_object(scope, variable):
                if placed.slot == slot and scope.holds(placed.guard) is not False:
                    yield self._entry(placed)

    def _made_by(
        self, scope: Scope, found: _Found, slot: Slot, fitting: frozenset[str], others: frozenset[str]
    ) -> Iterator[Object]:
        """The objects that a file's macro uses make with a value for a slot. `fitting` macros may fill it,
        `others` the member of that name in other structs."""
        for definition, call in found.local_uses:
            if call.name not in others:
                yield from self.local_table(scope, definition, call)
        fills = functools.partial(self.by_macros.fills, scope, slot)
        for use in found.uses:
            if use.macro in fitting:
                yield from self._names.maker.objects_again(scope, use, fills)
            if not self._names.maker.is_listed(scope, use) and not given_use(use, fitting):
                if (
                    use.macro in others
                    and not use.tail
                    and not self.by_macros.may_designate(scope, use, slot.field)
                ):
                    continue
                structs = self.by_macros.structs(scope, use, slot.field)
                if structs is not None and slot.struct not in structs:
                    continue
            yield from self._names.maker.objects(scope, use)

    def _place_all(self, path: str, field: str, macros: frozenset[str]) -> _Found:
        """What a file's text puts into members of that name, of whatever struct: structs share the search."""
        scope = self._names.scopes.of(path)
        facts = self._index.facts(path)
        concerns = _concerning(field, macros)
        placed: list[Placed] = []
        local: list[tuple[Definition, DirectCall]] = []
        uses: list[Invocation] = []
        readings = self._names.renamed.scopes(path)
        for reading in readings:
            for variable in facts.objects:
                placed += self._placing.of_object(reading, variable, concerns)
        for definition in facts.definitions:
            local += [(definition, call) for call in definition.calls if call.name in macros]
        for use in facts.invocations:
            tail = macros and use.tail and any(word in macros for word in _WORD.findall(use.tail))
            if (
                use.macro in macros
                or tail
                or given_use(use, macros)
                or self.by_macros.may_designate(scope, use, field)
            ):
                uses.append(use)
        for definition in facts.definitions:
            if any(field in a.left for a in definition.assignments):
                for reading in readings:
                    placed += self._of_assignments(reading, definition, field)
        by_slot: dict[Slot, list[Placed]] = {}
        for one in placed:
            if one.scope.holds(one.guard) is not False:
                by_slot.setdefault(one.slot, []).append(one)
        return _Found(by_slot, uses, local)

    def entries_of(self, scope: Scope, variable: Object, field: str) -> Iterator[tuple[Slot, str, int, str]]:
        """(slot, value, line, guard) of an object's entries for members of a name, whatever the values are."""
        for found in self._placing.of_object(scope, variable, _concerning(field, frozenset())):
            if found.slot.field == field:
                yield found.slot, found.value, found.line, found.guard

    def local_tables(self, scope: Scope, definition: Definition) -> Iterator[Object]:
        """Objects that macro uses in a body declare or build, such as `DEFINE_WAIT_FUNC(wait, f)`."""
        for call in definition.calls:
            yield from self.local_table(scope, definition, call)

    def local_table(self, scope: Scope, definition: Definition, call: DirectCall) -> Iterator[Object]:
        """Those that one call makes when it is a macro's use."""
        if not call.end or not self.by_macros.has_initializer(scope, call.name):
            return
        source = self._index.text(scope.file)
        use = source[call.start : call.end].decode("utf-8", "replace")
        text = spell(self._names.typer(scope.key).expand(use))
        if text.startswith("{"):  # `*attr = (struct device_attribute)__ATTR_RW(name)`
            before = source[max(0, call.start - _MAX_BEFORE) : call.start].decode("utf-8", "replace")
            if tag := struct_before(before, len(before)):
                text = f"(struct {tag}){text}"
        for made in extract(f"void made(void) {{ {text}; }}".encode()).objects:
            yield msgspec.structs.replace(
                made,
                line=call.line,
                guard=definition.guard,
                entries=tuple(msgspec.structs.replace(e, line=call.line, guard="") for e in made.entries),
            )

    def _entry(self, placed: Placed) -> SlotEntry:
        scope, slot, owner, path, index, value, line, guard, how = placed
        functions, name = denoted(self._names, scope, value)
        kind: Literal["function", "object", "constant"] = "function" if functions else "constant"
        if not functions and name and self._names.declared.object(scope, name) is not None:
            kind = "object"
        elif not functions and name.isidentifier() and self._is_declared(scope, name):
            kind = "function"  # in assembler, say
        return SlotEntry(
            slot,
            path,
            owner,
            index,
            name or value,
            kind,
            functions,
            scope.file,
            line,
            guard,
            how,
        )

    def _is_declared(self, scope: Scope, name: str) -> bool:
        """Whether a name that has no definition is a function's."""
        return bool(scope.files_with("declaration", name)[0]) or self._names.declared.pasted_function(scope, name)

    def _of_assignments(self, scope: Scope, definition: Definition, field: str | None = None) -> Iterator[Placed]:
        if not definition.assignments:
            return
        local_names = {p.name for p in definition.parameters} | {v.name for v in definition.variables}
        local: Locals | None = None
        for assignment in definition.assignments:
            if field is not None and field not in assignment.left:
                continue
            name = function_named(assignment, local_names)
            if not name or not self._index.files("function", name):
                continue
            typer = self._names.typer(scope.key)
            if local is None:
                local = typer.locals_of(definition)
            slot = self.slot_of(scope, typer.expand(assignment.left), local.at(assignment.line))
            if slot is not None:
                yield Placed(
                    scope,
                    slot,
                    assignment.left,
                    slot.field,
                    "",
                    assignment.right,
                    assignment.line,
                    definition.guard,
                    "assignment",
                )

    def slot_of(self, scope: Scope, tokens: Sequence[Token], local: Mapping[str, Type | None]) -> Slot | None:
        """The slot that an expanded expression reads or writes, None when it is no typed member."""
        found = self.member_of(scope, tokens, local)
        return found.slot if found else None

    def member_of(self, scope: Scope, tokens: Sequence[Token], local: Mapping[str, Type | None]) -> Member | None:
        """The same with the member's type."""
        tokens = without_subscripts(strip_callee(tokens))
        if len(tokens) < 3 or tokens[-2].text not in (".", "->"):
            return None
        typer = self._names.typer(scope.key)
        owner = typer.type_of_tokens(tokens[:-2], local)
        if tokens[-2].text == "->" or isinstance(owner, Arr):
            owner = pointee(owner)
        return typer.member(owner, tokens[-1].text)

    def at_offset(self, scope: Scope, tokens: Sequence[Token]) -> Slot | None:
        """The slot whose offset an (expanded) expression is: `offsetof(struct dev_pm_ops, suspend)`."""
        if len(tokens) < 6 or tokens[0].text not in ("offsetof", "__builtin_offsetof") or tokens[-3].text != ",":
            return None
        pointer = [Token(text) for text in ("(", "(", *(t.text for t in tokens[2:-3]), "*", ")", "0", ")", "->")]
        return self.slot_of(scope, [*pointer, tokens[-2]], {})


def _uses(macro: str, entry: Entry) -> bool:
    return has_word(entry.value, macro)


def _concerning(field: str, macros: frozenset[str]) -> Callable[[Entry], bool]:
    """A cheap test for entries that may fill a member of that name."""

    def concerns(entry: Entry) -> bool:
        last = entry.path.rpartition(".")[2]
        if entry.path and last.split("[")[0].split("#")[0] == field and "." in entry.path:
            return True
        match = MACRO_USE.match(entry.value)
        if match is None or (match.group(1) not in macros and not match.group(2)):
            return "." not in entry.path or "#" in last  # `.ops = { f, g }`
        return match.group(1) in macros or has_word(entry.value, field)

    return concerns
