"""Expressions: declarations, values, names that are meant as functions."""

import pytest

from analyzer.notes.expressions import declaration, glued, is_function, is_value, last_value, spaced_call
from analyzer.notes.scan import postfix


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("struct sock *sk = f()", "sk = f()"),
        ("static int __init f(void)", "f(void)"),
        ("net_proto_family *pf = x", "pf = x"),
        ("int is a type", "int is a type"),
        ("f(x)", "f(x)"),
    ],
)
def test_types_before_names(text: str, rest: str) -> None:
    assert text[declaration(text, 0) :] == rest


@pytest.mark.parametrize(
    ("text", "value"), [("f(x)", True), ("sizeof(x)", False), ("*f(x)", False), ("(struct a *)f(x)", False)]
)
def test_values_are_results_of_calls(text: str, value: bool) -> None:
    found = postfix(text, 0)
    assert found is not None
    assert is_value(text, found) is value


def test_the_last_of_several_stores_has_the_value() -> None:
    text = "b = (void *)f(x)"
    found, begins = last_value(text, 0)
    assert found is not None
    assert (text[found.start : found.end], text[begins:]) == ("f(x)", "(void *)f(x)")


@pytest.mark.parametrize(
    ("text", "call"), [("f (a, b)", True), ("f (net/socket.c:12)", False), ("f (this is a remark)", False)]
)
def test_a_blank_before_parentheses(text: str, call: bool) -> None:
    found = postfix("f", 0)
    assert found is not None
    assert (spaced_call(text, found) is not None) is call


def test_arrows_without_blanks_glue_calls() -> None:
    text = "a()->b()->c()"
    found = postfix(text, 0)
    assert found is not None
    assert [text[link.start : link.end] for link in glued(text, found)] == ["a()", "b()", "c()"]


@pytest.mark.parametrize(
    ("text", "marked", "meant"),
    [
        ("sock_create", False, True),
        ("socket", False, False),
        ("socket", True, True),
        ("socket.c", True, False),
        ("tcp_prot.init", True, True),
        ("www.kernel.org", True, False),
        ("sk->prot", False, True),
        ("&sock_create", True, False),
    ],
)
def test_names_that_are_meant_as_functions(text: str, marked: bool, meant: bool) -> None:
    found = postfix(text, 0)
    assert found is not None
    assert is_function(text, found, len(text), marked=marked, chained_to=False) is meant
