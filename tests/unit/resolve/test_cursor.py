"""Reading tokens from left to right."""

import pytest

from analyzer.resolve.cursor import Cursor
from analyzer.resolve.tokens import spell, tokenize


def test_peeking_goes_nowhere() -> None:
    cursor = Cursor(tokenize("a->b"), 1)
    assert [cursor.peek(), cursor.peek(1), cursor.peek(2)] == ["->", "b", ""]
    assert cursor.at == 1


@pytest.mark.parametrize(
    ("text", "inside", "rest"),
    [
        ("(a, [b]) + c", "a,[b]", "+c"),
        ("{ { } } x", "{}", "x"),
        ("() y", "", "y"),
        ("[i", None, ""),
    ],
)
def test_brackets(text: str, inside: str | None, rest: str) -> None:
    reading, skipping = Cursor(tokenize(text)), Cursor(tokenize(text))
    found = reading.bracketed()
    skipping.skip_brackets()
    assert (spell(found) if found is not None else None) == inside
    assert spell(reading.tokens[reading.at :]) == rest
    assert reading.at == skipping.at
