"""Initcalls: functions whose addresses the linker collects, in the order in which booting runs them.

`module_init(f)` and its relatives put `f` into a section `.initcall<level>.init`; code walks the sections from
symbols that only the linker script defines (`__initcall4_start`).

Not handled: the order within a level, which follows the link order; init functions of loaded modules.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from analyzer.model.callgraph import Evidence, FunctionRef
from analyzer.model.facts import Invocation
from analyzer.model.guards import conjunction
from analyzer.resolve.callsites import CallSites
from analyzer.resolve.macros import Expander, MacroDefinition
from analyzer.resolve.names import Names, ref_of
from analyzer.resolve.scope import Scope
from analyzer.resolve.tokens import Token, arguments_of, find_calls, tokenize

_DEFINE = "__define_initcall"
_DEFINE_IN = "___define_initcall"  # with the section as its third argument
_SECTION = re.compile(r"\.(\w*)initcall(\w*)\.init")
_START = re.compile(r"^__(\w*?)_?initcall(\w*?)_(start|end)$")
_ORDER = (
    "early",
    "0",
    "0s",
    "1",
    "1s",
    "2",
    "2s",
    "3",
    "3s",
    "4",
    "4s",
    "5",
    "5s",
    "rootfs",
    "6",
    "6s",
    "7",
    "7s",
)


class Initcall(NamedTuple):
    """One registered function. `level` is `early`, `0` … `7s`, `rootfs`, or the prefix of a section of its
    own (`con`, `security`)."""

    function: FunctionRef
    level: str
    evidence: Evidence
    guard: str


class Initcalls:
    """All initcalls of a kernel, looked for when the first is asked."""

    def __init__(self, names: Names, callsites: CallSites) -> None:
        self._names = names
        self._index = names.index
        self._callsites = callsites
        self._all: tuple[Initcall, ...] | None = None

    def between(self, symbol: str) -> tuple[Initcall, ...]:
        """The initcalls that lie behind a symbol of the linker's, in running order; empty for others."""
        match = _START.match(symbol)
        if not match or (match.group(3) == "end" and match.group(1) != "early"):
            return ()
        prefix, level, _ = match.groups()
        if self._all is None:
            self._all = tuple(sorted(self._search(), key=lambda i: (rank(i.level), i.function)))
        if prefix == "early":  # `__early_initcall_end`: all that come later
            return tuple(i for i in self._all if i.level in _ORDER and i.level != "early")
        if prefix:
            return tuple(i for i in self._all if i.level == prefix)
        if level:
            wanted = {level, f"{level}s", "rootfs" if level == "5" else level}
            return tuple(i for i in self._all if i.level in wanted)
        parted = any(self._index.files("object", n) for n in ("__initcall0_start", "__early_initcall_end"))
        return tuple(i for i in self._all if i.level in _ORDER and (i.level == "early" or not parted))

    def registers(self, path: str, name: str) -> bool:
        """Whether a file's macro uses seem to make a function of that name an initcall."""
        macros = self._macros()
        return any(u.macro in macros and name in u.arguments for u in self._index.facts(path).invocations)

    def makes(self, use: Invocation) -> bool:
        """Whether a macro use may make an initcall."""
        return use.macro in self._macros()

    @staticmethod
    def symbols() -> Iterator[str]:
        """The names of the linker's symbols behind which initcalls may lie."""
        yield from (
            "__initcall_start",
            "__early_initcall_end",
            "__con_initcall_start",
            "__security_initcall_start",
        )
        yield from (f"__initcall{level}_start" for level in _ORDER)

    def _macros(self) -> set[str]:
        return {"console_initcall", "security_initcall", *self._callsites.macros(_DEFINE)}

    def _search(self) -> Iterator[Initcall]:
        macros = self._macros()
        for path in sorted({p for m in macros for p in self._index.files("use", m)}):
            if self._names.scopes.foreign(path):
                continue
            scope = self._names.scopes.of(path)
            for use in self._index.facts(path).invocations:
                if use.macro in macros and scope.holds(use.guard) is not False:
                    yield from self._registered(scope, use)

    def _registered(self, scope: Scope, use: Invocation) -> Iterator[Initcall]:
        under = scope.macro_under(conjunction(use.guard, "!MODULE"))

        def lookup(name: str) -> Sequence[MacroDefinition]:
            return () if name in (_DEFINE, _DEFINE_IN) else under(name)

        tokens = Expander(lookup).expand(tokenize(f"{use.macro}({use.arguments});")).tokens
        for name, level in _definitions(tokens):
            for function in self._names.bind(scope, name).functions[:1]:
                evidence = Evidence(scope.path, use.line, f"{use.macro} (level {level})")
                yield Initcall(ref_of(function), level, evidence, use.guard)


def _definitions(tokens: Sequence[Token]) -> Iterator[tuple[str, str]]:
    """(function, level) of every initcall that expanded text defines."""
    for call in find_calls(tokens):
        if call.name not in (_DEFINE, _DEFINE_IN):
            continue
        arguments = arguments_of(tokens, call)
        if call.name == _DEFINE_IN:
            section = _SECTION.search("".join(t.text for a in arguments[2:] for t in a) + ".init")
            if section is not None and len(arguments[0]) == 1:
                yield arguments[0][0].text, _level(section)
            return
        words = [a[0].text for a in arguments if len(a) == 1]
        names = [w for w in words if w.isidentifier() and w not in _ORDER]
        levels = [w.strip('"') for w in words if w.strip('"') in _ORDER]
        if names and levels:
            yield names[0], levels[0]
            return
    strings = "".join(t.text.strip('"') for t in tokens if t.text[0] == '"').replace(" ", "")
    section = _SECTION.search(strings)
    if section is None:
        return
    level = _level(section)
    for at in range(len(tokens) - 2):  # `static initcall_t x = f;`, or an assertion on `&f`
        if tokens[at].text in ("=", "&") and tokens[at + 1].is_name and tokens[at + 2].text in (";", ")"):
            yield tokens[at + 1].text, level
            return


def _level(section: re.Match[str]) -> str:
    return section.group(1).rstrip("_") or section.group(2)


def rank(level: str) -> int:
    """Place of a level in the order of booting."""
    return _ORDER.index(level) if level in _ORDER else len(_ORDER)
