"""Values of preprocessor expressions."""

import pytest

from analyzer.resolve.arithmetic import integer, is_plain
from analyzer.resolve.tokens import tokenize


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("(1 << 10) > 1", 1),
        ("1 + 2 * 3", 7),
        ("10 - 4 - 3", 3),
        ("0x40UL >= 64", 1),
        ("010", 8),
        ("!0 && ~0 == -1", 1),
        ("2 > 1 ? 3 : 4", 3),
        ("0 ? 3 : 0 ? 4 : 5", 5),
        ("-7 / 2", -3),
        ("-7 % 2", -1),
        ("6 & 3 | 8", 10),
        ("1 / 0", None),
        ("1 << 100000", None),
        ("NAME + 1", None),
        ("(1", None),
        ("1 2", None),
        ("1 ? 2", None),
        ("", None),
    ],
)
def test_integer(text: str, value: int | None) -> None:
    assert integer(tokenize(text)) == value


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("1 << A > 8", True),
        ("A * 2 > 3", True),
        ("A > B + 1", True),
        ("A & B == 0", False),
        ("A + B % 2 == 0", False),
        ("(A & B) == 0", True),
    ],
)
def test_what_parentheses_could_have_changed(text: str, plain: bool) -> None:
    assert is_plain(tokenize(text)) is plain
