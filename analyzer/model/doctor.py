"""What `kcg doctor` and `kcg index` report."""

import msgspec


class IndexSummary(msgspec.Struct, frozen=True):
    """One indexing run: files of the source, blobs extracted anew with their bytes, seconds it took."""

    files: int
    new: int
    bytes: int
    seconds: float


class Coverage(msgspec.Struct, frozen=True):
    """How well the files of a folder could be read. Counts of files, bytes and functions.

    A diagnostic is a place where the grammar found no C; `bytes_in_errors` are the bytes of those places.
    `functions_lost` are bodies at the margin that no function was read for."""

    folder: str
    files: int
    bytes: int
    files_with_diagnostics: int
    bytes_in_errors: int
    functions: int
    functions_lost: int


class Cause(msgspec.Struct, frozen=True):
    """A frequent reason for a diagnostic, with one place and its text. `cause` is what the grammar missed, or
    the shape of what it could not read; `files` have it."""

    cause: str
    count: int
    files: int
    file: str
    line: int
    text: str


class DoctorReport(msgspec.Struct, frozen=True):
    """The state of a kernel's index and of the tools around it. `total` and `folders` count all files, `sources`
    and `source_folders` the `.c` files among them. `store_bytes` is the whole index's size."""

    version: str
    label: str
    total: Coverage
    folders: tuple[Coverage, ...]
    sources: Coverage
    source_folders: tuple[Coverage, ...]
    causes: tuple[Cause, ...]
    skipped: tuple[tuple[str, str], ...]  # (path, reason) of files that could not be read
    store: str
    store_bytes: int
    graphviz: str  # "system", "bundled" or "missing"
