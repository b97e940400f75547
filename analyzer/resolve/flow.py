"""Which functions a pointer may hold: values followed backwards from place to place.

A place is a member of a struct type, a parameter, a local or file-scope variable, a function's result, or a
static call. Each place has sources: functions, or other places. What a place may hold are the functions at the
ends of all chains of sources (Andersen's inclusion constraints, field-based as in Heintze and Tardieu,
"Ultra-fast aliasing analysis", PLDI 2001, solved from the asked place only).

Not handled: pointers to function pointers, values stored through an address, addresses that a function returns
as a number, and which caller a value came from (parameters take the values of all callers).
"""

from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Literal, NamedTuple, Protocol

from analyzer.extract.dominance import implied
from analyzer.model.callgraph import EdgeKind, Evidence, FunctionRef, Slot
from analyzer.resolve.assigning import followed
from analyzer.resolve.callsites import CallSites
from analyzer.resolve.ctypes import Arr, Fun, Ptr, Type, followed_backwards, followed_forwards, is_number
from analyzer.resolve.dispatches import Dispatches
from analyzer.resolve.frames import Frame
from analyzer.resolve.functions import Function
from analyzer.resolve.initcalls import Initcalls, rank
from analyzer.resolve.initializers import listed_values
from analyzer.resolve.names import Names, ref_of
from analyzer.resolve.scope import Scope
from analyzer.resolve.slots import Slots
from analyzer.resolve.static_calls import TRAMPOLINE, StaticCalls
from analyzer.resolve.stores import Store, Stores
from analyzer.resolve.stripping import named_by_type, strip_callee, takes_address, without_subscripts
from analyzer.resolve.tokens import KEYWORDS, Token, arguments_of, find_calls, outside_brackets

PlaceKind = Literal["slot", "parameter", "variable", "global", "result", "static_call"]
_MAX_PLACES = 3_000
_EVENT = f"{TRAMPOLINE}tp_func_"
_TRACING = ("trace_", "__traceiter_")  # what a tracepoint's macros call the functions that call its probes
_REGISTER = ("register_trace_", "register_trace_prio_")


class Place(NamedTuple):
    """Something that holds a function pointer. `owner` is a Slot, the function of a parameter, variable or
    result, or the file of a static global ("" for an external one); `name` a name or a parameter's number."""

    kind: PlaceKind
    owner: Slot | FunctionRef | str
    name: str | int


class Source(NamedTuple):
    """One way a value gets into a place. `handed` tells that it is passed as an argument there."""

    value: FunctionRef | Place
    evidence: Evidence
    guard: str = ""
    handed: bool = False
    kind: EdgeKind | None = None
    rank: int = 0  # order of running, where the kernel has one


class Target(NamedTuple):
    """A function that a place may hold. `evidence` leads from the place to the function's name; the first
    is nearest to the place. `kind` is set where a mechanism of the kernel puts it there."""

    function: FunctionRef
    evidence: tuple[Evidence, ...]
    guard: str
    handed: bool
    kind: EdgeKind | None
    places: tuple[PlaceKind, ...]
    rank: int = 0


class Keeper(Protocol):
    """Where sources are kept beyond a process."""

    def get(self, place: Place) -> tuple[Source, ...] | None:
        """What was found for a place, None when nobody has looked."""

    def put(self, place: Place, sources: tuple[Source, ...]) -> None:
        """Keep what was found."""


class Flow:
    """Sources of places, found on demand and remembered."""

    keeper: Keeper | None = None

    def __init__(self, names: Names, slots: Slots, callsites: CallSites) -> None:
        self._names = names
        self._slots = slots
        self._index = names.index
        self._callsites = callsites
        self._dispatches = Dispatches(names, slots, self.frame)
        self.initcalls = Initcalls(names, callsites)
        self._static_calls = StaticCalls(names, callsites)
        self._stores = Stores(names, slots)
        self._frames: dict[FunctionRef, Frame] = {}
        self._sources: dict[Place, tuple[Source, ...]] = {}
        self._targets: dict[Place, tuple[Target, ...]] = {}
        self._functions: dict[FunctionRef, Function] = {}

    def frame(self, function: Function) -> Frame:
        """The variables of a function."""
        ref = ref_of(function)
        found = self._frames.get(ref)
        if found is None:
            found = self._frames[ref] = Frame(self._names, function)
            self._functions[ref] = function
        if function.seen_from != found.function.seen_from:  # another reading of the same text
            return Frame(self._names, function)
        return found

    def of_expression(self, frame: Frame, tokens: Sequence[Token], line: int) -> tuple[Target, ...]:
        """The functions that an (expanded) expression in a function may denote."""
        found: dict[FunctionRef, Target] = {}
        for source in self._evaluate(frame, frame.scope, tokens, line):
            for target in self._of_source(source):
                found.setdefault(target.function, target)
        return tuple(sorted(found.values(), key=_order))

    def named_in(self, slot: Slot, paths: Collection[str]) -> tuple[Target, ...]:
        """The functions whose names some files put into a slot: enough to know whether one is among them. Empty
        for a slot that shares its memory with others."""
        if self._slots.overlay(slot) is not None:
            return ()
        found: dict[FunctionRef, Target] = {}
        for source in self._put_into(slot, paths):
            if isinstance(source.value, FunctionRef):
                _add(found, source.value, (source.evidence,), source, source.guard, source.handed, ("slot",))
        return tuple(found.values())

    def of_place(self, place: Place) -> tuple[Target, ...]:
        """The functions that a place may hold, sorted."""
        known = self._targets.get(place)
        if known is not None:
            return known
        holds = self._names.scopes.configuration.holds
        found: dict[FunctionRef, Target] = {}
        seen = {place}
        queue: deque[tuple[Place, tuple[Evidence, ...], str, bool, tuple[PlaceKind, ...]]] = deque(
            [(place, (), "", False, (place.kind,))]
        )
        while queue and len(seen) < _MAX_PLACES:
            at, chain, guard, handed, kinds = queue.popleft()
            for source in self.sources(at):
                if holds(source.guard) is False:
                    continue
                evidence = (*chain, source.evidence)
                passed = handed or source.handed
                if isinstance(source.value, FunctionRef):
                    _add(found, source.value, evidence, source, guard or source.guard, passed, kinds)
                elif source.value not in seen:
                    seen.add(source.value)
                    queue.append(
                        (source.value, evidence, guard or source.guard, passed, (*kinds, source.value.kind))
                    )
        result = self._targets[place] = tuple(sorted(found.values(), key=_order))
        return result

    def _of_source(self, source: Source) -> Iterator[Target]:
        if isinstance(source.value, FunctionRef):
            yield Target(source.value, (source.evidence,), source.guard, source.handed, source.kind, ())
            return
        for target in self.of_place(source.value):
            yield target._replace(
                guard=target.guard or source.guard,
                handed=target.handed or source.handed,
            )

    def hook_of(self, trampoline: str) -> Slot | None:
        """The LSM hook that a static call's trampoline stands for."""
        return self._static_calls.hook(trampoline.removeprefix(TRAMPOLINE))

    def probes(self, caller: str, callee: Sequence[Token]) -> tuple[Place, ...]:
        """The places that a tracepoint's probes come from, for a call in a function that the tracepoint's macro
        makes: the parameters of the functions that register them. Empty for any other call."""
        event = next((t.text[len(_EVENT) :] for t in callee if t.text.startswith(_EVENT)), "")
        for prefix in () if event else _TRACING:
            if caller.startswith(prefix):
                event = caller.removeprefix(prefix).removesuffix("_rcuidle")
        registering = [f for p in _REGISTER for f in self._names.pasted.of(p + event)] if event else []
        return tuple(Place("parameter", self.frame(function).ref, 0) for function in registering)

    def sources(self, place: Place) -> tuple[Source, ...]:
        """What is put into a place."""
        found = self._sources.get(place)
        if found is None:
            found = self.keeper.get(place) if self.keeper else None
            if found is None:
                self._sources[place] = ()
                found = tuple(dict.fromkeys(self._search(place)))
                if self.keeper:
                    self.keeper.put(place, found)
            self._sources[place] = found
        return found

    def _frame_of(self, ref: FunctionRef) -> Frame | None:
        """The frame of a function that another process may have come by."""
        found = self._frames.get(ref)
        if found is None and self.keeper is not None:
            for function in (*self._names.in_file(ref.file, ref.name), *self._names.of_file(ref.file)):
                if ref_of(function) == ref:
                    return self.frame(function)
        return found

    def _search(self, place: Place) -> Iterator[Source]:
        owner = place.owner
        if isinstance(owner, Slot):
            yield from self._into_slot(owner)
        elif isinstance(owner, FunctionRef):
            frame = self._frame_of(owner)
            if frame is None:
                return
            if place.kind == "parameter" and isinstance(place.name, int):
                yield from self._into_parameter(frame, place.name)
            elif place.kind == "variable":
                name = str(place.name)
                for value in frame.assigned(name):
                    for source in self._evaluate(frame, frame.scope, frame.typer.expand(value.text), value.line):
                        yield source._replace(evidence=Evidence(frame.function.path, value.line, name))
            elif place.kind == "result":
                for value in frame.returned:
                    yield from self._evaluate(frame, frame.scope, frame.typer.expand(value.text), value.line)
        elif place.kind == "static_call":
            yield from self._into_static_call(str(place.name))
        else:
            yield from self._into_global(owner, str(place.name))

    # the places

    def _into_slot(self, slot: Slot) -> Iterator[Source]:
        overlay = self._slots.overlay(slot)
        if overlay is None:
            yield from self._put_into(slot)
            return
        for member in (slot, *overlay.others):
            for source in self._put_into(member):
                for target in self._of_source(source):
                    if self._parameters(target.function) in (None, overlay.parameters):
                        evidence = target.evidence[-1] if target.evidence else source.evidence
                        yield Source(target.function, evidence, target.guard, target.handed)

    def _parameters(self, ref: FunctionRef) -> int | None:
        """How many parameters a function has, None when that is not known or not fixed."""
        for function in self._names.in_file(ref.file, ref.name) if ref.file else ():
            if ref_of(function) == ref and not any(p.type == "..." for p in function.definition.parameters):
                return len(function.definition.parameters)
        return None

    def _put_into(self, slot: Slot, paths: Collection[str] | None = None) -> Iterator[Source]:
        """What is put into a slot anywhere, or in some files."""
        entries = self._slots.fillers(slot) if paths is None else tuple(self._slots.fillers_in(slot, paths))
        for entry in entries:
            evidence = Evidence(entry.file, entry.line, entry.object)
            for target in entry.targets:
                yield Source(target, evidence, entry.guard)
        if not entries and paths is None:
            yield from self._from_tables(slot)
        for store in self._stores.of(slot, paths):
            yield from self._from_store(store)

    def _from_tables(self, slot: Slot) -> Iterator[Source]:
        """The arrays of functions that a slot points to: `.actions = decoder_actions`."""
        for entry in self._slots.tables(slot):
            found = self._names.declared.object(self._names.scopes.of(entry.file), entry.value)
            if found is None:
                continue
            path, variable = found
            type_ = self._names.typer(path).type_of_text(variable.type)
            if isinstance(type_, Arr) and followed_backwards(type_):
                evidence = Evidence(entry.file, entry.line, entry.object)
                yield Source(Place("global", path if variable.static else "", entry.value), evidence, entry.guard)

    def _from_store(self, store: Store) -> Iterator[Source]:
        frame = self.frame(store.function)
        for source in self._evaluate(frame, frame.scope, store.value, store.line):
            yield source._replace(guard=source.guard or store.guard, handed=source.handed or store.macro)

    def _into_parameter(self, frame: Frame, number: int) -> Iterator[Source]:
        for site in (*self._callsites.of(frame.function), *self._dispatches.of(frame.function)):
            if number < len(site.arguments):
                caller = self.frame(site.caller)
                for source in self._evaluate(caller, caller.scope, site.arguments[number], site.line):
                    yield source._replace(handed=True)

    def _into_static_call(self, name: str) -> Iterator[Source]:
        if slot := self._static_calls.hook(name):
            for entry in self._slots.fillers(slot):
                evidence = Evidence(entry.file, entry.line, entry.object)
                for target in entry.targets:
                    yield Source(target, evidence, entry.guard, kind="hook")
            return
        for setting in self._static_calls.values(name):
            frame = self.frame(setting.function) if setting.function is not None else None
            scope = self._names.scopes.of(setting.path)
            for source in self._evaluate(frame, scope, setting.value, setting.line):
                yield source._replace(kind="static_call")

    def _into_global(self, path: str, name: str) -> Iterator[Source]:
        index = self._index
        defined = False
        places = (path,) if path else index.files("object", name)
        for file in places:
            if self._names.scopes.foreign(file):
                continue
            scope = self._names.scopes.of(file)
            for variable in index.facts(file).objects:
                if variable.name != name or variable.function or (not path and variable.static):
                    continue
                defined = defined or variable.defined
                if variable.value:
                    tokens = self._names.typer(file).expand(variable.value)
                    yield from self._evaluate(None, scope, tokens, variable.line)
                for entry in (*variable.entries, *self._names.lists.entries(file, variable)):
                    if "." not in entry.path:
                        tokens = self._names.typer(file).expand(entry.value)
                        for source in self._evaluate(None, scope, tokens, entry.line):
                            yield source._replace(
                                guard=source.guard or entry.guard, evidence=Evidence(file, entry.line, name)
                            )
        for file in (path,) if path else index.files("store", name):
            if self._names.scopes.foreign(file):
                continue
            for definition in index.facts(file).definitions:
                for assignment in definition.assignments:
                    if assignment.left.partition("[")[0].strip() == name:
                        frame = self.frame(Function(file, definition))
                        if name not in frame.variables and name not in frame.parameters:
                            tokens = frame.typer.expand(assignment.right)
                            yield from self._evaluate(frame, frame.scope, tokens, assignment.line)
        for store in self._stores.into_variable(path, name):
            yield from self._from_store(store)
        if not defined and not path:
            for call in self.initcalls.between(name):
                yield Source(call.function, call.evidence, call.guard, False, "initcall", rank(call.level))

    # expressions

    def _evaluate(self, frame: Frame | None, scope: Scope, tokens: Sequence[Token], line: int) -> Iterator[Source]:
        """The functions and places that an expanded expression may take its value from."""
        # of `&x->member` only a member that holds a function leads to one: most are data that something else reads
        leads: Callable[[Type | None], bool] = followed_forwards if takes_address(tokens) else followed_backwards
        if name := named_by_type(tokens):
            yield from self._of_name(None, scope, name, Evidence(scope.file, line, ""), leads)
            return
        is_type = self._names.typer(scope.key).is_typedef
        tokens = strip_callee(followed(tokens, strip_callee(tokens, is_type)), is_type)
        if not tokens:
            return
        choice = listed_values(tokens) or _choices(tokens, scope)
        if choice:
            for part in choice:
                yield from self._evaluate(frame, scope, part, line)
            return
        evidence = Evidence(scope.file, line, "")
        tokens = without_subscripts(tokens)
        if not tokens:
            return
        if len(tokens) == 1:
            if tokens[0].is_name and tokens[0].text not in KEYWORDS:
                yield from self._of_name(frame, scope, tokens[0].text, evidence, leads)
            return
        if tokens[-1].text == ")":
            yield from self._of_call(frame, scope, tokens, evidence)
            return
        if tokens[-2].text in (".", "->"):
            member = self._slots.member_of(scope, tokens, frame.types_at(line) if frame else {})
            if member is not None and leads(member.type):
                yield Source(Place("slot", member.slot, 0), evidence)
            return
        if tokens[-2].text in ("+", "-") or (len(tokens) > 2 and tokens[1].text in ("+", "-")):
            yield from self._evaluate(frame, scope, tokens[:1], line)

    def _of_name(
        self,
        frame: Frame | None,
        scope: Scope,
        name: str,
        evidence: Evidence,
        leads: Callable[[Type | None], bool],
    ) -> Iterator[Source]:
        """`leads` tells of which types a function's address may come out."""
        if frame is not None and (name in frame.parameters or name in frame.variables):
            if not leads(frame.types_at(evidence.line).get(name)):
                return
            if name in frame.parameters:
                yield Source(Place("parameter", frame.ref, frame.parameters[name]), evidence)
            if name in frame.variables or frame.assigned(name):
                yield Source(Place("variable", frame.ref, name), evidence)
            return
        if name.startswith(TRAMPOLINE):
            yield Source(Place("static_call", "", name.removeprefix(TRAMPOLINE)), evidence)
            return
        if self._names.may_be_function(name):
            bound = self._names.bind(scope, name)
            for function in bound.functions[: bound.likely]:
                yield Source(ref_of(function), evidence, function.definition.guard)
            if bound.functions:
                return
            if self._index.files("declaration", name) and not self._index.files("object", name):
                yield Source(FunctionRef(name), evidence)
                return
        found = self._names.declared.object(scope, name)
        if found is not None:
            path, variable = found
            if not leads(self._names.typer(path).type_of_text(variable.type)):
                return
            yield Source(Place("global", path if variable.static else "", name), evidence)

    def _of_call(
        self, frame: Frame | None, scope: Scope, tokens: Sequence[Token], evidence: Evidence
    ) -> Iterator[Source]:
        """The value of a call by name: what the function returns."""
        calls = [c for c in find_calls(tokens) if c.start == 0 and c.closing == len(tokens) - 1]
        if not calls or not calls[0].name:
            return
        arguments = arguments_of(tokens, calls[0])
        for function in self._names.bind(scope, calls[0].name).functions[:2]:
            returned = self._names.typer(function.path).type_of_text(function.definition.return_type)
            if not function.definition.end or not followed_backwards(returned):
                continue
            if is_number(returned) or _allocates(function):
                continue
            if isinstance(returned, Ptr) and isinstance(returned.to, Fun):
                slots = [slot for a in arguments if (slot := self._slots.at_offset(scope, a)) is not None]
                if slots:
                    yield from (Source(Place("slot", slot, 0), evidence) for slot in slots)
                    continue
            result = Place("result", self.frame(function).ref, 0)
            for source in self.sources(result):
                place = source.value
                if isinstance(place, Place) and place.kind == "parameter" and place.owner == result.owner:
                    # what is handed through is this call's own argument, not that of any other caller
                    if isinstance(place.name, int) and place.name < len(arguments):
                        yield from self._evaluate(frame, scope, arguments[place.name], evidence.line)
                else:
                    yield source


def _add(
    found: dict[FunctionRef, Target],
    function: FunctionRef,
    evidence: tuple[Evidence, ...],
    source: Source,
    guard: str,
    handed: bool,
    kinds: tuple[PlaceKind, ...],
) -> None:
    """Put a function that a source names among targets. Of several ways the first counts; others of its kind add
    their evidence."""
    known = found.get(function)
    if known is None:
        found[function] = Target(function, evidence, guard, handed, source.kind, kinds, source.rank)
    elif known.places == kinds and len(known.evidence) < 8:
        found[function] = known._replace(evidence=tuple(dict.fromkeys((*known.evidence, *evidence))))


def _order(target: Target) -> tuple[int, FunctionRef]:
    return target.rank, target.function


def _allocates(function: Function) -> bool:
    """Whether a function returns memory that nobody has used yet: it is told how to get it. What allocators keep
    in their free lists is all that was ever freed."""
    return any("gfp_t" in parameter.type.split() for parameter in function.definition.parameters)


def _choices(tokens: Sequence[Token], scope: Scope) -> list[Sequence[Token]]:
    """The alternatives of a conditional expression that may be taken, the last operand of a comma; empty for
    others."""
    nested = 0
    question = comma = colon = -1
    for at, token in outside_brackets(tokens):
        text = token.text
        if text == "?":
            nested += question >= 0
            question = at if question < 0 else question
        elif text == ":" and question >= 0 and colon < 0:
            if nested:
                nested -= 1
            else:
                colon = at
        elif text == ",":
            comma = at
        elif text == "=" and question < 0:
            return [tokens[at + 1 :]]
    if comma >= 0 and question < 0:
        return [tokens[comma + 1 :]]
    if question >= 0 and colon > question:
        middle = tokens[question + 1 : colon] or tokens[:question]
        guards = implied([t.text for t in tokens[:question]])
        both = [middle, tokens[colon + 1 :]]
        return [arm for arm, guard in zip(both, guards, strict=True) if scope.holds(guard) is not False] or both
    return []
