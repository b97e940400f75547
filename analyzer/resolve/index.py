"""What resolution asks of an indexed kernel. The pipeline implements it over a store or in memory."""

from collections.abc import Sequence
from typing import Literal, Protocol

from analyzer.model.facts import Facts, Include
from analyzer.model.kbuild import BuildTable

NameKind = Literal[
    "function",  # a definition whose name stands in the text
    "declaration",
    "macro",
    "record",
    "typedef",
    "enumerator",
    "object",
    "call",  # a call of that name
    "reference",  # used as a value
    "use",  # a macro use at file scope, by the macro's name
    "argument",  # an identifier in such a use, in a head, or in a macro use inside an initializer
    "slot",  # an initializer of `struct.field`, or `?.field` when the struct needs types
    "store",  # an assignment to a member or file-scope variable of that name
    "includer",  # includes a file of that base name by a quoted name or a .c
    "expanded",  # called in a macro's body, its last word, or what it gives to another macro
    "shaping",  # (with the name "") has macros that paste identifiers or call what they are given
    "dispatch",  # an indirect call through a member of that name
    "filler",  # a macro whose body has `.name =` or `->name =`; `struct.#` for one of values by position
    "renamed",  # (with the name "") has functions whose spelled name is a macro or a macro's use
    "renaming",  # (with the name "") has `#define one_name another_name`
    "listing",  # (with the name "") defines and undefines a macro with parameters, as lists of uses of it ask for
]


class Index(Protocol):
    """One kernel version, file by file and name by name. Paths are relative to its root."""

    def paths(self) -> Sequence[str]:
        """All source files, sorted."""
        ...

    def has(self, path: str) -> bool:
        """Whether the tree has that file."""
        ...

    def facts(self, path: str) -> Facts:
        """The facts of a file; empty ones for a file that is not there."""
        ...

    def includes(self, path: str) -> tuple[Include, ...]:
        """Only the includes of a file, which is cheaper."""
        ...

    def files(self, kind: NameKind, name: str) -> tuple[str, ...]:
        """The files that have a name in that role, sorted."""
        ...

    def mentioning(self, word: str) -> tuple[str, ...]:
        """The files of C that have an identifier outside their directives (perhaps some more), sorted. This looks
        at the words of all files: for questions that no role of a name answers."""
        ...

    def text(self, path: str) -> bytes:
        """The bytes of a file."""
        ...

    def by_basename(self, name: str) -> tuple[str, ...]:
        """The files of that base name, sorted."""
        ...

    def tables(self) -> tuple[str, ...]:
        """The system call tables (`.tbl`) of the tree, sorted; `text` reads them."""
        ...

    def build_table(self, arch: str) -> BuildTable:
        """What the Makefiles say for an architecture, given by its folder below arch/."""
        ...


class Layered(Index):
    """An index that says what another one does, but for what a subclass adds."""

    def __init__(self, index: Index) -> None:
        self._index = index

    def paths(self) -> Sequence[str]:
        """All source files, sorted."""
        return self._index.paths()

    def has(self, path: str) -> bool:
        """Whether the tree has that file."""
        return self._index.has(path)

    def facts(self, path: str) -> Facts:
        """The facts of a file."""
        return self._index.facts(path)

    def includes(self, path: str) -> tuple[Include, ...]:
        """The includes of a file."""
        return self._index.includes(path)

    def files(self, kind: NameKind, name: str) -> tuple[str, ...]:
        """The files that have a name in that role, sorted."""
        return self._index.files(kind, name)

    def mentioning(self, word: str) -> tuple[str, ...]:
        """The files that have an identifier outside their directives."""
        return self._index.mentioning(word)

    def text(self, path: str) -> bytes:
        """The bytes of a file."""
        return self._index.text(path)

    def by_basename(self, name: str) -> tuple[str, ...]:
        """The files of that base name."""
        return self._index.by_basename(name)

    def tables(self) -> tuple[str, ...]:
        """The system call tables of the tree."""
        return self._index.tables()

    def build_table(self, arch: str) -> BuildTable:
        """What the Makefiles say for an architecture."""
        return self._index.build_table(arch)
