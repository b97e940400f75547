"""Call trees and lists as text."""

import pytest

from analyzer.errors import KcgError
from analyzer.graph.rooted import grow
from analyzer.graph.sites import Fold
from analyzer.graph.tree import build_tree
from analyzer.render.tables import callees_text, callers_text, path_text, targets_text
from analyzer.render.text import TextOptions, tree_rich, tree_text


@pytest.fixture
def sample(calls):
    calls.call("root", "open")
    calls.call("root", "open")
    calls.call("root", "x_out", macros=("OUT", "INNER"))
    calls.call("root", "open", guard="CONFIG_X")
    calls.slot("root", "p->run(p, 1)", "tcp", "udp", "raw")
    calls.slot("root", "q->run(p)")
    calls.call("open", "root")
    calls.call("tcp", "open")
    calls.call("tcp", "deep")
    calls.call("deep", "deeper")
    return calls


@pytest.fixture
def tree(sample):
    fold = Fold(targets=2)
    return build_tree(grow(sample.ref("root"), sample.successors, depth=2, fold=fold))


def test_unicode(tree):
    assert tree_text(tree) == (
        "root  (root.c:1)\n"
        "├── open()  ×2\n"
        "│   └── root()  ↺ recursive\n"
        "├── x_out()  via OUT > INNER  external\n"
        "├── open()  {CONFIG_X}  ↑ shown above\n"
        "├── p->run(p, 1)  ⇒ ops.run, 3 targets\n"
        "│   ├── [raw_ops] raw  (raw.c:1)\n"
        "│   ├── [tcp_ops] tcp  (tcp.c:1)\n"
        "│   │   ├── open()  ↑ shown above\n"
        "│   │   └── deep()  …\n"
        "│   └── … 1 more target\n"
        "└── q->run(p)  ⇒ ops.run, unresolved\n"
    )


def test_ascii_with_everything(tree):
    assert tree_text(tree, TextOptions("ascii", args=True, lines=True)) == (
        "root  (root.c:1)\n"
        "|-- open(a)  x2  [open.c:1]\n"
        "|   `-- root(a)  [root.c:1]  (recursive)\n"
        "|-- x_out(a)  via OUT > INNER  [external]\n"
        "|-- open(a)  {CONFIG_X}  [open.c:1]  (shown above)\n"
        "|-- p->run(p, 1)  [root.c:5]  => ops.run, 3 targets\n"
        "|   |-- raw_ops.run -> raw()  [raw.c:1]\n"
        "|   |-- tcp_ops.run -> tcp()  [tcp.c:1]\n"
        "|   |   |-- open(a)  [open.c:1]  (shown above)\n"
        "|   |   `-- deep(a)  [deep.c:1]  ...\n"
        "|   `-- ... 1 more target\n"
        "`-- q->run(p)  [root.c:8]  => ops.run, unresolved\n"
    )


def test_indent(chain):
    calls = chain("a>b>c")
    text = tree_text(build_tree(grow(calls.ref("a"), calls.successors, depth=2)), TextOptions("indent"))
    assert text == "a  (a.c:1)\n    b()\n        c()\n"


def test_reverse(calls):
    calls.call("main", "work")
    calls.call("work", "leaf")
    calls.slot("other", "p->run()", "leaf")
    tree = build_tree(grow(calls.ref("leaf"), calls.predecessors, depth=3, reverse=True))
    assert tree_text(tree, TextOptions(args=True, lines=True)) == (
        "leaf  (leaf.c:1)\n"
        "├── work()  calls leaf(a)  [work.c:1]\n"
        "│   └── main()  calls work(a)  [main.c:1]\n"
        "└── other()  through ops.run  calls p->run()  [other.c:1]\n"
    )


def test_colour_changes_no_text(tree):
    assert tree_rich(tree).plain == tree_text(tree)


def test_unknown_style(tree):
    with pytest.raises(KcgError) as caught:
        tree_text(tree, TextOptions("baroque"))
    assert "unicode" in caught.value.hint


def test_callers(sample):
    assert callers_text(sample.predecessors(sample.ref("open"))) == (
        "caller  site      how     call\n"
        "root    root.c:1  direct  open(a)\n"
        "root    root.c:2  direct  open(a)\n"
        "root    root.c:4  direct  open(a)\n"
        "tcp     tcp.c:1   direct  open(a)\n"
    )
    assert callers_text([]) == "no callers\n"


def test_callees(sample):
    lines = callees_text(sample.successors(sample.ref("root"))).splitlines()
    assert lines[0].split() == ["callee", "defined", "site", "how", "call"]
    assert lines[3] == "x_out         external  root.c:3  direct via OUT  x_out(a)"
    assert lines[5] == "tcp           tcp.c:1   root.c:5  ops.run         p->run(p, 1)"
    assert lines[-1] == "(unresolved)            root.c:8  ops.run         q->run(p)"


def test_path(sample):
    root = sample.ref("root")
    edges = sample.successors(root)
    assert path_text(root, [edges[0]]) == (
        "function  defined   called\nroot      root.c:1\nopen      open.c:1  open(a)  direct at root.c:1\n"
    )


def test_targets(sample):
    root = sample.ref("root")
    assert targets_text(root, sample.successors(root)) == (
        "root  (root.c:1)\n"
        "\n"
        "root.c:5  p->run(p, 1)\n"
        "  ops.run, 3 targets\n"
        "  target  defined  rule  confidence  evidence\n"
        "  raw     raw.c:1        certain     raw_ops at raw.c:9\n"
        "  tcp     tcp.c:1        certain     tcp_ops at tcp.c:9\n"
        "  udp     udp.c:1        certain     udp_ops at udp.c:9\n"
        "\n"
        "root.c:8  q->run(p)\n"
        "  ops.run, unresolved\n"
    )
    assert "no indirect calls" in targets_text(sample.ref("open"), [])
