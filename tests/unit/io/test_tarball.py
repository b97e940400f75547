"""Kernels in tarballs."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from analyzer.errors import SourceError
from analyzer.io import layout
from analyzer.io.layout import blob_id
from analyzer.io.sources import open_source
from analyzer.io.tarball import TarballSource

SUFFIXES = [".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar.zst"]
WriteTarball = Callable[..., Path]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_lists_and_reads(
    suffix: str,
    tmp_path: Path,
    files: dict[str, bytes],
    wanted: list[str],
    write_tarball: WriteTarball,
) -> None:
    path = write_tarball(tmp_path / f"linux{suffix}", files)
    source = open_source(str(path))
    assert source.info.version == "6.12.117"
    assert source.info.root_kind == "tarball"
    assert source.identity.startswith(str(path.resolve()))
    assert [entry.path for entry in source.entries()] == wanted
    assert all(entry.blob == blob_id(files[entry.path]) for entry in source.entries())
    assert dict(source.read_many(wanted)) == {path: files[path] for path in wanted}
    assert open_source(str(path)).read("kernel/nul.c") == files["kernel/nul.c"]
    assert sorted(p.name for p in tmp_path.iterdir()) == [path.name]


@pytest.mark.parametrize("top", ["", "./", "./linux/", "linux-6.12/"])
def test_top_folder(
    top: str,
    tmp_path: Path,
    files: dict[str, bytes],
    wanted: list[str],
    write_tarball: WriteTarball,
) -> None:
    path = write_tarball(tmp_path / "x.tar.gz", files, top=top)
    assert [entry.path for entry in open_source(str(path)).entries()] == wanted


def test_makefile_at_the_end(
    tmp_path: Path, files: dict[str, bytes], wanted: list[str], write_tarball: WriteTarball
) -> None:
    path = write_tarball(tmp_path / "x.tar", dict(sorted(files.items(), reverse=True)))
    assert [entry.path for entry in open_source(str(path)).entries()] == wanted


def test_without_room_in_memory(
    tmp_path: Path, files: dict[str, bytes], wanted: list[str], write_tarball: WriteTarball
) -> None:
    path = write_tarball(tmp_path / "x.tar.xz", files, links={"net/same.c": "socket.c"})
    source = TarballSource(path, label="x", keep_bytes=0)
    asked = [*wanted, "net/same.c"]
    assert dict(source.read_many(asked)) == {
        **{path: files[path] for path in wanted},
        "net/same.c": files["net/socket.c"],
    }
    assert source.read("net/socket.c") == files["net/socket.c"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_truncated(suffix: str, tmp_path: Path, files: dict[str, bytes], write_tarball: WriteTarball) -> None:
    # Random text, so that every compression leaves something to cut.
    noise = random.Random(1)
    files |= {f"net/{i}.c": bytes(noise.choices(range(32, 127), k=5000)) for i in range(20)}
    whole = write_tarball(tmp_path / f"whole{suffix}", files).read_bytes()
    path = tmp_path / f"cut{suffix}"
    for part in (0.2, 0.5, 0.8, 0.97):
        # Padding of zeros after the end mark is no loss.
        cut = int(len(whole.rstrip(b"\0")) * part)
        for size in (cut, cut // 512 * 512):
            path.write_bytes(whole[:size])
            with pytest.raises(SourceError, match="cut") as caught:
                open_source(str(path)).entries()
            assert caught.value.hint


def test_truncated_between_members(tmp_path: Path, files: dict[str, bytes], write_tarball: WriteTarball) -> None:
    whole = write_tarball(tmp_path / "whole.tar", files).read_bytes()
    end = len(whole.rstrip(b"\0"))
    path = tmp_path / "cut.tar"
    path.write_bytes(whole[: (end + 511) // 512 * 512])
    source = open_source(str(path))
    for _ in range(2):  # broken stays broken
        with pytest.raises(SourceError, match="end mark"):
            source.entries()
    with pytest.raises(SourceError):
        source.read("net/nope.c")


@pytest.mark.parametrize("suffix", [".tar.gz", ".tar.xz", ".tar.bz2", ".tar.zst"])
def test_corrupt(suffix: str, tmp_path: Path, files: dict[str, bytes], write_tarball: WriteTarball) -> None:
    noise = random.Random(2)
    files["net/noise.c"] = bytes(noise.choices(range(32, 127), k=20000))
    path = write_tarball(tmp_path / f"bad{suffix}", files)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    for at in range(middle, middle + 64):
        data[at] ^= 0x55
    path.write_bytes(data)
    if suffix == ".tar.zst":  # without a checksum, damage inside a literal goes unseen
        return
    with pytest.raises(SourceError, match="bad"):
        open_source(str(path)).entries()


def test_not_a_tarball(tmp_path: Path, write_tarball: WriteTarball) -> None:
    for name, data in (("a.c", b"int x;\n"), ("empty.tar", b""), ("x.tar.xz", b"\xfd7zXZ\0junk")):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(SourceError, match=name):
            open_source(str(tmp_path / name))
    path = write_tarball(tmp_path / "other.tar", {"README": b"x", "src/a.c": b""}, top="other/")
    with pytest.raises(SourceError, match="not a kernel"):
        open_source(str(path))


def test_links(tmp_path: Path, files: dict[str, bytes], write_tarball: WriteTarball) -> None:
    links = {
        "net/same.c": "socket.c",
        "net/up.h": "../include/linux/net.h",
        "net/out.c": "../../other/secret.c",
        "net/abs.c": "/etc/passwd",
        "net/broken.c": "nowhere.c",
        "net/dir": "../include",
    }
    path = write_tarball(tmp_path / "x.tar.gz", files, links=links)
    source = open_source(str(path))
    paths = [entry.path for entry in source.entries()]
    assert "net/same.c" in paths
    assert "net/up.h" in paths
    assert source.read("net/up.h") == files["include/linux/net.h"]
    assert [d.path for d in source.diagnostics] == ["net/abs.c", "net/broken.c", "net/out.c"]
    assert source.read("net/dir/linux/net.h") == files["include/linux/net.h"]
    for missing in ("net/abs.c", "net/nope.c", "../x.c"):
        with pytest.raises(SourceError):
            source.read(missing)
    assert list(source.read_many(["net/nope.c"])) == []


def test_enormous_member(
    tmp_path: Path,
    files: dict[str, bytes],
    write_tarball: WriteTarball,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = write_tarball(tmp_path / "x.tar.gz", files)
    monkeypatch.setattr(layout, "LARGEST_FILE", 1000)
    source = open_source(str(path))
    assert "net/socket.c" not in [entry.path for entry in source.entries()]
    assert [d.path for d in source.diagnostics] == ["net/socket.c"]
