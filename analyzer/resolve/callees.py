"""What a call site leads to: functions by name, calls out of macro expansions, calls through pointers.

Not handled: branches that constants decide.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from analyzer.model.callgraph import Confidence, EdgeKind, Evidence, FunctionRef, Slot
from analyzer.model.facts import Definition
from analyzer.model.guards import conjunction
from analyzer.resolve.ctypes import Base, Fun, Ptr, Rec, Type, is_type_start
from analyzer.resolve.edgelist import EdgeList, Site
from analyzer.resolve.expansions import ExpandedCall, Expansions
from analyzer.resolve.flow import Flow, Place, Target
from analyzer.resolve.frames import Frame
from analyzer.resolve.functions import Function
from analyzer.resolve.handed import told
from analyzer.resolve.linkage import may_be_assembled, surely_linked
from analyzer.resolve.names import Bound, Names, ref_of
from analyzer.resolve.scope import is_stub
from analyzer.resolve.sieve import Sieve
from analyzer.resolve.slots import Slots
from analyzer.resolve.spelling import argument_texts, binding_rule, flow_rule
from analyzer.resolve.static_calls import TRAMPOLINE, StaticCalls
from analyzer.resolve.stripping import strip_callee, without_subscripts
from analyzer.resolve.tokens import KEYWORDS, TYPE_WORDS, Token, find_calls, tokenize
from analyzer.resolve.wanted import Wanted


class Ground(NamedTuple):
    """What all functions' edges are found with."""

    names: Names
    slots: Slots
    flow: Flow
    expansions: Expansions


_OF_COMPILER = frozenset({"va_start", "va_end", "va_arg", "va_copy"})  # macros of its own <stdarg.h>


class Callees:
    """Adds the edges of call sites in one function: all, or those towards what is wanted and perhaps others."""

    def __init__(
        self,
        ground: Ground,
        function: Function,
        frame: Frame,
        edges: EdgeList,
        wanted: Wanted | None,
        sieve: Sieve | None,
    ) -> None:
        self._names, self._slots, self._flow, self._expansions = ground
        self._function = function
        self._definition: Definition = function.definition
        self._frame = frame
        self._scope = frame.scope
        self._typer = frame.typer
        self._local_names = frame.parameters.keys() | frame.variables
        self._wanted = wanted
        self._sieve = sieve
        self._list = edges
        self._enter, self._guard_of, self._add = edges.enter, edges.guard_of, edges.add
        # `CLASS(fd, f)(fd)`: a macro use whose expansion takes the second parentheses
        self._curried = {
            (i.start, name)
            for i in self._definition.indirect
            if i.callee.endswith(")")
            and (name := i.callee.partition("(")[0].strip()).isidentifier()
            and self._scope.macro(name)
        }

    # calls by name

    def direct(self, name: str, site: Site) -> None:
        """A call `name(…)` in the text: of a function, out of a macro's expansion, or through a variable."""
        if self._frame.is_local(name, site.location.line) and not self._is_macro_use(name, site):
            self._pointer((Token(name),), site)
            return
        if self._scope.macro(name) and not self._scope.defined_below(name, site.location.line):
            if (site.position, name) in self._curried:
                return
            self.expanded(name, site._replace(arguments=argument_texts(site.written, macro=True)))
            if self._scope.macro_is_sure(name):
                return
            bound = self._names.bind(self._scope, name)
            if not bound.functions:
                return
            if all(is_stub(f.definition) for f in bound.functions):
                self.named(name, site, "other configuration", 0)
                return
        self.named(name, site, "")

    def _is_macro_use(self, name: str, site: Site) -> bool:
        """Whether `name(` is a macro's use although a variable has that name: `max(a, b)` beside `int max`."""
        if all(d.parameters is None for d in self._scope.macro(name)):
            return False
        type_ = self._types(site).get(name)
        type_ = type_.to if isinstance(type_, Ptr) else type_
        return self._scope.macro_is_sure(name) or isinstance(type_, Base | Rec | Ptr)

    def expanded(self, name: str, site: Site) -> None:
        """The calls of a use of the macro `name`."""
        self.made(self._expansions.summary(self._scope, name, tokenize(site.written)), site)

    def made(self, calls: Iterable[ExpandedCall], site: Site) -> None:
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
                self.named(made.name, inner, "cleanup" if made.cleanup else "macro body")
        self._list.guard = outside

    def named(self, name: str, site: Site, rule: str, likely: int | None = None) -> None:
        """Calls of the functions that `name` may be bound to, those after the first `likely` as possible ones;
        `rule` is their edges' unless it is empty."""
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

    def _types(self, site: Site) -> Mapping[str, Type | None]:
        """The types of local variables at a call site."""
        return self._frame.types_at(site.location.line)

    # calls through pointers

    def indirect(self, callee: str, site: Site) -> None:
        """A call in the text whose callee is an expression."""
        name = callee.partition("(")[0].strip()
        if (site.position, name) in self._curried:
            made = self._expansions.summary(self._scope, name, tokenize(site.written))
            if any(m.name or (m.macros and not _spelled_here(m.callee)) for m in made):
                self.expanded(name, site)
                return
        tokens = tokenize(callee)
        if len(tokens) > 1 and tokens[-1].is_name and self._spells_member(tokens[-1].text, site.location.line):
            expanded = self._typer.expand(site.written)
            for call in find_calls(expanded):
                if not call.name:
                    self._computed(expanded[call.start : call.opening], site)
            return
        self._computed(tokens, site)

    def _spells_member(self, name: str, line: int) -> bool:
        """Whether what seems a call of a member is a macro's use: `#define fs_cs(i) s_csp[(i)]`, `p->fs_cs(3)`."""
        definitions = self._scope.macro(name)
        return (
            any(d.parameters is not None for d in definitions)
            and self._scope.macro_is_sure(name)
            and not self._scope.defined_below(name, line)
        )

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
                self.named(name, site, "named pointer")
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
            self.named(name, site, "generic selection")

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

    def made_call(self, callee: Sequence[Token], site: Site) -> None:
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


def _spelled_here(callee: Sequence[Token]) -> bool:
    """Whether the site's own text gives what is called, and the macro only surrounds it: `READ_ONCE(x->f)(x)`."""
    names = [token for token in callee if token.is_name]
    return bool(names) and names[-1].origin is None
