"""Where the lines of a tree stand."""

from typing import cast

from noted import block, item

from analyzer.compare.judged import Judged
from analyzer.compare.kernel import Kernel
from analyzer.compare.places import Place
from analyzer.compare.standing import Standing
from analyzer.model.callgraph import FunctionRef
from analyzer.model.checks import Item, Verdict

OPEN = FunctionRef("open", "fs/open.c", 1)
READ = FunctionRef("read", "fs/read.c", 2)


class Named:
    """A kernel with two functions; counts how often it is asked for one."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def refs(self, name: str) -> tuple[FunctionRef, ...]:
        self.asked.append(name)
        return tuple(ref for ref in (OPEN, READ) if ref.name == name)


def tree(*items: Item, root: str = "", kernel: Named | None = None) -> Standing:
    return Standing(block(*items, root=root), cast(Kernel, kernel or Named()), {}, None)


def test_conditions_and_dots_are_no_callers() -> None:
    standing = tree(
        item("call", "open"),
        item("condition", "", 0),
        item("elided", "", 1),
        item("call", "read", 2),
        item("call", "close", 0),
    )
    assert [standing.caller(at) for at in range(5)] == [-1, 0, 0, 0, 0]
    assert [standing.skips(at) for at in range(5)] == [False, False, False, True, False]
    assert standing.children(0) == [1, 4]
    assert standing.children(4) == ()


def test_what_stands_beside_a_line_has_the_same_caller() -> None:
    standing = tree(
        item("call", "open"),
        item("condition", "", 0),
        item("call", "read", 1),
        item("call", "close", 0),
        item("call", "inner", 3),
        item("pointer", "bind", 0),
    )
    assert standing.beside(2) == {"close"}
    assert standing.beside(5) == {"read", "close"}
    assert standing.beside(4) == frozenset()


def test_the_place_of_a_line_is_below_its_caller() -> None:
    standing = tree(item("call", "open"), item("condition", "", 0), item("call", "read", 1))
    below = Place((OPEN,))
    standing.judged.append(Judged(Verdict("ok"), below))
    assert standing.place(0) is None
    assert standing.place(2) is below


def test_a_directive_may_name_the_function_around_the_tree() -> None:
    assert tree(item("call", "read"), root="open").place(0) == Place((OPEN,))
    assert tree(item("call", "open"), root="open").place(0) is None
    assert tree(item("call", "read"), root="gone").place(0) is None


def test_listing_asks_nothing_until_it_must() -> None:
    kernel = Named()
    standing = tree(
        item("call", "open"), item("call", "read", 0), item("call", "open", 0), item("call", "x", 0), kernel=kernel
    )
    standing.judged.append(Judged(Verdict("ok"), Place((OPEN,))))
    standing.judged.append(Judged(Verdict("ok"), Place))
    standing.judged.append(Judged(Verdict("ok"), Place()))
    listed = standing.listing(3)
    assert [number for number, _ in listed] == [0, 1]  # the first line of each function
    assert kernel.asked == []
    assert [list(functions()) for _, functions in listed] == [[OPEN], [READ]]
    assert kernel.asked == ["read"]  # of the other the place is known
    assert [number for number, _ in standing.listing(1)] == [0]


def test_a_root_is_executed_once_and_only_with_bindings() -> None:
    runs: list[tuple[str, str]] = []
    items = (item("call", "open", line=3), item("condition", "", 0, line=4), item("call", "read", 1, line=5))

    def execute(root: str, bound: object) -> None:
        runs.append((root, str(bound)))

    standing = Standing(block(*items), cast(Kernel, Named()), {"flags": "0"}, execute)
    for one in (*items, *items):
        standing.execution(one)
    assert runs == [("open", "{'flags': '0'}")]
    Standing(block(*items), cast(Kernel, Named()), {}, execute).execution(items[2])
    assert len(runs) == 1
