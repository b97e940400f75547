"""Trees and export rows as JSON-ready dictionaries; the rows are the published export schemas.

Keys are always present, null where unknown; file paths are relative to the kernel root.

Not handled: writing files; the caller serialises (`json_line` gives the canonical one-line form).
"""

import json
from typing import Any, Literal

from analyzer.graph.tree import CallTree, TreeFunction, TreeItem, TreeStep
from analyzer.model.callgraph import Edge, Function, FunctionRef

Row = dict[str, Any]


def json_line(row: Row) -> str:
    """One line of JSON with a line feed; the same bytes for the same row."""
    return json.dumps(row, ensure_ascii=False, separators=(", ", ": ")) + "\n"


def function_row(function: Function, *, kind: Literal["function", "macro"] = "function") -> Row:
    """A row of `kcg export functions`."""
    return {
        "name": function.ref.name,
        "file": function.ref.file or None,
        "line": function.ref.line or None,
        "end_line": function.end_line or None,
        "kind": kind,
        "linkage": function.linkage,
        "inline": function.inline,
        "signature": function.signature,
        "guard": function.guard or None,
        "aliases": list(function.aliases),
    }


def edge_row(edge: Edge) -> Row:
    """A row of `kcg export edges`: one (site, callee)."""
    return {
        "caller": ref_row(edge.caller),
        "callee": ref_row(edge.callee) if edge.callee else None,
        "site": {"file": edge.site.file, "line": edge.site.line, "column": edge.site.column},
        "kind": edge.kind,
        "expression": edge.expression,
        "macros": list(edge.macros),
        "slot": {"struct": edge.slot.tag, "field": edge.slot.path} if edge.slot else None,
        "guard": edge.guard or None,
        "rule": edge.rule,
        "confidence": edge.confidence,
        "evidence": [
            {"file": item.file, "line": item.line, "object": item.object or None} for item in edge.evidence
        ],
        "case": edge.case or None,
    }


def slot_row(
    *,
    struct: str,
    field: str,
    object: str,
    index: str | int | None,
    value: str,
    value_kind: Literal["function", "object", "constant"],
    file: str,
    line: int,
    guard: str,
    how: Literal["initializer", "assignment", "argument"],
) -> Row:
    """A row of `kcg export slots`: one value in one slot of one object."""
    return {
        "struct": struct or None,
        "field": field,
        "object": object or None,
        "index": index,
        "value": value,
        "value_kind": value_kind,
        "file": file,
        "line": line,
        "guard": guard or None,
        "how": how,
    }


def ref_row(function: FunctionRef) -> Row:
    """A function's identity; file and line are null for an external function."""
    return {"name": function.name, "file": function.file or None, "line": function.line or None}


def tree_json(tree: CallTree) -> Row:
    """The tree as nested objects: a function has `calls`, a call has `targets`, which are
    functions; statements stand among the calls, with `step` and `calls` of their own."""
    return {
        "reverse": tree.reverse,
        "hidden_sites": tree.hidden,
        "truncated": tree.truncated,
        "root": _function(tree.root),
    }


def _function(place: TreeFunction) -> Row:
    edge = place.edge
    return {
        **ref_row(place.function),
        "depth": place.depth,
        "mark": place.mark or None,
        "rule": edge.rule if edge else None,
        "confidence": edge.confidence if edge else None,
        "evidence": edge_row(edge)["evidence"] if edge else [],
        "omitted_callers": place.omitted,
        "calls": [_item(item) for item in place.items],
    }


def _item(item: TreeItem | TreeStep) -> Row:
    if isinstance(item, TreeStep):
        return {
            "step": item.kind,
            "text": item.text,
            "site": {"file": item.file, "line": item.line, "column": None},
            "guard": item.guard or None,
            "folded_calls": item.calls,
            "dead": item.dead,
            "choices": list(item.choices),
            "calls": [_item(below) for below in item.items],
        }
    site = item.site
    row = edge_row(site.edge)
    keys = ("site", "kind", "expression", "macros", "slot", "guard", "case")
    return {
        **{key: row[key] for key in keys},
        "expression": item.expression or row["expression"],
        "prefix": item.prefix or None,
        "when": list(item.when),
        "arguments": list(item.arguments or site.edge.arguments),
        "count": site.count,
        "total_targets": site.total,
        "possible_targets": site.possible,
        "folded_targets": site.folded,
        "unresolved": site.unresolved,
        "targets": [_function(target) for target in item.targets],
    }
