"""Export rows follow the published schemas; trees as nested JSON."""

import json

from analyzer.graph.rooted import grow
from analyzer.graph.tree import build_tree
from analyzer.model.callgraph import (
    Edge,
    Evidence,
    Function,
    FunctionRef,
    Location,
    Parameter,
    Slot,
)
from analyzer.render.jsonout import edge_row, function_row, json_line, slot_row, tree_json

SITE = Location("net/socket.c", 1541, 8)
CALLER = FunctionRef("__sock_create", "net/socket.c", 1480)


def test_function_row():
    function = Function(
        FunctionRef("sys_close", "fs/open.c", 1545),
        1560,
        "external",
        False,
        "long",
        (Parameter("unsigned int", "fd"),),
        aliases=("__x64_sys_close",),
    )
    assert function_row(function) == {
        "name": "sys_close",
        "file": "fs/open.c",
        "line": 1545,
        "end_line": 1560,
        "kind": "function",
        "linkage": "external",
        "inline": False,
        "signature": "long sys_close(unsigned int fd)",
        "guard": None,
        "aliases": ["__x64_sys_close"],
    }


def test_edge_row():
    edge = Edge(
        CALLER,
        FunctionRef("inet_create", "net/ipv4/af_inet.c", 252),
        SITE,
        "slot",
        "pf->create(net)",
        slot=Slot("net_proto_family", "create"),
        rule="slot table",
        evidence=(Evidence("net/ipv4/af_inet.c", 1106, "inet_family_ops"),),
    )
    assert edge_row(edge) == {
        "caller": {"name": "__sock_create", "file": "net/socket.c", "line": 1480},
        "callee": {"name": "inet_create", "file": "net/ipv4/af_inet.c", "line": 252},
        "site": {"file": "net/socket.c", "line": 1541, "column": 8},
        "kind": "slot",
        "expression": "pf->create(net)",
        "macros": [],
        "slot": {"struct": "net_proto_family", "field": "create"},
        "guard": None,
        "rule": "slot table",
        "confidence": "certain",
        "evidence": [{"file": "net/ipv4/af_inet.c", "line": 1106, "object": "inet_family_ops"}],
        "case": None,
    }


def test_unresolved_and_external_edges():
    unresolved = edge_row(Edge(CALLER, None, SITE, "pointer", "fn(x)"))
    assert (unresolved["callee"], unresolved["slot"], unresolved["evidence"]) == (None, None, [])
    external = edge_row(Edge(CALLER, FunctionRef("memcpy"), SITE, "direct", "memcpy(a, b, c)"))
    assert external["callee"] == {"name": "memcpy", "file": None, "line": None}


def test_slot_row_and_line():
    row = slot_row(
        struct="proto",
        field="init",
        object="tcp_prot",
        index=None,
        value="tcp_v4_init_sock",
        value_kind="function",
        file="net/ipv4/tcp_ipv4.c",
        line=3000,
        guard="",
        how="initializer",
    )
    assert json_line(row) == (
        '{"struct": "proto", "field": "init", "object": "tcp_prot", "index": null, '
        '"value": "tcp_v4_init_sock", "value_kind": "function", '
        '"file": "net/ipv4/tcp_ipv4.c", "line": 3000, "guard": null, "how": "initializer"}\n'
    )


def test_tree(calls):
    calls.call("a", "b")
    calls.slot("b", "p->run()", "t", "u")
    calls.slot("b", "q->run()")
    data = tree_json(build_tree(grow(calls.ref("a"), calls.successors, depth=5)))
    (call,) = data["root"]["calls"]
    (b,) = call["targets"]
    assert (b["name"], b["depth"], b["mark"]) == ("b", 1, None)
    first, second = b["calls"]
    assert [target["name"] for target in first["targets"]] == ["t", "u"]
    assert first["slot"] == {"struct": "ops", "field": "run"}
    assert second["unresolved"]
    assert second["targets"] == []


def test_deep_trees_can_be_written(chain):
    calls = chain(">".join(f"f{n}" for n in range(400)))
    data = tree_json(build_tree(grow(calls.ref("f0"), calls.successors, depth=1000)))
    assert '"f150"' in json.dumps(data)
    assert '"f150"' in json.dumps(data, indent=1)
