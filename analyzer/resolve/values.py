"""What the text of a body does with a value: where a name is mentioned, and where the value goes from there.

Reads the skeleton of a body (`lexical.lex`) backwards from each mention: enclosing calls, assignments, `return`.
Every way that C may mean counts; tests and comparisons give the value to nobody.

Not handled: values that go through a variable's address, through arithmetic, or out of a statement expression.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

_WORD = re.compile(rb"\w+")
_BEFORE = re.compile(rb"([A-Za-z_]\w*)\s*$")
_STATEMENTS = frozenset((b"if", b"while", b"switch", b"sizeof", b"typeof", b"__typeof__", b"for", b"return"))
_RETURN = re.compile(rb"(?<!\w)return$")
_COMMA, _EQUAL, _LAST_OF_RETURN = b",=n"
_LONGEST = 4_000  # bytes of a statement that are read backwards
_OPENING = b"([{"
_CLOSING = b")]}"
_CALLED = re.compile(rb"(?:\s*(?:\)|\[[^\]]*\]))*\s*\(")
_OPENED = re.compile(rb"\s*\(")
_COMPARED = re.compile(rb"\s*(?:==|!=|\?)")


class Given(NamedTuple):
    """A call that takes the value as its argument of that number. Offsets are of its name and its end."""

    name: str
    number: int
    start: int
    end: int


class Put(NamedTuple):
    """An assignment or initialization of what stands on the left; "" is the function's result."""

    left: str


class _Called(NamedTuple):
    """A choice that is called: `(a ? f : g)(x)`."""


class Use(NamedTuple):
    """One mention of a value: the expression's offsets in the body, whether it is called, and what it is given to
    and put into, from the inside out."""

    start: int
    end: int
    called: bool
    ways: tuple[Given | Put, ...]


def uses_of(skeleton: bytes, name: str, *, member: bool = False, called: bool = False) -> Iterator[Use]:
    """The mentions of a name in a body: of a variable, of a member behind `.` or `->` (`member`), or of the value
    that a call of that name gives (`called`)."""
    for match in re.finditer(rb"(?<!\w)" + re.escape(name.encode()) + rb"(?!\w)", skeleton):
        start, end = match.span()
        before = skeleton[:start].rstrip()[-2:]
        if (before.endswith(b".") and not before.endswith(b"..")) or before == b"->":
            if not member:
                continue
            start = _postfix_start(skeleton, start)
        elif member:
            continue
        if called:
            opening = _OPENED.match(skeleton, end)
            if opening is None:
                continue
            end = _close(skeleton, opening.end() - 1)
        yield _use(skeleton, start, end)


def member_at(skeleton: bytes, start: int) -> tuple[int, int] | None:
    """The offsets of the member expression whose last name begins at `start`, None for a name alone."""
    if not skeleton[:start].rstrip().endswith((b"->", b".")):
        return None
    word = _WORD.match(skeleton, start)
    return _postfix_start(skeleton, start), word.end() if word else start


def _use(text: bytes, start: int, end: int) -> Use:
    ways = [] if _COMPARED.match(text, end) else list(_ways(text, start))
    called = _CALLED.match(text, end) is not None or any(isinstance(way, _Called) for way in ways)
    return Use(start, end, called, tuple(way for way in ways if not isinstance(way, _Called)))


def _ways(text: bytes, start: int) -> Iterator[Given | Put | _Called]:
    """What stands around an expression, from the inside out."""
    depth = 0  # of what lies beside the expression
    commas = 0  # between it and what is around it
    at, last = start, max(0, start - _LONGEST)
    while at > last:
        at -= 1
        char = text[at]
        if char in _CLOSING:
            if char == _CLOSING[2] and not depth:
                return  # a block before the statement
            depth += 1
        elif depth:
            depth -= char in _OPENING
        elif literal := _literal_start(text, at):
            at, commas = literal, 0
        elif char in b";{[!|" or text[max(0, at - 1) : at + 1] == b"&&":
            return
        elif char == _OPENING[0]:
            word = _BEFORE.search(text, max(0, at - 80), at)
            if word and word[1] == b"return":
                yield Put("")
            if word and word[1] in _STATEMENTS:
                return
            if word:
                yield Given(word[1].decode(), commas, word.start(1), _close(text, at))
            elif _OPENED.match(text, _close(text, at)):
                yield _Called()
            commas = 0
        elif char == _COMMA:
            commas += 1
        elif char == _EQUAL:
            if at and text[at - 1] in b"=!<>":
                return
            if not commas:
                yield Put(_left_of(text, at))
        elif char == _LAST_OF_RETURN and _RETURN.search(text, max(0, at - 7), at + 1):
            yield Put("")
            return


def _literal_start(text: bytes, at: int) -> int:
    """Where the compound literal begins whose list opens here, `(t[]){ … }`; 0 when none does."""
    head = text[:at].rstrip() if text[at] == _OPENING[2] else b""
    if not head.endswith(b")"):
        return 0
    start = _open(head, len(head) - 1)
    return start if head[:start].rstrip().endswith((b"(", b",", b"=", b"&")) else 0


def _left_of(text: bytes, at: int) -> str:
    """The left side of an assignment."""
    depth = 0
    start = at - 1
    while start >= 0:
        char = text[start : start + 1]
        if char in (b")", b"]"):
            depth += 1
        elif char in (b"(", b"["):
            if not depth:
                break
            depth -= 1
        elif not depth and char in (b";", b"{", b"}", b",", b"=", b"?", b":"):
            break
        start -= 1
    return " ".join(text[start + 1 : at].decode("utf-8", "replace").split())


def _close(text: bytes, opening: int) -> int:
    """The offset behind the parenthesis that closes the one at `opening`."""
    depth = 0
    for at in range(opening, len(text)):
        depth += (text[at] in _OPENING) - (text[at] in _CLOSING)
        if depth == 0:
            return at + 1
    return len(text)


def _open(text: bytes, closing: int) -> int:
    """The offset of the parenthesis that the one at `closing` closes; 0 when none is in reach."""
    depth = 0
    for at in range(closing, max(0, closing - _LONGEST), -1):
        depth += (text[at] in _CLOSING) - (text[at] in _OPENING)
        if depth == 0:
            return at
    return 0


def _postfix_start(text: bytes, at: int) -> int:
    """Where the expression begins whose last member's name begins at an offset."""
    while True:
        head = text[:at].rstrip()
        if head.endswith(b"->"):
            head = head[:-2].rstrip()
        elif head.endswith(b"."):
            head = head[:-1].rstrip()
        else:
            return at
        at = len(head)
        while head and head[-1:] in (b")", b"]"):
            at = _open(text, len(head) - 1)
            head = text[:at].rstrip()
        word = _BEFORE.search(text, max(0, len(head) - 80), len(head))
        if word:
            at = word.start(1)
