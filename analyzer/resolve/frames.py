"""What a function's own text says of its variables: what is put into them, what is returned.

Values are texts of the source; whoever asks evaluates them. Not handled: variables written through their
address, and the order of assignments (every value counts everywhere in the body).
"""

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from analyzer.extract.lexical import lex, strip_comments
from analyzer.resolve.ctypes import Type
from analyzer.resolve.made import Function
from analyzer.resolve.names import Names, ref_of

_SPACE = re.compile(r"\s+")
_DIRECTIVE_LINE = re.compile(rb"(?m)^[ \t]*#(?:[^\n\\]|\\.)*$", re.S)
_LONGEST = 2_000  # bytes of a value that is read


class Value(NamedTuple):
    """An expression's text and the line it stands on."""

    text: str
    line: int


class Frame:
    """A function with its variables. For a function made by a macro's expansion only parameters are known."""

    def __init__(self, names: Names, function: Function) -> None:
        self.function = function
        self.ref = ref_of(function)
        self.scope = names.scopes.of(function.seen_from or function.path)
        self.typer = names.typer(function.seen_from or function.path)
        self._index = names.index
        definition = function.definition
        self.parameters: Mapping[str, int] = {p.name: n for n, p in enumerate(definition.parameters) if p.name}
        self.variables = frozenset(v.name for v in definition.variables) - self.parameters.keys()

    @cached_property
    def arrays(self) -> frozenset[str]:
        """The local variables that are arrays."""
        return frozenset(v.name for v in self.function.definition.variables if "[" in v.type)

    @cached_property
    def types(self) -> Mapping[str, Type | None]:
        """Types of parameters and local variables."""
        return self.typer.variables(self.function.definition)

    @cached_property
    def _text(self) -> bytes:
        definition = self.function.definition
        if not definition.end:
            return b""
        return self._index.text(self.function.path)[definition.body : definition.end]

    @cached_property
    def skeleton(self) -> bytes:
        """The body without comments, directives and the insides of literals; offsets are the body's."""
        return lex(self._text).skeleton

    @cached_property
    def _first_line(self) -> int:
        definition = self.function.definition
        if not definition.end:
            return definition.line
        return self._index.text(self.function.path).count(b"\n", 0, definition.body) + 1

    def source(self, start: int, end: int) -> str:
        """The body's text between two offsets in it, without comments and directives, on one line."""
        piece = strip_comments(self._text[start:end])
        if b"#" in piece:
            piece = _DIRECTIVE_LINE.sub(b" ", piece)
        return _SPACE.sub(" ", piece.decode("utf-8", "replace")).strip()

    def assigned(self, name: str) -> Sequence[Value]:
        """Initial values of a variable and all that is assigned to it by name, in source order."""
        declarator = rb"(?:\s*\)\s*\([^;{}=]*\)|(?:\s*\[[^\]]*\])+)?"  # `(*f)(int) =`, `f[2] =`
        pattern = re.compile(rb"(?<![\w.>])" + re.escape(name.encode()) + declarator + rb"\s*=(?!=)")
        return tuple(self._value(m.end()) for m in pattern.finditer(self.skeleton))

    @cached_property
    def returned(self) -> Sequence[Value]:
        """What the function returns, in source order."""
        return tuple(self._value(m.end()) for m in re.finditer(rb"\breturn\b(?!\s*;)", self.skeleton))

    def _value(self, start: int) -> Value:
        """The expression that begins at an offset: up to `;` or `,` outside parentheses."""
        text = self.skeleton
        depth = 0
        end = start
        limit = min(len(text), start + _LONGEST)
        while end < limit:
            char = text[end]
            if char in b"([{":
                depth += 1
            elif char in b")]}":
                depth -= 1
                if depth < 0:
                    break
            elif depth == 0 and char in b";,":
                break
            end += 1
        return Value(self.source(start, end), self._first_line + text.count(b"\n", 0, start))
