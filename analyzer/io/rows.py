"""What the index hands over and takes in, row by row."""

import msgspec


class ManifestFile(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One file of a version. `oid` names its content (`content_key`), empty when it could not be read; `blob` is
    the row of its facts, 0 when there is none. `stamp` is empty when the file must be read again."""

    path: str
    size: int
    stamp: str
    oid: bytes
    blob: int


class Basis(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What the index has of an earlier content of a file: its row, compressed facts, brief and hashes of words."""

    row: int
    facts: bytes
    brief: bytes
    words: bytes


class BlobRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What an extraction worker hands over for one blob: compressed facts, their brief, hashes of its words,
    posting keys (both packed), names of functions. `basis`: the row against whose facts, brief and words these are
    compressed, 0 for none."""

    oid: bytes
    facts: bytes
    brief: bytes
    words: bytes
    keys: bytes
    names: tuple[str, ...]
    basis: int = 0


class Segment(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Where the postings of some blobs are: rows from `first` on; `bits` of a key choose its block."""

    id: int
    first: int
    blobs: int
    bits: int


class VersionRow(msgspec.Struct, frozen=True):
    """An indexed version: `state` says what the source looked like, `content` what is in it."""

    identity: str
    label: str
    fingerprint: int
    dialect: int
    state: str
    content: str
    files: int
