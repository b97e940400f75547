"""Rewriting a tree so that it says what the kernel does, in the note's own style.

Names, arguments and statements are replaced where they stand; lines move with all that hangs under them, below
their true caller or to their place in the order, and take over the indentation and connectors of the lines that
they come to stand with. Everything else keeps its bytes. Not mended: lines without a known truth, moves inside
chains, and trees without line breaks.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from analyzer.model.checks import Block, Item, Note, Verdict
from analyzer.notes.prefix import Prefix, split
from analyzer.notes.scan import arguments

_MOVABLE = frozenset(("indent", "box", "list"))
_ENDS = {"└": "├", "`": "|", "╰": "├"}  # the connector of a last line: that of the others
_BARS = {"├": "│", "|": "|"}
_CORNERS = frozenset((*_ENDS, *_BARS))


def mend(note: Note, block: Block, verdicts: Sequence[Verdict]) -> dict[int, str] | None:
    """The lines of a block (1-based) with their new text, line ends included; None when nothing can be
    mended."""
    texts = {n: note.lines[n - 1] for n in range(block.first, block.last + 1)}
    changed = _replaced(texts, block, verdicts)
    moves = [
        (at, verdict.fix)
        for at, verdict in enumerate(verdicts)
        if verdict.fix and verdict.fix[0] in ("move", "before", "after") and verdict.fix[1].isdecimal()
    ]
    if moves and block.style in _MOVABLE:
        moved = _Tree(texts, block).moved(moves)
        if moved is not None:
            texts, changed = moved, True
    return texts if changed else None


def _replaced(texts: dict[int, str], block: Block, verdicts: Sequence[Verdict]) -> bool:
    """Replace inside lines, from right to left."""
    changed = False
    order = sorted(range(len(verdicts)), key=lambda at: -block.items[at].column)
    for at in order:
        item, fix = block.items[at], verdicts[at].fix
        if fix is None:
            continue
        line = texts[item.line]
        span = _span(line, item, fix[0])
        if span is not None:
            texts[item.line] = line[: span[0]] + fix[1] + line[span[1] :]
            changed = True
    return changed


def _span(line: str, item: Item, what: str) -> tuple[int, int] | None:
    """The part of the line that a fix replaces, when it still reads as it was understood."""
    if what == "name" and line[slice(*item.name_at)] == item.name:
        return item.name_at
    if what == "arguments" and item.arguments is not None:
        start, end = item.arguments_at
        return item.arguments_at if 0 <= start <= end and arguments(line[start:end]) == item.arguments else None
    if what == "text" and line[item.column : item.end].strip() == item.text:
        return item.column, item.column + len(line[item.column : item.end].rstrip())
    return None


@dataclass(slots=True)
class _Line:
    """A line that holds items, with the lines after it that hold none."""

    number: int
    text: str
    prefix: Prefix
    parent: "_Line | None"
    below: list["_Line"] = field(default_factory=list)
    tail: list[str] = field(default_factory=list)
    moved: bool = False
    lead: str = ""
    connector: str = ""


class _Tree:
    """The lines of a block as a tree that can be changed and written again."""

    def __init__(self, texts: dict[int, str], block: Block) -> None:
        self._block = block
        self._by_number: dict[int, _Line] = {}
        self._roots: list[_Line] = []
        self._corners: list[str] = []
        self._changed: list[list[_Line]] = []
        last: _Line | None = None
        firsts: dict[int, Item] = {}
        for item in block.items:
            firsts.setdefault(item.line, item)
        for number in sorted(texts):
            item_ = firsts.get(number)
            if item_ is None:
                if last is not None:
                    last.tail.append(texts[number])
                continue
            prefix = split(texts[number])
            above = self._by_number.get(block.items[item_.parent].line) if item_.parent >= 0 else None
            line = _Line(
                number,
                texts[number],
                prefix,
                above,
                lead=prefix.lead,
                connector=self._between(texts[number], prefix),
            )
            self._by_number[number] = line
            if line.connector[:1] in _ENDS:
                self._corners.append(line.connector[0])
            (above.below if above else self._roots).append(line)
            last = line

    @staticmethod
    def _between(text: str, prefix: Prefix) -> str:
        """The connector with the blanks behind it."""
        return text[len(prefix.lead) : prefix.start]

    def moved(self, moves: Sequence[tuple[int, tuple[str, str]]]) -> dict[int, str] | None:
        """Carry out moves; the new lines by number, None when none could be done."""
        done = False
        for at, (how, where) in moves:
            line = self._by_number.get(self._block.items[at].line)
            target = self._by_number.get(self._block.items[int(where)].line)
            if line is None or target is None or line is target or self._inside(target, line):
                continue
            if how == "move":
                done = self._under(line, target) or done
            else:
                done = self._beside(line, target, 0 if how == "before" else 1) or done
        if not done:
            return None
        texts: list[str] = []
        for root in self._roots:
            self._write(root, texts)
        return dict(enumerate(texts, self._block.first))

    def _inside(self, line: _Line | None, other: _Line) -> bool:
        while line is not None:
            if line is other:
                return True
            line = line.parent
        return False

    def _siblings(self, line: _Line) -> list[_Line]:
        return line.parent.below if line.parent else self._roots

    def _under(self, line: _Line, parent: _Line) -> bool:
        sample = next((c for c in parent.below if not c.moved), None)
        if sample is not None:
            lead, connector = sample.lead, sample.connector
        else:
            pair = next(
                (
                    (p, c)
                    for p in self._by_number.values()
                    for c in p.below
                    if not c.moved and c.lead.startswith(p.lead) and bool(p.connector) == bool(parent.connector)
                ),
                None,
            )
            if pair is None:
                return False
            lead, connector = parent.lead + pair[1].lead[len(pair[0].lead) :], pair[1].connector
        if not self._shift(line, lead):
            return False
        line.connector = connector
        self._siblings(line).remove(line)
        self._changed += [self._siblings(line), parent.below]
        line.parent = parent
        line.moved = True
        parent.below.append(line)
        return True

    def _beside(self, line: _Line, other: _Line, offset: int) -> bool:
        if line.parent is not other.parent:
            return False
        siblings = self._siblings(line)
        self._changed.append(siblings)
        siblings.remove(line)
        siblings.insert(siblings.index(other) + offset, line)
        return True

    def _shift(self, line: _Line, lead: str) -> bool:
        """Give a line and all below it another indentation."""
        old = line.lead
        below = list(self._all(line))
        if any(not b.lead.startswith(old) and not self._same_shape(b.lead, old) for b in below):
            return False
        for one in below:
            one.lead = lead + one.lead[len(old) :]
        return True

    @staticmethod
    def _same_shape(lead: str, old: str) -> bool:
        """Bars may stand where the moved line has blanks."""
        return len(lead) >= len(old) and all(a in " |│" and b in " |│" for a, b in zip(lead, old, strict=False))

    def _all(self, line: _Line) -> "list[_Line]":
        return [line, *(x for b in line.below for x in self._all(b))]

    def _write(self, line: _Line, texts: list[str]) -> None:
        lead, connector = list(line.lead), line.connector
        if connector[:1] in _CORNERS and self._touched(line):
            connector = self._corner(line, connector) + connector[1:]
        above = line.parent
        while above is not None:
            column = len(above.lead)
            if self._touched(above) and above.connector[:1] in _CORNERS and column < len(lead):
                branch = _ENDS.get(above.connector[0], above.connector[0])
                lead[column] = " " if self._is_last(above) else _BARS[branch]
            above = above.parent
        texts.append("".join(lead) + connector + line.text[line.prefix.start :])
        texts += line.tail
        for below in line.below:
            self._write(below, texts)

    def _touched(self, line: _Line) -> bool:
        """Whether lines came to or went from those that it stands with."""
        return any(group is self._siblings(line) for group in self._changed)

    def _is_last(self, line: _Line) -> bool:
        return self._siblings(line)[-1] is line

    def _corner(self, line: _Line, connector: str) -> str:
        """The connector of a last line, or of another one, in the note's own characters."""
        branch = _ENDS.get(connector[0], connector[0])
        if not self._is_last(line):
            return branch
        return next((x for x in self._corners if _ENDS[x] == branch), branch)
