"""Lines of plain and compressed files."""

import bz2
import gzip
import lzma
from collections.abc import Callable
from pathlib import Path

import pytest

from analyzer.errors import SourceError
from analyzer.io.textfiles import lines_of


@pytest.mark.parametrize(
    ("suffix", "pack"),
    [("", bytes), (".txt", bytes), (".gz", gzip.compress), (".xz", lzma.compress), (".bz2", bz2.compress)],
)
def test_lines(tmp_path: Path, suffix: str, pack: Callable[[bytes], bytes]) -> None:
    path = tmp_path / f"file{suffix}"
    path.write_bytes(pack(b"one\ntwo\n"))
    assert list(lines_of(str(path))) == [b"one\n", b"two\n"]


@pytest.mark.parametrize("suffix", ["", ".gz", ".xz", ".bz2"])
def test_what_cannot_be_read(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(SourceError, match="cannot be read"):
        list(lines_of(str(tmp_path / f"missing{suffix}")))
    if suffix:
        broken = tmp_path / f"broken{suffix}"
        broken.write_bytes(b"no archive")
        with pytest.raises(SourceError, match="cannot be read"):
            list(lines_of(str(broken)))


def test_a_directory_is_no_text(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be read"):
        list(lines_of(str(tmp_path)))
