"""A comparison as one merged graph in DOT: what is new, gone and changed drawn in colours, with a legend.

Only the branches of the merged tree that lead to differences are drawn. Not handled: statements, signatures and
types.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from analyzer.model.callgraph import FunctionRef
from analyzer.model.difference import DiffCall, Difference, DiffFunction, Sign
from analyzer.render.difference import title

MAX_FUNCTIONS = 150
_COLOURS: dict[Sign, tuple[str, str]] = {  # border and fill
    "same": ("#57606a", "#f6f8fa"),
    "changed": ("#9a6700", "#fff8c5"),
    "added": ("#1a7f37", "#dafbe1"),
    "removed": ("#cf222e", "#ffebe9"),
}
_LEGEND: dict[Sign, str] = {"added": "added", "removed": "removed", "changed": "changed", "same": "the same"}


@dataclass(slots=True)
class _Drawn:
    boxes: dict[str, tuple[str, Sign, str]] = field(default_factory=dict)
    arrows: dict[tuple[str, str, str], tuple[Sign, str]] = field(default_factory=dict)
    folded: int = 0


def difference_dot(difference: Difference, *, max_functions: int = MAX_FUNCTIONS) -> str:
    """DOT text; at most so many functions, those nearest to the root first."""
    import graphviz

    drawn = _draw(difference.tree, max_functions)
    head = title(difference, "→")
    if drawn.folded:
        head += f"\\n{drawn.folded} more functions are not drawn"
    font = {"fontname": "Helvetica,Arial,sans-serif"}
    graph = graphviz.Digraph(
        name="difference",
        graph_attr={**font, "rankdir": "LR", "label": head, "labelloc": "t", "labeljust": "l", "fontsize": "16"},
        node_attr={**font, "shape": "box", "style": "filled,rounded", "fontsize": "11", "height": "0.3"},
        edge_attr={**font, "fontsize": "9", "arrowsize": "0.7"},
    )
    for key, (name, sign, tip) in drawn.boxes.items():
        border, fill = _COLOURS[sign]
        graph.node(key, graphviz.escape(name), color=border, fillcolor=fill, tooltip=graphviz.escape(tip))
    for (tail, to, label), (sign, tip) in drawn.arrows.items():
        style = "dashed" if label else "solid"
        colour = _COLOURS[sign][0]
        told = graphviz.escape(tip)
        graph.edge(
            tail, to, graphviz.escape(label), color=colour, style=style, edgetooltip=told, labeltooltip=told
        )
    with graph.subgraph(name="cluster_legend") as legend:
        legend.attr(label="legend", style="rounded", color="#d0d7de", fontsize="11")
        for sign, text in _LEGEND.items():
            border, fill = _COLOURS[sign]
            legend.node(f"legend {sign}", text, color=border, fillcolor=fill)
    return str(graph.source)


def _draw(root: DiffFunction, limit: int) -> _Drawn:
    """Boxes and arrows level by level, so that a limit cuts what is deepest."""
    drawn = _Drawn()
    named = {function.name: function for function in _functions(root)}
    drawn.boxes[_key(root)] = (_label(root), _own_sign(root), _tip(root))
    level = [root]
    while level:
        following: list[DiffFunction] = []
        for function in level:
            for call, target in _targets(function, named):
                key = _key(target)
                sign: Sign
                if key not in drawn.boxes:
                    if len(drawn.boxes) >= limit:
                        drawn.folded += 1
                        continue
                    # a call is new or gone, its function is there on both sides
                    sign = "same" if target.mark == "known" else _own_sign(target)
                    drawn.boxes[key] = (_label(target), sign, _tip(target))
                drawn.arrows.setdefault(
                    (_key(function), key, _slot(call)), (_sign(call, target), _expression(call))
                )
                following.append(target)
        level = following
    return drawn


def _functions(function: DiffFunction) -> Iterator[DiffFunction]:
    """Functions of the tree, marked ones last, so that the place where one is expanded tells of it."""
    later: list[DiffFunction] = []
    for call in function.calls:
        for target in call.targets:
            if target.mark:
                later.append(target)
            yield from _functions(target)
    yield from later
    if not function.mark:
        yield function


def _own_sign(function: DiffFunction) -> Sign:
    """Changed only when something differs in the function itself, not just in what it leads to."""
    if function.sign == "changed" and not function.changes and all(c.sign == "same" for c in function.calls):
        return "same"
    return function.sign


def _targets(function: DiffFunction, named: Mapping[str, DiffFunction]) -> Iterator[tuple[DiffCall, DiffFunction]]:
    for call in function.calls:
        if call.targets:
            for target in call.targets:
                yield call, target
        else:  # a changed call of something that is the same
            side = call.after or call.before
            if side is not None and call.moved and side.callee in named:
                yield call, named[side.callee]
            elif side is not None:
                ref = FunctionRef(side.slot or side.callee)
                before, after = ref if call.before else None, ref if call.after else None
                yield call, DiffFunction("same" if call.sign == "changed" else call.sign, before, after)


def _sign(call: DiffCall, target: DiffFunction) -> Sign:
    return target.sign if call.sign in ("same", "changed") and target.sign in ("added", "removed") else call.sign


def _key(function: DiffFunction) -> str:
    ref = function.after or function.before
    return f"{ref.name} {ref.file} {ref.line}".replace(":", " ") if ref else ""


def _label(function: DiffFunction) -> str:
    if function.before and function.after and function.before.name != function.after.name:
        return f"{function.before.name} → {function.after.name}"
    return function.name


def _tip(function: DiffFunction) -> str:
    refs = [ref for ref in (function.before, function.after) if ref is not None]
    return " → ".join(dict.fromkeys("external" if ref.external else f"{ref.file}:{ref.line}" for ref in refs))


def _slot(call: DiffCall) -> str:
    side = call.after or call.before
    return side.slot if side else ""


def _expression(call: DiffCall) -> str:
    sides = [side.expression for side in (call.before, call.after) if side is not None]
    return " → ".join(dict.fromkeys(sides))
