"""DOT and Mermaid sources."""

from dataclasses import replace

import msgspec
import pytest

from analyzer.errors import KcgError
from analyzer.graph.rooted import grow
from analyzer.model.callgraph import Evidence, Slot
from analyzer.render.dot import DotOptions, to_dot, wrap
from analyzer.render.drawing import draw
from analyzer.render.mermaid import to_mermaid
from analyzer.render.words import ELIXIR

pygraphviz = pytest.importorskip("pygraphviz")


@pytest.fixture
def graph(calls):
    calls.call("root", "open")
    calls.call("root", "open")
    calls.call("root", "x_out")
    calls.slot("root", 'p->run("a\\n")', "tcp", "udp")
    calls.slot("open", "q->run(p)", "udp")
    for _ in range(3):
        calls.slot("tcp", f"q->f{_}()")
    calls.slot("udp", "r->run(p)")
    return grow(calls.ref("root"), calls.successors, depth=3)


def test_links_and_junctions(graph):
    drawing = draw(graph)
    assert [(link.tail, link.head, link.kind, link.label) for link in drawing.links] == [
        ("root (root.c line 1)", "open (open.c line 1)", "direct", ""),
        ("root (root.c line 1)", "x_out (external)", "direct", ""),
        ("root (root.c line 1)", "call 1 of root", "stem", ""),
        ("call 1 of root", "tcp (tcp.c line 1)", "indirect", ""),
        ("call 1 of root", "udp (udp.c line 1)", "indirect", ""),
        ("open (open.c line 1)", "udp (udp.c line 1)", "indirect", "ops.run"),
        ("tcp (tcp.c line 1)", "call 2 of tcp", "stem", ""),
        ("udp (udp.c line 1)", "call 3 of udp", "stem", ""),
    ]
    assert {box.function.name: box.held for box in drawing.boxes if box.held} == {
        "tcp": "tcp_ops",
        "udp": "udp_ops",
    }
    assert [(j.label, j.resolved) for j in drawing.junctions] == [
        ("ops.run\n2 targets", True),
        ("3 unresolved calls", False),
        ("r->run", False),
    ]
    assert drawing.describe() == (
        "Call graph of root: root (root.c:1), 5 functions in 4 files, 2 direct calls, "
        "3 calls through pointers, 2 unresolved."
    )


def test_callers_of_one_slot_share_a_junction(calls):
    calls.call("a", "b")
    calls.slot("a", "p->run()", "t1", "t2")
    calls.slot("b", "q->run()", "t1", "t2")
    drawing = draw(grow(calls.ref("a"), calls.successors, depth=3))
    assert len(drawing.junctions) == 1
    assert sum(link.kind == "stem" for link in drawing.links) == 2


def test_a_target_of_two_tables_has_them_beside_its_arrows(calls):
    calls.slot("a", "p->run()", "t1", "t2")
    calls.slot("a", "q->stop()", "t1", "t3")
    edges = calls.edges[calls.ref("a")]
    other = (Evidence("t1.c", 20, "t1_others"),)
    edges[2] = msgspec.structs.replace(edges[2], slot=Slot("ops", "stop"), evidence=other)
    edges[3] = msgspec.structs.replace(edges[3], slot=Slot("ops", "stop"))
    drawing = draw(grow(calls.ref("a"), calls.successors, depth=3))
    assert {b.function.name: b.held for b in drawing.boxes} == {"a": "", "t1": "", "t2": "t2_ops", "t3": "t3_ops"}
    assert sorted(link.label for link in drawing.links if link.head.startswith("t1 ")) == ["t1_ops", "t1_others"]


def test_calls_on_failure_are_told_apart(chain):
    calls = chain("a>b a>undo>b a>c")
    graph = grow(calls.ref("a"), calls.successors, depth=3)
    undo = calls.edges[calls.ref("a")][1].site
    drawing = draw(replace(graph, failing=frozenset((undo,))))
    assert [(link.head.partition(" ")[0], link.failing) for link in drawing.links] == [
        ("b", False),
        ("undo", True),
        ("c", False),
        ("b", False),
    ]
    assert 'label="on failure"' in to_dot(replace(graph, failing=frozenset((undo,))))
    assert "on failure" not in to_dot(graph)


def test_marked_calls_stand_out_through_a_shared_junction(calls):
    calls.call("a", "b")
    calls.slot("a", "p->run()", "t1", "t2")
    calls.slot("b", "q->run()", "t1", "t2")
    graph = grow(calls.ref("a"), calls.successors, depth=3)
    marked = {(calls.ref("a"), calls.ref("b")), (calls.ref("b"), calls.ref("t2"))}
    lines = {(link.tail, link.head) for link in draw(graph, marked=marked).links if link.marked}
    assert lines == {
        ("a (a.c line 1)", "b (b.c line 1)"),
        ("b (b.c line 1)", "call 1 of a"),
        ("call 1 of a", "t2 (t2.c line 1)"),
    }
    assert "penwidth=2.5" in to_dot(graph, DotOptions(marked=marked))
    assert "linkStyle 0," in to_mermaid(graph, marked=marked)
    assert not any(link.marked for link in draw(graph).links)


def test_dot_is_deterministic_and_can_be_drawn(graph):
    text = to_dot(graph, DotOptions(url=ELIXIR, version="6.1"))
    assert text == to_dot(graph, DotOptions(url=ELIXIR, version="6.1"))
    svg = pygraphviz.AGraph(string=text).draw(format="svg", prog="dot").decode()
    assert "<title>Call graph of root</title>" in svg
    assert "<title>open (open.c line 1)</title>" in svg
    assert "https://elixir.bootlin.com/linux/v6.1/source/tcp.c#L1" in svg
    assert r"p&#45;&gt;run(&quot;a\n&quot;) at root.c:4" in svg
    assert "direct call" in svg


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_themes(graph, theme):
    assert "digraph" in to_dot(graph, DotOptions(theme=theme))


def test_unknown_theme(graph):
    with pytest.raises(KcgError):
        to_dot(graph, DotOptions(theme="pink"))


def test_no_url_no_links(graph):
    assert "URL" not in to_dot(graph)


def test_a_budget_is_kept_and_said(calls):
    for number in range(30):
        calls.call("root", f"f{number}")
        calls.call(f"f{number}", f"g{number}")
    graph = grow(calls.ref("root"), calls.successors, depth=3)
    drawing = draw(graph, max_functions=10)
    assert len(drawing.boxes) == 10
    assert "10 functions drawn, 51 folded" in to_dot(graph, DotOptions(max_functions=10))
    assert "51 functions not drawn." in drawing.describe()


def test_reverse_arrows_point_from_caller_to_callee(chain):
    calls = chain("a>c b>c")
    graph = grow(calls.ref("c"), calls.predecessors, depth=2, reverse=True)
    heads = {(link.tail[0], link.head[0]) for link in draw(graph).links}
    assert heads == {("a", "c"), ("b", "c")}


def test_wrapping():
    assert wrap("short") == ["short"]
    assert wrap("security_socket_post_create_and_more") == [
        "security_socket_post_",
        "create_and_more",
    ]
    assert "".join(wrap("x" * 100)) == "x" * 100


def test_mermaid(graph):
    text = to_mermaid(graph, url="{file}#{line}")
    assert text == to_mermaid(graph, url="{file}#{line}")
    lines = [line.strip() for line in text.splitlines()]
    assert lines[3] == "flowchart LR"
    for line in (
        'f0["root"]:::root',
        'f2["x_out"]:::external',
        's0>"ops.run<br/>2 targets"]:::site',
        's2{"? r-#gt;run"}:::unresolved',
        "f0 --> f1",
        'f3["[tcp_ops] tcp"]',
        "s0 -.-> f3",
        'click f1 href "open.c#1"',
    ):
        assert line in lines
