"""What a version's Kconfig files decide for an architecture, whatever a person configures; read once and kept.

Not handled: trees without all the files that their Kconfig reads (excerpts), of which only the selections of the
architecture's own file are known.
"""

import hashlib
import posixpath

import msgspec

from analyzer.extract.kconfig import extract_kconfig, extract_sources
from analyzer.io.rows import VersionRow
from analyzer.io.sources import Source
from analyzer.io.store import Store
from analyzer.model.kconfig import Decided
from analyzer.pipeline.code import code_digest
from analyzer.resolve.configuration import Configuration
from analyzer.resolve.implied import implied, possible

_DECIDED = msgspec.msgpack.Decoder(Decided)
_FIRST = "init/Kconfig"  # without it a tree has no kernel's Kconfig
_BESIDE = ("Documentation/", "scripts/")  # what these define is no matter of the kernel's code


def with_kconfig(source: Source, store: Store, version: VersionRow, wanted: Configuration) -> Configuration:
    """A configuration that knows what Kconfig decides; the same one where options are given."""
    if wanted.options is not None:
        return wanted
    digest = hashlib.sha1(
        f"kconfig {code_digest()} {wanted.arch} {wanted.directory}".encode(), usedforsecurity=False
    )
    digest.update(version.content.encode())
    question = store.question(digest.hexdigest(), version.identity, version.content) if version.content else 0
    kept = store.answer(question, "") if question else None
    decided = _DECIDED.decode(kept) if kept is not None else _decide(source, wanted)
    if question and kept is None:
        store.save_answers(question, {"": msgspec.msgpack.encode(decided)})
    return msgspec.structs.replace(wanted, implied=decided.implied, possible=decided.possible)


def _decide(source: Source, wanted: Configuration) -> Decided:
    files = _texts(source, wanted.directory)
    own = [files[path] for path in (f"arch/{wanted.directory}/Kconfig", "arch/Kconfig") if path in files]
    selected = implied((symbol for data in own for symbol in extract_kconfig(data)), wanted.known)
    read = _read(files, wanted.directory)
    if read is None:
        return Decided(selected)
    symbols = [symbol for path in read for symbol in extract_kconfig(files[path])]
    return Decided(selected, possible(symbols, {**wanted.known, **selected}))


def _texts(source: Source, arch: str) -> dict[str, bytes]:
    """The Kconfig files of a source, without those of other architectures' folders that none of these reads."""
    paths = [e.path for e in source.entries() if posixpath.basename(e.path).startswith("Kconfig")]
    own = [p for p in paths if not p.startswith("arch/") or p.startswith(f"arch/{arch}/") or p.count("/") == 1]
    files = dict(source.read_many(own))
    named = {target for data in files.values() for target in extract_sources(data, arch)}
    files.update(source.read_many(sorted(named.intersection(paths) - files.keys())))
    return files


def _read(files: dict[str, bytes], arch: str) -> list[str] | None:
    """The files that Kconfig reads for an architecture; None when some are not there."""
    todo = [path for path in ("Kconfig", f"arch/{arch}/Kconfig") if path in files]
    read = dict.fromkeys(todo)
    while todo:
        for target in extract_sources(files[todo.pop()], arch):
            if target in files and target not in read:
                read[target] = None
                todo.append(target)
            elif target not in files and not target.startswith(_BESIDE):
                return None
    return list(read) if _FIRST in read else None
