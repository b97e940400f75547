"""Arguments of macro uses that are no expressions: nothing, operators, types, items, statements.

Not handled: an argument whose brackets close in another one.
"""

import itertools

from analyzer.extract.repair.expressions import Expressions
from analyzer.extract.repair.tokens import WORD
from analyzer.extract.repair.words import BINARY_START, CONTROL, JUMPS, NO_CALLEE, OPERATORS, TYPE_WORDS


class Arguments(Expressions):
    """Repairs between the parentheses of a use."""

    def arguments(self, at: int, close: int) -> None:
        p = self.piece
        parts = self.commas(at + 1, close)
        if len(parts) == 1 and parts[0][1] < parts[0][0]:
            return
        number = self.first_statement(parts)
        if number >= 0 and self.statement_argument(at, close, parts[number][0]):
            parts = parts[:number]
        for number, (first, last) in enumerate(parts):
            if first > last:
                comma = last + 1 if number < len(parts) - 1 else first - 1
                if p.kind[comma] == b",":
                    p.blank(comma, comma)
            else:
                self.argument(first, last)

    def first_statement(self, parts: list[tuple[int, int]]) -> int:
        """The number of the first argument that begins a statement no expression can stand for, or -1."""
        p = self.piece
        for number, (first, last) in enumerate(parts):
            if first <= last and p.kind[first] == WORD:
                word = p.word[first]
                if word in CONTROL or word in (b"do", b"else"):
                    return number
                level = self.level(first, last)
                if any(p.kind[k] == b";" and k < last for k in level):
                    return number
                if any(p.kind[k] == b"{" and p.kind[k - 1] == b")" and self.is_use(p.close[k - 1]) for k in level):
                    return number
        return -1

    def statement_argument(self, opening: int, close: int, first: int) -> bool:
        """`f(a, if (b) break;)` becomes `f,a, ({ if (b) break; })`, with a use of f noted."""
        p = self.piece
        behind = p.gap(close)
        before = p.gap(first)
        if behind < 0 or before < 1 or p.out[before - 1] not in b" \t" or first <= opening + 1:
            return False
        self.note(opening - 1, close)
        p.put(p.start[opening], b"+")
        for k in self.level(opening + 1, first - 1):
            if p.kind[k] == b",":
                p.put(p.start[k], b"+")
        p.put(before - 1, b"({")
        p.put(behind, b"}")
        self.block(first, close)
        return True

    def argument(self, first: int, last: int) -> None:
        p = self.piece
        kinds = p.kind[first : last + 1]
        word = p.word[first]
        if kinds[0] == b"{" and p.close[first] == last:
            if any(p.kind[k] == b";" for k in range(first, last)):
                self.as_statement_expression(first, last)
            else:
                self.as_parentheses(first, last)
            return
        if all(k in OPERATORS for k in kinds):
            p.fill(first, last)
            return
        if kinds[0] == WORD and word in JUMPS:
            if first == last:
                p.fill(first, first)
                return
            p.blank(first, first)
            if word == b"goto":
                return
            first += 1
            if p.kind[first] == b";":
                p.fill(first, first)
                return
            kinds = kinds[1:]
        elif (kinds[0] == WORD and word == b"case") or kinds[0] == b"." or kinds[0] in BINARY_START:
            p.blank(first, first)
            first += 1
        elif kinds[0] == b"[":
            self.index(first)
        if first > last:
            return
        while last > first and p.kind[last] in OPERATORS - {b"++", b"--"}:
            p.blank(last, last)
            last -= 1
        equal = next((k for k in self.level(first, last) if p.kind[k] == b"="), last + 1)
        if first < equal and self.is_declaration(first, equal - 1):
            p.fill(first, equal - 1)
            if equal < last:
                self.expression(equal + 1, last + 1)
            return
        level = self.level(first, last)
        if b";" in [p.kind[k] for k in level]:
            for k in level:
                if p.kind[k] == b";":
                    p.put(p.start[k], b" " if k == last else b",")
        if b":" in [p.kind[k] for k in level] and b"?" not in [p.kind[k] for k in level]:
            for k in level:
                if p.kind[k] == b":":
                    p.put(p.start[k], b"+")
        for k in level:  # `a = { 1 }`
            if p.kind[k] == b"{" and k > first and p.kind[k - 1] == b"=" and p.close[k] > 0:
                self.as_parentheses(k, p.close[k])
                return
        self.expression(first, last + 1)

    def is_declaration(self, first: int, last: int) -> bool:
        """Whether an argument is a type or a parameter declaration."""
        p = self.piece
        if p.kind[first] != WORD:
            return False
        if p.word[first] in TYPE_WORDS and not (first < last and p.kind[first + 1] == b"("):
            return True
        if first == last:
            return False
        kinds = p.kind[first : last + 1]
        if any(k not in (WORD, b"*", b"[", b"]") for k in kinds):
            return False
        if p.word[first] in NO_CALLEE:
            return False
        if kinds[-1] == b"*":
            return True
        return (
            WORD in kinds[1:]
            and all(a != WORD or b in (WORD, b"*") for a, b in itertools.pairwise(kinds))
            and (any(a == WORD and b == WORD for a, b in itertools.pairwise(kinds)) and b"*" in kinds)
        )

    def index(self, at: int) -> None:
        """`[a ... b]` at the start of an argument becomes `(a +   b)`."""
        p = self.piece
        close = p.close[at]
        if close > 0:
            p.put(p.start[at], b"(")
            p.put(p.start[close], b")")
            for k in range(at, close):
                if p.kind[k] == b"...":
                    p.put(p.start[k], b"+  ")

    def as_parentheses(self, at: int, close: int) -> None:
        """`{ .a = f, [1] = 2 }` outside an initializer becomes `(  a = f, (1) = 2 )`."""
        p = self.piece
        parts = list(self.commas(at + 1, close))
        if all(first > last for first, last in parts):
            p.blank(at, close)
            p.put(p.start[at], b"0")
            return
        p.put(p.start[at], b"(")
        p.put(p.start[close], b")")
        for number, (first, last) in enumerate(parts):
            if first > last:
                comma = last + 1 if number < len(parts) - 1 else first - 1
                if p.kind[comma] == b",":
                    p.blank(comma, comma)
                continue
            value = first
            if self.designates(first, last + 1):
                k = first
                while p.kind[k] != b"=":
                    if p.kind[k] == b"." and k == first:
                        p.blank(k, k)
                    elif p.kind[k] == b"[" and k == first:
                        self.index(k)
                    k = self.over(k, last + 1)
                value = k + 1
            if value > last:
                continue
            if p.kind[value] == b"{" and p.close[value] == last:
                self.as_parentheses(value, last)
            else:
                self.argument(value, last)

    def as_statement_expression(self, at: int, close: int) -> None:
        """`{ a(); b(); }` as an argument becomes `({ a(); b(); })`."""
        p = self.piece
        before, behind = p.gap(at), p.gap(close)
        if before >= 0 and behind >= 0:
            p.put(before, b"(")
            p.put(behind, b"}")
            p.put(p.start[close], b")")
        self.block(at + 1, close)
