"""Structs, enums and initializers as their source has them: nesting, text, comments; read when they are shown.

The index keeps what linking needs of them (dotted members, values that are names); a reader wants the definition
as it is written. Bad C never raises; what cannot be read is left out.

Not handled: members that macros make, and comments that stand far from what they are about.
"""

import re
from collections.abc import Iterator, Mapping

from tree_sitter import Node

from analyzer.extract.comments import frameless
from analyzer.extract.dialect import BASE, Dialect, WordClass
from analyzer.extract.lexical import lex
from analyzer.extract.text import name_node
from analyzer.extract.view import View, local_dialect, views_of
from analyzer.model.shown import Member, Value

_BRACES = re.compile(rb"[{};]")
_COMMENT = re.compile(rb"/\*.*?\*/|//[^\n]*", re.S)
_MARKER = re.compile(r"^\w*cacheline\w*\([^()]*\)\s*;?$")  # says where a member lies, is none
_FAR = 400_000  # bytes; no definition is longer
_MAX_DEPTH = 40
_RECORDS = frozenset(("struct_specifier", "union_specifier", "enum_specifier"))


def definition_span(data: bytes, line: int) -> tuple[int, int] | None:
    """Bytes of the braced definition that begins on a line (1-based): from the line's start to the `;` or the
    line's end behind its closing brace. None where no brace opens."""
    start = _line_start(data, line)
    if start is None:
        return None
    part = data[start : start + _FAR]
    skeleton = lex(part).skeleton
    depth = 0
    for match in _BRACES.finditer(skeleton):
        char = match.group()
        if char == b"{":
            depth += 1
        elif char == b"}":
            depth -= 1
            if depth < 0:
                return None
        elif depth == 0:
            return start, start + match.end()
    return None


def _line_start(data: bytes, line: int) -> int | None:
    at = 0
    for _ in range(line - 1):
        at = data.find(b"\n", at) + 1
        if at == 0:
            return None
    return at


class _Source:
    """One definition's text with the comments of it."""

    def __init__(self, data: bytes, line: int, dialect: Dialect, local: Mapping[bytes, WordClass] | None) -> None:
        span = definition_span(data, line)
        self.view: View | None = None
        self.root: Node | None = None
        if span is None:
            return
        words = dict(local) if local is not None else local_dialect(data)
        view = views_of(data, *span, dialect, words).views[0]
        self.view = view
        self.root = view.root
        part = data[view.base : view.base + len(view.masked)]
        self._comments = [(m.start(), m.end(), m.group()) for m in _COMMENT.finditer(part)]
        self._part = part

    def comment(self, start: int, end: int) -> str:
        """The comment behind a member on its line, else the one right above it."""
        stop = self._part.find(b"\n", end)
        stop = len(self._part) if stop < 0 else stop
        for begin, _, text in self._comments:
            if end <= begin < stop and not re.search(rb"\w", self._part[end:begin]):
                return frameless(text)
        for begin, after, text in reversed(self._comments):
            if after <= start:
                between = self._part[after:start]
                line = self._part.rfind(b"\n", 0, begin) + 1
                own = not self._part[line:begin].strip()
                return frameless(text) if not between.strip() and own and b"\n\n" not in between else ""
        return ""


def read_members(
    data: bytes, line: int, *, dialect: Dialect = BASE, local: Mapping[bytes, WordClass] | None = None
) -> tuple[Member, ...]:
    """The members of the struct, union or enum that begins on a line, nested as written; empty when nothing
    could be read there."""
    source = _Source(data, line, dialect, local)
    if source.view is None or source.root is None:
        return ()
    body = _first(source.root, ("field_declaration_list", "enumerator_list"))
    return tuple(_members(source, source.view, body, 0)) if body is not None else ()


def _first(node: Node, kinds: tuple[str, ...]) -> Node | None:
    """The first node of a kind, outer ones before inner ones."""
    level = [node]
    while level:
        for current in level:
            if current.type in kinds:
                return current
        level = [child for current in level for child in current.named_children]
    return None


def _members(source: _Source, view: View, body: Node, depth: int) -> Iterator[Member]:
    for child in body.named_children:
        start, end = child.start_byte, child.end_byte
        if child.type == "enumerator":
            name = child.child_by_field_name("name")
            value = child.child_by_field_name("value")
            yield Member(
                name=view.of(name),
                text=view.of(child),
                line=view.place(child).line,
                guard=view.guard(start),
                value=view.of(value),
                comment=source.comment(start, end),
            )
        elif child.type == "field_declaration":
            if not _MARKER.match(view.of(child)):
                yield _field(source, view, child, depth)
        elif child.type == "ERROR" and depth < _MAX_DEPTH:
            yield from _members(source, view, child, depth + 1)


def _field(source: _Source, view: View, node: Node, depth: int) -> Member:
    start, end = node.start_byte, node.end_byte
    kind = node.child_by_field_name("type")
    declarators = node.children_by_field_name("declarator")
    names = [n for n in (name_node(d) for d in declarators) if n is not None]
    inner = kind.child_by_field_name("body") if kind is not None and kind.type in _RECORDS else None
    members: tuple[Member, ...] = ()
    keyword, tail = "", ""
    if kind is not None and inner is not None and depth < _MAX_DEPTH:
        members = tuple(_members(source, view, inner, depth + 1))
        keyword = view.text(start, inner.start_byte)
        tail = view.text(inner.end_byte, end).rstrip(";").strip()
    text = view.of(node).rstrip("; ")
    name = ", ".join(view.spelled(n) for n in names)
    type_text = text
    if len(names) == 1 and not members:
        at = names[0]
        before, after = view.text(start, at.start_byte), view.text(at.end_byte, end).rstrip("; ")
        type_text = f"{before}{after}".strip()
    return Member(
        name=name,
        text=text,
        line=view.place(names[0] if names else node).line,
        guard=view.guard(start),
        type=type_text,
        keyword=keyword,
        tail=tail,
        members=members,
        comment=source.comment(start, end),
    )


def read_values(
    data: bytes, line: int, *, dialect: Dialect = BASE, local: Mapping[bytes, WordClass] | None = None
) -> tuple[Value, ...]:
    """The entries of the initializer of the object that is declared on a line, nested as written."""
    source = _Source(data, line, dialect, local)
    if source.view is None or source.root is None:
        return ()
    body = _first(source.root, ("initializer_list",))
    return tuple(_values(source.view, body, 0)) if body is not None else ()


def _values(view: View, body: Node, depth: int) -> Iterator[Value]:
    for child in body.named_children:
        if child.type == "comment":
            continue
        designator, value = "", child
        if child.type == "initializer_pair":
            inner = child.child_by_field_name("value")
            if inner is None:
                continue
            designator = view.text(child.start_byte, inner.start_byte).rstrip("= :").strip()
            if not designator.startswith((".", "[")):
                designator = f".{designator}"
            value = inner
        literal = value.child_by_field_name("value") if value.type == "compound_literal_expression" else value
        nested: tuple[Value, ...] = ()
        if literal is not None and literal.type == "initializer_list" and depth < _MAX_DEPTH:
            nested = tuple(_values(view, literal, depth + 1))
        yield Value(
            designator=designator,
            text="" if nested else view.of(value),
            line=view.place(child).line,
            guard=view.guard(child.start_byte),
            values=nested,
        )
