"""What a version's Makefiles say, read once and kept in the store.

Not handled: Makefiles that a build generates.
"""

import hashlib
import posixpath
from collections.abc import Sequence

import msgspec

from analyzer.extract.kbuild import extract_makefile
from analyzer.io.rows import VersionRow
from analyzer.io.sources import Source
from analyzer.io.store import Store
from analyzer.model.kbuild import BuildTable, MakeStatement
from analyzer.model.source import Entry
from analyzer.pipeline.code import code_digest
from analyzer.resolve.kbuild.tree import read_tree

_TABLE = msgspec.msgpack.Decoder(BuildTable)


def is_makefile(path: str) -> bool:
    """Whether Kbuild may read a file of this name."""
    return posixpath.basename(path).startswith(("Makefile", "Kbuild"))


def build_table(source: Source, store: Store, version: VersionRow, paths: Sequence[str], arch: str) -> BuildTable:
    """The build table of a source with these C and assembler files, for an architecture's folder."""
    makefiles = _makefiles(source, arch)
    digest = hashlib.sha1(f"kbuild {code_digest()} {digest_of(source, arch)}\n".encode(), usedforsecurity=False)
    digest.update("\n".join(paths).encode())
    question = store.question(digest.hexdigest(), version.identity, version.content)
    kept = store.answer(question, "") if question else None
    if kept is not None:
        return _TABLE.decode(kept)
    read: dict[str, tuple[MakeStatement, ...]] = {
        path: extract_makefile(data) for path, data in source.read_many(e.path for e in makefiles)
    }
    table = read_tree(paths, arch, read.get)
    if question:
        store.save_answers(question, {"": msgspec.msgpack.encode(table)})
    return table


def digest_of(source: Source, arch: str) -> str:
    """Changes when a Makefile that matters for an architecture does."""
    digest = hashlib.sha1(arch.encode(), usedforsecurity=False)
    for entry in _makefiles(source, arch):
        digest.update(f"{entry.path} {entry.blob or entry.stamp} {entry.size}\n".encode())
    return digest.hexdigest()


def _makefiles(source: Source, arch: str) -> list[Entry]:
    return [entry for entry in source.entries() if is_makefile(entry.path) and _of_interest(entry, arch)]


def _of_interest(entry: Entry, arch: str) -> bool:
    """No other architecture's, and none of the trees of programs beside the kernel."""
    if entry.path.startswith("arch/"):
        return entry.path.startswith(f"arch/{arch}/")
    return not entry.path.startswith(("tools/", "scripts/", "Documentation/"))
