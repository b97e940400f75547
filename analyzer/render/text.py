"""Call trees as text, one call per line.

Each line is first made of (text, role) spans; they are joined to plain text or to a coloured
`rich.text.Text`. Roles name what a span is, `_COLOURS` how it looks.

Not handled: fitting lines to a terminal's width.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from analyzer.errors import KcgError
from analyzer.graph.tree import CallTree, TreeFunction, TreeItem
from analyzer.model.callgraph import Edge, FunctionRef
from analyzer.render.words import call_text, objects, outcome, place, plural, slot_name

if TYPE_CHECKING:
    from rich.text import Text

Span = tuple[str, str]  # text, role


@dataclass(frozen=True, slots=True)
class Style:
    """The glyphs of a tree: `branch`/`last` lead to an entry, `down`/`gap` continue above
    others."""

    branch: str
    last: str
    down: str
    gap: str
    leads_to: str
    recursive: str
    repeated: str
    more: str
    times: str


_UNICODE = ("⇒", "↺ recursive", "↑ shown above", "…", "×")
_ASCII = ("=>", "(recursive)", "(shown above)", "...", "x")

STYLES: dict[str, Style] = {
    "unicode": Style("├── ", "└── ", "│   ", "    ", *_UNICODE),
    "ascii": Style("|-- ", "`-- ", "|   ", "    ", *_ASCII),
    "indent": Style("    ", "    ", "    ", "    ", *_UNICODE),
}

_COLOURS = {
    "root": "bold",
    "function": "cyan",
    "external": "dim",
    "expression": "magenta",
    "slot": "yellow",
    "object": "green",
    "place": "dim",
    "note": "dim",
    "guard": "blue",
    "mark": "dim italic",
    "remark": "bold green",
    "branch": "dim",
}


@dataclass(frozen=True, slots=True)
class TextOptions:
    """`args`: calls as written instead of `name()`. `lines`: where functions are defined (in
    reverse: where they call). `guards`: presence conditions of call sites. `marks`: remarks on calls by
    caller and callee."""

    style: str = "unicode"
    args: bool = False
    lines: bool = False
    guards: bool = True
    marks: Mapping[tuple[FunctionRef, FunctionRef], str] = field(default_factory=dict)


def tree_text(tree: CallTree, options: TextOptions | None = None) -> str:
    """The tree as plain text, a line feed after every line. Raises KcgError on an unknown style."""
    lines = _lines(tree, options or TextOptions())
    return "".join("".join(text for text, _ in line).rstrip() + "\n" for line in lines)


def tree_rich(tree: CallTree, options: TextOptions | None = None) -> "Text":
    """The same text with colours."""
    from rich.text import Text  # only a terminal needs it

    result = Text()
    for line in _lines(tree, options or TextOptions()):
        for text, role in line:
            result.append(text, _COLOURS.get(role, ""))
        result.append("\n")
    return result


def _lines(tree: CallTree, options: TextOptions) -> Iterator[list[Span]]:
    style = STYLES.get(options.style)
    if style is None:
        raise KcgError(f"no style `{options.style}`", hint=f"styles: {', '.join(STYLES)}")
    return _Writer(tree, options, style).lines()


@dataclass(frozen=True, slots=True)
class _Entry:
    """One line and what stands below it."""

    spans: list[Span]
    below: TreeFunction | TreeItem | None = None


class _Writer:
    def __init__(self, tree: CallTree, options: TextOptions, style: Style) -> None:
        self._tree = tree
        self._options = options
        self._style = style

    def lines(self) -> Iterator[list[Span]]:
        root = self._tree.root
        head: list[Span] = [(root.function.name, "root"), (f"  ({place(root.function)})", "place")]
        yield head + self._mark(root)
        yield from self._below(_Entry([], root), "")

    def _below(self, entry: _Entry, prefix: str) -> Iterator[list[Span]]:
        entries = list(self._entries(entry.below))
        style = self._style
        for position, child in enumerate(entries):
            last = position == len(entries) - 1
            branch = prefix + (style.last if last else style.branch)
            yield [(branch, "branch"), *child.spans]
            if child.below is not None:
                yield from self._below(child, prefix + (style.gap if last else style.down))

    def _entries(self, below: TreeFunction | TreeItem | None) -> Iterator[_Entry]:
        if isinstance(below, TreeItem):
            for target in below.targets:
                yield _Entry(self._alternative(target), target)
            if below.folded:
                yield _Entry(self._more(below.folded, "target"))
        elif below is not None:
            for item in below.items:
                if self._tree.reverse:
                    yield _Entry(self._caller(item), item.targets[0])
                elif item.site.single:
                    yield _Entry(self._direct(item, item.site.single), item.targets[0])
                else:
                    yield _Entry(self._computed(item), item)
            if below.omitted:
                yield _Entry(self._more(below.omitted, "caller"))

    def _direct(self, item: TreeItem, edge: Edge) -> list[Span]:
        target = item.targets[0]
        role = "external" if target.mark == "external" else "function"
        spans: list[Span] = [(call_text(edge, args=self._options.args), role)]
        spans += self._notes(item)
        if self._options.lines:
            spans.append((f"  [{place(target.function)}]", "place"))
            # The place already says `external`.
            return spans if target.mark == "external" else spans + self._mark(target)
        return spans + self._mark(target)

    def _computed(self, item: TreeItem) -> list[Span]:
        spans: list[Span] = [(item.site.edge.expression, "expression")]
        spans += self._notes(item)
        if self._options.lines:
            site = item.site.edge.site
            spans.append((f"  [{site.file}:{site.line}]", "place"))
        return [*spans, (f"  {self._style.leads_to} {outcome(item.site)}", "slot")]

    def _alternative(self, target: TreeFunction) -> list[Span]:
        spans: list[Span] = []
        label = objects(target.edge) if target.edge else ""
        if label:
            spans.append((f"[{label}] ", "object"))
        spans.append((target.function.name, "function"))
        spans.append((f"  ({place(target.function)})", "place"))
        return spans if target.mark == "external" else spans + self._mark(target)

    def _caller(self, item: TreeItem) -> list[Span]:
        target, edge = item.targets[0], item.site.edge
        spans: list[Span] = [(f"{target.function.name}()", "function")]
        if edge.kind != "direct":
            through = slot_name(edge.slot) if edge.slot else edge.kind.replace("_", " ")
            spans.append((f"  through {through}", "slot"))
        if self._options.args:
            spans.append((f"  calls {edge.expression}", "expression"))
        spans += self._notes(item)
        if self._options.lines:
            spans.append((f"  [{edge.site.file}:{edge.site.line}]", "place"))
        return spans + self._mark(target)

    def _notes(self, item: TreeItem) -> list[Span]:
        site = item.site
        spans: list[Span] = []
        if site.count > 1:
            spans.append((f"  {self._style.times}{site.count}", "note"))
        if site.edge.guard and self._options.guards:
            spans.append((f"  {{{site.edge.guard}}}", "guard"))
        if site.edge.macros:
            spans.append((f"  via {' > '.join(site.edge.macros)}", "note"))
        return spans

    def _mark(self, target: TreeFunction) -> list[Span]:
        style = self._style
        text = {
            "": "",
            "cut": style.more,
            "recursive": style.recursive,
            "repeated": style.repeated,
            "external": "external",
        }[target.mark]
        spans = [(f"  {text}", "mark")] if text else []
        edge = target.edge
        if edge is not None and edge.callee is not None:
            remark = self._options.marks.get((edge.caller, edge.callee))
            if remark:
                spans.insert(0, (f"  {remark}", "remark"))
        return spans

    def _more(self, count: int, noun: str) -> list[Span]:
        return [(f"{self._style.more} {plural(count, f'more {noun}')}", "mark")]


def rows_text(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A plain table: columns aligned, two spaces between, no trailing blanks, head line first."""
    table = [head, *rows]
    # The last column is ragged, so its width does not matter.
    widths = [max(len(row[column]) for row in table) for column in range(len(head) - 1)]
    return "".join(
        "  ".join(
            cell.ljust(widths[column]) if column < len(widths) else cell for column, cell in enumerate(row)
        ).rstrip()
        + "\n"
        for row in table
    )
