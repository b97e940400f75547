"""Macro uses that stand for loops and other statements without `;`, made `while` or `if`; expressions that the
grammar would take for types.

Not handled: macros with unbalanced braces in function bodies.
"""

import re

from analyzer.extract.notes import Note
from analyzer.extract.scanning import KEYWORDS, alternation, close_paren, opening_paren, previous_token

# found behind a line break: an indented line is never the first of what matters here
_BARE_STATEMENT = re.compile(rb"\n[ \t]++(?:\}[ \t]*+)?([A-Za-z_]\w++)[ \t]*+(\([^;{}\n]*\))[ \t]*(?![^\n])")

# `(LIMIT * sizeof(…)` could declare a parameter of a type LIMIT, and what is around it a macro that makes a type
_TIMES_SIZE = re.compile(rb"\*(?=[ \t\n]*+sizeof\b)")
_FIRST_FACTOR = re.compile(rb"[(,]\s*[A-Za-z_]\w*\s*\Z")
# `(called(x)) && y` could be a cast of a label's address; the parentheses around a call alone say nothing
_LONE_CALL = re.compile(rb"\)[ \t]*+\)(?=[ \t\n]*+&&)")
_CALLEE = re.compile(rb"\([ \t\n]*([A-Za-z_]\w*)[ \t]*\Z")
_OPERATORS = frozenset((b"(", b"!", b"=", b"&", b"|", b"?", b":", b"return"))


def mask_seeming_types(text: bytes) -> bytes:
    """Expressions that read as types, too, written so that they do not."""
    out: bytearray | None = None
    for match in _TIMES_SIZE.finditer(text):
        if _FIRST_FACTOR.search(text, max(0, match.start() - 80), match.start()):
            out = out or bytearray(text)
            out[match.start() : match.end()] = b"+"
    for match in _LONE_CALL.finditer(text):
        arguments = opening_paren(text, match.start())
        callee = _CALLEE.search(text, max(0, arguments - 80), arguments) if arguments > 0 else None
        if callee and callee[1] not in KEYWORDS and previous_token(text, callee.start()) in _OPERATORS:
            out = out or bytearray(text)
            out[callee.start() : callee.start() + 1] = b" "
            out[match.end() - 1 : match.end()] = b" "
    return text if out is None else bytes(out)


def mask_loops(text: bytes, names: list[bytes], uses: list[Note]) -> bytes:
    """Uses of loop macros become `while (…)`."""
    if not names:
        return text
    out = bytearray(text)
    for match in alternation(names, rb"(?=\s*\()").finditer(text):
        start, end = match.span()
        opening = text.find(b"(", end)
        close = close_paren(text, opening, 5_000)
        if close < 0:
            continue
        after = text[close : close + 80].lstrip()[:1]
        tail = text[max(0, start - 40) : start].rstrip()[-1:]
        name = text[start:end]
        if after in (b",", b")", b"=", b".", b"-") or (after == b";" and tail != b"}" and b"each" not in name):
            continue
        if after == b";" and tail not in (b"}", b")", b";", b"{"):
            continue
        if (
            start > 0
            and text[text.rfind(b"\n", 0, start) + 1 : start].strip()
            and tail not in (b"}", b")", b";", b"{", b":", b"e", b"o")
        ):
            continue  # a declaration or an expression, not a statement
        if text[text.rfind(b"\n", 0, start) + 1 : start] == b"" and (
            after == b"{" or tail in (b"", b"}", b";", b")")
        ):
            continue  # a function definition of that name, or a use at file scope
        keyword = b"while" if len(name) >= 5 else b"if"
        uses.append(Note(name.decode(), start, close))
        out[start:end] = keyword.ljust(len(name))
        if not text[opening + 1 : close - 1].strip() and len(name) > len(keyword) + 1:
            out[opening : opening + 1] = b" "
            out[start + len(keyword) : start + len(keyword) + 2] = b"(1"
    return bytes(out)


def mask_bare_statements(text: bytes, uses: list[Note]) -> bytes:
    """`endfor_nexthops(fi)` on a line of its own, without semicolon and before another statement: the
    grammar would take both for a declaration and lose the calls."""
    out: bytearray | None = None
    for match in _BARE_STATEMENT.finditer(text):
        name = match.group(1)
        if name in KEYWORDS or name == b"while" or match.group(2).count(b"(") != match.group(2).count(b")"):
            continue
        following = text[match.end() : match.end() + 200].lstrip()[:1]
        if not (following.isalpha() or following in (b"_", b"*")):
            continue
        start, end = match.span(1)
        head = text[max(0, start - 300) : start].rstrip()
        if head[-1:] == b"{":
            if head[:-1].rstrip()[-1:] in (b"=", b",", b"{", b"(", b"]"):
                continue  # an item of an initializer
        elif head[-1:] not in (b";", b"}"):
            continue
        if out is None:
            out = bytearray(text)
        keyword = b"while" if len(name) >= 5 else b"if"
        if not match.group(2)[1:-1].strip():
            if len(name) < 3:
                continue
            whole = match.end(2) - start
            out[start : match.end(2)] = (b"while(1)" if whole >= 8 else b"if(1)").ljust(whole)
        else:
            out[start:end] = keyword.ljust(len(name))
        uses.append(Note(name.decode(), start, match.end(2)))
    return text if out is None else bytes(out)
