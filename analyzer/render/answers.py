"""Answers to one-step and path questions as JSON-ready documents, the edges as in the exports.

Not handled: trees and export rows (`analyzer.render.jsonout`).
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from analyzer.graph.sites import Fold, Site, group_sites, rank
from analyzer.model.callgraph import Edge, FunctionRef, Location
from analyzer.render.jsonout import Row, edge_row, ref_row


def document(row: Any) -> str:
    """A JSON document with a line feed; the same bytes for the same data."""
    return json.dumps(row, ensure_ascii=False, indent=1) + "\n"


def calls_json(function: FunctionRef, edges: Sequence[Edge]) -> Row:
    """Callers or callees: the function asked for and the edges."""
    return {"function": ref_row(function), "calls": [edge_row(edge) for edge in edges]}


def path_json(start: FunctionRef, end: FunctionRef, path: Sequence[Edge] | None) -> Row:
    """Both ends and the edges between them; `path` is null when there is none."""
    edges = None if path is None else [edge_row(edge) for edge in path]
    return {"from": ref_row(start), "to": ref_row(end), "path": edges}


def targets_json(function: FunctionRef, edges: Sequence[Edge], alike: Mapping[Location, int] | None = None) -> Row:
    """The indirect call sites among a function's edges, each with all of its targets; `alike` counts the functions
    of an unresolved site's signature."""
    sites, _ = group_sites(
        [edge for edge in edges if edge.kind != "direct"],
        fold=Fold(targets=None, possible=True),
    )
    return {"function": ref_row(function), "sites": [_site(site, alike or {}) for site in sites]}


def _site(site: Site, alike: Mapping[Location, int]) -> Row:
    row = edge_row(site.edge)
    keys = ("site", "kind", "expression", "macros", "slot", "guard", "case")
    return {
        **{key: row[key] for key in keys},
        "unresolved": site.unresolved,
        "rule": row["rule"] if site.unresolved else None,
        "same_signature": alike.get(site.edge.site, 0) if site.unresolved else None,
        "targets": [_target(edge) for edge in sorted(site.targets, key=rank) if edge.callee],
    }


def _target(edge: Edge) -> Row:
    row = edge_row(edge)
    return {**row["callee"], **{key: row[key] for key in ("rule", "confidence", "evidence")}}
