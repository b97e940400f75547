"""What one line of a tree says: calls, assignments, conditions, what is left out, remarks.

A line gives parts; each names the part of the same line above it (-1 for none), so that a chain
`a -> b -> c` is three parts. Not handled: sentences (they stay prose) and several statements on one line
other than chains, groups and `if (x) f()`.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from analyzer.notes.endings import ARROW, begins_link, blanks, chained, is_end, remark_start
from analyzer.notes.expressions import (
    ASSIGN,
    called,
    declaration,
    function_named,
    glued,
    is_function,
    is_value,
    last_value,
    spaced_call,
)
from analyzer.notes.heads import read_head
from analyzer.notes.parts import Parsed, Part
from analyzer.notes.scan import KEYWORDS, Postfix, close, postfix

_LABEL = re.compile(r"\[((?:[^\[\]\n]|\[[^\[\]\n]*\])+)\]\s+(?=[\w(*])")
_ORG_CODE = re.compile(r"~([^~].*?)~(?=\s|$)")
_ORG_LINK = re.compile(r"\[\[[^\]]*\]\[([^\]]*)\]\]")
_LINK = re.compile(r"\[([^\]\n]*)\]\(([^)\s]*)\)")
# code with its place in a file, as `kcg tree` writes: a name however much it looks like a word
_PLACED = re.compile(r"([`~])[A-Za-z_]\w*(?:  .*?)?\1\s+\[(?:\[[^\]]*\]\[)?[\w./+-]+:\d+\]")
_BOLD = re.compile(r"\*\*(?=[^\s)*])([^*]*(?:\*(?!\*)[^*]*)*)(?<=[^\s(*])\*\*(?![\w)])")
_ELIDED = re.compile(r"(?:\.{2,}|…+|⋮|\. \. \.|\[\.\.\.\]|\(\.\.\.\))")
_LEAD_WORD = re.compile(
    r"(?:(?:then\s+)?(?:calls?|calling|invokes?)\s*[::]?\s+|(?:调用|执行|呼び出し)\s*[::]?\s*)(?=[`A-Za-z_*(])"
)
_STEP = re.compile(r"(\+\+|--)(?=\s*(?:$|;|,|//|/\*|#)|\s{2,})")
_BEFORE = re.compile(r"(?:\+\+|--)(?=[A-Za-z_(*])")
_COMMENT_LINE = re.compile(r"(?://|/\*|\*/|#(?!\s*(?:if|ifdef|ifndef|elif|else|endif)\b)|;|--\s|%|<!--)")
_EXPECT = re.compile(r"kcg:\s*(?:expect[=:\s]+)?([a-z][a-z-]*)")
_ENDIF = re.compile(r"#\s*endif\b")
_MEMBER = re.compile(r"(?:[^,()\[\]{}]|\([^()]*\)|\{[^{}]*\})+")  # of a group


def parse(line: str, start: int, *, marked: bool) -> Parsed:
    """Read a line from an offset on. `marked`: it has a connector or stands among code, so that a bare
    word is a name and not a sentence."""
    placed = _PLACED.match(line, blanks(line, start, len(line))) is not None
    text = _plain(line.rstrip("\r\n"))
    if match := _ORG_CODE.match(text, start):
        text = f"{text[:start]} {match[1]} {text[match.end() :]}"
    parsed = Parsed()
    if match := _EXPECT.search(text, start):
        parsed.expect = match[1]
    end = len(text.rstrip())
    start = blanks(text, start, end)
    if start >= end or text[start] in "}{" or _COMMENT_LINE.match(text, start) or text[start:end] in ("*", "/"):
        parsed.remark = text[start:end]
        return parsed
    at = _Line(text, parsed.parts).statement(start, end, -1, marked=marked or placed)
    if placed and parsed.parts:
        parsed.parts[0] = replace(parsed.parts[0], strong=True)
    parsed.remark = text[at:end].strip()
    return parsed


def _plain(text: str) -> str:
    """Markup of the same length taken out: code quotes, emphasis, links."""

    def unlink(match: re.Match[str]) -> str:
        # Code such as `ops[family](sock)` is no link.
        if not re.match(r"(?:https?:|\.{0,2}/|#)|.*\.(?:md|rst|html|org|c|h)\b", match[2]):
            return match[0]
        return f" {match[1]}".ljust(len(match[0]))

    text = _LINK.sub(unlink, text) if "](" in text else text
    if "]]" in text:
        text = _ORG_LINK.sub(lambda m: f" ({m[1]})".ljust(len(m[0])), text)
    text = _BOLD.sub(lambda m: f"  {m[1]}  ", text) if "**" in text else text  # `char **` is none
    return text.replace("`", " ").replace("~~", "  ")


class _Line:
    """The parts of a line while it is read."""

    def __init__(self, text: str, parts: list[Part]) -> None:
        self._text = text
        self._parts = parts

    def statement(self, at: int, end: int, above: int, *, marked: bool, label: str = "") -> int:
        """Read one statement and what is chained to it; the offset after it."""
        text = self._text
        at = blanks(text, at, end)
        if not label and (match := _LABEL.match(text, at)) and not text[at:].startswith("[..."):
            label = match[1]
            at = match.end()
            marked = True
        if match := _ELIDED.match(text, at):
            here = self._add(Part("elided", at, match.end(), match[0]), above)
            if arrow := ARROW.match(text, match.end()):
                return self.statement(arrow.end(), end, here, marked=True)
            return match.end()
        if _ENDIF.match(text, at):
            return end
        if head := read_head(text, at, end, marked=marked):
            here = self._add(head.part, above)
            if head.then == "statement":
                return self.statement(head.after, end, here, marked=head.marked)
            return self._chain(head.after, end, [here]) if head.then == "chain" else head.after
        if match := _LEAD_WORD.match(text, at):
            at = match.end()
            marked = True
        return self._expression(at, end, above, marked, label)

    def _add(self, part: Part, above: int, label: str = "") -> int:
        """Put a part below another; its number."""
        self._parts.append(replace(part, above=above, label=label))
        return len(self._parts) - 1

    def _expression(self, begin: int, end: int, above: int, marked: bool, label: str) -> int:
        """A call, a name or an assignment; else prose."""
        text = self._text
        at = declaration(text, begin)
        if stepped := _stepped_before(text, begin, at, end):
            self._add(stepped, above, label)
            return stepped.end
        found = postfix(text, at)
        if found is None or text[slice(*found.names[0])] in KEYWORDS:
            return self._prose(begin, end, above)
        stored = not found.inside or text[at] == "*"  # `*f(x) = y` stores, `f(x) = y` says what is returned
        if stored and (assign := ASSIGN.match(text, found.end)):
            return self._assignment(begin, found, assign.end(), end, above, label)
        if not found.inside and (step := _STEP.match(text, found.end)):
            left = " ".join(text[at : found.end].split())
            self._add(_assignment(text, begin, step.end(), left, step[1]), above, label)
            return step.end()
        if found.inside is None:
            found = spaced_call(text, found) or found
        if found.inside is None:
            if not is_function(text, found, end, marked=marked, chained_to=bool(self._parts)):
                return self._prose(begin, end, above)
            here = self._add(replace(function_named(text, found), start=begin), above, label)
            return self._chain(found.end, end, [here])
        if found.calls > 1 and (links := glued(text, found)):
            for link in links:
                above = self._add(called(text, link), above, label)
                label = ""
            return self._chain(links[-1].end, end, [above])
        part = replace(called(text, found), start=begin, text=text[begin : found.end], declared=at > begin)
        return self._chain(found.end, end, [self._add(part, above, label)])

    def _assignment(self, begin: int, found: Postfix, value_at: int, end: int, above: int, label: str) -> int:
        """A store; that of a call's result is the call."""
        text = self._text
        value, begins = last_value(text, value_at)
        stop = remark_start(text, value_at, end)
        if value and is_value(text, value) and is_end(text, value.end, stop):
            left = " ".join(text[found.start : begins].rstrip().removesuffix("=").split())
            part = replace(called(text, value), left=left, start=begin, text=text[begin : value.end])
            return self._chain(value.end, end, [self._add(part, above, label)])
        left = " ".join(text[found.start : found.end].split())
        right = text[value_at:stop].rstrip().rstrip(";,").rstrip()
        part = _assignment(text, begin, value_at + len(right), left, " ".join(right.split()))
        here = self._add(part, above, label)
        if arrow := ARROW.match(text, stop):
            return self.statement(arrow.end(), end, here, marked=True)
        return stop

    def _chain(self, at: int, end: int, above: Sequence[int]) -> int:
        """What an arrow leads on to, below parts side by side; braces group."""
        text = self._text
        start = chained(text, at)
        if start < 0:
            return at
        if text[start : start + 1] == "{":
            stop = close(text, start)
            if stop < 0:
                return at
            return self._chain(stop + 1, end, self._group(start + 1, stop, above[-1]) or above)
        if not begins_link(text, start):
            return at
        first = len(self._parts)
        after = self.statement(start, end, above[-1], marked=True)
        new = self._parts[first:]
        if not new or new[0].kind == "prose":
            del self._parts[first:]
            return at
        if len(above) > 1:
            self._parts[first] = replace(new[0], also=tuple(above[:-1]))
        return after

    def _group(self, start: int, stop: int, above: int) -> list[int]:
        """The numbers of the parts between braces."""
        first = len(self._parts)
        for member in _MEMBER.finditer(self._text[start:stop]):
            self.statement(start + member.start(), start + member.end(), above, marked=True)
        return list(range(first, len(self._parts)))

    def _prose(self, at: int, end: int, above: int) -> int:
        body = self._text[at:end].strip()
        if body:
            self._add(Part("prose", at, end, body), above)
        return end


def _assignment(text: str, begin: int, end: int, left: str, right: str) -> Part:
    return Part("assignment", begin, end, text[begin:end].strip(), left=left, right=right, strong=True)


def _stepped_before(text: str, begin: int, at: int, end: int) -> Part | None:
    """`++x`."""
    match = _BEFORE.match(text, at)
    found = postfix(text, match.end()) if match else None
    if match is None or found is None or found.inside or not is_end(text, found.end, end):
        return None
    return _assignment(text, begin, found.end, text[match.end() : found.end], match[0])
