"""Notes as bytes: what is text, and the way back to the same bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.errors import NoteError
from analyzer.notes.encoding import decode, encode


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (b"plain\n", "utf-8"),
        ("创建 socket\r\n没有行尾".encode(), "utf-8"),
        ("创建 socket\n".encode("gbk"), "gb18030"),
        (b"\xef\xbb\xbfwith a mark\n", "utf-8"),
        (b"", "utf-8"),
    ],
)
def test_text_comes_back_as_it_was(data: bytes, encoding: str) -> None:
    text = decode(data, "n")
    assert text.encoding == encoding
    assert text.exact
    assert encode(text.lines, text.encoding, text.bom) == data


@given(st.binary(max_size=300))
def test_any_bytes_are_text_or_an_error(data: bytes) -> None:
    try:
        text = decode(data, "n")
    except NoteError as error:
        assert b"\0" in data
        assert error.hint
        return
    assert not text.exact or encode(text.lines, text.encoding, text.bom) == data


def test_broken_bytes_are_read_but_never_written() -> None:
    text = decode(b"sys_socket \xff\xff\xff\n", "n")
    assert text.lines[0].startswith("sys_socket")
    assert not text.exact


def test_character_that_the_encoding_lacks_is_an_error() -> None:
    with pytest.raises(NoteError, match="cannot write"):
        encode(("\ud800",), "utf-8", False)
