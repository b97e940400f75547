"""From a source to an indexed version in the store.

Passes: a survey gives every changed file its blob id; headers that are new teach about the dialect; then the blobs
that the store lacks are extracted. All of them in parallel. Interrupted at any moment, the next run goes on
from what was stored.

Not handled: a source that changes while it is read; its changes are seen by the next run.
"""

import hashlib
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from analyzer.errors import SourceError, StoreError
from analyzer.extract.dialect import Dialect, combine
from analyzer.io.directory import is_recent
from analyzer.io.packing import word_mark
from analyzer.io.rows import BlobRow, ManifestFile, VersionRow
from analyzer.io.sources import Source
from analyzer.io.store import Store
from analyzer.model.doctor import IndexSummary
from analyzer.model.facts import LARGE_HEADER
from analyzer.model.source import Entry
from analyzer.pipeline.extraction import (
    Surveyed,
    Work,
    content_key,
    decode_lesson,
    dialect_from,
    encode_dialect,
    extract_rows,
    extractor_fingerprint,
    lessons,
    oid_of,
    quarantined,
    row_of,
    survey,
)
from analyzer.pipeline.workers import Done, Workers, inline_workers, process_workers

_SUFFIXES = (".c", ".h", ".S")
_PIECE_BYTES = 1_500_000
_COMMIT_BLOBS = 400
_SETTLE_BLOBS = 16_000
_SMALL = 60  # files: below this a pool costs more than it saves


class Progress(Protocol):
    """Shown to a person who waits."""

    def start(self, what: str, total: int | None) -> None:
        """A stage begins; `total` counts bytes."""

    def advance(self, count: int = 1) -> None:
        """So much is done."""

    def finish(self, summary: str = "") -> None:
        """The stage is over."""


class Quiet:
    """No progress."""

    def start(self, what: str, total: int | None) -> None:
        """Nothing."""

    def advance(self, count: int = 1) -> None:
        """Nothing."""

    def finish(self, summary: str = "") -> None:
        """Nothing."""


class Version:
    """An indexed version: its row and its files, which are loaded when they are asked for."""

    def __init__(
        self, row: VersionRow, summary: IndexSummary, files: Callable[[], Sequence[ManifestFile]]
    ) -> None:
        self.row = row
        self.summary = summary
        self._load = files
        self._files: Sequence[ManifestFile] | None = None

    @property
    def fingerprint(self) -> int:
        """The row of the extractor's fingerprint."""
        return self.row.fingerprint

    @property
    def files(self) -> Sequence[ManifestFile]:
        """All source files, sorted by path."""
        if self._files is None:
            self._files = self._load()
        return self._files


def current(source: Source, store: Store) -> Version | None:
    """The indexed version if the store has all of it as the source is now."""
    begun = time.monotonic()
    row = store.version(source.identity)
    if row is None or not row.state or row.fingerprint != store.known_fingerprint(extractor_fingerprint()):
        return None
    if row.state != source.state():
        return None
    summary = IndexSummary(files=row.files, new=0, bytes=0, seconds=round(time.monotonic() - begun, 2))
    return Version(row, summary, lambda: store.manifest(source.identity))


def index(
    source: Source,
    store: Store,
    *,
    workers: Workers | None = None,
    jobs: int | None = None,
    progress: Progress | None = None,
    under: Sequence[str] = (),
) -> Version:
    """Bring the store up to date with a source, or with what lies below the paths `under`. The workers stay
    open when they are given. Raises SourceError and StoreError."""
    found = current(source, store)
    if found is not None:
        return found
    run = _Run(source, store, workers, jobs or os.cpu_count() or 1, progress or Quiet())
    try:
        return run.index(tuple(f"{path.strip('/')}/" for path in under))
    finally:
        run.close()


def dialect_of(store: Store, version: Version) -> Dialect:
    """The dialect that a version's headers teach."""
    return dialect_from(store.dialect_data(version.row.dialect))


class _Run:
    """One run over one source."""

    def __init__(self, source: Source, store: Store, workers: Workers | None, jobs: int, report: Progress) -> None:
        self._source = source
        self._store = store
        self._workers = workers
        self._own: Workers | None = None
        self._jobs = jobs
        self._report = report
        self._begun = time.monotonic()
        self._root = source.identity if source.info.root_kind == "directory" else ""

    def index(self, under: tuple[str, ...]) -> Version:
        source, store = self._source, self._store
        now = time.time_ns()
        state = source.state()
        entries = [e for e in source.entries() if e.path.endswith(_SUFFIXES)]
        others = [e for e in source.entries() if not e.path.endswith(_SUFFIXES)]
        known = store.version(source.identity)
        before = {f.path: f for f in store.manifest(source.identity)} if known else {}
        oids = {e.path: before[e.path].oid for e in entries if e.path in before and _same(e, before[e.path])}
        oids.update((e.path, content_key(e.path, bytes.fromhex(e.blob))) for e in entries if e.blob)
        wanted = [e for e in entries if e.path.startswith(under)] if under else entries
        fingerprint = store.fingerprint(extractor_fingerprint())
        dialect, number = self._survey(entries, wanted, oids)
        blobs, missing = self._known(wanted, oids, before, known, fingerprint, dialect, number)
        if missing or store.pending(fingerprint):
            blobs.update(self._extract(missing, self._earlier(before, fingerprint), fingerprint, dialect, number))
            blobs.update(self._changed(wanted, oids, blobs, fingerprint, dialect, number))
        entries.sort(key=lambda e: e.path)
        files = tuple(self._file(e, oids.get(e.path, b""), blobs, now) for e in entries)
        recent = any(e.stamp and not f.stamp for e, f in zip(entries, files, strict=True))
        row = VersionRow(
            identity=source.identity,
            label=source.info.label,
            fingerprint=fingerprint,
            dialect=number,
            state="" if recent or under else state,
            content="" if under else _content(files, others),
            files=len(files),
        )
        if row != known or files != tuple(before.values()):
            try:
                store.save_version(row, files)
            except StoreError:
                if missing or store.database.writable:
                    raise  # a read-only index that has all facts still answers
        summary = IndexSummary(
            files=len(wanted),
            new=len(missing),
            bytes=sum(e.size for e in missing.values()),
            seconds=round(time.monotonic() - self._begun, 2),
        )
        return Version(row, summary, lambda: files)

    def _file(self, entry: Entry, oid: bytes, blobs: Mapping[bytes, int], now: int) -> ManifestFile:
        stamp = "" if entry.stamp and is_recent(entry.stamp, now) else entry.stamp
        return ManifestFile(entry.path, entry.size, stamp, oid, blobs.get(oid, 0))

    def _survey(
        self,
        entries: Sequence[Entry],
        wanted: Sequence[Entry],
        oids: dict[str, bytes],
    ) -> tuple[Dialect, int]:
        """Fill in the blob ids that are not known; the dialect and its row."""
        store = self._store
        for done in self._run("Surveying", [e for e in wanted if e.path not in oids], survey):
            for surveyed in done.results:
                oids[surveyed.path] = surveyed.oid
        headers = [e for e in entries if e.path.endswith(".h")]
        for done in self._run("Surveying", [e for e in headers if e.path not in oids], survey):
            for surveyed in done.results:
                oids[surveyed.path] = surveyed.oid
        known = store.learned({oids[e.path] for e in headers if e.path in oids})
        todo = {oids.get(e.path): e for e in headers if e.size <= LARGE_HEADER and oids.get(e.path) not in known}
        todo.pop(b"", None)
        fresh = {
            lesson.oid: lesson.learned
            for done in self._run("Learning", [e for e in headers if todo.get(oids.get(e.path)) is e], lessons)
            for lesson in done.results
        }
        if fresh:
            store.save_learned(fresh)
            known.update(fresh)
        dialect = combine((e.path, decode_lesson(known.get(oids.get(e.path, b""), b""))) for e in headers)
        return dialect, store.dialect(dialect.identity, encode_dialect(dialect))

    def _known(
        self,
        wanted: Sequence[Entry],
        oids: Mapping[str, bytes],
        before: Mapping[str, ManifestFile],
        known: VersionRow | None,
        fingerprint: int,
        dialect: Dialect,
        number: int,
    ) -> tuple[dict[bytes, int], dict[bytes, Entry]]:
        """The facts that the store has, by content, and an entry for each content that it has not."""
        blobs: dict[bytes, int] = {}
        if known and known.dialect == number and known.fingerprint == fingerprint:
            blobs = {f.oid: f.blob for f in before.values() if f.blob}
        missing: dict[bytes, Entry] = {}
        differing: dict[int, list[bytes]] = {}
        for entry in wanted:
            oid = oids.get(entry.path, b"")
            if not oid or oid in blobs or oid in missing:
                continue
            for blob, other in self._store.blobs_of(oid, fingerprint):
                if other != number:
                    if other not in differing:
                        differing[other] = self._differing(other, dialect)
                    marks = differing[other]
                    if marks and _has_any(self._store.words(blob), marks):
                        continue
                blobs[oid] = blob
                break
            else:
                missing[oid] = entry
        return blobs, missing

    def _differing(self, number: int, dialect: Dialect) -> list[bytes]:
        """Marks of the words about which two dialects differ."""
        other = dialect_from(self._store.dialect_data(number)).words
        mine = dialect.words
        return sorted({word_mark(w) for w in {*other, *mine} if other.get(w) != mine.get(w)})

    def _earlier(self, before: Mapping[str, ManifestFile], fingerprint: int) -> dict[str, int]:
        """The facts of what the files were when this source was indexed, or else another one."""
        store, identity = self._store, self._source.identity
        version = store.version(identity) or store.latest(besides=identity)
        if version is None or version.fingerprint != fingerprint:
            return {}
        files = before.values() if version.identity == identity else store.manifest(version.identity)
        return {file.path: file.blob for file in files if file.blob}

    def _extract(
        self,
        missing: Mapping[bytes, Entry],
        earlier: Mapping[str, int],
        fingerprint: int,
        dialect: Dialect,
        number: int,
    ) -> dict[bytes, int]:
        store = self._store
        blobs: dict[bytes, int] = {}
        rows: list[BlobRow] = []
        pending = store.pending(fingerprint)

        def keep() -> None:
            nonlocal rows, pending
            blobs.update(store.save_blobs(fingerprint, number, rows))
            pending += len(rows)
            rows = []
            if pending >= _SETTLE_BLOBS:
                store.settle(fingerprint)
                pending = 0

        contents = {entry.path: (oid, entry.size) for oid, entry in missing.items()}

        def with_basis(work: Work) -> Work:
            blob = earlier.get(work.path)
            return work if blob is None else work._replace(basis=store.basis(blob))

        works = self._run(
            "Extracting", list(missing.values()), extract_rows, encode_dialect(dialect), prepare=with_basis
        )
        for done in works:
            rows += done.results
            rows += [quarantined(*contents[work.path]) for work in done.lost]
            if len(rows) >= _COMMIT_BLOBS:
                keep()
        if rows:
            keep()
        store.settle(fingerprint)
        return blobs

    def _changed(
        self,
        wanted: Sequence[Entry],
        oids: dict[str, bytes],
        blobs: Mapping[bytes, int],
        fingerprint: int,
        dialect: Dialect,
        number: int,
    ) -> dict[bytes, int]:
        """Files that changed between survey and extraction, read once more."""
        found: dict[bytes, int] = {}
        for entry in wanted:
            oid = oids.get(entry.path, b"")
            if not oid or oid in blobs:
                continue
            try:
                row = row_of(self._source.read(entry.path), dialect, assembly=entry.path.endswith(".S"))
            except SourceError:
                oids[entry.path] = b""
                continue
            oids[entry.path] = row.oid
            found.update(self._store.save_blobs(fingerprint, number, [row]))
        if found:
            self._store.settle(fingerprint)
        return found

    def _run(
        self,
        what: str,
        entries: Sequence[Entry],
        stage: Callable[..., list[Any]],
        *extra: bytes,
        prepare: Callable[[Work], Work] | None = None,
    ) -> Iterator[Done]:
        """A stage over files, in order of their paths."""
        if not entries:
            return
        workers = self._crew(len(entries))
        workers.start()
        sizes = {e.path: e.size for e in entries}
        self._report.start(what, sum(sizes.values()))
        sent: list[int] = []
        works = self._works(entries, remote=workers.remote)
        pieces = self._pieces(map(prepare, works) if prepare else works, sizes, sent)
        for number, done in enumerate(workers.run(stage, self._root, pieces, *extra)):
            yield done
            self._report.advance(sent[number])
        self._report.finish()

    def _crew(self, files: int) -> Workers:
        if self._workers is not None:
            return self._workers
        if files < _SMALL:
            return inline_workers()
        if self._own is None:
            self._own = process_workers(self._jobs)
        return self._own

    def _pieces(self, works: Iterable[Work], sizes: Mapping[str, int], sent: list[int]) -> Iterator[list[Work]]:
        piece: list[Work] = []
        size = 0
        for work in works:
            piece.append(work)
            size += sizes.get(work.path, 0)
            if size >= _PIECE_BYTES:
                sent.append(size)
                yield piece
                piece, size = [], 0
        if piece:
            sent.append(size)
            yield piece

    def _works(self, entries: Sequence[Entry], *, remote: bool) -> Iterator[Work]:
        if self._root and not remote:
            for entry in entries:
                yield Work(entry.path)
        else:
            for path, data in self._source.read_many(e.path for e in entries):
                yield Work(path, data)

    def close(self) -> None:
        """End the pool."""
        if self._own is not None:
            self._own.close()


def _same(entry: Entry, file: ManifestFile) -> bool:
    """Whether a file is what it was when its content was known, as far as can be told without reading it."""
    return bool(file.oid and entry.stamp) and entry.stamp == file.stamp and entry.size == file.size


def _has_any(words: bytes, marks: Sequence[bytes]) -> bool:
    """Whether one of the marks is among packed ones (or looks as if it were)."""
    return any(mark in words for mark in marks)


def _content(files: Sequence[ManifestFile], others: Sequence[Entry]) -> str:
    """A digest of what is in a version; of files that are no C, of what is known without reading them."""
    digest = hashlib.sha1(usedforsecurity=False)
    for file in files:
        digest.update(file.path.encode() + b"\0" + file.oid + b"\0")
    for entry in others:
        digest.update(f"{entry.path} {entry.blob or entry.stamp}\0".encode())
    return digest.hexdigest()


__all__ = ["Progress", "Quiet", "Surveyed", "Version", "current", "index", "oid_of"]
