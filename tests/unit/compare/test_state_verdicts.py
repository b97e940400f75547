"""Assignments, conditions, labels and jumps in the tree they stand in."""

import pytest
from noted import noted

from analyzer.compare.verdicts import judge
from analyzer.model.checks import Verdict
from analyzer.pipeline.facts import SessionFacts


def verdict(kernel: SessionFacts, text: str) -> Verdict:
    """That on the last state line of a tree."""
    block = noted(text)
    found = judge(block, kernel).verdicts
    return next(v for item, v in zip(block.items[::-1], found[::-1], strict=True) if item.kind != "call")


def told(kernel: SessionFacts, text: str) -> str:
    found = verdict(kernel, text)
    return f"{found.kind}: {found.message}" if found.message else found.kind


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("sock->state = SS_BOUND", "statement-ok"),
        ("sock->state = 7", "statement-changed"),
        ("sock->ops = NULL", "statement-changed"),
        ("if (type < 0)", "statement-ok"),
        ("if (type > 0)", "statement-changed: sock_create has `if (type < 0)`"),
        ("goto out", "statement-ok"),
        ("goto done", "statement-changed"),
    ],
)
def test_lines_of_the_function_above(kernel: SessionFacts, line: str, expected: str) -> None:
    assert told(kernel, f"sock_create()\n    {line}\n    sock_free()").startswith(expected)


def test_a_statement_of_another_function_of_the_tree(kernel: SessionFacts) -> None:
    found = verdict(
        kernel, "sock_create()\n    sock_init()\n        sock_set()\n    sock_free()\n        sock->type = type"
    )
    assert (found.kind, found.message) == ("statement-changed", "sock_create does that")  # by way of sock_init


def test_a_statement_of_a_caller_that_the_note_has_not(kernel: SessionFacts) -> None:
    text = "sock_init()\n    sock_set()\n    sock->state = {}"
    assert told(kernel, text.format("SS_BOUND")) == "statement-changed: sock_create does that"
    assert told(kernel, text.format("7")) == "statement-changed: sock_init does not assign sock->state"


def test_where_a_statement_stands(kernel: SessionFacts) -> None:
    found = verdict(kernel, "sock_create()\n    sock_free()\n        sock->state = SS_FREE")
    assert found.place is not None and (found.place.file, found.place.line) == ("net/socket.c", 12)


def test_an_else_holds_with_its_condition(kernel: SessionFacts) -> None:
    text = "sock_reset()\n    if ({})\n        sock_drop()\n    else\n        sock_flush()"
    assert told(kernel, text.format("hard")) == "statement-ok"
    assert told(kernel, text.format("soft")) == "unparsed: the condition before it is not known"


def test_statements_below_a_call_that_is_none(kernel: SessionFacts) -> None:
    """Below a pointer that nothing goes through no function is known; an unheard name leaves the caller."""
    text = "sock_create()\n    {}\n        sock->type = 1\n    sock_free()"
    assert told(kernel, text.format("sock->ops->listen()")) == (
        "unparsed: the function of this statement is not known"
    )
    assert told(kernel, text.format("sock_gone()")) == "statement-changed: sock_set has `sock->type = type`"
