"""The comment above a definition: kernel-doc (`/** name - what it does`) or a plain one.

Not handled: comments that stand in a header above the declaration, and comments inside the body.
"""

import re

from analyzer.model.notes import Comment

_EDGE = re.compile(r"^\s*\*(?:\s|$)?")
_NAMED = re.compile(r"^(?:struct |union |enum |typedef )?([\w.]+)\s*(?:\([^)]*\))?\s*[-–:]+\s*(.*)$")
_TITLED = re.compile(
    r"^(\w+_\w+|\w+\(\))\s*(?:\(\))?\s+[-–]\s+(\S.*)$"
)  # the same in a comment that is no kernel-doc
_SECTION = re.compile(
    r"^(?:@[\w.]+|@\.\.\.|Return(?:s|ed)?(?:\s+value)?|Context|Description|Note|Example)s?\s*:\s?(.*)$", re.I
)
_ENDS_OTHER = (b"}", b";", b"*/", b"{")
_LICENCE = re.compile(r"SPDX|[Cc]opyright|GNU General Public")
_SENTENCE = re.compile(r"(?<=[^A-Z.][.!?])\s+(?=[A-Z])")
_MAX_UP = 4  # lines between a comment and the name: storage words, a return type, an attribute


def comment_above(data: bytes, line: int) -> Comment | None:
    """The comment right above the definition whose name stands on that line (1-based); None without one."""
    lines = data.split(b"\n")
    if not 1 <= line <= len(lines):
        return None
    at = line - 2
    for _ in range(_MAX_UP):
        if at < 0:
            return None
        text = lines[at].strip()
        if text.endswith(b"*/"):
            break
        if not text and at > 0 and lines[at - 1].strip().endswith(b"*/"):
            at -= 1
            break
        if not text or text.startswith(b"#") or text.endswith(_ENDS_OTHER):
            return None
        at -= 1
    else:
        return None
    first = at
    while first >= 0 and b"/*" not in lines[first]:
        first -= 1
    if first < 0 or not lines[first].lstrip().startswith(b"/*"):
        return None
    return _read(b"\n".join(lines[first : at + 1]).decode("utf-8", "replace"), first + 1)


def frameless(comment: bytes) -> str:
    """The words of a comment on one line, without what frames them."""
    text = comment.decode("utf-8", "replace").strip()
    text = text.removeprefix("//").removeprefix("/*").removesuffix("*/")
    rows = (re.sub(r"^[\s*]*|[\s*]*$", "", row) for row in text.split("\n"))
    return re.sub(r"\s+", " ", " ".join(rows)).strip(" *-=<")


def _read(text: str, line: int) -> Comment | None:
    kernel_doc = text.lstrip().startswith("/**") and not text.lstrip().startswith("/***")
    inner = text.strip().removeprefix("/*").removesuffix("*/").lstrip("*")
    lines = [
        _EDGE.sub("", row).rstrip() if number else row.strip() for number, row in enumerate(inner.split("\n"))
    ]
    while lines and not lines[0].strip(" *-="):
        lines.pop(0)
    while lines and not lines[-1].strip(" *-="):
        lines.pop()
    if not lines or _LICENCE.search(text):
        return None
    summary = _summary(lines, kernel_doc=kernel_doc)
    return Comment(summary=summary, text="\n".join(lines), line=line, kernel_doc=kernel_doc)


def _summary(lines: list[str], *, kernel_doc: bool) -> str:
    found: list[str] = []
    for number, row in enumerate(lines):
        part = row.strip()
        named = (_NAMED if kernel_doc else _TITLED).match(part) if number == 0 else None
        if named:
            part = named.group(2)
        if number and (not part or _SECTION.match(part)):
            break
        found.append(part)
    text = re.sub(r"\s+", " ", " ".join(found)).strip()
    return _SENTENCE.split(text, maxsplit=1)[0] if not kernel_doc or len(text) > 120 else text
