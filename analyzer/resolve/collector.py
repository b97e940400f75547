"""Edges of a function: direct calls, calls out of macro expansions, calls through pointers, functions handed over.

Not handled: branches that constants decide.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from analyzer.extract.lexical import on_one_line
from analyzer.model.callgraph import (
    HANDED_OVER,
    Confidence,
    Edge,
    EdgeKind,
    Evidence,
    FunctionRef,
    Location,
    Slot,
)
from analyzer.model.facts import Definition, DirectCall, Include, IndirectCall
from analyzer.model.guards import conjunction
from analyzer.resolve.ctypes import Base, Fun, Ptr, Rec, Type, is_type_start
from analyzer.resolve.edgelist import EdgeList, Site
from analyzer.resolve.expansions import ExpandedCall, Expansions, calls_under
from analyzer.resolve.flow import Flow, Place, Target
from analyzer.resolve.handed import told
from analyzer.resolve.linkage import may_be_assembled, surely_linked
from analyzer.resolve.made import Function
from analyzer.resolve.mentions import mentions
from analyzer.resolve.names import Bound, Names, ref_of
from analyzer.resolve.scope import is_stub
from analyzer.resolve.sieve import Sieve
from analyzer.resolve.slots import Slots
from analyzer.resolve.spelling import argument_texts, binding_rule, flow_rule
from analyzer.resolve.static_calls import TRAMPOLINE, StaticCalls
from analyzer.resolve.stripping import strip_callee, without_subscripts
from analyzer.resolve.surroundings import Surroundings
from analyzer.resolve.syscallnames import canonical_name
from analyzer.resolve.tokens import KEYWORDS, TYPE_WORDS, Token, find_calls, tokenize
from analyzer.resolve.wanted import Wanted

_WORD = re.compile(rb"[A-Za-z_]\w*")


class Ground(NamedTuple):
    """What all functions' edges are found with."""

    names: Names
    slots: Slots
    flow: Flow
    expansions: Expansions


_OF_COMPILER = frozenset({"va_start", "va_end", "va_arg", "va_copy"})  # macros of its own <stdarg.h>


class Collector:
    """Collects the edges of one function: all, or those towards what is wanted and perhaps others."""

    def __init__(
        self, ground: Ground, function: Function, caller: FunctionRef, wanted: Wanted | None = None
    ) -> None:
        self._names, self._slots, self._flow, self._expansions = ground
        self._function = function
        self._definition: Definition = function.definition
        self._caller = caller
        self._frame = ground.flow.frame(function)
        self._scope = self._frame.scope
        self._typer = self._frame.typer
        self._text = self._names.index.text(function.path) if self._definition.end else b""
        self._local_names = self._frame.parameters.keys() | self._frame.variables
        self._wanted = wanted
        self._sieve = Sieve(wanted, ground.names, ground.slots, self._frame, self._text) if wanted else None
        self._around = Surroundings(self._definition, self._text, self._scope, ground.expansions)
        self._list = EdgeList(self._scope, caller, self._definition.guard)
        self._enter, self._guard_of, self._add = self._list.enter, self._list.guard_of, self._list.add
        # `CLASS(fd, f)(fd)`: a macro use whose expansion takes the second parentheses
        self._curried = {
            (i.start, i.callee.partition("(")[0].strip())
            for i in self._definition.indirect
            if i.callee.endswith(")")
            and i.callee.partition("(")[0].strip().isidentifier()
            and self._scope.macro(i.callee.partition("(")[0].strip())
        }

    def edges(self) -> list[Edge]:
        """The edges in source order, one per (site, callee)."""
        wanted, sieve = self._wanted, self._sieve
        definition = self._definition
        head = Location(self._function.path, definition.line, definition.column)
        if definition.end:
            for call in definition.calls:
                if (sieve is None or sieve.leads(call)) and self._is_compiled(call):
                    self._direct(call.name, self._site(call.line, call.column, call.start, call.end))
            for indirect in definition.indirect:
                if (sieve is None or sieve.reads(indirect)) and self._is_compiled(indirect):
                    self._indirect(
                        indirect.callee,
                        self._site(indirect.line, indirect.column, indirect.start, indirect.end, indirect.callee),
                    )
            self._enter(definition.guard)
            if wanted is None or wanted.without_parentheses(self._text, definition.body, definition.end):
                self._object_macros()
            self._dispatched()
            if wanted is None or any(name in wanted.names for name, _ in definition.references):
                self._handed_over()
        else:
            for made in definition.indirect:
                if sieve is None or sieve.reads(made):
                    site = Site(head, made.callee + "(…)", (), 0, (self._function.macro,))
                    self._made_call(tokenize(made.callee), site)
        for name, macros in self._function.made:
            if wanted is None or wanted.pointers or name in wanted.names:
                rule, text = ("macro body", f"{name}(…)") if self._function.macro else ("alias", "alias")
                self._bound_edges(name, Site(head, text, (), -1, macros), rule)
        return self._list.distinct()

    def _is_compiled(self, site: DirectCall | IndirectCall) -> bool:
        """Go on to a call of the text; False when it cannot hold, or macros around it drop it."""
        return self._enter(site.guard) and self._around.keeps(site.start)

    def _site(self, line: int, column: int, start: int, end: int, callee: str = "") -> Site:
        written = self._source(start, end)
        return Site(Location(self._function.path, line, column), written, argument_texts(written, callee), start)

    def _types(self, site: Site) -> Mapping[str, Type | None]:
        """The types of local variables at a call site."""
        return self._frame.types_at(site.location.line)

    def _source(self, start: int, end: int) -> str:
        return on_one_line(self._text[start:end])

    # calls by name

    def _direct(self, name: str, site: Site) -> None:
        if self._frame.is_local(name, site.location.line) and not self._is_macro_use(name, site):
            self._pointer((Token(name),), site)
            return
        if self._scope.macro(name) and not self._scope.defined_below(name, site.location.line):
            if (site.position, name) in self._curried:
                return
            self._expanded(name, site._replace(arguments=argument_texts(site.written, macro=True)))
            if self._scope.macro_is_sure(name):
                return
            bound = self._names.bind(self._scope, name)
            if not bound.functions:
                return
            if all(is_stub(f.definition) for f in bound.functions):
                self._bound_edges(name, site, "other configuration", 0)
                return
        self._bound_edges(name, site, "")

    def _is_macro_use(self, name: str, site: Site) -> bool:
        """Whether `name(` is a macro's use although a variable has that name: `max(a, b)` beside `int max`."""
        if all(d.parameters is None for d in self._scope.macro(name)):
            return False
        type_ = self._types(site).get(name)
        type_ = type_.to if isinstance(type_, Ptr) else type_
        return self._scope.macro_is_sure(name) or isinstance(type_, Base | Rec | Ptr)

    def _expanded(self, name: str, site: Site) -> None:
        self._made(self._expansions.summary(self._scope, name, tokenize(site.written)), site)

    def _made(self, calls: Iterable[ExpandedCall], site: Site) -> None:
        """The calls of a macro use's expansion."""
        outside = self._list.guard
        for made in calls:
            if made.name and not made.value and self._sieve and not self._sieve.matters(made.name):
                continue
            if not self._enter(conjunction(outside, made.guard)):
                continue
            arguments = site.arguments if made.cleanup else told(made.handed, made.taken, site.arguments)
            inner = site._replace(macros=made.macros, arguments=arguments)
            if made.callee:
                self._computed(made.callee, inner, made.declaration)
            elif made.declared and not self._names.bind(self._scope, made.name).functions:
                continue  # an assertion: the expansion declares what nothing defines
            elif made.value and not self._names.index.files("function", made.name):
                self._variable(made, inner)
            elif not self._scope.macro(made.name) or self._names.bind(self._scope, made.name).functions:
                self._bound_edges(made.name, inner, "cleanup" if made.cleanup else "macro body")
        self._list.guard = outside

    def _bound_edges(self, name: str, site: Site, rule: str, likely: int | None = None) -> None:
        if (site.macros and name in self._local_names) or name.startswith(TRAMPOLINE):
            self._pointer((Token(name),), site)
            return
        if self._sieve and not self._sieve.matters(name):
            return
        bound: Bound = self._names.bind(self._scope, name, self._function.path)
        if not bound.functions:
            if name in KEYWORDS or self._not_a_function(name):
                return
            in_assembly = self._names.scopes.in_assembly(name)
            if site.macros and not in_assembly and self._names.scopes.whole:
                return  # defined nowhere: an assertion that fails at link time if it is called
            if self._is_pointer_object(name):
                self._pointer((Token(name),), site)
                return
            reasons = tuple(Evidence(*reason) for reason in self._names.not_built(name))
            rule = rule or ("assembly" if in_assembly else "not built" if reasons else "external")
            self._add(site, FunctionRef(name), "direct", rule, "certain", evidence=reasons)
            return
        own_guard = self._guard_of(site.macros)
        scopes, path = self._names.scopes, self._scope.path
        in_assembly = not any(map(self._is_sure, bound.functions)) and may_be_assembled(scopes, path, name)
        if in_assembly:  # memcpy without KASAN
            self._add(site, FunctionRef(name), "direct", "assembly", "likely", guard=own_guard)
        certain = bound.certain and not in_assembly
        for number, function in enumerate(bound.functions):
            confidence: Confidence = "certain" if certain else "likely"
            if number >= (bound.likely if likely is None else likely):
                confidence = "possible"
            guard = conjunction(own_guard, function.definition.guard if not certain else "")
            why = rule or binding_rule(self._function.path, function)
            kind: EdgeKind = "pointer" if why == "alias" else "direct"  # no call of the text makes it
            self._add(site, ref_of(function), kind, why, confidence, guard=guard)

    def _is_sure(self, function: Function) -> bool:
        """Whether a definition is there in every configuration that is meant, or the file's own."""
        return function.path == self._scope.path or surely_linked(
            self._names.scopes, function.path, function.definition.guard
        )

    def _not_a_function(self, name: str) -> bool:
        """Expansions hold names that only look called: types in casts, attributes, builtins."""
        if name.startswith(("__builtin_", "__attribute")) or name in _OF_COMPILER:
            return True
        return self._names.declared.typedef(self._scope, name) is not None

    def _is_pointer_object(self, name: str) -> bool:
        foreign = self._names.scopes.foreign
        if not all(foreign(path) for path in self._names.index.files("declaration", name)):
            return False
        known = self._names.index.files("object", name) or self._names.declared.object(self._scope, name)
        type_ = self._typer.name_type(name, {}) if known else None
        return isinstance(type_, Ptr) or (type_ is not None and not isinstance(type_, Fun))

    # calls through pointers

    def _indirect(self, callee: str, site: Site) -> None:
        name = callee.partition("(")[0].strip()
        if (site.position, name) in self._curried:
            made = self._expansions.summary(self._scope, name, tokenize(site.written))
            if any(m.name or (m.macros and not _spelled_here(m.callee)) for m in made):
                self._expanded(name, site)
                return
        tokens = tokenize(callee)
        if len(tokens) > 1 and tokens[-1].is_name and self._spells_member(tokens[-1].text):
            expanded = self._typer.expand(site.written)
            for call in find_calls(expanded):
                if not call.name:
                    self._computed(expanded[call.start : call.opening], site)
            return
        self._computed(tokens, site)

    def _spells_member(self, name: str) -> bool:
        """Whether what seems a call of a member is a macro's use: `#define fs_cs(i) s_csp[(i)]`, `p->fs_cs(3)`."""
        definitions = self._scope.macro(name)
        return self._scope.macro_is_sure(name) and any(d.parameters is not None for d in definitions)

    def _computed(self, callee: Sequence[Token], site: Site, declaration: Sequence[Token] = ()) -> None:
        """A call whose callee is an expression."""
        expanded = self._typer.expand_tokens([Token(t.text) for t in callee])
        if called := StaticCalls.called_by_key(expanded):
            self._pointer((Token(TRAMPOLINE + called),), site)
            return
        if self._is_cast(expanded):
            return
        local = self._types(site)
        if declaration:
            local = self._typer.with_declaration(self._typer.expand_tokens(declaration), local)
        slot = self._slots.slot_of(self._scope, expanded, local)
        if slot is not None and site.macros and self._is_data(expanded, local):
            # `paravirt_callee_save.func` holds assembler's thunks; looking for them costs thousands of files
            self._add(site, None, "slot", "untyped callee", "possible", slot=slot)
            return
        if slot is not None:
            self._slot_edges(slot, site)
            return
        if expanded and expanded[0].text == "_Generic":
            self._generic(expanded, site, local, declaration)
            return
        bare = strip_callee(expanded)
        if len(bare) == 1 and bare[0].is_name:
            name = bare[0].text
            if name not in self._local_names and self._names.bind(self._scope, name).functions:
                self._bound_edges(name, site, "named pointer")
                return
        elif any(t.text in (".", "->") for t in without_subscripts(expanded)[-3:]):
            self._add(site, None, "slot", "untyped callee", "possible")
            return
        self._pointer(bare, site)

    def _is_data(self, callee: Sequence[Token], local: Mapping[str, Type | None]) -> bool:
        """Whether a callee is a variable's member that is a plain `void *`: only assembler calls such a one."""
        member = self._slots.member_of(self._scope, callee, local)
        if member is None or member.type != Ptr(Base("void")):
            return False
        return not callee[0].text.startswith("(") and all(t.text != "->" for t in callee)

    def _is_cast(self, callee: Sequence[Token]) -> bool:
        """Whether what seems a callee is a type: `(u64)(u32)(x)`, which without types reads like a call."""
        if len(callee) < 3 or callee[-1].text != ")" or callee[-3].text != "(":
            return False
        name = callee[-2]
        if not name.is_name or name.text in self._local_names:
            return False
        # a header that is read alone may not see where the type is defined
        return name.text in TYPE_WORDS or is_type_start(callee, len(callee) - 2, self._typer.is_typedef)

    def _generic(
        self,
        callee: Sequence[Token],
        site: Site,
        local: Mapping[str, Type | None],
        declaration: Sequence[Token],
    ) -> None:
        """`_Generic(x, type: f, default: g)(…)`: the association of the expression's type, all when it
        cannot be typed."""
        declared = [(p.name, p.type) for p in self._definition.parameters]
        declared += [(v.name, v.type) for v in self._definition.variables]
        constant = {name for name, type_ in declared if "const" in type_.partition("*")[0].split()}
        if declaration:  # a macro's own variable
            constant.discard(declaration[-1].text)
        chosen = self._typer.associations(callee, local, constant)
        if not chosen:
            self._add(site, None, "pointer", "untyped callee", "possible")
        for name in chosen:
            self._bound_edges(name, site, "generic selection")

    def _slot_edges(self, slot: Slot, site: Site, kind: EdgeKind = "slot") -> None:
        targets: tuple[Target, ...] = ()
        wanted = self._wanted
        if wanted is not None:
            if slot not in wanted.slots:
                return
            targets = self._flow.named_in(slot, wanted.slots[slot])
            if all(target.function != wanted.function for target in targets):
                targets = ()
        targets = targets or self._flow.of_place(Place("slot", slot, 0))
        if not targets:
            self._add(site, None, kind, "slot without fillers", "possible", slot=slot)
        self._target_edges(targets, site, kind, slot)

    def _target_edges(
        self, targets: Iterable[Target], site: Site, kind: EdgeKind, slot: Slot | None = None
    ) -> None:
        own_guard = self._guard_of(site.macros)
        for target in targets:
            handed = target.handed and kind == "pointer"
            self._add(
                site,
                target.function,
                target.kind or ("callback" if handed else kind),
                flow_rule(target),
                "likely",
                slot=slot,
                guard=conjunction(own_guard, target.guard),
                evidence=tuple(dict.fromkeys(target.evidence)),
            )

    def _pointer(self, callee: Sequence[Token], site: Site) -> None:
        """A call of a parameter, a variable or another value that is no member."""
        name = callee[0].text if len(callee) == 1 else ""
        hook = None
        if name.startswith(TRAMPOLINE):
            hook = self._flow.hook_of(name)
        if self._wanted is not None and not self._wanted.pointed(callee, hook):
            return
        targets = self._flow.of_expression(self._frame, callee, site.location.line)
        if not targets:
            rule = "pointer variable" if name else "untyped callee"
            self._add(site, None, "hook" if hook else "pointer", rule, "possible", slot=hook)
        slot = hook or self._read_slot(name)
        self._target_edges(targets, site, "pointer", slot)

    def _read_slot(self, name: str) -> Slot | None:
        """The member that a called variable is read from, when it is one."""
        if name not in self._frame.variables:
            return None
        for value in self._frame.assigned(name):
            slot = self._slots.slot_of(
                self._scope, self._typer.expand(value.text), self._frame.types_at(value.line)
            )
            if slot is not None:
                return slot
        return None

    def _variable(self, made: ExpandedCall, site: Site) -> None:
        """A call through a variable that an expansion initializes."""
        expanded = self._typer.expand_tokens([Token(t.text) for t in made.value])
        slot = self._slots.slot_of(self._scope, expanded, self._types(site))
        if slot is not None:
            self._slot_edges(slot, site, "pointer")
            return
        self._pointer(strip_callee(expanded), site)

    def _made_call(self, callee: Sequence[Token], site: Site) -> None:
        """A computed call in a function that a macro makes: a tracepoint's is that of its probes."""
        places = self._flow.probes(self._definition.name, callee)
        if not places:
            self._computed(callee, site)
            return
        site = site._replace(written=f"{self._definition.name}(…)")
        targets = {t.function: t for place in places for t in self._flow.of_place(place)}
        if not targets:
            self._add(site, None, "tracepoint", "tracepoint without probes", "possible")
        for function, target in sorted(targets.items()):
            evidence = tuple(dict.fromkeys(target.evidence))
            guard = conjunction(self._guard_of(site.macros), target.guard)
            self._add(site, function, "tracepoint", "registered probe", "likely", guard=guard, evidence=evidence)

    # functions that are not called here

    def _handed_over(self) -> None:
        """Functions passed as arguments: whoever takes them may call them, now or later."""
        definition = self._definition
        wanted = {n for n, _ in definition.references if self._names.may_be_function(n)}
        if not wanted:
            return
        for call in definition.calls:
            if not call.end:
                continue
            words = {w.decode() for w in _WORD.findall(self._text[call.start : call.end])} & wanted
            if not words or not self._enter(call.guard):
                continue
            site = self._site(call.line, call.column, call.start, call.end)
            called = self._list.called_at(site.position)
            words = self._kept_by_macro(call.name, site, words)
            for argument in site.arguments:
                name = argument.lstrip("&( ").rstrip(") ").rpartition(")")[2].strip()
                if name not in words or name in self._local_names or self._scope.macro(name):
                    continue
                for function in self._names.bind(self._scope, name).functions[:1]:
                    if ref_of(function) in called:
                        continue  # a macro that calls its argument
                    evidence = (Evidence(self._function.path, call.line, call.name),)
                    self._add(site, ref_of(function), "callback", HANDED_OVER, "likely", evidence=evidence)
        self._enter(definition.guard)

    def _kept_by_macro(self, name: str, site: Site, words: set[str]) -> set[str]:
        """Those of the words in a call's arguments that are still values when `name` is a macro: `call_int_hook(
        capable, …)` only pastes its first argument to other names, or takes it for a member's."""
        if not self._scope.macro(name) or not self._scope.macro_is_sure(name):
            return words
        tokens = self._typer.expand(site.written)
        kept = {t.text for at, t in enumerate(tokens) if not at or tokens[at - 1].text not in (".", "->")}
        return words & kept

    def _dispatched(self) -> None:
        """System calls out of a generated switch: `#include <asm/syscalls_64.h>` in a body."""
        definition = self._definition
        for include in self._names.index.includes(self._function.path):
            if not definition.line <= include.line <= definition.end_line:
                continue
            for row in self._names.lists.system_calls(include):
                if self._wanted is not None and canonical_name(row.function) not in self._wanted.names:
                    continue
                location = Location(self._function.path, include.line, 1)
                written = f"case {row.number}: {row.function}(regs)"
                site = Site(location, written, (), definition.end)
                for function in self._names.bind(self._scope, row.function).functions[:1]:
                    evidence = (Evidence(row.file, row.line, ""),)
                    rule = "system call table"
                    case = str(row.number)
                    self._add(site, ref_of(function), "direct", rule, "certain", evidence=evidence, case=case)
            self._listed(include)

    def _listed(self, include: Include) -> None:
        """Calls that the uses in a list file make which a body includes: `#include <asm/kvm-x86-ops.h>` below
        `#define KVM_X86_OP(func) …`."""
        outside = self._list.guard
        lookup, uses = self._names.lists.uses_at(self._scope, include)
        location = Location(self._function.path, include.line, 1)
        for use in uses:
            written = f"{use.macro}({use.arguments})"
            site = Site(location, written, argument_texts(written, macro=True), self._definition.end)
            if self._enter(conjunction(self._definition.guard, include.guard, use.guard)):
                self._made(calls_under(lookup, tokenize(written)), site)
        self._list.guard = outside

    def _object_macros(self) -> None:
        """Calls out of object-like macros such as `current`, once per macro and body."""
        definition = self._definition
        called = {c.name for c in definition.calls}
        quiet: set[str] = set()  # and those that are done
        for name, offset, guard in mentions(self._text[definition.body : definition.end]):
            if name in quiet:
                continue
            if name in KEYWORDS or name in self._local_names or name in called or not self._object_macro(name):
                quiet.add(name)
                continue
            start = definition.body + offset
            if not self._enter(conjunction(definition.guard, guard)) or not self._reached(start):
                continue  # the next place may be compiled
            quiet.add(name)
            line = self._text.count(b"\n", 0, start) + 1
            column = start - (self._text.rfind(b"\n", 0, start) + 1) + 1
            self._expanded(name, Site(Location(self._function.path, line, column), name, (), start))
        self._enter(definition.guard)

    def _object_macro(self, name: str) -> bool:
        """Whether a word is an object-like macro that calls something wanted."""
        if self._wanted is not None and name not in self._wanted.routes.bare:
            return False
        definitions = self._scope.macro(name)
        if not definitions or all(d.parameters is not None for d in definitions):
            return False
        return not self._expansions.calls_nothing(self._scope, name)

    def _reached(self, offset: int) -> bool:
        """Whether a word among the arguments of calls is compiled: under their guards, and kept by macros."""
        around = self._around.of(offset)
        return all(self._enter(call.guard) for call in around) and self._around.keeps(offset)


def _spelled_here(callee: Sequence[Token]) -> bool:
    """Whether the site's own text gives what is called, and the macro only surrounds it: `READ_ONCE(x->f)(x)`."""
    names = [token for token in callee if token.is_name]
    return bool(names) and names[-1].origin is None
