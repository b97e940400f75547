"""The index on disk: facts of blobs, postings of names, manifests of kernel versions, in one SQLite file.

Facts are addressed by content (git blob id, and whether it is read as assembler), extractor fingerprint and the
dialect they were read with; versions share them. A blob's facts stand for another dialect, too, when the blob has
none of the words in which the two differ: for that each blob keeps hashes of its words.

What differs little from what is there already is kept as the difference: the facts of a file's next content
against those of an earlier one (its basis, which is kept whole), and so are lists of files (`manifests`).

New facts are first kept with their posting keys beside them (`pending`), and get postings when enough have come
together or a run ends, so that a run can be cut off anywhere. Everything carries a checksum.

Does not know what facts mean: they are bytes here. Opening, faults and locks are `analyzer.io.database`'s.
"""

import array
import contextlib
import os
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from analyzer.errors import StoreError
from analyzer.io.database import DamagedStoreError, Database
from analyzer.io.manifests import Manifests
from analyzer.io.packing import (
    compress,
    decompress,
    decompress_against,
    has_mark,
    seal,
    unseal,
)
from analyzer.io.postings import Block, Keys, block_bits, blocks_of, keys_from
from analyzer.io.rows import Basis, BlobRow, ManifestFile, Segment, VersionRow

FORMAT = "7"

_SCHEMA = """
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT);
CREATE TABLE fingerprints(id INTEGER PRIMARY KEY, text TEXT UNIQUE, segments BLOB NOT NULL);
CREATE TABLE dialects(id INTEGER PRIMARY KEY, identity TEXT UNIQUE, data BLOB NOT NULL);
CREATE TABLE blobs(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    oid BLOB NOT NULL, fingerprint INTEGER NOT NULL, dialect INTEGER NOT NULL, basis INTEGER NOT NULL);
CREATE UNIQUE INDEX blob_identity ON blobs(oid, fingerprint, dialect);
CREATE INDEX blob_basis ON blobs(basis) WHERE basis<>0;
CREATE TABLE facts(blob INTEGER PRIMARY KEY, oid BLOB NOT NULL, data BLOB NOT NULL);
CREATE TABLE briefs(blob INTEGER PRIMARY KEY, oid BLOB NOT NULL, data BLOB NOT NULL);
CREATE TABLE words(blob INTEGER PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE pending(
    blob INTEGER PRIMARY KEY, fingerprint INTEGER NOT NULL, keys BLOB NOT NULL, names BLOB NOT NULL);
CREATE TABLE segments(id INTEGER PRIMARY KEY AUTOINCREMENT, names BLOB NOT NULL);
CREATE TABLE postings(
    segment INTEGER NOT NULL, block INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY(segment, block));
CREATE TABLE learned(oid BLOB PRIMARY KEY, data BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE questions(
    id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT UNIQUE, identity TEXT NOT NULL, content TEXT NOT NULL);
CREATE TABLE answers(
    question INTEGER NOT NULL, key TEXT NOT NULL, data BLOB NOT NULL, PRIMARY KEY(question, key)) WITHOUT ROWID;
CREATE TABLE versions(identity TEXT PRIMARY KEY, data BLOB NOT NULL, manifest INTEGER NOT NULL);
CREATE TABLE manifests(id INTEGER PRIMARY KEY AUTOINCREMENT, basis INTEGER NOT NULL, data BLOB NOT NULL)
"""
_COLUMNS = {
    "fingerprints": "text, segments",
    "dialects": "identity, data",
    "questions": "text, identity, content",
}
_OWNERS = {"facts": "t.oid", "briefs": "t.oid", "words": "b.oid"}  # whose content a row says that it is of
_MISSING = "the facts of a file are missing"
_SEGMENT_BLOBS = 20_000
_SEGMENT_SPAN = 1 << 16  # rows are numbered within a segment in 16 bits
_CACHED_BLOCKS = 20_000  # about 4 kB each


class _MergedError(Exception):
    """A segment has become a part of another one."""


_SEGMENTS = msgspec.msgpack.Decoder(tuple[Segment, ...])
_VERSION = msgspec.msgpack.Decoder(VersionRow)


def default_path() -> Path:
    """Where the index lies unless told otherwise: the user's cache folder."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(base) / "kcg" / "index.sqlite"


def _asked(question: int, key: str) -> bytes:
    return f"{question} {key}".encode()


def _mergeable(segment: Segment, keys: Mapping[int, Keys]) -> bool:
    """Whether the last segment is not much larger than some new blobs, and both fit in one."""
    if segment.blobs > 2 * len(keys) or segment.blobs + len(keys) > _SEGMENT_BLOBS:
        return False
    return max(keys) - min(segment.first, *keys) < _SEGMENT_SPAN - _SEGMENT_BLOBS


class Store:
    """One index file. Every method may raise StoreError."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.database = Database(path, _SCHEMA, FORMAT)
        self._manifests = Manifests(self.database)
        self._segments: dict[int, tuple[Segment, ...]] = {}
        self._blocks: OrderedDict[tuple[int, int], Block] = OrderedDict()

    @property
    def notice(self) -> str:
        """What a person should know about how the index was opened."""
        return self.database.notice

    def close(self) -> None:
        """Release the file."""
        self.database.close()

    def _unpacked(self, data: bytes) -> bytes:
        try:
            return decompress(data)
        except ValueError as error:
            raise self.database.damaged(str(error)) from error

    def _unsealed(self, data: bytes) -> bytes:
        try:
            return unseal(data)
        except ValueError as error:
            raise self.database.damaged(str(error)) from error

    def fingerprint(self, text: str) -> int:
        """The row of an extractor fingerprint, made if need be."""
        return self._named("fingerprints", "text", text, (seal(msgspec.msgpack.encode(())),))

    def _named(self, table: str, column: str, text: str, more: Sequence[object]) -> int:
        query = f"SELECT id FROM {table} WHERE {column}=?"
        row = self.database.row(query, (text,))
        if row is None:
            marks = ", ".join("?" * (1 + len(more)))
            insert = f"INSERT OR IGNORE INTO {table}({_COLUMNS[table]}) VALUES({marks})"
            with self.database.writing():
                self.database.run(insert, (text, *more))
            row = self.database.row(query, (text,))
        return int(row[0])

    def known_fingerprint(self, text: str) -> int:
        """The row of an extractor fingerprint, 0 when there is none."""
        row = self.database.row("SELECT id FROM fingerprints WHERE text=?", (text,))
        return int(row[0]) if row else 0

    # versions

    def version(self, identity: str) -> VersionRow | None:
        """An indexed source, without its files."""
        row = self.database.row("SELECT data FROM versions WHERE identity=?", (identity,))
        return None if row is None else self._version(row[0], identity)

    def versions(self) -> list[VersionRow]:
        """All indexed sources, by identity."""
        rows = self.database.rows("SELECT data, identity FROM versions ORDER BY identity")
        return [self._version(*row) for row in rows]

    def _version(self, data: bytes, identity: str) -> VersionRow:
        found = _VERSION.decode(self._unsealed(data))
        if found.identity != identity:
            raise self.database.damaged("a version has another's name")
        return found

    def latest(self, besides: str) -> VersionRow | None:
        """The source that was recorded last, but for one."""
        row = self.database.row(
            "SELECT data, identity FROM versions WHERE identity<>? ORDER BY manifest DESC LIMIT 1", (besides,)
        )
        return None if row is None else self._version(*row)

    def manifest(self, identity: str) -> tuple[ManifestFile, ...]:
        """The files of an indexed source."""
        row = self.database.row("SELECT manifest FROM versions WHERE identity=?", (identity,))
        return () if row is None else self._manifests.read(row[0])

    def save_version(self, row: VersionRow, files: Sequence[ManifestFile]) -> None:
        """Record a source's files; answers about what it was before are dropped."""
        old = (row.identity, row.content)
        with self.database.writing():
            (like,) = self.database.row("SELECT max(manifest) FROM versions WHERE identity<>?", (row.identity,))
            manifest = self._manifests.add(files, like or 0)
            self.database.run(
                "INSERT OR REPLACE INTO versions VALUES(?, ?, ?)",
                (row.identity, seal(msgspec.msgpack.encode(row)), manifest),
            )
            self._manifests.drop_unused()
            self.database.run(
                "DELETE FROM answers WHERE question IN (SELECT id FROM questions WHERE identity=? AND content<>?)",
                old,
            )
            self.database.run("DELETE FROM questions WHERE identity=? AND content<>?", old)

    def drop_versions(self, identities: Iterable[str]) -> None:
        """Inside a transaction: forget sources."""
        self.database.run_many("DELETE FROM versions WHERE identity=?", [(identity,) for identity in identities])
        self._manifests.drop_unused()

    # what headers teach about the dialect, and dialects

    def learned(self, oids: Iterable[bytes]) -> dict[bytes, bytes]:
        """Cached lessons by blob id."""
        found: dict[bytes, bytes] = {}
        for oid in oids:
            row = self.database.row("SELECT data FROM learned WHERE oid=?", (oid,))
            if row:
                found[oid] = self._unsealed(row[0])
        return found

    def save_learned(self, lessons: Mapping[bytes, bytes]) -> None:
        """Cache lessons."""
        with self.database.writing():
            self.database.run_many(
                "INSERT OR REPLACE INTO learned VALUES(?, ?)",
                ((oid, seal(lessons[oid])) for oid in sorted(lessons)),
            )

    def dialect(self, identity: str, data: bytes) -> int:
        """The row of a dialect, made if need be."""
        return self._named("dialects", "identity", identity, (compress(data),))

    def dialect_data(self, number: int) -> bytes:
        """An encoded dialect."""
        row = self.database.row("SELECT data FROM dialects WHERE id=?", (number,))
        return self._unpacked(row[0]) if row else b""

    # blobs

    def blobs_of(self, oid: bytes, fingerprint: int) -> list[tuple[int, int]]:
        """(row, dialect) of a content's facts, the oldest first."""
        return self.database.rows(
            "SELECT id, dialect FROM blobs WHERE oid=? AND fingerprint=? ORDER BY id", (oid, fingerprint)
        )

    def words(self, blob: int) -> bytes:
        """The marks of a blob's words."""
        return self._part("words", blob)

    def blobs_with_word(self, word: bytes) -> list[int]:
        """Rows of the blobs that have a word, as their marks tell: some too many, none too few."""
        found = []
        bases = self.bases()
        for blob, data in self.database.rows("SELECT blob, data FROM words"):
            basis = bases.get(blob, 0)
            if basis:
                if has_mark(self._against(data, self._whole("words", basis)), word):
                    found.append(blob)
            elif has_mark(data, word, sealed=True):
                self._unsealed(data)
                found.append(blob)
        return found

    def bases(self) -> dict[int, int]:
        """The bases of blobs that have one."""
        return dict(self.database.rows("SELECT id, basis FROM blobs WHERE basis<>0"))

    def basis(self, blob: int) -> Basis:
        """What a later content of a file can be compressed against, where `blob` is an earlier one: that, or what
        it is compressed against itself."""
        row = self.database.row("SELECT basis FROM blobs WHERE id=?", (blob,))
        number = int(row[0] if row else 0) or blob
        facts = self.database.row("SELECT data FROM facts WHERE blob=?", (number,))
        if facts is None:
            raise self.database.damaged(_MISSING)
        return Basis(number, facts[0], self._whole("briefs", number), self._whole("words", number))

    def save_blobs(self, fingerprint: int, dialect: int, rows: Sequence[BlobRow]) -> dict[bytes, int]:
        """Keep facts; returns their rows by blob id. `settle` makes them findable by name."""
        ids: dict[bytes, int] = {}
        database = self.database
        with database.writing():
            for row in rows:
                cursor = database.run(
                    "INSERT OR IGNORE INTO blobs(oid, fingerprint, dialect, basis) VALUES(?, ?, ?, ?)",
                    (row.oid, fingerprint, dialect, row.basis),
                )
                if not cursor.rowcount:  # another process was first
                    known = database.row(
                        "SELECT id FROM blobs WHERE oid=? AND fingerprint=? AND dialect=?",
                        (row.oid, fingerprint, dialect),
                    )
                    ids[row.oid] = int(known[0])
                    continue
                number = ids[row.oid] = int(cursor.lastrowid or 0)
                database.run("INSERT INTO facts VALUES(?, ?, ?)", (number, row.oid, row.facts))
                brief, words = (row.brief, row.words) if row.basis else (seal(row.brief), seal(row.words))
                database.run("INSERT INTO briefs VALUES(?, ?, ?)", (number, row.oid, brief))
                database.run("INSERT INTO words VALUES(?, ?)", (number, words))
                names = "\n".join(row.names).encode()
                database.run(
                    "INSERT INTO pending VALUES(?, ?, ?, ?)",
                    (number, fingerprint, seal(row.keys), seal(names)),
                )
        return ids

    def pending(self, fingerprint: int) -> int:
        """How many blobs have no postings yet."""
        return int(self.database.row("SELECT count(*) FROM pending WHERE fingerprint=?", (fingerprint,))[0])

    def settle(self, fingerprint: int) -> None:
        """Give every pending blob its postings. Small segments are merged, so that their number stays
        logarithmic in the number of runs."""
        while True:
            with self.database.writing():
                rows = self.database.rows(
                    "SELECT blob, keys, names FROM pending WHERE fingerprint=? ORDER BY blob LIMIT ?",
                    (fingerprint, _SEGMENT_BLOBS),
                )
                if not rows:
                    break
                first = int(rows[0][0])
                rows = [row for row in rows if row[0] - first < _SEGMENT_SPAN]
                self._settle(fingerprint, rows)
                self.database.run(
                    "DELETE FROM pending WHERE fingerprint=? AND blob BETWEEN ? AND ?",
                    (fingerprint, first, rows[-1][0]),
                )
        self.forget()

    def _settle(self, fingerprint: int, rows: Sequence[tuple[int, bytes, bytes]]) -> None:
        keys = {int(blob): keys_from(self._unsealed(data)) for blob, data, _ in rows}
        names: set[str] = set()
        for _, _, data in rows:
            names.update(self._unsealed(data).decode().split("\n"))
        segments = list(self.segments(fingerprint))
        while segments and _mergeable(segments[-1], keys):
            last = segments.pop()
            for block in range(1 << last.bits):
                for key, number in self._block(last.id, block).pairs():
                    keys.setdefault(last.first + number, array.array("I")).append(key)
            (old,) = self.database.row("SELECT names FROM segments WHERE id=?", (last.id,)) or (b"",)
            names.update(self._unpacked(old).decode().split("\n"))
            self.database.run("DELETE FROM postings WHERE segment=?", (last.id,))
            self.database.run("DELETE FROM segments WHERE id=?", (last.id,))
        names.discard("")
        first = min(keys)
        bits = block_bits(sum(map(len, keys.values())))
        cursor = self.database.run(
            "INSERT INTO segments(names) VALUES(?)", (compress("\n".join(sorted(names)).encode()),)
        )
        segment = Segment(int(cursor.lastrowid or 0), first, len(keys), bits)
        blocks = blocks_of(segment.id, bits, [(blob - first, keys[blob]) for blob in sorted(keys)])
        self.database.run_many(
            "INSERT INTO postings VALUES(?, ?, ?)",
            ((segment.id, number, data) for number, data in enumerate(blocks)),
        )
        self.save_segments(fingerprint, [*segments, segment])

    def segments(self, fingerprint: int) -> tuple[Segment, ...]:
        """Where the postings of an extractor's facts are."""
        row = self.database.row("SELECT segments FROM fingerprints WHERE id=?", (fingerprint,))
        return _SEGMENTS.decode(self._unsealed(row[0] if row else b""))

    def save_segments(self, fingerprint: int, segments: Sequence[Segment]) -> None:
        """Inside a transaction: replace that list."""
        data = seal(msgspec.msgpack.encode(tuple(segments)))
        self.database.run("UPDATE fingerprints SET segments=? WHERE id=?", (data, fingerprint))
        self.forget()

    def _block(self, segment: int, number: int) -> Block:
        key = (segment, number)
        block = self._blocks.get(key)
        if block is None:
            row = self.database.row("SELECT data FROM postings WHERE segment=? AND block=?", key)
            if row is None and not self.database.row("SELECT 1 FROM segments WHERE id=?", (segment,)):
                raise _MergedError
            try:
                block = self._blocks[key] = Block(row[0] if row else b"", segment, number)
            except ValueError as error:
                raise self.database.damaged(str(error)) from error
            if len(self._blocks) > _CACHED_BLOCKS:
                self._blocks.popitem(last=False)
        return block

    def blobs_with(self, fingerprint: int, key: int) -> list[int]:
        """Rows of the blobs that have a posting key."""
        while True:
            try:
                return self._blobs_with(fingerprint, key)
            except _MergedError:  # by another process, since the segments were listed
                self.forget()

    def _blobs_with(self, fingerprint: int, key: int) -> list[int]:
        segments = self._segments.get(fingerprint)
        if segments is None:
            segments = self._segments[fingerprint] = self.segments(fingerprint)
        found: list[int] = []
        for segment in segments:
            numbers = self._block(segment.id, key >> (32 - segment.bits)).numbers(key)
            found.extend([segment.first + number for number in numbers])
        return found

    def facts(self, blob: int, oid: bytes) -> bytes:
        """Encoded facts of a blob row, which must be that content's."""
        return self._part("facts", blob, oid)

    def brief(self, blob: int, oid: bytes) -> bytes:
        """The encoded brief of a blob row, which must be that content's."""
        return self._part("briefs", blob, oid)

    def _part(self, table: str, blob: int, oid: bytes = b"") -> bytes:
        """A blob's row of a table, decoded. `oid`: the content that it must be of."""
        basis, data = self._row(table, blob, oid)
        return self._against(data, self._whole(table, basis)) if basis else self._plain(table, data)

    def _whole(self, table: str, blob: int) -> bytes:
        """The same of a blob that others are compressed against, which stands alone."""
        basis, data = self._row(table, blob, b"")
        if basis:
            raise self.database.damaged(_MISSING)
        return self._plain(table, data)

    def _row(self, table: str, blob: int, oid: bytes) -> tuple[int, bytes]:
        row = self.database.row(
            f"SELECT b.oid, {_OWNERS[table]}, b.basis, t.data FROM {table} t JOIN blobs b ON b.id=t.blob "
            "WHERE t.blob=?",
            (blob,),
        )
        if row is None or row[1] != (oid or row[0]):
            raise self.database.damaged(_MISSING)
        return row[2], row[3]

    def _plain(self, table: str, data: bytes) -> bytes:
        return self._unpacked(data) if table == "facts" else self._unsealed(data)

    def _against(self, data: bytes, basis: bytes) -> bytes:
        try:
            return decompress_against(data, basis)
        except ValueError as error:
            raise self.database.damaged(str(error)) from error

    def function_names(self, fingerprint: int) -> set[str]:
        """Names of all functions extracted with a fingerprint, for suggestions."""
        found: set[str] = set()
        for segment in self.segments(fingerprint):
            row = self.database.row("SELECT names FROM segments WHERE id=?", (segment.id,))
            found.update(self._unpacked(row[0] if row else b"").decode().split("\n"))
        return found

    # answers: what resolution found, kept for the next process

    def question(self, text: str, identity: str = "", content: str = "") -> int:
        """The row under which answers are kept that depend on what `text` digests; 0 when the store cannot be
        written. Answers about a version go when that changes; those about none go with pruning."""
        try:
            return self._named("questions", "text", text, (identity, content))
        except DamagedStoreError:
            raise
        except StoreError:
            return 0

    def answer(self, question: int, key: str) -> bytes | None:
        """A kept answer."""
        row = self.database.row("SELECT data FROM answers WHERE question=? AND key=?", (question, key))
        if row is None:
            return None
        asked, _, data = self._unpacked(row[0]).partition(b"\0\0")
        if asked != _asked(question, key):
            raise self.database.damaged("an answer is to another question")
        return data

    def save_answers(self, question: int, answers: Mapping[str, bytes]) -> None:
        """Keep answers; a store that cannot be written just does not. Nothing is kept about a version that
        has changed meanwhile."""
        with contextlib.suppress(StoreError), self.database.writing():
            if self.database.row("SELECT 1 FROM questions WHERE id=?", (question,)):
                self.database.run_many(
                    "INSERT OR REPLACE INTO answers VALUES(?, ?, ?)",
                    (
                        (question, key, compress(_asked(question, key) + b"\0\0" + data))
                        for key, data in sorted(answers.items())
                    ),
                )

    def forget(self) -> None:
        """Drop what is kept in memory of the postings."""
        self._segments.clear()
        self._blocks.clear()

    def size(self) -> int:
        """Bytes on disk."""
        return self.database.size()

    def tables(self) -> Iterator[tuple[str, tuple[object, ...]]]:
        """Every row of every table, in a fixed order: two indexes with the same rows hold the same."""
        for (name,) in self.database.rows(
            "SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
        ):
            for row in self.database.each(f"SELECT * FROM {name} ORDER BY 1, 2"):
                yield name, tuple(row)
