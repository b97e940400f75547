"""Which words are annotations and loops, learned from a tree's own headers."""

import pytest

from analyzer.extract.dialect import BASE_WORDS, classify, combine, is_loop_head, learn


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("", "blank"),
        ("__attribute__((__cold__))", "blank"),
        ("__section(\".init.text\") __cold", "blank"),
        ("static", "static"),
        ("static __always_inline", "static"),
        ("inline __attribute__((unused))", "inline"),
        ("1", None),
        ("struct x", None),
        ("volatile", None),
        ("__attribute__((x", None),
        ("other_word", None),
    ],
)  # fmt: skip
def test_classes(body: str, kind: str | None) -> None:
    assert classify(body) == kind


@pytest.mark.parametrize(
    ("body", "loop"),
    [
        ("for (i = 0; i < n; i++)", True),
        ("for (p = (h)->next; p != (h); p = p->next) if (alive(p))", True),
        ("for (;;) if (!c) {} else", True),
        ("while ((x = next(x)))", True),
        ("list_for_each_entry(p, h, m)", True),
        ("do { f(); } while (0)", False),
        ("f(x)", False),
        ("({ for (;;) ; })", False),
        ("", False),
    ],
)
def test_loop_heads(body: str, loop: bool) -> None:
    assert is_loop_head(body) is loop


def test_a_header_teaches_the_tree() -> None:
    header = b"""
#ifndef _LINUX_A_H
#define _LINUX_A_H
#define __fast		__attribute__((__hot__))
#define __shape(x)	__attribute__((__aligned__(x)))
#define queue_walk(q, p)	for (p = (q)->first; p; p = p->next)
#define LIMIT		32
#endif
"""
    words = combine([("include/linux/a.h", learn(header))]).words
    assert words[b"__fast"] == "blank"
    assert words[b"__shape"] == "call"
    assert words[b"queue_walk"] == "loop"
    assert not {b"_LINUX_A_H", b"LIMIT"} & set(words)


def test_a_word_that_is_something_else_elsewhere_is_not_taken() -> None:
    lessons = [
        ("include/linux/a.h", learn(b"#define __odd __attribute__((unused))\n")),
        ("include/linux/b.h", learn(b"#define __odd 3\n")),
    ]
    assert b"__odd" not in combine(lessons).words


def test_plain_words_of_drivers_are_not_taken() -> None:
    lesson = learn(b"#define nothing_here\n#define fast __attribute__((hot))\n")
    words = combine([("drivers/x/a.h", lesson)]).words
    assert not {b"fast", b"nothing_here"} & set(words)


def test_identity_tells_dialects_apart_and_order_does_not_matter() -> None:
    one = ("include/a.h", learn(b"#define __one __attribute__((a))\n"))
    two = ("include/b.h", learn(b"#define __two __attribute__((b))\n"))
    assert combine([one, two]).identity == combine([two, one]).identity
    assert combine([one]).identity != combine([two]).identity
    assert combine([]).words == BASE_WORDS
