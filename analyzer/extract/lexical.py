"""Comments, literals and preprocessor lines: the part of C that comes before its grammar.

The skeleton of a file has the same length and line breaks, with comments and the insides of literals
blanked and every preprocessor line removed, so that offsets found in it are offsets in the file.

Not handled: trigraphs, and comments opened inside an `#error` text's apostrophe.
"""

import bisect
import functools
import itertools
import re
from collections.abc import Sequence
from typing import NamedTuple

# Runs of characters are taken at once and every alternative begins with a literal: scanning for these is most of
# the work of lexical analysis. Groups are not possessive: in Python 3.11.2 such a group fails where it should
# match nothing (cpython issue 101955).
_COMMENT_OR_LITERAL = re.compile(
    rb"/\*[^*]*+(?:\*(?!/)[^*]*+)*(?:\*/|\Z)|//[^\n\\]*+(?:\\.[^\n\\]*+)*"
    rb'|"[^"\\\n]*+(?:\\.[^"\\\n]*+)*"'
    rb"|'(?!')[^'\\\n]*+(?:\\.[^'\\\n]*+)*'",
    re.S,
)
_COMMENT = re.compile(rb"/\*.*?(?:\*/|\Z)|//[^\n]*|(\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)+')", re.S)
_FIRST_DIRECTIVE = re.compile(rb"[ \t\f]*+#[ \t]*+(\w*+)([^\n\\]*+(?:\\(?:[ \t\r]*+\n)?[^\n\\]*+)*)")
_DIRECTIVE = re.compile(rb"\n" + _FIRST_DIRECTIVE.pattern)
_NOT_CONTINUED = re.compile(rb"\\(?![ \t\r]*\n)|[^\n\\]+")
_BLANKS = bytes(byte if byte == 0x0A else 0x20 for byte in range(256))
_LINE_REST = re.compile(rb"(?:[^\n\\]|\\[ \t\r]*\n|\\)*")
_LONE_QUOTE = b"\1"  # an opening quote right before a continuation: no room for the closing one yet
_CONTINUATION = re.compile(rb"\\[ \t\r]*\n")
_DIRECTIVE_LINE = re.compile(rb"(?m)^[ \t]*#.*$")


class Directive(NamedTuple):
    """A preprocessor line: `rest` is its text after the keyword, comments removed, lines joined."""

    keyword: str
    rest: str
    start: int
    end: int


class Lexed(NamedTuple):
    """A file after lexical analysis."""

    skeleton: bytes
    directives: tuple[Directive, ...]


def blank(text: bytes) -> bytes:
    """Spaces of the same length, line breaks kept."""
    return text.translate(_BLANKS)


def _spaces(match: re.Match[bytes]) -> bytes:
    return b" " * (match.end() - match.start())


def _blank_token(match: re.Match[bytes]) -> bytes:
    text = match.group()
    if text[0] == 0x2F:  # a comment; in a directive its line ends may be continued
        return _NOT_CONTINUED.sub(_spaces, text) if b"\\" in text else blank(text)
    if len(text) == 2:
        return text
    quote = text[:1]
    # an identifier-free filler: a char literal of spaces only is still one to the grammar
    if b"\n" not in text:
        return quote + b" " * (len(text) - 2) + quote
    # continued on the next line, which the grammar does not know; a directive around it goes on
    first = text.index(b"\n") - 1
    head = quote + b" " * (first - 2) + quote if first > 1 else _LONE_QUOTE
    return head + _NOT_CONTINUED.sub(_spaces, text[first:])


def strip_comments(text: bytes) -> bytes:
    """`text` with comments replaced by one space, literals kept."""
    if b"/" not in text:
        return text
    return _COMMENT.sub(lambda m: m.group(1) or b" ", text)


def on_one_line(text: bytes) -> str:
    """Source text without comments and preprocessor lines, lines joined and white space folded."""
    text = strip_comments(text)
    if b"\n" in text:
        text = without_continuations(text)  # 340 files of 6.12 write arguments, too, like a macro's body
        if b"#" in text:
            text = _DIRECTIVE_LINE.sub(b" ", text)
    return " ".join(text.decode("utf-8", "replace").split())


def lex(data: bytes) -> Lexed:
    """The skeleton of a file and its directives in order."""
    if b"\0" in data:
        data = data.replace(b"\0", b" ")
    skeleton = _COMMENT_OR_LITERAL.sub(_blank_token, data)
    if b"#" not in skeleton:
        return Lexed(_blanked_continuations(skeleton), ())
    directives: list[Directive] = []
    pieces: list[bytes] = []
    last = 0
    match = _FIRST_DIRECTIVE.match(skeleton) or _DIRECTIVE.search(skeleton)
    while match:
        begin, end = match.span(2)
        rest = data[begin:end]
        if b"/" in rest:
            if b"/*" in rest:
                end = _end_behind_comment(data, skeleton, begin, end)
                rest = data[begin:end]
            rest = strip_comments(rest)
        rest = without_continuations(rest)
        start = match.start()
        if skeleton[start] == 0x0A:
            start += 1
        directives.append(Directive(_keyword(match[1]), rest.decode("utf-8", "replace").strip(), start, end))
        pieces.append(skeleton[last:start])
        pieces.append(skeleton[start:end].translate(_BLANKS))
        last = end
        match = _DIRECTIVE.search(skeleton, end)
    pieces.append(skeleton[last:])
    return Lexed(_blanked_continuations(b"".join(pieces)), tuple(directives))


@functools.lru_cache(64)
def _keyword(spelled: bytes) -> str:
    return spelled.decode("ascii")


def _end_behind_comment(data: bytes, skeleton: bytes, start: int, end: int) -> int:
    """Where a directive ends whose line ends inside a comment: a comment is white space, its line breaks too."""
    while True:
        at = start
        while comment := _COMMENT_OR_LITERAL.search(data, at, len(data)):
            if comment.start() >= end:
                return end
            if comment.end() > end:
                break
            at = comment.end()
        else:
            return end
        rest = _LINE_REST.match(skeleton, comment.end())
        start, end = comment.end(), rest.end() if rest else comment.end()


def without_continuations(text: bytes) -> bytes:
    """A text without the line breaks that a backslash hides."""
    return _CONTINUATION.sub(b" ", text) if b"\\" in text else text


def _blanked_continuations(skeleton: bytes) -> bytes:
    """`skeleton`, as long as before, without the backslashes that continue a line of code."""
    if b"\\" not in skeleton:
        return skeleton
    skeleton = skeleton.replace(_LONE_QUOTE + b"\\", b'""')
    return _CONTINUATION.sub(lambda m: blank(m.group().replace(b"\\", b" ")), skeleton)


def line_starts(data: bytes) -> list[int]:
    """Offsets of the lines' first bytes."""
    starts = list(itertools.accumulate((len(line) + 1 for line in data.split(b"\n")), initial=0))
    starts.pop()
    return starts


def line_of(starts: Sequence[int], offset: int) -> int:
    """1-based line of a byte offset."""
    return bisect.bisect_right(starts, offset)
