"""What the commands print, as a person reads it."""

import json
from pathlib import Path

import pytest

from .conftest import Kcg


def text(block: str) -> str:
    """A golden written in place: the first line feed is not part of it."""
    return block[1:]


def test_tree(ask: Kcg, kernel: Path) -> None:
    done = ask("tree", "sys_bind")
    assert done.code == 0
    assert done.out == text("""
sys_bind  (net/socket.c:26)
└── __sys_bind()
    ├── sockfd_lookup()
    │   └── fget()  external
    ├── check()
    └── sock->ops->bind(sock, port)  ⇒ proto_ops.bind, 2 targets
        ├── [inet_ops] inet_bind  (net/inet.c:8)
        │   ├── check()
        │   └── inet_bind()  ↺ recursive
        └── [unix_ops] unix_bind  (net/unix.c:3)
""")
    first, second = done.err.splitlines()
    assert first == f"kcg: linux 6.9.3 ({kernel})"
    assert second.startswith("kcg: hiding noise (default: ")
    assert second.endswith("); --hide none shows all")


def test_tree_with_everything_shown(ask: Kcg, kernel: Path) -> None:
    done = ask("tree", "bind", "--depth", "2", "--hide", "none", "--show", "args,lines")
    assert done.out == text("""
sys_bind  (net/socket.c:26)
└── __sys_bind(fd, port)  [net/socket.c:17]
    ├── sockfd_lookup(fd)  [net/socket.c:6]  …
    ├── check(sock)  [net/socket.c:12]
    └── sock->ops->bind(sock, port)  [net/socket.c:23]  ⇒ proto_ops.bind, 2 targets
        ├── inet_ops.bind → inet_bind(sock, port)  [net/inet.c:8]  …
        └── unix_ops.bind → unix_bind(sock, port)  [net/unix.c:3]
""")
    assert done.err == f"kcg: linux 6.9.3 ({kernel})\n"


def test_tree_in_reverse(ask: Kcg) -> None:
    assert ask("tree", "unix_bind", "--reverse", "--style", "ascii").out == text("""
unix_bind  (net/unix.c:3)
`-- __sys_bind()  through proto_ops.bind
    `-- sys_bind()
""")


def test_tree_to_a_function(ask: Kcg) -> None:
    done = ask("tree", "sys_bind", "--to", "inet_bind", "--style", "indent")
    assert done.code == 0
    assert done.out == text("""
sys_bind  (net/socket.c:26)
    __sys_bind()
        sock->ops->bind(sock, port)  ⇒ proto_ops.bind, 2 targets
            [inet_ops] inet_bind  (net/inet.c:8)
            … 1 more target
""")


def test_tree_to_a_function_that_is_too_deep(ask: Kcg) -> None:
    done = ask("tree", "sys_bind", "--to", "inet_bind", "--depth", "1")
    assert done.code == 1
    assert "kcg: inet_bind is not reached within 1 calls" in done.err


def test_targets_can_be_folded(ask: Kcg) -> None:
    done = ask("tree", "__sys_bind", "--targets", "1")
    assert "⇒ proto_ops.bind, 2 targets" in done.out
    assert "└── … 1 more target" in done.out


@pytest.mark.parametrize(
    "name", ["sys_bind", "bind", "__x64_sys_bind", "SYSCALL_DEFINE2(bind", "net/socket.c:sys_bind"]
)
def test_names_of_a_system_call(ask: Kcg, name: str) -> None:
    assert ask("tree", name, "--depth", "0").out == "sys_bind  (net/socket.c:26)  …\n"


def test_callees(ask: Kcg) -> None:
    assert ask("callees", "__sys_bind").out == text("""
callee         defined          site             how                      call
sockfd_lookup  net/socket.c:6   net/socket.c:19  direct                   sockfd_lookup(fd)
check          net/socket.c:12  net/socket.c:21  direct                   check(sock)
inet_bind      net/inet.c:8     net/socket.c:23  proto_ops.bind (likely)  \
sock->ops->bind(sock, port)
unix_bind      net/unix.c:3     net/socket.c:23  proto_ops.bind (likely)  \
sock->ops->bind(sock, port)
""")


def test_same_named_statics_never_cross(ask: Kcg) -> None:
    assert ask("callers", "net/inet.c:check").out == text("""
caller     site           how     call
inet_bind  net/inet.c:10  direct  check(port)
""")
    rows = json.loads(ask("callers", "net/socket.c:check", "--format", "json").out)
    assert [call["caller"]["name"] for call in rows["calls"]] == ["__sys_bind"]


def test_callers_of_a_function_in_assembler(kcg: Kcg) -> None:
    kernel = str(Path(__file__).resolve().parents[2] / "fixtures" / "phenomena" / "assembler_or_c")
    assert kcg("callers", "memcpy", "-k", kernel).out == text("""
caller    site             how              call
dup_name  kernel/fork.c:5  direct (likely)  memcpy(to, from, 16)
""")
    assert "efi_copy" in kcg("callers", "libstub/intrinsics.c:memcpy", "-k", kernel).out
    assert kcg("callers", "__memcpy", "-k", kernel).out.splitlines()[1].startswith("memcpy")


def test_path(ask: Kcg) -> None:
    assert ask("path", "sys_bind", "unix_bind").out == text("""
function    defined          called
sys_bind    net/socket.c:26
__sys_bind  net/socket.c:17  __sys_bind(fd, port)  direct at net/socket.c:28
unix_bind   net/unix.c:3     sock->ops->bind(sock, port)  proto_ops.bind (likely) at \
net/socket.c:23
""")


def test_no_path_is_an_answer(ask: Kcg) -> None:
    done = ask("path", "inet_bind", "sys_bind")
    assert (done.code, done.out) == (1, "")
    assert "kcg: no call path from inet_bind to sys_bind\n" in done.err
    done = ask("path", "inet_bind", "sys_bind", "--format", "json")
    assert done.code == 1
    assert json.loads(done.out)["path"] is None


@pytest.mark.parametrize("spelled", ["__sys_bind", "__sys_bind:23"])
def test_targets(ask: Kcg, spelled: str) -> None:
    assert ask("targets", spelled).out == text("""
__sys_bind  (net/socket.c:17)

net/socket.c:23  sock->ops->bind(sock, port)
  proto_ops.bind, 2 targets
  target     defined       rule       confidence  evidence
  inet_bind  net/inet.c:8  slot type  likely      inet_ops at net/inet.c:16
  unix_bind  net/unix.c:3  slot type  likely      unix_ops at net/unix.c:9
""")


def test_targets_of_a_line_without_any(ask: Kcg) -> None:
    done = ask("targets", "__sys_bind:19")
    assert done.code == 2
    assert done.err.endswith("kcg: error: __sys_bind has no indirect call on line 19.\n  It has some on 23.\n")


def test_show_of_a_struct_and_an_ops_table(ask: Kcg) -> None:
    assert ask("show", "proto_ops").out == text("""
/* include/linux/net.h:13 */
struct proto_ops {
    int (*bind)(struct socket *sock, int port);  /* 14 */
    int (*release)(struct socket *sock);         /* 15 */
};
""")
    assert ask("show", "inet_ops").out == text("""
/* net/inet.c:15 */
const struct proto_ops inet_ops = {
    .bind = inet_bind,  /* 16 */
};
""")


def test_show_of_the_rest(ask: Kcg) -> None:
    out = "".join(
        ask("show", name).out for name in ("unix_bind", "sock_state", "sa_family_t", "sock_family", "AF_*")
    )
    assert out == text("""
/* net/unix.c:3 */
static int unix_bind(struct socket *sock, int path);
/* include/linux/net.h:6 */
enum sock_state {
    SS_FREE,           /* 6  = 0 */
    SS_CONNECTED = 3,  /* 6 */
};
/* include/linux/net.h:4 */
typedef unsigned short sa_family_t;
/* include/linux/net.h:18 */
#define sock_family(sock) ((sock)->family)
/* AF_*: 2 constants, include/linux/net.h:1 */
AF_UNIX  1  include/linux/net.h:1
AF_INET  2  include/linux/net.h:2
""")


def test_show_as_json(ask: Kcg) -> None:
    (function,) = json.loads(ask("show", "inet_bind", "--format", "json").out)
    assert function["kind"] == "function"
    assert function["signature"] == "int inet_bind(struct socket *sock, int port)"
    (record,) = json.loads(ask("show", "socket", "--format", "json").out)
    assert record["kind"] == "record"
    assert [field["name"] for field in record["fields"]] == ["ops", "family"]


def test_tree_and_targets_as_json(ask: Kcg) -> None:
    root = json.loads(ask("tree", "sys_bind", "--format", "json").out)["root"]
    assert root["name"] == "sys_bind"
    (inner,) = root["calls"][0]["targets"]
    assert inner["calls"][-1]["total_targets"] == 2
    (site,) = json.loads(ask("targets", "__sys_bind", "--format", "json").out)["sites"]
    assert [target["name"] for target in site["targets"]] == ["inet_bind", "unix_bind"]


def test_export(ask: Kcg) -> None:
    rows = [json.loads(line) for line in ask("export", "functions").out.splitlines()]
    assert [row["name"] for row in rows] == [
        "fork", "check", "inet_bind", "sockfd_lookup", "check", "__sys_bind", "sys_bind",
        "unix_bind",
    ]  # fmt: skip
    done = ask("export", "edges", "--under", "net/socket.c", "--under", "kernel/")
    rows = [json.loads(line) for line in done.out.splitlines()]
    assert "hiding" not in done.err
    assert [(row["caller"]["name"], row["callee"]["name"]) for row in rows] == [
        ("sockfd_lookup", "spin_lock"),
        ("sockfd_lookup", "fget"),
        ("__sys_bind", "sockfd_lookup"),
        ("__sys_bind", "check"),
        ("__sys_bind", "inet_bind"),
        ("__sys_bind", "unix_bind"),
        ("sys_bind", "__sys_bind"),
    ]
    assert {row["caller"]["file"] for row in rows} == {"net/socket.c"}
    slots = [json.loads(line) for line in ask("export", "slots").out.splitlines()]
    assert {(row["struct"], row["field"], row["object"], row["value"]) for row in slots} == {
        ("proto_ops", "bind", "inet_ops", "inet_bind"),
        ("proto_ops", "bind", "unix_ops", "unix_bind"),
    }


def test_export_to_a_file(ask: Kcg, folder: Path) -> None:
    done = ask("export", "functions", "-o", "new/folder/functions.jsonl")
    assert (done.code, done.out) == (0, "")
    assert "kcg: wrote new/folder/functions.jsonl (8 rows)\n" in done.err
    written = (folder / "new/folder/functions.jsonl").read_text(encoding="utf-8")
    assert written == ask("export", "functions").out


def test_index_and_doctor(ask: Kcg, folder: Path) -> None:
    first = ask("index", "--store", "own.sqlite")
    assert first.out.startswith("7 files, 7 of them new (")
    assert ask("index", "--store", "own.sqlite").out.startswith("7 files, all indexed already (")
    assert json.loads(ask("index", "--format", "json").out)["files"] == 7
    report = ask("doctor", "--store", "own.sqlite").out
    assert report.startswith("kernel    Linux 6.9.3 (")
    assert "graphviz  " in report
    data = json.loads(ask("doctor", "--format", "json").out)
    assert data["total"]["functions"] == 8
    assert data["sources"]["functions"] + data["total"]["functions_lost"] == 8
    assert {folder["folder"] for folder in data["source_folders"]} <= {f["folder"] for f in data["folders"]}
    assert data["graphviz"] in ("system", "bundled", "missing")
