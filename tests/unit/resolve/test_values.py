"""Where the value of a name goes from its mentions in a body."""

import pytest

from analyzer.resolve.values import Given, Put, member_at, uses_of

WAYS = {
    "x->f = fn;": [Put("x->f")],
    "a = b = fn;": [Put("b"), Put("a")],
    "int (*g)(int) = fn, other = 1;": [Put("int (*g)(int)")],
    "int one = 1, *p = fn;": [Put("*p")],
    "return n ? fn : other;": [Put("")],
    "return (fn);": [Put("")],
    "if (fn) go();": [],
    "ok = fn == other;": [],
    "ok = other != fn;": [],
    "ok = !fn || a;": [],
    "x[fn] = 1;": [],
    "; { } fn;": [],
    "for (p = fn; p < end; p++) ;": [Put("p")],
}


@pytest.mark.parametrize("text", WAYS)
def test_ways(text: str) -> None:
    (use,) = uses_of(text.encode(), "fn")
    assert list(use.ways) == WAYS[text]
    assert not use.called


def test_calls_around_a_value_from_the_inside_out() -> None:
    text = "ret = OUTER(1, register(dev, (cb_t)fn), 2);"
    (use,) = uses_of(text.encode(), "fn")
    start = text.index("register")
    assert use.ways == (
        Given("register", 1, start, text.index(", 2")),
        Given("OUTER", 1, text.index("OUTER"), len(text) - 1),
        Put("ret"),
    )


@pytest.mark.parametrize("text", ["fn(1);", "(*fn)(1);", "fn[2](1);", "(n ? fn : other)(1);", "(fn)(1);"])
def test_calls_of_a_value(text: str) -> None:
    (use,) = uses_of(text.encode(), "fn")
    assert use.called


def test_members_and_names_are_told_apart() -> None:
    text = b"fn = x->y[1].fn; z.fn(1); f(x, ...fn);"
    assert [(u.start, u.end) for u in uses_of(text, "fn")] == [(0, 2), (text.index(b"...") + 3, len(text) - 2)]
    assert [text[u.start : u.end] for u in uses_of(text, "fn", member=True)] == [b"x->y[1].fn", b"z.fn"]
    (first, _) = uses_of(text, "fn", member=True)
    assert first.ways == (Put("fn"),)


def test_values_of_calls() -> None:
    (use,) = uses_of(b"get; x->f = get(a)(b); ", "get", called=True)
    assert use.called
    assert list(uses_of(b"p = get;", "get", called=True)) == []


@pytest.mark.parametrize(
    ("text", "member"),
    [
        (b"x = ti->type->iterate(ti, fn, 0);", b"ti->type->iterate"),
        (b"(a[1].ops)->iterate (ti, fn);", b"(a[1].ops)->iterate"),
        (b"iterate(ti, fn);", None),
    ],
)
def test_the_member_that_is_called(text: bytes, member: bytes | None) -> None:
    found = member_at(text, text.index(b"iterate"))
    assert (text[slice(*found)] if found else None) == member
