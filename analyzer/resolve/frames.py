"""What a function's own text says of its variables: what is put into them, what is returned.

Values are texts of the source; whoever asks evaluates them. Not handled: variables written through their
address, and the order of assignments (every value counts everywhere in the body).
"""

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from analyzer.extract.lexical import lex, on_one_line
from analyzer.extract.scanning import close_paren, skip_space
from analyzer.model.facts import Variable
from analyzer.resolve.ctypes import Arr, Base, Ptr, Type, followed_backwards, is_type_start, pointee
from analyzer.resolve.functions import Function
from analyzer.resolve.locals import Locals
from analyzer.resolve.names import Names, ref_of
from analyzer.resolve.sections import within
from analyzer.resolve.tokens import KEYWORDS, TYPE_WORDS, Token, open_of

_MEMBER_OF = re.compile(r"([A-Za-z_]\w*)(?:\[[^\]]*\])?\s*(?:->|\.)")
_USE = re.compile(rb"\b([A-Za-z_]\w*)\s*\(")
_BEGINNING = frozenset(";{}([")  # before a declaration
_DECLARING = TYPE_WORDS | frozenset("static register auto __auto_type __typeof typeof_unqual".split())
_BEHIND_DECLARED = frozenset((";", ",", "=", "[", "__attribute__", "__attribute"))
_NAME_BEHIND = re.compile(rb"\s*(?:\*\s*)*([A-Za-z_]\w*)\s*[;=](?!=)")
_BEFORE_STATEMENT = (b";", b"{", b"}")
_LONGEST = 2_000  # bytes of a value that is read


class Value(NamedTuple):
    """An expression's text and the line it stands on."""

    text: str
    line: int


class Frame:
    """A function with its variables. Of one that a macro makes there is no text: what its facts say is known."""

    def __init__(self, names: Names, function: Function) -> None:
        self.function = function
        self.ref = ref_of(function)
        self.scope = within(names.scopes.of(function.seen_from or function.path), function)
        self.typer = names.typer(self.scope.key)
        self._index = names.index
        definition = function.definition
        self.parameters: Mapping[str, int] = {p.name: n for n, p in enumerate(definition.parameters) if p.name}

    @cached_property
    def variables(self) -> frozenset[str]:
        """The names of local variables."""
        declared = frozenset(v.name for v in self.function.definition.variables)
        return (declared | self._behind_macros.keys()) - self.parameters.keys()

    def is_local(self, name: str, line: int) -> bool:
        """Whether a name is a parameter's, or a local variable's in whose block a line stands."""
        return name in self.parameters or (name in self.variables and self._locals.declares(name, line))

    @cached_property
    def arrays(self) -> frozenset[str]:
        """The local variables that are arrays."""
        return frozenset(v.name for v in self.function.definition.variables if "[" in v.type)

    def types_at(self, line: int) -> Mapping[str, Type | None]:
        """Types of parameters and local variables on a line, among these those that a macro declares whose members
        are called: `CLASS(chip_guard, guard)(desc)`."""
        return self._locals.at(line)

    def types_in(self, offset: int) -> Mapping[str, Type | None]:
        """The same at an offset in the body."""
        return self._locals.at(self.line_of(offset) if self._locals.vary else 0)

    @cached_property
    def _locals(self) -> Locals:
        definition = self.function.definition
        return Locals(definition, self._typed, lambda: self._index.text(self.function.path))

    def _typed(self, declared: Sequence[Variable]) -> Mapping[str, Type | None]:
        definition = self.function.definition
        local: Mapping[str, Type | None] = self.typer.variables(definition, declared)
        for tokens in self._behind_macros.values():
            local = self.typer.with_declaration(tokens, local)
        called = [m.group(1) for i in definition.indirect if (m := _MEMBER_OF.match(i.callee))]
        for name in dict.fromkeys(called):
            if name not in local and (declaration := self._declared_by_macro(name)):
                local = self.typer.with_declaration(declaration, local)
        return local

    def _declared_by_macro(self, name: str) -> Sequence[Token]:
        """The (expanded) declaration of a name that a macro use in the body makes, from its type on."""
        word = re.compile(rb"(?<![\w.>])" + re.escape(name.encode()) + rb"\b")
        for match in _USE.finditer(self.skeleton):
            if not self.scope.macro(match.group(1).decode()):
                continue
            end = close_paren(self.skeleton, match.end() - 1)
            if end < 0 or not word.search(self.skeleton, match.end(), end):
                continue
            behind = skip_space(self.skeleton, end)
            if self.skeleton[behind : behind + 1] == b"(":
                end = max(end, close_paren(self.skeleton, behind))
            tokens = self.typer.expand(self.source(match.start(), end))
            for at, token in enumerate(tokens):
                if token.text == name and (start := _declaration_around(tokens, at)) >= 0:
                    return tokens[start:]
        return ()

    @cached_property
    def _behind_macros(self) -> Mapping[str, Sequence[Token]]:
        """The (expanded) declarations of variables whose type is a macro's use: `typeof_member(struct proc_ops,
        proc_open) open;`."""
        found: dict[str, Sequence[Token]] = {}
        definition = self.function.definition
        text = self._index.text(self.function.path) if definition.end else b""
        for call in definition.calls:
            match = _NAME_BEHIND.match(text, call.end) if call.end else None
            if match and self.scope.macro(call.name):
                written = text[call.start : match.end(1)].decode("utf-8", "replace")
                tokens = self.typer.expand(written)
                if is_type_start(tokens, 0, self.typer.is_typedef):
                    found[match.group(1).decode()] = tokens
        return found

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

    def line_of(self, offset: int) -> int:
        """The line of an offset in the body."""
        return self._first_line + self.skeleton.count(b"\n", 0, offset)

    def source(self, start: int, end: int) -> str:
        """The body's text between two offsets in it, without comments and directives, on one line."""
        return on_one_line(self._text[start:end])

    def assigned(self, name: str) -> Sequence[Value]:
        """Initial values of a variable and all that is assigned to it by name, in source order."""
        definition = self.function.definition
        if not definition.end:
            values = [v.value for v in definition.variables if v.name == name and v.value]
            values += [a.right for a in definition.assignments if a.left == name]
            return tuple(Value(text, definition.line) for text in values)
        declarator = rb"(?:\s*\[[^\]]*\])*(?:\s*\)\s*\([^;{}=]*\))?"  # `(*f)(int) =`, `f[2] =`, `(*f[2])(int) =`
        pattern = re.compile(rb"(?<![\w.>])" + re.escape(name.encode()) + declarator + rb"\s*=(?!=)")
        return tuple(
            self._value(m.end()) for m in pattern.finditer(self.skeleton) if not self._stores_number(name, m)
        )

    def _stores_number(self, name: str, match: re.Match[bytes]) -> bool:
        """Whether an assignment puts a number into what a variable points to, `*m = size;`, which is no value of
        the variable: an allocator's sizes lead to all its callers."""
        before = self.skeleton[: match.start()].rstrip(b"* \t\n")
        levels = self.skeleton.count(b"*", len(before), match.start()) + match.group().count(b"[")
        if not levels or not before.endswith(_BEFORE_STATEMENT):
            return False  # of the variable itself, or its declaration
        type_ = self.types_in(match.start()).get(name)
        while levels and isinstance(type_, Ptr | Arr):
            type_, levels = pointee(type_), levels - 1
        return isinstance(type_, Base) and not levels and not followed_backwards(type_)

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
        return Value(self.source(start, end), self.line_of(start))


def _declaration_around(tokens: Sequence[Token], at: int) -> int:
    """Where the declaration begins that the name at a place is declared by, -1 when it is not declared there:
    `struct io_comp_batch iob = { }`, `typeof(x) *p;`."""
    behind = tokens[at + 1].text if at + 1 < len(tokens) else ";"
    before = tokens[at - 1] if at else None
    if behind not in _BEHIND_DECLARED or before is None or not (before.is_name or before.text in ("*", ")")):
        return -1
    start = at
    while start > 0 and tokens[start - 1].text not in _BEGINNING:
        start -= 1
        if tokens[start].text == "=":
            return -1
        if tokens[start].text in (")", "]"):
            start = open_of(tokens, start)
            if start < 0:
                return -1
    first = tokens[start]
    named = first.is_name and first.text not in KEYWORDS and behind != ","  # `f(a * b, c)` declares nothing
    return start if start < at and (named or first.text in _DECLARING) else -1
