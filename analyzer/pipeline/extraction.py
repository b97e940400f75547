"""The part of indexing that runs anywhere: bytes in, rows for the store out.

Module-level functions only, so that any `concurrent.futures.Executor` can run them.
"""

import functools
import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from analyzer.extract.assembly import extract_assembly
from analyzer.extract.dialect import Dialect, Learned, WordClass, learn
from analyzer.extract.extractor import EXTRACTOR_VERSION, extract_noting
from analyzer.extract.queries import query_names, query_text
from analyzer.io.packing import compress, compress_against, decompress, saves, word_marks
from analyzer.io.rows import Basis, BlobRow
from analyzer.model.facts import LARGE_HEADER, FileFacts, ParseDiagnostic, brief_of
from analyzer.pipeline.postings import keys_of
from analyzer.pipeline.timelimit import TooSlowError, limited

_MAX_SECONDS = 60.0  # of a processor for one file; the slowest of 6.12 takes one
HEAD_MARK = "("  # before the first argument of a macro head, among the names kept for suggestions


class Work(NamedTuple):
    """A path, its bytes where the worker cannot read them itself, and what is known of an earlier content."""

    path: str
    data: bytes | None = None
    basis: Basis | None = None


class Surveyed(msgspec.Struct, frozen=True, array_like=True):
    """A file's content key, empty when the file could not be read."""

    path: str
    oid: bytes


class Lesson(msgspec.Struct, frozen=True, array_like=True):
    """What a header teaches about the dialect, encoded, with its content key."""

    oid: bytes
    learned: bytes


def content_key(path: str, oid: bytes) -> bytes:
    """What a file's facts are kept under: its git blob id, marked when it is read as assembler."""
    return oid + b"S" if path.endswith(".S") else oid


def oid_of(data: bytes) -> bytes:
    """The git blob id of a content."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).digest()


def _bytes(root: str, work: Work) -> bytes | None:
    if work.data is not None:
        return work.data
    try:
        with open(f"{root}/{work.path}", "rb", buffering=0) as file:
            return file.read()
    except OSError:
        return None


def survey(root: str, works: Sequence[Work]) -> list[Surveyed]:
    """Blob ids of files."""
    found = []
    for work in works:
        data = _bytes(root, work)
        found.append(Surveyed(work.path, b"" if data is None else content_key(work.path, oid_of(data))))
    return found


def lessons(root: str, works: Sequence[Work]) -> list[Lesson]:
    """What headers teach."""
    found = []
    for work in works:
        data = _bytes(root, work)
        if data is not None and len(data) <= LARGE_HEADER:
            found.append(Lesson(oid_of(data), msgspec.msgpack.encode(learn(data))))
    return found


def decode_lesson(data: bytes) -> Learned:
    """The opposite of the encoding in `lessons`."""
    return Learned(*msgspec.msgpack.decode(data, type=tuple[tuple[str, ...], ...])) if data else Learned()


@functools.lru_cache(2)
def dialect_from(encoded: bytes) -> Dialect:
    """A dialect handed to workers as bytes."""
    identity, words = msgspec.msgpack.decode(encoded, type=tuple[str, dict[str, WordClass]])
    return Dialect({k.encode(): v for k, v in words.items()}, identity)


def encode_dialect(dialect: Dialect) -> bytes:
    """A dialect as bytes."""
    return msgspec.msgpack.encode((dialect.identity, {k.decode(): v for k, v in dialect.words.items()}))


def extract_rows(root: str, works: Sequence[Work], encoded_dialect: bytes) -> list[BlobRow]:
    """Facts of files, encoded for the store. A file that breaks the extractor becomes a diagnostic."""
    dialect = dialect_from(encoded_dialect)
    rows = []
    for work in works:
        data = _bytes(root, work)
        if data is not None:
            rows.append(row_of(data, dialect, work.basis, assembly=work.path.endswith(".S")))
    return rows


def row_of(data: bytes, dialect: Dialect, basis: Basis | None = None, *, assembly: bool = False) -> BlobRow:
    """Facts of one content, encoded for the store; against a basis where that makes them much smaller."""
    oid = oid_of(data) + (b"S" if assembly else b"")
    words: set[bytes] = set()
    try:
        with limited(_MAX_SECONDS):
            if assembly:
                facts = extract_assembly(data)
            else:
                facts, words = extract_noting(data, dialect)
    except TooSlowError as error:
        facts = _unread("extractor: too slow", str(error), len(data))
    except Exception as error:  # bad C never raises: what slips through is counted, not fatal
        facts = _unread(f"extractor: {type(error).__name__}", str(error)[:200], len(data))
    return _row(oid, facts, words, data, basis)


def quarantined(oid: bytes, size: int) -> BlobRow:
    """What is kept of a content that kills the process that reads it."""
    return _row(oid, _unread("extractor: died", "the process that read this file died", size), set(), b"")


def _unread(cause: str, example: str, size: int) -> FileFacts:
    return FileFacts(diagnostics=(ParseDiagnostic(1, 1, 0, size, cause, example),), size=size)


def _row(oid: bytes, facts: FileFacts, words: set[bytes], data: bytes, basis: Basis | None = None) -> BlobRow:
    encode = msgspec.msgpack.encode
    encoded, brief, marks = encode(facts), encode(brief_of(facts)), word_marks(words)
    packed, row = compress(encoded), 0
    if basis is not None:
        difference = compress_against(encoded, decompress(basis.facts))
        if saves(difference, packed):
            packed, row = difference, basis.row
            brief, marks = compress_against(brief, basis.brief), compress_against(marks, basis.words)
    names = {d.name or HEAD_MARK + _first_argument(d.head) for d in facts.definitions}
    return BlobRow(oid, packed, brief, marks, keys_of(facts, data), tuple(sorted(names)), row)


def _first_argument(head: str) -> str:
    return head.partition("(")[2].partition(",")[0].strip(") ")


@functools.cache
def extractor_fingerprint() -> str:
    """What facts depend on besides the bytes and the dialect: extractor, grammar, queries."""
    import importlib.metadata

    parts = [EXTRACTOR_VERSION]
    for package in ("tree-sitter", "tree-sitter-c"):
        parts.append(f"{package} {importlib.metadata.version(package)}")
    for name in query_names():
        parts.append(hashlib.sha1(query_text(name).encode(), usedforsecurity=False).hexdigest())
    return " ".join(parts)
