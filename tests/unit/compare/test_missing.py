"""Calls that are not where a note has them."""

import itertools

import pytest
from noted import item

from analyzer.compare.missing import elsewhere, names, no_slot, passed_along, positions_along, wrong_way
from analyzer.compare.places import Place
from analyzer.model.callgraph import Edge, FunctionRef
from analyzer.model.checks import Verdict
from analyzer.pipeline.facts import SessionFacts


def ref(kernel: SessionFacts, name: str) -> FunctionRef:
    (found,) = kernel.refs(name)
    return found


def edge(kernel: SessionFacts, caller: str, callee: str) -> Edge:
    (found,) = [e for e in kernel.callees(ref(kernel, caller)) if e.callee and e.callee.name == callee]
    return found


def way(kernel: SessionFacts, *functions: str) -> list[Edge]:
    return [edge(kernel, *pair) for pair in itertools.pairwise(functions)]


@pytest.mark.parametrize(
    ("functions", "sentence"),
    [
        ([], "the caller"),
        (["f"], "f"),
        (["f", "g"], "f, g"),
        (["f", "g", "f", "h", "i"], "f, g (+2)"),
    ],
)
def test_functions_in_a_sentence(functions: list[str], sentence: str) -> None:
    assert names([FunctionRef(name, f"{at}.c", 1) for at, name in enumerate(functions)]) == sentence


def test_values_along_a_way(kernel: SessionFacts) -> None:
    """Each function's parameters in the words of the first caller; the last call is not made yet."""
    steps = way(kernel, "sock_create", "sock_init", "sock_set")
    place = Place((ref(kernel, "sock_create"),), values={"type": "SOCK_RAW"})
    assert passed_along(kernel, steps, place) == {"sock": "sock", "type": "SOCK_RAW"}
    assert passed_along(kernel, steps[:1], place) == {"type": "SOCK_RAW"}


def test_positions_along_a_way_begin_in_the_place(kernel: SessionFacts) -> None:
    steps = way(kernel, "sock_create", "sock_init", "sock_set")
    found = positions_along(kernel, steps, Place((ref(kernel, "sock_create"),)))
    assert {file for file, _ in found} == {"net/socket.c"}
    assert {tuple(line for line, _ in route) for _, route in found} == {(20, 8)}
    assert positions_along(kernel, steps, Place((ref(kernel, "sock_free"),))) == ()
    assert positions_along(kernel, [], Place((ref(kernel, "sock_create"),))) == ()


def test_a_line_that_belongs_under_another(kernel: SessionFacts) -> None:
    steps = way(kernel, "sock_create", "sock_init", "sock_set")
    found = wrong_way(item("call", "sock_set"), [ref(kernel, "sock_create")], steps, 4)
    assert (found.kind, found.message) == ("wrong-caller", "sock_init calls it, not sock_create")
    assert (found.nearest, found.fix) == ("sock_init", ("move", "4"))
    assert found.place is not None and found.place.line == 8
    assert [step.caller.name for step in found.path] == ["sock_create", "sock_init"]


def absent(kernel: SessionFacts, name: str, start: str, *listed: str) -> Verdict:
    """The verdict on a call under `start` in a note that has the functions `listed` in its lines 1, 2, …"""
    others = [(at, lambda one=one: kernel.refs(one)) for at, one in enumerate(listed, 1)]
    return elsewhere(kernel, item("call", name), kernel.refs(start), others)


def test_callers_that_the_note_has_come_first(kernel: SessionFacts) -> None:
    found = absent(kernel, "sock_set", "inet_port", "sock_free", "sock_init")
    assert (found.message, found.fix) == ("sock_init calls it, not inet_port", ("move", "2"))


def test_callers_that_the_note_has_not(kernel: SessionFacts) -> None:
    found = absent(kernel, "sock_set", "inet_port", "sock_free")
    assert (found.message, found.fix) == ("inet_port does not call it; sock_init does", None)
    assert found.place is not None and (found.place.file, found.place.line) == ("net/socket.c", 8)


def test_what_only_a_pointer_calls(kernel: SessionFacts) -> None:
    found = absent(kernel, "inet_bind", "inet_port")
    assert found.message == "inet_port does not call it; it is called through .bind of inet_ops"


def test_what_nothing_calls(kernel: SessionFacts) -> None:
    found = absent(kernel, "sock_create", "inet_port")
    assert found.message == "inet_port does not call it"
    assert found.place is not None and found.place.line == 14  # its definition


@pytest.mark.parametrize(
    ("callee", "name", "kind", "message"),
    [
        ("inet_ops->listen", "listen", "wrong-caller", "inet_ops has no .listen"),
        ("gone_ops->bind", "bind", "unknown-function", "nothing is called gone_ops"),
    ],
)
def test_tables_without_the_member(kernel: SessionFacts, callee: str, name: str, kind: str, message: str) -> None:
    found = no_slot(kernel, item("pointer", name, callee=callee), Place((ref(kernel, "sock_create"),)))
    assert found is not None and (found.kind, found.message) == (kind, message)


def test_a_variable_is_no_table(kernel: SessionFacts) -> None:
    place = Place(targets=(edge(kernel, "sock_create", "inet_bind"),))
    assert no_slot(kernel, item("pointer", "bind", callee="sock->bind"), place) is None
