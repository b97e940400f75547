"""A symbol's timeline over many versions, and which calls exist in which versions.

Not here: two versions in depth (`analyzer.model.difference`).
"""

from typing import Literal

import msgspec

HistoryKind = Literal[
    "function", "struct", "union", "enum", "table", "macro", "typedef", "constants", "edge", "target"
]

HistoryPart = Literal[
    "definition",
    "returns",
    "parameter",
    "member",
    "entry",
    "constant",
    "value",
    "callee",
    "target",
    "callers",
    "file",
    "linkage",
    "inline",
    "call",
]
HistoryWhat = Literal["added", "removed", "changed", "moved", "renamed"]


class HistoryChange(msgspec.Struct, frozen=True, order=True):
    """One thing that is otherwise than in the version before. `part`: what of the symbol it is; before and
    after are "" where there is nothing."""

    part: HistoryPart
    what: HistoryWhat
    name: str
    before: str = ""
    after: str = ""


class CommitNote(msgspec.Struct, frozen=True):
    """A commit that made a change: its abbreviated id, author date (ISO) and subject."""

    id: str
    date: str
    subject: str
    changes: tuple[HistoryChange, ...]


class HistoryRow(msgspec.Struct, frozen=True):
    """A version in which something changed since the one before. `text` is the symbol there in one line, ""
    when it does not exist."""

    version: str
    place: str
    text: str
    changes: tuple[HistoryChange, ...]
    commits: tuple[CommitNote, ...] = ()


class History(msgspec.Struct, frozen=True):
    """`versions` were looked at, in order; rows only where something changed. `blobs` are the distinct file
    contents of all versions, of which `read` were read (each once); the others were known or could not matter."""

    name: str
    kind: HistoryKind
    versions: tuple[str, ...]
    rows: tuple[HistoryRow, ...]
    blobs: int
    read: int


class MatrixRow(msgspec.Struct, frozen=True):
    """A call of the united tree. `depth` is the least over the versions, `kind` how it is called; `present` per
    version."""

    caller: str
    callee: str
    kind: str
    depth: int
    present: tuple[bool, ...]


class Matrix(msgspec.Struct, frozen=True):
    """Which calls of what a function does exist in which versions. `missing` are versions without that
    function."""

    root: str
    depth: int
    versions: tuple[str, ...]
    rows: tuple[MatrixRow, ...]
    missing: tuple[str, ...] = ()
