"""What stands before the words of a tree's line: indentation, bars, connectors, bullets.

Columns are display columns: tabs go to the next multiple of a width that fits the whole tree, wide
characters count two. Not handled: proportional fonts.
"""

import itertools
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

_BARS = "|│┃┆┊║¦"
_LEAD = re.compile(rf"(?:[ \t\u3000\u00a0]|[{_BARS}](?![-_=>A-Za-z]))*")
_CONNECTOR = re.compile(
    r"""
    [├└┣┗╠╚╰╭┌┬┝┕] [─━═┄╌-]* [>►▶→]?
    | [+`'] [-=─]+ >?
    | \\ (?: [-=]+ | _+ (?=[\s>]) ) >?
    | \\> | \+> | \+(?=\ [A-Za-z_])
    | [|│] (?: [-=─]+ | _+ (?=[\s>]) ) [>►▶→]?
    | [|│] > | [|│] (?=[A-Za-z_])
    | -+ > | =+ > | [→↳⇒➜⟶➔] | >+ (?=\s*[A-Za-z_])
    | -{2,} (?=\ ?[A-Za-z_])
    | [-*+•◦▪‣·●○] (?=[ \t])
    | \(? \d{1,3} [.)、] (?=\s*\S) | [①-⑳]
    | \#\. (?=\s)
    """,
    re.VERBOSE,
)
_BULLET = re.compile(r"[-*+•◦▪‣·●○]$|\(?\d{1,3}[.)、]$|[①-⑳]$|#\.$")
_DOWN = re.compile(r"^[\s|│┃]*(?:[↓⇓▼⬇]+|\\/|[vV])[\s|│┃]*$")
_SPACER = re.compile(rf"^[\s{_BARS}]*[{_BARS}][\s{_BARS}]*$")
_RULER = re.compile(r"^[\s|+`]*[-=_*~#.]{3,}[\s|+]*$")


@dataclass(frozen=True, slots=True)
class Prefix:
    """`lead` and `connector` as written; `start` is the offset of the content."""

    lead: str
    connector: str
    start: int

    @property
    def bullet(self) -> bool:
        """Whether the connector is a list's bullet or number."""
        return bool(_BULLET.match(self.connector))


def split(line: str) -> Prefix:
    """Where a line's words begin, and what is before them."""
    lead = _LEAD.match(line)
    at = lead.end() if lead else 0
    first = at
    connector = ""
    # `- -> f`, `|-- -> f`: several in a row are one connector that begins at the first.
    while match := _CONNECTOR.match(line, at):
        at = match.end()
        connector = line[first:at]
        while at < len(line) and line[at] in " \t\u3000\u00a0":
            at += 1
        if not line[at : at + 1] or line[at] in "\r\n":
            break
    if not connector:
        at = first
    return Prefix(line[:first], connector, at)


def is_down(line: str) -> bool:
    """A line that holds only an arrow downwards."""
    return bool(_DOWN.match(line.rstrip("\r\n")))


def is_spacer(line: str) -> bool:
    """A line of bars only."""
    return bool(_SPACER.match(line.rstrip("\r\n")))


def is_ruler(line: str) -> bool:
    """A line of dashes or the like."""
    return bool(_RULER.match(line.rstrip("\r\n")))


def column(text: str, tab: int) -> int:
    """The display column after a text."""
    at = 0
    for character in text:
        if character == "\t":
            at += tab - at % tab
        elif character == "\u3000" or unicodedata.east_asian_width(character) in "WF":
            at += 2
        else:
            at += 1
    return at


def tab_width(prefixes: Sequence[Prefix]) -> int:
    """The tab width under which the lines' indentations form a tree best: steps of one size, and back
    only to columns that were there. 8 where there is no difference."""
    if not any("\t" in p.lead for p in prefixes):
        return 8
    return min((8, 4, 2, 3), key=lambda tab: (_irregularity([column(p.lead, tab) for p in prefixes]), tab != 8))


def _irregularity(columns: Sequence[int]) -> int:
    steps = Counter(b - a for a, b in itertools.pairwise(columns) if b > a)
    if not steps:
        return 0
    usual = steps.most_common(1)[0][0]
    cost = sum(count for step, count in steps.items() if step != usual)
    # Coming back to a column between two that are open fits no tree.
    open_: list[int] = []
    for at in columns:
        popped = False
        while open_ and open_[-1] > at:
            open_.pop()
            popped = True
        if popped and (not open_ or open_[-1] != at):
            cost += 1
        if not open_ or open_[-1] != at:
            open_.append(at)
    return cost
