"""Two small kernels in memory walked together."""

from collections.abc import Mapping, Sequence

from trees import resolver

from analyzer.compare.likeness import tokens
from analyzer.compare.merging import Merger
from analyzer.compare.walk import Limits, Walk
from analyzer.model.callgraph import Edge, Function, FunctionRef
from analyzer.model.difference import Change, DiffFunction, Restructured
from analyzer.resolve.resolver import described


class Side:
    """Implements `analyzer.compare.sides.Side` over texts by path."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self._files = files
        self.resolver = resolver(files)

    def callees(self, ref: FunctionRef) -> Sequence[Edge]:
        return self.resolver.callees(ref)

    def prepare(self, refs: Sequence[FunctionRef]) -> None:
        pass

    def function(self, ref: FunctionRef) -> Function | None:
        found = self.resolver.function(ref)
        return described(found) if found else None

    def defines(self, ref: FunctionRef) -> bool:
        return bool(self.resolver.named(ref.name))

    def tokens(self, ref: FunctionRef) -> tuple[str, ...]:
        found = self.resolver.function(ref)
        if found is None:
            return ()
        return tokens(self._files[found.path][found.definition.body : found.definition.end])

    def weight(self, file: str) -> int:
        return 0


def none(*_: object) -> tuple[Change, ...]:
    return ()


def compared(before: str, after: str, *, depth: int = 4) -> tuple[Merger, DiffFunction]:
    one, other = Side({"kernel/a.c": before}), Side({"kernel/a.c": after})
    walk = Walk(one, other, Limits(depth))
    roots = one.resolver.named("root")[0], other.resolver.named("root")[0]
    pair = described(roots[0]).ref, described(roots[1]).ref
    walk.run(pair)
    merger = Merger(walk, none)
    return merger, merger.tree(pair)


def lines(function: DiffFunction, indent: str = "") -> list[str]:
    """The tree as readable lines: sign, callee, what changed."""
    signs = {"same": " ", "changed": "~", "added": "+", "removed": "-"}
    found: list[str] = []
    for call in function.calls:
        side = call.after or call.before
        assert side is not None
        notes = [c.what for c in call.changes] + ([f"from {call.moved}"] if call.moved else [])
        found.append(f"{signs[call.sign]} {indent}{side.callee} {' '.join(notes)}".rstrip())
        for target in call.targets:
            if side.kind != "direct":
                found.append(f"{signs[target.sign]} {indent}  [{target.name}]")
            found += lines(target, indent + "  ")
    return found


def test_the_same_is_empty() -> None:
    text = "static int f(int x) { return g(x); }\nint root(void) { return f(1) + f(2); }\n"
    _, tree = compared(text, text.replace("\n", "\n\n"))
    assert tree.sign == "same" and tree.calls == ()


def test_added_removed_and_arguments() -> None:
    _, tree = compared(
        "int a(int x) { return 1; }\nint b(void) { return 2; }\nint root(void) { return a(1) + b(); }\n",
        "int a(int x) { return 1; }\nint c(void) { return q(); }\nint root(void) { return a(2) + c(); }\n",
    )
    assert lines(tree) == ["~ a arguments", "- b", "+ c", "+   q"]


def test_wrapping_is_recognised() -> None:
    leaves = "int x(void) { return 1; }\nint y(void) { return 2; }\n"
    merger, tree = compared(
        leaves + "int root(void) { return x() + y(); }\n",
        leaves
        + "static int __create(void) { return x(); }\n"
        + "int __root(void) { return __create() + y(); }\nint root(void) { return __root(); }\n",
    )
    assert lines(tree) == ["+ __root", "+   __create", "      x from root", "    y from root"]
    assert sorted(merger.restructured) == [
        Restructured("root", ("__root",), ("y",), "wrapped", "after"),
        Restructured("root", ("__root", "__create"), ("x",), "wrapped", "after"),
    ]


def test_renames_have_a_score() -> None:
    body = "{ int err = check(fd); if (err) return err; return commit(fd, 1); }\n"
    leaves = "int check(int fd) { return fd; }\nint commit(int fd, int how) { return how; }\n"
    merger, tree = compared(
        f"{leaves}int sock_put_fd(int fd) {body}int root(void) {{ return sock_put_fd(3); }}\n",
        f"{leaves}int socket_put_fd(int fd) {body}int root(void) {{ return socket_put_fd(3); }}\n",
    )
    (renamed,) = merger.renamed()
    assert (renamed.before, renamed.after) == ("sock_put_fd", "socket_put_fd") and renamed.score > 0.8
    assert lines(tree) == ["  socket_put_fd"]
    assert [c.what for c in tree.calls[0].targets[0].changes] == ["name"]


def test_unlike_functions_are_no_rename() -> None:
    merger, tree = compared(
        "int first(int a) { int i; for (i = 0; i < a; i++) spin(i); return a; }\n"
        "int root(void) { return first(1); }\n",
        "long other(char *s) { if (!s) return -1; return parse(s, 0, 16) * 3; }\n"
        "int root(void) { return other(0); }\n",
    )
    assert merger.renamed() == ()
    assert lines(tree) == ["- first", "-   spin", "+ other", "+   parse"]


def test_a_call_that_moved() -> None:
    leaves = "int moved(int x) { return x; }\n"
    root = "int root(void) { return p(1) + q(2); }\n"
    merger, _ = compared(
        f"{leaves}int p(int x) {{ return moved(x); }}\nint q(int x) {{ return x; }}\n{root}",
        f"{leaves}int p(int x) {{ return x; }}\nint q(int x) {{ return moved(x); }}\n{root}",
    )
    assert [(m.callee, m.before, m.after) for m in merger.moved] == [("moved", "p", "q")]


def test_order_and_count() -> None:
    leaves = "int a(void);\nint b(void);\nint c(void);\n"
    _, tree = compared(
        leaves + "int root(void) { a(); b(); c(); return 0; }\n",
        leaves + "int root(void) { b(); c(); a(); a(); return 0; }\n",
    )
    assert lines(tree) == ["~ a count order"]


def test_targets_of_a_slot() -> None:
    head = "struct ops { int (*run)(int); };\nstruct dev { const struct ops *ops; };\n"
    common = head + "static int one(int x) { return x; }\nstatic const struct ops first = { .run = one };\n"
    root = "int root(struct dev *d) { return d->ops->run(1); }\n"
    new = "static int two(int x) { return x; }\nstatic const struct ops second = { .run = two };\n"
    merger, tree = compared(common + root, common + new + root)
    assert lines(tree) == ["~ d->ops->run targets", "+   [two]"]
    (change,) = merger.targets.values()
    assert (change.slot, change.before, change.after) == ("ops.run", 1, 2)


def test_a_guard_that_changed() -> None:
    _, tree = compared(
        "int f(void);\nint root(void)\n{\n\tf();\n\treturn 0;\n}\n",
        "int f(void);\nint root(void)\n{\n#ifdef CONFIG_X\n\tf();\n#endif\n\treturn 0;\n}\n",
    )
    assert lines(tree) == ["~ f guard"]


def test_depth_cuts_no_difference_into_being() -> None:
    chain = "int d(void) { return 1; }\nint c(void) { return d(); }\nint b(void) { return c(); }\n"
    _, tree = compared(
        chain + "int root(void) { return b(); }\n",
        chain + "int wrap(void) { return b(); }\nint root(void) { return wrap(); }\n",
        depth=2,
    )
    assert lines(tree) == ["+ wrap", "    b from root"]
