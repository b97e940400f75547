"""What the index holds that nothing needs any more, and freeing it.

Needed is what the versions refer to whose sources still exist, read by this extractor. Not handled: indexes that
another process has open (they are refused), and versions of repositories whose commits are gone but whose folder
is not.
"""

import os
from collections.abc import Callable, Collection

from analyzer.io.postings import Block
from analyzer.io.rows import Segment, VersionRow
from analyzer.io.store import Store
from analyzer.model.doctor import IndexContents, StoredVersion


def source_exists(version: VersionRow) -> bool:
    """Whether what a version was read from still lies where it was. A tarball's identity ends in numbers that
    say which file of that name it was."""
    identity = version.identity
    if os.path.isdir(identity):
        return True
    repository, at, _ = identity.rpartition("@")
    if at and os.path.isdir(repository):
        return True
    path, *numbers = identity.rsplit(":", 4)
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return False
    return numbers == [str(n) for n in (status.st_mtime_ns, status.st_size, status.st_ino, status.st_ctime_ns)]


def contents(
    store: Store, fingerprint: str, exists: Callable[[VersionRow], bool] = source_exists
) -> IndexContents:
    """What the index holds, and what `prune` would free (in bytes of rows; free pages count, too)."""
    stale, kept = _kept(store, fingerprint, exists)
    database = store.database
    total: int = int(database.row("SELECT count(*) FROM blobs")[0])
    page, free = (int(database.row(f"PRAGMA {name}")[0]) for name in ("page_size", "freelist_count"))
    stale_bytes = page * free
    gone = total - sum(1 for (blob,) in database.each("SELECT id FROM blobs") if blob in kept)
    if gone:
        share = database.row("SELECT page_count FROM pragma_page_count")[0] * page - page * free
        stale_bytes += share * gone // max(total, 1)
    return IndexContents(
        versions=tuple(
            StoredVersion(v.label, v.files, complete=bool(v.content), stale=v in stale) for v in store.versions()
        ),
        blobs=total,
        bytes=store.size(),
        stale_blobs=gone,
        stale_bytes=stale_bytes,
    )


def _kept(
    store: Store, fingerprint: str, exists: Callable[[VersionRow], bool]
) -> tuple[list[VersionRow], set[int]]:
    """Versions that go, and the rows of blobs that stay: theirs, and those against which these are compressed."""
    current = store.known_fingerprint(fingerprint)
    stale: list[VersionRow] = []
    kept: set[int] = set()
    for version in store.versions():
        if version.fingerprint == current and exists(version):
            kept.update(file.blob for file in store.manifest(version.identity))
        else:
            stale.append(version)
    kept.update(basis for blob, basis in store.bases().items() if blob in kept)
    return stale, kept


def prune(store: Store, fingerprint: str, exists: Callable[[VersionRow], bool] = source_exists) -> IndexContents:
    """Remove what nothing needs and give the space back; what there was before. Raises StoreError when another
    process has the index open."""
    database = store.database
    with database.alone():
        before = contents(store, fingerprint, exists)
        stale, kept = _kept(store, fingerprint, exists)
        headers: set[bytes] = set()
        for version in store.versions():
            if version not in stale:
                headers.update(f.oid for f in store.manifest(version.identity) if f.path.endswith(".h"))
        with database.writing():
            store.drop_versions(version.identity for version in stale)
            live = {(version.identity, version.content) for version in store.versions()}
            questions = database.rows("SELECT id, identity, content FROM questions")
            database.run_many("DELETE FROM questions WHERE id=?", [q[:1] for q in questions if q[1:] not in live])
            database.run("DELETE FROM answers WHERE question NOT IN (SELECT id FROM questions)")
            gone = [(blob,) for (blob,) in database.rows("SELECT id FROM blobs") if blob not in kept]
            for table, column in (("facts", "blob"), ("briefs", "blob"), ("words", "blob"), ("pending", "blob")):
                database.run_many(f"DELETE FROM {table} WHERE {column}=?", gone)
            database.run_many("DELETE FROM blobs WHERE id=?", gone)
            _prune_postings(store, {blob for (blob,) in gone})
            lessons = [row for row in database.rows("SELECT oid FROM learned") if row[0] not in headers]
            database.run_many("DELETE FROM learned WHERE oid=?", lessons)
            used = {row.dialect for row in store.versions()}
            used |= {number for (number,) in database.rows("SELECT DISTINCT dialect FROM blobs")}
            dialects = [row for row in database.rows("SELECT id FROM dialects") if row[0] not in used]
            database.run_many("DELETE FROM dialects WHERE id=?", dialects)
            database.run(
                "DELETE FROM fingerprints WHERE id NOT IN (SELECT fingerprint FROM blobs) AND id<>?",
                (store.known_fingerprint(fingerprint),),
            )
        database.compact()
    return before


def _prune_postings(store: Store, gone: Collection[int]) -> None:
    database = store.database
    for (fingerprint,) in database.rows("SELECT id FROM fingerprints"):
        segments = []
        for segment in store.segments(fingerprint):
            left = _pruned_segment(store, segment, gone)
            if left is None:
                database.run("DELETE FROM postings WHERE segment=?", (segment.id,))
                database.run("DELETE FROM segments WHERE id=?", (segment.id,))
            else:
                segments.append(left)
        store.save_segments(fingerprint, segments)


def _pruned_segment(store: Store, segment: Segment, gone: Collection[int]) -> Segment | None:
    """The segment without those blobs, None when nothing is left."""
    database = store.database
    blocks = []
    numbers: set[int] = set()
    for number in range(1 << segment.bits):
        row = database.row("SELECT data FROM postings WHERE segment=? AND block=?", (segment.id, number))
        try:
            block = Block(row[0] if row else b"", segment.id, number)
        except ValueError as error:
            raise database.damaged(str(error)) from error
        blocks.append(block)
        numbers.update(n for _, n in block.pairs())
    kept = {n for n in numbers if segment.first + n not in gone}
    if not kept:
        return None
    if kept != numbers:
        database.run_many(
            "UPDATE postings SET data=? WHERE segment=? AND block=?",
            ((block.kept(segment.id, n, kept), segment.id, n) for n, block in enumerate(blocks)),
        )
    return Segment(segment.id, segment.first, len(kept), segment.bits)
