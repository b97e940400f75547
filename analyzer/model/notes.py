"""What a study note tells of the things it mentions.

Texts are the source's own. Not here: the note's layout and fixed words (`analyzer.render.note`).
"""

import msgspec

from analyzer.model.callgraph import Function
from analyzer.model.shown import ShownConstant, ShownConstants, ShownEnum, ShownObject, ShownRecord


class Comment(msgspec.Struct, frozen=True):
    """The comment above a definition: its first sentence (kernel-doc's summary) on one line, and the whole of it
    without its frame. `line` is where it begins."""

    summary: str
    text: str
    line: int
    kernel_doc: bool = False


class FunctionNote(msgspec.Struct, frozen=True):
    """A function that matters in a tree; `excerpt` is its text where that was asked for."""

    function: Function
    comment: Comment | None = None
    excerpt: str = ""


class MainStep(msgspec.Struct, frozen=True):
    """A call that the entry point makes by itself or through functions that do nothing else; `steps` are those of
    the called function, `label` what selects it among alternatives."""

    call: str
    summary: str = ""
    label: str = ""
    steps: tuple["MainStep", ...] = ()


class StudyNote(msgspec.Struct, frozen=True):
    """Everything in a note but its call tree and diagram."""

    entry: Function
    version: str
    arch: str
    configuration: str  # name of the .config, "" without one
    bindings: tuple[str, ...]
    options: str  # that repeat the note: `--depth 5`
    summary: Comment | None
    steps: tuple[MainStep, ...]
    functions: tuple[FunctionNote, ...]
    tables: tuple[ShownObject, ...]
    records: tuple[ShownRecord, ...]
    enums: tuple[ShownEnum, ...]
    families: tuple[ShownConstants, ...]
    constants: tuple[ShownConstant, ...]
