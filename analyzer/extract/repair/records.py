"""Members and enumerators that macros make.

Members keep a name where the use shows it; enumerators of uses are left out.
"""

import itertools

from analyzer.extract.repair.declarations import Declarations
from analyzer.extract.repair.tokens import NUMBER, WORD
from analyzer.extract.repair.words import BASIC, NO_CALLEE, TYPE_WORDS


class Records(Declarations):
    """Repairs inside struct, union and enum bodies."""

    def inside(self, context: str, at: int, close: int) -> None:
        """Repair what the braces `at` and `close` hold, as `context` says."""
        if context == "items":
            self.items(at + 1, close)
        elif context == "record":
            self.record(at + 1, close)
        elif context == "enum":
            self.enum(at + 1, close)
        else:
            self.block(at + 1, close)

    def record(self, lo: int, hi: int) -> None:
        """Repair the members from token `lo` up to `hi`."""
        p = self.piece
        at = begin = lo
        while at < hi:
            kind = p.kind[at]
            if kind == b";":
                self.member(begin, at)
                at = begin = at + 1
            elif kind == b"{":
                close = self.closing(at, hi)
                if close < 0:
                    return
                self.inside(self.context(at, begin), at, close)
                at = close + 1
            elif (
                kind == WORD
                and at == begin
                and at + 1 < hi
                and (at + 1 == hi or p.kind[at + 1] == b"(")
                and (end := self.bare_member(at, hi)) > at
            ):
                at = begin = end
            else:
                at = self.over(at, hi)
        if begin < hi and p.kind[begin] == WORD:
            p.blank(begin, hi - 1)

    def bare_member(self, at: int, hi: int) -> int:
        """A use without `;` that stands for members: the index after it, or `at`."""
        p = self.piece
        close = self.closing(at + 1, hi)
        if close < 0 or (close + 1 < hi and p.kind[close + 1] != WORD):
            return at
        if self.names_object(close + 1, hi) and self.group(at, close):
            return min(self.parts(close + 1, hi, b";")[0][1] + 2, hi)
        if any(p.kind[k] == b";" for k in range(at + 2, close)):
            self.wrapper(at, close)
        else:
            p.blank(at, close)
        return close + 1

    def wrapper(self, at: int, close: int) -> None:
        """`FIELD(u64 a:40, FIELD(u64 b:24, ;))`: the members inside are the record's own."""
        p = self.piece
        for first, last in self.commas(at + 2, close):  # what comes before the members
            if last < close - 1 and not any(p.kind[k] in (b";", b":") for k in range(first, last + 1)):
                p.blank(first, last + 1)
                p.kind[last + 1] = b""
            else:
                break
        for k in range(at, close + 1):
            if p.kind[k] == WORD and k + 1 <= close and p.kind[k + 1] == b"(":
                p.blank(k, k + 1)
            elif p.kind[k] == b")":
                p.blank(k, k)
            elif p.kind[k] == b",":
                p.put(p.start[k], b";")

    def names_object(self, at: int, hi: int) -> bool:
        """Whether the name of an object of the type before it stands here: on the same line, and no more but an
        array's length or a value."""
        p = self.piece
        if at + 1 >= hi or p.kind[at] != WORD or p.starts_line(at):
            return False
        end = self.over_indices(at + 1, hi)
        return end < hi and p.kind[end] in (b";", b"=", b",")

    def group(self, at: int, close: int, *, own: bool = False) -> bool:
        """`GROUP(struct t, m, x, T a; T b;)`: a record with these members, or members of the record around it
        (`own`); a type and a name before them are one of them. False where that is not what stands here."""
        p = self.piece
        if p.kind[close - 1] != b";" or p.kind[close - 2] == b",":
            return False
        parts = self.commas(at + 2, close)
        before = list(itertools.takewhile(lambda part: all(p.kind[k] != b";" for k in self.level(*part)), parts))
        if len(before) == len(parts):
            return False
        members = parts[len(before)][0]
        if not own and p.start[at + 2] - p.start[at] < len(b"union{"):
            return False
        single = all(first == last for first, last in before[:2])
        if len(before) > 1 and single and p.word[before[0][0]].startswith(b"T__"):  # a type, by the masking
            p.blank(before[0][1] + 1, before[0][1] + 1)
            p.put(p.start[before[1][1] + 1], b";")
            before = before[2:]
        if before:
            p.blank(before[0][0], members - 1)
        p.blank(at, at + 1)
        p.blank(close, close)
        if not own:
            p.put(p.start[at], b"union{")
            p.put(p.start[close], b"}")
        self.record(members, close)
        return True

    def member(self, lo: int, hi: int) -> None:
        """One member, whose `;` is token `hi`."""
        p = self.piece
        if lo >= hi:
            p.blank(hi, hi)  # the grammar knows no empty members
            return
        if p.kind[lo] == WORD and lo + 1 < hi and p.kind[lo + 1] == b"(":
            close = self.closing(lo + 1, hi)
            if close == hi - 1 and p.word[lo] not in NO_CALLEE:
                if self.group(lo, close, own=True):
                    p.blank(hi, hi)
                else:
                    self.made_member(lo, close)
                return
        if p.kind[lo] == WORD and lo + 1 == hi:  # a macro alone
            if p.word[lo] not in TYPE_WORDS:
                p.blank(lo, hi)
            return
        colon = next((k for k in range(lo, hi) if p.kind[k] == b":"), -1)
        if colon > lo and all(
            p.kind[k] == WORD and (p.word[k] in BASIC or k == lo or p.word[k - 1] in (b"struct", b"enum"))
            for k in range(lo, colon)
        ):
            p.blank(lo, hi)  # an unnamed bit field
            return
        for k in range(lo + 1, hi - 1):  # `u8 X(a:6, b:2);`
            use = p.kind[k] == WORD and p.kind[k + 1] == b"(" and p.close[k + 1] == hi - 1
            if use and b":" in p.kind[k + 2 : hi]:
                for inner in range(k, hi):
                    opens = p.kind[inner] == WORD and p.kind[inner + 1] == b"("
                    if opens or p.kind[inner] in (b"(", b")"):
                        p.blank(inner, inner)
                return
        for k in range(lo + 1, hi):  # `u32 a : 5, : 3, b : 2`
            if p.kind[k] == b":" and p.kind[k - 1] == b",":
                end = k
                while end < hi and p.kind[end] != b",":
                    end += 1
                p.blank(k - 1, end - 1)
        self.declaration(lo, hi)

    def made_member(self, lo: int, close: int) -> None:
        """`DECLARE_BITMAP(map, 8);`: a member `map`; `DECLARE_FLEX_ARRAY(struct t, items);`: one of that type."""
        p = self.piece
        arguments = self.commas(lo + 2, close)
        record = next((k for k in self.level(lo + 2, close - 1) if p.kind[k] == b"{"), -1)
        if record > 0:  # `__array(values, struct { … });`
            begin = next((n for n, (first, last) in enumerate(arguments) if first <= record <= last), 0)
            self.record(record + 1, p.close[record])
            p.blank(lo, arguments[begin][0] - 1)
            p.blank(close, close)
            if begin + 1 < len(arguments):  # `DECLARE_FLEX_ARRAY(struct { … }, items);`
                comma = arguments[begin][1] + 1
                p.blank(comma, comma)
            return
        if any(p.kind[k] in (b";", b":") for k in range(lo, close)):
            self.wrapper(lo, close)
            return
        single = [
            n
            for n, (first, last) in enumerate(arguments)
            if first <= last and p.kind[first] == WORD and self.over_indices(first + 1, last + 1) > last
        ]
        if not single or single[0] > 1:
            p.blank(lo, close + 1)
            return
        first = p.word[arguments[0][0]] if single[0] == 0 else b""
        if 1 in single and (first in TYPE_WORDS or first.startswith(b"T__")):
            single = [1]
        number = single[0]
        if p.end[lo] - p.start[lo] < 2:
            p.blank(lo, close + 1)
            return
        typed = number == 1
        for k in range(lo, close + 1):
            if arguments[number][0] <= k <= arguments[number][1] or (
                typed and arguments[0][0] <= k <= arguments[0][1]
            ):
                continue
            if k == lo and not typed:
                p.put(p.start[k], b"T" + b"_" * (p.end[k] - p.start[k] - 1))
            else:
                p.blank(k, k)

    def enum(self, lo: int, hi: int) -> None:
        """Repair the enumerators from token `lo` up to `hi`."""
        p = self.piece
        at = lo
        while at < hi:
            if p.kind[at] == WORD and at + 1 < hi and p.kind[at + 1] == b"(":
                close = self.closing(at + 1, hi)
                if close < 0:
                    return
                stop = close + 1 if close + 1 < hi and p.kind[close + 1] == b"," else close
                if close + 1 >= hi or p.kind[close + 1] in (b",", WORD):
                    p.blank(at, stop)
                    p.kind[stop] = b","
                at = stop + 1
                continue
            after_another = p.kind[at] == WORD and at > lo and p.kind[at - 1] in (WORD, b")", NUMBER)
            if after_another and not p.insert(at, b","):  # lists, one on a line
                p.blank(at - 1, at - 1)
            if p.kind[at] == b"=":
                end = at + 1
                while end < hi and p.kind[end] != b",":
                    end = self.over(end, hi)
                self.expression(at + 1, end)
                at = end
                continue
            if p.kind[at] == b"," and at > lo and p.kind[at - 1] == b",":
                p.blank(at, at)
            at += 1
