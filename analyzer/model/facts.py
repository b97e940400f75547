"""What extraction reads in one file, before anything is resolved.

All of it is a function of the file's bytes and the dialect; nothing here knows a path, a configuration or
another file. Lines and columns are 1-based, offsets are bytes into the file. Texts are the source's own with
white space folded.

Not here: the order and conditions of a body's statements (rebuilt on demand from a definition's span), and
the numeric macros of headers over `LARGE_HEADER` bytes.
"""

from typing import Protocol

import msgspec

from analyzer.model.callgraph import Parameter

LARGE_HEADER = 500_000  # bytes; in 6.12 such headers hold 433 MB of register numbers and no code


class _Fact(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Base of all facts: compact arrays in the store, no garbage-collector tracking."""


class Include(_Fact, frozen=True):
    """`#include`; `target` is empty when it is computed by a macro, whose text is then in `macro`."""

    target: str
    quoted: bool
    line: int
    guard: str = ""
    macro: str = ""


class Macro(_Fact, frozen=True):
    """`#define`. `parameters` is None for an object-like macro; `...` is spelled `__VA_ARGS__`
    (a named variadic keeps its name) and `variadic` tells it apart."""

    name: str
    parameters: tuple[str, ...] | None
    variadic: bool
    body: str
    line: int
    guard: str = ""


class Undef(_Fact, frozen=True):
    """`#undef`."""

    name: str
    line: int


class DirectCall(_Fact, frozen=True):
    """A call whose callee is an identifier (a function, a macro, or a pointer variable)."""

    name: str
    line: int
    column: int
    start: int  # of the callee
    end: int  # of the call's closing parenthesis
    guard: str = ""


class IndirectCall(_Fact, frozen=True):
    """A call whose callee is any other expression, kept as text."""

    callee: str
    line: int
    column: int
    start: int
    end: int
    guard: str = ""


class FieldAssignment(_Fact, frozen=True):
    """`left = right` where the left side is a member, an element or a variable that is not local, and the
    right side may be a function or an ops table: an identifier, `&identifier`, another member, a choice."""

    left: str
    right: str
    line: int


class Variable(_Fact, frozen=True):
    """A local variable of a body: its declared type (declarator folded in) and initial value's text."""

    name: str
    type: str
    value: str
    line: int


class Definition(_Fact, frozen=True):
    """A function definition whose name stands in the text, or (`head` set) whose head is a macro use."""

    name: str
    line: int
    column: int
    end_line: int
    start: int
    body: int  # offset of `{`
    end: int
    static: bool
    inline: bool
    weak: bool
    return_type: str
    parameters: tuple[Parameter, ...]
    guard: str
    head: str  # `SYSCALL_DEFINE3(socket, int, family, …)` when a macro makes the head, else ""
    calls: tuple[DirectCall, ...]
    indirect: tuple[IndirectCall, ...]
    assignments: tuple[FieldAssignment, ...]
    variables: tuple[Variable, ...]
    references: tuple[tuple[str, int], ...]  # identifiers used as values in arguments (name, line)


class Declaration(_Fact, frozen=True):
    """A function declaration without a body."""

    name: str
    line: int
    return_type: str


class Field(_Fact, frozen=True):
    """A struct's or union's member. `type` folds the declarator in (`struct sock *`, `int (*)(int)`,
    `struct list_head[8]`); `path` holds the names of the enclosing named members, outermost first,
    for structs defined inside (anonymous ones vanish)."""

    name: str
    type: str
    line: int
    guard: str = ""


class Record(_Fact, frozen=True):
    """A struct or union definition. Untagged ones named by a typedef carry that name in `tag`, inner
    untagged ones get `outer::member`."""

    tag: str
    kind: str  # struct | union
    fields: tuple[Field, ...]
    line: int
    end_line: int
    guard: str = ""


class Enumerator(_Fact, frozen=True):
    """An enum constant; `value` is the text after `=` or empty."""

    name: str
    value: str
    line: int


class Enum(_Fact, frozen=True):
    """An enum definition; `tag` may be empty."""

    tag: str
    constants: tuple[Enumerator, ...]
    line: int
    end_line: int
    guard: str = ""


class Typedef(_Fact, frozen=True):
    """`typedef type name`."""

    name: str
    type: str
    line: int
    guard: str = ""


class Entry(_Fact, frozen=True):
    """One leaf of an initializer list. `path` is the designator path with positional steps as `#n`, or `#name+n`
    behind the designator of a member (`.hook.create`, `[3].ops`, `#0#1`, `#compatible+1`)."""

    path: str
    value: str
    line: int
    guard: str = ""


class Object(_Fact, frozen=True):
    """A file-scope variable, or a local one with an initializer list (`function` set), or a compound
    literal (`name` empty)."""

    name: str
    type: str
    static: bool
    line: int
    value: str  # scalar initializer's text, "" otherwise
    entries: tuple[Entry, ...]
    guard: str = ""
    function: str = ""
    defined: bool = True  # False for `extern` declarations


class Invocation(_Fact, frozen=True):
    """A macro use at file scope: `EXPORT_SYMBOL(x)`, `DEFINE_SHOW_ATTRIBUTE(x);`. `tail` is what follows
    the closing parenthesis up to `;` (an initializer), `prefix` the storage words before."""

    macro: str
    arguments: str
    line: int
    end_line: int
    column: int
    start: int
    end: int
    prefix: str
    tail: str
    guard: str = ""


class ParseDiagnostic(_Fact, frozen=True):
    """A region that could not be read; `cause` is a short category."""

    line: int
    end_line: int
    start: int
    end: int
    cause: str
    example: str


class FileFacts(_Fact, frozen=True):
    """Everything extraction says about one blob."""

    includes: tuple[Include, ...] = ()
    macros: tuple[Macro, ...] = ()
    undefs: tuple[Undef, ...] = ()
    definitions: tuple[Definition, ...] = ()
    declarations: tuple[Declaration, ...] = ()
    records: tuple[Record, ...] = ()
    enums: tuple[Enum, ...] = ()
    typedefs: tuple[Typedef, ...] = ()
    objects: tuple[Object, ...] = ()
    invocations: tuple[Invocation, ...] = ()
    diagnostics: tuple[ParseDiagnostic, ...] = ()
    size: int = 0
    lines: int = 0
    lost: tuple[int, ...] = ()  # lines of function bodies at the margin that no definition has


class Facts(Protocol):
    """A file's facts as resolution reads them: `FileFacts`, or the same decoded part by part."""

    @property
    def includes(self) -> tuple[Include, ...]: ...
    @property
    def macros(self) -> tuple[Macro, ...]: ...
    @property
    def undefs(self) -> tuple[Undef, ...]: ...
    @property
    def definitions(self) -> tuple[Definition, ...]: ...
    @property
    def declarations(self) -> tuple[Declaration, ...]: ...
    @property
    def records(self) -> tuple[Record, ...]: ...
    @property
    def enums(self) -> tuple[Enum, ...]: ...
    @property
    def typedefs(self) -> tuple[Typedef, ...]: ...
    @property
    def objects(self) -> tuple[Object, ...]: ...
    @property
    def invocations(self) -> tuple[Invocation, ...]: ...
    @property
    def diagnostics(self) -> tuple[ParseDiagnostic, ...]: ...
    @property
    def size(self) -> int: ...
    @property
    def lines(self) -> int: ...
    @property
    def lost(self) -> tuple[int, ...]: ...


class Brief(_Fact, frozen=True):
    """The parts of a file's facts that are asked for without the rest."""

    includes: tuple[Include, ...] = ()
    diagnostics: tuple[ParseDiagnostic, ...] = ()
    size: int = 0
    functions: int = 0
    lost: tuple[int, ...] = ()


def brief_of(facts: FileFacts) -> Brief:
    """The brief of a file."""
    return Brief(facts.includes, facts.diagnostics, facts.size, len(facts.definitions), facts.lost)
