"""What comparing asks of a kernel. The pipeline implements it over a session, tests in memory.

Not here: how the answers are found.
"""

from typing import Protocol

import msgspec

from analyzer.compare.spoken import Spoken
from analyzer.model.callgraph import Edge, Function, FunctionRef, Location


class ObjectUse(msgspec.Struct, frozen=True):
    """A table's row that holds an object, or the object's own entries (`field` empty): the member that the
    object is put into and the row's constants by member."""

    field: str
    constants: tuple[tuple[str, str], ...]
    table: str
    place: Location


class MadeCall(msgspec.Struct, frozen=True):
    """A name that a macro's text calls, and the macro definition that does."""

    name: str
    place: Location


class Kernel(Protocol):
    """One kernel version under one configuration. All answers are deterministic."""

    @property
    def version(self) -> str:
        """As in its Makefile."""
        ...

    def refs(self, name: str) -> tuple[FunctionRef, ...]:
        """The functions of a name, in any spelling of a system call."""
        ...

    def has(self, name: str) -> bool:
        """Whether there is a function of that name, which is cheaper to know than which."""
        ...

    def mentions(self, name: str) -> bool:
        """Whether anything calls or declares that name, or a macro has it."""
        ...

    def knows(self, name: str) -> bool:
        """Whether anything has that name at file scope: a function, an object, a declaration, a macro."""
        ...

    def function(self, ref: FunctionRef) -> Function | None:
        """What is known of a function."""
        ...

    def callees(self, ref: FunctionRef) -> tuple[Edge, ...]:
        """The edges out of a function, in source order."""
        ...

    def callers(self, name: str) -> tuple[Edge, ...]:
        """Direct calls of a name, by file and line; () when there are too many to look for."""
        ...

    def bind(self, caller: FunctionRef, name: str) -> tuple[FunctionRef, ...]:
        """The functions that a name means where a function calls it; () for a macro or an external one."""
        ...

    def called(self, ref: FunctionRef) -> tuple[str, ...]:
        """The names that a function's call sites spell, without resolving them."""
        ...

    def made(self, ref: FunctionRef, macro: str) -> tuple[MadeCall, ...] | None:
        """What the texts of a macro, as a function sees it, and of the macros in it call; None for what is no
        macro there."""
        ...

    def may_make(self, ref: FunctionRef, name: str, macro: str = "") -> bool:
        """False when no macro that a function uses (or the one given) can call a name, or through a member of that
        name, unless its text spells it. Cheaper than to resolve what the function calls."""
        ...

    def defines(self, name: str) -> bool:
        """Whether the text of some file defines a function of that name; macros may make others."""
        ...

    def taken(self, name: str) -> bool:
        """Whether a function's address is used anywhere, so that calls through pointers may lead to it."""
        ...

    def says(self, ref: FunctionRef, word: str) -> bool:
        """Whether a function's text has a word, which is cheaper to know than what it says."""
        ...

    def spoken(self, ref: FunctionRef) -> Spoken:
        """What a function's body says, as written."""
        ...

    def rows(self, table: str, field: str) -> tuple[tuple[str, ObjectUse], ...]:
        """The values of a member in all rows of a table, each with its row."""
        ...

    def near(self, name: str) -> tuple[str, ...]:
        """Names of functions that look like a name, best first."""
        ...

    def uses(self, name: str) -> tuple[ObjectUse, ...]:
        """The rows of tables that hold an object, and the object's own entries."""
        ...
