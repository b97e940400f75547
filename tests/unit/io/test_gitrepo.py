"""Kernels at revisions of git repositories; the repositories are made here."""

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pygit2
import pytest
from pygit2.enums import FileMode, ObjectType

from analyzer.errors import SourceError
from analyzer.io.layout import blob_id
from analyzer.io.sources import open_source

SOMEONE = pygit2.Signature("A", "a@example.org", 1_000_000_000, 0)


def commit(repo: pygit2.Repository, files: Mapping[str, bytes], links: Mapping[str, str]) -> str:
    index = pygit2.Index()
    for path, data in files.items():
        index.add(pygit2.IndexEntry(path, repo.create_blob(data), FileMode.BLOB))
    for path, target in links.items():
        index.add(pygit2.IndexEntry(path, repo.create_blob(target.encode()), FileMode.LINK))
    tree = index.write_tree(repo)
    head = repo.references.get("refs/heads/main")
    parents = [head.target] if head else []
    return str(repo.create_commit("refs/heads/main", SOMEONE, SOMEONE, "m", tree, parents))


@pytest.fixture(params=[False, True], ids=["worktree", "bare"])
def repo(request: pytest.FixtureRequest, tmp_path: Path, files: dict[str, bytes]) -> pygit2.Repository:
    made = pygit2.init_repository(str(tmp_path / "linux"), bare=request.param, initial_head="main")
    old = files | {"Makefile": b"VERSION = 2\nPATCHLEVEL = 6\nSUBLEVEL = 11\n"}
    first = commit(made, old, {})
    made.create_reference("refs/tags/v2.6.11", first)
    links = {"net/same.c": "socket.c", "net/out.c": "../../x.c", "net/dir": "../include"}
    second = commit(made, files, links)
    tag = made.create_tag("v6.12", pygit2.Oid(hex=second), ObjectType.COMMIT, SOMEONE, "t")
    made.create_tag("v6.12-again", tag, ObjectType.TAG, SOMEONE, "a tag of a tag")
    tree = made[second].peel(pygit2.Tree).id
    made.create_tag("v6.12-tree", tree, ObjectType.TREE, SOMEONE, "kernels have such tags")
    return made


@pytest.fixture
def path(tmp_path: Path, repo: pygit2.Repository) -> str:
    return str(tmp_path / "linux")


def test_lists_and_reads(path: str, files: dict[str, bytes], wanted: list[str]) -> None:
    source = open_source(f"{path}@v6.12")
    assert source.info.version == "6.12.117"
    assert source.info.root_kind == "git"
    assert [entry.path for entry in source.entries()] == sorted([*wanted, "net/same.c"])
    assert {entry.path: entry.blob for entry in source.entries()} == {
        **{path: blob_id(files[path]) for path in wanted},
        "net/same.c": blob_id(files["net/socket.c"]),
    }
    assert all(entry.size == len(source.read(entry.path)) for entry in source.entries())
    assert dict(source.read_many(wanted)) == {path: files[path] for path in wanted}
    assert [d.path for d in source.diagnostics] == ["net/out.c"]


def test_reads_without_listing(path: str, files: dict[str, bytes]) -> None:
    source = open_source(f"{path}@v6.12")
    assert source.read("net/same.c") == files["net/socket.c"]
    assert source.read("net/dir/linux/net.h") == files["include/linux/net.h"]
    for missing in ("net/nope.c", "net", "net/out.c", "../x.c", "net/socket.c/x"):
        with pytest.raises(SourceError):
            source.read(missing)
    assert list(source.read_many(["net/nope.c"])) == []


def test_revisions(path: str, repo: pygit2.Repository) -> None:
    full = str(repo.references["refs/heads/main"].target)
    newest = {"v6.12", "v6.12-again", "main", full, full[:7], "HEAD", "refs/tags/v6.12", "HEAD@{0}"}
    if repo.is_bare:
        newest.remove("HEAD@{0}")  # it keeps no log
    identities = {open_source(f"{path}@{revision}").identity for revision in newest}
    assert len(identities) == 1
    assert identities.pop().endswith(f"@{full}")
    assert open_source(f"{path}@v6.12-tree").info.version == "6.12.117"
    for revision in ("v2.6.11", "main~1", "v6.12^"):
        assert open_source(f"{path}@{revision}").info.version == "2.6.11"


@pytest.mark.parametrize(
    ("revision", "hint"),
    [
        ("v6.13", "v6.12"),
        ("v6.21", "v6.12"),
        ("6.12", "v6.12"),
        ("v6.12~5", "not that far back"),
        ("f" * 40, "It has, for example"),
        ("", "It has, for example"),
        ("main..v6.12", ""),
        ("v6.12:net/socket.c", "tag"),
        ("a", "digits"),
    ],
)
def test_bad_revision(path: str, revision: str, hint: str) -> None:
    with pytest.raises(SourceError) as caught:
        open_source(f"{path}@{revision}")
    assert hint in caught.value.hint
    assert caught.value.hint


def test_work_tree_is_not_touched(tmp_path: Path, files: dict[str, bytes]) -> None:
    root = tmp_path / "linux"
    repo = pygit2.init_repository(str(root), initial_head="main")
    commit(repo, files, {})
    before = {p: p.stat().st_mtime_ns for p in root.rglob("*")}
    source = open_source(f"{root}@main")
    list(source.read_many([entry.path for entry in source.entries()]))
    assert {p: p.stat().st_mtime_ns for p in root.rglob("*")} == before


def test_without_revision_it_is_a_directory(
    tmp_path: Path, files: dict[str, bytes], write_tree: Callable[..., Path], wanted: list[str]
) -> None:
    root = write_tree(tmp_path / "linux", files)
    pygit2.init_repository(str(root))
    source = open_source(str(root))
    assert source.info.root_kind == "directory"
    assert [entry.path for entry in source.entries()] == wanted


def test_repository_without_files_wants_a_revision(path: str) -> None:
    with pytest.raises(SourceError) as caught:
        open_source(path)
    assert "@v6.1" in caught.value.hint


def test_no_repository(tmp_path: Path, files: dict[str, bytes], write_tree: Callable[..., Path]) -> None:
    root = write_tree(tmp_path / "plain", files)
    with pytest.raises(SourceError, match="cannot be opened as a git repository"):
        open_source(f"{root}@v6.1")
    with pytest.raises(SourceError, match="There is no repository"):
        open_source(f"{tmp_path}/nope@v6.1")
    empty = tmp_path / "empty"
    pygit2.init_repository(str(empty))
    with pytest.raises(SourceError) as caught:
        open_source(f"{empty}@HEAD")
    assert "no tags" in caught.value.hint


def test_at_signs_in_the_path(tmp_path: Path, files: dict[str, bytes]) -> None:
    repo = pygit2.init_repository(str(tmp_path / "me@home"), bare=True, initial_head="main")
    commit(repo, files, {})
    assert open_source(f"{tmp_path}/me@home@main").info.version == "6.12.117"


def test_home(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", os.path.dirname(path))
    assert open_source("~/linux@v2.6.11").info.version == "2.6.11"


def test_no_kernel_at_the_revision(tmp_path: Path) -> None:
    repo = pygit2.init_repository(str(tmp_path / "r"), bare=True, initial_head="main")
    commit(repo, {"README": b"x"}, {})
    with pytest.raises(SourceError, match="not a kernel"):
        open_source(f"{tmp_path}/r@main")


def test_missing_objects(tmp_path: Path, files: dict[str, bytes]) -> None:
    repo = pygit2.init_repository(str(tmp_path / "r"), bare=True, initial_head="main")
    commit(repo, files, {})
    blob = blob_id(files["net/socket.c"])
    Path(repo.path, "objects", blob[:2], blob[2:]).unlink()
    tree = repo.references["refs/heads/main"].peel(pygit2.Tree)["arch"].id
    shutil.rmtree(Path(repo.path, "objects", str(tree)[:2]))
    source = open_source(f"{tmp_path}/r@main")
    paths = [entry.path for entry in source.entries()]
    assert "net/socket.c" not in paths
    assert {"arch/", "net/socket.c"} <= {d.path for d in source.diagnostics}
    with pytest.raises(SourceError):
        source.read("net/socket.c")


def test_shallow(path: str, repo: pygit2.Repository) -> None:
    head = repo.references["refs/heads/main"].target
    Path(repo.path, "shallow").write_text(f"{head}\n")
    with pytest.raises(SourceError) as caught:
        open_source(f"{path}@v5.10")
    assert "shallow" in caught.value.hint
