"""Notes checked against kernels: files in, verdicts out.

Not handled: what verdicts look like (`analyzer.render.verdicts`) and whether they fail a run
(`analyzer.compare.findings`).
"""

import concurrent.futures
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from analyzer.compare.verdicts import judge
from analyzer.errors import NoteError
from analyzer.model.checks import Block, BlockVerdicts, KernelVerdicts, Note, NoteVerdicts
from analyzer.notes.reader import read_note
from analyzer.pipeline.facts import SessionFacts
from analyzer.pipeline.session import Session

_SMALL = 400  # lines that are judged in one process: another one takes a second or two to begin
_RUN = 6  # notes that a process takes at a time

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


def check_notes(
    notes: Sequence[Note],
    sessions: Sequence[Session],
    facts: Sequence[SessionFacts],
    bound: Mapping[str, str],
    *,
    changed: Mapping[str, Collection[int] | None] | None = None,
    jobs: int = 1,
) -> list[NoteVerdicts]:
    """Notes against every kernel, in their order, in as many processes as there are `jobs` when they are long.
    `changed`: by note, as for `check_note`."""
    todo = [(note, (changed or {}).get(note.path)) for note in notes]
    openers = [s.reopen for s in sessions]
    large = sum(len(b.items) for n in notes for b in n.blocks) > _SMALL
    if jobs > 1 and large and all(o is not None for o in openers):
        for session in sessions:
            session.index()  # once, before other processes want it
        try:
            return list(_in_processes(todo, [o for o in openers if o], bound, min(jobs, len(todo))))
        except (OSError, BrokenProcessPool):  # no processes to be had here
            pass
    return [check_note(note, sessions, facts, bound, changed=lines) for note, lines in todo]


_Todo = Sequence[tuple[Note, Collection[int] | None]]
_opened: list[tuple[list[Session], list[SessionFacts], Mapping[str, str]]] = []  # a worker's own


def _in_processes(
    todo: _Todo, openers: Sequence[Callable[[], Session]], bound: Mapping[str, str], jobs: int
) -> Iterator[NoteVerdicts]:
    runs = [todo[at : at + _RUN] for at in range(0, len(todo), _RUN)]
    with concurrent.futures.ProcessPoolExecutor(jobs, initializer=_begin, initargs=(openers, bound)) as pool:
        for run, said in zip(runs, pool.map(_judged, runs), strict=True):
            for (note, _), kernels in zip(run, said, strict=True):
                yield NoteVerdicts(note, kernels)


def _begin(openers: Sequence[Callable[[], Session]], bound: Mapping[str, str]) -> None:
    sessions = [opened() for opened in openers]
    _opened.append((sessions, [SessionFacts(s) for s in sessions], bound))


def _judged(run: _Todo) -> list[tuple[KernelVerdicts, ...]]:
    sessions, facts, bound = _opened[0]
    said = [check_note(note, sessions, facts, bound, changed=lines).kernels for note, lines in run]
    for session in sessions:
        session.flush()  # a worker is not told when it ends
    return said


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
    return judge(block, fact, others=others, bound=bound, number=at, beside=named, execute=fact.execute)


def is_version(version: str, pinned: str) -> bool:
    """`6.1` pins 6.1 and 6.1.124."""
    return version == pinned or version.startswith((pinned + ".", pinned + "-"))
