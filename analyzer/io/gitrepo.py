"""A kernel at a revision of a git repository; only objects are read, no work tree is touched.

Does not fetch: what a shallow or partial clone lacks is reported, not downloaded. Submodules are
left out (kernels have none). SHA-256 repositories are not read (libgit2 cannot by default).
"""

import difflib
import os
import posixpath
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pygit2

from analyzer.errors import SourceError
from analyzer.io import layout
from analyzer.model.source import Entry, KernelInfo, SourceDiagnostic

# What pygit2 raises for objects and names that are missing, ambiguous or malformed.
_GIT_ERRORS = (KeyError, ValueError, pygit2.GitError)
_NEAR = 3


class GitSource:
    """Source whose files are the blobs of one commit (or tag of a tree).

    Raises SourceError when `repository` is none, when it lacks `revision`, or when what is there
    is no kernel.
    """

    def __init__(self, repository: Path, revision: str, *, label: str) -> None:
        self._label = label
        self._repo = open_repository(repository)
        named = find_revision(self._repo, revision, repository)
        try:
            self._tree = named.peel(pygit2.Tree)
        except _GIT_ERRORS as error:
            raise SourceError(
                f"{revision} in {repository} is a {named.type_str}, not a version of a tree.",
                hint="Name a tag, a branch or a commit.",
            ) from error
        self._id = str(_commit_or_tree(named, self._tree))
        self._entries: tuple[Entry, ...] | None = None
        self._blobs: dict[str, str] = {}
        self._diagnostics: set[SourceDiagnostic] = set()
        top = [entry.name or "" for entry in self._tree]
        try:
            makefile: bytes | None = self.read("Makefile") if "Makefile" in top else None
        except SourceError:
            makefile = None
        self._info = layout.kernel_info(makefile, top, label=label, root_kind="git")

    @property
    def info(self) -> KernelInfo:
        return self._info

    @property
    def identity(self) -> str:
        return f"{os.path.realpath(self._repo.path)}@{self._id}"

    def state(self) -> str:
        """Its identity: what it names never changes."""
        return self.identity

    @property
    def diagnostics(self) -> tuple[SourceDiagnostic, ...]:
        return tuple(sorted(self._diagnostics))

    def entries(self) -> tuple[Entry, ...]:
        """All files of interest, sorted by path; listed once."""
        if self._entries is None:
            found: list[Entry] = []
            self._list(self._tree, "", found)
            found.sort(key=lambda entry: entry.path)
            self._entries = tuple(found)
            self._blobs = {entry.path: entry.blob for entry in found}
        return self._entries

    def read(self, path: str) -> bytes:
        """Content of one file. Raises SourceError when it is missing or outside the tree."""
        blob = self._blobs.get(path)
        if blob is not None:
            return self._content(path, pygit2.Oid(hex=blob))
        real = layout.follow_links(layout.inside(path), self._link_at)
        found = self._lookup(real) if real else None
        if not isinstance(found, pygit2.Blob):
            raise SourceError(f"{path} is not a file of {self._label}.", hint="Check the path's spelling.")
        return self._content(path, found.id)

    def read_many(self, paths: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Contents, in the order asked; what cannot be read is left out, with a diagnostic."""
        for path in paths:
            try:
                data = self.read(path)
            except SourceError as error:
                self._diagnostics.add(SourceDiagnostic(path, error.message))
            else:
                yield path, data

    def _list(self, tree: pygit2.Tree, folder: str, found: list[Entry]) -> None:
        for item in tree:
            name = item.name or ""
            path = folder + name
            mode = int(item.filemode)
            if mode == pygit2.enums.FileMode.TREE:
                if layout.is_source_folder(name, top=not folder):
                    self._list_below(item, f"{path}/", found)
            elif mode == pygit2.enums.FileMode.LINK:
                self._list_link(path, name, found)
            elif mode == pygit2.enums.FileMode.COMMIT:
                self._diagnostics.add(SourceDiagnostic(path, "submodule"))
            elif layout.is_source_name(name):
                self._add(path, item.id, found)

    def _list_below(self, item: pygit2.Object, folder: str, found: list[Entry]) -> None:
        try:
            tree = self._repo[item.id]
        except _GIT_ERRORS:
            self._diagnostics.add(SourceDiagnostic(folder, "object missing from the repository"))
            return
        if isinstance(tree, pygit2.Tree):
            self._list(tree, folder, found)

    def _list_link(self, path: str, name: str, found: list[Entry]) -> None:
        try:
            real = layout.follow_links(path, self._link_at)
        except SourceError as error:
            self._diagnostics.add(SourceDiagnostic(path, error.message))
            return
        target = self._lookup(real) if real is not None else None
        if target is None:
            if layout.is_source_name(name):
                reason = "symbolic link leaves the tree or is broken"
                self._diagnostics.add(SourceDiagnostic(path, reason))
        elif layout.is_source_name(name) and isinstance(target, pygit2.Blob):
            self._add(path, target.id, found)

    def _add(self, path: str, blob: pygit2.Oid, found: list[Entry]) -> None:
        try:
            _, size = self._repo.odb.read_header(blob)
        except _GIT_ERRORS:
            self._diagnostics.add(SourceDiagnostic(path, "object missing from the repository"))
            return
        if size > layout.LARGEST_FILE:
            reason = f"too large to be source ({size} bytes)"
            self._diagnostics.add(SourceDiagnostic(path, reason))
        else:
            found.append(Entry(path=path, size=size, blob=str(blob)))

    def _lookup(self, path: str) -> pygit2.Object | None:
        if not path:
            return self._tree
        try:
            return self._tree[path]
        except _GIT_ERRORS:
            return None

    def _link_at(self, path: str) -> str | None:
        item = self._lookup(path)
        if isinstance(item, pygit2.Blob) and item.filemode == pygit2.enums.FileMode.LINK:
            return self._content(path, item.id).decode("utf-8", "surrogateescape")
        return None

    def _content(self, path: str, blob: pygit2.Oid) -> bytes:
        try:
            _, data = self._repo.odb.read(blob)
        except _GIT_ERRORS as error:
            raise SourceError(
                f"{path} of {self._label}: its object {str(blob)[:12]} is not in the repository.",
                hint="The clone is partial or damaged; fetch what is missing with git.",
            ) from error
        return data


def is_repository(path: Path) -> bool:
    """Whether a git repository, bare or not, lies at exactly this path."""
    try:
        open_repository(path)
    except SourceError:
        return False
    return True


def open_repository(path: Path) -> pygit2.Repository:
    """The git repository, bare or not, at exactly this path. Raises SourceError when there is none."""
    # Ownership matters where git runs hooks and commands from the configuration; reading objects
    # runs none, and repositories mounted into containers belong to somebody else.
    pygit2.settings.owner_validation = False
    try:
        return pygit2.Repository(str(path))
    except pygit2.GitError as error:
        raise SourceError(
            f"{path} cannot be opened as a git repository: {error}.",
            hint="For a directory that is no repository, leave out the @ and what follows it.",
        ) from error


def find_revision(repo: pygit2.Repository, revision: str, path: Path) -> pygit2.Object:
    """What a revision names. Raises SourceError with what to do for an unknown or ambiguous one."""
    try:
        return repo.revparse_single(revision)
    except _GIT_ERRORS as error:
        if "ambiguous" in str(error):
            raise SourceError(
                f"Revision {revision} is ambiguous in {path}.",
                hint="Give more digits of the commit id (at least 4), or a tag.",
            ) from error
        raise SourceError(
            f"Revision {revision!r} does not exist in {path}.", hint=_revision_hint(repo, revision)
        ) from error


def _commit_or_tree(named: pygit2.Object, tree: pygit2.Tree) -> pygit2.Oid:
    try:
        return named.peel(pygit2.Commit).id
    except _GIT_ERRORS:
        return tree.id


def _revision_hint(repo: pygit2.Repository, revision: str) -> str:
    prefixes = ("refs/tags/", "refs/heads/", "refs/remotes/")
    names = sorted({ref[len(p) :] for ref in repo.references for p in prefixes if ref.startswith(p)})
    hints: list[str] = []
    if repo.is_shallow:
        hints.append("The clone is shallow: git fetch --unshallow (or fetch that tag).")
    base = re.split(r"[~^@]", revision)[0]
    near = _near(base, names)
    if base in names and base != revision:
        hints.append(f"{base} exists, but not that far back or aside of it.")
    elif near:
        hints.append(f"Near names: {', '.join(near)}.")
    elif names:
        last = sorted(names, key=natural_key)[-_NEAR:]
        hints.append(f"It has, for example, {', '.join(last)}.")
    else:
        hints.append("It has no tags and no branches.")
    return " ".join(hints)


def _near(base: str, names: list[str]) -> list[str]:
    """Near names, best first; the last parts of names count too (`v6.1` is near `next/v6.1`)."""
    by_end = [name for name in names if posixpath.basename(name) == base and name != base]
    return (by_end + difflib.get_close_matches(base, names, n=_NEAR, cutoff=0.6))[:_NEAR]


def natural_key(name: str) -> list[tuple[int, str]]:
    """Sort key under which v6.9 comes before v6.10."""
    return [(int(part or 0), text) for text, part in re.findall(r"(\D*)(\d*)", name)]
