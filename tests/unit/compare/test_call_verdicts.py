"""Lines that say calls, each with what the kernel says to it."""

import pytest
from noted import block, item, noted

from analyzer.compare.call_verdicts import CallVerdicts
from analyzer.compare.names import Renames
from analyzer.compare.standing import Standing
from analyzer.model.checks import Item
from analyzer.pipeline.facts import SessionFacts


def judged(kernel: SessionFacts, text: str, **bound: str) -> Standing:
    """A tree of calls, judged line by line."""
    tree = Standing(noted(text), kernel, bound, None)
    calls = CallVerdicts(tree, kernel, Renames(kernel, ()))
    for at, line in enumerate(tree.items):
        place = tree.place(at)
        tree.judged.append(calls.root(line) if place is None else calls.judge(at, line, place))
    return tree


def last(kernel: SessionFacts, text: str) -> str:
    verdict = judged(kernel, text).judged[-1].verdict
    return f"{verdict.kind}: {verdict.message}" if verdict.message else verdict.kind


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("sock_create(sock, type)\n    sock_init(sock, type)", "ok"),
        ("sock_create()\n    sock_init()\n        sock_set()", "ok"),
        ("sock_create()\n    sock_set()", "elided: through sock_init"),
        ("sock_create()\n    [...]\n        sock_set()", "ok: through sock_init"),
        ("sock_create()\n    sock_init(type)", "arguments: the call is sock_init(sock, type)"),
        ("sock_create()\n    sock_init()\n    sock_set()", "wrong-caller: sock_init calls it, not sock_create"),
        ("sock_create()\n    inet_port()", "elided: through inet_bind"),
        ("sock_init()\n    sock_free()", "wrong-caller: sock_init does not call it; sock_create does"),
        ("sock_create()\n    sock_gone()", "unknown-function: no function is called sock_gone"),
    ],
)
def test_calls_by_name(kernel: SessionFacts, text: str, verdict: str) -> None:
    assert last(kernel, text) == verdict


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("sock_create()\n    sock->ops->bind(sock, 80)", "ok"),
        ("sock_create()\n    sock->ops->bind()\n        inet_bind()", "ok"),
        ("sock_create()\n    sock->ops->bind()\n        inet_port()", "elided: through inet_bind"),
        ("sock_create()\n    sock->ops->listen(sock)", "wrong-caller: sock_create has no call through listen"),
        ("sock_init()\n    sock->ops->bind()", "wrong-caller: sock_init has no call through bind"),
    ],
)
def test_calls_through_pointers(kernel: SessionFacts, text: str, verdict: str) -> None:
    assert last(kernel, text) == verdict


def test_values_go_down_the_tree(kernel: SessionFacts) -> None:
    """What the note gives for an argument may stand for the parameter below."""
    text = "sock_create()\n    sock->ops->bind(sock, 80)\n        inet_bind()\n            inet_port(80)"
    assert last(kernel, text) == "ok"
    assert last(kernel, text.replace("port(80)", "port(81)")).startswith("arguments")


def test_bindings_are_values_of_the_roots_parameters(kernel: SessionFacts) -> None:
    text = "sock_create()\n    sock_init(sock, SOCK_RAW)"
    assert judged(kernel, text).judged[1].verdict.kind == "arguments"
    assert judged(kernel, text, type="SOCK_RAW").judged[1].verdict.kind == "ok"
    assert judged(kernel, text, other="SOCK_RAW").judged[1].verdict.kind == "arguments"


def test_a_line_that_fails_still_tells_where_its_own_stand(kernel: SessionFacts) -> None:
    tree = judged(kernel, "sock_free()\n    sock_init()\n        sock_set()")
    assert [j.verdict.kind for j in tree.judged] == ["ok", "wrong-caller", "ok"]


def test_lines_know_their_places_in_the_source(kernel: SessionFacts) -> None:
    tree = judged(kernel, "sock_create()\n    sock_init()\n    sock_free()")
    assert [sorted({route[0][0] for _, route in j.options}) for j in tree.judged] == [[], [20], [27]]


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        (item("call", "sock_create"), "ok"),
        (item("call", "sock_create", declared=True, arguments=("struct socket *sock", "int type")), "ok"),
        (item("call", "sock_create", declared=True, arguments=("struct socket *sock",)), "arguments"),
        (item("call", "sock_gone"), "unknown-function"),
        (item("pointer", "bind", callee="inet_ops->bind"), "ok"),
        (item("pointer", "bind", callee="sock->bind"), "unparsed"),
    ],
)
def test_a_root_is_a_function_or_a_tables_entry(kernel: SessionFacts, line: Item, verdict: str) -> None:
    tree = Standing(block(line), kernel, {}, None)
    assert CallVerdicts(tree, kernel, Renames(kernel, ())).root(line).verdict.kind == verdict
