"""Entries that list files add to an initializer: `T table[] = { #include <list.h> };`.

The included file holds macro uses that the including file defines (`#define LSM_HOOK(…) …`), or is generated
from a system call table (`asm/syscalls_64.h` from `syscall_64.tbl`).

Not handled: lists that include further lists.
"""

import posixpath
import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from analyzer.extract.extractor import extract
from analyzer.extract.lexical import lex
from analyzer.model.facts import Entry, Include, Invocation, Object
from analyzer.model.guards import conjunction
from analyzer.resolve.macros import Expander, Lookup, MacroDefinition
from analyzer.resolve.scope import Scope
from analyzer.resolve.scopes import Scopes
from analyzer.resolve.tokens import spell, tokenize

_GENERATED = re.compile(r"^asm/(?:syscalls?|syscall_table)(?:_(\w+))?\.h$")
_ROW = re.compile(r"^(\d+)\s+(\w+)\s+(\w+)\s+([A-Za-z_]\w*)(?:\s+([A-Za-z_-][\w-]*))?")


class SystemCall(NamedTuple):
    """A row of a system call table: the function that the kernel calls."""

    number: int
    function: str
    file: str
    line: int


class Lists:
    """List files of a kernel."""

    def __init__(self, scopes: Scopes) -> None:
        self._scopes = scopes
        self._index = scopes.index
        self._closing: dict[tuple[str, int], int] = {}
        self._tables: dict[str, tuple[SystemCall, ...]] = {}
        self._entries: dict[tuple[str, int], tuple[Entry, ...]] = {}
        self._including: tuple[str, ...] | None = None

    def entries(self, path: str, variable: Object) -> tuple[Entry, ...]:
        """The entries that inclusions inside an object's braces add."""
        if variable.function:
            return ()
        key = (path, variable.line)
        known = self._entries.get(key)
        if known is None:
            known = self._entries[key] = self._read_entries(path, variable)
        return known

    def _read_entries(self, path: str, variable: Object) -> tuple[Entry, ...]:
        includes = [i for i in self._index.includes(path) if i.line > variable.line]
        if not includes:
            return ()
        last = self._closing_line(path, variable.line)
        found: list[Entry] = []
        for include in includes:
            if include.line < last:
                found.extend(self._included(self._scopes.of(path), variable, include))
        return tuple(found)

    def _included(self, scope: Scope, variable: Object, include: Include) -> Iterator[Entry]:
        target = self._scopes.includes.resolve(scope.path, include.target, quoted=include.quoted)
        if not target:
            for row in self.system_calls(include):
                yield Entry(f"[{row.number}]", row.function, include.line, include.guard)
            return
        lookup = _before(scope, include.line)
        texts: list[str] = []
        for use in self._index.facts(target).invocations:
            if not lookup(use.macro):
                continue
            text = spell(Expander(lookup).expand(tokenize(f"{use.macro}({use.arguments})")).tokens)
            if text.strip():
                text = text.rstrip().removesuffix(",") + ",\n"
                texts.append(f"#if {use.guard}\n{text}#endif\n" if use.guard else text)
        if not texts:
            return
        for made in extract(f"T v[] = {{\n{''.join(texts)}}};".encode()).objects:
            for entry in made.entries:
                guard = conjunction(include.guard, entry.guard)
                yield msgspec.structs.replace(entry, line=include.line, guard=guard)

    def uses_at(self, scope: Scope, include: Include) -> tuple[Lookup, list[Invocation]]:
        """The uses in a list file that an include reads, of macros that its own file defines above the include;
        and the macros there."""

        def lookup(name: str) -> Sequence[MacroDefinition]:
            above = [d for d in self._scopes.macros_in(scope.path, name) if d.line < include.line]
            return above[-1:] or scope.macro(name)

        target = self._scopes.includes.resolve(scope.path, include.target, quoted=include.quoted)
        uses = self._index.facts(target).invocations if target else ()
        own = {m for m in {u.macro for u in uses} if any(d.file == scope.path for d in lookup(m))}
        return lookup, [use for use in uses if use.macro in own]

    def _closing_line(self, path: str, line: int) -> int:
        """The line of the brace that closes the initializer which begins at a line, 0 when there is none."""
        known = self._closing.get((path, line))
        if known is None:
            text = self._index.text(path)
            start = 0
            for _ in range(line - 1):
                start = text.find(b"\n", start) + 1
            for window in (3_000, 30_000, 400_000):  # most objects are short
                piece = text[start : start + window]
                last = len(text) <= start + window or window == 400_000
                known = _closing_in(piece if last else _whole_lines(piece), line)
                if known is not None or last:
                    break
            known = self._closing[(path, line)] = known or 0
        return known

    def system_calls(self, include: Include) -> tuple[SystemCall, ...]:
        """The system calls that a generated header lists, () for any other include."""
        match = _GENERATED.match(include.target)
        if match is None:
            return ()
        kind = match.group(1) or ""
        found = self._tables.get(kind)
        if found is None:
            found = self._tables[kind] = tuple(self._read(kind))
        return found

    def including(self) -> tuple[str, ...]:
        """The sources of the analysed architecture that include a generated header with system calls."""
        if self._including is None:
            folder = f"arch/{self._scopes.configuration.directory}/"
            paths = [p for p in self._index.paths() if p.startswith(folder)] if self._index.tables() else []
            self._including = tuple(
                path for path in paths if any(_GENERATED.match(i.target) for i in self._index.includes(path))
            )
        return self._including

    def _read(self, kind: str) -> Iterator[SystemCall]:
        folder = f"arch/{self._scopes.configuration.directory}/"
        tables = [p for p in self._index.tables() if p.startswith(folder)]
        tables = tables or [p for p in self._index.tables() if p == "scripts/syscall.tbl"]
        bits = "64" if kind in ("64", "x32", "") else "32" if kind == "32" else kind
        chosen = [p for p in tables if bits in posixpath.basename(p)] or tables[:1]
        abis = {"64": {"common", "64"}, "x32": {"common", "x32"}}.get(kind)
        for path in chosen[:1]:
            for number, line in enumerate(self._index.text(path).decode("utf-8", "replace").splitlines(), 1):
                row = _ROW.match(line)
                if row and (abis is None or row.group(2) in abis):
                    compat = row.group(5) if kind == "32" and bits == "32" else None
                    name = compat if compat and compat.isidentifier() else row.group(4)
                    yield SystemCall(int(row.group(1)), name, path, number)


def _closing_in(text: bytes, line: int) -> int | None:
    """The line of the brace that closes the first initializer of a text which begins at a line, 0 when it has
    none, None when its end is not in the text."""
    skeleton = lex(text).skeleton
    depth = 0
    for match in re.finditer(rb"[{};]", skeleton):
        brace = match.group()
        depth += (brace == b"{") - (brace == b"}")
        if depth == 0:
            return 0 if brace == b";" else line + skeleton.count(b"\n", 0, match.start())
    return None


def _whole_lines(text: bytes) -> bytes:
    """A text cut where no literal or directive goes on."""
    end = text.rfind(b"\n")
    while end > 0 and text[end - 1 : end] in (b"\\", b"\r"):
        end = text.rfind(b"\n", 0, end)
    return text[: max(end, 0)]


def _before(scope: Scope, line: int) -> Callable[[str], Sequence[MacroDefinition]]:
    """Macros as they are at a line: of a file's own definitions the nearest above."""

    def lookup(name: str) -> Sequence[MacroDefinition]:
        found = scope.macro(name)
        own = [d for d in found if d.file == scope.path and d.line < line]
        return own[-1:] or found

    return lookup
