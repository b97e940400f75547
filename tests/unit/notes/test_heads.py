"""Heads, and what they say comes behind them."""

import pytest

from analyzer.notes.heads import read_head


@pytest.mark.parametrize(
    ("line", "keyword", "condition"),
    [
        ("if (x && f(y))", "if", "x && f(y)"),
        ("if TCP:", "if", "TCP"),
        ("elif UDP :", "if", "UDP"),
        ("else if (a == b) {", "if", "a == b"),
        ("else", "else", ""),
        ("switch (call)", "switch", "call"),
        ("case SYS_BIND:", "case", "SYS_BIND"),
        ("case A | B:", "case", "A | B"),
        ("case X_DT << 8:", "case", "X_DT << 8"),
        ("case A, case B:", "case", "B"),
        ("case A, default:", "case", "default"),
        ("while (--n)", "loop", "--n"),
        ("for (i = 0; i < 3; i++)", "loop", "i = 0; i < 3; i++"),
        ("goto out;", "goto", "out"),
        ("out:", "label", "out"),
        ("#ifdef CONFIG_NET", "guard", "CONFIG_NET"),
        ("return -EINVAL;", "return", "-EINVAL"),
    ],
)
def test_conditions(line: str, keyword: str, condition: str) -> None:
    head = read_head(line, 0, len(line), marked=True)
    assert head is not None
    assert (head.part.kind, head.part.keyword, head.part.condition) == ("condition", keyword, condition)


@pytest.mark.parametrize(
    ("line", "then", "rest"),
    [
        ("if (err) f(x);", "statement", "f(x);"),
        ("if (err) {", "end", ""),
        ("else f(x)", "statement", "f(x)"),
        ("case SYS_BIND: f(x)", "statement", "f(x)"),
        ("return f(x) -> g(x)", "chain", " -> g(x)"),
        ("goto out;", "end", ""),
        ("if (err)  [net/socket.c:12]", "end", ""),
    ],
)
def test_what_stands_behind_a_head(line: str, then: str, rest: str) -> None:
    head = read_head(line, 0, len(line), marked=True)
    assert head is not None
    assert (head.then, line[head.after :]) == (then, rest)


@pytest.mark.parametrize("line", ["do the work", "for all sockets", "return to the caller later", "f(x)", "case"])
def test_a_word_may_only_begin_a_sentence(line: str) -> None:
    assert read_head(line, 0, len(line), marked=False) is None


def test_the_condition_has_to_be_marked_where_nothing_ends_it() -> None:
    assert read_head("if TCP", 0, 6, marked=False) is None
    assert read_head("if TCP", 0, 6, marked=True) is not None
