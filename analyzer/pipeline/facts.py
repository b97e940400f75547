"""A session as comparing asks of it (`analyzer.compare.kernel.Kernel`).

Not handled: several configurations at once.
"""

import re

from analyzer.compare.kernel import ObjectUse
from analyzer.compare.spoken import Spoken, spoken
from analyzer.model.callgraph import Edge, Function, FunctionRef, Location
from analyzer.model.facts import Object
from analyzer.pipeline.extraction import HEAD_MARK
from analyzer.pipeline.session import Session
from analyzer.resolve.made import Function as Resolved
from analyzer.resolve.made import canonical_name
from analyzer.resolve.names import ref_of

_MAX_CALLER_FILES = 40  # files that call a name; with more, nobody looks for its callers
_MAX_TABLE_FILES = 60
_CONSTANT = re.compile(r"[A-Z][A-Z0-9_]*|\d+")


class SessionFacts:
    """Answers of one session, each found once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._refs: dict[str, tuple[FunctionRef, ...]] = {}
        self._spoken: dict[FunctionRef, Spoken] = {}
        self._callers: dict[str, tuple[Edge, ...]] = {}
        self._uses: dict[str, tuple[ObjectUse, ...]] = {}
        self._functions: dict[FunctionRef, Function | None] = {}
        self._names: list[tuple[str, int]] | None = None

    @property
    def version(self) -> str:
        """As in the kernel's Makefile."""
        return self._session.info.version

    def refs(self, name: str) -> tuple[FunctionRef, ...]:
        """The functions of a name; a system call also by its name alone."""
        found = self._refs.get(name)
        if found is None:
            resolver = self._session.resolver
            made: list[Resolved] = resolver.named(name) if name else []
            if not made and name and not name.startswith("sys_"):
                made = [f for f in resolver.named(f"sys_{name}") if f.aliases or f.definition.head]
            found = self._refs[name] = tuple(dict.fromkeys(ref_of(f) for f in made))
        return found

    def mentions(self, name: str) -> bool:
        """Whether anything calls or declares that name, or a macro has it."""
        index = self._session.stored
        return any(index.files(kind, name) for kind in ("call", "declaration", "macro", "expanded"))

    def function(self, ref: FunctionRef) -> Function | None:
        """What is known of a function."""
        if ref not in self._functions:
            self._functions[ref] = self._session.function(ref)
        return self._functions[ref]

    def callees(self, ref: FunctionRef) -> tuple[Edge, ...]:
        """The edges out of a function."""
        return self._session.callees(ref)

    def callers(self, name: str) -> tuple[Edge, ...]:
        """Edges that lead to functions of a name; () when too many files call it."""
        found = self._callers.get(name)
        if found is None:
            canonical = canonical_name(name)
            rare = len(self._session.stored.files("call", canonical)) <= _MAX_CALLER_FILES
            edges = [e for ref in self.refs(name)[:4] for e in self._session.callers(ref)] if rare else []
            found = self._callers[name] = tuple(edges)
        return found

    def spoken(self, ref: FunctionRef) -> Spoken:
        """What a function's body says."""
        found = self._spoken.get(ref)
        if found is None:
            found = self._spoken[ref] = spoken(self._session.body(ref), ref.file)
        return found

    def near(self, name: str) -> tuple[str, ...]:
        """Names of functions that look like a name, best first."""
        import difflib

        if self._names is None:
            spelled = self._session.stored.function_names()
            self._names = [(n, _letters(n)) for n in sorted(spelled) if not n.startswith(HEAD_MARK)]
        letters, size = _letters(name), len(name)
        alike = [
            n
            for n, mask in self._names
            if abs(len(n) - size) <= 3 and (mask ^ letters).bit_count() <= 4 and n != name
        ]
        pairs = _pairs(name)
        best = sorted(alike, key=lambda n: (-_shared(pairs, n), n))[:40]
        return tuple(difflib.get_close_matches(name, best, n=3, cutoff=0.75))

    def uses(self, name: str) -> tuple[ObjectUse, ...]:
        """The rows of tables that hold an object, and the object's own entries."""
        found = self._uses.get(name)
        if found is None:
            found = self._uses[name] = tuple(self._rows(name)) if re.fullmatch(r"[A-Za-z_]\w*", name) else ()
        return found

    def _rows(self, name: str) -> list[ObjectUse]:
        index, scopes = self._session.stored, self._session.resolver.scopes
        rows: list[ObjectUse] = []
        for path in index.files("object", name):
            if not scopes.foreign(path):
                rows += [_own(o, path) for o in index.facts(path).objects if o.name == name and o.entries]
        paths = [p for p in index.files("reference", name) if not scopes.foreign(p)]
        for path in paths[:_MAX_TABLE_FILES]:
            for table in index.facts(path).objects:
                rows += _holding(table, name, path)
        return rows


def _own(table: Object, path: str) -> ObjectUse:
    constants = tuple((_field(e.path), e.value) for e in table.entries if _CONSTANT.fullmatch(e.value))
    return ObjectUse("", constants, table.name, Location(path, table.line))


def _holding(table: Object, name: str, path: str) -> list[ObjectUse]:
    """The rows of a table with `&name` or `name` as a value."""
    rows = []
    for entry in table.entries:
        if entry.value.lstrip("& ") != name:
            continue
        head = entry.path.rpartition(".")[0]
        constants = tuple(
            (_field(e.path), e.value)
            for e in table.entries
            if e.path.rpartition(".")[0] == head and _CONSTANT.fullmatch(e.value)
        )
        rows.append(ObjectUse(_field(entry.path), constants, table.name, Location(path, entry.line)))
    return rows


def _field(path: str) -> str:
    return path.rpartition(".")[2].split("[")[0].split("#")[0]


def _letters(name: str) -> int:
    mask = 0
    for character in name:
        mask |= 1 << (ord(character) % 61)
    return mask


def _pairs(name: str) -> set[str]:
    return {name[at : at + 2] for at in range(len(name) - 1)}


def _shared(pairs: set[str], name: str) -> float:
    other = _pairs(name)
    return 2 * len(pairs & other) / max(1, len(pairs) + len(other))
