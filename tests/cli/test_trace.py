"""kcg trace: a running kernel against the graph."""

import json
from pathlib import Path

import pytest

from .conftest import Kcg

TRACES = Path(__file__).resolve().parents[2] / "fixtures" / "traces"

BIND = """\
# tracer: function_graph
#
# CPU  DURATION                  FUNCTION CALLS
# |     |   |                     |   |   |   |
 0)               |  __x64_sys_bind() {
 0)               |    __sys_bind() {
 0)               |      sockfd_lookup() {
 0)   0.900 us    |        fget();
 0)   2.900 us    |      }
 0)               |      inet_bind() {
 0)   0.900 us    |        fork();
 0)   2.900 us    |      }
 0)   9.900 us    |    }
 0)   9.950 us    |  }
"""


@pytest.fixture
def bind(folder: Path) -> str:
    (folder / "bind.graph").write_text(BIND, encoding="utf-8")
    return "bind.graph"


def text(block: str) -> str:
    return block[1:]


def test_what_is_unexplained_comes_first(ask: Kcg, bind: str) -> None:
    done = ask("trace", bind, "--alternatives")
    assert done.code == 0
    assert done.out == text("""
bind.graph: 5 calls, 4 explained (80.0 %)

unexplained, 1 call
caller     callee  seen  first          why
inet_bind  fork    1     bind.graph:11  no path through what tracing cannot see (2 functions)

explained, 4 calls
caller          callee         seen  first          path
__x64_sys_bind  __sys_bind     1     bind.graph:6   direct at net/socket.c:28
__sys_bind      sockfd_lookup  1     bind.graph:7   direct at net/socket.c:19
__sys_bind      inet_bind      1     bind.graph:10  proto_ops.bind at net/socket.c:23
sockfd_lookup   fget           1     bind.graph:8   direct at net/socket.c:9

net/socket.c:23  __sys_bind: sock->ops->bind(sock, port)  proto_ops.bind
  taken   [inet_ops] inet_bind
  never   [unix_ops] unix_bind
""")


def test_strict(ask: Kcg, bind: str, folder: Path) -> None:
    assert ask("trace", bind, "--strict").code == 1
    (folder / "good.graph").write_text(BIND.replace("fork", "inet_bind"), encoding="utf-8")
    assert ask("trace", "good.graph", "--strict").code == 0


def test_the_marked_tree(ask: Kcg, bind: str) -> None:
    done = ask("trace", bind, "--tree", "--hide", "none")
    assert done.out.endswith(
        text("""
sys_bind  (net/socket.c:26)
└── __sys_bind()  ✓
    ├── sockfd_lookup()  ✓
    │   ├── spin_lock()  external
    │   └── fget()  ✓  external
    ├── check()
    └── sock->ops->bind(sock, port)  ⇒ proto_ops.bind, 2 targets
        ├── [inet_ops] inet_bind  (net/inet.c:8)  ✓  …
        └── [unix_ops] unix_bind  (net/unix.c:3)
""")
    )
    ascii_only = ask("trace", bind, "--tree", env={"PYTHONIOENCODING": "ascii"}).out
    assert "|-- sockfd_lookup()  [seen]" in ascii_only


def test_the_tree_begins_where_it_is_told(ask: Kcg, bind: str) -> None:
    assert "\nsockfd_lookup  (net/socket.c:6)\n" in ask("trace", bind, "--tree", "--root", "sockfd_lookup").out
    done = ask("trace", bind, "--tree", "--root", "nobody")
    assert done.code == 2
    assert "No function is called nobody" in done.err


def test_json(ask: Kcg, bind: str) -> None:
    done = ask("trace", bind, bind, "--format", "json")
    found = json.loads(done.out)
    assert (found["explained"], found["unexplained"], found["interrupt"], found["outside"]) == (4, 1, 0, 0)
    assert [trace["unexplained"] for trace in found["traces"]] == [1, 1]
    first = found["calls"][0]
    assert (first["caller"], first["callee"], first["count"], first["verdict"]) == (
        "inet_bind",
        "fork",
        2,
        "unexplained",
    )
    assert first["path"] == []
    direct = next(call for call in found["calls"] if call["callee"] == "__sys_bind")
    assert [edge["callee"]["name"] for edge in direct["path"]] == ["__sys_bind"]
    (site,) = found["sites"]
    assert [end["name"] for end in site["taken"]] == ["inet_bind"]
    assert [end["name"] for end in site["never"]] == ["unix_bind"]


def test_what_tracing_sees_decides_what_is_passed_through(kcg: Kcg) -> None:
    trace = str(TRACES / "socket.graph")
    visible = str(TRACES / "available_filter_functions")
    without = kcg("trace", trace)
    assert (
        "__sys_socket                __sock_create" in without.out.partition("explained, ")[2].partition("\n\n")[0]
    )
    assert "--visible with a copy of available_filter_functions may explain more" in without.err
    given = kcg("trace", trace, "--visible", visible)
    assert "may explain more" not in given.err
    assert "__sys_socket_create (same file) > sock_create (same file) > direct at net/socket.c:45" in given.out
    assert given.out.startswith("socket.graph: 27 calls, 26 explained (96.3 %); 6 calls of the write that ends")


@pytest.mark.parametrize("name", ["socket.trace-cmd", "socket.uftrace", "socket.uftrace-graph", "socket.function"])
def test_all_formats_are_judged_alike(kcg: Kcg, name: str) -> None:
    done = kcg("trace", TRACES / name, "--visible", TRACES / "available_filter_functions", "--format", "json")
    found = json.loads(done.out)
    assert (found["explained"], found["unexplained"]) == (26, 1)
    assert found["outside"] == (2 if "uftrace" in name else 0)


@pytest.mark.parametrize("suffix", [".svg", ".dot", ".mmd", ".json", ".graphml"])
def test_pictures_mark_what_was_observed(ask: Kcg, bind: str, folder: Path, suffix: str) -> None:
    plain = ask("graph", "sys_bind", "-o", f"plain{suffix}")
    done = ask("trace", bind, "-o", f"marked{suffix}")
    assert plain.code == done.code == 0
    assert f"wrote marked{suffix}" in done.err
    sign = {".svg": "observed", ".dot": "penwidth=2.5", ".mmd": "linkStyle", ".json": '"observed": true'}
    wanted = sign.get(suffix, "observed")
    assert wanted in (folder / f"marked{suffix}").read_text(encoding="utf-8")
    assert wanted not in (folder / f"plain{suffix}").read_text(encoding="utf-8")


def test_files_of_one_name_are_told_apart(ask: Kcg, bind: str, folder: Path) -> None:
    (folder / "other").mkdir()
    (folder / "other" / bind).write_text(BIND, encoding="utf-8")
    lines = ask("trace", bind, f"other/{bind}").out.splitlines()
    assert [line.partition(":")[0] for line in lines[:3]] == [bind, f"other/{bind}", "together"]


def test_a_compressed_trace(ask: Kcg, folder: Path) -> None:
    import lzma

    (folder / "bind.graph.xz").write_bytes(lzma.compress(BIND.encode()))
    assert ask("trace", "bind.graph.xz").out.startswith("bind.graph.xz: 5 calls, 4 explained")


@pytest.mark.parametrize(
    ("content", "arguments", "message"),
    [
        (None, (), "missing.graph cannot be read"),
        ("nothing of the kind\n", (), "missing.graph shows no function call"),
        (BIND, ("--visible", "nowhere"), "nowhere cannot be read"),
        (BIND, ("-o", "x.bmp"), "files ending in .bmp cannot be written as a graph"),
    ],
)
def test_mistakes(ask: Kcg, folder: Path, content: str | None, arguments: tuple[str, ...], message: str) -> None:
    if content is not None:
        (folder / "missing.graph").write_text(content, encoding="utf-8")
    done = ask("trace", "missing.graph", *arguments)
    assert done.code == 2
    assert message in done.err
