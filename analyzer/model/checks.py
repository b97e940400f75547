"""Call trees that people wrote into notes, as read, and what a kernel says to each line of them.

Lines are 1-based; columns are 0-based character offsets into the decoded line, so that a text editor's
column is one more. Not here: how notes are laid out (`analyzer.notes`), and how verdicts are reached
(`analyzer.compare.verdicts`).
"""

from typing import Literal

import msgspec

from analyzer.model.callgraph import FunctionRef, Location

ItemKind = Literal["call", "pointer", "assignment", "condition", "elided", "prose"]

# ok: the kernel has it. elided: a path leads there through functions that the note leaves out.
# selector: a branch label that names an alternative (`if TCP:`) and fits what stands below it.
VerdictKind = Literal[
    "ok",
    "elided",
    "wrong-caller",
    "order",
    "renamed",
    "gone",
    "arguments",
    "unreachable",
    "unknown-function",
    "statement-ok",
    "statement-changed",
    "unparsed",
    "snapshot",
]

VERDICT_WORDS: dict[VerdictKind, str] = {
    "ok": "ok",
    "elided": "ok, elided",
    "wrong-caller": "wrong caller",
    "order": "order",
    "renamed": "renamed",
    "gone": "gone",
    "arguments": "arguments",
    "unreachable": "not reachable under the bindings",
    "unknown-function": "unknown function",
    "statement-ok": "statement ok",
    "statement-changed": "statement changed",
    "unparsed": "unparsed",
    "snapshot": "tree changed",
}

Severity = Literal["error", "warning", "note", "none"]

DEFAULT_SEVERITY: dict[VerdictKind, Severity] = {
    "ok": "none",
    "elided": "none",
    "wrong-caller": "error",
    "order": "error",
    "renamed": "error",
    "gone": "error",
    "arguments": "error",
    "unreachable": "error",
    "unknown-function": "error",
    "statement-ok": "none",
    "statement-changed": "error",
    "unparsed": "none",
    "snapshot": "error",
}


class Item(msgspec.Struct, frozen=True):
    """One statement of a tree: usually a line, one link of a chain, or one part of a line that lost its
    line breaks.

    `parent` is the index of the item above in the same block, -1 for a root; `others` are further
    callers that the layout allows (a brace group, a list that only gives an order). `name` is the called
    function, or the last name of a callee expression (`create` of `pf->create`). `arguments` is None
    where the note gives none, also for an empty `()`. `left` is what a call's value is assigned to.
    """

    kind: ItemKind
    line: int
    column: int
    end: int
    text: str
    parent: int = -1
    others: tuple[int, ...] = ()
    name: str = ""
    callee: str = ""  # the callee expression without white space: `pf->create`; the name for a call
    arguments: tuple[str, ...] | None = None
    declared: bool = False  # a declaration in place of a call: arguments are parameters
    left: str = ""
    right: str = ""
    condition: str = ""  # of a condition: the expression; keyword and punctuation taken off
    keyword: str = ""  # if, else, case, loop, goto, return, label, guard
    label: str = ""  # kcg's own `[tcp_prot]` before a target
    remark: str = ""
    name_at: tuple[int, int] = (-1, -1)  # span of the name in the line
    arguments_at: tuple[int, int] = (-1, -1)  # span between the parentheses
    expect: str = ""  # a verdict that the line's remark asks for, or "ignore"


class Directives(msgspec.Struct, frozen=True):
    """What a `kcg:` comment or a fence's info string sets for a tree."""

    root: str = ""
    version: str = ""
    bindings: tuple[tuple[str, str], ...] = ()
    ignore: bool = False
    expect: str = ""  # "fail", or the verdict that must occur
    callee_first: bool = False
    forced: bool = False  # to be read as a tree whatever it looks like
    line: int = 0


class Block(msgspec.Struct, frozen=True):
    """One call tree of a note: lines `first` to `last`."""

    first: int
    last: int
    style: str  # indent, box, chain, list, cflow, ftrace, backtrace, flat, collapsed
    items: tuple[Item, ...]
    directives: Directives = Directives()
    callee_first: bool = False
    printed: bool = False  # as `kcg tree` prints: places of definitions behind names


class NoteProblem(msgspec.Struct, frozen=True):
    """Something in a note that stops it from being read as meant."""

    line: int
    message: str


class Note(msgspec.Struct, frozen=True):
    """A note as read. `lines` keep their line ends; `exact` tells that encoding them again gives the
    file's bytes."""

    path: str
    encoding: str
    lines: tuple[str, ...]
    blocks: tuple[Block, ...]
    problems: tuple[NoteProblem, ...] = ()
    exact: bool = True
    bom: bool = False


class Step(msgspec.Struct, frozen=True):
    """One call of a path that supports a verdict."""

    caller: FunctionRef
    callee: str
    site: Location
    expression: str


class Verdict(msgspec.Struct, frozen=True):
    """What one kernel says to one item.

    `message` is one sentence; `nearest` the nearest true thing, shortest spelling; `place` the kernel's
    file and line that show it. `path` is the true way from the caller to the callee, where there is one.
    `fix` tells how to mend the line: ("name", text), ("arguments", text), ("text", text),
    ("move", item index of the true caller), ("before" or "after", item index).
    """

    kind: VerdictKind
    message: str = ""
    nearest: str = ""
    place: Location | None = None
    path: tuple[Step, ...] = ()
    fix: tuple[str, str] | None = None

    @property
    def holds(self) -> bool:
        """Whether the line is true."""
        return self.kind in ("ok", "elided", "statement-ok")


class BlockVerdicts(msgspec.Struct, frozen=True):
    """The verdicts of a tree in one kernel, one per item; `skipped` says why there are none."""

    block: int
    verdicts: tuple[Verdict, ...] = ()
    skipped: str = ""
    reversed: bool = False


class KernelVerdicts(msgspec.Struct, frozen=True):
    """All trees of a note in one kernel."""

    kernel: str
    version: str
    blocks: tuple[BlockVerdicts, ...]


class NoteVerdicts(msgspec.Struct, frozen=True):
    """A note with what every asked kernel says to it."""

    note: Note
    kernels: tuple[KernelVerdicts, ...]


class Finding(msgspec.Struct, frozen=True):
    """One line of a note with what one kernel says to it. Columns are 1-based, `end_column` is behind the
    last character. `status`: how it counts; `failed` findings make a run fail. `key` identifies the line in a
    baseline whatever line it moves to."""

    path: str
    line: int
    column: int
    end_column: int
    text: str
    kind: VerdictKind
    severity: Severity
    message: str
    nearest: str
    place: Location | None
    steps: tuple[Step, ...]
    kernel: str
    version: str
    key: str
    status: str = ""  # "", expected, baseline, ignored

    @property
    def failed(self) -> bool:
        """Whether it counts as an error."""
        return self.severity == "error" and not self.status

    @property
    def words(self) -> str:
        """The verdict as people read it."""
        return VERDICT_WORDS[self.kind]
