"""Where statements end."""

import pytest

from analyzer.notes.endings import chained, has_wide, is_end, is_sentence, remark_start


@pytest.mark.parametrize(
    ("text", "statement"),
    [
        ("x = 1  // why", "x = 1"),
        ("x = 1; why", "x = 1"),
        ("x = 1 /* why */", "x = 1"),
        ("x = 1，因为", "x = 1"),
        ("x = 1 -> f()", "x = 1"),
        ("x = 1   why", "x = 1"),
        ("x = a->b", "x = a->b"),
    ],
)
def test_remarks(text: str, statement: str) -> None:
    assert text[: remark_start(text, 0, len(text))] == statement


@pytest.mark.parametrize(
    ("rest", "begins"),
    [(" -> g()", "g()"), (" --> g()", "g()"), (" → g()", "g()"), (" ⇒ p.create, 2 targets", "")],
)
def test_arrows_lead_on_but_for_those_of_printed_trees(rest: str, begins: str) -> None:
    at = chained(rest, 0)
    assert (rest[at:] if at >= 0 else "") == begins


def test_what_completes_a_statement() -> None:
    assert is_end("f() ;", 3, 5)
    assert is_end("f()  [x]", 3, 8)
    assert not is_end("f() + 1", 3, 7)


def test_prose_is_three_words_or_wide_letters() -> None:
    assert is_sentence("the socket is new")
    assert not is_sentence("TCP")
    assert has_wide("创建 x")
    assert not has_wide("create x")
