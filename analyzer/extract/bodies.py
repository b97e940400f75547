"""Function definitions and what their bodies do: calls, stores into members, local variables.

Not handled: the order of statements and their conditions (the body model re-reads a function for those), and
nested functions.
"""

import bisect
import re

from tree_sitter import Node

from analyzer.extract.grammar import Captures, in_order
from analyzer.extract.notes import Head, Masked
from analyzer.extract.text import Text, name_node
from analyzer.extract.variables import old_parameters_of, parameters_of, variables_of
from analyzer.model.callgraph import Parameter
from analyzer.model.facts import (
    Definition,
    DirectCall,
    FieldAssignment,
    IndirectCall,
    Variable,
)

_NOT_NAMES = frozenset(
    (
        "if",
        "for",
        "while",
        "switch",
        "return",
        "sizeof",
        "do",
        "else",
        "defined",
        "typeof",
        "__typeof__",
    )
)
# operators that the grammar takes for calls
NOT_CALLS = frozenset(
    (
        "sizeof",
        "typeof",
        "__typeof__",
        "__typeof",
        "__alignof__",
        "__alignof",
        "_Alignof",
        "alignof",
        "defined",
        "__attribute__",
        "__builtin_offsetof",
        "offsetof",
        "__builtin_types_compatible_p",
        "asm",
        "__asm__",
        "_Static_assert",
        "if",
        "while",
        "for",
        "switch",
        "return",
    )
)


_TO_NAME = re.compile(rb"(\w++)\s*+=")
_CALLEE = re.compile(rb"((?!\d)[\w$\\\x80-\xff]++)\s*+\(")  # what the grammar takes for an identifier, called
_MAX_CHAIN = 100  # variables that one expression assigns to
_COMPUTED = frozenset(
    (
        "field_expression",
        "parenthesized_expression",
        "subscript_expression",
        "call_expression",
        "pointer_expression",
        "cast_expression",
        "generic_expression",
        "identifier",
    )
)


class _Body:
    """A definition being collected."""

    __slots__ = (
        "assignments",
        "body",
        "calls",
        "column",
        "end",
        "guard",
        "head",
        "indirect",
        "inline",
        "line",
        "name",
        "names",
        "parameters",
        "references",
        "return_type",
        "start",
        "static",
        "variables",
        "weak",
    )

    def __init__(self) -> None:
        self.calls: list[DirectCall] = []
        self.indirect: list[IndirectCall] = []
        self.assignments: list[FieldAssignment] = []
        self.variables: list[Variable] = []
        self.names: set[str] = set()  # of parameters and local variables
        self.references: dict[str, int] = {}
        self.name = self.head = self.guard = self.return_type = ""
        self.start = self.body = self.end = self.line = 0
        self.column = 1
        self.static = self.inline = self.weak = False
        self.parameters: tuple[Parameter, ...] = ()


class Bodies:
    """The function definitions of one reading of a file."""

    def __init__(self, text: Text, masked: Masked, nodes: list[Node]) -> None:
        self._text = text
        self._guard_at = text.guard if text.has_guards else _no_guard
        self._uses = masked.uses
        self._weak = sorted(masked.weak)
        heads = {h.brace: h for h in masked.heads}
        found: list[_Body] = []
        seen: set[int] = set()
        for node in nodes:
            body = node.child_by_field_name("body")
            declarator = node.child_by_field_name("declarator")
            if body is None or declarator is None or body.type != "compound_statement":
                continue
            head = heads.get(body.start_byte)
            read = self._from_head(node, body, head) if head else self._from_node(node, body, declarator)
            if read is not None and read.body not in seen:
                seen.add(read.body)
                found.append(read)
        found.sort(key=lambda b: b.start)
        self._bodies = found
        self._starts = [b.start for b in found]
        self._last: _Body | None = None  # the one found last, and up to where no other begins
        self._last_end = 0

    def _at(self, offset: int) -> _Body | None:
        body = self._last
        if body is not None and body.body <= offset < self._last_end:
            return body
        index = bisect.bisect_right(self._starts, offset) - 1
        while index >= 0:
            body = self._bodies[index]
            if offset < body.end:
                after = self._starts[index + 1] if index + 1 < len(self._starts) else body.end
                self._last, self._last_end = body, min(body.end, after)
                return body
            index -= 1
            if index >= 0 and self._bodies[index].end <= offset:
                return None
        return None

    def name_at(self, offset: int) -> str:
        """Name of the function whose definition covers the offset, or empty."""
        body = self._at(offset)
        return (body.name or body.head) if body else ""

    def _from_head(self, node: Node, body: Node, head: Head) -> _Body:
        text = self._text
        read = _Body()
        read.head = text.original(head.start + len(head.prefix), head.end)
        read.start, read.body, read.end = head.start, body.start_byte, node.end_byte
        read.line, read.column = text.line(head.start), text.column(head.start)
        read.static = "static" in head.prefix
        read.guard = text.guard(head.start)
        return read

    def _from_node(self, node: Node, body: Node, declarator: Node) -> _Body | None:
        text = self._text
        function = _function_declarator(declarator)
        if function is None:
            return None
        name = name_node(function)
        if name is None:
            return None
        spelled = text.masked[name.start_byte : name.end_byte].decode("utf-8", "replace")
        if spelled in _NOT_NAMES:
            return None
        read = _Body()
        read.name = spelled
        read.start, read.body, read.end = node.start_byte, body.start_byte, node.end_byte
        read.line, read.column = text.line(name.start_byte), text.column(name.start_byte)
        prefix = text.masked[node.start_byte : name.start_byte]
        words = prefix.split()
        read.static = b"static" in words
        read.inline = b"inline" in words or b"__inline" in words or b"__inline__" in words
        if self._weak:
            at = bisect.bisect_left(self._weak, max(0, node.start_byte - 40))
            limit = body.start_byte
            while at < len(self._weak) and self._weak[at] < limit:
                offset = self._weak[at]
                if offset >= node.start_byte or not text.masked[offset : node.start_byte].strip():
                    read.weak = True
                at += 1
        # of several heads for one body any may hold, so the body's own condition counts
        read.guard = text.guard(body.start_byte)
        inner = function.child_by_field_name("declarator")
        if inner is not None and inner.type == "function_declarator":  # FNAME(walk)(args)
            outer = inner.child_by_field_name("parameters")
            if outer is not None:
                read.head = text.original(inner.start_byte, inner.end_byte)
                read.name = ""
        parameters = function.child_by_field_name("parameters")
        pieces = [(node.start_byte, name.start_byte)]
        if function.end_byte < declarator.end_byte:
            pieces.append((function.end_byte, declarator.end_byte))
        read.return_type = text.type_text(pieces)
        if parameters is not None:
            read.parameters = parameters_of(text, parameters) or old_parameters_of(text, parameters, node)
        return read

    def fill(self, found: Captures, declarations: list[Node]) -> None:
        """Put captured calls, assignments and references, and those declarations that are theirs, into their
        functions."""
        text = self._text
        masked = text.masked
        at = self._at
        computed = self._direct(found.unordered("call"))
        for use in self._uses:
            self._call(use.name, use.start, use.end)
        for node in in_order(computed):
            self._indirect(node)
        for node in declarations:
            start = node.start_byte
            body = at(start)
            if body is not None and start > body.body:
                body.variables.extend(variables_of(text, node))
        for body in self._bodies:
            body.names.update([p.name for p in body.parameters], [v.name for v in body.variables])
        for node in found.nodes("assignment"):
            self._assignment(node)
        for start, end in found.spans("reference"):
            body = at(start)
            if body is None:
                continue
            name = masked[start:end].decode("utf-8", "replace")
            if name in body.names or name in body.references or name.isupper() or _is_filler(name):
                continue
            body.references[name] = text.line(start)

    def _direct(self, calls: list[Node]) -> list[Node]:
        """Keep the calls whose callee the text spells, as (captured) in any order; the others."""
        masked = self._text.masked
        direct: list[tuple[int, int, bytes, Node]] = []
        computed: list[Node] = []
        for node in calls:
            start = node.start_byte
            spelled = _CALLEE.match(masked, start)
            if spelled is None:
                computed.append(node)
            else:
                direct.append((start, node.end_byte, spelled[1], node))
        direct.sort()
        last = -1
        for start, end, callee, node in direct:
            # of calls that begin at one place, as in `f(a)(b)`, only the innermost one spells its callee
            if start == last or callee == b"_Generic":
                computed.append(node)
                continue
            last = start
            name = callee.decode("utf-8", "replace")
            if name not in NOT_CALLS and not _is_filler(name):
                self._call(name, start, end)
        return computed

    def _call(self, name: str, start: int, end: int) -> None:
        body = self._at(start)
        if body is not None:
            text = self._text
            body.calls.append(
                DirectCall(name, text.line(start), text.column(start), start, end, text.guard(start))
            )

    def _indirect(self, node: Node) -> None:
        text = self._text
        callee = node.child(0)
        if callee is None or callee.type not in _COMPUTED:
            return
        body = self._at(callee.start_byte)
        if body is None:
            return
        start = callee.start_byte
        plain = plain_callee(callee)
        if plain is not None:  # `(f)(x)` is a call of f
            name = text.masked[plain.start_byte : plain.end_byte].decode("utf-8", "replace")
            if not _is_filler(name):  # `(typeof(x))(y)`, a cast
                line, column = text.line(start), text.column(start)
                body.calls.append(
                    DirectCall(name, line, column, plain.start_byte, node.end_byte, text.guard(start))
                )
            return
        body.indirect.append(
            IndirectCall(
                text.original(start, callee.end_byte),
                text.line(start),
                text.column(start),
                start,
                node.end_byte,
                text.guard(start),
            )
        )

    def _assignment(self, node: Node) -> None:
        text = self._text
        body = self._at(node.start_byte)
        plain = _TO_NAME.match(text.masked, node.start_byte)
        # a plain name on the left is a file-scope variable's; those of locals are found in the body
        if body is None or (plain is not None and plain[1].decode() in body.names):
            return
        left = node.child_by_field_name("left")
        right = node.child_by_field_name("right")
        if left is None or right is None or (operator := node.child(1)) is None or operator.type != "=":
            return
        for _ in range(_MAX_CHAIN):
            if right is None or right.type != "assignment_expression":
                break
            right = right.child_by_field_name("right")
        if right is None or right.end_byte - right.start_byte > 200:
            return
        value = text.original(right.start_byte, right.end_byte)
        if value.isupper() or value[:1].isdigit():
            return
        body.assignments.append(
            FieldAssignment(text.original(left.start_byte, left.end_byte), value, text.line(node.start_byte))
        )

    def definitions(self) -> tuple[Definition, ...]:
        """What was collected, in source order."""
        return tuple([self._finish(body) for body in self._bodies])

    def _finish(self, body: _Body) -> Definition:
        text = self._text
        body.calls.sort(key=lambda c: c.start)
        return Definition(
            name=body.name,
            line=body.line,
            column=body.column,
            end_line=text.line(max(body.start, body.end - 1)),
            start=body.start,
            body=body.body,
            end=body.end,
            static=body.static,
            inline=body.inline,
            weak=body.weak,
            return_type=body.return_type,
            parameters=body.parameters,
            guard=body.guard,
            head=body.head,
            calls=tuple(body.calls),
            indirect=tuple(body.indirect),
            assignments=tuple(body.assignments),
            variables=tuple(body.variables),
            references=tuple(sorted(body.references.items(), key=lambda r: (r[1], r[0]))),
        )


def _no_guard(_offset: int) -> str:
    return ""


def plain_callee(node: Node) -> Node | None:
    """The identifier inside parentheses that do nothing, as in `(f)(x)`."""
    while node.type == "parenthesized_expression" and node.named_child_count == 1:
        inner = node.named_child(0)
        if inner is None:
            return None
        node = inner
    return node if node.type == "identifier" else None


def _function_declarator(declarator: Node) -> Node | None:
    """The outermost function declarator of a definition: `*(*f(int a))(int b)` declares f(int a)."""
    node: Node | None = declarator
    found = None
    while node is not None:
        if node.type == "function_declarator":
            found = node
        elif node.type == "identifier":
            break
        node = node.child_by_field_name("declarator") or next(
            (c for c in node.named_children if c.type.endswith("declarator")), None
        )
        if found is not None and node is not None and node.type == "function_declarator":
            inner = node.child_by_field_name("declarator")
            if inner is not None and inner.type == "identifier" and found is not node:
                outer = found.child_by_field_name("declarator")
                if outer == node:  # FNAME(walk)(args): keep the outer one
                    return found
    return found


def _is_filler(name: str) -> bool:
    """Whether a name is one that masking has put in for something else (`scanning`)."""
    return name.startswith("T__")
