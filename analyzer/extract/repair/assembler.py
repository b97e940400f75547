"""Inline assembler: what its template and clobbers say does not matter for calls; operands may call.

Not handled: macros that stand for operands and sections at once.
"""

from analyzer.extract.repair.records import Records
from analyzer.extract.repair.tokens import TEXT, WORD


class Assembler(Records):
    """Repairs of `asm (…)`."""

    def asm(self, at: int, hi: int) -> int:
        """Inline assembler: templates and clobbers say nothing about calls and become empty."""
        p = self.piece
        opening = at + 1
        while opening < hi and p.kind[opening] == WORD:
            opening += 1
        if opening >= hi or p.kind[opening] != b"(":
            return opening
        close = self.closing(opening, hi)
        if close < 0:
            return opening + 1
        for number, (first, last) in enumerate(self.parts(opening + 1, close, b":")):
            if first > last:
                continue
            if number == 0:
                if p.end[last] - p.start[first] >= 2:
                    p.blank(first, last)
                    p.put(p.start[first], b'""')
            elif number <= 2:
                self.operands(first, last)
            elif number == 3 and any(p.kind[k] not in (TEXT, b",") for k in range(first, last + 1)):
                for k in range(opening, last + 1):
                    if k == first - 1:
                        p.blank(k, last)
        return close + 1

    def operands(self, first: int, last: int) -> None:
        """Repair the operands `first` to `last` of one section; those that a macro stands for go."""
        p = self.piece
        for start, stop in self.commas(first, last + 1):
            if start > stop:
                continue
            at = start
            if p.kind[at] == b"[":
                at = self.over(at, stop + 1)
            opening = p.close[stop] if p.kind[stop] == b")" else -1
            if opening > at and len(self.commas(opening + 1, stop)) == 1:
                if p.kind[at] != TEXT or opening > at + 1:
                    width = p.end[opening - 1] - p.start[at]
                    if width >= 2:
                        p.blank(at, opening - 1)
                        p.put(p.start[at], b'""')
                self.expression(opening + 1, stop)
            else:  # a use that stands for operands
                p.blank(start, stop)
                p.kind[stop] = b""
        # the commas that no operand follows any more
        kept = False
        for start, stop in reversed(self.commas(first, last + 1)):
            gone = start > stop or p.kind[stop] == b""
            if (gone or not kept) and stop + 1 <= last:
                p.blank(stop + 1, stop + 1)
            kept = kept or not gone
