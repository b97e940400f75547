"""Initializers and expressions: operands side by side, items without a comma between them.

Not handled: values that several macros make together.
"""

from abc import abstractmethod

from analyzer.extract.repair.tokens import NUMBER, TEXT, WORD
from analyzer.extract.repair.walk import Walk
from analyzer.extract.repair.words import ALIGNOF, NO_CALLEE, STRAY, TYPE_WORDS


class Expressions(Walk):
    """Repairs inside initializer lists and expressions."""

    @abstractmethod
    def arguments(self, at: int, close: int) -> None:
        """Repair the arguments between the parentheses `at` and `close` of a use."""

    def value(self, lo: int, hi: int) -> None:
        if lo < hi and self.piece.kind[lo] == b"{":
            close = self.closing(lo, hi)
            if close >= 0:
                self.items(lo + 1, close)
                lo = close + 1
        self.expression(lo, hi)

    def items(self, lo: int, hi: int) -> None:
        """The inside of an initializer list, or a single value."""
        p = self.piece
        parts = self.commas(lo, hi)
        for number, (first, last) in enumerate(parts):
            if first > last:
                if number < len(parts) - 1:
                    p.blank(last + 1, last + 1)  # the comma after nothing
                continue
            self.item(first, last + 1)

    def item(self, lo: int, hi: int) -> None:
        p = self.piece
        # `F(a) .b = c`, `F [1] = c`: a use that stands for items, without a comma
        at = lo
        while at < hi:
            if at > lo and self.designates(at, hi) and p.kind[at - 1] in (WORD, b")", b"}", NUMBER, TEXT):
                p.insert(at, b",")
                self.item(lo, at)
                self.item(at, hi)
                return
            if (
                at > lo
                and p.kind[at] in (b"{", WORD)
                and p.kind[at - 1] in ((b"}",) if p.kind[at] == WORD else (b"}", WORD))
            ):
                p.insert(at, b",")
                self.item(lo, at)
                self.item(at, hi)
                return
            if at > lo and p.kind[at] == b"{" and p.kind[at - 1] == b")" and self.is_use(p.close[at - 1]):
                p.insert(at, b",")
                self.item(lo, at)
                self.item(at, hi)
                return
            at = self.over(at, hi)
        at = lo
        close = self.closing(lo, hi) if p.kind[lo] == b"[" else -1
        if 0 < close < hi - 1 and p.kind[close + 1] in (WORD, TEXT, NUMBER, b"{"):  # `[1] "one"`
            p.insert(close + 1, b"=")
            self.value(close + 1, hi)
            return
        if self.designates(lo, hi):
            while at < hi and p.kind[at] not in (b"=", b"{"):
                at = self.over(at, hi)
            if at < hi and p.kind[at] == b"=":
                at += 1
        elif p.kind[lo] == WORD and lo + 1 < hi and p.kind[lo + 1] == b"(":
            close = self.closing(lo + 1, hi)
            if 0 < close < hi - 1 and p.kind[close + 1] == b"=":  # a use that makes a designator
                commas = len(self.commas(lo + 2, close)) > 1 or close == lo + 2
                p.blank(lo, lo + 1)
                if commas:
                    p.blank(lo, close)
                    p.put(p.start[lo] + 1, b"0")
                p.put(p.start[lo], b"[")
                p.put(p.start[close], b"]")
                at = close + 2
        if at < hi and p.kind[at] == b"{":
            close = self.closing(at, hi)
            if close >= 0:
                self.items(at + 1, close)
                at = close + 1
        self.expression(at, hi, mark=b",")

    def initializers(self, lo: int, hi: int) -> None:
        """`1, *b = { f }` after the first `=` of a declaration."""
        for number, (first, last) in enumerate(self.commas(lo, hi)):
            if first > last:
                continue
            at = first
            if number:
                at = next((k for k in range(first, last + 1) if self.piece.kind[k] == b"="), last) + 1
            if at <= last:
                if self.piece.kind[at] == b"{":
                    self.value(at, last + 1)
                else:
                    self.expression(at, last + 1)

    def expression(self, lo: int, hi: int, mark: bytes = b"+") -> None:
        """The groups of an expression, and operands that stand side by side."""
        p = self.piece
        at = lo
        before = -1  # the first token of the operand that ends just before `at`
        while at < hi:
            kind = p.kind[at]
            if kind in (WORD, NUMBER, TEXT):
                if p.word[at] in ALIGNOF and at + 1 < hi and p.kind[at + 1] != b"(":
                    p.put(p.start[at], b"sizeof".ljust(len(p.word[at])))
                    at += 1
                    continue
                if before >= 0 and not self.may_stand_by(before, at, lo, hi):
                    self.separate(at, mark)
                before = -1 if kind == WORD and p.word[at] in NO_CALLEE | TYPE_WORDS else at
                at += 1
                continue
            if kind == b"(":
                close = self.closing(at, hi)
                if close < 0:
                    at += 1
                    before = -1
                    continue
                use = self.is_use(at)
                self.parenthesis(at, close, hi, use=use)
                at = close + 1
                before = before if use else -1
                continue
            if kind == b"[":
                close = self.closing(at, hi)
                if close < 0:
                    at += 1
                    continue
                self.expression(at + 1, close)
                at = close + 1
                continue
            if kind == b"{":
                close = self.closing(at, hi)
                if close < 0:
                    at += 1
                    continue
                self.items(at + 1, close)
                at = close + 1
                before = -1
                continue
            if kind in STRAY:
                p.blank(at, at)
            before = -1
            at += 1

    def may_stand_by(self, before: int, at: int, lo: int, hi: int) -> bool:
        """Literals may follow each other and one name may precede or follow them."""
        p = self.piece
        left, right = p.kind[at - 1], p.kind[at]
        if left == TEXT and right == TEXT:
            return True
        if right == TEXT and left == WORD:
            return at - 2 < lo or p.kind[at - 2] != WORD
        if left == TEXT and right == WORD:
            return not (at + 1 < hi and p.kind[at + 1] == b"(")
        return False

    def separate(self, at: int, mark: bytes) -> None:
        """Put an operator between token `at` and the operand before it."""
        p = self.piece
        literal = p.kind[at] == TEXT or p.kind[at - 1] == TEXT or not p.starts_line(at)
        if p.insert(at, b"+" if literal else mark):
            return
        if mark == b"," and p.kind[at - 1] == b")" and p.close[at - 1] > 0:  # `F(a)` at the margin
            p.put(p.start[p.close[at - 1]], b",")
            p.put(p.start[at - 1], b",")
            return
        if p.kind[at] == TEXT:
            start, end = p.start[at], p.end[at]
            if end - start < 3:
                p.blank(at, at)
            else:
                p.put(start, b'+"')
        elif p.kind[at - 1] == TEXT:
            start, end = p.start[at - 1], p.end[at - 1]
            if end - start < 3:
                p.blank(at - 1, at - 1)
            else:
                p.put(end - 2, b'"+')

    def parenthesis(self, at: int, close: int, hi: int, *, use: bool) -> None:
        p = self.piece
        if at + 1 < close and p.kind[at + 1] == b"{" and p.close[at + 1] == close - 1:
            self.block(at + 2, close - 1)
            return
        name = p.word[at - 1] if at > 0 else b""
        if name == b"sizeof":
            self.expression(at + 1, close)
        elif use:
            if name == b"offsetof" or name in ALIGNOF:
                self.operator(at, close)
            else:
                self.arguments(at, close)
        elif not self.is_type(at + 1, close):
            self.expression(at + 1, close)
        else:
            self.declaration(at + 1, close)

    def operator(self, at: int, close: int) -> None:
        """`offsetof(t, a[i].b)`, `alignof(*p)`: the grammar knows their plain forms only."""
        p = self.piece
        name = p.word[at - 1]
        start = p.start[at - 1]
        if name == b"offsetof":
            p.put(start, b"T_______")
            self.arguments(at, close)
        else:
            p.put(start, b"sizeof".ljust(len(name)))
            self.expression(at + 1, close)
