"""Edges of a function: direct calls, calls out of macro expansions, calls through members.

Not handled: branches that constants decide, pointers that are no members (their sites stay unresolved unless
a local variable is initialized with something that resolves).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from analyzer.extract.dominance import TESTS
from analyzer.extract.lexical import strip_comments
from analyzer.model.callgraph import (
    Confidence,
    Edge,
    EdgeKind,
    Evidence,
    FunctionRef,
    Location,
    Slot,
)
from analyzer.model.facts import Definition
from analyzer.model.guards import conjunction
from analyzer.resolve.ctypes import Fun, Ptr, Type
from analyzer.resolve.dominated import guards_of
from analyzer.resolve.macros import Expander, MacroDefinition, MacroName
from analyzer.resolve.made import Function
from analyzer.resolve.names import Bound, Names, ref_of
from analyzer.resolve.scope import Scope, is_stub
from analyzer.resolve.slots import Slots, strip_callee
from analyzer.resolve.tokens import CLEANUP, KEYWORDS, Token, find_calls, spell, tokenize

_WORD = re.compile(rb"[A-Za-z_]\w*")
_SPACE = re.compile(r"\s+")
_MAX_EXPRESSION = 160
_MAX_SHARED = 8  # expansions of one macro remembered for other files that see the same definitions


class _Made(NamedTuple):
    """A call in an expansion: a name, or the tokens of a computed callee."""

    name: str
    callee: tuple[Token, ...]
    macros: tuple[str, ...]
    cleanup: bool
    given: bool  # the callee's name is the site's own text
    value: tuple[Token, ...] = ()  # what a variable of the expansion with that name is initialized with
    declaration: tuple[Token, ...] = ()  # of the variable that a computed callee begins with
    declared: bool = False  # the expansion itself declares a function of that name
    guard: str = ""  # what dominates it inside the expansion


class Calls:
    """Edges by caller."""

    def __init__(self, names: Names, slots: Slots) -> None:
        self._names = names
        self._slots = slots
        self._summaries: dict[tuple[str, str], tuple[_Made, ...]] = {}
        self._shared: dict[str, list[tuple[Mapping[str, object], tuple[_Made, ...]]]] = {}
        self._callers: dict[FunctionRef, tuple[Edge, ...]] = {}
        self._quiet: dict[tuple[str, str], bool] = {}

    def of(self, function: Function) -> tuple[Edge, ...]:
        """The edges of a function's call sites in source order, one per (site, callee)."""
        caller = ref_of(function)
        found = self._callers.get(caller)
        if found is None:
            found = self._callers[caller] = tuple(_Collector(self, function, caller).edges())
        return found

    def summary(self, scope: Scope, name: str, use: Sequence[Token]) -> tuple[_Made, ...]:
        """The calls that expanding a macro use makes, its own argument text left out."""
        key = (scope.path, name)
        found = self._summaries.get(key)
        if found is not None:
            return found
        shared = self._shared.setdefault(name, [])
        for footprint, made in shared:
            if all(n in TESTS or scope.macro(n) == d for n, d in footprint.items()):
                self._summaries[key] = made
                return made

        def lookup(macro: str) -> Sequence[MacroDefinition]:
            return () if macro in TESTS else scope.macro(macro)

        expander = Expander(lookup, everything=True, keep_arguments=True, sure=scope.macro_is_sure)
        expansion = expander.expand(use, outermost=True)
        made = tuple(_calls_in(expansion.tokens))
        if not expansion.depends and not any(m.callee or m.given for m in made):
            self._summaries[key] = made
            shared.insert(0, (expansion.footprint, made))
            del shared[_MAX_SHARED:]
        return made

    def calls_nothing(self, scope: Scope, name: str) -> bool:
        """Whether an object-like macro makes no call."""
        key = (scope.path, name)
        found = self._quiet.get(key)
        if found is None:
            definitions = [d for d in scope.macro(name) if d.parameters is None]
            found = not any(t.is_name and t.text != name for d in definitions for t in d.body)
            if not found:
                found = not self.summary(scope, name, [Token(name)])
            self._quiet[key] = found
        return found


def _calls_in(tokens: Sequence[Token]) -> Iterator[_Made]:
    seen: set[tuple[str, str, str]] = set()
    guards = guards_of(tokens)
    for call in find_calls(tokens):
        if call.name in TESTS:
            continue
        guard = guards[call.opening] if guards else ""
        callee = tokens[call.start : call.opening]
        opening = tokens[call.opening]
        origin = tokens[call.opening - 1].origin
        if origin is None and opening.origin is None:
            continue  # spelled at the site: a site of its own
        macros = origin if origin is not None else opening.origin or ()
        if call.name in CLEANUP:
            inner = tokens[call.opening + 1]
            if inner.is_name:
                yield _Made(inner.text, (), macros, True, inner.origin is None)
            continue
        key = (call.name, "" if call.name else spell(callee), guard)
        if key in seen:
            continue
        seen.add(key)
        if call.name:
            value = _initial_value(tokens, call.name)
            yield _Made(
                call.name,
                (),
                macros,
                False,
                origin is None,
                value,
                (),
                _declares_function(tokens, call.name),
                guard,
            )
        else:
            root = next((t.text for t in callee if t.is_name), "")
            declaration = _declaration(tokens, root)
            yield _Made("", tuple(callee), macros, False, origin is None, (), declaration, False, guard)


def _initial_value(tokens: Sequence[Token], name: str) -> tuple[Token, ...]:
    """The initializer of a variable that an expansion declares: `typeof(f) name = value;`."""
    for at in range(1, len(tokens) - 2):
        if (
            tokens[at].text == name
            and tokens[at + 1].text == "="
            and (tokens[at - 1].is_name or tokens[at - 1].text in (")", "*"))
        ):
            end = at + 2
            depth = 0
            while end < len(tokens) and not (depth == 0 and tokens[end].text in (";", ",")):
                depth += (tokens[end].text == "(") - (tokens[end].text == ")")
                end += 1
            return tuple(tokens[at + 2 : end])
    return ()


def _declares_function(tokens: Sequence[Token], name: str) -> bool:
    """Whether an expansion holds `extern void name(`."""
    return any(
        tokens[at].text == name and tokens[at + 1].text == "(" and tokens[at - 1].text in ("void", "int", "long")
        for at in range(1, len(tokens) - 1)
    )


def _declaration(tokens: Sequence[Token], name: str) -> tuple[Token, ...]:
    """The declaration of a variable inside an expansion: `struct t *name;`."""
    for at in range(1, len(tokens) - 1):
        if tokens[at].text != name or tokens[at + 1].text not in (";", "="):
            continue
        start = at
        while start and tokens[start - 1].text not in (";", "{", "}"):
            start -= 1
        if at - start >= 2 or (at - start == 1 and tokens[start].is_name and tokens[start].text not in KEYWORDS):
            return tuple(tokens[start : at + 1])
    return ()


class _Collector:
    """Collects the edges of one function."""

    def __init__(self, calls: Calls, function: Function, caller: FunctionRef) -> None:
        self._calls = calls
        self._names = calls._names
        self._slots = calls._slots
        self._function = function
        self._definition: Definition = function.definition
        self._caller = caller
        self._scope = self._names.scopes.of(function.seen_from or function.path)
        self._typer = self._names.typer(function.seen_from or function.path)
        self._text = self._names.index.text(function.path) if self._definition.end else b""
        self._local_types: Mapping[str, Type | None] | None = None
        self._local_names = {p.name for p in self._definition.parameters} | {
            v.name for v in self._definition.variables
        }
        self._found: list[tuple[int, int, Edge]] = []
        self._order = 0
        self._guard = self._definition.guard
        # `CLASS(fd, f)(fd)`: a macro use whose expansion takes the second parentheses
        self._curried = {
            (i.start, i.callee.partition("(")[0].strip())
            for i in self._definition.indirect
            if i.callee.endswith(")")
            and i.callee.partition("(")[0].strip().isidentifier()
            and self._scope.macro(i.callee.partition("(")[0].strip())
        }

    def edges(self) -> list[Edge]:
        definition = self._definition
        if definition.end:
            for call in definition.calls:
                if not self._enter(call.guard):
                    continue
                self._direct(call.name, call.line, call.column, call.start, call.end)
            for indirect in definition.indirect:
                if not self._enter(indirect.guard):
                    continue
                self._site(indirect.callee, indirect.line, indirect.column, indirect.start, indirect.end)
            self._enter(definition.guard)
            self._object_macros()
        else:
            for made_indirect in definition.indirect:
                self._computed(
                    tokenize(made_indirect.callee),
                    self._location(definition.line, definition.column),
                    made_indirect.callee + "(…)",
                    (),
                    (self._function.macro,),
                    0,
                )
        for name, macros in self._function.made:
            self._bound_edges(
                name,
                self._location(definition.line, definition.column),
                f"{name}(…)",
                (),
                macros,
                -1,
                "macro body",
            )
        self._found.sort(key=lambda f: (f[0], f[1]))
        distinct: dict[tuple[object, ...], Edge] = {}
        for _, _, edge in self._found:  # one row per site and callee
            key = (
                edge.site,
                edge.callee,
                edge.kind,
                edge.slot,
                edge.callee is None and edge.expression,
            )
            distinct.setdefault(key, edge)
        return list(distinct.values())

    def _enter(self, guard: str) -> bool:
        """Go on to a site under a guard; False when that cannot hold."""
        self._guard = guard
        return not guard or self._scope.holds(guard) is not False

    def _guard_of(self, macros: tuple[str, ...]) -> str:
        """The caller's guard with those of the macro definitions that made a call."""
        guards = [
            m.guard
            for m in macros
            if isinstance(m, MacroName) and m.guard and self._scope.holds(m.guard) is not True
        ]
        return conjunction(self._guard, *guards) if guards else self._guard

    def _location(self, line: int, column: int) -> Location:
        return Location(self._function.path, line, column)

    def _add(self, position: int, edge: Edge) -> None:
        if edge.macros:  # plain strings: the definitions' guards have been used
            edge = msgspec.structs.replace(edge, macros=tuple(str(m) for m in edge.macros))
        self._order += 1
        self._found.append((position, self._order, edge))

    def _source(self, start: int, end: int) -> str:
        piece = self._text[start:end]
        if b"/" in piece:
            piece = strip_comments(piece)
        if b"#" in piece:
            piece = re.sub(rb"(?m)^[ \t]*#.*$", b" ", piece)
        return _SPACE.sub(" ", piece.decode("utf-8", "replace")).strip()

    @property
    def _locals(self) -> Mapping[str, Type | None]:
        if self._local_types is None:
            self._local_types = self._typer.variables(self._definition)
        return self._local_types

    def _direct(self, name: str, line: int, column: int, start: int, end: int) -> None:
        site = self._location(line, column)
        written = self._source(start, end)
        arguments = _arguments(written)
        if name in self._local_names:
            self._pointer(name, site, written, arguments, start)
            return
        macros = self._scope.macro(name)
        if macros:
            if (start, name) in self._curried:
                return
            self._expanded(name, written, site, arguments, start)
            if self._scope.macro_is_sure(name):
                return
            bound = self._names.bind(self._scope, name)
            if not bound.functions:
                return
            if all(is_stub(f.definition) for f in bound.functions):
                self._bound_edges(name, site, written, arguments, (), start, "other configuration", 0)
                return
        self._bound_edges(name, site, written, arguments, (), start, "")

    def _expanded(
        self, name: str, written: str, site: Location, arguments: tuple[str, ...], position: int
    ) -> None:
        outside = self._guard
        for made in self._calls.summary(self._scope, name, tokenize(written)):
            if not self._enter(conjunction(outside, made.guard)):
                continue
            if made.callee:
                self._computed(made.callee, site, written, arguments, made.macros, position, made.declaration)
            elif made.declared and not self._names.bind(self._scope, made.name).functions:
                continue  # an assertion: the expansion declares what nothing defines
            elif made.value and not self._names.index.files("function", made.name):
                self._variable(made.value, site, written, arguments, made.macros, position)
            elif not self._scope.macro(made.name) or self._names.bind(self._scope, made.name).functions:
                rule = "cleanup" if made.cleanup else "macro body"
                self._bound_edges(made.name, site, written, arguments, made.macros, position, rule)
        self._guard = outside

    def _bound_edges(
        self,
        name: str,
        site: Location,
        written: str,
        arguments: tuple[str, ...],
        macros: tuple[str, ...],
        position: int,
        rule: str,
        likely: int | None = None,
    ) -> None:
        if macros and name in self._local_names:
            self._pointer(name, site, written, arguments, position, macros)
            return
        bound: Bound = self._names.bind(self._scope, name)
        if not bound.functions:
            if name in KEYWORDS or self._not_a_function(name):
                return
            in_assembly = self._names.in_assembly(name)
            if macros and not in_assembly and self._names.scopes.whole:
                return  # defined nowhere: an assertion that fails at link time if it is called
            if self._is_pointer_object(name):
                self._pointer(name, site, written, arguments, position, macros)
                return
            reasons = tuple(Evidence(*reason) for reason in self._names.not_built(name))
            self._add(
                position,
                Edge(
                    self._caller,
                    FunctionRef(name),
                    site,
                    "direct",
                    _clip(written),
                    arguments,
                    macros,
                    None,
                    self._guard_of(macros),
                    rule or ("assembly" if in_assembly else "not built" if reasons else "external"),
                    "certain",
                    reasons,
                ),
            )
            return
        own_guard = self._guard_of(macros)
        for number, function in enumerate(bound.functions):
            confidence: Confidence = "certain" if bound.certain else "likely"
            if number >= (bound.likely if likely is None else likely):
                confidence = "possible"
            guard = conjunction(own_guard, function.definition.guard if not bound.certain else "")
            self._add(
                position,
                Edge(
                    self._caller,
                    ref_of(function),
                    site,
                    "direct",
                    _clip(written),
                    arguments,
                    macros,
                    None,
                    guard,
                    rule or _binding_rule(self._function.path, function),
                    confidence,
                    (),
                ),
            )

    def _not_a_function(self, name: str) -> bool:
        """Expansions hold names that only look called: types in casts, attributes, builtins."""
        if name.startswith(("__builtin_", "__attribute")):
            return True
        return self._names.typedef(self._scope, name) is not None

    def _is_pointer_object(self, name: str) -> bool:
        if self._names.index.files("declaration", name):
            return False
        type_ = self._typer.name_type(name, {}) if self._names.index.files("object", name) else None
        return isinstance(type_, Ptr) or (type_ is not None and not isinstance(type_, Fun))

    def _site(self, callee: str, line: int, column: int, start: int, end: int) -> None:
        site = self._location(line, column)
        written = self._source(start, end)
        tokens = tokenize(callee)
        name = callee.partition("(")[0].strip()
        if (start, name) in self._curried:
            made = self._calls.summary(self._scope, name, tokenize(written))
            if any(m.name or m.macros for m in made):
                self._expanded(name, written, site, _arguments(written, callee), start)
                return
        self._computed(tokens, site, written, _arguments(written, callee), (), start)

    def _computed(
        self,
        callee: Sequence[Token],
        site: Location,
        written: str,
        arguments: tuple[str, ...],
        macros: tuple[str, ...],
        position: int,
        declaration: Sequence[Token] = (),
    ) -> None:
        """A call whose callee is an expression."""
        expanded = self._typer.expand_tokens([Token(t.text) for t in callee])
        local = self._locals
        if declaration:
            local = self._typer.with_declaration(self._typer.expand_tokens(declaration), local)
        slot = self._slots.slot_of(self._scope, expanded, local)
        if slot is None:
            if expanded and expanded[0].text == "_Generic":
                self._generic(expanded, site, written, arguments, macros, position)
                return
            bare = strip_callee(expanded)
            names = [t.text for t in bare if t.is_name]
            if len(bare) == 1 and names:
                name = names[0]
                if name not in self._local_names and self._names.bind(self._scope, name).functions:
                    self._bound_edges(name, site, written, arguments, macros, position, "named pointer")
                    return
                self._pointer(name, site, written, arguments, position, macros)
                return
            kind: EdgeKind = (
                "slot" if expanded and any(t.text in (".", "->") for t in expanded[-3:]) else "pointer"
            )
            self._unresolved(kind, None, site, written, arguments, macros, position, "untyped callee")
            return
        self._slot_edges(slot, site, written, arguments, macros, position)

    def _generic(
        self,
        callee: Sequence[Token],
        site: Location,
        written: str,
        arguments: tuple[str, ...],
        macros: tuple[str, ...],
        position: int,
    ) -> None:
        """`_Generic(x, type: f, default: g)(…)`: the association of the expression's type, all when it
        cannot be typed."""
        chosen = self._typer.associations(callee, self._locals)
        if not chosen:
            self._unresolved("pointer", None, site, written, arguments, macros, position, "untyped callee")
        for name in chosen:
            self._bound_edges(name, site, written, arguments, macros, position, "generic selection")

    def _slot_edges(
        self,
        slot: Slot,
        site: Location,
        written: str,
        arguments: tuple[str, ...],
        macros: tuple[str, ...],
        position: int,
        kind: EdgeKind = "slot",
    ) -> None:
        targets: dict[FunctionRef, list[Evidence]] = {}
        guards: dict[FunctionRef, str] = {}
        for entry in self._slots.fillers(slot):
            for function in entry.functions:
                ref = ref_of(function)
                targets.setdefault(ref, []).append(Evidence(entry.file, entry.line, entry.object))
                guards.setdefault(ref, entry.guard)
        if not targets:
            self._unresolved(kind, slot, site, written, arguments, macros, position, "slot without fillers")
            return
        for ref in sorted(targets):
            self._add(
                position,
                Edge(
                    self._caller,
                    ref,
                    site,
                    kind,
                    _clip(written),
                    arguments,
                    macros,
                    slot,
                    conjunction(self._guard_of(macros), guards[ref]),
                    "slot type",
                    "likely",
                    tuple(dict.fromkeys(targets[ref])),
                ),
            )

    def _pointer(
        self,
        name: str,
        site: Location,
        written: str,
        arguments: tuple[str, ...],
        position: int,
        macros: tuple[str, ...] = (),
    ) -> None:
        """A call of a variable: followed to what it is initialized with."""
        for variable in self._definition.variables:
            if variable.name == name and variable.value:
                expanded = self._typer.expand(variable.value)
                slot = self._slots.slot_of(self._scope, expanded, self._locals)
                if slot is not None:
                    self._slot_edges(slot, site, written, arguments, macros, position, "pointer")
                    return
                functions, _ = self._slots.functions_in(self._scope, variable.value)
                if functions:
                    for function in functions:
                        self._add(
                            position,
                            Edge(
                                self._caller,
                                ref_of(function),
                                site,
                                "pointer",
                                _clip(written),
                                arguments,
                                macros,
                                None,
                                self._guard_of(macros),
                                "initialized variable",
                                "likely",
                                (Evidence(self._function.path, variable.line, name),),
                            ),
                        )
                    return
        self._unresolved("pointer", None, site, written, arguments, macros, position, "pointer variable")

    def _variable(
        self,
        value: Sequence[Token],
        site: Location,
        written: str,
        arguments: tuple[str, ...],
        macros: tuple[str, ...],
        position: int,
    ) -> None:
        """A call through a variable that an expansion initializes."""
        expanded = self._typer.expand_tokens([Token(t.text) for t in value])
        slot = self._slots.slot_of(self._scope, expanded, self._locals)
        if slot is not None:
            self._slot_edges(slot, site, written, arguments, macros, position, "pointer")
        else:
            self._unresolved("pointer", None, site, written, arguments, macros, position, "macro's variable")

    def _unresolved(
        self,
        kind: EdgeKind,
        slot: Slot | None,
        site: Location,
        written: str,
        arguments: tuple[str, ...],
        macros: tuple[str, ...],
        position: int,
        rule: str,
    ) -> None:
        self._add(
            position,
            Edge(
                self._caller,
                None,
                site,
                kind,
                _clip(written),
                arguments,
                macros,
                slot,
                self._guard_of(macros),
                rule,
                "possible",
                (),
            ),
        )

    def _object_macros(self) -> None:
        """Calls out of object-like macros such as `current`, once per macro and body."""
        definition = self._definition
        body = self._text[definition.body : definition.end]
        called = {c.name for c in definition.calls}
        seen: set[bytes] = set()
        for match in _WORD.finditer(strip_comments(body)):
            word = match.group()
            if word in seen:
                continue
            seen.add(word)
            name = word.decode()
            if name in KEYWORDS or name in self._local_names or name in called:
                continue
            definitions = self._scope.macro(name)
            if not definitions or all(d.parameters is not None for d in definitions):
                continue
            if self._calls.calls_nothing(self._scope, name):
                continue
            at = re.search(rb"\b" + word + rb"\b", body)
            start = definition.body + (at.start() if at else 0)
            line = self._text.count(b"\n", 0, start) + 1
            column = start - (self._text.rfind(b"\n", 0, start) + 1) + 1
            self._expanded(name, name, self._location(line, column), (), start)


def _clip(text: str) -> str:
    return text if len(text) <= _MAX_EXPRESSION else text[: _MAX_EXPRESSION - 1] + "…"


def _arguments(written: str, callee: str = "") -> tuple[str, ...]:
    """The argument texts of a call as written."""
    at = len(callee) if callee and written.startswith(callee) else written.find("(")
    at = written.find("(", at)
    if at < 0 or not written.endswith(")"):
        return ()
    inside = written[at + 1 : -1].strip()
    if not inside:
        return ()
    parts: list[str] = []
    depth, start, quote = 0, 0, ""
    for position, char in enumerate(inside):
        if quote:
            if char == quote and inside[position - 1] != "\\":
                quote = ""
        elif char in "\"'":
            quote = char
        elif char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
        elif char == "," and depth == 0:
            parts.append(inside[start:position].strip())
            start = position + 1
    parts.append(inside[start:].strip())
    return tuple(parts)


def _binding_rule(path: str, function: Function) -> str:
    if function.path == path:
        return "same file"
    if function.definition.static or function.path.endswith(".h"):
        return "included header"
    return "external definition"
