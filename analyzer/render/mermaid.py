"""Mermaid flowchart source of a rooted graph, for Markdown viewers that draw it.

Not handled: a legend and tooltips; Mermaid has no place for them.
"""

from analyzer.graph.formats import Marked
from analyzer.graph.rooted import RootedGraph
from analyzer.render.drawing import Box, Junction, draw
from analyzer.render.words import link

_ARROWS = {"direct": "-->", "indirect": "-.->", "stem": "-.-"}

_CLASSES = (
    "classDef root fill:#0b4f9e,color:#ffffff,stroke:#0b4f9e",
    "classDef external fill:#e4e6ea,color:#1f2328,stroke:#e4e6ea",
    "classDef site fill:#fff4d6,color:#1f2328,stroke:#9a5b00",
    "classDef unresolved fill:#ffdcd7,color:#1f2328,stroke:#9a5b00",
)


def to_mermaid(
    graph: RootedGraph,
    *,
    max_functions: int = 120,
    title: str | None = None,
    url: str | None = None,
    version: str = "",
    marked: Marked = frozenset(),
    fold_errors: bool = False,
) -> str:
    """Mermaid text. `url` is a template with `{file}`, `{line}`, `{version}`, or None. The arrows of `marked`
    (caller, callee) are thick. `fold_errors`: what only failures lead to is left out."""
    drawing = draw(graph, max_functions=max_functions, title=title, marked=marked, fold_errors=fold_errors)
    names = {box.key: f"f{number}" for number, box in enumerate(drawing.boxes)}
    names |= {junction.key: f"s{number}" for number, junction in enumerate(drawing.junctions)}
    # A quoted YAML string is also a JSON string; the title may hold anything.
    lines = ["---", f"title: {_yaml(drawing.title)}", "---", "flowchart LR"]
    lines.append(f"  accTitle: {_line(drawing.title)}")
    lines.append(f"  accDescr: {_line(drawing.describe())}")
    lines += [f"  {line}" for line in _CLASSES]
    for number, (file, (boxes, junctions)) in enumerate(drawing.by_file().items()):
        members = [_box(names[box.key], box) for box in boxes]
        members += [_junction(names[junction.key], junction) for junction in junctions]
        if file:
            lines.append(f"  subgraph c{number}[{_quote(file)}]")
            lines += [f"    {member}" for member in members]
            lines.append("  end")
        else:
            lines += [f"  {member}" for member in members]
    for arrow in drawing.links:
        label = f"|{_quote(arrow.label)}|" if arrow.label else ""
        lines.append(f"  {names[arrow.tail]} {_ARROWS[arrow.kind]}{label} {names[arrow.head]}")
    thick = ",".join(str(number) for number, arrow in enumerate(drawing.links) if arrow.marked)
    if thick:
        lines.append(f"  linkStyle {thick} stroke:#1a7f37,stroke-width:3px")
    if url:
        for box in drawing.boxes:
            if not box.function.external:
                where = link(url, box.function.file, box.function.line, version)
                lines.append(f"  click {names[box.key]} href {_quote(where)}")
    return "\n".join(lines) + "\n"


def _box(name: str, box: Box) -> str:
    text = f"[{box.held}] {box.function.name}" if box.held else box.function.name
    if box.folded:
        text += f"\n+{box.folded} not drawn"
    elif box.cut:
        text += " …"
    role = ":::root" if box.root else ":::external" if box.function.external else ""
    return f"{name}[{_quote(text)}]{role}"


def _junction(name: str, junction: Junction) -> str:
    if junction.resolved:
        return f"{name}>{_quote(junction.label)}]:::site"
    return f"{name}{{{_quote('? ' + junction.label)}}}:::unresolved"


def _quote(text: str) -> str:
    # Mermaid has no escapes but HTML entities, written with `#`.
    plain = text.replace("&", "#amp;").replace('"', "#quot;").replace("<", "#lt;")
    return '"' + plain.replace(">", "#gt;").replace("\n", "<br/>") + '"'


def _line(text: str) -> str:
    return " ".join(text.split())


def _yaml(text: str) -> str:
    return '"' + _line(text).replace("\\", "\\\\").replace('"', '\\"') + '"'
