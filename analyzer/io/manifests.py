"""The lists of files of versions: a column per attribute, kept as what tells it from another version's list.

Two versions' columns have long stretches in common: the list of a git revision takes 37 kB instead of 1.9 MB, that
of a directory, where every file has its own stamp, 0.6 instead of 2.4 MB.

Not handled: which list belongs to which version (`analyzer.io.store`).
"""

from collections.abc import Sequence

import msgspec

from analyzer.io.database import Database
from analyzer.io.packing import compress, compress_against, decompress, decompress_against, saves
from analyzer.io.rows import ManifestFile

_Columns = tuple[list[str], list[int], list[str], list[bytes], list[int]]
_DECODER = msgspec.msgpack.Decoder(_Columns)


def encode_manifest(files: Sequence[ManifestFile]) -> bytes:
    """The bytes of a list of files."""
    return msgspec.msgpack.encode(
        (
            [file.path for file in files],
            [file.size for file in files],
            [file.stamp for file in files],
            [file.oid for file in files],
            [file.blob for file in files],
        )
    )


def decode_manifest(data: bytes) -> tuple[ManifestFile, ...]:
    """The opposite of `encode_manifest`. Raises ValueError for anything else."""
    columns = _DECODER.decode(data)  # a msgspec.MsgspecError is a ValueError
    return tuple([ManifestFile(*row) for row in zip(*columns, strict=True)])


class Manifests:
    """The table of lists. Every method may raise StoreError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self, number: int) -> tuple[ManifestFile, ...]:
        """The list of a row."""
        row = self._database.row("SELECT basis, data FROM manifests WHERE id=?", (number,))
        if row is None:
            raise self._database.damaged("a list of files is missing")
        basis, data = row
        try:
            return decode_manifest(decompress_against(data, self._whole(basis)) if basis else decompress(data))
        except ValueError as error:
            raise self._database.damaged(str(error)) from error

    def _whole(self, number: int) -> bytes:
        row = self._database.row("SELECT data FROM manifests WHERE id=? AND basis=0", (number,))
        return decompress(row[0] if row else b"")

    def add(self, files: Sequence[ManifestFile], like: int) -> int:
        """Inside a transaction: the row of a new list. `like`: the row of a list that may be similar, or 0."""
        encoded = encode_manifest(files)
        data = compress(encoded)
        row = self._database.row("SELECT basis FROM manifests WHERE id=?", (like,))
        basis = int(row[0] or like) if row else 0
        if basis:
            try:
                difference = compress_against(encoded, self._whole(basis))
            except ValueError as error:
                raise self._database.damaged(str(error)) from error
            basis, data = (basis, difference) if saves(difference, data) else (0, data)
        cursor = self._database.run("INSERT INTO manifests(basis, data) VALUES(?, ?)", (basis, data))
        return int(cursor.lastrowid or 0)

    def drop_unused(self) -> None:
        """Inside a transaction: remove the lists that no version needs."""
        self._database.run(
            "DELETE FROM manifests WHERE id NOT IN (SELECT manifest FROM versions) AND id NOT IN "
            "(SELECT m.basis FROM manifests m JOIN versions v ON v.manifest=m.id)"
        )
