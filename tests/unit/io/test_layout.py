"""What a kernel tree looks like: version, files of interest, links."""

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.errors import SourceError
from analyzer.io import layout
from analyzer.io.sources import blob_id


@pytest.mark.parametrize(
    ("makefile", "version"),
    [
        (b"VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 117\nEXTRAVERSION =\n", "6.12.117"),
        (b"VERSION = 2\nPATCHLEVEL = 6\nSUBLEVEL = 11\nEXTRAVERSION =.4\n", "2.6.11.4"),
        (
            b"VERSION = 6\r\nPATCHLEVEL = 13\r\nSUBLEVEL = 0\r\nEXTRAVERSION = -rc1\r\n",
            "6.13.0-rc1",
        ),
        (b"VERSION = 3\nPATCHLEVEL = 0\nSUBLEVEL =\nEXTRAVERSION = $(X)\n", "3.0"),
        (b"\xff\xfe # Latin\nVERSION := 4 # four\nPATCHLEVEL := 4\n", "4.4"),
        (b"all:\n\techo VERSION = 6\n", ""),
        (b"VERSION =\nPATCHLEVEL = 1\n", ""),
        (b"", ""),
    ],
)
def test_version(makefile: bytes, version: str) -> None:
    assert layout.kernel_version(makefile) == version


@pytest.mark.parametrize("data", [b"", b"int x;\n", bytes(range(256))])
def test_blob_id_is_gits(data: bytes) -> None:
    told = subprocess.run(
        ["git", "hash-object", "--stdin", "--no-filters"],
        input=data,
        capture_output=True,
        check=True,
    )
    assert blob_id(data) == told.stdout.decode().strip()


def test_interest() -> None:
    for path in (
        "net/a.c",
        "a.S",
        "x/y.tbl",
        "lib/Kbuild",
        "init/Kconfig.x",
        "x/Documentation/a.c",
    ):
        assert layout.is_source_path(path), path
    for path in (
        "Documentation/a.c",
        ".git/a.c",
        "net/.a.c",
        "a.o",
        "a.s",
        "net/README",
        "x/.y/a.h",
    ):
        assert not layout.is_source_path(path), path


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a/../../x", "..", "."])
def test_paths_outside_are_refused(path: str) -> None:
    with pytest.raises(SourceError):
        layout.inside(path)


def test_links() -> None:
    links = {"a": "b", "d": "dir/sub", "dir/up": "../../x", "loop": "loop", "abs": "/etc"}
    assert layout.follow_links("a", links.get) == "b"
    assert layout.follow_links("d/f.c", links.get) == "dir/sub/f.c"
    assert layout.follow_links("d/../f.c", links.get) == "dir/f.c"
    for path in ("dir/up", "loop", "abs/passwd"):
        assert layout.follow_links(path, links.get) is None


@given(st.text("ab./", max_size=12), st.dictionaries(st.text("ab/", max_size=3), st.text("ab./")))
def test_links_never_leave(path: str, links: dict[str, str]) -> None:
    found = layout.follow_links(path, links.get)
    assert found is None or not {"..", ".", ""} & set(found.split("/") if found else ())
