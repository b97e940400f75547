"""The main job on Linux 6.12 and 6.1: what `socket(2)` does, and that other roots have answers."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from analyzer.model.callgraph import Edge, FunctionRef
from analyzer.pipeline.session import Session

pytestmark = pytest.mark.kernel

FAMILIES = ("inet_create", "inet6_create", "unix_create", "netlink_create", "packet_create")


class Linux:
    """A kernel's session and source folder."""

    def __init__(self, session: Session, folder: Path) -> None:
        self.session = session
        self.folder = folder

    def edges(self, name: str) -> tuple[Edge, ...]:
        """The edges out of the function that a person means by a name."""
        return self.session.callees(self.session.find(name).ref)

    def callees(self, name: str) -> list[str]:
        """The names of a function's likely callees, in source order."""
        return names(self.edges(name))

    def targets(self, name: str, struct: str, field: str) -> list[Edge]:
        """A function's edges through one slot."""
        return [
            edge
            for edge in self.edges(name)
            if edge.slot and (edge.slot.struct, edge.slot.field) == (struct, field)
        ]


@pytest.fixture(scope="module", params=["6.12", "6.1"])
def linux(request: pytest.FixtureRequest) -> Linux:
    """Each kernel in turn; only the one asked for is indexed."""
    short = request.param.replace(".", "")
    session = request.getfixturevalue(f"linux_{short}")
    return Linux(session, request.getfixturevalue(f"kernel_{short}"))


def names(edges: Iterable[Edge]) -> list[str]:
    """Callees' names in order, unresolved and merely possible ones left out."""
    return [edge.callee.name for edge in edges if edge.callee and edge.confidence != "possible"]


def in_order(wanted: Sequence[str], found: Sequence[str]) -> bool:
    """Whether all of `wanted` are in `found`, in that order."""
    rest = iter(found)
    return all(name in rest for name in wanted)


def reaches(linux: Linux, name: str, wanted: str, depth: int) -> bool:
    """Whether `wanted` (a prefix of a name) is called within so many steps."""
    seen: set[FunctionRef] = set()
    level = {linux.session.find(name).ref}
    for _ in range(depth):
        edges = [edge for ref in sorted(level) for edge in linux.session.callees(ref)]
        if any(callee.startswith(wanted) for callee in names(edges)):
            return True
        seen |= level
        level = {edge.callee for edge in edges if edge.callee and edge.kind == "direct"} - seen
    return False


def test_from_the_system_call_to_the_family(linux: Linux) -> None:
    assert "__sys_socket" in linux.callees("sys_socket")
    assert in_order(["__sys_socket_create", "sock_map_fd"], linux.callees("__sys_socket"))
    assert "sock_create" in linux.callees("__sys_socket_create")
    assert "__sock_create" in linux.callees("sock_create")
    assert in_order(["security_socket_create", "sock_alloc", "inet_create"], linux.callees("__sock_create"))


def test_every_way_to_say_the_root(linux: Linux) -> None:
    spellings = ("sys_socket", "socket", "__x64_sys_socket", "SYSCALL_DEFINE3(socket")
    found = {linux.session.find(spelling).ref for spelling in spellings}
    assert {(ref.name, ref.file) for ref in found} == {("sys_socket", "net/socket.c")}


def test_families_with_their_tables(linux: Linux) -> None:
    edges = linux.targets("__sock_create", "net_proto_family", "create")
    by_name = {edge.callee.name: edge for edge in edges if edge.callee}
    assert set(FAMILIES) <= set(by_name)
    for edge in edges:
        assert edge.evidence, f"{edge.callee} without evidence"
    evidence = by_name["inet_create"].evidence[0]
    assert (evidence.file, evidence.object) == ("net/ipv4/af_inet.c", "inet_family_ops")
    line = (linux.folder / evidence.file).read_text().splitlines()[evidence.line - 1]
    assert re.search(r"\.create\s*=\s*inet_create", line)


def test_inet_create(linux: Linux) -> None:
    callees = linux.callees("inet_create")
    assert in_order(["sk_alloc", "sock_init_data"], callees)
    assert "sk_prot_alloc" in linux.callees("sk_alloc")
    assert any(name.startswith("kmem_cache_alloc") for name in linux.callees("sk_prot_alloc"))
    hashes = names(linux.targets("inet_create", "proto", "hash"))
    assert {"inet_hash", "ping_hash", "raw_hash_sk"} & set(hashes)
    inits = linux.targets("inet_create", "proto", "init")
    assert "tcp_v4_init_sock" in names(inits)
    assert max(callees.index(name) for name in ("sk_alloc", "sock_init_data")) < callees.index("tcp_v4_init_sock")
    assert "tcp_init_sock" in linux.callees("tcp_v4_init_sock")


def test_descriptor(linux: Linux) -> None:
    wanted = ["get_unused_fd_flags", "sock_alloc_file", "fd_install"]
    assert in_order(wanted, linux.callees("sock_map_fd"))


@pytest.mark.parametrize(
    ("function", "struct", "field"),
    [
        ("__sock_create", "net_proto_family", "create"),
        ("inet_create", "proto", "init"),
        ("inet_create", "proto", "hash"),
    ],
)
def test_targets_are_of_the_slots_struct(linux: Linux, function: str, struct: str, field: str) -> None:
    """Read in the sources themselves: what fills the slot is declared with its struct."""
    judged = 0
    for edge in linux.targets(function, struct, field):
        for evidence in edge.evidence:
            if not evidence.object.isidentifier():
                continue  # an assignment through a pointer
            text = (linux.folder / evidence.file).read_text(encoding="latin-1")
            declared = rf"\bstruct\s+{struct}\b[^;={{}}]*\b{evidence.object}\b"
            assert re.search(declared, text), f"{evidence} is no struct {struct}"
            judged += 1
    assert judged >= 5


@pytest.mark.parametrize(
    ("root", "wanted"),
    [
        ("sys_bind", "__sys_bind"),
        ("sys_read", "ksys_read"),
        ("sys_openat", "do_sys_open"),
        ("tcp_v4_rcv", "tcp_v4_do_rcv"),
        ("start_kernel", "setup_arch"),
        ("do_exit", "exit_mm"),
    ],
)
def test_other_roots(linux: Linux, root: str, wanted: str) -> None:
    assert wanted in linux.callees(root)


def test_deeper(linux: Linux) -> None:
    assert reaches(linux, "sys_bind", "move_addr_to_kernel", 2)
    assert reaches(linux, "sys_read", "vfs_read", 3)
    assert reaches(linux, "sys_openat", "path_openat", 5)


def test_cleanup_functions_of_headers_are_found(linux_612: Session) -> None:
    """`CLASS(fd, f)(fd)` in __sys_bind; DEFINE_CLASS(fd, ...) is in include/linux/file.h."""
    edges = linux_612.callees(linux_612.find("__sys_bind").ref)
    found = {edge.callee.name: edge.callee.file for edge in edges if edge.callee}
    assert found["class_fd_constructor"] == "include/linux/file.h"
    assert found["class_fd_destructor"] == "include/linux/file.h"


@pytest.mark.parametrize(
    ("root", "wanted", "file"),
    [
        ("hash_ip4_add", "hash_ip4_data_equal", "net/netfilter/ipset/ip_set_hash_gen.h"),
        ("bitmap_port_add", "bitmap_port_do_add", "net/netfilter/ipset/ip_set_bitmap_gen.h"),
        ("ept_page_fault", "ept_walk_addr", "arch/x86/kvm/mmu/paging_tmpl.h"),
        ("paging64_page_fault", "paging64_walk_addr", "arch/x86/kvm/mmu/paging_tmpl.h"),
        ("__pv_queued_spin_lock_slowpath", "pv_wait_head_or_lock", "kernel/locking/qspinlock.c"),
        ("init_compat_elf_binfmt", "register_binfmt", "fs/binfmt_elf.c"),
        ("lzo1x_1_compress_safe", "lzogeneric1x_1_compress_safe", "lib/lzo/lzo1x_compress.c"),
    ],
)
def test_one_body_under_several_names(linux_612: Session, root: str, wanted: str, file: str) -> None:
    """Templates that files include under other macros give functions of those names, each with its own callees."""
    found = linux_612.find(root)
    assert found.ref.file == file
    assert wanted in names(linux_612.callees(found.ref))
    assert root in {edge.caller.name for edge in linux_612.callers(linux_612.find(wanted).ref)}


def test_what_trace_events_fill(linux_612: Session) -> None:
    """What trace events put into members when their header is read again is called through these."""
    edges = linux_612.callees(linux_612.find("print_trace_fmt").ref)
    targets = {e.callee.name for e in edges if e.callee and e.slot and e.slot.field == "trace"}
    assert {"trace_raw_output_sched_switch", "trace_raw_output_nfs4_clientid_event"} <= targets
