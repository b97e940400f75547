"""Identifiers in texts, and the parts that macros may have pasted a name from.

Not handled: identifiers in literals and comments are not told from others.
"""

import re

_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")


def identifiers(text: str) -> list[str]:
    """The identifiers of a text, in order."""
    return _IDENTIFIER.findall(text)


def parts_of(name: str) -> list[str]:
    """Contiguous parts of a name, cut at underscores and capitals, that a macro may have been given; the
    longest first."""
    cuts = {0, len(name)}
    for at in range(1, len(name)):
        if "_" in (name[at], name[at - 1]) or (name[at].isupper() and not name[at - 1].isupper()):
            cuts.add(at)
    ordered = sorted(cuts)
    parts = {name[a:b] for i, a in enumerate(ordered) for b in ordered[i + 1 :] if b - a >= 2}
    return sorted((p for p in parts if p.strip("_")), key=lambda p: (-len(p), p))


def has_word(text: str, word: str) -> bool:
    """Whether an identifier stands in a text."""
    at = text.find(word)
    while at >= 0:
        before = text[at - 1] if at else " "
        after = text[at + len(word)] if at + len(word) < len(text) else " "
        if not (before.isalnum() or before == "_" or after.isalnum() or after == "_"):
            return True
        at = text.find(word, at + 1)
    return False
