"""DOT source of a rooted graph: clusters by file, a legend, links and tooltips; no layout.

The same graph gives the same bytes. Node identifiers are readable, because they become the titles
that a screen reader speaks in an SVG.

Not handled: running Graphviz.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from analyzer.errors import KcgError
from analyzer.graph.formats import Marked
from analyzer.graph.rooted import RootedGraph
from analyzer.render.drawing import Box, Drawing, Junction, draw
from analyzer.render.words import link, place, plural

_WRAP = 26  # characters of a name per line


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours; text on every fill has a contrast of at least 4.5:1."""

    background: str
    text: str
    muted: str
    cluster: str
    cluster_border: str
    box: str
    border: str
    root: str
    root_text: str
    external: str
    junction: str
    dead_end: str
    direct: str
    indirect: str
    failing: str
    marked: str


THEMES: Mapping[str, Theme] = {
    "light": Theme(
        background="#ffffff",
        text="#1f2328",
        muted="#57606a",
        cluster="#f6f8fa",
        cluster_border="#d0d7de",
        box="#ffffff",
        border="#6e7781",
        root="#0b4f9e",
        root_text="#ffffff",
        external="#e4e6ea",
        junction="#fff4d6",
        dead_end="#ffdcd7",
        direct="#3d444d",
        indirect="#9a5b00",
        failing="#b42318",
        marked="#1a7f37",
    ),
    "dark": Theme(
        background="#0d1117",
        text="#e6edf3",
        muted="#9da7b3",
        cluster="#151b23",
        cluster_border="#3d444d",
        box="#1f2630",
        border="#7d8590",
        root="#a5d0ff",
        root_text="#0d1117",
        external="#343b44",
        junction="#3d2f0d",
        dead_end="#5c1f1a",
        direct="#c3cad2",
        indirect="#e3a341",
        failing="#ff8f85",
        marked="#3fb950",
    ),
}


@dataclass(frozen=True, slots=True)
class DotOptions:
    """`url` is a template with `{file}`, `{line}`, `{version}` that functions link to (None: no
    links, only tooltips). `max_functions` bounds the drawing; larger subtrees are folded. `layout`: `graph` draws
    every function once, `tree` draws other ways to a function as references. `group` names the box around the
    functions of a file (None: the file itself). `marked`: (caller, callee) whose arrows stand out, because a
    trace shows them. `fold_errors`: what only failures lead to is left out."""

    url: str | None = None
    version: str = ""
    max_functions: int = 60
    title: str | None = None
    theme: str = "light"
    legend: bool = True
    layout: str = "graph"
    group: Callable[[str], str] | None = None
    marked: Marked = frozenset()
    fold_errors: bool = False


def to_dot(graph: RootedGraph, options: DotOptions | None = None) -> str:
    """DOT text of the graph. Raises KcgError on an unknown theme."""
    options = options or DotOptions()
    theme = THEMES.get(options.theme)
    if theme is None:
        raise KcgError(f"no theme `{options.theme}`", hint=f"themes: {', '.join(THEMES)}")
    drawing = draw(
        graph,
        max_functions=options.max_functions,
        title=options.title,
        layout=options.layout,
        marked=options.marked,
        fold_errors=options.fold_errors,
    )
    return _Dot(drawing, theme, options).source()


def wrap(name: str, width: int = _WRAP) -> list[str]:
    """A long name in pieces of about `width`, broken after `_`, `.`, `/`, `>` or a blank."""
    lines: list[str] = []
    rest = name
    while len(rest) > width:
        cut = max(rest.rfind(mark, width // 2, width) for mark in "_./> ")
        cut = width if cut < 0 else cut + 1
        lines.append(rest[:cut])
        rest = rest[cut:]
    return [*lines, rest]


class _Dot:
    def __init__(self, drawing: Drawing, theme: Theme, options: DotOptions) -> None:
        import graphviz

        self._library = graphviz
        self._drawing = drawing
        self._theme = theme
        self._options = options
        font = {"fontname": "Helvetica,Arial,sans-serif", "fontcolor": theme.text}
        self._graph = graphviz.Digraph(
            name=drawing.title,
            graph_attr={
                **font,
                "rankdir": "LR",
                "bgcolor": theme.background,
                # `\\l` ends a line that is set flush left.
                "label": "".join(f"{self._text(line)}\\l" for line in self._caption()),
                "labelloc": "t",
                "labeljust": "l",
                "fontsize": "16",
                "tooltip": self._text(drawing.describe()),
                "nodesep": "0.12",
                "ranksep": "0.6",
                "newrank": "true",
                "pad": "0.3",
            },
            node_attr={
                **font,
                "shape": "box",
                "style": "rounded,filled",
                "fillcolor": theme.box,
                "color": theme.border,
                "fontsize": "11",
                "height": "0.3",
                "margin": "0.1,0.04",
            },
            edge_attr={
                **font,
                "fontsize": "9",
                "color": theme.direct,
                "arrowsize": "0.6",
            },
        )

    def source(self) -> str:
        theme = self._theme
        group = self._options.group
        groups = self._drawing.by_group(group) if group else self._drawing.by_file()
        for file, (boxes, junctions) in groups.items():
            if not file:
                self._members(self._graph, boxes, junctions)
                continue
            with self._graph.subgraph(name=f"cluster {file}") as cluster:
                cluster.attr(
                    label=self._text(file),
                    tooltip=self._text(file),
                    style="rounded,filled",
                    fillcolor=theme.cluster,
                    color=theme.cluster_border,
                    fontcolor=theme.muted,
                    fontsize="10",
                    margin="8",
                )
                self._members(cluster, boxes, junctions)
        sources = {junction.key for junction in self._drawing.junctions}
        for arrow in self._drawing.links:
            attributes = {
                "tooltip": self._text(arrow.detail),
                "labeltooltip": self._text(arrow.detail),
            }
            if arrow.label:
                attributes["label"] = self._text(*wrap(arrow.label))
            attributes |= self._line(arrow.kind)
            if arrow.tail in sources and arrow.head not in sources:
                # from the tip of a junction's shape, past the names above and below the target
                attributes |= {"tailport": "e", "headport": "w"}
            if arrow.failing:
                attributes |= {"color": theme.failing, "style": "dotted"}
            if arrow.marked:
                attributes |= {"color": theme.marked, "penwidth": "2.5"}
            self._graph.edge(arrow.tail, arrow.head, **attributes)
        if self._options.legend:
            self._legend()
        return str(self._graph.source)

    def _caption(self) -> list[str]:
        drawing = self._drawing
        version = self._options.version
        lines = [f"{drawing.title}  (Linux {version})" if version else drawing.title]
        drawn = sum(not box.reference for box in drawing.boxes)
        if drawing.total - drawn:
            lines.append(f"{plural(drawn, 'function')} drawn, {drawing.total - drawn} folded")
        return lines

    def _members(self, graph: Any, boxes: list[Box], junctions: list[Junction]) -> None:
        for box in boxes:
            graph.node(box.key, **self._box(box))
        for junction in junctions:
            graph.node(junction.key, **self._junction(junction))

    def _box(self, box: Box) -> dict[str, str]:
        theme = self._theme
        function = box.function
        lines = wrap(function.name)
        if box.held:
            lines = [*wrap(f"[{box.held}]"), *lines]
        tooltip = f"{function.name}\n{place(function)}"
        if box.folded:
            lines.append(f"+{box.folded} not drawn")
            tooltip += f"\n{plural(box.folded, 'function')} below not drawn"
        elif box.cut:
            lines[-1] += " …"
            tooltip += "\nmore calls below the depth limit"
        attributes = {"label": self._text(*lines), "tooltip": self._text(tooltip)}
        if function.external:
            attributes |= {"fillcolor": theme.external, "color": theme.external}
        elif self._options.url:
            url = link(self._options.url, function.file, function.line, self._options.version)
            attributes |= {"URL": self._text(url), "target": "_top"}
        if box.reference:
            attributes |= {"style": "rounded,dashed", "fontsize": "9", "fontcolor": theme.muted}
        if box.folded:
            attributes["peripheries"] = "2"
        if box.root:
            attributes |= {
                "fillcolor": theme.root,
                "color": theme.root,
                "fontcolor": theme.root_text,
                "fontsize": "14",
                "penwidth": "2",
            }
        return attributes

    def _junction(self, junction: Junction) -> dict[str, str]:
        lines = [part for line in junction.label.split("\n") for part in wrap(line)]
        attributes = {"tooltip": self._text(junction.detail), "fontsize": "9"}
        if junction.resolved:
            return attributes | {
                "label": self._text(*lines),
                "shape": "cds",
                "style": "filled",
                "margin": "0.16,0.08",
                "fillcolor": self._theme.junction,
                "color": self._theme.indirect,
            }
        # A small diamond with its text beside it: inside, it would be a large one.
        return attributes | {
            "label": "?",
            "xlabel": self._text(*lines),
            "shape": "diamond",
            "style": "filled",
            "fillcolor": self._theme.dead_end,
            "color": self._theme.indirect,
            "width": "0.25",
            "height": "0.25",
            "margin": "0",
        }

    def _line(self, kind: str) -> dict[str, str]:
        if kind == "direct":
            return {}
        line = {"style": "dashed", "color": self._theme.indirect}
        return line | {"arrowhead": "none"} if kind == "stem" else line

    def _legend(self) -> None:
        theme = self._theme
        with self._graph.subgraph(name="cluster legend") as legend:
            legend.attr(
                label="Legend",
                style="rounded",
                color=theme.cluster_border,
                fontcolor=theme.muted,
                fontsize="10",
                margin="8",
            )
            legend.node("legend caller", label="caller", fontsize="9")
            legend.node("legend callee", label="callee", fontsize="9")
            legend.edge("legend caller", "legend callee", label="direct call")
            legend.node("legend site", label="", **self._plain(theme.junction, "cds"))
            legend.node("legend target", label="target", fontsize="9")
            legend.edge("legend site", "legend target", label="through a pointer", **self._line(""))
            legend.node("legend unresolved", label="?", **self._plain(theme.dead_end, "diamond"))
            legend.node("legend text", label="unresolved", shape="plaintext", style="", fontsize="9")
            legend.edge("legend unresolved", "legend text", style="invis")
            if any(link.failing for link in self._drawing.links):
                legend.node("legend try", label="caller", fontsize="9")
                legend.node("legend clean", label="callee", fontsize="9")
                legend.edge("legend try", "legend clean", label="on failure", color=theme.failing, style="dotted")
            legend.node("legend external", label="external", fontsize="9", fillcolor=theme.external)
            legend.node("legend folded", label="+n not drawn", fontsize="9", peripheries="2")
            legend.edge("legend external", "legend folded", style="invis")
            if self._options.marked:
                legend.node("legend from", label="caller", fontsize="9")
                legend.node("legend to", label="callee", fontsize="9")
                legend.edge("legend from", "legend to", label="observed", color=theme.marked, penwidth="2.5")

    def _plain(self, fill: str, shape: str) -> dict[str, str]:
        return {
            "shape": shape,
            "style": "filled",
            "fillcolor": fill,
            "color": self._theme.indirect,
            "fontsize": "9",
            "width": "0.3",
            "height": "0.2",
            "margin": "0",
        }

    def _text(self, *lines: str) -> str:
        r"""Text for an attribute: backslashes kept, line feeds as DOT's `\n`."""
        escape = self._library.escape
        return "\\n".join(str(escape(part)) for line in lines for part in line.split("\n"))
