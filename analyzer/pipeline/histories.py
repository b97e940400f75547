"""A symbol followed through many versions: each distinct file content is read once.

A version costs reading the contents that no version before had; only those that mention the symbol are parsed.
Versions whose mentioning files are the same are skipped.

Not handled: symbols that macros make in other files than those that mention them.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from analyzer.compare.timeline import Snapshot, Symbol, candidates, changes, parse_symbol, snapshot
from analyzer.errors import AmbiguousNameError, SourceError, UnknownNameError
from analyzer.extract.extractor import extract
from analyzer.graph.hide import parse_hide
from analyzer.io.githistory import GitHistory
from analyzer.io.sources import Source, blob_id, open_source
from analyzer.model.facts import FileFacts
from analyzer.model.history import CommitNote, History, HistoryKind, HistoryRow
from analyzer.pipeline.indexing import Progress, Quiet

_SUFFIXES = (".c", ".h")
_FOREIGN = ("tools/", "scripts/", "samples/", "Documentation/")


@dataclass(frozen=True, slots=True)
class Revisions:
    """The versions to look at: `labels` for people, `sources` as `open_source` takes them; `repository` when
    all of them are revisions of one."""

    labels: tuple[str, ...]
    sources: tuple[str, ...]
    repository: str = ""


def revisions(spec: str | None, kernels: Sequence[str]) -> Revisions:
    """`A..B` or `A,B,C` in the repository that `kernels` names (alone), or the kernels themselves. Raises
    SourceError for what does not exist."""
    if spec is None:
        if len(kernels) < 2:
            raise SourceError(
                "There are no versions to go through.",
                hint="Give --revs v6.1..v6.12 with -k REPOSITORY, or -k SOURCE twice or more.",
            )
        return Revisions(tuple(kernels), tuple(kernels))
    if len(kernels) > 1:
        raise SourceError("--revs names revisions of one repository.", hint="Give -k once with it.")
    repository = (kernels[0] if kernels else ".").partition("@")[0]
    try:
        history = GitHistory(Path(repository).expanduser())
    except SourceError as error:
        raise SourceError(
            error.message,
            hint="--revs wants a git repository; give other sources each with its own -k.",
        ) from error
    older, dots, newer = spec.partition("..")
    if dots:
        labels = history.releases(older.strip(), newer.strip(".") or "HEAD")
    else:
        labels = tuple(part.strip() for part in spec.split(",") if part.strip())
    return Revisions(labels, tuple(f"{repository}@{label}" for label in labels), repository)


@dataclass(slots=True)
class _Reader:
    """Contents by blob id, each read once; facts only of those that mention the symbol."""

    symbol: Symbol
    arch: str
    facts: dict[str, FileFacts | None] = field(default_factory=dict)
    blobs: set[str] = field(default_factory=set)
    read: int = 0

    def files(self, source: Source, progress: Progress) -> dict[str, tuple[str, FileFacts]]:
        """Blob id and facts of a version's files that mention the symbol, by path."""
        entries = [e for e in source.entries() if e.path.endswith(_SUFFIXES) and not self._foreign(e.path)]
        known = {e.path: e.blob for e in entries if e.blob}
        self.blobs.update(known.values())
        fresh: dict[str, str] = {}
        for path, blob in known.items():
            if blob not in self.facts:
                fresh.setdefault(blob, path)
        todo = [*fresh.values(), *(e.path for e in entries if not e.blob)]
        if todo:
            progress.start(f"Reading {source.info.version}", len(todo))
            for path, data in source.read_many(todo):
                known.setdefault(path, blob_id(data))
                self._take(known[path], data)
                progress.advance(1)
            progress.finish()
        found: dict[str, tuple[str, FileFacts]] = {}
        for path, blob in known.items():
            facts = self.facts.get(blob)
            if facts is not None:
                found[path] = blob, facts
        return found

    def one(self, blob: str, history: GitHistory) -> FileFacts | None:
        """The facts of one content of a repository, None when it does not mention the symbol."""
        if blob not in self.facts:
            self._take(blob, history.read(blob))
        return self.facts[blob]

    def _take(self, blob: str, data: bytes) -> None:
        self.blobs.add(blob)
        if blob in self.facts:
            return
        self.read += 1
        self.facts[blob] = extract(data) if self.symbol.mentioned(data) else None

    def _foreign(self, path: str) -> bool:
        if path.startswith("arch/"):
            return path.split("/", 2)[1] not in (self.arch, *({"i386", "x86_64"} if self.arch == "x86" else ()))
        return path.startswith(_FOREIGN)


def follow(
    name: str,
    versions: Revisions,
    *,
    arch: str = "x86",
    hide: str = "default",
    bisect: bool = False,
    progress: Progress | None = None,
) -> History:
    """The timeline of a symbol. Raises SourceError, UnknownNameError when no version has it, and
    AmbiguousNameError when several files define it."""
    symbol = parse_symbol(name)
    hidden = parse_hide(hide)
    if bisect and not versions.repository:
        raise SourceError("--bisect goes through commits.", hint="It wants --revs and a git repository (-k).")
    git = GitHistory(Path(versions.repository).expanduser()) if versions.repository else None
    reader = _Reader(symbol, arch)
    rows: list[HistoryRow] = []
    names: list[str] = []
    before: Snapshot | None = None
    mentioned: dict[str, str] | None = None
    kind: HistoryKind = "function"
    last = ""
    for label, spec in zip(versions.labels, versions.sources, strict=True):
        source = open_source(spec)
        names.append(label if versions.repository else source.info.version)
        found = reader.files(source, progress or Quiet())
        blobs = {path: blob for path, (blob, _) in found.items()}
        if blobs == mentioned:
            last = label
            continue
        mentioned = blobs
        files = {path: facts for path, (_, facts) in found.items()}
        near = before.file if before else ""
        if before is None:
            _check(symbol, files, label)
        after = snapshot(symbol, files, near=near, hides=hidden.hides_name)
        noted = changes(before, after)
        if noted:
            commits: tuple[CommitNote, ...] = ()
            if bisect and git is not None and last:
                commits = tuple(_commits(symbol, git, reader, (last, label), before, after, hidden.hides_name))
            version = label if versions.repository else f"{source.info.version} ({label})"
            rows.append(
                HistoryRow(version, after.place if after else "", after.text if after else "", noted, commits)
            )
        if after is not None:
            kind = after.kind
        before, last = after, label
    if not rows:
        raise UnknownNameError(
            f"Nothing is called {name} in {versions.labels[0]} to {versions.labels[-1]}.",
            hint="Name a function, struct, constant, ops table, `AF_*`, `caller -> callee` or `struct.field`.",
        )
    return History(name, kind, tuple(names), tuple(rows), len(reader.blobs), reader.read)


def _check(symbol: Symbol, files: dict[str, FileFacts], label: str) -> None:
    """Several definitions of a static function are several functions."""
    if symbol.form != "name" or symbol.file or symbol.tagged:
        return
    paths = candidates(symbol, files)
    own = [
        path
        for path in dict.fromkeys(paths)
        if any(d.name == symbol.name and d.static and not path.endswith(".h") for d in files[path].definitions)
    ]
    if len(own) > 1 and len(own) == len(set(paths)):
        raise AmbiguousNameError(
            f"{symbol.name} is defined in {len(own)} files of {label}.",
            candidates=tuple(f"{path}:{symbol.name}" for path in own),
            hint="Name the file too.",
        )


def _commits(
    symbol: Symbol,
    git: GitHistory,
    reader: _Reader,
    ends: tuple[str, str],
    before: Snapshot | None,
    after: Snapshot | None,
    hides: Callable[[str], bool],
) -> Iterator[CommitNote]:
    """The commits between two versions that changed the symbol, oldest first."""
    paths = sorted({s.file for s in (before, after) if s is not None and s.file})
    if not paths:
        return
    for commit in git.touching(*ends, paths):
        one = _at(symbol, git, reader, paths, commit.before, hides)
        other = _at(symbol, git, reader, paths, commit.after, hides)
        noted = tuple(change for change in changes(one, other) if change.part != "callers")
        if noted:
            yield CommitNote(commit.id, commit.date, commit.subject, noted)


def _at(
    symbol: Symbol,
    git: GitHistory,
    reader: _Reader,
    paths: Sequence[str],
    blobs: Sequence[str],
    hides: Callable[[str], bool],
) -> Snapshot | None:
    files: dict[str, FileFacts] = {}
    for path, blob in zip(paths, blobs, strict=True):
        facts = reader.one(blob, git) if blob else None
        if facts is not None:
            files[path] = facts
    return snapshot(symbol, files, hides=hides)
