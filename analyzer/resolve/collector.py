"""Edges of a function: what its text, its macros and the lists it includes call, and functions handed over.

Not handled: branches that constants decide.
"""

import re

from analyzer.extract.lexical import on_one_line
from analyzer.model.callgraph import HANDED_OVER, Edge, Evidence, FunctionRef, Location
from analyzer.model.facts import Definition, DirectCall, Include, IndirectCall
from analyzer.model.guards import conjunction
from analyzer.resolve.callees import Callees, Ground
from analyzer.resolve.edgelist import EdgeList, Site
from analyzer.resolve.expansions import calls_under
from analyzer.resolve.functions import Function
from analyzer.resolve.mentions import mentions
from analyzer.resolve.names import ref_of
from analyzer.resolve.sieve import Sieve
from analyzer.resolve.spelling import argument_texts
from analyzer.resolve.surroundings import Surroundings
from analyzer.resolve.syscallnames import canonical_name
from analyzer.resolve.tokens import KEYWORDS, tokenize
from analyzer.resolve.wanted import Wanted

_WORD = re.compile(rb"[A-Za-z_]\w*")


class Collector:
    """Collects the edges of one function: all, or those towards what is wanted and perhaps others."""

    def __init__(
        self, ground: Ground, function: Function, caller: FunctionRef, wanted: Wanted | None = None
    ) -> None:
        self._names, self._expansions = ground.names, ground.expansions
        self._function = function
        self._definition: Definition = function.definition
        frame = ground.flow.frame(function)
        self._scope = frame.scope
        self._typer = frame.typer
        self._text = self._names.index.text(function.path) if self._definition.end else b""
        self._local_names = frame.parameters.keys() | frame.variables
        self._wanted = wanted
        sieve = Sieve(wanted, ground.names, ground.slots, frame, self._text) if wanted else None
        self._sieve = sieve
        self._around = Surroundings(self._definition, self._text, self._scope, ground.expansions)
        self._list = EdgeList(self._scope, caller, self._definition.guard)
        self._enter, self._add = self._list.enter, self._list.add
        self._callees = Callees(ground, function, frame, self._list, wanted, sieve)

    def edges(self) -> list[Edge]:
        """The edges in source order, one per (site, callee)."""
        wanted, sieve = self._wanted, self._sieve
        definition = self._definition
        head = Location(self._function.path, definition.line, definition.column)
        if definition.end:
            for call in definition.calls:
                if (sieve is None or sieve.leads(call)) and self._is_compiled(call):
                    self._callees.direct(call.name, self._site(call.line, call.column, call.start, call.end))
            for indirect in definition.indirect:
                if (sieve is None or sieve.reads(indirect)) and self._is_compiled(indirect):
                    self._callees.indirect(
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
                    self._callees.made_call(tokenize(made.callee), site)
        for name, macros in self._function.made:
            if wanted is None or wanted.pointers or name in wanted.names:
                rule, text = ("macro body", f"{name}(…)") if self._function.macro else ("alias", "alias")
                self._callees.named(name, Site(head, text, (), -1, macros), rule)
        return self._list.distinct()

    def _is_compiled(self, site: DirectCall | IndirectCall) -> bool:
        """Go on to a call of the text; False when it cannot hold, or macros around it drop it."""
        return self._enter(site.guard) and self._around.keeps(site.start)

    def _site(self, line: int, column: int, start: int, end: int, callee: str = "") -> Site:
        written = self._source(start, end)
        return Site(Location(self._function.path, line, column), written, argument_texts(written, callee), start)

    def _source(self, start: int, end: int) -> str:
        return on_one_line(self._text[start:end])

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
                self._callees.made(calls_under(lookup, tokenize(written)), site)
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
            self._callees.expanded(name, Site(Location(self._function.path, line, column), name, (), start))
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
