"""Where a function is called by name: in bodies, through macros, and in functions that macros make.

Not handled: calls through pointers, and calls that thousands of macro uses make: each use must be
expanded and read, and what 7,000 of `TRACE_EVENT` give to one function tells nobody anything.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from analyzer.extract.lexical import on_one_line
from analyzer.model.facts import DirectCall, Invocation
from analyzer.resolve.assigning import followed
from analyzer.resolve.functions import Function
from analyzer.resolve.macrouse import expansion_of
from analyzer.resolve.names import Names
from analyzer.resolve.scope import Scope
from analyzer.resolve.tokens import Token, arguments_of, find_calls, tokenize
from analyzer.resolve.words import has_word, parts_of

_MAX_MACROS = 400  # macros followed upwards from a called name
_MAX_FILES = 6_000
_MAX_USES = 3_000  # at file scope, by macros that may call the function; DEFINE_SHOW_ATTRIBUTE has 900


class CallSite(NamedTuple):
    """One call: who calls, where, and the (expanded) tokens of its arguments. `macros` tells that the call
    comes out of an expansion."""

    caller: Function
    line: int
    arguments: tuple[tuple[Token, ...], ...]
    macros: bool


class CallSites:
    """Calls by callee."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._index = names.index
        self._macros: dict[str, frozenset[str]] = {}
        self._sites: dict[tuple[str, int, str], tuple[CallSite, ...]] = {}

    def macros(self, name: str) -> frozenset[str]:
        """Names of macros whose expansion may call a function, directly or through other macros."""
        known = self._macros.get(name)
        if known is not None:
            return known
        found: set[str] = set()
        todo = [name]
        while todo and len(found) < _MAX_MACROS:
            current = todo.pop()
            word = re.escape(current)
            pattern = re.compile(
                rf"\b{word}\s*\(|^\s*{word}\s*$|\b{word}\s+\w+\s*(?:$|[;}}])|_Generic\b.*:\s*{word}\s*[,)]", re.S
            )
            for path in self._index.files("expanded", current):
                if self._names.scopes.foreign(path):
                    continue
                for macro in self._index.facts(path).macros:
                    if macro.name not in found and macro.name != name and pattern.search(macro.body):
                        found.add(macro.name)
                        todo.append(macro.name)
        result = self._macros[name] = frozenset(found)
        return result

    def of(self, function: Function) -> tuple[CallSite, ...]:
        """The calls of a function with their arguments, by file and line."""
        definition = function.definition
        key = (function.path, definition.line, definition.name)
        found = self._sites.get(key)
        if found is None:
            found = self._sites[key] = tuple(self._search(function))
        return found

    def _search(self, function: Function) -> Iterator[CallSite]:
        spelled = {function.definition.name, *function.aliases}
        macros = frozenset().union(*(self.macros(n) for n in spelled))
        users = {p for n in macros for p in self._index.files("use", n)}
        if function.definition.static and not function.path.endswith(".h"):
            scope = self._names.scopes.of(function.path)
            paths = {function.path, *scope.includers}
        else:
            paths = {p for n in spelled | macros for p in self._index.files("call", n)} | users
        native = [p for p in sorted(paths) if not self._names.scopes.foreign(p) or p == function.path]
        uses = sum(
            1 for p in users.intersection(native) for u in self._index.facts(p).invocations if u.macro in macros
        )
        for path in native[:_MAX_FILES]:
            yield from self._in_bodies(path, function, spelled, macros)
            if uses <= _MAX_USES:
                yield from self._in_uses(path, function, spelled, macros)
        yield from self._in_pasting_uses(function, spelled, macros)

    def _in_bodies(
        self, path: str, function: Function, spelled: set[str], macros: frozenset[str]
    ) -> Iterator[CallSite]:
        for definition in self._index.facts(path).definitions:
            calls = [c for c in definition.calls if c.name in spelled or c.name in macros]
            if not calls:
                continue
            for caller in self._names.functions_of(path, definition):
                for call in calls:
                    yield from self._in_call(caller, call, function, spelled)

    def _in_uses(
        self, path: str, function: Function, spelled: set[str], macros: frozenset[str]
    ) -> Iterator[CallSite]:
        scope = self._names.scopes.of(path)
        for use in self._index.facts(path).invocations:
            if use.macro in macros and self._names.maker.may_define(scope, use):
                yield from self._in_use(scope, use, function, spelled)

    def _in_pasting_uses(
        self, function: Function, spelled: set[str], macros: frozenset[str]
    ) -> Iterator[CallSite]:
        """Calls whose name a macro at file scope pastes, in the function's own file: `DEF_SCSI_QCMD(x)` calls
        `x_lck()`. `macros` are looked at anyway."""
        path, name = function.path, function.definition.name
        uses = self._index.facts(path).invocations
        parts = [part for part in parts_of(name) if part != name] if uses else ()
        scope = self._names.scopes.of(path)
        maker = self._names.maker
        for use in uses:
            if use.macro in macros or not any(has_word(use.arguments, part) for part in parts):
                continue
            if maker.may_define(scope, use) and maker.may_spell(scope, use.macro, use.arguments, name):
                yield from self._in_use(scope, use, function, spelled)

    def _in_use(self, scope: Scope, use: Invocation, function: Function, spelled: set[str]) -> Iterator[CallSite]:
        tokens = expansion_of(scope, use)
        made_here: Sequence[Function] = ()
        for found in find_calls(tokens):
            if found.name in spelled and self._binds(scope.file, found.name, function):
                made_here = made_here or self._names.maker.from_use(scope, use)
                if made_here:
                    yield CallSite(made_here[0], use.line, arguments_of(tokens, found), True)

    def _in_call(
        self, caller: Function, call: DirectCall, function: Function, spelled: set[str]
    ) -> Iterator[CallSite]:
        path = caller.path
        text = on_one_line(self._index.text(path)[call.start : call.end])
        typer = self._names.typer(path)
        scope = self._names.scopes.of(path)
        if call.name in spelled and scope.macro(call.name) and not scope.macro_is_sure(call.name):
            # `#define f(x) { }` of another configuration: here it is the function
            written = tokenize(text)
            tokens = [*written[:1], *typer.expand_tokens(written[1:])]
        else:
            tokens = typer.expand(text)
        for found in find_calls(tokens):
            called = [found.name]
            if tokens[found.start].text == "_Generic":
                local = typer.locals_of(caller.definition).at(call.line)
                called = typer.associations(tokens[found.start : found.opening], local)
            if any(name in spelled and self._binds(path, name, function) for name in called):
                arguments = arguments_of(tokens, found)
                if call.name not in spelled:
                    arguments = tuple(tuple(followed(tokens, argument)) for argument in arguments)
                yield CallSite(caller, call.line, arguments, call.name not in spelled)
                return

    def _binds(self, path: str, name: str, function: Function) -> bool:
        bound = self._names.bind(self._names.scopes.of(path), name)
        return any(
            f.path == function.path and f.definition.line == function.definition.line for f in bound.functions
        )
