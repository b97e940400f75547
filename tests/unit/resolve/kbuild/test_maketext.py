"""The syntax of Make's texts."""

import pytest

from analyzer.resolve.kbuild.maketext import Unknown, pieces_of, sides_of, split_arguments, words_of


def test_references_and_what_is_between() -> None:
    assert pieces_of("a$(b $(c))d$$${e}$@") == (
        (False, "a"),
        (True, "b $(c)"),
        (False, "d"),
        (False, "$"),
        (True, "e"),
        (True, "@"),
    )
    assert pieces_of("$(open") == ((True, "open"),)


def test_words_end_outside_references() -> None:
    assert words_of("a $(f b, c)d ${g h}") == ("a", "$(f b, c)d", "${g h}")


def test_arguments() -> None:
    assert split_arguments("a,$(f b,c),(d,e)") == ["a", "$(f b,c)", "(d,e)"]
    assert split_arguments("a,b,c", 2) == ["a", "b,c"]


@pytest.mark.parametrize("text", ["(a,b)", "( a , b )", '"a" "b"', "'a' \"b\""])
def test_sides(text: str) -> None:
    assert sides_of(text) == ("a", "b")
    with pytest.raises(Unknown):
        sides_of("a")
