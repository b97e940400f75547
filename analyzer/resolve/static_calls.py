"""Static calls: what `static_call(name)(…)` may call.

Linux since 5.10 calls a trampoline `__SCT__name` that is patched. Its function is set where the call is defined
(`DEFINE_STATIC_CALL(name, f)`, an object `__SCK__name` with `.func = f`) and by `static_call_update(name, f)`.
From 6.12 each LSM hook is a run of static calls `lsm_static_call_<hook>_<n>`; `lsm_static_call_init` takes their
functions from the hook's entries in `struct security_list_options`.

Not handled: keys that are passed around as pointers, other than the LSM's.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from analyzer.model.callgraph import Slot
from analyzer.model.facts import Invocation
from analyzer.resolve.callsites import CallSites
from analyzer.resolve.functions import Function
from analyzer.resolve.listed import Inclusion, inclusions, lookup_in
from analyzer.resolve.macrouse import expansion_of
from analyzer.resolve.names import Names
from analyzer.resolve.tokens import Token, arguments_of, find_calls, value_end
from analyzer.resolve.words import parts_of

_WORD = re.compile(r"[A-Za-z_]\w*")
_MAX_USES = 100  # with a short part of a name that are expanded
TRAMPOLINE = "__SCT__"
KEY = "__SCK__"  # with the name of a static call: its object
_UPDATE = "__static_call_update"
_LSM = re.compile(r"^lsm_static_call_(\w+)_\w*$")
_LSM_SLOTS = "security_list_options"


def name_of(slot: Slot) -> str:
    """The name of the first static call of an LSM hook, "" for any other slot."""
    return f"lsm_static_call_{slot.field}_0" if slot.struct == _LSM_SLOTS else ""


class Setting(NamedTuple):
    """A value given to a static call: in a function, or in the definition at file scope."""

    function: Function | None
    path: str
    value: tuple[Token, ...]
    line: int


class StaticCalls:
    """Static calls of a kernel by name."""

    def __init__(self, names: Names, callsites: CallSites) -> None:
        self._names = names
        self._index = names.index
        self._callsites = callsites
        self._settings: dict[str, list[Setting]] = {}
        self._given: dict[str, list[Setting]] | None = None
        self._uses: dict[str, list[tuple[str, Invocation]]] | None = None

    @staticmethod
    def called_by_key(callee: Sequence[Token]) -> str:
        """The static call whose key a callee reads (`__SCK__name.func`), as without support by the architecture;
        "" when it reads none."""
        for at in range(len(callee) - 2):
            if callee[at].text.startswith(KEY) and callee[at + 1].text == "." and callee[at + 2].text == "func":
                return callee[at].text[len(KEY) :]
        return ""

    def hook(self, name: str) -> Slot | None:
        """The LSM hook that a static call stands for."""
        match = _LSM.match(name)
        return Slot(_LSM_SLOTS, match.group(1)) if match else None

    def values(self, name: str) -> list[Setting]:
        """The values that a static call is given, by file and line."""
        found = self._settings.get(name)
        if found is None:
            if self._given is None:
                self._given = {}
                for key, setting in self._updated():
                    self._given.setdefault(key, []).append(setting)
            found = self._settings[name] = [*self._defined(name), *self._given.get(name, ())]
        return found

    def _defined(self, name: str) -> list[Setting]:
        """The definitions of a static call. Every trace event makes one, so only uses that are given a part
        of its name are expanded, the longest part first."""
        if self._uses is None:
            self._uses = {}
            for path, use in self._definers():
                for word in dict.fromkeys(_WORD.findall(use.arguments)):
                    self._uses.setdefault(word, []).append((path, use))
        tried: set[tuple[str, int]] = set()
        for part in parts_of(name):
            uses = self._uses.get(part, ())
            if len(uses) > _MAX_USES and 3 * len(part) < len(name):
                continue
            found: list[Setting] = []
            for path, use in uses:
                if (path, use.start) not in tried:
                    tried.add((path, use.start))
                    found += self._in_use(path, use, name)
            if found:
                return found
        return []

    def _definers(self) -> Iterator[tuple[str, Invocation]]:
        macros = {"DEFINE_STATIC_CALL", "DEFINE_STATIC_CALL_RET0"}
        macros |= self._callsites.macros("DEFINE_STATIC_CALL")
        for path in sorted({p for m in macros for p in self._index.files("use", m)}):
            if not self._names.scopes.foreign(path):
                for use in self._index.facts(path).invocations:
                    if use.macro in macros:
                        yield path, use

    def _in_use(self, path: str, use: Invocation, name: str) -> Iterator[Setting]:
        scope = self._names.scopes.of(path)
        if not self._names.maker.may_hold(scope, use, KEY + name):
            return
        facts = self._names.maker.use(scope, use)
        for variable in facts.objects if facts else ():
            if variable.name != KEY + name:
                continue
            for entry in variable.entries:
                if entry.path.endswith(".func"):
                    tokens = tuple(self._names.typer(path).expand(entry.value))
                    yield Setting(None, path, tokens, use.line)

    def _updated(self) -> Iterator[tuple[str, Setting]]:
        macros = self._callsites.macros(_UPDATE)
        yield from self._in_functions(macros)
        yield from self._in_lists(macros)

    def _in_lists(self, macros: frozenset[str]) -> Iterator[tuple[str, Setting]]:
        """Updates that a list file's uses make where a function includes it."""
        scopes = self._names.scopes
        for path in sorted({p for m in macros for p in self._index.files("use", m)}):
            if scopes.foreign(path):
                continue
            meanings: dict[str, tuple[Inclusion, ...]] = {}
            for use in self._index.facts(path).invocations:
                if use.macro not in macros:
                    continue
                if use.macro not in meanings:
                    meanings[use.macro] = inclusions(scopes, path, use.macro)
                for inclusion in meanings[use.macro]:
                    function = self._around(inclusion)
                    if function is not None:
                        tokens = expansion_of(scopes.of(path), use, lookup_in(scopes, inclusion))
                        yield from self._update(tokens, function, inclusion.line)

    def _around(self, inclusion: Inclusion) -> Function | None:
        """The function that a list is included in."""
        for definition in self._index.facts(inclusion.path).definitions:
            if definition.line <= inclusion.line <= definition.end_line:
                return self._names.function_of(inclusion.path, definition)
        return None

    def _in_functions(self, macros: frozenset[str]) -> Iterator[tuple[str, Setting]]:
        """Updates in the text of functions."""
        for path in sorted({p for m in macros for p in self._index.files("call", m)}):
            if self._names.scopes.foreign(path):
                continue
            for definition in self._index.facts(path).definitions:
                calls = [c for c in definition.calls if c.name in macros]
                function = self._names.function_of(path, definition) if calls else None
                if function is None:
                    continue
                text = self._index.text(path)
                for call in calls:
                    use = text[call.start : call.end].decode("utf-8", "replace")
                    tokens = self._names.typer(path).expand(use)
                    yield from self._update(tokens, function, call.line)

    def _update(self, tokens: list[Token], function: Function, line: int) -> Iterator[tuple[str, Setting]]:
        """`({ typeof(f) *__F = (value); __static_call_update(&__SCK__name, …, __F); })`"""
        for call in find_calls(tokens):
            if call.name != _UPDATE:
                continue
            arguments = arguments_of(tokens, call)
            keys = [t.text for t in arguments[0] if t.text.startswith(KEY)] if arguments else []
            if not keys or not arguments[-1]:
                continue
            value = arguments[-1]
            local = value[-1].text
            for at in range(call.start - 1, 0, -1):
                if tokens[at].text == "=" and tokens[at - 1].text == local:
                    value = tuple(tokens[at + 1 : value_end(tokens, at + 1)])
                    break
            yield keys[0][len(KEY) :], Setting(function, function.path, value, line)
