"""Study notes: what is in them, in which language, and that they are the same every time."""

import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Kcg


@pytest.fixture
def kernel(small_kernel: Callable[[str], Path]) -> Path:
    return small_kernel("v6.1")


def test_a_note_and_its_diagram(kcg: Kcg, kernel: Path, tmp_path: Path) -> None:
    target = tmp_path / "note.md"
    done = kcg("note", "sys_socket", "--depth", "8", "-k", kernel, "-o", target)
    assert done.code == 0, done.err
    text = target.read_text(encoding="utf-8")
    headings = [line for line in text.splitlines() if line.startswith("#") and not line.startswith("#define")]
    assert [h for h in headings if h.startswith("## ")] == [
        "## Summary",
        "## Call tree",
        "## Diagram",
        "## Main steps",
        "## Important functions",
        "## Ops tables",
        "## Structs",
        "## Enums",
        "## Constants",
    ]
    for part in (
        "`long sys_socket(int family, int type, int protocol)`, [net/socket.c:54]",
        "- Kernel: Linux 6.1.0",
        "[TCP] tcp_prot.init → tcp_v4_init_sock(sk)",
        "sk->sk_prot = sk->sk_prot_creator =",
        "### inet_create",
        "static const struct net_proto_family inet_family_ops = {",
        "struct socket {",
        "AF_INET",
        "](note.svg)",
    ):
        assert part in text, part
    assert str(tmp_path) not in text
    assert str(kernel) not in text
    ET.parse(tmp_path / "note.svg")
    again = tmp_path / "again.md"
    kcg("note", "sys_socket", "--depth", "8", "-k", kernel, "-o", again)
    assert again.read_text(encoding="utf-8").replace("again.svg", "note.svg") == text


def test_the_same_in_chinese_with_excerpts(kcg: Kcg, kernel: Path) -> None:
    out = kcg("note", "inet_create", "--lang", "zh", "--excerpts", "--functions", "2", "-k", kernel, "-q").out
    assert "## 调用树" in out
    assert "## 关键函数" in out
    assert "\tsock->ops = answer->ops; answer_prot = answer->prot;" in out
    assert "Summary" not in out


def test_links_can_be_left_out(kcg: Kcg, kernel: Path) -> None:
    out = kcg("note", "sk_alloc", "--url", "none", "-k", kernel, "-q").out
    assert "http" not in out
    assert "`net/core/sock.c:23`" in out


WIDE = """
int leaf(int a) { return a; }
int work(int a)
{
        if (a > 2)
                a = leaf(a);
        if (a > 3)
                a = leaf(a + 1);
        return a;
}
int tiny(int a) { return leaf(a); }
"""


def test_a_tree_is_as_deep_as_can_be_read(kcg: Kcg, tmp_path: Path) -> None:
    kernel = tmp_path / "kernel"
    (kernel / "kernel").mkdir(parents=True)
    (kernel / "Makefile").write_text("VERSION = 6\nPATCHLEVEL = 1\nobj-y += kernel/\n")
    (kernel / "kernel" / "Makefile").write_text("obj-y += wide.o\n")
    steps = [
        f"int step{n}(int a)\n{{\n{f'        a = work(a);{chr(10)}' * 30}        return a;\n}}\n"
        for n in range(20)
    ]
    body = "".join(f"        a = tiny(a + {n});\n        a = step{n}(a);\n" for n in range(20))
    text = f"{WIDE}{''.join(steps)}int root(int a)\n{{\n{body}        return a;\n}}\n"
    (kernel / "kernel" / "wide.c").write_text(text)
    short = kcg("note", "root", "-k", kernel, "-q").out
    whole = kcg("note", "root", "--depth", "2", "-k", kernel, "-q").out
    assert (short.count("── a = work(a)"), whole.count("── a = work(a)")) == (0, 600)
    steps_told = short.partition("## Main steps")[2].partition("## Important functions")[0]
    assert "`step0(" in steps_told
    assert "`tiny(" not in steps_told


def test_unknown_roots_are_told(kcg: Kcg, kernel: Path) -> None:
    done = kcg("note", "sk_aloc", "-k", kernel)
    assert done.code == 2
    assert "sk_alloc" in done.err
