"""From a source to an indexed version in the store.

Two passes: a survey gives every changed file its blob id and collects what headers teach about the dialect;
then the blobs that the store lacks are extracted, in parallel. Interrupted at any moment, the next run goes on
from what was stored.
"""

import concurrent.futures
import hashlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from analyzer.extract import dialect as dialect_module
from analyzer.extract.dialect import Dialect, combine
from analyzer.io.sources import Source
from analyzer.io.store import BlobRow, ManifestFile, Store
from analyzer.model.doctor import IndexSummary
from analyzer.model.source import Entry
from analyzer.pipeline.extraction import (
    Surveyed,
    Work,
    decode_lesson,
    dialect_from,
    encode_dialect,
    extract_rows,
    extractor_fingerprint,
    oid_of,
    survey,
)

_SUFFIXES = (".c", ".h", ".S")
_CHUNK_BYTES = 1_500_000
_SEGMENT_FILES = 8_000
_SMALL = 60  # files: below this a pool costs more than it saves
_R = TypeVar("_R")


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
    """An indexed version: its fingerprint and files."""

    def __init__(self, fingerprint: int, files: Sequence[ManifestFile], summary: IndexSummary) -> None:
        self.fingerprint = fingerprint
        self.files = files
        self.summary = summary


def index(source: Source, store: Store, *, jobs: int | None = None, progress: Progress | None = None) -> Version:
    """Bring the store up to date with a source. Raises SourceError and StoreError."""
    begun = time.monotonic()
    report = progress or Quiet()
    entries = [e for e in source.entries() if e.path.endswith(_SUFFIXES)]
    known = store.version(source.identity)
    before = {f.path: f for f in known[1]} if known else {}
    unchanged = {e.path: before[e.path] for e in entries if e.path in before and _same(e, before[e.path])}
    if known and len(unchanged) == len(entries) == len(before):
        current = store.fingerprint(_fingerprint_text(dialect_of(store, known[1])))
        if current == known[0]:
            return Version(known[0], known[1], _summary(entries, 0, 0, begun))
    runner = _Runner(source, jobs or os.cpu_count() or 1, report)
    oids = {path: f.oid for path, f in unchanged.items()}
    oids.update((e.path, bytes.fromhex(e.blob)) for e in entries if e.blob)
    lessons = store.learned({oids[e.path] for e in entries if e.path in oids and e.path.endswith(".h")})
    todo = [e for e in entries if e.path not in oids or (e.path.endswith(".h") and oids[e.path] not in lessons)]
    fresh: dict[bytes, bytes] = {}
    for result in runner.run("Surveying", todo, survey):
        for surveyed in result:
            oids[surveyed.path] = surveyed.oid
            if surveyed.learned:
                fresh[surveyed.oid] = surveyed.learned
    if fresh:
        store.save_learned(fresh)
        lessons.update(fresh)
    dialect = combine(
        (e.path, decode_lesson(lessons.get(oids.get(e.path, b""), b""))) for e in entries if e.path.endswith(".h")
    )
    fingerprint = store.fingerprint(_fingerprint_text(dialect))
    rows = store.blob_ids(fingerprint)
    missing: dict[bytes, Entry] = {}
    for entry in entries:
        oid = oids.get(entry.path, b"")
        if oid and oid not in rows:
            missing.setdefault(oid, entry)
    encoded = encode_dialect(dialect)
    pending: list[BlobRow] = []
    for extracted in runner.run("Extracting", list(missing.values()), extract_rows, encoded):
        pending.extend(extracted)
        if len(pending) >= _SEGMENT_FILES:
            rows.update(store.save_blobs(fingerprint, pending))
            pending = []
    if pending:
        rows.update(store.save_blobs(fingerprint, pending))
    runner.close()
    files = tuple(
        ManifestFile(e.path, e.size, e.stamp, oids.get(e.path, b""), rows.get(oids.get(e.path, b""), 0))
        for e in entries
    )
    store.save_version(source.identity, source.info.label, fingerprint, files)
    return Version(
        fingerprint,
        files,
        _summary(entries, len(missing), sum(e.size for e in missing.values()), begun),
    )


def _same(entry: Entry, file: ManifestFile) -> bool:
    if entry.blob:
        return bytes.fromhex(entry.blob) == file.oid
    return bool(entry.stamp) and entry.stamp == file.stamp and entry.size == file.size


def _summary(entries: Sequence[Entry], new: int, size: int, begun: float) -> IndexSummary:
    return IndexSummary(files=len(entries), new=new, bytes=size, seconds=round(time.monotonic() - begun, 2))


def dialect_of(store: Store, files: Sequence[ManifestFile]) -> Dialect:
    """The dialect that a version's headers teach; kept, because combining it takes as long as a small question."""
    headers = [f for f in files if f.path.endswith(".h")]
    digest = hashlib.sha1(_dialect_code(), usedforsecurity=False)
    digest.update(b"".join(f.path.encode() + f.oid for f in headers))
    question = store.question(f"dialect {digest.hexdigest()}")
    kept = store.answer(question, "dialect") if question else None
    if kept is not None:
        return dialect_from(kept)
    lessons = store.learned({f.oid for f in headers})
    dialect = combine((f.path, decode_lesson(lessons.get(f.oid, b""))) for f in headers)
    if question:
        store.save_answers(question, {"dialect": encode_dialect(dialect)})
    return dialect


def _dialect_code() -> bytes:
    """The code that a dialect depends on besides the headers."""
    return Path(dialect_module.__file__).read_bytes()


def _fingerprint_text(dialect: Dialect) -> str:
    return f"{extractor_fingerprint()} dialect {dialect.identity}"


class _Runner:
    """Runs a stage over files in chunks, in this process or in a pool."""

    def __init__(self, source: Source, jobs: int, report: Progress) -> None:
        self._source = source
        self._jobs = jobs
        self._report = report
        self._pool: concurrent.futures.Executor | None = None
        self._root = source.info.label if source.info.root_kind == "directory" else ""
        if self._root:
            self._root = source.identity

    def run(
        self, what: str, entries: Sequence[Entry], stage: Callable[..., list[_R]], *extra: bytes
    ) -> Iterator[list[_R]]:
        """The stage's results, chunk by chunk, in no particular order."""
        if not entries:
            return
        self._report.start(what, sum(e.size for e in entries))
        chunks = self._chunks(entries)
        if len(entries) < _SMALL or self._jobs < 2:
            for size, works in chunks:
                yield stage(self._root, *extra, works)
                self._report.advance(size)
        else:
            yield from self._parallel(chunks, stage, extra)
        self._report.finish()

    def _parallel(
        self,
        chunks: Iterator[tuple[int, list[Work]]],
        stage: Callable[..., list[_R]],
        extra: tuple[bytes, ...],
    ) -> Iterator[list[_R]]:
        if self._pool is None:
            self._pool = concurrent.futures.ProcessPoolExecutor(self._jobs)
        waiting: dict[concurrent.futures.Future[list[_R]], int] = {}
        for size, works in chunks:
            waiting[self._pool.submit(stage, self._root, *extra, works)] = size
            while len(waiting) >= 3 * self._jobs:
                yield from self._done(waiting)
        while waiting:
            yield from self._done(waiting)

    def _done(self, waiting: dict[concurrent.futures.Future[list[_R]], int]) -> Iterator[list[_R]]:
        done, _ = concurrent.futures.wait(waiting, return_when=concurrent.futures.FIRST_COMPLETED)
        for future in done:
            self._report.advance(waiting.pop(future))
            yield future.result()

    def _chunks(self, entries: Sequence[Entry]) -> Iterator[tuple[int, list[Work]]]:
        works: list[Work] = []
        size = 0
        sizes = {e.path: e.size for e in entries}
        for work in self._works(entries):
            works.append(work)
            size += sizes.get(work[0], 0)
            if size >= _CHUNK_BYTES:
                yield size, works
                works, size = [], 0
        if works:
            yield size, works

    def _works(self, entries: Sequence[Entry]) -> Iterator[Work]:
        if self._root:
            for entry in entries:
                yield entry.path, None
        else:
            yield from self._source.read_many(e.path for e in entries)

    def close(self) -> None:
        """End the pool."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)


__all__ = ["Progress", "Quiet", "Surveyed", "Version", "index", "oid_of"]
