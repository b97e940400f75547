"""Every style of a tree with statements, alternatives and marks."""

import pytest

from analyzer.graph.rooted import grow
from analyzer.graph.tree import CallTree, TreeFunction, TreeStep, build_tree
from analyzer.model.callgraph import Function, FunctionRef, Parameter
from analyzer.render.lines import Facts
from analyzer.render.text import STYLES, TextOptions, tree_rich, tree_text


@pytest.fixture
def tree(calls) -> CallTree:
    calls.call("root", "open")
    calls.call("open", "x_out")
    calls.call("open", "root")
    calls.slot("root", "p->run(p, 1)", "tcp")
    calls.slot("root", "q->run(p)", "udp", "raw")
    calls.call("root", "open")
    made = build_tree(grow(calls.ref("root"), calls.successors, depth=2), merge=False)
    first, *others = made.root.items
    step = TreeStep("condition", "if (a)", "root.c", 3, (first,), "CONFIG_A")
    leave = TreeStep("leave", "return -EINVAL", "root.c", 4)
    root = TreeFunction(made.root.function, None, 0, "", (step, leave, *others))
    return CallTree(root, False, 0)


def described(ref: FunctionRef) -> Function | None:
    if ref.external:
        return None
    return Function(ref, 9, "internal", False, "int", (Parameter("struct sock *", "sk"),))


FACTS = Facts(described, lambda ref: f"about {ref.name}" if ref.name == "open" else "", lambda _: "TCP")

EXPECTED = {
    "indent": """
root  (root.c:1)
\tif (a)  {CONFIG_A}
\t\topen(a)
\t\t\tx_out(a)  external
\t\t\troot(a)  ↺ recursive
\treturn -EINVAL
\tp->run(p, 1)  ⇒ ops.run, 1 target
\t\t[TCP] tcp_ops.run → tcp()
\tq->run(p)  ⇒ ops.run, 2 targets
\t\t[TCP] raw_ops.run → raw()
\t\t[TCP] udp_ops.run → udp()
\topen(a)  ↑ shown above
""",
    "box": """
root  (root.c:1)
|
+---- if (a)  {CONFIG_A}
|     |
|     +---- open(a)
|           |
|           +---- x_out(a)  external
|           +---- root(a)  (recursive)
+---- return -EINVAL
+---- p->run(p, 1)  => ops.run, 1 target
|     |
|     +---- [TCP] tcp_ops.run -> tcp()
+---- q->run(p)  => ops.run, 2 targets
|     |
|     +---- [TCP] raw_ops.run -> raw()
|     +---- [TCP] udp_ops.run -> udp()
+---- open(a)  (shown above)
""",
    "cflow": """
root() <int root(struct sock *sk) at root.c:1>:
\tif (a)  {CONFIG_A}:
\t\topen(a) <int open(struct sock *sk) at open.c:1>:
\t\t\tx_out(a)
\t\t\troot(a) <int root(struct sock *sk) at root.c:1> (recursive: see 1)
\treturn -EINVAL
\tp->run(p, 1)  => ops.run, 1 target:
\t\ttcp() <int tcp(struct sock *sk) at tcp.c:1>
\tq->run(p)  => ops.run, 2 targets:
\t\traw() <int raw(struct sock *sk) at raw.c:1>
\t\tudp() <int udp(struct sock *sk) at udp.c:1>
\topen(a) <int open(struct sock *sk) at open.c:1> [see 3]
""",
    "cflow-posix": """
    1 root: int (struct sock *sk), <root.c 1>
    2 \tif (a)  {CONFIG_A}
    3 \t\topen: int (struct sock *sk), <open.c 1>
    4 \t\t\tx_out: <>
    5 \t\t\troot: 1
    6 \treturn -EINVAL
    7 \tp->run(p, 1)  => ops.run, 1 target
    8 \t\ttcp: int (struct sock *sk), <tcp.c 1>
    9 \tq->run(p)  => ops.run, 2 targets
   10 \t\traw: int (struct sock *sk), <raw.c 1>
   11 \t\tudp: int (struct sock *sk), <udp.c 1>
   12 \topen: 3
""",
    "ftrace": """
# tracer: function_graph
#
# CPU  DURATION                  FUNCTION CALLS
# |     |   |                     |   |   |   |
 0)               |  root() {
 0)               |    /* if (a)  {CONFIG_A} */
 0)               |    open(a) {
 0)               |      x_out(a);
 0)               |      root(a);
 0)               |    }
 0)               |    /* return -EINVAL */
 0)               |    /* p->run(p, 1)  => ops.run, 1 target */
 0)               |    tcp();
 0)               |    /* q->run(p)  => ops.run, 2 targets */
 0)               |    raw();
 0)               |    udp();
 0)               |    open(a);
 0)               |  }
""",
    "markdown": """
- `root` [root.c:1](src/root.c#L1)
  - `if (a)  {CONFIG_A}`
    - `open(a)` [open.c:1](src/open.c#L1)
      - `x_out(a)  external`
      - `root(a)  ↺ recursive` [root.c:1](src/root.c#L1)
  - `return -EINVAL`
  - `p->run(p, 1)  ⇒ ops.run, 1 target`
    - `[TCP] tcp_ops.run → tcp()` [tcp.c:1](src/tcp.c#L1)
  - `q->run(p)  ⇒ ops.run, 2 targets`
    - `[TCP] raw_ops.run → raw()` [raw.c:1](src/raw.c#L1)
    - `[TCP] udp_ops.run → udp()` [udp.c:1](src/udp.c#L1)
  - `open(a)  ↑ shown above` [open.c:1](src/open.c#L1)
""",
}


@pytest.mark.parametrize("style", EXPECTED)
def test_style(tree: CallTree, style: str) -> None:
    options = TextOptions(
        style, args=True, indent="\t", facts=FACTS, url=lambda ref: f"src/{ref.file}#L{ref.line}"
    )
    assert tree_text(tree, options) == EXPECTED[style].lstrip("\n")


def test_org_is_markdown_with_stars(tree: CallTree) -> None:
    text = tree_text(tree, TextOptions("org", args=True, url=lambda ref: f"src/{ref.file}"))
    assert text.splitlines()[:3] == [
        "* ~root~ [[src/root.c][root.c:1]]",
        "** ~if (a)  {CONFIG_A}~",
        "*** ~open(a)~ [[src/open.c][open.c:1]]",
    ]


def test_remarks_stand_in_one_order(tree: CallTree) -> None:
    options = TextOptions("indent", args=True, lines=True, signatures=True, comments=True, facts=FACTS)
    lines = tree_text(tree, options).splitlines()
    assert lines[1].strip() == "if (a)  {CONFIG_A}  [root.c:3]"
    assert lines[2].strip() == "open(a)  [open.c:1]  <int open(struct sock *sk)>  // about open"
    assert lines[-1].strip().endswith("// about open  ↑ shown above")


@pytest.mark.parametrize("style", STYLES)
def test_lines_are_cut_at_a_width_and_colour_changes_nothing(tree: CallTree, style: str) -> None:
    options = TextOptions(style, args=True, width=40, facts=FACTS)
    text = tree_text(tree, options)
    assert max(len(line) for line in text.splitlines()) <= 40
    assert tree_rich(tree, options).plain.splitlines() == [line.rstrip() for line in text.splitlines()] or all(
        a.rstrip() == b
        for a, b in zip(tree_rich(tree, options).plain.splitlines(), text.splitlines(), strict=True)
    )
