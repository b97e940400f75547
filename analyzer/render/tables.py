"""Lists as plain text: callers, callees, paths, and the targets of indirect calls with their
reasons.

Not handled: fitting to a terminal's width; the call's text is the last column and may be long.
"""

from collections.abc import Mapping, Sequence

from analyzer.graph.sites import Fold, Site, group_sites, rank
from analyzer.model.callgraph import Edge, FunctionRef, Location
from analyzer.render.text import rows_text
from analyzer.render.words import case_text, evidence, outcome, place, plural, slot_name

_MAX_EVIDENCE = 3  # shown of each target unless all are asked for


def callers_text(edges: Sequence[Edge]) -> str:
    """One row per call that leads to a function, sorted by place."""
    rows = [
        (edge.caller.name, _site(edge), _how(edge), edge.expression)
        for edge in sorted(edges, key=lambda edge: (edge.site, edge.caller, edge.expression))
    ]
    return rows_text(("caller", "site", "how", "call"), rows) if rows else "no callers\n"


def callees_text(edges: Sequence[Edge]) -> str:
    """One row per (call, callee), in the order given; every target of every call."""
    rows = [
        (edge.callee.name, place(edge.callee), _site(edge), _how(edge), edge.expression)
        if edge.callee
        else ("(unresolved)", "", _site(edge), _how(edge), edge.expression)
        for edge in edges
    ]
    head = ("callee", "defined", "site", "how", "call")
    return rows_text(head, rows) if rows else "no calls\n"


def path_text(start: FunctionRef, path: Sequence[Edge]) -> str:
    """A path, one function per line, each with the call that leads to it."""
    head = (start.name, place(start), "")
    steps = [
        (step.callee.name, place(step.callee), f"{step.expression}  {_how(step)} at {_site(step)}")
        for step in path
        if step.callee
    ]
    lines = rows_text(("function", "defined", "called"), [head, *steps])
    return lines


def targets_text(
    function: FunctionRef,
    edges: Sequence[Edge],
    *,
    why: bool = False,
    alike: Mapping[Location, int] | None = None,
) -> str:
    """The indirect call sites of `function` among its `edges`: per site its line, expression and
    slot, then every target with rule, confidence and evidence (`why`: all of the evidence). `alike` counts the
    functions of an unresolved site's signature."""
    sites, _ = group_sites(
        [edge for edge in edges if edge.kind != "direct"],
        fold=Fold(targets=None, possible=True),
    )
    parts = [f"{function.name}  ({place(function)})\n"]
    if not sites:
        parts.append("  no indirect calls\n")
    for site in sites:
        parts.append("\n" + _site_text(site, why, (alike or {}).get(site.edge.site, 0)))
    return "".join(parts)


def _site_text(site: Site, why: bool, alike: int) -> str:
    edge = site.edge
    notes = f"  {{{edge.guard}}}" if edge.guard else ""
    notes += f"  via {' > '.join(edge.macros)}" if edge.macros else ""
    notes += f"  {case_text(edge)}" if edge.case else ""
    head = f"{edge.site.file}:{edge.site.line}  {edge.expression}{notes}\n"
    rule = f"  ({edge.rule})" if site.unresolved and edge.rule else ""
    if site.unresolved and alike:
        verb = "is" if alike == 1 else "are"
        rule += f"  {plural(alike, 'function')} of that signature {verb} address-taken (--possible)"
    rows: list[tuple[str, ...]] = []
    for target in sorted(site.targets, key=rank):
        if target.callee is None:
            continue
        shown = target.evidence if why else target.evidence[:_MAX_EVIDENCE]
        reasons = "; ".join(evidence(item) for item in shown)
        if len(shown) < len(target.evidence):
            reasons += f"; +{len(target.evidence) - len(shown)}"
        callee = target.callee
        rows.append((callee.name, place(callee), target.rule, target.confidence, reasons))
    table = rows_text(("target", "defined", "rule", "confidence", "evidence"), rows) if rows else ""
    indented = "".join(f"  {line}\n" for line in table.splitlines())
    return f"{head}  {outcome(site)}{rule}\n{indented}"


def _site(edge: Edge) -> str:
    return f"{edge.site.file}:{edge.site.line}"


def _how(edge: Edge) -> str:
    """`direct`, the slot, or the kind; with the outermost macro and a doubtful confidence."""
    how = slot_name(edge.slot) if edge.slot else edge.kind.replace("_", " ")
    if edge.macros:
        how += f" via {edge.macros[0]}"
    if edge.confidence != "certain":
        how += f" ({edge.confidence})"
    return f"{how}, {case_text(edge)}" if edge.case else how
