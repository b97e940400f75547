"""Which calls run only when something fails."""

import pytest

from analyzer.extract.extractor import extract
from analyzer.extract.statements import read_body
from analyzer.graph.error_paths import error_places, failing_sites
from analyzer.graph.rooted import grow
from analyzer.model.body import Body, calls
from analyzer.model.callgraph import Edge, FunctionRef, Location

TEXT = b"""\
int f(struct sock *sk)
{
	int err = first(sk);

	if (err) {
		report(sk);
		goto out_free;
	}
	if (wanted(sk))
		second(sk);
	else if (bad(sk) < 0)
		return -EINVAL;
	list_for_each_entry(sk, &all, node) {
		if (!third(sk)) {
			undo(sk);
			return -ENOMEM;
		}
	}
	return 0;
out_free:
	release(sk);
	return err;
}
"""
FAILING = ["report", "undo", "release"]


@pytest.fixture
def body() -> Body:
    (definition,) = extract(TEXT).definitions
    read = read_body(TEXT, start=definition.start, brace=definition.body, end=definition.end)
    assert read is not None
    return read


def test_branches_that_fail_and_error_labels(body: Body) -> None:
    tells = error_places(body)
    found = [c.name for c in calls(body) if tells(c.place.line, c.place.column)]
    assert found == FAILING
    assert not tells(1, 1)
    # what a macro makes inside a statement is where the statement is
    assert tells(6, 40) and not tells(10, 40)


def test_failing_sites_of_a_graph(body: Body) -> None:
    root = FunctionRef("f", "f.c", 1)
    edges = {root: [_edge(root, c.name, c.place.line, c.place.column) for c in calls(body)]}
    undo = FunctionRef("undo", "f.c", 90)
    edges[undo] = [_edge(undo, "deeper", 91, 2)]
    asked: list[str] = []

    def read(ref: FunctionRef) -> Body | None:
        asked.append(ref.name)
        return body if ref == root else None

    graph = grow(root, lambda ref: edges.get(ref, []), depth=3)
    found = failing_sites(graph, read, most=9)
    assert {edge.expression for edge in edges[root] if edge.site in found} == {f"{name}()" for name in FAILING}
    assert asked == ["f"]  # not what only failures lead to, nor what calls nothing
    assert failing_sites(graph, read, most=0) == frozenset()


def _edge(caller: FunctionRef, callee: str, line: int, column: int) -> Edge:
    end = FunctionRef(callee, "f.c", 90)
    return Edge(caller, end, Location(caller.file, line, column), "direct", f"{callee}()")
