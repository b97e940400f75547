"""Identifiers in texts, and the parts of names."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.resolve.words import has_word, parts_of


def test_parts_are_cut_at_underscores_and_capitals_the_longest_first() -> None:
    assert parts_of("sys_socket") == ["sys_socket", "_socket", "socket", "sys_", "sys"]
    assert parts_of("PageDirty") == ["PageDirty", "Dirty", "Page"]


@pytest.mark.parametrize(
    ("text", "found"), [("socket", True), ("a, socket)", True), ("sockets socket_x my_socket", False), ("", False)]
)
def test_words_stand_alone(text: str, found: bool) -> None:
    assert has_word(text, "socket") is found


@given(st.text("ab_ ,(", max_size=12), st.sampled_from(["a", "ab", "_b"]))
def test_words_are_those_of_a_regular_expression(text: str, word: str) -> None:
    assert has_word(text, word) is bool(re.search(rf"\b{word}\b", text))
