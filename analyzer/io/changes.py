"""Which lines of files differ from a revision of the git repository that they are in.

Not handled: files outside a repository (all their lines count as changed), and renames.
"""

from pathlib import Path

import pygit2

from analyzer.errors import SourceError

_GIT_ERRORS = (KeyError, ValueError, pygit2.GitError)


def changed_lines(path: str, base: str) -> frozenset[int] | None:
    """The 1-based lines of a file that are new or changed since a revision; None when all are, as in a new
    file or outside a repository. Raises SourceError for an unknown revision."""
    place = Path(path).resolve()
    found = pygit2.discover_repository(str(place.parent))
    if found is None:
        return None
    repo = pygit2.Repository(found)
    if repo.workdir is None:
        return None
    try:
        commit = repo.revparse_single(base).peel(pygit2.Commit)
    except _GIT_ERRORS as error:
        raise SourceError(
            f"There is no revision {base} in {repo.workdir}.", hint="Name it with --base."
        ) from error
    try:
        relative = place.relative_to(Path(repo.workdir).resolve()).as_posix()
    except ValueError:
        return None
    try:
        old = commit.tree[relative]
    except KeyError:
        return None
    if not isinstance(old, pygit2.Blob):
        return None
    patch = pygit2.Patch.create_from(old, place.read_bytes(), context_lines=0)
    lines: set[int] = set()
    for hunk in patch.hunks:
        # A hunk that only deletes touches the line that it leaves behind.
        lines.update(range(hunk.new_start, hunk.new_start + max(1, hunk.new_lines)))
    return frozenset(lines)


def release_tags(repository: str) -> list[str]:
    """The release tags (`v6.1`, not `v6.1-rc3`) of a repository, oldest first by number. Raises SourceError."""
    import re

    try:
        repo = pygit2.Repository(str(Path(repository).expanduser()))
    except _GIT_ERRORS as error:
        raise SourceError(f"{repository} is no git repository.", hint="Give one with -k.") from error
    names = [r.rpartition("/")[2] for r in repo.references if r.startswith("refs/tags/")]
    releases = [n for n in names if re.fullmatch(r"v\d+(?:\.\d+)+", n)]
    return sorted(releases, key=lambda n: [int(p) for p in n[1:].split(".")])
