"""Tags and commits of a git repository: which releases lie in a range, and which commits touched given files.

Only objects are read. Not handled: grafts and replacements, and what a shallow clone lacks (an error says so).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pygit2

from analyzer.errors import SourceError
from analyzer.io.gitrepo import find_revision, open_repository

_RELEASE = re.compile(r"v?(\d+(?:\.\d+)+)\Z")
_NUMBER = re.compile(r"\d+")
_MAX_COMMITS = 2_000_000


@dataclass(frozen=True, slots=True)
class Touching:
    """A commit in which some of the watched files differ from all parents'. `before` and `after` give their
    blob ids (hex), "" for a missing file; `before` is the first parent's."""

    id: str
    date: str
    subject: str
    before: tuple[str, ...]
    after: tuple[str, ...]


class GitHistory:
    """Tags and commits of one repository. Raises SourceError when it is none."""

    def __init__(self, repository: Path) -> None:
        self._path = repository
        self._repo = open_repository(repository)

    def releases(self, older: str, newer: str) -> tuple[str, ...]:
        """The release tags from `older` to `newer`, both included, in order. Versions are ordered by number;
        stable releases (a third number since 3.0, a fourth before) count only when an end is one. Other names:
        the tags on the way between the two commits. Raises SourceError for what does not exist."""
        for end in (older, newer):
            find_revision(self._repo, end, self._path)
        first, last = _numbers(older), _numbers(newer)
        tags = [ref[len("refs/tags/") :] for ref in self._repo.references if ref.startswith("refs/tags/")]
        if first and last:
            stable = _stable(first) or _stable(last)
            found = {
                number: tag
                for tag in sorted(tags)
                if (number := _numbers(tag)) and first <= number <= last and (stable or not _stable(number))
            }
            found[first], found[last] = older, newer
            return tuple(found[number] for number in sorted(found))
        return self._between(older, newer, tags)

    def _between(self, older: str, newer: str, tags: Sequence[str]) -> tuple[str, ...]:
        begin, end = self._commit(older), self._commit(newer)
        order = {commit: place for place, commit in enumerate(self._range(begin, end))}
        named: dict[str, str] = {}
        for tag in sorted(tags):
            try:
                commit = str(self._repo.revparse_single(f"refs/tags/{tag}").peel(pygit2.Commit).id)
            except (KeyError, ValueError, pygit2.GitError):
                continue
            if commit in order and commit != str(end.id):
                named.setdefault(commit, tag)
        inner = sorted(named, key=lambda commit: -order[commit])
        return (older, *(named[commit] for commit in inner), newer)

    def touching(self, older: str, newer: str, paths: Sequence[str]) -> list[Touching]:
        """The commits between two revisions that change one of the files, oldest first; sides of merges that
        brought nothing are not walked. Raises SourceError at a shallow boundary inside the range."""
        self._boundary(older, newer)
        begin, end = self._commit(older), self._commit(newer)
        inside = set(self._range(begin, end))
        found: dict[str, Touching] = {}
        todo = [str(end.id)]
        seen: set[str] = set()
        while todo:
            name = todo.pop()
            if name in seen or name not in inside:
                continue
            seen.add(name)
            commit = self._repo[name]
            assert isinstance(commit, pygit2.Commit)
            own = self._blobs(commit, paths)
            parents = [self._parent(commit, parent) for parent in commit.parent_ids]
            same = next((p for p in parents if self._blobs(p, paths) == own), None)
            if same is not None:
                todo.append(str(same.id))
                continue
            todo.extend(str(parent.id) for parent in parents)
            before = self._blobs(parents[0], paths) if parents else ("",) * len(paths)
            found[name] = Touching(name[:12], _date(commit), _subject(commit), before, own)
        order = list(self._range(begin, end))
        return [found[name] for name in reversed(order) if name in found]

    def read(self, blob: str) -> bytes:
        """The content of a blob id. Raises SourceError when it is missing."""
        try:
            _, data = self._repo.odb.read(pygit2.Oid(hex=blob))
        except (KeyError, ValueError, pygit2.GitError) as error:
            raise SourceError(
                f"The object {blob[:12]} is not in {self._path}.",
                hint="The clone is partial or damaged; fetch what is missing with git.",
            ) from error
        return data

    def _commit(self, revision: str) -> pygit2.Commit:
        named = find_revision(self._repo, revision, self._path)
        try:
            return named.peel(pygit2.Commit)
        except (KeyError, ValueError, pygit2.GitError) as error:
            raise SourceError(
                f"{revision} in {self._path} has no history: it names a {named.type_str}.",
                hint="Name a commit, a branch, or a tag of a commit.",
            ) from error

    def _range(self, begin: pygit2.Commit, end: pygit2.Commit) -> Iterator[str]:
        """Commits of `begin..end`, children before parents."""
        walker = self._repo.walk(end.id, pygit2.enums.SortMode.TOPOLOGICAL | pygit2.enums.SortMode.TIME)
        walker.hide(begin.id)
        try:
            for count, commit in enumerate(walker):
                if count >= _MAX_COMMITS:
                    raise SourceError(f"More than {_MAX_COMMITS} commits lie in the range.", hint="Ask for less.")
                yield str(commit.id)
        except (KeyError, ValueError, pygit2.GitError) as error:
            raise self._shallow() from error

    def _parent(self, commit: pygit2.Commit, parent: pygit2.Oid) -> pygit2.Commit:
        found = self._repo.get(parent)
        if not isinstance(found, pygit2.Commit):
            raise self._shallow(str(commit.id))
        return found

    def _shallow(self, commit: str = "") -> SourceError:
        where = f" behind {commit[:12]}" if commit else ""
        return SourceError(
            f"The history in {self._path} ends{where}: the clone is shallow or partial.",
            hint="git fetch --unshallow (or --deepen=N) brings the rest.",
        )

    def _boundary(self, older: str, newer: str) -> None:
        """Raise SourceError when a shallow clone's end lies between two revisions."""
        if not self._repo.is_shallow:
            return
        begin, end = self._commit(older), self._commit(newer)
        base = self._repo.merge_base(begin.id, end.id)
        if base is None:
            raise self._shallow()

    def _blobs(self, commit: pygit2.Commit, paths: Sequence[str]) -> tuple[str, ...]:
        tree = commit.tree
        found: list[str] = []
        for path in paths:
            try:
                found.append(str(tree[path].id))
            except KeyError:
                found.append("")
        return tuple(found)


def _numbers(tag: str) -> tuple[int, ...]:
    match = _RELEASE.match(tag)
    return tuple(int(n) for n in _NUMBER.findall(match[1])) if match else ()


def _stable(number: tuple[int, ...]) -> bool:
    return len(number) > (3 if number[0] < 3 else 2)


def _subject(commit: pygit2.Commit) -> str:
    return commit.message.strip().partition("\n")[0]


def _date(commit: pygit2.Commit) -> str:
    zone = timezone(timedelta(minutes=commit.author.offset)) if commit.author.offset else UTC
    return datetime.fromtimestamp(commit.author.time, zone).date().isoformat()
