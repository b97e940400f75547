"""Several revisions of a repository by one spelling: patterns over tags, and ranges of versions.

Not handled: ranges along the history; `v6.1..v6.12` goes by version numbers.
"""

import fnmatch
import re
from collections.abc import Iterable
from pathlib import Path

from analyzer.errors import SourceError
from analyzer.io.gitrepo import natural_key, open_repository

_RANGE = re.compile(r"^(?P<first>[^.].*?)\.\.(?P<last>[^.].*)$")
_NUMBERS = re.compile(r"\d+")


def repository_of(spec: str) -> Path:
    """The repository of a source as the user wrote it, with or without `@REVISION`. Raises SourceError."""
    path = Path(spec.rpartition("@")[0] or spec).expanduser()
    whole = Path(spec).expanduser()
    return whole if whole.exists() else path


def revisions(repository: Path, spellings: Iterable[str]) -> tuple[str, ...]:
    """The revisions that are meant, each once, in the order of their version numbers.

    `v6.*` matches tags as file names are matched; `v6.1..v6.12` is every tag from one to the other that has
    as many numbers as one of them (and `-rc` only if one of them has); anything else is one revision.
    Raises SourceError when a spelling matches nothing.
    """
    prefix = "refs/tags/"
    tags = [r[len(prefix) :] for r in open_repository(repository).references if r.startswith(prefix)]
    found: set[str] = set()
    for spelling in spellings:
        if match := _RANGE.match(spelling):
            chosen = _between(tags, match["first"], match["last"])
        elif any(c in spelling for c in "*?["):
            chosen = [tag for tag in tags if fnmatch.fnmatchcase(tag, spelling)]
        else:
            chosen = [spelling]
        if not chosen:
            raise SourceError(
                f"{repository} has no tags {spelling}.", hint=f"It has {len(tags)} tags; see git tag --list."
            )
        found.update(chosen)
    return tuple(sorted(found, key=_order))


def _between(tags: list[str], first: str, last: str) -> list[str]:
    ends = (first, last)
    shapes = {_shape(end) for end in ends}
    return [
        tag
        for tag in tags
        if tag in ends or (_shape(tag) in shapes and _order(first) <= _order(tag) <= _order(last))
    ]


def _order(tag: str) -> tuple[list[tuple[int, str]], int]:
    """Sort key: by numbers, candidates before their release."""
    release, candidate, number = tag.partition("-rc")
    return natural_key(release), int(number) if candidate and number.isdecimal() else 1 << 30


def _shape(tag: str) -> tuple[str, int]:
    """What tells releases, stable releases and candidates apart: the letters, and how many numbers follow."""
    return re.sub(r"[\d.]+", "#", tag), len(_NUMBERS.findall(tag))
