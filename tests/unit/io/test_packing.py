"""Bytes of the index come back as they were, or are found damaged."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.io.packing import (
    compress,
    compress_against,
    decompress,
    decompress_against,
    has_mark,
    saves,
    seal,
    unseal,
    word_mark,
    word_marks,
)


@given(st.binary(max_size=200))
def test_what_is_packed_comes_back(data: bytes) -> None:
    assert decompress(compress(data)) == data
    assert unseal(seal(data)) == data


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_what_is_packed_against_something_comes_back_with_it(data: bytes, basis: bytes) -> None:
    assert decompress_against(compress_against(data, basis), basis) == data


@pytest.mark.parametrize("size", [300, 40_000, 3_000_000])
def test_a_small_change_takes_little(size: int) -> None:
    basis = random.Random(size).randbytes(size)
    data = b"new" + basis[: size // 3] + b"changed" + basis[size // 3 + 50 :]
    difference = compress_against(data, basis)
    assert len(difference) < 60 + size // 500
    assert decompress_against(difference, basis) == data
    assert saves(difference, compress(data))
    assert not saves(compress_against(data, b"other"), compress(data))


def test_the_wrong_basis_is_found_out() -> None:
    basis = random.Random(1).randbytes(1000)
    difference = compress_against(basis[:500] + b"!" + basis[500:], basis)
    for wrong in (b"", bytes(1000), basis[1:]):
        with pytest.raises(ValueError, match=r"."):
            decompress_against(difference, wrong)


@given(st.binary(min_size=1, max_size=50), st.data())
def test_a_changed_byte_is_found(data: bytes, draw: st.DataObject) -> None:
    sealed = bytearray(seal(data))
    sealed[draw.draw(st.integers(0, len(sealed) - 1))] ^= draw.draw(st.integers(1, 255))
    with pytest.raises(ValueError, match="checksum"):
        unseal(bytes(sealed))


@pytest.mark.parametrize("data", [b"", b"abc", compress(b"long enough " * 9)[:-1]])
def test_what_was_never_packed_is_no_data(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        decompress(data or b"no frame")
    with pytest.raises(ValueError, match="checksum"):
        unseal(data)


def test_marks_of_words() -> None:
    words = {b"sk", b"__init", b"for_each_cpu"}
    packed = word_marks(words)
    assert len(packed) == 9
    assert all(word_mark(word) in {packed[at : at + 3] for at in (0, 3, 6)} for word in words)


@given(st.sets(st.binary(min_size=1, max_size=8), max_size=20))
def test_every_word_of_a_blob_is_found(words: set[bytes]) -> None:
    assert all(
        has_mark(seal(word_marks(words)), word, sealed=True) and has_mark(word_marks(words), word)
        for word in words
    )


def test_a_mark_that_two_others_make_together_is_none() -> None:
    """The bytes of `fn`'s mark stand across two marks."""
    mark = word_mark(b"fn")
    assert not has_mark(b"\0\0" + mark + b"\0", b"fn")
    assert not has_mark(seal(b"\0\0" + mark + b"\0"), b"fn", sealed=True)
    assert has_mark(seal(b"\0\0\0" + mark), b"fn", sealed=True)
