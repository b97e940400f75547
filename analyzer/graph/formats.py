"""Exchange formats of a rooted graph: GraphML and node-link JSON, for other tools.

Both are deterministic. Values are texts and numbers; unresolved sites have no second end and are in
the JSON only, with `target` null.

Not handled: reading them back.
"""

import json
from collections.abc import Collection
from typing import Any

from analyzer.graph.rooted import RootedGraph
from analyzer.model.callgraph import Edge, FunctionRef

Marked = Collection[tuple[FunctionRef, FunctionRef]]  # (caller, callee) that a trace shows


def function_id(function: FunctionRef) -> str:
    """A readable identifier that is unique in a tree: `net/ipv4/af_inet.c:252:inet_create`; an
    external function is its name alone."""
    if function.external:
        return function.name
    return f"{function.file}:{function.line}:{function.name}"


def to_graphml(graph: RootedGraph, marked: Marked = frozenset()) -> str:
    """GraphML text with one node per function and one edge per resolved (site, callee). With `marked`, every
    edge says whether its (caller, callee) was `observed`."""
    import networkx  # slow to import, see RootedGraph.to_networkx

    plain: networkx.MultiDiGraph[str] = networkx.MultiDiGraph(root=function_id(graph.root))
    for function, depth in graph.depths.items():
        plain.add_node(function_id(function), **_function(function), depth=depth)
    for edge in graph.edges():
        if edge.callee is not None:
            attributes = _edge(edge, marked)
            plain.add_edge(function_id(edge.caller), function_id(edge.callee), **attributes)
    return "\n".join(networkx.generate_graphml(plain, named_key_ids=True)) + "\n"


def to_node_link(graph: RootedGraph, marked: Marked = frozenset()) -> dict[str, Any]:
    """Node-link form (the keys networkx and d3 read): `directed`, `multigraph`, `graph`, `nodes`,
    `links`; a link's `target` is null where the site is unresolved. `marked` as for `to_graphml`."""
    return {
        "directed": True,
        "multigraph": True,
        "graph": {
            "root": function_id(graph.root),
            "reverse": graph.reverse,
            "hidden_sites": graph.hidden,
            "truncated": graph.truncated,
        },
        "nodes": [
            {
                "id": function_id(function),
                **_function(function),
                "depth": depth,
                "cut": function in graph.cut,
            }
            for function, depth in graph.depths.items()
        ],
        "links": [
            {
                "source": function_id(edge.caller),
                "target": function_id(edge.callee) if edge.callee else None,
                **_edge(edge, marked),
            }
            for edge in graph.edges()
        ],
    }


def to_json(graph: RootedGraph, marked: Marked = frozenset()) -> str:
    """The node-link form as JSON text."""
    return json.dumps(to_node_link(graph, marked), indent=1, ensure_ascii=False) + "\n"


def _function(function: FunctionRef) -> dict[str, str | int | bool]:
    return {
        "name": function.name,
        "file": function.file,
        "line": function.line,
        "external": function.external,
    }


def _edge(edge: Edge, marked: Marked) -> dict[str, str | int]:
    slot = edge.slot.spelled if edge.slot else ""
    observed = {"observed": edge.callee is not None and (edge.caller, edge.callee) in marked} if marked else {}
    return {
        "kind": edge.kind,
        "expression": edge.expression,
        "site_file": edge.site.file,
        "site_line": edge.site.line,
        "site_column": edge.site.column,
        "slot": slot,
        "macros": ", ".join(edge.macros),
        "guard": edge.guard,
        "rule": edge.rule,
        "confidence": edge.confidence,
        **observed,
    }
