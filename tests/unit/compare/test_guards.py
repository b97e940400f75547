"""Guards as conditions that all hold."""

import pytest

from analyzer.compare.guards import conjuncts, same


@pytest.mark.parametrize(
    ("guard", "expected"),
    [
        ("", ()),
        ("CONFIG_A", ("CONFIG_A",)),
        ("CONFIG_A && !CONFIG_B", ("CONFIG_A", "!CONFIG_B")),
        ("CONFIG_A && (CONFIG_B || CONFIG_C && CONFIG_D)", ("CONFIG_A", "(CONFIG_B || CONFIG_C && CONFIG_D)")),
        ("IS_ENABLED(CONFIG_A) && defined(B)", ("IS_ENABLED(CONFIG_A)", "defined(B)")),
    ],
)
def test_conjuncts(guard: str, expected: tuple[str, ...]) -> None:
    assert conjuncts(guard) == expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("CONFIG_A", "CONFIG_A && (CONFIG_A || CONFIG_B)", True),
        ("CONFIG_A && CONFIG_B", "CONFIG_B && CONFIG_A", True),
        ("CONFIG_A", "CONFIG_A && (CONFIG_B || CONFIG_C)", False),
        ("CONFIG_A", "CONFIG_A || CONFIG_B", False),
        ("", "CONFIG_A", False),
        ("CONFIG_A", "CONFIG_A && (CONFIG_A && CONFIG_C || CONFIG_B)", False),
    ],
)
def test_the_same_in_other_words(before: str, after: str, expected: bool) -> None:
    assert same(conjuncts(before), conjuncts(after)) is expected
    assert same(conjuncts(after), conjuncts(before)) is expected
