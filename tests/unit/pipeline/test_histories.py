"""A symbol followed over a hundred tags of a repository that is made here: what is read, and how often."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pygit2
import pytest
from pygit2.enums import FileMode

from analyzer.errors import SourceError
from analyzer.io.gitrepo import GitSource
from analyzer.pipeline.histories import follow, revisions

KERNEL = Path(__file__).resolve().parents[3] / "fixtures" / "kernels" / "v3.10"
SOMEONE = pygit2.Signature("A", "a@example.org", 1_500_000_000, 60)
TAGS = 100
CHANGED = (20, 45, 46, 90)  # the tags that change sk_alloc
TOUCHED = (30, 60, 70)  # those that change only another file with it
SOCK = "net/core/sock.c"

Files = dict[str, bytes]


def versions() -> Iterator[tuple[str, Files]]:
    """The files of each tag: unrelated edits in every one, sk_alloc's in a few."""
    files = {str(f.relative_to(KERNEL)): f.read_bytes() for f in sorted(KERNEL.rglob("*")) if f.is_file()}
    assert b"sk_alloc(" in files[SOCK]
    for number in range(TAGS):
        files = dict(files)
        files["Makefile"] = f"VERSION = 3\nPATCHLEVEL = {number}\nSUBLEVEL = 0\nEXTRAVERSION =\n".encode()
        files["kernel/sys.c"] = b"long sys_number(void)\n{\n\treturn %d;\n}\n" % (number // 2)
        files[f"drivers/net/d{number % 7}.c"] = b"int d%d(void)\n{\n\treturn %d;\n}\n" % (number % 7, number)
        if number in CHANGED:
            head = b"struct sock *sk_alloc("
            files[SOCK] = files[SOCK].replace(head, head + b"int extra%d, " % number)
        if number in TOUCHED:
            files[SOCK] += b"int unrelated%d(void)\n{\n\treturn 0;\n}\n" % number
        yield f"v3.{number}", files


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with a tag for each version, half of its objects in a pack, the others loose."""
    path = tmp_path_factory.mktemp("hundred") / "linux"
    repo = pygit2.init_repository(str(path), bare=True)
    parents: list[pygit2.Oid] = []
    for number, (tag, files) in enumerate(versions()):
        index = pygit2.Index()
        for name, data in files.items():
            index.add(pygit2.IndexEntry(name, repo.create_blob(data), FileMode.BLOB))
        subject = f"net: sk_alloc gets extra{number}" if number in CHANGED else f"Linux 3.{number}"
        made = repo.create_commit(None, SOMEONE, SOMEONE, subject, index.write_tree(repo), parents)
        repo.references.create("refs/heads/main", made, force=True)
        repo.create_tag(tag, made, pygit2.enums.ObjectType.COMMIT, SOMEONE, tag)
        parents = [made]
        if number == TAGS // 2:
            repo.pack(str(path / "objects" / "pack"))
    return path


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each content was read, by blob id."""
    counted: Counter[str] = Counter()
    read_many = GitSource.read_many

    def counting(self: GitSource, paths: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        ids = {entry.path: entry.blob for entry in self.entries()}
        for path, data in read_many(self, paths):
            counted[ids[path]] += 1
            yield path, data

    monkeypatch.setattr(GitSource, "read_many", counting)
    return counted


def distinct(wanted: Callable[[str], bool]) -> int:
    return len({data for _, files in versions() for name, data in files.items() if wanted(name)})


def test_each_distinct_content_is_read_once(repository: Path, reads: Counter[str]) -> None:
    found = follow("sk_alloc", revisions("v3.0..v3.99", [str(repository)]))
    assert len(found.versions) == TAGS
    assert [row.version for row in found.rows] == ["v3.0", *(f"v3.{number}" for number in CHANGED)]
    assert set(reads.values()) == {1}
    assert found.read == found.blobs == len(reads) == distinct(lambda name: name.endswith((".c", ".h")))


def test_commits_are_named_and_nothing_is_read_again(repository: Path, reads: Counter[str]) -> None:
    found = follow("sk_alloc", revisions("v3.0..v3.99", [str(repository)]), bisect=True)
    subjects = [commit.subject for row in found.rows for commit in row.commits]
    assert subjects == [f"net: sk_alloc gets extra{number}" for number in CHANGED]
    assert found.read == len(reads) and set(reads.values()) == {1}


def test_what_does_not_exist_is_said(repository: Path, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"v3\.100") as error:
        revisions("v3.0..v3.100", [str(repository)])
    assert error.value.hint
    with pytest.raises(SourceError, match="git repository"):
        revisions("v3.0..v3.9", [str(tmp_path)])
