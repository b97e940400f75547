"""What the words of a line say."""

import pytest

from analyzer.notes.content import parse
from analyzer.notes.parts import Part


def read(line: str, *, marked: bool = True) -> list[Part]:
    return parse(line, 0, marked=marked).parts


@pytest.mark.parametrize(
    ("line", "name", "arguments", "remark"),
    [
        ("f()", "f", None, ""),
        ("f(a, b)  // note", "f", ("a", "b"), "// note"),
        ("f(g(x), h[1, 2]);", "f", ("g(x)", "h[1, 2]"), ";"),
        ("f (a, b)", "f", ("a", "b"), ""),
        ('return f (a, "b")', "f", ("a", '"b"'), ""),
        ("struct s *x = f (a->b)", "f", ("a->b",), ""),
        ("[prot[BASE][BASE].close] f_x  (a.c:3)", "f_x", None, "(a.c:3)"),
        ("`enter` [kernel/a.c:35](https://example.org)", "enter", None, "kernel/a.c:35"),
        ("f_x", "f_x", None, ""),
        ("f_x : allocates", "f_x", None, ": allocates"),
        ("f_x() [file.c:1439]", "f_x", None, "[file.c:1439]"),
        ("f_x  (net/socket.c:54)", "f_x", None, "(net/socket.c:54)"),
        ("f_x() <int f_x (void) at x.c:3>:", "f_x", None, "<int f_x (void) at x.c:3>:"),
        ("`f_x()` 创建 socket", "f_x", None, "创建 socket"),
        ("[f_x()](https://example.org/f) does it", "f_x", None, "does it"),
        ("f_x(a) <--- here", "f_x", ("a",), "<--- here"),
        ("调用 f_x()", "f_x", None, ""),
        ("calls f_x()", "f_x", None, ""),
        ("call_int_hook(x)", "call_int_hook", ("x",), ""),
        ("f(\"a, b\", 'x')", "f", ('"a, b"', "'x'"), ""),
    ],
)
def test_calls(line: str, name: str, arguments: tuple[str, ...] | None, remark: str) -> None:
    parsed = parse(line, 0, marked=True)
    assert [(p.kind, p.name, p.arguments) for p in parsed.parts] == [("call", name, arguments)]
    assert parsed.remark == remark
    assert line[slice(*parsed.parts[0].name_at)] == name


@pytest.mark.parametrize(
    ("line", "callee", "name"),
    [
        ("pf->create(net, sock)", "pf->create", "create"),
        ("inet_family_ops->create", "inet_family_ops->create", "create"),
        ("net_families[family]->create(net)", "net_families[family]->create", "create"),
        ("sk->sk_prot->init(sk)", "sk->sk_prot->init", "init"),
        ("(*call)()", "call", "call"),
        ("tcp_prot.init(sk)", "tcp_prot.init", "init"),
    ],
)
def test_calls_through_pointers(line: str, callee: str, name: str) -> None:
    (part,) = read(line)
    assert (part.kind, part.callee, part.name) == ("pointer", callee, name)


@pytest.mark.parametrize(
    ("line", "left", "right"),
    [
        ("sock->type = type", "sock->type", "type"),
        ("sock->ops = &inet_stream_ops;  // tcp", "sock->ops", "&inet_stream_ops"),
        ("sk->a = sk->b = c", "sk->a", "sk->b = c"),
        ("flags |= 4", "flags", "4"),
        ("x = f(a) + 1", "x", "f(a) + 1"),
    ],
)
def test_state_lines(line: str, left: str, right: str) -> None:
    (part,) = read(line)
    assert (part.kind, part.left, part.right) == ("assignment", left, right)


@pytest.mark.parametrize(
    "line", ["sk = sk_alloc(net)", "struct sock *sk = sk_alloc(net);", "sk = (void *)sk_alloc(net)"]
)
def test_result_of_a_call_is_a_call(line: str) -> None:
    (part,) = read(line)
    assert (part.kind, part.name, part.left, part.arguments) == ("call", "sk_alloc", "sk", ("net",))


@pytest.mark.parametrize(
    ("line", "links"),
    [
        ("a_1 -> b_1 -> c_1", ["a_1", "b_1", "c_1"]),
        ("a() --> b()", ["a", "b"]),
        ("a()->b()->c()", ["a", "b", "c"]),
        ("a_1 → b_1(x) => c_1", ["a_1", "b_1", "c_1"]),
        ("a_1 > b_1 > c_1", ["a_1", "b_1", "c_1"]),
    ],
)
def test_chains(line: str, links: list[str]) -> None:
    parts = read(line)
    assert [p.name for p in parts] == links
    assert [p.above for p in parts] == list(range(-1, len(links) - 1))


def test_groups_hang_side_by_side() -> None:
    parts = read("a_1 > { b_1, c_1 } > d_1")
    assert [(p.name, p.above, p.also) for p in parts] == [
        ("a_1", -1, ()),
        ("b_1", 0, ()),
        ("c_1", 0, ()),
        ("d_1", 2, (1,)),
    ]


def test_effect_behind_an_arrow_is_a_statement() -> None:
    parts = read("f(x) -> sk->sk_state = TCP_LISTEN")
    assert [p.kind for p in parts] == ["call", "assignment"]


def test_condition_and_call_on_one_line() -> None:
    parts = read("if (err) sk_common_release(sk);")
    assert [(p.kind, p.above) for p in parts] == [("condition", -1), ("call", 0)]


@pytest.mark.parametrize(
    "line",
    [
        "This is a sentence about f.",
        "初始化 sk",
        "socket.c",
        "www.kernel.org",
        "the function returns",
        "if the socket is new",
    ],
)
def test_sentences_are_prose(line: str) -> None:
    assert [p.kind for p in read(line, marked=False)] in (["prose"], [])


@pytest.mark.parametrize("line", ["// remark", "/* remark */", "# heading", "}", "#endif"])
def test_lines_without_statement(line: str) -> None:
    assert read(line) == []


def test_what_is_left_out() -> None:
    assert [p.kind for p in read("...")] == ["elided"]
    assert [p.kind for p in read("a_1 -> ... -> b_1")] == ["call", "elided", "call"]


@pytest.mark.parametrize(
    "line",
    [
        "pf->create(net)  ⇒ net_proto_family.create, 2 targets",
        "f_1(x)  ×2  {CONFIG_NET}  via REQUEST  external",
        "[inet_family_ops] inet_create  (net/ipv4/af_inet.c:10)  …",
    ],
)
def test_what_kcg_prints_is_one_call(line: str) -> None:
    assert len(read(line)) == 1
