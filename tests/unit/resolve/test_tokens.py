"""Preprocessing tokens, and the calls in a run of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.resolve.tokens import (
    arguments_of,
    close_of,
    find_calls,
    last_member,
    open_of,
    spell,
    split,
    split_arguments,
    text_close_of,
    tokenize,
    value_end,
)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("a->b.c", ["a", "->", "b", ".", "c"]),
        ("x##y # z", ["x", "##", "y", "#", "z"]),
        ("0x1fUL 1.5e+3 .5", ["0x1fUL", "1.5e+3", ".5"]),
        (r'"a\"b(" L"w"', [r'"a\"b("', 'L"w"']),
        (r"'\'' 'x'", [r"'\''", "'x'"]),
        ("a<<=b...", ["a", "<<=", "b", "..."]),
        ("a+++b", ["a", "++", "+", "b"]),
    ],
)
def test_tokenize(text: str, tokens: list[str]) -> None:
    assert [token.text for token in tokenize(text)] == tokens


@pytest.mark.parametrize("text", ["a - -b", "a+ ++b", "return x", "a & &b", "int*p", "x=*p", "'a' b", "a < <b"])
def test_spelling_reads_back(text: str) -> None:
    tokens = tokenize(text)
    assert tokenize(spell(tokens)) == tokens


@pytest.mark.parametrize(
    ("text", "opening"),
    [
        ("a(b[c](d))", "a"),
        ("x->f[g[1]]", "x->f"),
        ("({ a; })", ""),
        ("(t){ b }", "(t)"),
        ("(a]", None),
        (")", None),
    ],
)
def test_what_a_closing_bracket_closes(text: str, opening: str | None) -> None:
    tokens = tokenize(text)
    at = open_of(tokens, len(tokens) - 1)
    assert (spell(tokens[:at]) if at >= 0 else None) == opening


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("f(a, b); g", "f(a,b)"),
        ("a, b", "a"),
        ("{ 1, 2 }; x", "{1,2}"),
        ("x[i]", "x[i]"),
        ("a) + b; c", "a"),
        ("({ a; b, c; }), d", "({a;b,c;})"),
    ],
)
def test_a_value_ends_where_nothing_of_it_can_follow(text: str, value: str) -> None:
    tokens = tokenize(text)
    assert spell(tokens[: value_end(tokens, 0)]) == value


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a, f(b, c), { d, e }", ["a", "f(b,c)", "{d,e}"]),
        ("a,, b", ["a", "", "b"]),
        ("a, ", ["a"]),
        ("", []),
        ("a) , b", ["a),b"]),
    ],
)
def test_split(text: str, parts: list[str]) -> None:
    assert [spell(part) for part in split(tokenize(text), ",")] == parts


@pytest.mark.parametrize(
    ("brackets", "arguments"),
    [("([{", ["(struct t){1,2}", "f(a,b)"]), ("(", ["(struct t){1", "2}", "f(a,b)"])],
)
def test_what_separates_arguments(brackets: str, arguments: list[str]) -> None:
    tokens = tokenize("F((struct t){1, 2}, f(a, b))")
    call = next(c for c in find_calls(tokens) if c.name == "F")
    assert [spell(a) for a in arguments_of(tokens, call, brackets=brackets)] == arguments


@pytest.mark.parametrize(
    ("text", "inside"),
    [("f(a, (b)) c)", "(a, (b))"), (r'f(")", "\"(", x)', r'(")", "\"(", x)'), ("f(')')", "(')')"), ("f(a", "")],
)
def test_parentheses_of_a_text(text: str, inside: str) -> None:
    opening = text.index("(")
    assert text[opening : text_close_of(text, opening) + 1] == inside


def test_close() -> None:
    tokens = tokenize("f((a), g[b(c)]) + (d")
    assert close_of(tokens, 1) == 13
    assert close_of(tokens, len(tokens) - 2) == -1


def calls(text: str) -> list[tuple[str, str]]:
    """(name, callee's text) of the calls in a piece of C."""
    tokens = tokenize(text)
    return [(c.name, spell(tokens[c.start : c.opening])) for c in find_calls(tokens)]


@pytest.mark.parametrize(
    ("text", "callees"),
    [
        ("(&f)(x)", ["f"]),
        ("f(g(x))", ["f", "g"]),
        ("a = f(x) + (g)(y);", ["f", "g"]),
        ("return f(x);", ["f"]),
        ("else f(x);", ["f"]),
        ("do f(x); while (g(y));", ["f", "g"]),
        ("if (f(x)) while (g()) for (h();;) ;", ["f", "g", "h"]),
        ("sizeof(f(x)) + typeof(y)(z)", ["f"]),
        ("(unsigned long)(x)", []),
        ("(u32)(x) + (struct s *)(y)", []),
        ("int f(int x);", []),
        ("struct sock *make(void);", []),
        ("a = x * f(y)", ["f"]),
        ("__attribute__((__section__(s))) f(x)", ["f"]),
    ],
)
def test_named_calls(text: str, callees: list[str]) -> None:
    assert [name for name, _ in calls(text)] == callees


@pytest.mark.parametrize(
    ("text", "callee"),
    [
        ("a->b(c)", "a->b"),
        ("a.b.c(d)", "a.b.c"),
        ("t[i](x)", "t[i]"),
        ("f(x)->g(y)", "f(x)->g"),
        ("(*p)(x)", "(*p)"),
        ("(*a->b)(x)", "(*a->b)"),
        ("(x)->ops->run(y)", "(x)->ops->run"),
        ("x = y + a[1].b(c)", "a[1].b"),
        ("if ((p)->f) (p)->f(x)", "(p)->f"),
        ("while (g()) (*q)->ops->f(x)", "(*q)->ops->f"),
    ],
)
def test_computed_calls(text: str, callee: str) -> None:
    assert ("", callee) in calls(text)


def test_cleanup_is_a_call() -> None:
    assert [n for n, _ in calls("int f __attribute__((__cleanup__(drop))) = g();")] == [
        "__cleanup__",
        "g",
    ]


@pytest.mark.parametrize(
    ("text", "member"),
    [
        ("new->hooks[n].hook", "hook"),
        ("softirq_vec[nr].action", "action"),
        ("(*table[i].fn[a[n]])", "fn"),
        ("table[i]", ""),
        ("x", ""),
        ("a.b . c", "c"),
    ],
)
def test_last_member(text: str, member: str) -> None:
    assert last_member(text) == member


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("", [""]),
        (" a , b ", ["a", "b"]),
        ("f(a, b), c[i, j], (struct p){1, 2}", ["f(a, b)", "c[i, j]", "(struct p){1, 2}"]),
        ('"a, b", c', ['"a, b"', "c"]),
        (r'"\\", "say \"(\"", c', [r'"\\"', r'"say \"(\""', "c"]),
        (r"',', '\'', '(', c", ["','", r"'\''", "'('", "c"]),
        ("it's, c", ["it's", "c"]),
        ("({ f(a, b); }), c", ["({ f(a, b); })", "c"]),
    ],
)
def test_arguments_in_a_text(text: str, arguments: list[str]) -> None:
    assert split_arguments(text) == arguments


def test_only_parentheses_hold_arguments_together_for_the_preprocessor() -> None:
    assert split_arguments("a[i, j], {1, 2}, f(x, y)", brackets="(") == ["a[i", "j]", "{1", "2}", "f(x, y)"]


@given(
    st.lists(st.sampled_from(["a", '"x, y"', "f(a, (b))", r"'\\'", "','", r'"\""', "t[i, 0]", "({ g(1, 2); })"]))
)
def test_texts_and_tokens_are_split_alike(arguments: list[str]) -> None:
    text = f"call({', '.join(arguments)})"
    (call,) = (c for c in find_calls(tokenize(text)) if c.name == "call")
    found = [spell(argument) for argument in arguments_of(tokenize(text), call)]
    assert found == [spell(tokenize(argument)) for argument in arguments]
    assert split_arguments(text[5:-1]) == (arguments or [""])
