"""Small scanners over C-like text in notes: brackets, arguments, postfix expressions.

Offsets are into the given text. Tolerant: what does not close ends at the end of the text. Not handled:
operators inside callee expressions other than member access, indexing and dereference.
"""

import re
from dataclasses import dataclass

_IDENT = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_PAIRS = {"(": ")", "[": "]", "{": "}"}
KEYWORDS = frozenset(
    "if else elif switch case default for while do goto break continue return sizeof typeof struct union enum "
    "static const extern inline int void long short char unsigned signed volatile register typedef".split()
)


def close(text: str, at: int) -> int:
    """The offset of the bracket that closes the one at `at`, -1 when there is none."""
    stack: list[str] = []
    position = at
    while position < len(text):
        character = text[position]
        if character in "\"'":
            position = _string_end(text, position)
            continue
        if character in _PAIRS:
            stack.append(_PAIRS[character])
        elif character in ")]}":
            if not stack or stack[-1] != character:
                return -1
            stack.pop()
            if not stack:
                return position
        position += 1
    return -1


def _string_end(text: str, at: int) -> int:
    """After a literal; an apostrophe that closes nowhere is only itself."""
    quote = text[at]
    position = at + 1
    while position < len(text):
        if text[position] == "\\":
            position += 2
            continue
        if text[position] == quote:
            return position + 1
        position += 1
    return at + 1


def arguments(text: str) -> tuple[str, ...]:
    """The texts between top-level commas, white space folded; () for blank text."""
    parts: list[str] = []
    start = 0
    position = 0
    while position < len(text):
        character = text[position]
        if character in "\"'":
            position = _string_end(text, position)
            continue
        if character in _PAIRS:
            end = close(text, position)
            position = end + 1 if end > 0 else len(text)
            continue
        if character == ",":
            parts.append(text[start:position])
            start = position + 1
        position += 1
    parts.append(text[start:])
    folded = tuple(" ".join(part.split()) for part in parts)
    return () if folded == ("",) else folded


@dataclass(frozen=True, slots=True)
class Postfix:
    """A postfix expression `text[start:end]`. For a call `inside` is the span between its last
    parentheses and `callee_end` where they open; `callee_end` equals `end` otherwise. `names` are the
    spans of the identifiers at top level, in order; `calls` counts the top-level call steps."""

    start: int
    end: int
    callee_end: int
    inside: tuple[int, int] | None
    names: tuple[tuple[int, int], ...]
    calls: int


def postfix(text: str, at: int) -> Postfix | None:
    """The postfix expression that begins at an offset: `f`, `f(x)`, `a->b[i].c(x)`, `(*p->f)(x)`."""
    start = at
    while at < len(text) and text[at] in "*&!":
        at += 1
    names: list[tuple[int, int]] = []
    calls = 0
    if match := _IDENT.match(text, at):
        names.append(match.span())
        at = match.end()
    elif text[at : at + 1] == "(":
        end = close(text, at)
        if end < 0:
            return None
        inner = list(_IDENT.finditer(text, at, end))
        if not inner:
            return None
        names.append(inner[-1].span())
        at = end + 1
    else:
        return None
    callee_end, inside = at, None
    while at < len(text):
        character = text[at]
        if character == "[":
            end = close(text, at)
            if end < 0:
                break
            at = end + 1
        elif character == "(":
            end = close(text, at)
            if end < 0:
                break
            callee_end, inside = at, (at + 1, end)
            calls += 1
            at = end + 1
            continue
        elif match := re.compile(r"(?:->|\.)[A-Za-z_]\w*").match(text, at):
            names.append((match.end() - len(match[0].lstrip("->.")), match.end()))
            at = match.end()
        else:
            break
        callee_end, inside = at, None
    return Postfix(start, at, callee_end, inside, tuple(names), calls)
