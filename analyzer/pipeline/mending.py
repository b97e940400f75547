"""Notes rewritten, or the patch that would do it.

A note is written only when its text gives its bytes back, and through a file beside it that takes its place, so
that an interrupted run leaves the note whole.
"""

import difflib
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from analyzer.compare.mending import mend
from analyzer.errors import NoteError, OutputError
from analyzer.model.checks import Note, NoteVerdicts
from analyzer.notes.encoding import encode
from analyzer.notes.reader import read_note

_ROUNDS = 4


@dataclass(frozen=True, slots=True)
class Mended:
    """What mending a note gives. `refused` says why it cannot be written."""

    note: Note
    data: bytes = b""
    patch: str = ""
    count: int = 0
    refused: str = ""

    def write(self) -> None:
        """Put the new text in the note's place. Raises OutputError."""
        target = Path(os.path.realpath(self.note.path))
        try:
            mode = target.stat().st_mode
            handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
            with os.fdopen(handle, "wb") as stream:
                stream.write(self.data)
            os.chmod(name, mode & 0o7777)
            os.replace(name, target)
        except OSError as error:
            raise OutputError(f"{self.note.path} cannot be written: {error.strerror or error}.") from error


def mended(checked: NoteVerdicts, judge: Callable[[Note], NoteVerdicts]) -> Mended:
    """Mend a note by what the last of its kernels says to each tree; what is mended is judged again, because
    a right name may show a wrong place."""
    note = checked.note
    for _ in range(_ROUNDS):
        lines = _lines(checked)
        if lines == checked.note.lines:
            break
        if not note.exact:
            return Mended(note, refused="not mended: its bytes are no text of one encoding")
        try:
            data = encode(lines, note.encoding, note.bom)
        except NoteError as error:
            return Mended(note, refused=f"not mended: {error.message}")
        again = read_note(data, note.path)
        if len(again.blocks) != len(note.blocks) or again.lines != lines:
            return Mended(note, refused="not mended: the rewritten trees could not be read back")
        checked = judge(again)
    if checked.note is note:
        return Mended(note)
    lines = checked.note.lines
    count = sum(1 for old, new in zip(note.lines, lines, strict=False) if old != new)
    return Mended(note, encode(lines, note.encoding, note.bom), _patch(note, lines), count)


def _lines(checked: NoteVerdicts) -> tuple[str, ...]:
    note = checked.note
    lines = list(note.lines)
    for at, block in enumerate(note.blocks):
        said = next((k.blocks[at] for k in reversed(checked.kernels) if not k.blocks[at].skipped), None)
        if said is None or said.reversed or block.directives.expect:
            continue
        changed = mend(note, block, said.verdicts)
        for number, text in (changed or {}).items():
            lines[number - 1] = text
    return tuple(lines)


def _patch(note: Note, lines: Sequence[str]) -> str:
    before = [_ended(line) for line in note.lines]
    after = [_ended(line) for line in lines]
    name = note.path.lstrip("/")
    return "".join(difflib.unified_diff(before, after, f"a/{name}", f"b/{name}"))


def _ended(line: str) -> str:
    return line if line.endswith("\n") else line + "\n\\ No newline at end of file\n"
