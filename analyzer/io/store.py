"""The index on disk: facts of blobs, postings of names, manifests of kernel versions, in one SQLite file.

Blobs are addressed by git blob id and extractor fingerprint, so versions share them. Postings are written in
segments (one per some thousand blobs, sorted) because appending sorted rows costs a tenth of keeping one
B-tree of names up to date; a look-up asks every segment.

Does not know what facts mean: they are bytes here. Not handled: network file systems without locks.
"""

import contextlib
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
import zstandard

from analyzer.errors import StoreError

FORMAT = "5"
_APPLICATION = 0x6B636731  # "kcg1", in SQLite's header, so that no other database is overwritten

_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value TEXT);
CREATE TABLE IF NOT EXISTS fingerprints(id INTEGER PRIMARY KEY, text TEXT UNIQUE);
CREATE TABLE IF NOT EXISTS blobs(
    id INTEGER PRIMARY KEY, oid BLOB NOT NULL, fingerprint INTEGER NOT NULL, facts BLOB NOT NULL,
    brief BLOB NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS blob_identity ON blobs(oid, fingerprint);
CREATE TABLE IF NOT EXISTS segments(id INTEGER PRIMARY KEY, fingerprint INTEGER NOT NULL, names BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS postings(
    segment INTEGER NOT NULL, key INTEGER NOT NULL, blobs BLOB NOT NULL, PRIMARY KEY(segment, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS learned(oid BLOB PRIMARY KEY, data BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS answers(
    question INTEGER NOT NULL, key TEXT NOT NULL, data BLOB NOT NULL, PRIMARY KEY(question, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS questions(id INTEGER PRIMARY KEY, text TEXT UNIQUE);
CREATE TABLE IF NOT EXISTS versions(
    identity TEXT PRIMARY KEY, label TEXT NOT NULL, fingerprint INTEGER NOT NULL, manifest BLOB NOT NULL);
"""


class ManifestFile(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One file of a version: `blob` is the row of its facts, 0 when it could not be read."""

    path: str
    size: int
    stamp: str
    oid: bytes
    blob: int


class BlobRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What an extraction worker hands over for one blob: encoded facts and their brief, posting keys as packed
    64-bit integers, names of functions."""

    oid: bytes
    facts: bytes
    brief: bytes
    keys: bytes
    names: tuple[str, ...]


_COMPRESSOR = zstandard.ZstdCompressor(level=3)
_DECOMPRESSOR = zstandard.ZstdDecompressor()
_MANIFEST = msgspec.msgpack.Decoder(tuple[ManifestFile, ...])


def compress(data: bytes) -> bytes:
    """Zstandard, level 3."""
    return _COMPRESSOR.compress(data)


def decompress(data: bytes) -> bytes:
    """The opposite of `compress`. Raises StoreError for damaged data."""
    try:
        return _DECOMPRESSOR.decompress(data, max_output_size=1 << 31)
    except zstandard.ZstdError as error:
        raise StoreError(
            "The index is damaged.",
            hint="Remove it (kcg doctor says where it is); it is rebuilt by itself.",
        ) from error


def default_path() -> Path:
    """Where the index lies unless told otherwise: the user's cache folder."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(base) / "kcg" / "index.sqlite"


class Store:
    """One index file. Every method may raise StoreError."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, timeout=60, isolation_level=None)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._db.execute("PRAGMA cache_size=-65536")
            self._db.execute("PRAGMA mmap_size=1073741824")
            self._check_format()
        except (sqlite3.Error, OSError) as error:
            raise StoreError(
                f"The index {path} cannot be opened: {error}.",
                hint="Give another place with --store, or remove the file; it is rebuilt by itself.",
            ) from error
        self._segments: dict[int, tuple[int, ...]] = {}

    def _check_format(self) -> None:
        names = [r[0] for r in self._db.execute("SELECT name FROM sqlite_master WHERE type='table'")]
        if names:
            if self._db.execute("PRAGMA application_id").fetchone()[0] != _APPLICATION:
                raise StoreError(
                    f"{self.path} is a database of another program.",
                    hint="Give another place with --store.",
                )
            row = self._db.execute("SELECT value FROM meta WHERE key='format'").fetchone()
            if row is None or row[0] != FORMAT:  # an index of another version of kcg is made anew
                for name in names:
                    self._db.execute(f'DROP TABLE IF EXISTS "{name}"')
        self._db.execute(f"PRAGMA application_id={_APPLICATION}")
        self._db.executescript(_SCHEMA)
        self._db.execute("INSERT OR REPLACE INTO meta VALUES('format', ?)", (FORMAT,))

    def close(self) -> None:
        """Release the file."""
        with contextlib.suppress(sqlite3.Error):
            self._db.close()

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            yield
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            with contextlib.suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")
            raise StoreError(
                f"The index {self.path} cannot be written: {error}.",
                hint="Check free space and permissions, or give another place with --store.",
            ) from error
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")
            raise

    def fingerprint(self, text: str) -> int:
        """The row of an extractor fingerprint."""
        row = self._db.execute("SELECT id FROM fingerprints WHERE text=?", (text,)).fetchone()
        if row:
            return int(row[0])
        with self._writing():
            self._db.execute("INSERT OR IGNORE INTO fingerprints(text) VALUES(?)", (text,))
        row = self._db.execute("SELECT id FROM fingerprints WHERE text=?", (text,)).fetchone()
        return int(row[0])

    # versions

    def version(self, identity: str) -> tuple[int, tuple[ManifestFile, ...]] | None:
        """(fingerprint, files) of an indexed source."""
        row = self._db.execute(
            "SELECT fingerprint, manifest FROM versions WHERE identity=?", (identity,)
        ).fetchone()
        return None if row is None else (int(row[0]), _MANIFEST.decode(decompress(row[1])))

    def save_version(self, identity: str, label: str, fingerprint: int, files: Sequence[ManifestFile]) -> None:
        """Record a source's files."""
        data = compress(msgspec.msgpack.encode(tuple(files)))
        with self._writing():
            self._db.execute(
                "INSERT OR REPLACE INTO versions VALUES(?, ?, ?, ?)",
                (identity, label, fingerprint, data),
            )

    # what headers teach about the dialect

    def learned(self, oids: Iterable[bytes]) -> dict[bytes, bytes]:
        """Cached lessons by blob id."""
        found: dict[bytes, bytes] = {}
        for oid in oids:
            row = self._db.execute("SELECT data FROM learned WHERE oid=?", (oid,)).fetchone()
            if row:
                found[oid] = row[0]
        return found

    def save_learned(self, lessons: Mapping[bytes, bytes]) -> None:
        """Cache lessons."""
        with self._writing():
            self._db.executemany("INSERT OR REPLACE INTO learned VALUES(?, ?)", sorted(lessons.items()))

    # blobs

    def blob_ids(self, fingerprint: int) -> dict[bytes, int]:
        """Rows of all blobs extracted with a fingerprint, by blob id."""
        rows = self._db.execute("SELECT oid, id FROM blobs WHERE fingerprint=?", (fingerprint,))
        return {oid: int(number) for oid, number in rows}

    def save_blobs(self, fingerprint: int, rows: Sequence[BlobRow]) -> dict[bytes, int]:
        """Store facts with one segment of postings; returns the new rows by blob id."""
        ids: dict[bytes, int] = {}
        postings: dict[int, list[int]] = {}
        names: set[str] = set()
        with self._writing():
            for row in rows:
                cursor = self._db.execute(
                    "INSERT OR IGNORE INTO blobs(oid, fingerprint, facts, brief) VALUES(?, ?, ?, ?)",
                    (row.oid, fingerprint, row.facts, row.brief),
                )
                if not cursor.rowcount:  # another process was first
                    known = self._db.execute(
                        "SELECT id FROM blobs WHERE oid=? AND fingerprint=?", (row.oid, fingerprint)
                    ).fetchone()
                    ids[row.oid] = int(known[0])
                    continue
                number = int(cursor.lastrowid or 0)
                ids[row.oid] = number
                for key in memoryview(row.keys).cast("q"):
                    postings.setdefault(key, []).append(number)
                names.update(row.names)
            if postings:
                cursor = self._db.execute(
                    "INSERT INTO segments(fingerprint, names) VALUES(?, ?)",
                    (fingerprint, compress("\n".join(sorted(names)).encode())),
                )
                segment = int(cursor.lastrowid or 0)
                pack = msgspec.msgpack.encode
                self._db.executemany(
                    "INSERT INTO postings VALUES(?, ?, ?)",
                    ((segment, key, pack(postings[key])) for key in sorted(postings)),
                )
        self._segments.clear()
        return ids

    def facts(self, blob: int) -> bytes:
        """Encoded facts of a blob row."""
        row = self._db.execute("SELECT facts FROM blobs WHERE id=?", (blob,)).fetchone()
        return decompress(row[0]) if row else b""

    def brief(self, blob: int) -> bytes:
        """The encoded brief of a blob row."""
        row = self._db.execute("SELECT brief FROM blobs WHERE id=?", (blob,)).fetchone()
        return row[0] if row else b""

    def blobs_with(self, fingerprint: int, key: int) -> list[int]:
        """Rows of the blobs that have a posting key."""
        segments = self._segments.get(fingerprint)
        if segments is None:
            rows = self._db.execute("SELECT id FROM segments WHERE fingerprint=?", (fingerprint,))
            segments = self._segments[fingerprint] = tuple(int(r[0]) for r in rows)
        found: list[int] = []
        execute = self._db.execute
        for segment in segments:
            row = execute("SELECT blobs FROM postings WHERE segment=? AND key=?", (segment, key)).fetchone()
            if row:
                found.extend(msgspec.msgpack.decode(row[0]))
        return found

    def function_names(self, fingerprint: int) -> set[str]:
        """Names of all functions extracted with a fingerprint, for suggestions."""
        found: set[str] = set()
        for row in self._db.execute("SELECT names FROM segments WHERE fingerprint=?", (fingerprint,)):
            found.update(decompress(row[0]).decode().split("\n"))
        return found

    # answers: what resolution found, kept for the next process

    def question(self, text: str) -> int:
        """The row under which answers about one version, configuration and resolver are kept; 0 when
        the store cannot be written."""
        row = self._db.execute("SELECT id FROM questions WHERE text=?", (text,)).fetchone()
        if row:
            return int(row[0])
        try:
            with self._writing():
                self._db.execute("INSERT OR IGNORE INTO questions(text) VALUES(?)", (text,))
        except StoreError:
            return 0
        return int(self._db.execute("SELECT id FROM questions WHERE text=?", (text,)).fetchone()[0])

    def answer(self, question: int, key: str) -> bytes | None:
        """A kept answer."""
        row = self._db.execute("SELECT data FROM answers WHERE question=? AND key=?", (question, key)).fetchone()
        return decompress(row[0]) if row else None

    def save_answers(self, question: int, answers: Mapping[str, bytes]) -> None:
        """Keep answers; a store that cannot be written just does not."""
        with contextlib.suppress(StoreError), self._writing():
            self._db.executemany(
                "INSERT OR REPLACE INTO answers VALUES(?, ?, ?)",
                ((question, key, compress(data)) for key, data in sorted(answers.items())),
            )

    def size(self) -> int:
        """Bytes on disk."""
        total = 0
        for suffix in ("", "-wal", "-shm"):
            with contextlib.suppress(OSError):
                total += os.path.getsize(f"{self.path}{suffix}")
        return total
