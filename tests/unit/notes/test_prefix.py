"""Indentation, bars and connectors."""

import pytest

from analyzer.notes.prefix import column, is_down, is_ruler, is_spacer, split, tab_width


@pytest.mark.parametrize(
    ("line", "lead", "connector", "content"),
    [
        ("f()", "", "", "f()"),
        ("\t  f()", "\t  ", "", "f()"),
        ("├── f()", "", "├── ", "f()"),
        ("│   └── f()", "│   ", "└── ", "f()"),
        ("|   |-- f()", "|   ", "|-- ", "f()"),
        ("|  `- f()", "|  ", "`- ", "f()"),
        ("|--> f", "", "|--> ", "f"),
        ("|-f(x)", "", "|-", "f(x)"),
        ("|f(x)", "", "|", "f(x)"),
        ("|__f(x)", "", "|", "__f(x)"),
        ("|_ f(x)", "", "|_ ", "f(x)"),
        ("\\_ f", "", "\\_ ", "f"),
        ("\\-> f", "", "\\-> ", "f"),
        ("| | +----- f", "| | ", "+----- ", "f"),
        ("  +-> f", "  ", "+-> ", "f"),
        ("|\t\t->f", "|\t\t", "->", "f"),
        ("- f()", "", "- ", "f()"),
        ("- `__f()`", "", "- ", "`__f()`"),
        ("  1. f()", "  ", "1. ", "f()"),
        ("- -> f()", "", "- -> ", "f()"),
        ("→ f", "", "→ ", "f"),
    ],
)
def test_line_is_split(line: str, lead: str, connector: str, content: str) -> None:
    prefix = split(line)
    assert prefix.lead == lead
    assert line[len(lead) : prefix.start] == connector
    assert line[prefix.start :] == content


def test_columns_count_tabs_and_wide_characters() -> None:
    assert column("\t", 8) == 8
    assert column("  \t", 4) == 4
    assert column("函数", 8) == 4
    assert column("\u3000\u3000", 8) == 4


@pytest.mark.parametrize(
    ("leads", "width"),
    [
        (["", "\t", "\t    ", "            "], 4),
        (["", "        ", "\t", "\t\t"], 8),
        (["", "    ", "        "], 8),
    ],
)
def test_width_of_tabs_is_the_one_that_fits(leads: list[str], width: int) -> None:
    assert tab_width([split(lead + "f()") for lead in leads]) == width


def test_lines_without_words_are_known() -> None:
    assert is_down("   ↓\n")
    assert is_down("  \\/")
    assert is_spacer("|   |  ")
    assert is_ruler("-----------")
    assert not is_spacer("| f")
    assert not is_ruler("- f")
