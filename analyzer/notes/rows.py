"""The lines of a note, each split into what stands before its words and what they say: `rows`.

The outputs of tracers and of cflow are brought into the same shape: their frames, times and numbers count as
indentation. A line that lost its line breaks becomes several rows. Not handled: columns of CPU and task names
without a bar behind them.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from analyzer.notes.content import parse
from analyzer.notes.parts import Parsed, Part
from analyzer.notes.prefix import Prefix, column, is_down, is_ruler, is_spacer, split
from analyzer.notes.scan import postfix

_FTRACE = re.compile(r"^\s*(?:\d+\)|[\w.-]+-\d+|\d+\.\d+ \|)[^|\n]*\|(?=[ \t/}])")
_FTRACE_COLUMN = re.compile(r"^\s*\d+\)\s[^|\n]*\|")
_POSIX_CFLOW = re.compile(r"^(\s*\d+)(\s+)([A-Za-z_]\w*): (?:.*<\S+ \d+>|<>|\d+|.*\(\).*)\s*$")
_NUMBERED = re.compile(r"^\s*\d+(?=\s)")
_GNU_LEVEL = re.compile(r"^\s*\{\s*\d+\}\s*")
_FRAME = re.compile(
    r"""^\s*(?:\#(?P<number>\d+)\s+(?:0x[0-9a-f]+\s+in\s+)?(?P<gdb>[A-Za-z_][\w.]*)\s*\(
        | (?:\[\s*[\d.]+\]\s*)?(?:\[<[0-9a-fx?]+>\]\s*)?(?:\?\s+)?
          (?P<oops>[A-Za-z_][\w.]*)\+0x[0-9a-f]+/0x[0-9a-f]+
        | [0-9a-f]{8,16}\s+(?P<perf>[A-Za-z_]\w*)(?:\+0x[0-9a-f]+)?\s+\(\[?[\w.]+\]?\)
        )""",
    re.VERBOSE,
)
_DOTS = re.compile(r"\s*(?:\.{2,}|…+|⋮)\s*$")
_ORG_HEADING = re.compile(r"(\*{2,60})(?=\s)")  # as many stars as levels
_BOX = re.compile(r"((?:[|│┃]\s*)*)([├└+`][-─━_]{2,}[>►]?|\|-{2,}>?)\s*")


@dataclass(frozen=True, slots=True)
class Row:
    """A line (0-based number) as read. `depth` is set where the line itself tells it."""

    number: int
    text: str
    prefix: Prefix
    parsed: Parsed
    blank: bool = False
    down: bool = False  # only an arrow downwards
    spacer: bool = False
    skip: bool = False  # rulers, remarks, closing braces: nothing to say, ends nothing
    frame: bool = False  # a line of a backtrace
    depth: int = -1
    style: str = ""

    @property
    def first(self) -> Part | None:
        """The line's first part."""
        return self.parsed.parts[0] if self.parsed.parts else None

    @property
    def strong(self) -> bool:
        """Whether it shows by itself that it names functions."""
        return any(p.strong for p in self.parsed.parts)


def rows(lines: Sequence[str], first: int, *, code: bool) -> list[Row]:
    """The rows of a region whose first line has the 0-based number `first`."""
    made = list(_rows(lines, first, code=code))
    for at, row in enumerate(made):
        if _DOTS.match(row.text) and not _is_level(made, at):
            made[at] = replace(row, parsed=Parsed(), skip=True)
    return made


def _is_level(made: Sequence[Row], at: int) -> bool:
    """Whether a line of dots alone stands for what is left out between the lines around it, which are above and
    below by their columns; else it tells only that a list goes on."""
    dots = _words(made[at])
    following = next((r for r in made[at + 1 :] if r.first), None)
    if following is None or following.prefix.connector or _words(following) <= dots:
        return False
    for row in reversed(made[:at]):
        if row.blank:
            return False
        if row.first and _words(row) < dots:
            return True
    return False


def _words(row: Row) -> int:
    return column(row.text[: row.prefix.start], 8)


def _rows(lines: Sequence[str], first: int, *, code: bool) -> Iterator[Row]:
    texts = _joined(lines)
    posix = sum(1 for t in texts if _POSIX_CFLOW.match(t)) >= 2
    for number, raw in enumerate(texts, first):
        text = raw
        style = ""
        if not text.strip():
            yield Row(number, text, Prefix("", "", 0), Parsed(), blank=True)
            continue
        if frame := _FRAME.match(text):
            yield _frame(number, text, frame)
            continue
        if collapsed := list(_collapsed(number, text)):
            yield from collapsed
            continue
        if match := _FTRACE_COLUMN.match(text) or _FTRACE.match(text):
            text = " " * match.end() + text[match.end() :]
            style = "ftrace"
        elif posix and not _POSIX_CFLOW.match(text) and (match := _NUMBERED.match(text)):
            text = " " * match.end() + text[match.end() :]
            style = "cflow"
        elif posix and (match := _POSIX_CFLOW.match(text)):
            text = " " * len(match[1]) + text[len(match[1]) :]
            text = text[: match.end(3)] + " <" + text[match.end(3) + 2 :]
            style = "cflow"
        elif match := _GNU_LEVEL.match(text):
            text = " " * match.end() + text[match.end() :]
            style = "cflow"
        if match := _ORG_HEADING.match(text):
            text = " " * (match.end(1) - 1) + text[match.end(1) - 1 :]
        prefix = split(text)
        down, spacer = is_down(text), is_spacer(text)
        if down or spacer or (is_ruler(text) and not _DOTS.match(text)):
            yield Row(number, text, prefix, Parsed(), down=down, spacer=spacer, skip=True, style=style)
            continue
        parsed = _counted(text, parse(text, prefix.start, marked=code or bool(prefix.connector) or bool(style)))
        yield Row(number, text, prefix, parsed, skip=not parsed.parts, style=style)


def _counted(text: str, parsed: Parsed) -> Parsed:
    """`--x->y` is no connector before a member, nor `--x` behind another connector."""
    first = parsed.parts[0] if parsed.parts else None
    if first is None or first.kind not in ("pointer", "call") or first.text.endswith(")") or first.label:
        return parsed
    step = text[max(0, first.start - 2) : first.start]
    if first.kind == "call" and not text[: first.start - 2].rstrip().endswith(("─", "-")):
        return parsed
    if step not in ("--", "++") or text[max(0, first.start - 3) : first.start - 2].strip(" \t`~"):
        return parsed
    said = replace(
        first,
        kind="assignment",
        start=first.start - 2,
        text=step + first.text,
        name="",
        callee="",
        left=first.text,
        right=step,
        name_at=(-1, -1),
    )
    return replace(parsed, parts=[said, *parsed.parts[1:]])


def _joined(lines: Sequence[str]) -> list[str]:
    """Lines whose parentheses close on a later one are read as one; the later ones become blank."""
    texts = [line.rstrip("\r\n") for line in lines]
    at = 0
    while at < len(texts):
        text = texts[at]
        if len(text) < 400 and text.count("(") > text.count(")") and re.search(r"[(,&|+]\s*$", text):
            joined = text
            for number in range(at + 1, min(at + 6, len(texts))):
                if not texts[number].strip():
                    break
                joined += " " + texts[number].strip()
                if joined.count("(") <= joined.count(")"):
                    texts[at] = joined
                    for gone in range(at + 1, number + 1):
                        texts[gone] = "#" if texts[gone].strip() else ""
                    at = number
                    break
        at += 1
    return texts


def _frame(number: int, text: str, match: re.Match[str]) -> Row:
    group = next(g for g in ("gdb", "oops", "perf") if match[g])
    name = match[group].partition(".")[0]
    start = match.start(group)
    part = Part(
        "call",
        start,
        start + len(name),
        name,
        name=name,
        callee=name,
        name_at=(start, start + len(name)),
        strong=True,
    )
    return Row(number, text, Prefix(text[:start], "", start), Parsed([part]), frame=True, style="backtrace")


def _collapsed(number: int, text: str) -> Iterator[Row]:
    """A tree that lost its line breaks: connectors inside the line, their depths told by the bars before.

    A tree of boxes often has a line of bars before each entry. Collapsed, an entry at depth d is preceded
    by d-1 bars, or by 2d-1 with such a line. Where both are possible the first is taken.
    """
    matches = [m for m in _BOX.finditer(text) if m.start() > 0 or len(_BOX.findall(text)) > 2]
    if len(matches) < 2 or len(text) > 20_000:
        return
    named = sum(1 for m in matches if postfix(text, m.end()))
    if named < len(matches) * 0.6:
        return
    head = text[: matches[0].start()].strip(" \t|")
    rows_: list[Row] = []
    if head:
        start = text.index(head)
        rows_.append(_piece(number, text, start, matches[0].start(), 0))
    previous = 0 if head else -1
    for match, following in zip(matches, [*matches[1:], None], strict=True):
        bars = sum(match[1].count(c) for c in "|│┃") + (1 if match[2].startswith("|") else 0)
        if match[2].startswith("|"):
            bars -= 1
        plain = bars + 1
        spaced = (bars + 1) // 2 if bars % 2 else -1
        depth = plain if plain <= previous + 1 or spaced < 0 else spaced
        depth = min(depth, previous + 1)
        end = following.start() if following else len(text)
        rows_.append(_piece(number, text, match.end(), end, depth))
        previous = depth
    yield from rows_


def _piece(number: int, text: str, start: int, end: int, depth: int) -> Row:
    stop = len(text[:end].rstrip(" \t|│┃"))
    parsed = parse(text[:stop], start, marked=True)
    return Row(number, text, Prefix(text[:start], "", start), parsed, depth=depth, style="collapsed")
