"""Lines that give arguments and stores by the values that an execution knows."""

from collections.abc import Sequence
from typing import cast

import pytest
from noted import item

from analyzer.compare.executed import passes, reached, stores
from analyzer.compare.kernel import Kernel
from analyzer.compare.places import Hit, Place
from analyzer.compare.spoken import Spoken, spoken
from analyzer.extract.extractor import extract
from analyzer.extract.statements import read_body
from analyzer.model.callgraph import Edge, FunctionRef, Location
from analyzer.model.known import Constants, Known

BODY = b"void f(struct sock *sk, int type)\n{\n\tsk->type = type;\n\tset(sk, type);\n\tsk->prot = prot;\n}\n"
F = FunctionRef("f", "net/a.c", 1)
SET, OTHER = FunctionRef("set", "net/b.c", 1), FunctionRef("other", "net/b.c", 9)
SITE = Location("net/a.c", 4, 2)
HIT_EDGES = [
    Edge(F, callee, SITE, "slot", "set(sk, type)", ("sk", "type"), (), None, "", "slot type", "likely", ())
    for callee in (SET, OTHER)
]


def hit(*edges: Edge) -> Hit:
    return Hit(F, SITE, "set(sk, type)", (("sk", "type"),), edges)


class Text:
    """A kernel with that function alone."""

    def callees(self, ref: FunctionRef) -> Sequence[Edge]:
        return HIT_EDGES

    def spoken(self, ref: FunctionRef) -> Spoken:
        (definition,) = extract(BODY).definitions
        body = read_body(BODY, start=definition.start, brace=definition.body, end=definition.end)
        return spoken(body, "net/a.c")


KERNEL = cast(Kernel, Text())


class Run:
    """An execution that knows what it is given."""

    def __init__(
        self, left: Sequence[Edge] = (), told: tuple[Constants, ...] = (), stored: Constants = ()
    ) -> None:
        self.left = left
        offsets = {BODY.index(b"sk->type = "): stored, BODY.index(b"sk->prot = "): ("&tcp_prot",)}
        self.facts = Known(frozenset(), frozenset(), {(4, 2): told}, offsets)

    def known(self, ref: FunctionRef, /) -> Known | None:
        return self.facts if ref == F else None

    def __call__(self, ref: FunctionRef, /) -> Sequence[Edge]:
        return self.left

    def number(self, ref: FunctionRef, text: str, /) -> int | None:
        return {"SOCK_STREAM": 1, "1": 1, "2": 2}.get(text)


def test_a_call_is_reached_if_its_edge_is_left() -> None:
    first, second = HIT_EDGES
    assert reached(Run([first]), KERNEL, [hit(first)])
    assert not reached(Run([second]), KERNEL, [hit(first)])
    assert reached(Run([second]), KERNEL, [hit(first), hit(second)])
    assert not reached(Run([]), KERNEL, [hit(first)])


def test_any_edge_of_the_site_will_do_when_the_line_means_none() -> None:
    assert reached(Run(HIT_EDGES[1:]), KERNEL, [hit()])
    assert not reached(Run([]), KERNEL, [hit()])


def test_what_has_no_edges_is_not_judged() -> None:
    elsewhere = Hit(F, Location("net/a.c", 9, 1), "x()", ())
    assert reached(Run([]), KERNEL, [elsewhere])
    assert reached(Run([]), KERNEL, [])


@pytest.mark.parametrize(
    ("given", "passed"),
    [
        (("sk", "SOCK_STREAM"), True),
        (("sk", "1"), True),
        (("sk", "type"), True),  # as written
        (("sk", "2"), False),
        (("sk", "unheard"), False),
        (("sk",), False),
        (("x", "1"), False),
    ],
)
def test_arguments_by_value(given: tuple[str, ...], passed: bool) -> None:
    line = item("call", "set", arguments=given)
    assert passes(Run(told=((), (1,))), line, Place((F,)), [hit()]) is passed


def test_an_argument_that_may_be_several_things_is_none_of_them() -> None:
    line = item("call", "set", arguments=("sk", "1"))
    assert not passes(Run(told=((), (1, 2))), line, Place((F,)), [hit()])
    assert not passes(Run(), line, Place((F,)), [hit()])


@pytest.mark.parametrize(
    ("left", "right", "where"),
    [
        ("sk->type", "SOCK_STREAM", 3),
        ("sk->type", "2", None),
        ("sk->prot", "tcp_prot", 5),
        ("sk->prot", "&tcp_prot", 5),
        ("sk->prot", "udp_prot", None),
        ("sk->other", "1", None),
    ],
)
def test_stores_by_value(left: str, right: str, where: int | None) -> None:
    line = item("assignment", "", left=left, right=right)
    found = stores(Run(stored=(1,)), KERNEL, line, Place((F,)))
    assert (found.line if found else None) == where


def test_nothing_is_known_of_functions_that_did_not_run() -> None:
    line = item("assignment", "", left="sk->type", right="1")
    assert stores(Run(stored=(1,)), KERNEL, line, Place((SET,))) is None
