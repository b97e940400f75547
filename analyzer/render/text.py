"""Call trees as text, one call or statement per line, in one of several styles.

Styles with branches (`unicode`, `ascii`, `box`), with indentation alone, as lists in documents (`markdown`,
`org`), and in the forms of two programs: GNU and POSIX `cflow`, and the function_graph tracer of ftrace, where
statements stand as comments.

Not handled: breaking long lines; on a terminal they are cut at its width.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from analyzer.errors import KcgError
from analyzer.graph.tree import CallTree
from analyzer.model.callgraph import FunctionRef
from analyzer.render.lines import ASCII, UNICODE, Facts, Line, Lines, Shown, Span, Words
from analyzer.render.words import place

if TYPE_CHECKING:
    from rich.text import Text

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
    "condition": "yellow",
    "case": "yellow",
    "loop": "yellow",
    "label": "yellow",
    "error": "red",
    "leave": "red",
    "assignment": "green",
    "macro": "dim",
    "comment": "dim italic",
}


@dataclass(frozen=True, slots=True)
class TextOptions:
    """`args`: calls as written instead of `name()`. `lines`: where functions are defined (in
    reverse: where they call). `guards`: presence conditions of call sites. `signatures`, `comments`: of what is
    called. `indent`: of one level in styles of indentation, default that of the style. `width`: columns of the
    terminal, 0 for no limit. `url` makes the address of a function's definition for styles with links.
    `marks`: remarks on calls by caller and callee."""

    style: str = "unicode"
    args: bool = False
    lines: bool = False
    guards: bool = True
    signatures: bool = False
    comments: bool = False
    indent: str = ""
    width: int = 0
    url: Callable[[FunctionRef], str] | None = None
    facts: Facts = field(default_factory=Facts)
    marks: Mapping[tuple[FunctionRef, FunctionRef], str] = field(default_factory=dict)

    @property
    def shown(self) -> Shown:
        """The remarks that lines have."""
        return Shown(self.args, self.lines, self.guards, self.signatures, self.comments, self.marks)


Drawn = Iterator[list[Span]]


@dataclass(frozen=True, slots=True)
class _Glyphs:
    """`branch`/`last` lead to an entry, `down`/`gap` continue above others; `spacer` opens a list of entries."""

    branch: str
    last: str
    down: str
    gap: str
    spacer: str = ""


_BRANCHES = {
    "unicode": _Glyphs("├── ", "└── ", "│   ", "    "),
    "ascii": _Glyphs("|-- ", "`-- ", "|   ", "    "),
    "box": _Glyphs("+---- ", "+---- ", "|     ", "      ", "|"),
}


def _branches(lines: Lines, options: TextOptions) -> Drawn:
    glyphs = _BRANCHES[options.style]
    root = lines.root()
    yield root.spans

    def draw(line: Line, prefix: str) -> Drawn:
        entries = list(lines.below(line))
        if entries and glyphs.spacer:
            yield [(prefix + glyphs.spacer, "branch")]
        for position, entry in enumerate(entries):
            last = position == len(entries) - 1
            yield [(prefix + (glyphs.last if last else glyphs.branch), "branch"), *entry.spans]
            yield from draw(entry, prefix + (glyphs.gap if last else glyphs.down))

    yield from draw(root, "")


def _levels(lines: Lines) -> Iterator[tuple[int, Line]]:
    """All lines with their depth."""

    def visit(line: Line, depth: int) -> Iterator[tuple[int, Line]]:
        yield depth, line
        for entry in lines.below(line):
            yield from visit(entry, depth + 1)

    yield from visit(lines.root(), 0)


def _indented(lines: Lines, options: TextOptions) -> Drawn:
    step = options.indent or "    "
    for depth, line in _levels(lines):
        yield [(step * depth, "branch"), *line.spans] if depth else line.spans


def _markdown(lines: Lines, options: TextOptions) -> Drawn:
    for depth, line in _levels(lines):
        yield [("  " * depth + "- ", "branch"), *_linked(line, options, "`", "[{0}]({1})")]


def _org(lines: Lines, options: TextOptions) -> Drawn:
    for depth, line in _levels(lines):
        yield [("*" * (depth + 1) + " ", "branch"), *_linked(line, options, "~", "[[{1}][{0}]]")]


def _linked(line: Line, options: TextOptions, quote: str, link: str) -> list[Span]:
    """A line's text as code, and a link to where its function is defined."""
    target = line.function.function if line.function else None
    spans = [s for s in line.spans if s[1] != "place" or target is None or target.external]
    role = spans[0][1] if spans else "function"
    text = "".join(text for text, _ in spans).rstrip()
    if line.kind == "more":
        return [(text, role)]
    found: list[Span] = [(f"{quote}{text.replace('`', chr(39))}{quote}", role)]
    if target is not None and not target.external and options.url is not None:
        where = place(target)
        found.append((f" {link.format(where, options.url(target))}", "place"))
    return found


def _cflow(lines: Lines, options: TextOptions) -> Drawn:
    """GNU cflow: `name() <signature at file:line>:`, four blanks a level."""
    numbers: dict[FunctionRef, int] = {}
    for number, (depth, line) in enumerate(_levels(lines), 1):
        ending = ":" if next(lines.below(line), None) is not None else ""
        indent = (options.indent or "    ") * depth
        function = line.function
        if function is None:
            yield [(indent, "branch"), (f"{line.text}{ending}", line.spans[0][1])]
            continue
        ref = function.function
        call = _call_part(line) if options.args and line.kind != "root" else f"{ref.name}()"
        about = ""
        if not ref.external:
            described = options.facts.described(ref)
            signature = described.signature if described else f"{ref.name} ()"
            about = f" <{signature} at {place(ref)}>"
        if function.mark in ("recursive", "repeated") and ref in numbers:
            word = "recursive: see" if function.mark == "recursive" else "see"
            about += f" ({word} {numbers[ref]})" if function.mark == "recursive" else f" [{word} {numbers[ref]}]"
        numbers.setdefault(ref, number)
        yield [(indent, "branch"), (f"{call}{about}{ending}", "function")]


def _posix_cflow(lines: Lines, options: TextOptions) -> Drawn:
    """POSIX cflow: numbered lines `name: type (parameters), <file line>`; later only the first line's number."""
    numbers: dict[FunctionRef, int] = {}
    for number, (depth, line) in enumerate(_levels(lines), 1):
        head = f"{number:5} {(options.indent or '    ') * depth}"
        function = line.function
        if function is None:
            yield [(head, "branch"), (line.text, line.spans[0][1])]
            continue
        ref = function.function
        if ref in numbers:
            yield [(head, "branch"), (f"{ref.name}: {numbers[ref]}", "function")]
            continue
        numbers[ref] = number
        about = "<>"
        if not ref.external:
            described = options.facts.described(ref)
            signature = described.signature.replace(f"{ref.name}(", "(", 1) if described else "()"
            about = f"{signature}, <{ref.file} {ref.line}>"
        yield [(head, "branch"), (f"{ref.name}: {about}", "function")]


_FTRACE_HEAD = (
    "# tracer: function_graph",
    "#",
    "# CPU  DURATION                  FUNCTION CALLS",
    "# |     |   |                     |   |   |   |",
)


def _ftrace(lines: Lines, options: TextOptions) -> Drawn:
    """As function_graph prints: `name() {` … `}`, leaves as `name();`; all that is no call is a comment."""
    for text in _FTRACE_HEAD:
        yield [(text, "note")]

    def draw(line: Line, depth: int) -> Drawn:
        margin = f" 0)               |  {'  ' * depth}"
        function = line.function
        entries = list(lines.below(line))
        if function is None:
            yield [(margin, "branch"), (f"/* {line.text.replace('*/', '* /')} */", "comment")]
            for entry in entries:
                yield from draw(entry, depth)
            return
        call = _call_part(line) if options.args and line.kind != "root" else f"{function.function.name}()"
        if not entries:
            yield [(margin, "branch"), (f"{call};", "function")]
            return
        yield [(margin, "branch"), (f"{call} {{", "function")]
        for entry in entries:
            yield from draw(entry, depth + 1)
        yield [(margin, "branch"), ("}", "function")]

    yield from draw(lines.root(), 0)


def _call_part(line: Line) -> str:
    """The call of a line without what stands around it."""
    return next((text for text, role in line.spans if role in ("function", "external")), line.text)


STYLES: dict[str, tuple[Callable[[Lines, TextOptions], Drawn], Words]] = {
    "unicode": (_branches, UNICODE),
    "ascii": (_branches, ASCII),
    "box": (_branches, ASCII),
    "indent": (_indented, UNICODE),
    "cflow": (_cflow, ASCII),
    "cflow-posix": (_posix_cflow, ASCII),
    "ftrace": (_ftrace, ASCII),
    "markdown": (_markdown, UNICODE),
    "org": (_org, UNICODE),
}


def tree_text(tree: CallTree, options: TextOptions | None = None) -> str:
    """The tree as plain text, a line feed after every line. Raises KcgError on an unknown style."""
    return "".join("".join(text for text, _ in line).rstrip() + "\n" for line in _drawn(tree, options))


def tree_rich(tree: CallTree, options: TextOptions | None = None) -> "Text":
    """The same text with colours."""
    from rich.text import Text  # only a terminal needs it

    result = Text()
    for line in _drawn(tree, options):
        for text, role in line:
            result.append(text, _COLOURS.get(role, ""))
        result.append("\n")
    return result


def _drawn(tree: CallTree, options: TextOptions | None) -> Drawn:
    options = options or TextOptions()
    style = STYLES.get(options.style)
    if style is None:
        raise KcgError(f"no style `{options.style}`", hint=f"styles: {', '.join(STYLES)}")
    draw, words = style
    drawn = draw(Lines(tree, options.shown, words, options.facts), options)
    if not options.width:
        return drawn
    return (_fitted(line, options.width, words.more) for line in drawn)


def _fitted(line: list[Span], width: int, more: str) -> list[Span]:
    """A line cut to a width, with `more` where something is missing."""
    if sum(len(text) for text, _ in line) <= width:
        return line
    room = max(8, width - len(more))
    found: list[Span] = []
    for text, role in line:
        if len(text) >= room:
            found.append((text[:room].rstrip(), role))
            break
        found.append((text, role))
        room -= len(text)
    return [*found, (more, "mark")]


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
