"""Notes checked against kernels: files in, verdicts out.

Not handled: what verdicts look like (`analyzer.render.verdicts`) and whether they fail a run
(`analyzer.compare.findings`).
"""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from analyzer.compare.verdicts import judge
from analyzer.errors import NoteError
from analyzer.model.checks import Block, BlockVerdicts, KernelVerdicts, Note, NoteVerdicts
from analyzer.notes.reader import read_note
from analyzer.pipeline.facts import SessionFacts
from analyzer.pipeline.session import Session

NOTE_SUFFIXES = frozenset((".md", ".markdown", ".rst", ".org", ".txt", ".text", ".adoc"))


def note_files(paths: Sequence[str]) -> list[str]:
    """The files that are named, and the notes below folders that are. Raises NoteError for what is not there."""
    found: dict[str, None] = {}
    for path in paths:
        place = Path(path)
        if place.is_dir():
            inside = (p for p in sorted(place.rglob("*")) if p.suffix.lower() in NOTE_SUFFIXES and p.is_file())
            found.update((str(p), None) for p in inside if not _hidden(p.relative_to(place)))
        elif place.is_file():
            found[path] = None
        else:
            raise NoteError(f"There is no note {path}.", hint="Give text files or folders of them.")
    return list(found)


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def load_note(path: str) -> Note:
    """Read a note. Raises NoteError."""
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise NoteError(f"{path} cannot be read: {error.strerror or error}.") from error
    return read_note(data, path)


def check_note(
    note: Note,
    sessions: Sequence[Session],
    facts: Sequence[SessionFacts],
    bound: Mapping[str, str],
    *,
    changed: Collection[int] | None = None,
) -> NoteVerdicts:
    """A note against every kernel; a tree that pins a version only against kernels of that version.
    `changed`: only trees with one of these lines are looked at."""
    kernels = []
    for number, (session, fact) in enumerate(zip(sessions, facts, strict=True)):
        others = [f for n, f in enumerate(facts) if n != number]
        named = tuple(dict.fromkeys(i.name for b in note.blocks for i in b.items if i.kind == "call"))
        blocks = tuple(
            _check_block(at, block, fact, others, bound, named)
            if changed is None or any(block.first <= line <= block.last for line in changed)
            else BlockVerdicts(at, skipped="unchanged")
            for at, block in enumerate(note.blocks)
        )
        kernels.append(KernelVerdicts(session.info.label, session.info.version, blocks))
    return NoteVerdicts(note, tuple(kernels))


def _check_block(
    at: int,
    block: Block,
    fact: SessionFacts,
    others: Sequence[SessionFacts],
    bound: Mapping[str, str],
    named: Sequence[str],
) -> BlockVerdicts:
    if block.directives.ignore:
        return BlockVerdicts(at, skipped="ignored by the note")
    pinned = block.directives.version
    if pinned and not is_version(fact.version, pinned):
        return BlockVerdicts(at, skipped=f"the note is about {pinned}")
    return judge(block, fact, others=others, bound=bound, number=at, beside=named)


def is_version(version: str, pinned: str) -> bool:
    """`6.1` pins 6.1 and 6.1.124."""
    return version == pinned or version.startswith((pinned + ".", pinned + "-"))
