"""Which declaration of a local name counts on a line of a function.

Only names that a function declares with several types need this: for all others one table of types serves the
whole body. Not handled: blocks whose brace stands in each branch of an `#if`.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence

from analyzer.extract.lexical import lex
from analyzer.model.facts import Definition, Variable
from analyzer.resolve.ctypes import Type

_BRACE = re.compile(rb"[{}]")
Typed = Callable[[Sequence[Variable]], Mapping[str, Type | None]]


def redeclared(definition: Definition) -> frozenset[str]:
    """The names that a function's parameters and variables declare with more than one type."""
    if not definition.end or len(definition.variables) + len(definition.parameters) < 2:
        return frozenset()
    known = {p.name: p.type for p in definition.parameters}
    return frozenset(v.name for v in definition.variables if known.setdefault(v.name, v.type) != v.type)


class Locals:
    """The types of a function's parameters and local variables, by line. `typed` gives those that follow from a
    choice of declarations; `file` is the text of the file that the function stands in."""

    def __init__(self, definition: Definition, typed: Typed, file: Callable[[], bytes]) -> None:
        self._definition = definition
        self._typed = typed
        self._file = file
        self._names = redeclared(definition)
        self._blocks: list[tuple[Variable, int]] | None = None
        self._declared: dict[str, list[tuple[Variable, int]]] = {}
        self._known: dict[Sequence[Variable], Mapping[str, Type | None]] = {}

    @property
    def vary(self) -> bool:
        """Whether the types are not the same on all lines."""
        return bool(self._names)

    def at(self, line: int) -> Mapping[str, Type | None]:
        """The types on a line."""
        chosen = self._in_force(line) if self._names else self._definition.variables
        found = self._known.get(chosen)
        if found is None:
            found = self._known[chosen] = self._typed(chosen)
        return found

    def declares(self, name: str, line: int) -> bool:
        """Whether a local variable of a name is declared on a line, or above it in a block that is still open
        there; True of one whose declaration is not found."""
        found = self._declared.get(name)
        if found is None:
            found = self._declared[name] = self._read_blocks(frozenset((name,)))
        return not found or any(variable.line <= line <= last for variable, last in found)

    def _in_force(self, line: int) -> tuple[Variable, ...]:
        """The declarations that count on a line: of a name with several types the latest one above whose block is
        still open. Where there is none, and no parameter either, all stay."""
        if self._blocks is None:
            self._blocks = self._read_blocks(self._names)
        latest: dict[str, Variable] = {}
        for variable, last in self._blocks:
            if variable.line <= line <= last:
                latest[variable.name] = variable
        given = {p.name for p in self._definition.parameters}
        return tuple(
            v
            for v in self._definition.variables
            if v.name not in self._names or (v is latest[v.name] if v.name in latest else v.name not in given)
        )

    def _read_blocks(self, names: frozenset[str]) -> list[tuple[Variable, int]]:
        """The declarations of some names, each with the last line of its block."""
        definition = self._definition
        file = self._file()
        body = lex(file[definition.body : definition.end]).skeleton
        starts = [0, *(match.end() for match in re.finditer(rb"\n", body))]
        first = file.count(b"\n", 0, definition.body) + 1
        found = []
        for variable in definition.variables:
            row = variable.line - first
            if variable.name not in names or not 0 <= row < len(starts):
                continue
            word = re.compile(rb"\b" + re.escape(variable.name.encode()) + rb"\b")
            match = word.search(body, starts[row])
            end = _end_of_block(body, match.end() if match else starts[row])
            found.append((variable, first + bisect_right(starts, end) - 1))
        return found


def _end_of_block(body: bytes, start: int) -> int:
    """The offset of the brace that closes the block around a place."""
    depth = 1
    for match in _BRACE.finditer(body, start):
        depth += 1 if match.group() == b"{" else -1
        if not depth:
            return match.start()
    return len(body)
