"""Access to a file's text by offset: original, masked, folded, with lines and guards."""

import bisect
import functools
import re
from collections.abc import Iterator
from typing import NamedTuple

from tree_sitter import Node

from analyzer.extract.conditionals import Conditionals
from analyzer.extract.dominance import Dominance
from analyzer.extract.lexical import on_one_line
from analyzer.model.guards import conjunction

_GLUED_STAR = re.compile(r"(\w)\*")
_FILLER = re.compile(rb"\bT_+\b")
_STORAGE = re.compile(rb"\b(?:static|inline|__inline|__inline__|extern|register|typedef|_Noreturn)\b")


class Text:
    """One reading of a file. All offsets are bytes."""

    __slots__ = ("conditionals", "data", "dominance", "is_clean", "masked", "skeleton", "starts")

    def __init__(
        self,
        data: bytes,
        skeleton: bytes,
        masked: bytes,
        conditionals: Conditionals,
        starts: list[int],
        dominance: Dominance,
        *,
        is_clean: bool,
    ) -> None:
        self.is_clean = is_clean  # the grammar could read all of it
        self.dominance = dominance
        self.data = data
        self.skeleton = skeleton
        self.masked = masked
        self.conditionals = conditionals
        self.starts = starts

    def line(self, offset: int) -> int:
        """1-based line."""
        return bisect.bisect_right(self.starts, offset)

    def column(self, offset: int) -> int:
        """1-based column in bytes."""
        return offset - self.starts[bisect.bisect_right(self.starts, offset) - 1] + 1

    @property
    def has_guards(self) -> bool:
        """Whether anything in the file stands under a condition."""
        return len(self.conditionals.offsets) > 1 or bool(self.dominance.offsets)

    def guard(self, offset: int) -> str:
        """Presence condition at an offset: of the `#if`s around it and of the code that dominates it."""
        guard = self.conditionals.guard_at(offset)
        return conjunction(guard, self.dominance.guard_at(offset)) if self.dominance.offsets else guard

    def original(self, start: int, end: int) -> str:
        """The source's text, comments dropped and white space folded."""
        return on_one_line(self.data[start:end])

    def spelled(self, node: Node) -> str:
        """The text of a node as the grammar saw it."""
        return self.masked[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def source_line(self, line: int) -> str:
        """A whole line, folded."""
        start = self.starts[line - 1]
        end = self.starts[line] if line < len(self.starts) else len(self.data)
        return self.original(start, end)

    def type_text(self, pieces: list[tuple[int, int]]) -> str:
        """C text of a type from the parts of a declaration around its name, annotations and storage
        words dropped."""
        parts = []
        for start, end in pieces:
            piece = self.masked[start:end]
            if b"T" in piece and _FILLER.search(piece):
                piece = self.skeleton[start:end]
            parts.append(piece)
        return type_of(b"".join(parts))


@functools.lru_cache(16384)
def type_of(text: bytes) -> str:
    """C text of a type from its masked text, storage words dropped."""
    text = _STORAGE.sub(b" ", text)
    folded = " ".join(text.decode("utf-8", "replace").split())
    folded = _GLUED_STAR.sub(r"\1 *", folded)
    return folded.replace(" )", ")").replace("( ", "(").replace("* *", "**").replace(" [", "[")


class Declared(NamedTuple):
    """A declarator without its initializer, the identifier that it declares, and the initializer's value."""

    declarator: Node
    name: Node
    value: Node | None


def declared(declaration: Node) -> Iterator[Declared]:
    """What a declaration declares, in order; declarators without a name left out."""
    for declarator in declaration.children_by_field_name("declarator"):
        inner: Node | None = declarator
        value = None
        if declarator.type == "init_declarator":
            inner = declarator.child_by_field_name("declarator")
            value = declarator.child_by_field_name("value")
        name = name_node(inner) if inner is not None else None
        if inner is not None and name is not None:
            yield Declared(inner, name, value)


def declared_type(text: Text, declaration: Node, type_node: Node, declarator: Node, name: Node) -> str:
    """The type text of a declarator. A record that the declaration itself defines is `struct tag`; one without a
    tag goes by the first variable."""
    pieces = [(declarator.start_byte, name.start_byte), (name.end_byte, declarator.end_byte)]
    if type_node.child_by_field_name("body") is None:
        return text.type_text([(declaration.start_byte, type_node.end_byte), *pieces])
    tag = type_node.child_by_field_name("name")
    spelled = f"::{first_name(text, declaration)}" if tag is None else text.spelled(tag)
    return f"{type_node.type.split('_')[0]} {spelled} {text.type_text(pieces)}".strip()


def first_name(text: Text, declaration: Node) -> str:
    """The first name that a declaration declares, "" for none."""
    declarator = declaration.child_by_field_name("declarator")
    name = name_node(declarator) if declarator is not None else None
    return text.spelled(name) if name is not None else ""


def name_node(declarator: Node) -> Node | None:
    """The identifier that a declarator declares."""
    node: Node | None = declarator
    while node is not None:
        kind = node.type
        if kind in ("identifier", "field_identifier", "type_identifier"):
            return node
        inner = node.child_by_field_name("declarator")
        if inner is None:
            for child in node.named_children:
                if child.type.endswith("declarator") or child.type in (
                    "identifier",
                    "field_identifier",
                    "type_identifier",
                ):
                    inner = child
                    break
        node = inner
    return None


def declares_function(declarator: Node) -> bool:
    """Whether a declarator is a function's."""
    node: Node | None = declarator
    while node is not None and node.type == "pointer_declarator":
        node = node.child_by_field_name("declarator")
    if node is None or node.type != "function_declarator":
        return False
    inner = node.child_by_field_name("declarator")
    return inner is not None and inner.type == "identifier"
