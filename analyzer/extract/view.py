"""A part of a file as the body model reads it: masked for the grammar, clean for the reader, offsets of the file.

The part is one function where that reads like the whole file; a function that an `#if` group straddles is read
together with its whole file. Not handled: a `#define` inside a comment that spells an annotation.
"""

import bisect
import re
from typing import NamedTuple

from tree_sitter import Node

from analyzer.extract.conditionals import Conditionals, Group, analyse, variants
from analyzer.extract.dialect import Dialect, WordClass, local_words
from analyzer.extract.lexical import Directive, lex, line_starts, strip_comments, without_continuations
from analyzer.extract.masking import identifiers_of, mask, words_of
from analyzer.extract.notes import Note
from analyzer.extract.parsing import parsed
from analyzer.model.body import Place

_SPACE = re.compile(rb"(?:\s|\\[ \t\r]*\n)+")
_TOKEN = re.compile(
    rb"/\*.*?(?:\*/|\Z)|//(?:[^\n\\]|\\.)*" rb'|"(?:[^"\\\n]|\\.)*"' rb"|'(?:[^'\\\n]|\\.)+'",
    re.S,
)
_CONDITIONAL_OR_DEFINE = re.compile(
    rb"^[ \t]*#[ \t]*(define|ifdef|ifndef|if)\b((?:[^\n\\]|\\[ \t\r]*\n|\\)*)", re.M
)
_OPENS = frozenset(("if", "ifdef", "ifndef"))
_BRANCHES = frozenset(("else", "elif", "elifdef", "elifndef"))


class View:
    """One reading of a part of a file that begins at byte `base`. Offsets of syntax nodes are relative to it."""

    __slots__ = (
        "base",
        "clean",
        "conditionals",
        "first_line",
        "lead",
        "loops",
        "masked",
        "root",
        "skeleton",
        "starts",
        "uses",
    )

    def __init__(
        self,
        root: Node,
        masked: bytes,
        skeleton: bytes,
        clean: bytes,
        conditionals: Conditionals,
        uses: tuple[Note, ...],
        loops: frozenset[str],
        base: int,
        first_line: int,
        lead: int,
    ) -> None:
        self.root = root  # of the part's syntax tree
        self.masked = masked
        self.skeleton = skeleton  # as written, without comments and the insides of literals
        self.clean = clean
        self.conditionals = conditionals
        self.uses = {use.start: use for use in uses}
        self.loops = loops
        self.base = base
        self.first_line = first_line
        self.lead = lead  # bytes of the first line that stand before the part
        self.starts = line_starts(masked)

    def text(self, start: int, end: int) -> str:
        """The source between two offsets of the part, on one line."""
        return _SPACE.sub(b" ", self.clean[start:end]).decode("utf-8", "replace").strip()

    def of(self, node: Node | None) -> str:
        """The source of a node."""
        return "" if node is None else self.text(node.start_byte, node.end_byte)

    def spelled(self, node: Node) -> str:
        """The node as the grammar saw it."""
        return self.masked[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def span(self, start: int, end: int) -> Place:
        """The place of a part of the part."""
        return Place(self.base + start, self.base + end, *self._line_of(start), *self._line_of(end))

    def _line_of(self, offset: int) -> tuple[int, int]:
        """The line and column of an offset."""
        number = bisect.bisect_right(self.starts, offset)
        column = offset - self.starts[number - 1] + 1 + (self.lead if number == 1 else 0)
        return self.first_line + number - 1, column

    def place(self, node: Node) -> Place:
        """The place of a node."""
        return self.span(node.start_byte, node.end_byte)

    def guard(self, start: int) -> str:
        """The `#if` condition at an offset of the part."""
        return self.conditionals.guard_at(start)


class Views(NamedTuple):
    """The readings of a part (several where `#if` branches exclude each other) and the groups that differ."""

    views: tuple[View, ...]
    awkward: tuple[Group, ...]


def local_dialect(data: bytes) -> dict[bytes, WordClass]:
    """The annotation and loop words that a file defines for itself, found without reading the rest of it."""
    directives = []
    for match in _CONDITIONAL_OR_DEFINE.finditer(data):
        rest = without_continuations(strip_comments(match.group(2))).decode("utf-8", "replace").strip()
        directives.append(Directive(match.group(1).decode(), rest, match.start(), match.end()))
    return local_words(directives)


def views_of(data: bytes, start: int, end: int, dialect: Dialect, local: dict[bytes, WordClass]) -> Views:
    """The readings of the bytes from `start` to `end`; of the whole file where an `#if` group crosses an end."""
    part = data[start:end]
    lexed = lex(part)
    if not _balanced(lexed.directives):
        start, part = 0, data
        lexed = lex(part)
    conditionals = analyse(lexed.directives, len(part))
    texts, awkward = variants(lexed.skeleton, conditionals)
    present = words_of(identifiers_of(lexed.skeleton), dialect, local)
    loops = frozenset(word.decode("utf-8", "replace") for word in present.get("loop", ()))
    first_line = data.count(b"\n", 0, start) + 1
    lead = start - (data.rfind(b"\n", 0, start) + 1)
    found = []
    for text in texts:
        masked, tree = parsed(mask(text, present))
        clean = _with_literals(part, text)
        found.append(
            View(
                tree.root_node, masked.text, text, clean, conditionals, masked.uses, loops, start, first_line, lead
            )
        )
    return Views(tuple(found), awkward)


def _balanced(directives: tuple[Directive, ...]) -> bool:
    """Whether every `#if` group begins and ends here."""
    depth = 0
    for directive in directives:
        if directive.keyword in _OPENS:
            depth += 1
        elif directive.keyword == "endif":
            depth -= 1
            if depth < 0:
                return False
        elif directive.keyword in _BRANCHES and depth == 0:
            return False
    return depth == 0


def _with_literals(data: bytes, text: bytes) -> bytes:
    """`text`, a reading of `data` with the insides of literals blanked, with the literals that it shows."""
    out = bytearray(text)
    for match in _TOKEN.finditer(data):
        start, end = match.span()
        if data[start] != 0x2F and text[start] == data[start] and text[end - 1] == data[end - 1]:
            out[start:end] = data[start:end]
    return bytes(out)
