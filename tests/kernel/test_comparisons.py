"""Comparisons of Debian's 5.10, 6.1 and 6.12: documented differences of their sockets come out.

The parts of each kernel that sockets are made of are copied and compared, so that little is indexed.
"""

import shutil
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from analyzer.compare.mirror import canonical, mirrored
from analyzer.errors import KcgError
from analyzer.model.difference import DiffCall, Difference, DiffFunction, PartChange
from analyzer.pipeline.comparing import Question, compare
from analyzer.pipeline.session import Session, open_session

pytestmark = pytest.mark.kernel

PARTS = (
    "include",
    "arch/x86/include",
    "net/core/sock.c",
    "net/ipv4",
    "net/socket.c",
    "net/unix",
    "security/security.c",
    "security/selinux/hooks.c",
    "fs/file.c",
    "fs/file_table.c",
    "kernel/bpf/cgroup.c",
)
ROOTS = (
    *("sys_socket", "sys_bind", "sys_connect", "sys_accept4", "sys_listen", "sys_shutdown", "sys_setsockopt"),
    *("inet_create", "inet_release", "inet_bind", "tcp_v4_init_sock", "sk_alloc", "sock_init_data", "unix_bind"),
)
DEPTH = 3

Open = Callable[[str], Session]


@pytest.fixture(scope="module")
def part(request: pytest.FixtureRequest, store: Path) -> Iterator[Open]:
    """A session on the parts of a kernel, by version. The copies stay beside the index, as its entries do."""
    opened: dict[str, Session] = {}
    with ExitStack() as stack:

        def session(version: str) -> Session:
            if version not in opened:
                whole: Path = request.getfixturevalue(f"kernel_{version.replace('.', '')}")
                folder = store.parent / "parts" / f"linux-{version}-{zlib.crc32(repr(PARTS).encode()):08x}"
                if not folder.is_dir():
                    copy(whole, folder)
                opened[version] = open_session(str(folder), store=str(store))
                stack.callback(opened[version].close)
            return opened[version]

        yield session


def copy(whole: Path, folder: Path) -> None:
    """The parts of a kernel in a folder of their own, which appears when it is complete."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        made = Path(temporary) / "linux"
        for name in ("Makefile", *PARTS):
            (made / name).parent.mkdir(parents=True, exist_ok=True)
            if (whole / name).is_dir():
                shutil.copytree(whole / name, made / name)
            else:
                shutil.copy2(whole / name, made / name)
        made.rename(folder)


def calls(function: DiffFunction) -> Iterator[tuple[str, DiffCall]]:
    """Every call of a merged tree with its caller's name."""
    for call in function.calls:
        yield function.name, call
        for target in call.targets:
            yield from calls(target)


def functions(function: DiffFunction) -> Iterator[DiffFunction]:
    """Every function of a merged tree."""
    yield function
    for call in function.calls:
        for target in call.targets:
            yield from functions(target)


def struct(found: Difference, name: str) -> dict[str, PartChange]:
    (change,) = [change for change in found.types if change.kind == "struct" and change.name == name]
    return {part.name: part for part in change.changes}


@pytest.mark.parametrize("newer", ["6.1", "6.12"])
def test_from_510(part: Open, newer: str) -> None:
    found = compare(part("5.10"), part(newer), Question("sys_socket", 6))
    chains = {(item.function, item.chain, item.calls) for item in found.restructured}
    assert ("__sys_socket", ("__sys_socket_create",), ("sock_create",)) in chains
    (family,) = [change for change in found.constants if change.family == "AF_*"]
    families = {part.name: part for part in family.changes}
    assert (families["AF_MCTP"].what, families["AF_MCTP"].after) == ("added", "45")
    assert (families["AF_MAX"].before, families["AF_MAX"].after) == ("45", "46")
    members = struct(found, "proto")
    assert {name for name, change in members.items() if change.what == "added"} >= {
        *("put_port", "psock_update_sk_prot", "forward_alloc_get")
    }
    assert ("sendpage" in members) == (newer == "6.12")
    assert struct(found, "proto_ops")["read_skb"].what == "added"
    (create,) = {f for f in functions(found.tree) if f.name == "inet_create" and f.changes}
    results = {(c.before, c.after) for c in create.changes if c.what == "result"}
    assert ("err = -ENOBUFS", "err = -ENOMEM") in results


def test_from_61_to_612(part: Open) -> None:
    found = compare(part("6.1"), part("6.12"), Question("sys_socket", 6))
    told = list(calls(found.tree))
    added = {(caller, call.after.callee) for caller, call in told if call.sign == "added" and call.after}
    assert ("__sys_socket", "update_socket_protocol") in added
    assert struct(found, "proto")["sendpage"].what == "removed"
    assert {"sendpage", "sendpage_locked"} <= struct(found, "proto_ops").keys()
    constants = {change.family for change in found.constants}
    assert "AF_*" not in constants


def test_hooks_are_the_same_whether_lists_or_static_calls(part: Open) -> None:
    found = compare(part("6.1"), part("6.12"), Question("security_socket_create", 2))
    told = [call for _, call in calls(found.tree)]
    (hook,) = [call for call in told if call.after and call.after.slot == "security_list_options.socket_create"]
    assert hook.before is not None and hook.before.slot == "security_list_options.socket_create"
    assert not found.unclear and all(call.sign == "changed" for call in told)


def test_bindings_leave_other_families_out(part: Open) -> None:
    bound = Question("sys_socket", 6, bind=("family=PF_INET,type=SOCK_STREAM",))
    found = compare(part("6.1"), part("6.12"), bound)
    seen = {target.name for _, call in calls(found.tree) for target in call.targets}
    assert "inet_create" in seen and "unix_create" not in seen
    assert not {change.slot for change in found.targets} & {"net_proto_family.create"}


def test_nothing_differs_from_itself_and_exchanging_mirrors(part: Open) -> None:
    asked = 0
    for root in ROOTS:
        try:
            forth = compare(part("6.1"), part("6.12"), Question(root, DEPTH))
        except KcgError:
            continue
        back = compare(part("6.12"), part("6.1"), Question(root, DEPTH))
        assert canonical(mirrored(forth)) == canonical(back), root
        assert compare(part("6.12"), part("6.12"), Question(root, DEPTH)).empty, root
        asked += 1
    assert asked >= 12
