"""Bindings of a root's parameters: conditions are decided, entries chosen, targets follow objects."""

from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Kcg

Small = Callable[[str], Path]
SOCKET = ("tree", "sys_socket", "--style", "ascii", "-k")


def targets(out: str, call: str) -> list[str]:
    """The functions listed below a call."""
    lines = out.splitlines()
    at = next(n for n, line in enumerate(lines) if call in line)
    count = int(lines[at].rpartition(", ")[2].split()[0])
    found = [line.rpartition("] ")[2].split()[0] for line in lines[at + 1 :] if "] " in line]
    return found[:count]


@pytest.mark.parametrize(
    ("bound", "init", "hashes"),
    [
        ("family=PF_INET,type=SOCK_STREAM,protocol=IPPROTO_TCP", "tcp_v4_init_sock", ""),
        ("family=PF_INET,type=SOCK_STREAM,protocol=0", "tcp_v4_init_sock", ""),
        ("family=2,type=SOCK_DGRAM,protocol=IPPROTO_UDP", "udp_init_sock", ""),
        ("family=AF_INET,type=SOCK_RAW,protocol=IPPROTO_RAW", "raw_sk_init", "raw_hash_sk"),
    ],
)
def test_the_protocol_decides(kcg: Kcg, small_kernel: Small, bound: str, init: str, hashes: str) -> None:
    out = kcg(*SOCKET, small_kernel("v6.1"), "--bind", bound).out
    assert targets(out, "pf->create(") == ["inet_create"]
    assert targets(out, "sk->sk_prot->init(") == [init]
    if hashes:
        assert targets(out, "sk->sk_prot->hash(") == [hashes]
    else:  # only raw sockets have a number when they are made
        assert "sk_prot->hash(" not in out


@pytest.mark.parametrize("version", ["v2.6.11", "v3.10", "v4.4", "v5.10", "v6.1"])
def test_every_age_of_the_kernel(kcg: Kcg, small_kernel: Small, version: str) -> None:
    bound = "family=PF_INET,type=SOCK_STREAM,protocol=IPPROTO_TCP"
    out = kcg(*SOCKET, small_kernel(version), "--depth", "8", "--bind", bound).out
    assert targets(out, "->create(") == ["inet_create"]
    assert len(targets(out, "sk->sk_prot->init(")) == 1
    assert "tcp_prot" in out
    assert "udp_prot" not in out.partition("sk->sk_prot->init(")[2].partition("\n")[2].partition("\n")[0]


def test_without_a_binding_every_protocol_remains(kcg: Kcg, small_kernel: Small) -> None:
    free = targets(kcg(*SOCKET, small_kernel("v6.1")).out, "sk->sk_prot->init(")
    assert {"tcp_v4_init_sock", "udp_init_sock", "raw_sk_init"} <= set(free)
    narrowed = targets(
        kcg("tree", "inet_create", *SOCKET[2:], small_kernel("v6.1"), "--narrow").out, "sk->sk_prot->init("
    )
    assert set(narrowed) <= set(free)


@pytest.mark.parametrize(
    ("bound", "said"),
    [
        ("kern=1", "sys_socket has no parameter kern"),
        ("type", "'type' is no binding"),
        ("type=SOCK_NOTHING", "SOCK_NOTHING is no constant"),
    ],
)
def test_mistakes(kcg: Kcg, small_kernel: Small, bound: str, said: str) -> None:
    done = kcg(*SOCKET, small_kernel("v6.1"), "--bind", bound)
    assert done.code == 2
    assert done.out == ""
    assert said in done.err


def test_a_new_table_needs_no_new_rule(kcg: Kcg, tmp_path: Path) -> None:
    """File systems by magic number: nothing about sockets is built in."""
    tree = tmp_path / "linux"
    (tree / "fs").mkdir(parents=True)
    (tree / "kernel").mkdir()
    (tree / "include").mkdir()
    (tree / "Makefile").write_text("VERSION = 6\nPATCHLEVEL = 9\nSUBLEVEL = 0\n")
    (tree / "fs/super.c").write_text(
        """
enum magic { EXT = 1, XFS = 2, TMP = 9 };
struct list_head { struct list_head *next; };
struct fs_ops { int (*mount)(int flags); };
struct fs_type { int magic; const struct fs_ops *ops; struct list_head list; };
static struct fs_type *types[16];
static int ext_mount(int flags) { return flags; }
static int xfs_mount(int flags) { return flags; }
static int tmp_mount(int flags) { return flags; }
static const struct fs_ops ext_ops = { .mount = ext_mount };
static const struct fs_ops xfs_ops = { .mount = xfs_mount };
static const struct fs_ops tmp_ops = { .mount = tmp_mount };
static struct fs_type ext = { .magic = EXT, .ops = &ext_ops };
static struct fs_type xfs = { .magic = XFS, .ops = &xfs_ops };
static struct fs_type tmp = { .magic = TMP, .ops = &tmp_ops };
int register_fs(struct fs_type *t)
{
	types[t->magic] = t;
	return 0;
}
void init(void)
{
	register_fs(&ext);
	register_fs(&xfs);
	register_fs(&tmp);
}
static int quick(void) { return 0; }
static int slow(void) { return 1; }
int do_mount(int magic, int flags)
{
	struct fs_type *type = types[magic];
	if (flags & 4)
		slow();
	else
		quick();
	return type->ops->mount(flags);
}
"""
    )
    out = kcg("tree", "do_mount", "-k", tree, "--style", "ascii", "--bind", "magic=XFS,flags=4").out
    assert targets(out, "type->ops->mount(") == ["xfs_mount"]
    assert "slow()" in out
    assert "quick()" not in out


def test_what_cannot_be_reached_is_left_out_or_marked(kcg: Kcg, small_kernel: Small) -> None:
    bound = "family=PF_INET,type=SOCK_STREAM,protocol=IPPROTO_TCP"
    shown = ("--depth", "9", "--show", "values,conditions,assignments")
    kernel = (small_kernel("v6.1"), "--bind", bound)
    plain = kcg(*SOCKET, *kernel, *shown).out
    assert "SOCK_RAW" not in plain
    marked = kcg(*SOCKET, *kernel, *shown[:3], f"{shown[3]},dead").out
    lines = [line.lstrip("|`- ") for line in marked.splitlines()]
    at = lines.index("if (SOCK_RAW == sock->type)  (not reached)")
    assert lines[at + 1] == "inet->inet_num = IPPROTO_TCP  (not reached)"
    assert [line for line in marked.splitlines() if "(not reached)" not in line] == plain.splitlines()
    steps = kcg(*SOCKET, *kernel, *shown[:3], f"{shown[3]},dead", "--format", "json").out
    assert '"dead": true' in steps


def test_several_objects_that_may_be_stored_are_told(kcg: Kcg, small_kernel: Small) -> None:
    show = ("--depth", "9", "--show", "values,assignments")
    out = kcg(*SOCKET, small_kernel("v6.1"), "--bind", "family=PF_INET,type=SOCK_DGRAM", *show).out
    assert "sock->ops = answer->ops  // &inet_dgram_ops or &inet_sockraw_ops\n" in out
    assert "sk->sk_prot = sk->sk_prot_creator = prot  // &ping_prot or &udp_prot\n" in out


def test_a_note_says_and_follows_its_bindings(kcg: Kcg, small_kernel: Small) -> None:
    bound = "family=PF_INET,type=SOCK_STREAM,protocol=IPPROTO_TCP"
    out = kcg("note", "sys_socket", "-k", small_kernel("v6.1"), "--depth", "8", "--bind", bound).out
    assert "- Bindings: `family=PF_INET`, `type=SOCK_STREAM`, `protocol=IPPROTO_TCP`" in out
    assert f"--bind {bound}`" in out
    assert "sk->sk_prot = sk->sk_prot_creator = &tcp_prot" in out
    assert "udp_init_sock(" not in out
