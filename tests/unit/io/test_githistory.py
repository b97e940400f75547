"""Tags and commits of repositories that are made here: merges, renames, packed and loose objects, shallow
clones."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pygit2
import pytest
from pygit2.enums import FileMode

from analyzer.errors import SourceError
from analyzer.io.githistory import GitHistory

SOMEONE = pygit2.Signature("A", "a@example.org", 1_000_000_000, 120)


class Maker:
    """Makes commits and tags."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.repo = pygit2.init_repository(str(path), initial_head="main")

    def commit(self, subject: str, files: Mapping[str, str], *parents: str) -> str:
        index = pygit2.Index()
        for name, text in files.items():
            index.add(pygit2.IndexEntry(name, self.repo.create_blob(text.encode()), FileMode.BLOB))
        tree = index.write_tree(self.repo)
        made = self.repo.create_commit(None, SOMEONE, SOMEONE, f"{subject}\n\nbody\n", tree, list(parents))
        self.repo.references.create("refs/heads/main", made, force=True)
        return str(made)

    def tag(self, name: str, commit: str) -> None:
        self.repo.create_reference(f"refs/tags/{name}", commit)


@pytest.fixture
def made(tmp_path: Path) -> Maker:
    """v1.0 - a - merge of (b) and (c) - d = v1.2, with f.c changed in a, in b, and not in the merge."""
    maker = Maker(tmp_path / "linux")
    first = maker.commit("first", {"f.c": "1", "g.c": "1"})
    a = maker.commit("a: change f", {"f.c": "2", "g.c": "1"}, first)
    b = maker.commit("b: change f again", {"f.c": "3", "g.c": "1"}, a)
    c = maker.commit("c: change g", {"f.c": "2", "g.c": "2"}, a)
    merge = maker.commit("merge b and c", {"f.c": "3", "g.c": "2"}, b, c)
    d = maker.commit("d: nothing of interest", {"f.c": "3", "g.c": "2", "h.c": "1"}, merge)
    for name, commit in (("v1.0", first), ("v1.1", merge), ("v1.2", d), ("v1.1.5", merge), ("v1.2-rc1", c)):
        maker.tag(name, commit)
    return maker


def test_releases_are_ordered_by_number(made: Maker) -> None:
    history = GitHistory(made.path)
    assert history.releases("v1.0", "v1.2") == ("v1.0", "v1.1", "v1.1.5", "v1.2")
    for number in range(9, 12):
        made.tag(f"v3.{number}", str(made.repo.references["refs/tags/v1.2"].target))
    made.tag("v3.10.7", str(made.repo.references["refs/tags/v1.2"].target))
    assert history.releases("v3.9", "v3.11") == ("v3.9", "v3.10", "v3.11")
    assert history.releases("v3.9", "v3.10.7") == ("v3.9", "v3.10", "v3.10.7")


def test_other_names_give_the_tags_between(made: Maker) -> None:
    root = str(made.repo.references["refs/tags/v1.0"].target)
    found = GitHistory(made.path).releases(root, "main")
    assert found[0] == root and found[-1] == "main"
    assert found[1:-1] == ("v1.2-rc1", "v1.1")


def test_commits_that_touch_a_file(made: Maker) -> None:
    history = GitHistory(made.path)
    assert [t.subject for t in history.touching("v1.0", "v1.2", ["f.c"])] == ["a: change f", "b: change f again"]
    assert [t.subject for t in history.touching("v1.0", "v1.2", ["g.c"])] == ["c: change g"]
    assert history.touching("v1.1", "v1.2", ["f.c"]) == []
    (only,) = history.touching("v1.0", "v1.2", ["h.c"])
    assert only.before == ("",) and history.read(only.after[0]) == b"1"
    assert only.date == "2001-09-09"


def test_packed_objects_are_the_same(made: Maker) -> None:
    before = GitHistory(made.path).touching("v1.0", "v1.2", ["f.c"])
    made.repo.odb.add_disk_alternate(str(made.path))  # no effect but a fresh look
    packed = made.repo.pack(str(made.path / ".git" / "objects" / "pack"))
    assert packed
    assert GitHistory(made.path).touching("v1.0", "v1.2", ["f.c"]) == before


def test_mistakes_are_explained(made: Maker, tmp_path: Path) -> None:
    history = GitHistory(made.path)
    with pytest.raises(SourceError, match="does not exist") as error:
        history.releases("v1.0", "v1.3")
    assert "v1.2" in error.value.hint
    with pytest.raises(SourceError, match="cannot be opened as a git repository"):
        GitHistory(tmp_path)
    blob = str(made.repo.create_blob(b"text"))
    with pytest.raises(SourceError, match="has no history"):
        history.touching("v1.0", blob, ["f.c"])


def test_a_shallow_boundary_is_named(made: Maker, tmp_path: Path) -> None:
    shallow = tmp_path / "shallow"
    command = ["git", "clone", "-q", "--depth", "1", "--no-local", f"file://{made.path}", str(shallow)]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("there is no git to make a shallow clone with")
    history = GitHistory(shallow)
    with pytest.raises(SourceError, match=r"v1\.0") as error:
        history.releases("v1.0", "v1.2")
    assert "--unshallow" in error.value.hint
    subprocess.run(
        ["git", "-C", str(shallow), "fetch", "-q", "--depth", "1", "origin", "refs/tags/v1.0:refs/tags/v1.0"],
        check=True,
        capture_output=True,
    )
    with pytest.raises(SourceError, match="shallow or partial") as error:
        history.touching("v1.0", "main", ["f.c"])
    assert "--unshallow" in error.value.hint
