"""What all repairs share: a piece of text as tokens, where groups end, what a brace opens.

Not handled: brackets that do not match; a group without an end is stepped into token by token.
"""

from abc import ABC, abstractmethod

from analyzer.extract.notes import Note, TopInvocation
from analyzer.extract.repair.tokens import WORD, Piece
from analyzer.extract.repair.words import NO_CALLEE, TYPE_WORDS


class Walk(ABC):
    """One walk over a piece of a file. `uses` and `invocations` are what the changes hide."""

    def __init__(self, out: bytearray, original: bytes, start: int, end: int) -> None:
        self.piece = Piece(out, start, end)
        self.original = original
        self.uses: list[Note] = []
        self.invocations: list[TopInvocation] = []

    @abstractmethod
    def block(self, lo: int, hi: int) -> None:
        """Repair the statements from token `lo` up to `hi`."""

    @abstractmethod
    def declaration(self, lo: int, hi: int) -> None:
        """Repair a declaration that ends before token `hi`."""

    def closing(self, at: int, hi: int) -> int:
        """Index of the partner of the bracket `at`, -1 when there is none up to `hi`."""
        close = self.piece.close[at]
        return close if at < close <= hi else -1

    def over(self, at: int, hi: int) -> int:
        """The index after the token or bracketed group at `at`."""
        if self.piece.kind[at] in (b"(", b"[", b"{"):
            close = self.closing(at, hi)
            if close >= 0:
                return close + 1
        return at + 1

    def over_indices(self, at: int, hi: int) -> int:
        """The index after the `[…]` groups at `at`."""
        while at < hi and self.piece.kind[at] == b"[":
            at = self.over(at, hi)
        return at

    def commas(self, lo: int, hi: int) -> list[tuple[int, int]]:
        """First and last index of the parts between commas at this level; empty parts have last < first."""
        return self.parts(lo, hi, b",")

    def parts(self, lo: int, hi: int, separator: bytes) -> list[tuple[int, int]]:
        """The same for any separator."""
        p = self.piece
        parts = []
        at = begin = lo
        while at < hi:
            if p.kind[at] == separator:
                parts.append((begin, at - 1))
                begin = at + 1
                at += 1
            else:
                at = self.over(at, hi)
        parts.append((begin, hi - 1))
        return parts

    def level(self, first: int, last: int) -> list[int]:
        """The tokens from `first` to `last` outside inner brackets, the brackets themselves included."""
        found = []
        at = first
        while at <= last:
            found.append(at)
            at = self.over(at, last + 1)
        return found

    def is_use(self, opening: int) -> bool:
        """Whether the parenthesis follows a name, as in a call."""
        p = self.piece
        return opening > 0 and p.kind[opening - 1] == WORD and p.word[opening - 1] not in NO_CALLEE

    def designates(self, at: int, hi: int) -> bool:
        """Whether `.a =`, `.a.b =` or `[1] =` begins here."""
        p = self.piece
        seen = False
        while at < hi:
            if p.kind[at] == b"." and at + 1 < hi and p.kind[at + 1] == WORD:
                at += 2
            elif p.kind[at] == b"[":
                at = self.over(at, hi)
            else:
                return seen and p.kind[at] == b"="
            seen = True
        return False

    def is_type(self, lo: int, hi: int) -> bool:
        """Whether the tokens from `lo` up to `hi` read as a type name in a cast."""
        p = self.piece
        return (
            lo < hi
            and all(p.kind[k] in (WORD, b"*") or (p.kind[k] == b"[" and k > lo) for k in range(lo, hi))
            and (p.kind[hi - 1] == b"*" or p.word[lo] in TYPE_WORDS or hi - lo == 1)
        )

    def context(self, brace: int, begin: int) -> str:
        """What a `{` opens, from what stands before it."""
        p = self.piece
        at = brace - 1
        if at < begin:
            return "block"
        kind = p.kind[at]
        if kind == b"=":
            return "items"
        if kind == WORD:
            for back in range(at, max(begin - 1, at - 4), -1):
                if p.word[back] in (b"struct", b"union"):
                    return "record"
                if p.word[back] == b"enum":
                    return "enum"
                if p.kind[back] not in (WORD, b":"):
                    break
        return "block"

    def note(self, name: int, close: int) -> None:
        """Note that a macro use up to token `close` became something else."""
        p = self.piece
        spelled = self.original[p.start[name] : p.end[name]]
        self.uses.append(Note(spelled.decode("utf-8", "replace"), p.start[name], p.end[close]))

    def invocation(self, name: int, close: int, prefix: str = "") -> None:
        """Note a macro use at file scope and take it out."""
        p = self.piece
        spelled = self.original[p.start[name] : p.end[name]].decode("utf-8", "replace")
        start, end = p.start[name], p.end[close]
        self.invocations.append(TopInvocation(spelled, start, p.start[name + 1], end, end, prefix, end, end))
        p.blank(name, close)
