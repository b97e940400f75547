"""Initializers in token streams."""

import pytest

from analyzer.resolve.initializers import initial_value, listed_values
from analyzer.resolve.tokens import spell, tokenize


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("int x = f(a, b), y;", "f(a,b)"),
        ("fn_t x[] = { a, b }; g(x);", "{a,b}"),
        ("fn_t x[2][N + 1] = { a };", "{a}"),
        ("typeof(f) (x) ; x = 1;", ""),
        ("struct s *x = (p);", "(p)"),
        ("g(x); y = x;", ""),
        ("int x[", ""),
        ("({ int x = 1 }) + y, z", "1"),
    ],
)
def test_initial_value(text: str, value: str) -> None:
    tokens = tokenize(text)
    places = [at for at, token in enumerate(tokens) if token.text == "x"]
    assert spell(initial_value(tokens, places)) == value


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("{ a, b }", ["a", "b"]),
        ("{ [0] = a, [N] = b(c, d), }", ["[0]=a", "[N]=b(c,d)"]),
        ("(fn_t[]){ a }", ["a"]),
        ("{ .open = a }", []),
        ("{ { a }, { b } }", []),
        ("f(a)", []),
        ("x", []),
        ("({ a; })", []),
        ("{}", []),
        ("", []),
    ],
)
def test_listed_values(text: str, values: list[str]) -> None:
    assert [spell(value) for value in listed_values(tokenize(text))] == values
