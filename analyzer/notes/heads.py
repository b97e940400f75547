"""Heads in notes: conditions, loops, cases, jumps, labels and `#if`s.

A head is read from its word on; what it governs on the same line is left to the reader of lines. Not handled:
conditions that go on in the next line.
"""

import re
from dataclasses import dataclass, replace
from typing import Literal

from analyzer.notes.endings import blanks, has_wide, is_end, is_sentence, remark_start
from analyzer.notes.expressions import called, is_value, result
from analyzer.notes.parts import Part
from analyzer.notes.scan import close

_CONDITION = re.compile(
    r"(else\s*if|elif|elseif|if|switch|while|for|do|else|case|default|goto|break|continue|return)\b"
)
_PREPROCESSOR = re.compile(r"#\s*(if|ifdef|ifndef|elif|else|endif)\b\s*")
_LABEL = re.compile(r"[A-Za-z_]\w*:{1,2}(?=\s*$|\s+(?://|/\*|\[|\()|\s{2,}[…{])")
_DO_WHILE = re.compile(r"(?:…|\.{3})\s*while(?=\s*\()")
_MORE = re.compile(r"\s*(?:&&|\|\||[<>=!]=|[<>]).*?(?=\s*[:{]\s*$)")  # `if (a) && (b):`
_THEN = re.compile(r"\s*(?::|\bthen\b|\{)\s*$")
_COLON = re.compile(r"([^:?]+):\s+(\S.*)$")
_RETURN_ASIDE = re.compile(r"return\s{2,}[\[<({…]")
_HEAD_ASIDE = re.compile(r":?\s{2,}[\[({<⇒×…]|\s*\[[\w./-]+:\d+\]")
_ALSO = re.compile(r",\s*(?:case\s+|(?=default\b))")
_RANGE = re.compile(r" \.\.\. ")
_OPERATOR = re.compile(r" (?:\.\.\.|\||<<|>>|[+&-]) ")
_KEYWORDS = {
    "elif": "if",
    "elseif": "if",
    "while": "loop",
    "for": "loop",
    "do": "loop",
    "default": "case",
}


@dataclass(frozen=True, slots=True)
class Head:
    """A head, where it ends, and what comes there: nothing of the tree, a statement that it governs (`marked`
    as in `analyzer.notes.content.parse`), or more of a chain."""

    part: Part
    after: int
    then: Literal["end", "statement", "chain"] = "end"
    marked: bool = False


def read_head(text: str, at: int, end: int, *, marked: bool) -> Head | None:
    """The head that begins at an offset; None when there is none, or its word only begins a sentence."""
    if match := _PREPROCESSOR.match(text, at):
        stop = remark_start(text, match.end(), end)
        return Head(_part(text, at, stop, "guard", text[match.end() : stop].strip(), strong=True), stop)
    if (match := _CONDITION.match(text, at)) and (head := _worded(text, at, match, end, marked)):
        return head
    if match := _LABEL.match(text, at):
        return Head(_part(text, at, match.end(), "label", match[0].rstrip(":")), match.end())
    return None


def _part(text: str, start: int, end: int, keyword: str, condition: str, *, strong: bool = False) -> Part:
    return Part(
        "condition", start, end, text[start:end].strip(), condition=condition, keyword=keyword, strong=strong
    )


def _worded(text: str, at: int, match: re.Match[str], end: int, marked: bool) -> Head | None:
    """A head that begins with a word of C."""
    word = "".join(match[1].split())
    rest = blanks(text, match.end(), end)
    if word == "do" and (again := _DO_WHILE.match(text, rest)):
        rest = blanks(text, again.end(), end)
        word = "while"
    if word == "return":
        return _return(text, at, rest, end)
    if word == "goto":
        return _goto(text, at, rest, end)
    if word == "case":
        return _case(text, at, rest, end, marked)
    if word in ("else", "do", "default", "break", "continue"):
        return _bare(text, at, match.end(), rest, end, word, marked)
    if text[rest : rest + 1] == "(":
        return _parenthesised(text, at, rest, end, word)
    if word == "for":
        return None
    return _in_words(text, at, rest, end, word, marked)


def _return(text: str, at: int, rest: int, end: int) -> Head | None:
    stop = rest if _RETURN_ASIDE.match(text, at) else remark_start(text, rest, end)
    body = text[rest:stop].strip().rstrip(";")
    found = result(text, rest) if body else None
    if found and is_value(text, found) and is_end(text, found.end, stop):
        part = replace(called(text, found), left="return", start=at, text=text[at : found.end])
        return Head(part, found.end, "chain")
    if is_sentence(body):
        return None
    body = re.split(r"\s{2,}", body)[0]
    stop = rest + len(body)
    return Head(_part(text, at, stop, "return", body), _after(text, stop, end))


def _goto(text: str, at: int, rest: int, end: int) -> Head | None:
    body = text[rest : remark_start(text, rest, end)].strip().rstrip(";")
    if not body or " " in body:
        return None
    stop = text.index(body, rest) + len(body)
    return Head(_part(text, at, stop, "goto", body, strong=True), _after(text, stop, end))


def _case(text: str, at: int, rest: int, end: int, marked: bool) -> Head | None:
    """`case A:`, `case A ... B:`, `case A | B:`; of `case A, case B:`, where A falls through to B, B is judged."""
    body = text[rest : remark_start(text, rest, end)].strip().rstrip(";")
    whole, colon, _ = body.partition(":")
    whole = whole.strip()
    label = _ALSO.split(whole)[-1] if colon else whole
    if not label or " " in (_OPERATOR if colon else _RANGE).sub("", label):
        return None
    stop = text.index(whole, rest) + len(whole)
    part = _part(text, at, stop, "case", label, strong=True)
    after = _after(text, stop, end)
    governs = after < end and text[after] not in "/#"
    return Head(part, after, "statement" if governs else "end", marked)


def _bare(text: str, at: int, stop: int, rest: int, end: int, word: str, marked: bool) -> Head | None:
    """A word that has no condition."""
    if rest < end and text[rest] not in "{:;/#[":
        return Head(_part(text, at, stop, "else", ""), rest, "statement", marked) if word == "else" else None
    subject = word if word == "default" else ""
    part = _part(text, at, stop, _KEYWORDS.get(word, word), subject, strong=True)
    return Head(part, _after(text, stop, end))


def _parenthesised(text: str, at: int, rest: int, end: int, word: str) -> Head:
    stop = close(text, rest)
    if stop < 0:
        stop = end - 1
    inside = text[rest + 1 : stop]
    if more := _MORE.match(text, stop + 1):
        inside, stop = text[rest : more.end()], more.end() - 1
    keyword = _KEYWORDS.get(word, word)
    part = _part(text, at, stop + 1, keyword, " ".join(inside.split()), strong=True)
    after = _after(text, stop + 1, end)
    governs = after < end and text[after] not in "/#" and not has_wide(text[after])
    return Head(part, after, "statement" if governs else "end", marked=True)


def _in_words(text: str, at: int, rest: int, end: int, word: str, marked: bool) -> Head | None:
    """A condition without parentheses: `if TCP:`."""
    head = text[rest : remark_start(text, rest, end)]
    body = _THEN.sub("", head).strip()
    if not body or is_sentence(body) or (body == head.strip() and not marked):
        return None
    colon = _COLON.match(body)
    if colon:
        body = colon[1].strip()
    stop = text.index(body, rest) + len(body)
    part = _part(text, at, stop, _KEYWORDS.get(word, word), body)
    return Head(part, _after(text, stop, end), "statement" if colon else "end", marked)


def _after(text: str, at: int, end: int) -> int:
    """After a head's colon or brace; at the end when only an aside follows."""
    if _HEAD_ASIDE.match(text, at):
        return end
    while at < end and (text[at] in " \t{:;" or text.startswith("then ", at)):
        at += 5 if text.startswith("then ", at) else 1
    return at
