"""A kernel tree in a directory.

Symbolic links to files that stay inside the tree are read; linked folders are not entered (their
files are listed where they really are, and loops cannot happen). Changes made while a command
runs are not noticed.
"""

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from analyzer.errors import SourceError
from analyzer.io import layout
from analyzer.model.source import Entry, KernelInfo, SourceDiagnostic

# A change that comes so soon after another may bear the same time: clocks of file systems tick coarsely.
_TICK_NS = 50_000_000
_COARSE_TICK_NS = 2_000_000_000
_LEAVES = "symbolic link leaves the tree or is broken"


class DirectorySource:
    """Source whose files lie in a directory. Raises SourceError when it is no kernel."""

    def __init__(self, root: Path, *, label: str) -> None:
        self._root = os.path.realpath(root)
        self._entries: tuple[Entry, ...] | None = None
        self._listing: list[str] | None = None
        self._diagnostics: set[SourceDiagnostic] = set()
        self._checked_folders: set[str] = set()
        self._info = layout.kernel_info(
            self._makefile(), self._top_names(label), label=label, root_kind="directory",
            hint=self._hint(),
        )  # fmt: skip

    @property
    def info(self) -> KernelInfo:
        return self._info

    @property
    def identity(self) -> str:
        return self._root

    def state(self) -> str:
        """A digest of the names, sizes, inodes and times of its files of interest."""
        return hashlib.sha1("\n".join(self._listed()).encode(), usedforsecurity=False).hexdigest()

    @property
    def root(self) -> Path:
        """The real path of the directory."""
        return Path(self._root)

    @property
    def diagnostics(self) -> tuple[SourceDiagnostic, ...]:
        return tuple(sorted(self._diagnostics))

    def entries(self) -> tuple[Entry, ...]:
        """All files of interest, sorted by path; listed once."""
        if self._entries is None:
            found = []
            for line in self._listed():
                path, _, stamp = line.rpartition(" ")
                found.append(Entry(path=path, size=int(stamp.split(":")[1]), stamp=stamp))
            found.sort(key=lambda entry: entry.path)
            self._entries = tuple(found)
        return self._entries

    def _listed(self) -> list[str]:
        """A line with path and stamp for every file of interest, sorted: all that a run with nothing to do
        needs to look at, so it is kept cheap."""
        if self._listing is None:
            found: list[str] = []
            self._list("", found)
            found.sort()
            self._listing = found
        return self._listing

    def read(self, path: str) -> bytes:
        """Content of one file. Raises SourceError when it is missing, unreadable or outside."""
        plain = layout.inside(path)
        try:
            return self._open(plain)
        except OSError as error:
            reason = error.strerror or str(error)
            raise SourceError(
                f"{path} cannot be read from {self._info.label}: {reason}.",
                hint="Check the path and its permissions.",
            ) from error

    def read_many(self, paths: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Contents, in the order asked; what cannot be read is left out, with a diagnostic."""
        for path in paths:
            try:
                data = self._open(layout.inside(path))
            except OSError as error:
                reason = f"cannot be read: {error.strerror or error}"
            except SourceError as error:
                reason = error.message
            else:
                yield path, data
                continue
            self._diagnostics.add(SourceDiagnostic(path, reason))

    def _open(self, plain: str) -> bytes:
        full = f"{self._root}/{plain}"
        folder = os.path.dirname(full)
        if folder not in self._checked_folders:
            if not self._within(os.path.realpath(folder)):
                raise SourceError(f"{plain} leaves the kernel's tree by a symbolic link.")
            self._checked_folders.add(folder)
        # O_NONBLOCK: opening a named pipe must not wait for a writer.
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
        if os.path.islink(full):
            full = os.path.realpath(full)
            if not self._within(full):
                raise SourceError(f"{plain} leaves the kernel's tree by a symbolic link.")
        handle = os.open(full, flags | os.O_NOFOLLOW)
        with open(handle, "rb") as file:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode):
                raise SourceError(f"{plain} is not a regular file.")
            if status.st_size > layout.LARGEST_FILE:
                raise SourceError(f"{plain} is too large to be source ({status.st_size} bytes).")
            return file.read()

    def _within(self, real: str) -> bool:
        return real == self._root or real.startswith(self._root.rstrip("/") + "/")

    def _list(self, folder: str, found: list[str]) -> None:
        """Append the entries below `folder` ("" or ending in "/"); kept flat, 90 000 files pass."""
        try:
            children = list(os.scandir(f"{self._root}/{folder}"))
        except OSError as error:
            reason = f"folder cannot be read: {error.strerror}"
            self._diagnostics.add(SourceDiagnostic(_printable(folder), reason))
            return
        for child in children:
            name = child.name
            if child.is_symlink():
                self._list_link(folder + name, name, found)
            elif child.is_dir():
                if layout.is_source_folder(name, top=not folder):
                    self._list(f"{folder}{name}/", found)
            elif layout.is_source_name(name):
                try:
                    status = child.stat(follow_symlinks=False)
                except OSError as error:
                    self._skip(folder + name, f"cannot be read: {error.strerror}")
                    continue
                self._add(folder + name, status, found)

    def _list_link(self, path: str, name: str, found: list[str]) -> None:
        real = os.path.realpath(f"{self._root}/{path}")
        try:
            status = os.stat(real)
        except OSError:
            status = None
        if status is None or not self._within(real):
            # A link of another name matters only when it is a folder that one might miss.
            if layout.is_source_name(name) or (status and stat.S_ISDIR(status.st_mode)):
                self._skip(path, _LEAVES)
        elif layout.is_source_name(name) and not stat.S_ISDIR(status.st_mode):
            self._add(path, status, found)

    def _add(self, path: str, status: os.stat_result, found: list[str]) -> None:
        if not stat.S_ISREG(status.st_mode):
            self._skip(path, "not a regular file")
        elif status.st_size > layout.LARGEST_FILE:
            self._skip(path, f"too large to be source ({status.st_size} bytes)")
        elif not path.isascii() and path != _printable(path):
            self._skip(path, "name is not UTF-8")
        else:
            found.append(f"{path} {status.st_mtime_ns}:{status.st_size}:{status.st_ino}:{status.st_ctime_ns}")

    def _skip(self, path: str, reason: str) -> None:
        self._diagnostics.add(SourceDiagnostic(_printable(path), reason))

    def _makefile(self) -> bytes | None:
        try:
            with open(f"{self._root}/Makefile", "rb") as file:
                return file.read(1 << 16)
        except OSError:
            return None

    def _top_names(self, label: str) -> list[str]:
        try:
            return os.listdir(self._root)
        except OSError as error:
            raise SourceError(
                f"{label} cannot be read: {error.strerror}.", hint="Check its permissions."
            ) from error

    def _hint(self) -> str:
        """Advice for a directory that is no kernel: a repository wants a revision, and the tree
        is often one folder further down."""
        root = Path(self._root)
        if (root / "Makefile").exists() and (root / "include").is_dir():
            return ""
        if (root / ".git").exists() or ((root / "objects").is_dir() and (root / "HEAD").is_file()):
            return "For a git repository name a revision: REPOSITORY@v6.1."
        try:
            children = sorted(root.iterdir())[:50]
        except OSError:
            return ""
        for child in children:
            if (child / "Makefile").is_file() and (child / "kernel").is_dir():
                return f"Did you mean {child}?"
        return ""


def is_recent(stamp: str, now: int) -> bool:
    """Whether a file of this stamp may have changed again, by the time `now` (ns), without a new stamp. Times in
    the future count, too: after the clock was set back one of them may come again."""
    modified, _, _, changed = map(int, stamp.split(":"))
    tick = _TICK_NS if modified % 1_000_000_000 or changed % 1_000_000_000 else _COARSE_TICK_NS
    return max(modified, changed) > now - tick


def _printable(path: str) -> str:
    """`path` with the bytes that are not UTF-8 replaced (the system gives them as surrogates)."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
