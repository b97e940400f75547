"""What every command opens first: the source, the index, and answers that were given before.

Kept light: a question that was asked before is answered without loading what would answer it anew. A reply is kept
for the content of all files, the configuration and the code, so an edit anywhere, also of a file that the answer
never touched, makes it a new question.

Not handled: answers that are no text.
"""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import msgspec

from analyzer.errors import SourceError
from analyzer.io.resources import bundled_kernel
from analyzer.io.rows import VersionRow
from analyzer.io.sources import Source, open_source
from analyzer.io.store import Store, default_path
from analyzer.pipeline.code import code_digest
from analyzer.resolve.configuration import Configuration, parse_config

_LARGEST_REPLY = 32 << 20  # bytes; what is longer is made anew


class Kernel(NamedTuple):
    """A source with its index and the configuration it is looked at with; `notices` are for the person."""

    source: Source
    store: Store
    configuration: Configuration
    notices: tuple[str, ...]
    spec: str  # what names the source


class Reply(msgspec.Struct, frozen=True, array_like=True):
    """What a command says: data for stdout, lines for the person, exit code."""

    out: str
    told: tuple[str, ...] = ()
    code: int = 0


def open_kernel(
    kernel: str | None, *, arch: str = "x86", config: str | None = None, store: str | None = None
) -> Kernel:
    """The kernel that is meant. None means $KCG_KERNEL, else the current directory if it is a kernel tree, else
    the bundled small kernel. Raises SourceError and StoreError."""
    spec, notice = _choose(kernel)
    source = open_source(spec)
    configuration = Configuration(arch, _read_config(config) if config else None)
    index_file = open_store(store)
    return Kernel(source, index_file, configuration, tuple(filter(None, (notice, index_file.notice))), spec)


def open_store(path: str | None) -> Store:
    """The index at a path, None for the user's own. Raises StoreError."""
    return Store(Path(path).expanduser() if path else default_path())


def question_text(version: VersionRow, configuration: Configuration) -> str:
    """What an answer depends on besides what was asked."""
    digest = hashlib.sha1(usedforsecurity=False)
    digest.update(f"{code_digest()} {version.identity} {version.content} {version.label}".encode())
    digest.update(f"{configuration.arch} {configuration.folder}".encode())
    digest.update(msgspec.msgpack.encode(sorted((configuration.options or {"": "none"}).items())))
    return digest.hexdigest()


def reply_to(kernel: Kernel, asked: str, make: Callable[[], Reply]) -> Reply:
    """The reply to a question as it was given before, else what `make` says, kept for the next time."""
    kept = _kept(kernel, asked)
    if kept is not None:
        return kept
    reply = make()
    data = msgspec.msgpack.encode(reply)
    question = _question(kernel) if len(data) <= _LARGEST_REPLY else 0
    if question:
        kernel.store.save_answers(question, {asked: data})
    return reply


def _kept(kernel: Kernel, asked: str) -> Reply | None:
    question = _question(kernel)
    data = kernel.store.answer(question, asked) if question else None
    return None if data is None else msgspec.msgpack.decode(data, type=Reply)


def _question(kernel: Kernel) -> int:
    """The row of the question about this kernel as it is now, 0 while that is not indexed."""
    version = version_now(kernel.source, kernel.store)
    if version is None:
        return 0
    return kernel.store.question(question_text(version, kernel.configuration), version.identity, version.content)


def version_now(source: Source, store: Store) -> VersionRow | None:
    """The row of the version that a source is now, None while that is not indexed."""
    version = store.version(source.identity)
    return version if version is not None and version.state and version.state == source.state() else None


def _choose(kernel: str | None) -> tuple[str, str]:
    if kernel:
        return kernel, ""
    if from_environment := os.environ.get("KCG_KERNEL"):
        return from_environment, ""
    try:
        open_source(".")
    except SourceError:
        return str(bundled_kernel()), "no kernel given (-k); using the small kernel that comes with kcg"
    return ".", ""


def _read_config(path: str) -> dict[str, str]:
    import lzma

    try:
        data = Path(path).expanduser().read_bytes()
        if path.endswith(".xz"):
            data = lzma.decompress(data)
    except (OSError, lzma.LZMAError) as error:
        raise SourceError(
            f"The configuration {path} cannot be read: {error}.",
            hint="Give a .config file, plain or .xz.",
        ) from error
    options = dict(parse_config(data.decode("utf-8", "replace")))
    if not options:
        raise SourceError(f"{path} has no CONFIG_ line.", hint="Give a kernel's .config file.")
    return options
