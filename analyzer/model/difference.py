"""What comparing two versions of a kernel says: the merged tree, signatures, types, targets, constants.

`before` and `after` are the two sides; whatever exists on one side only has None or "" on the other. Texts are the
source's own with white space folded; file paths are relative to each kernel's root. `mirrored` swaps the sides.

Not here: many versions at once (`analyzer.model.history`).
"""

from typing import Literal

import msgspec

from analyzer.model.callgraph import FunctionRef

Sign = Literal["same", "changed", "added", "removed"]

# name: spelled otherwise (a rename, with its score in `note`); arguments: of a call; expression: the callee's text
# of a computed call; kind: direct, through a slot, …; guard: `#if` around it; macro: made by a macro or not;
# count: how often; order: after which call; targets: how many functions a computed call reaches; file: where it is
# defined; linkage, inline, returns, parameters: of a function; condition, assignment, result: statements of a
# body.
What = Literal[
    "name",
    "arguments",
    "expression",
    "kind",
    "guard",
    "macro",
    "count",
    "order",
    "targets",
    "file",
    "linkage",
    "inline",
    "condition",
    "assignment",
    "result",
]


class Change(msgspec.Struct, frozen=True, order=True):
    """One property that differs; "" where a side has none."""

    what: What
    before: str
    after: str
    note: str = ""


class CallSide(msgspec.Struct, frozen=True):
    """A call as one version has it: the first of `count` sites of one function that call the same."""

    callee: str  # the function's name, for a computed call the callee's text
    expression: str
    file: str
    line: int
    kind: str
    slot: str = ""  # `net_proto_family.create`
    guard: str = ""
    macros: tuple[str, ...] = ()
    count: int = 1
    total: int = 1  # targets


# cut: the depth limit ends here; repeated: expanded elsewhere in the tree; recursive: its own ancestor;
# known: on one side of the tree only, but defined in both versions, so that its body is no difference.
PlaceMark = Literal["", "cut", "repeated", "recursive", "known"]


class DiffFunction(msgspec.Struct, frozen=True):
    """A function at one place of the merged tree. `objects` are the ops tables that put it there."""

    sign: Sign
    before: FunctionRef | None
    after: FunctionRef | None
    changes: tuple[Change, ...] = ()
    calls: tuple["DiffCall", ...] = ()
    mark: PlaceMark = ""
    objects: tuple[str, ...] = ()
    unchanged: int = 0  # calls that are the same, and nothing below them differs

    @property
    def name(self) -> str:
        """The newer name."""
        ref = self.after or self.before
        return ref.name if ref else ""


class DiffCall(msgspec.Struct, frozen=True):
    """A call in the merged tree. `moved` names the function that has it on the other side: the call was taken over
    by (or came back from) a function that is new (or gone), or was moved there."""

    sign: Sign
    before: CallSide | None
    after: CallSide | None
    changes: tuple[Change, ...] = ()
    targets: tuple[DiffFunction, ...] = ()
    moved: str = ""
    takes: tuple[
        str, ...
    ] = ()  # callees that this new (or gone) function has taken over from (gave back to) its caller


class Restructured(msgspec.Struct, frozen=True, order=True):
    """A function that makes calls through others on one side (`where`) and by itself on the other. `chain`
    leads from it to the calls; `wrapped` when all of its calls are made so, `split` when some are."""

    function: str
    chain: tuple[str, ...]
    calls: tuple[str, ...]
    how: Literal["wrapped", "split"]
    where: Literal["before", "after"]


class Renamed(msgspec.Struct, frozen=True, order=True):
    """A function that has another name on the other side, and how sure that is (0 to 1)."""

    before: str
    after: str
    score: float
    before_file: str
    after_file: str


class Moved(msgspec.Struct, frozen=True, order=True):
    """A call that one function made before and another makes after."""

    callee: str
    before: str
    after: str


class PartChange(msgspec.Struct, frozen=True):
    """A parameter, member, entry or constant that differs. `what`: added, removed, moved (its place among the
    others), type, name, value, guard, returns."""

    what: Literal["added", "removed", "moved", "type", "name", "value", "guard", "returns"]
    name: str
    before: str = ""
    after: str = ""
    used: bool = True  # whether functions of the tree name it


class SignatureChange(msgspec.Struct, frozen=True):
    """A function of the tree that is declared otherwise; `was` is its older name, "" when that is the same."""

    name: str
    was: str
    before: str  # the whole signature
    after: str
    before_place: str  # `file:line`
    after_place: str
    changes: tuple[PartChange, ...]


class TypeChange(msgspec.Struct, frozen=True):
    """A struct, union, enum or ops table that the tree's functions use."""

    kind: Literal["struct", "union", "enum", "table"]
    name: str
    before_place: str
    after_place: str
    changes: tuple[PartChange, ...]


class Target(msgspec.Struct, frozen=True, order=True):
    """A function that a slot can hold, with the objects that put it there."""

    name: str
    objects: tuple[str, ...]


class TargetsChange(msgspec.Struct, frozen=True):
    """What a computed call of the tree can reach. `slot` is the struct and field where it is one, else the
    call."""

    slot: str
    callers: tuple[str, ...]
    before: int
    after: int
    added: tuple[Target, ...]
    removed: tuple[Target, ...]


class ConstantsChange(msgspec.Struct, frozen=True):
    """Constants that share a prefix (`AF_*`), or one alone."""

    family: str
    changes: tuple[PartChange, ...]


class Compared(msgspec.Struct, frozen=True):
    """One of the two kernels. `root` is the function the tree begins at."""

    version: str
    label: str
    root: FunctionRef


class Counts(msgspec.Struct, frozen=True):
    """Numbers for the summary, of the whole tree. `compared` function pairs, of which `differing` differ."""

    compared: int = 0
    differing: int = 0
    functions_added: int = 0
    functions_removed: int = 0
    calls_added: int = 0
    calls_removed: int = 0
    calls_changed: int = 0
    calls_reordered: int = 0


class Difference(msgspec.Struct, frozen=True):
    """Everything that differs between two versions of what a function does."""

    before: Compared
    after: Compared
    depth: int
    hide: str
    counts: Counts
    tree: DiffFunction
    restructured: tuple[Restructured, ...] = ()
    renamed: tuple[Renamed, ...] = ()
    moved: tuple[Moved, ...] = ()
    signatures: tuple[SignatureChange, ...] = ()
    types: tuple[TypeChange, ...] = ()
    targets: tuple[TargetsChange, ...] = ()
    constants: tuple[ConstantsChange, ...] = ()
    macros: tuple[str, ...] = ()  # functions that are macros on one side, and called on both
    unclear: tuple[
        str, ...
    ] = ()  # calls that only one side's macros were seen to make, though both sides use them
    bind: tuple[str, ...] = ()  # `parameter=constant` of the root: both trees hold only what is reached then

    @property
    def empty(self) -> bool:
        """Whether nothing differs."""
        return self.tree.sign == "same" and not (
            self.signatures or self.types or self.targets or self.constants or self.renamed or self.restructured
        )
