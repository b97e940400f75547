"""Where a statement in a note ends: at an arrow, at a remark, at a sentence.

Not handled: what stands before the end (`analyzer.notes.expressions`, `analyzer.notes.heads`).
"""

import re

_WIDE = "\u2e80-\u9fff\uac00-\ud7ff\uff00-\uffef\u3000-\u30ff"
_WIDE_LETTER = re.compile(f"[{_WIDE}]")
ARROW = re.compile(r"(?:,\s\+\d+)?\s*(?:[-─━]{1,}[>►▶→]|=+>|[→⟶➜⇒↦➔]|(?<=\s)>{1,2}(?=\s))\s*")
# What `kcg tree` prints behind a call through a pointer is no chain.
_KERNEL_TREE = re.compile(
    r"\s*(?:⇒|=>)\s+(?:[\w.:]+|\S+ \S+)?(?:, )?(?:\d+ (?:targets?|candidates?|possible)|unresolved|[\w.]+,)"
)
_SENTENCE = re.compile(r"^[A-Za-z][a-z']*(?:[ ,]+[A-Za-z][a-z']*){2,}")
# Behind a complete statement: what is set off by blanks or brackets is said about it.
_ASIDE = re.compile(r"\s{2,}|\t|\s+(?:[\[({<⇒×↑↺…@]|via |external\b)")
_REMARK = re.compile(rf"\s*(?://|/\*|\s#\s|\s<-|←|;(?=\s)|\s--+\s|[，。；：]|\s[{_WIDE}]|\s{{2,}}(?=\S))")
_LEADS_ON = re.compile(r"\s(?:-{1,}>|→|=>|⇒)\s")
_NAME_ENDS = re.compile(rf"\s*(?://|/\*|#|[{_WIDE}]|<-|←|\(|\[|@|--|[::;]|- |<|\{{|×|x\d|↑|↺|…|\.\.\.|⇒|=>|  )")
_LINK_BEGINS = re.compile(rf"(?:[A-Za-z_*(`]|\.\.\.|…|[{_WIDE}])")


def chained(text: str, at: int) -> int:
    """Where what an arrow leads on to begins, -1 when no chain goes on here."""
    arrow = ARROW.match(text, at)
    return arrow.end() if arrow and not _KERNEL_TREE.match(text, at) else -1


def begins_link(text: str, at: int) -> bool:
    """Whether a link of a chain can begin here."""
    return _LINK_BEGINS.match(text, at) is not None


def is_end(text: str, at: int, stop: int) -> bool:
    """Whether a statement is complete here."""
    if not text[at:stop].strip(" \t;,") or _ASIDE.match(text, at):
        return True
    return bool(ARROW.match(text, at))


def is_name_end(text: str) -> bool:
    """Whether a name without parentheses may end before this text, which is a remark then."""
    return _NAME_ENDS.match(text) is not None


def remark_start(text: str, at: int, end: int) -> int:
    """Where a statement ends and a remark begins."""
    match = _REMARK.search(text, at, end)
    found = match.start() if match else end
    arrow = _LEADS_ON.search(text, at, end)
    return min(found, arrow.start()) if arrow else found


def is_sentence(text: str) -> bool:
    """Whether a text begins with three words of prose."""
    return _SENTENCE.match(text) is not None


def has_wide(text: str) -> bool:
    """Whether a text has Chinese, Japanese or Korean letters."""
    return _WIDE_LETTER.search(text) is not None


def blanks(text: str, at: int, end: int) -> int:
    """The offset behind blanks and tabs."""
    while at < end and text[at] in " \t":
        at += 1
    return at
