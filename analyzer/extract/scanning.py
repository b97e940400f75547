"""Small steps through masked text: brackets, tokens before and behind, words.

Not handled: comments and literals (lexical analysis has blanked them).
"""

import functools
import itertools
import re

from analyzer.extract.lexical import blank

_SPACE = re.compile(rb"\s*+")
_PARENS = re.compile(rb"[()]")
_BRACES = re.compile(rb"[{}]")
_BRACKETS = re.compile(rb"[{}();]")
_WORD = re.compile(rb"\w+")
KEYWORDS = frozenset(
    (
        b"if",
        b"for",
        b"while",
        b"switch",
        b"return",
        b"sizeof",
        b"asm",
        b"__asm__",
        b"_Static_assert",
        b"static_assert",
        b"typeof",
        b"else",
        b"do",
        b"case",
        b"goto",
    )
)


def _filler(length: int) -> bytes:
    """An identifier of that length."""
    return b"T" + b"_" * (length - 1)


def fill_keeping_lines(text: bytes) -> bytes:
    """The first line's worth as an identifier, the rest blanked."""
    line = text.partition(b"\n")[0].rstrip()
    return _filler(max(1, len(line))) + blank(text[max(1, len(line)) :]) if text else text


def close_paren(text: bytes, opening: int, limit: int = 200_000) -> int:
    """Offset after the parenthesis that closes the one at `opening`, or -1."""
    depth = 0
    for match in _PARENS.finditer(text, opening, min(len(text), opening + limit)):
        if match.group() == b"(":
            depth += 1
        else:
            depth -= 1
            if depth == 0:
                return match.end()
    return -1


def opening_paren(text: bytes, at: int) -> int:
    """The parenthesis that encloses `at`, looking back over at most 4,000 bytes."""
    depth = 0
    floor = max(0, at - 4_000)
    position = at
    while position > floor:
        opening = text.rfind(b"(", floor, position)
        closing = text.rfind(b")", floor, position)
        if opening < 0:
            return -1
        if closing > opening:
            depth += 1
            position = closing
        elif depth:
            depth -= 1
            position = opening
        else:
            return opening
    return -1


def close_brace(text: bytes, at: int) -> int:
    """Offset after the brace that closes the one at `at`, or -1."""
    depth = 0
    for match in _BRACES.finditer(text, at):
        depth += 1 if match.group() == b"{" else -1
        if depth == 0:
            return match.end()
    return -1


def skip_initializer(text: bytes, at: int) -> int:
    """Offset of the `;` that ends an initializer starting at `at` (or the end of its braces)."""
    depth = 0
    for match in _BRACKETS.finditer(text, at, min(len(text), at + 500_000)):
        char = match.group()
        if char in b"{(":
            depth += 1
        elif char in b"})":
            depth -= 1
            if depth < 0:
                return match.start()
        elif depth == 0:
            return match.start()
    return len(text)


def skip_space(text: bytes, at: int) -> int:
    """Offset of the first byte from `at` that is no white space."""
    match = _SPACE.match(text, at)
    return match.end() if match else at


def previous_token(text: bytes | bytearray, at: int) -> bytes:
    """The word or character before `at`, looking back over at most 4,000 bytes."""
    for reach in (80, 4_000):
        head = bytes(text[max(0, at - reach) : at]).rstrip()
        if head:
            last = head[-1:]
            word = _WORD.match(head[::-1]) if last.isalnum() or last == b"_" else None
            if word is None:
                return last
            if word.end() < len(head) or reach >= at:
                return word.group()[::-1]
    return head


@functools.lru_cache(2_000)
def _pattern(words: tuple[bytes, ...], tail: bytes) -> re.Pattern[bytes]:
    branches = []
    for first, group in itertools.groupby(words, lambda word: word[:1]):
        # What stands before is looked at after the first letter: a pattern that begins with letters is searched
        # for faster. `opts.noinstr` is a member.
        rest = b"|".join(word[1:] for word in group)
        branches.append(first + rb"(?<![\w.]" + first + rb")(?<!->" + first + rb")(?:" + rest + rb")")
    return re.compile(rb"(?:" + b"|".join(branches) + rb")" + tail)


def alternation(words: list[bytes], tail: bytes = rb"\b") -> re.Pattern[bytes]:
    """A pattern for any of the words, then `tail`; not for members of that name."""
    return _pattern(tuple(sorted(set(words))), tail)
