"""The syntax of Make's texts: references, words, the arguments of functions, and functions of one word.

Not handled: escapes other than `$$`.
"""

import functools
import re
from collections.abc import Sequence


class Unknown(Exception):
    """An expansion that only a build can know."""


@functools.lru_cache(32768)
def pieces_of(text: str) -> tuple[tuple[bool, str], ...]:
    """Literal parts and the insides of references, in order: (is a reference, text)."""
    found: list[tuple[bool, str]] = []
    at = 0
    while True:
        start = text.find("$", at)
        if start < 0 or start + 1 >= len(text):
            if at < len(text):
                found.append((False, text[at:]))
            return tuple(found)
        if start > at:
            found.append((False, text[at:start]))
        opening = text[start + 1]
        if opening == "$":
            found.append((False, "$"))
            at = start + 2
        elif opening in "({":
            end = closing_of(text, start + 1)
            found.append((True, text[start + 2 : end]))
            at = end + 1
        else:
            found.append((True, opening))
            at = start + 2


def closing_of(text: str, opening: int) -> int:
    """Index of the closing partner, the end of the text when there is none."""
    left = text[opening]
    right = ")" if left == "(" else "}"
    depth = 0
    for at in range(opening, len(text)):
        if text[at] == left:
            depth += 1
        elif text[at] == right:
            depth -= 1
            if depth == 0:
                return at
    return len(text)


@functools.lru_cache(32768)
def words_of(text: str) -> tuple[str, ...]:
    """The text cut at white space outside references."""
    if "$" not in text:
        return tuple(text.split())
    found: list[str] = []
    depth, start = 0, -1
    for at, char in enumerate(text):
        if char in "({" and (depth or (at and text[at - 1] == "$")):
            depth += 1
        elif char in ")}" and depth:
            depth -= 1
        if char.isspace() and depth == 0:
            if start >= 0:
                found.append(text[start:at])
                start = -1
        elif start < 0:
            start = at
    if start >= 0:
        found.append(text[start:])
    return tuple(found)


def split_arguments(text: str, limit: int = 0) -> list[str]:
    """At commas outside references and parentheses."""
    found: list[str] = []
    depth, start = 0, 0
    for at, char in enumerate(text):
        if char in "({":
            depth += 1
        elif char in ")}":
            depth -= 1
        elif char == "," and depth == 0 and (not limit or len(found) < limit - 1):
            found.append(text[start:at])
            start = at + 1
    found.append(text[start:])
    return found


def _matches(pattern: str, word: str) -> str | None:
    """What `%` stands for; "" for an equal word without one; None when it does not match."""
    head, percent, tail = pattern.partition("%")
    if not percent:
        return "" if pattern == word else None
    if len(word) >= len(head) + len(tail) and word.startswith(head) and word.endswith(tail):
        return word[len(head) : len(word) - len(tail)]
    return None


def mapped_word(function: str, given: Sequence[str], word: str) -> list[str]:
    """A function that maps words, on one word."""
    if function == "addprefix":
        return [given[0] + word]
    if function == "addsuffix":
        return [word + given[0]]
    if function == "subst":
        return (word.replace(given[0], given[1]) if given[0] else word).split()
    if function == "patsubst":
        stem = _matches(given[0].strip(), word)
        return [word] if stem is None else given[1].strip().replace("%", stem, 1).split()
    if function in ("filter", "filter-out"):
        inside = any(_matches(pattern, word) is not None for pattern in given[0].split())
        return [word] if inside == (function == "filter") else []
    if function == "basename":
        head, slash, tail = word.rpartition("/")
        return [head + slash + (tail.rpartition(".")[0] or tail)]
    if function == "dir":
        return [word.rpartition("/")[0] + "/" if "/" in word else "./"]
    if function == "notdir":
        return [word.rpartition("/")[2]]
    if function == "suffix":
        tail = word.rpartition("/")[2]
        return ["." + tail.rpartition(".")[2]] if "." in tail else []
    return [word]


def sides_of(text: str) -> tuple[str, str]:
    """Both arguments of `ifeq`, however quoted."""
    text = text.strip()
    if text.startswith("("):
        end = closing_of(text, 0)
        sides = split_arguments(text[1:end], 2)
    else:
        sides = [a or b for a, b in re.findall(r"\"([^\"]*)\"|'([^']*)'", text)]
    if len(sides) != 2:
        raise Unknown(text)
    return sides[0].strip(), sides[1].strip()
