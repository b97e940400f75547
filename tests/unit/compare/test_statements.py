"""What differs between two bodies beside their calls."""

import textwrap

import pytest

from analyzer.compare.statements import Told, differences, told
from analyzer.extract.extractor import extract
from analyzer.extract.statements import read_body
from analyzer.model.body import Body


def body(statements: str) -> Body:
    lines = textwrap.indent(textwrap.dedent(statements).strip("\n"), "\t")
    data = f"int f(struct sock *sk, int a)\n{{\n{lines}\n}}\n".encode()
    (definition,) = extract(data).definitions
    found = read_body(data, start=definition.start, brace=definition.body, end=definition.end)
    assert found is not None
    return found


def changed(before: str, after: str) -> list[tuple[str, str, str]]:
    def tell(text: str) -> tuple[Told, ...]:
        return told(body(text), None, lambda name: name in ("WRITE_ONCE", "inet_set_bit"))

    forth = differences(tell(before), tell(after))
    back = differences(tell(after), tell(before))
    assert sorted((c.what, c.after, c.before) for c in back) == sorted((c.what, c.before, c.after) for c in forth)
    return [(c.what, c.before, c.after) for c in forth]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("if (sk == NULL)\n\treturn -1;", "if (!sk)\n\treturn -1;"),
        ("if (sk->next != NULL)\n\treturn -1;", "if (sk->next)\n\treturn -1;"),
        ("if (unlikely(a))\n\treturn 1;", "if (a)\n\treturn 1;"),
        ("a = 1;", "a = 2;"),  # a local variable
        ("inet_set_bit(X, sk);", "inet_set_bit( X , sk );"),
        ("if (a && sk == NULL)\n\treturn 1;", "if (a && !sk)\n\treturn 1;"),
    ],
)
def test_what_means_the_same(before: str, after: str) -> None:
    assert changed(before, after) == []


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("err = -ENOBUFS;", "err = -ENOMEM;", ("result", "err = -ENOBUFS", "err = -ENOMEM")),
        ("if (a < 1)\n\ta++;", "if (a < 2)\n\ta++;", ("condition", "if (a < 1)", "if (a < 2)")),
        ("sk->x = 1;", "inet_set_bit(X, sk);", ("assignment", "sk->x = 1", "")),
        ("if (sk == NULL)\n\ta++;", "if (sk)\n\ta++;", ("condition", "if (sk == NULL)", "")),
    ],
)
def test_what_differs(before: str, after: str, expected: tuple[str, str, str]) -> None:
    assert expected in changed(before, after)


def test_only_what_was_reached() -> None:
    whole = body("if (a)\n\tsk->x = 1;\nsk->y = 2;")
    last = whole.statements[-1]
    assert [statement.text for statement in told(whole, {last.place.start})] == ["sk->y = 2"]
