"""Kernel sources, whatever they are kept in: `open_source` and what it returns.

Does not decide which files a command needs, and caches nothing between runs.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

from analyzer.errors import SourceError
from analyzer.io.directory import DirectorySource
from analyzer.io.layout import blob_id
from analyzer.model.source import Entry, KernelInfo, SourceDiagnostic

__all__ = ["Source", "blob_id", "open_source"]


class Source(Protocol):
    """The files of one kernel. All methods raise SourceError when the source is broken."""

    @property
    def info(self) -> KernelInfo:
        """Version and label."""

    @property
    def identity(self) -> str:
        """Stable key of this source; changes when a tarball or a revision does. A directory keeps
        its identity when its files change: compare their stamps."""

    def state(self) -> str:
        """What the source looks like, without reading files: the same state means the same content."""

    @property
    def diagnostics(self) -> tuple[SourceDiagnostic, ...]:
        """What was left out so far, sorted."""

    def entries(self) -> tuple[Entry, ...]:
        """Files of interest, sorted by path: C, headers, assembler, tables, build files.
        Documentation/ and hidden names are left out."""

    def read(self, path: str) -> bytes:
        """Content of one file (of interest; others may be unavailable)."""

    def read_many(self, paths: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Contents of many files in the order that is cheapest for the kind of source; what
        cannot be read is left out, with a diagnostic."""


def open_source(spec: str) -> Source:
    """The kernel that `spec` names: a directory, a tarball, or REPOSITORY@REVISION.

    Raises SourceError when there is nothing, or no kernel, or no such revision.
    """
    path = _expand(spec)
    if path.is_dir():
        return DirectorySource(path, label=spec)
    if path.is_file():
        from analyzer.io.tarball import TarballSource  # not needed, and not cheap, for directories

        return TarballSource(path, label=spec)
    if "@" in spec:
        return _open_revision(spec)
    if path.exists():
        raise SourceError(f"{spec} is neither a directory nor a file.", hint="Give a kernel tree or a tarball.")
    raise SourceError(
        f"There is no {spec}.",
        hint="Give a kernel tree, a tarball, or REPOSITORY@REVISION such as ~/linux@v6.1.",
    )


def _open_revision(spec: str) -> Source:
    """Split at the first @ before which something exists: paths and revisions may contain it."""
    from analyzer.io.gitrepo import GitSource, is_repository

    at = spec.find("@")
    while at != -1:
        path = _expand(spec[:at])
        if path.exists() and (is_repository(path) or "@" not in spec[at + 1 :]):
            return GitSource(path, spec[at + 1 :], label=spec)
        at = spec.find("@", at + 1)
    raise SourceError(
        f"There is no repository {spec.rpartition('@')[0] or '(before the @)'}.",
        hint="REPOSITORY@REVISION wants the path of a git repository, such as ~/linux@v6.1.",
    )


def _expand(text: str) -> Path:
    try:
        return Path(text).expanduser()
    except RuntimeError:  # ~nobody
        return Path(text)
