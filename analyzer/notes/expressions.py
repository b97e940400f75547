"""Expressions in notes: what is a call, a value, a name that is meant as a function.

Functions of a text and an offset; nothing here goes on to the next statement. Not handled: operators between calls
(the whole is a value then, not a call).
"""

import re

from analyzer.notes.endings import chained, has_wide, is_name_end, is_sentence
from analyzer.notes.parts import Part
from analyzer.notes.scan import KEYWORDS, Postfix, arguments, close, postfix

ASSIGN = re.compile(r"\s*(?:[-+*/|&^%]|<<|>>)?=(?![=>])\s*")
_TYPE_WORDS = (
    r"(?:static|inline|extern|asmlinkage|const|volatile|register|void|bool|char|short|int|long|float|double|"
    r"unsigned|signed|size_t|ssize_t|notrace|noinline|__always_inline|__init|__exit|__user|__must_check|"
    r"asmlinkage_linkage|[us](?:8|16|32|64)|__[su](?:8|16|32|64)|[a-z]\w*_t|(?:struct|union|enum)\s+\w+)"
)
_DECLARED = re.compile(rf"(?:{_TYPE_WORDS}\b(?:\s*\*+\s*|\s+))+(?:__\w+\s+)*(?=[A-Za-z_])")
_TYPED_POINTER = re.compile(r"[A-Za-z_]\w*\s*\*+\s*(?=[A-Za-z_]\w*\s*(?:=[^=]|\())")
_PLACE = re.compile(r"\s*[(\[@]?\s*[\w./+-]+\.(?:[chS]|rs)\b")
_CODE_NAME = re.compile(r"[a-z]\w*_\w*|_\w+|\w*\d\w*|[A-Z]+_\w+")
_CAST = re.compile(
    r"\((?:(?:const|struct|union|enum|unsigned|signed)\s+)+\w+[\s*]*\)|\(\w+(?:\s+\w+)?\s*\*+\s*\)"
    r"|\((?:__force\s+)?(?:_*[us](?:8|16|32|64)|__(?:be|le|sum)\d+|\w+_t|bool|char|short|int|long)\)"
)
_CASTED = re.compile(
    r"\((?:const |struct |union |enum )*\w+(?: long| int| char)?\s*(?:__user\s*)?\**\)\s*(?=[A-Za-z_(])"
)
_FILE_OR_HOST = re.compile(r"\.(?:[chSo]|md|txt|rst|py|sh|org|com|net|ko|html)$")
_TABLE_MEMBER = re.compile(r"\w*_\w*(?:\[\w+\])?(?:\.\w+)+")


def declaration(text: str, at: int) -> int:
    """Behind the type before a declared name, the offset itself when nothing is declared."""
    if match := _DECLARED.match(text, at) or _TYPED_POINTER.match(text, at):
        after = postfix(text, match.end())
        if after is not None and (after.inside or ASSIGN.match(text, after.end)):
            return match.end()
    return at


def function_named(text: str, found: Postfix) -> Part:
    """The part that a name without parentheses is."""
    name = text[found.start : found.end]
    last = found.names[-1]
    word = text[slice(*last)]
    pointer = len(found.names) > 1
    return Part(
        "pointer" if pointer else "call",
        found.start,
        found.end,
        name,
        name=word,
        callee=_callee(name),
        name_at=last,
        strong=bool(_CODE_NAME.fullmatch(word)) or pointer,
    )


def called(text: str, found: Postfix) -> Part:
    """The part that a call is."""
    assert found.inside is not None
    callee = text[found.start : found.callee_end]
    inside = text[slice(*found.inside)]
    given = arguments(inside)
    name_at = found.names[-1]
    pointer = len(found.names) > 1 or not re.fullmatch(r"\s*\w+\s*", callee)
    return Part(
        "pointer" if pointer else "call",
        found.start,
        found.end,
        text[found.start : found.end],
        name=text[slice(*name_at)],
        callee=_callee(callee),
        arguments=given or None,
        name_at=name_at,
        arguments_at=found.inside,
        strong=True,
    )


def _callee(text: str) -> str:
    folded = "".join(text.split())
    while match := re.fullmatch(r"\(\*?(.*)\)", folded):
        folded = match[1]
    return folded


def last_value(text: str, at: int) -> tuple[Postfix | None, int]:
    """What is stored by `a = b = f(x)`, and where it begins."""
    while True:
        value = result(text, _after_cast(text, at))
        if value is None or value.inside or not (again := ASSIGN.match(text, value.end)):
            return value, at
        at = again.end()


def result(text: str, at: int) -> Postfix | None:
    """What is stored or returned: a postfix expression, also a call with a blank, `f (x)`."""
    found = postfix(text, at)
    if found is None or found.inside or text[at] in "*&!(" or text[slice(*found.names[-1])] in KEYWORDS:
        return found
    return spaced_call(text, found, sure=True) or found


def is_value(text: str, found: Postfix) -> bool:
    """Whether an expression is the result of a call: no cast, no `sizeof`, and nothing is done with it."""
    if not found.inside or text[found.start] in "*&!" or text[slice(*found.names[0])] in KEYWORDS:
        return False
    return not _CAST.match(text, found.start)


def _after_cast(text: str, at: int) -> int:
    """After a cast such as `(struct file *)`."""
    match = _CASTED.match(text, at)
    return match.end() if match else at


def spaced_call(text: str, found: Postfix, *, sure: bool = False) -> Postfix | None:
    """`f (args)`: one blank before the parentheses, which hold no place in a file. `sure`: it stands where C has
    an expression, so that any argument may be in them."""
    at = found.end
    if text[at : at + 2] != " (" or _PLACE.match(text, at + 1):
        return None
    end = close(text, at + 1)
    inside = text[at + 2 : end]
    listed = re.fullmatch(r"\w+(?:,\s*\w+)*", inside)
    prose = is_sentence(inside) and not listed
    if end < 0 or has_wide(inside) or prose or text[end + 1 : end + 2].isalnum():
        return None
    if inside and not sure and not re.fullmatch(r"[\w\s,.*&>()\[\]|~+-]*", inside):
        return None
    return Postfix(found.start, end + 1, at, (at + 2, end), found.names, 1)


def glued(text: str, found: Postfix) -> list[Postfix]:
    """`f()->g()->h()` written without blanks is a chain when nothing is between the parentheses."""
    pieces = text[found.start : found.end].split("->")
    if not all(re.fullmatch(r"\w+\(\)", p) for p in pieces):
        return []
    links: list[Postfix] = []
    at = found.start
    for piece in pieces:
        link = postfix(text[: at + len(piece)], at)
        if link is None:
            return []
        links.append(link)
        at += len(piece) + 2
    return links


def is_function(text: str, found: Postfix, end: int, *, marked: bool, chained_to: bool) -> bool:
    """Whether a name without parentheses is meant as a function. `marked`: it stands where a name is to be
    expected; `chained_to`: behind another part of its line."""
    if text[found.start] in "*&!(":
        return False
    rest = text[found.end : end]
    word = text[slice(*found.names[-1])]
    code = bool(_CODE_NAME.fullmatch(word)) or len(found.names) > 1
    leads_on = chained(text, found.end) >= 0
    if len(found.names) > 1 and not _is_member(text[found.start : found.end], leads_on):
        return False
    if not rest.strip(" \t;,:。)"):
        return marked or code
    if leads_on:
        return marked or code
    if rest[0] in "/\\.@%$'\"?!" and not rest.startswith("//"):
        return False
    if is_name_end(rest):
        return code or marked
    return code and (marked or chained_to)


def _is_member(text: str, leads_on: bool) -> bool:
    """Whether a name with steps is a member, and no file or host such as `socket.c`, `www.kernel.org`: with dots
    alone it has to lead on to something, or to read like an ops table's member."""
    if "." not in text or "->" in text:
        return True
    return not _FILE_OR_HOST.search(text) and (leads_on or _TABLE_MEMBER.fullmatch(text) is not None)
