"""Kernels in directories."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from analyzer.errors import SourceError
from analyzer.io import layout
from analyzer.io.directory import DirectorySource
from analyzer.io.sources import open_source

Write = Callable[[Path, Mapping[str, bytes]], Path]


@pytest.fixture
def root(tmp_path: Path, files: dict[str, bytes], write_tree: Write) -> Path:
    return write_tree(tmp_path / "linux", files)


def test_lists_and_reads(root: Path, files: dict[str, bytes], wanted: list[str]) -> None:
    source = open_source(str(root))
    assert source.info.version == "6.12.117"
    assert source.info.root_kind == "directory"
    assert source.identity == str(root.resolve())
    assert [entry.path for entry in source.entries()] == wanted
    assert {entry.path: entry.size for entry in source.entries()} == {path: len(files[path]) for path in wanted}
    assert dict(source.read_many(wanted)) == {path: files[path] for path in wanted}
    assert source.read("kernel/latin.c") == files["kernel/latin.c"]
    assert source.read("README") == files["README"]
    assert source.diagnostics == ()


def test_home_and_trailing_slash(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(root.parent))
    assert open_source("~/linux/").identity == str(root.resolve())


def test_stamp_changes_with_the_content(root: Path) -> None:
    def stamps() -> dict[str, str]:
        return {entry.path: entry.stamp for entry in open_source(str(root)).entries()}

    before = stamps()
    assert stamps() == before
    (root / "net/socket.c").write_bytes(b"int other;\n")
    after = stamps()
    assert [path for path in before if before[path] != after[path]] == ["net/socket.c"]


def test_links_inside_are_read_and_others_reported(root: Path, tmp_path: Path) -> None:
    (tmp_path / "outside.c").write_bytes(b"secret")
    (tmp_path / "other").mkdir()
    (tmp_path / "other/x.c").write_bytes(b"secret")
    (root / "net/same.c").symlink_to("socket.c")
    (root / "net/out.c").symlink_to("../../outside.c")
    (root / "net/broken.c").symlink_to("nowhere.c")
    (root / "net/loop.c").symlink_to("loop.c")
    (root / "net/back").symlink_to("..")
    (root / "net/away").symlink_to(tmp_path / "other")
    (root / "source").symlink_to("nowhere")
    source = open_source(str(root))
    paths = [entry.path for entry in source.entries()]
    assert "net/same.c" in paths
    assert source.read("net/same.c") == source.read("net/socket.c")
    told = {diagnostic.path for diagnostic in source.diagnostics}
    assert told == {"net/out.c", "net/broken.c", "net/loop.c", "net/away"}
    assert not told & set(paths)
    assert not any(path.startswith(("net/back/", "net/away/")) for path in paths)
    for path in ("net/out.c", "net/away/x.c", "../outside.c", "net/broken.c"):
        with pytest.raises(SourceError):
            source.read(path)


def test_special_files_and_names(root: Path) -> None:
    os.mkfifo(root / "net/pipe.c")
    (Path(os.fsdecode(os.fsencode(root) + b"/net/latin\xe9.c"))).write_bytes(b"")
    source = open_source(str(root))
    source.entries()
    assert {d.path: d.reason for d in source.diagnostics} == {
        "net/pipe.c": "not a regular file",
        "net/latin\ufffd.c": "name is not UTF-8",
    }
    with pytest.raises(SourceError):
        source.read("net/pipe.c")


def test_enormous_file(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "LARGEST_FILE", 1000)
    source = open_source(str(root))
    assert "net/socket.c" not in [entry.path for entry in source.entries()]
    assert [d.path for d in source.diagnostics] == ["net/socket.c"]


def test_unreadable_file_and_folder(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Refused by patching, not by permissions: tests may run as root, who may read everything.
    real_open, real_scan = os.open, os.scandir

    def refuse_file(path: str, *args: int, **kwargs: int) -> int:
        if str(path).endswith("net/socket.c"):
            raise PermissionError(13, "Permission denied")
        return real_open(path, *args, **kwargs)

    def refuse_folder(path: str) -> object:
        if str(path).rstrip("/").endswith("/arch"):
            raise PermissionError(13, "Permission denied")
        return real_scan(path)

    monkeypatch.setattr("analyzer.io.directory.os.open", refuse_file)
    monkeypatch.setattr("analyzer.io.directory.os.scandir", refuse_folder)
    source = open_source(str(root))
    paths = [entry.path for entry in source.entries()]
    assert not any(path.startswith("arch/") for path in paths)
    read = dict(source.read_many(paths))
    assert set(paths) - set(read) == {"net/socket.c"}
    assert [d.path for d in source.diagnostics] == ["arch/", "net/socket.c"]
    with pytest.raises(SourceError, match="Permission denied"):
        source.read("net/socket.c")


def test_missing_file(root: Path) -> None:
    source = open_source(str(root))
    with pytest.raises(SourceError, match=r"net/nope\.c"):
        source.read("net/nope.c")
    assert list(source.read_many(["net/nope.c", "Kconfig"])) == [("Kconfig", b"menu\n")]
    assert [d.path for d in source.diagnostics] == ["net/nope.c"]


def test_not_a_kernel(tmp_path: Path, root: Path, write_tree: Write) -> None:
    with pytest.raises(SourceError, match="not a kernel") as caught:
        open_source(str(tmp_path))
    assert str(root) in caught.value.hint
    other = write_tree(tmp_path / "other", {"Makefile": b"all:\n", "include/x.h": b""})
    with pytest.raises(SourceError, match="no VERSION"):
        open_source(str(other))
    version_only = write_tree(tmp_path / "third", {"Makefile": b"VERSION = 1\nPATCHLEVEL = 2\n"})
    with pytest.raises(SourceError, match="none of"):
        open_source(str(version_only))


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="There is no") as caught:
        open_source(str(tmp_path / "nope"))
    assert "tarball" in caught.value.hint
    with pytest.raises(SourceError):
        open_source("~nobody-of-that-name/linux")
    with pytest.raises(SourceError, match="neither"):
        open_source("/dev/null")


def test_at_sign_in_a_directory_name(tmp_path: Path, files: dict[str, bytes], write_tree: Write) -> None:
    root = write_tree(tmp_path / "linux@home", files)
    assert open_source(str(root)).info.root_kind == "directory"


@pytest.mark.kernel
def test_real_kernel(kernel_612: Path) -> None:
    source = DirectorySource(kernel_612, label="6.12")
    assert source.info.version.startswith("6.12.")
    paths = [entry.path for entry in source.entries()]
    assert len(paths) > 60_000
    assert paths == sorted(paths)
    assert "net/socket.c" in paths
