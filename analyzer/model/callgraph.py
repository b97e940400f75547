"""What resolution produces: functions, call edges and why they are there."""

from typing import Literal

import msgspec

EdgeKind = Literal["direct", "slot", "pointer", "callback", "hook", "static_call", "initcall", "tracepoint"]
Confidence = Literal["certain", "likely", "possible"]
HANDED_OVER = "passed as an argument"  # the rule of edges to functions that are given away, not called
Linkage = Literal["internal", "external", "weak"]


class Location(msgspec.Struct, frozen=True, order=True):
    """A place in the kernel: path relative to its root, 1-based line, 1-based column."""

    file: str
    line: int
    column: int = 1


class FunctionRef(msgspec.Struct, frozen=True, order=True):
    """Identity of a function. `file` and `line` are empty and 0 for an external function
    (called, but defined nowhere in the analysed tree)."""

    name: str
    file: str = ""
    line: int = 0

    @property
    def external(self) -> bool:
        return not self.file


class Parameter(msgspec.Struct, frozen=True):
    """One parameter as written: `type` is normalised C text, `name` may be empty, `...` is a type."""

    type: str
    name: str


class Function(msgspec.Struct, frozen=True):
    """A function definition, whoever spelled it: the text or a macro."""

    ref: FunctionRef
    end_line: int
    linkage: Linkage
    inline: bool
    return_type: str
    parameters: tuple[Parameter, ...]
    guard: str = ""  # presence condition, "" when unconditional
    aliases: tuple[str, ...] = ()  # other names of the same function (a system call's wrappers)
    macro: str = ""  # the macro that made it, "" when its name stands in the text

    @property
    def signature(self) -> str:
        params = ", ".join(_declare(p) for p in self.parameters) or "void"
        return f"{_glue(self.return_type, self.ref.name)}({params})"


class Slot(msgspec.Struct, frozen=True, order=True):
    """A (struct type, field path) that holds a function pointer. `file` is where the struct is defined when
    several of the analysed sources have one of that tag, else ""."""

    struct: str
    field: str
    file: str = ""

    @property
    def tag(self) -> str:
        """The innermost struct around the member that has a tag; of one without any, what it is kept under."""
        return self.struct.partition("::")[0] or self.struct

    @property
    def path(self) -> str:
        """The member's dotted path from there: a struct without a tag that is a member itself (`struct
        nf_conntrack_l4proto::ctnl_timeout`) is a part of it."""
        outer, _, inner = self.struct.partition("::")
        return ".".join([*inner.split("::"), self.field]) if outer and inner else self.field

    @property
    def spelled(self) -> str:
        """Both, as C would say it."""
        return f"{self.tag}.{self.path}"


class Evidence(msgspec.Struct, frozen=True, order=True):
    """A place that supports an edge: an ops table's entry, an assignment, a definition."""

    file: str
    line: int
    object: str  # the ops table or variable there, "" when the place itself says it


class Edge(msgspec.Struct, frozen=True):
    """One (call site, callee). `callee` is None when the site is unresolved."""

    caller: FunctionRef
    callee: FunctionRef | None
    site: Location
    kind: EdgeKind
    expression: str  # the call as written, one line: `sk->sk_prot->init(sk)`
    arguments: tuple[str, ...] = ()
    macros: tuple[str, ...] = ()  # macros whose expansion makes the call, outermost first
    slot: Slot | None = None
    guard: str = ""
    rule: str = ""
    confidence: Confidence = "certain"
    evidence: tuple[Evidence, ...] = ()
    case: str = ""  # labels of a switch over a parameter that select the call: `SYS_SOCKET`


class SlotRow(msgspec.Struct, frozen=True):
    """A row of `kcg export slots`: what is put into which slot of which object."""

    struct: str
    field: str  # dotted path
    object: str
    index: str | None  # array element
    value: str  # function or object name
    value_kind: Literal["function", "object", "constant"]
    file: str
    line: int
    guard: str | None
    how: Literal["initializer", "assignment", "argument"]


def _glue(type_: str, name: str) -> str:
    return f"{type_}{name}" if type_.endswith("*") else f"{type_} {name}".strip()


def _declare(parameter: Parameter) -> str:
    """C text of a parameter; a type holding `(*)` takes the name inside its parentheses."""
    if not parameter.name:
        return parameter.type
    if "(*)" in parameter.type:
        return parameter.type.replace("(*)", f"(*{parameter.name})", 1)
    return _glue(parameter.type, parameter.name)
