"""Statements that macros make: without `;`, with a body, with statements as arguments.

Not handled: macros whose parentheses or braces do not match.
"""

from analyzer.extract.repair.assembler import Assembler
from analyzer.extract.repair.tokens import TEXT, WORD
from analyzer.extract.repair.words import (
    ASM,
    BEGIN_STATEMENT,
    CONTROL,
    JUMPS,
    NO_CALLEE,
    STORAGE,
    TYPE_WORDS,
)


class Statements(Assembler):
    """Repairs inside function bodies."""

    def block(self, lo: int, hi: int) -> None:
        """Repair the statements from token `lo` up to `hi`."""
        at = lo
        while at < hi:
            following = self.statement(at, hi)
            at = following if following > at else at + 1

    def statement(self, at: int, hi: int) -> int:
        """Repair the statement at `at`; the index after it (after the head of a compound one)."""
        p = self.piece
        kind, word = p.kind[at], p.word[at]
        if kind == b"{":
            close = self.closing(at, hi)
            if close < 0:
                return at + 1
            self.block(at + 1, close)
            return close + 1
        if kind == b";":
            return at + 1
        if kind == WORD:
            following = p.kind[at + 1] if at + 1 < hi else b""
            if word in (b"else", b"do", b"default"):
                return at + (2 if following == b":" else 1)
            if word in CONTROL and following == b"(":
                close = self.closing(at + 1, hi)
                if close < 0:
                    return at + 2
                if word == b"for":
                    self.for_head(at + 2, close)
                elif len(self.commas(at + 2, close)) > 1:  # a loop macro made `while`
                    self.arguments(at + 1, close)
                else:
                    self.expression(at + 2, close)
                if word == b"switch" and p.word[min(close + 1, len(p) - 1)] == b"case":  # the grammar wants braces
                    p.put(p.start[at], b"while ")
                return close + 1
            if word == b"case":
                end = at + 1
                while end < hi and p.kind[end] not in (b":", b";"):
                    end = self.over(end, hi)
                # `case ENGINE(a, b);`: the macro has the `:` and a statement
                if end < hi and p.kind[end] == b";":
                    p.put(p.start[end], b":")
                self.expression(at + 1, end)
                return end + 1
            if word in ASM:
                return self.asm(at, hi)
            if word == b"goto" and following == b"*":
                p.blank(at, at)
            if word == b"if" and following == WORD and at + 2 < hi and p.kind[at + 2] == b"(":
                close = self.closing(at + 2, hi)  # `if time_after(a, b)`: the macro brings the parentheses
                if close >= 0 and p.insert(close + 1, b")"):
                    p.insert(at + 1, b"(")
                    self.arguments(at + 2, close)
                    return close + 1
            if following == b"{" and word not in TYPE_WORDS:  # `marked { … }`
                p.blank(at, at)
                return at + 1
            if following == b":":
                return at + 2
            if following == b"(" and word not in NO_CALLEE and (end := self.use(at, at, hi)):
                return end
            if word in (b"static", b"const"):
                name = at + 1
                while name < hi and p.word[name] in STORAGE:
                    name += 1
                if name + 1 < hi and p.kind[name] == WORD and p.kind[name + 1] == b"(":
                    close = self.closing(name + 1, hi)
                    if close >= 0 and close + 1 < hi and p.kind[close + 1] in (b";", b"="):
                        p.blank(at, name - 1)
                        at, word = name, p.word[name]
                        if end := self.use(at, at, hi):
                            return end
                    elif close >= 0 and close + 1 < hi and p.kind[close + 1] in (b"*", WORD):
                        p.fill(name, close)  # `const typeof_member(struct s, m) *p = q;`
            if word in (b"noreturn", b"thread_local") and following == b";":  # keywords elsewhere
                p.fill(at, at)
            if (following in (b"}", b"") and word not in JUMPS) or self.labels(at + 1, hi):
                self.end_statement(at, at, hi)
                return at + 1
            if (
                following == WORD
                and (word.isupper() or p.word[at + 1] in BEGIN_STATEMENT)
                and word not in JUMPS
                and p.starts_line(at)
                and p.starts_line(at + 1)
            ):
                self.end_statement(at, at, hi)
                return at + 1
        end = at
        equal = -1
        while end < hi and p.kind[end] != b";":
            if p.kind[end] == b"{" and end > at and p.kind[end - 1] in (WORD, b")"):
                context = self.context(end, at)
                if context in ("record", "enum"):
                    close = self.closing(end, hi)
                    if close < 0:
                        return end + 1
                    self.inside(context, end, close)
                    end = close + 1
                    continue
                if p.kind[end - 1] == WORD and equal < 0:
                    break
            if p.kind[end] == b"}":
                break
            if p.kind[end] == b"=" and equal < 0:
                equal = end
            end = self.over(end, hi)
        if kind == WORD and word not in JUMPS and self.declares(at, end):
            self.declaration(at, equal if equal >= 0 else end)
            if equal < 0:
                return end + 1
            self.initializers(equal + 1, end)
        else:
            begin = at + 1 if kind == WORD and word in JUMPS else at
            self.expression(begin, end)
        return end + 1

    def labels(self, at: int, hi: int) -> bool:
        """Whether a label on a line of its own begins here."""
        p = self.piece
        return at + 1 < hi and p.kind[at] == WORD and p.kind[at + 1] == b":" and p.starts_line(at)

    def declares(self, at: int, end: int) -> bool:
        """Whether a statement reads as a declaration."""
        p = self.piece
        if p.word[at] in TYPE_WORDS or p.word[at] in STORAGE:
            return True
        return at + 1 < end and (
            p.kind[at + 1] == WORD or (p.kind[at + 1] == b"*" and at + 2 < end and p.kind[at + 2] == WORD)
        )

    def for_head(self, lo: int, hi: int) -> None:
        """Repair the three parts of a `for`."""
        at = begin = lo
        p = self.piece
        while at <= hi:
            if at == hi or p.kind[at] == b";":
                if begin < at and not self.declares(begin, at):
                    self.expression(begin, at)
                begin = at + 1
                at += 1
            else:
                at = self.over(at, hi)

    def use(self, name: int, begin: int, hi: int) -> int:
        """A statement that begins with a use `name(…)`: the index after it, or 0 when it is a plain one."""
        p = self.piece
        opening = name + 1
        close = self.closing(opening, hi)
        if close < 0:
            return 0
        after = p.kind[close + 1] if close + 1 < hi else b"}"
        if self.names_object(close + 1, hi) and self.group(name, close):
            end = close + 1
            while end < hi and p.kind[end] != b";":
                if p.kind[end] == b"=":
                    self.initializers(end + 1, self.parts(end + 1, hi, b";")[0][1] + 1)
                end = self.over(end, hi)
            return end + 1
        if after == b":" and p.starts_line(name) and p.word[name].isupper():
            p.blank(opening, close)  # `CASE64(X): return y;`, where the macro has the `case`
            return close + 2
        if after in (b";", b"}", WORD) and close > opening + 1 and self.statements(name, close):
            return close + 1
        marks = [p.kind[k] for k in self.level(opening + 1, close - 1) if p.kind[k] in (b":", b",", b"?")]
        if p.kind[opening + 1] == TEXT and marks[:1] == [b":"] and b"?" not in marks:
            self.note(name, close)  # `asm_goto_output("…" : : "r" (a))`
            size = p.end[name] - p.start[name]
            if size >= 3:
                p.put(p.start[name], b"asm".ljust(size))
                return self.asm(name, hi)
        if after == b"." and self.designates(close + 1, hi):
            end = close + 1
            while end < hi and not (p.kind[end] == WORD and p.kind[end - 1] == b","):
                end = self.over(end, hi)
            if end < hi:
                self.note(name, close)
                p.blank(name, end)
                return end + 1
        if after == b"{":
            semicolons = (
                sum(p.kind[k] == b";" for k in self.level(opening + 1, close - 1)) if close > opening + 1 else 0
            )
            size = p.end[name] - p.start[name]
            keyword = b"for" if semicolons == 2 else b"while" if size >= 5 else b"if"
            if size < len(keyword) or close == opening + 1:
                if size + 2 < 4:
                    return 0
                self.note(name, close)
                p.blank(name, close)
                return close + 1
            self.note(name, close)
            p.put(p.start[name], keyword.ljust(size))
            if semicolons == 2:
                self.for_head(opening + 1, close)
            else:
                self.arguments(opening, close)
            return close + 1
        if after == b"=" and close + 2 < hi and p.kind[close + 2] == b"{":
            size = p.end[name] - p.start[name]
            if size >= 3:
                self.note(name, close)
                p.blank(name, close)
                p.put(p.start[name], b"T T" + b"_" * (size - 3))
                end = close + 2
                while end < hi and p.kind[end] != b";":
                    end = self.over(end, hi)
                self.initializers(close + 2, end)
                return end + 1
        if after in (b"}", WORD) and (
            after == b"}"
            or p.starts_line(close + 1)
            or p.word[close + 1] in BEGIN_STATEMENT
            or p.word[name].isupper()
        ):
            self.arguments(opening, close)
            self.end_statement(name, close, hi)
            return close + 1
        return 0

    def statements(self, name: int, close: int) -> bool:
        """`f(a, if (b) c;);` becomes `{a; if (b) c;};`."""
        p = self.piece
        opening = name + 1
        parts = self.commas(opening + 1, close)
        number = self.first_statement(parts)
        if number < 0:
            return False
        self.note(name, close)
        p.blank(name, name)
        p.put(p.start[opening], b"{")
        p.put(p.start[close], b"}")
        for position, (first, last) in enumerate(parts):
            if position < number and first <= last:
                self.argument(first, last)
            if position and p.kind[first - 1] == b",":
                closed = p.kind[first - 2] in (b";", b"}", b"{", b"(")
                if position == number or closed:
                    p.put(p.start[first - 1], b" " if closed else b";")
        ended = p.kind[close - 1] in (b";", b"}") or p.insert(close, b";")
        if not ended and close + 1 < len(p) and p.kind[close + 1] == b";":
            p.put(p.start[close], b";")
            p.put(p.start[close + 1], b"}")
        self.block(parts[number][0], close)
        return True

    def end_statement(self, name: int, last: int, hi: int) -> None:
        """A `;` after token `last`: in the white space, else in the place of the parentheses."""
        p = self.piece
        if last + 1 < len(p) and p.insert(last + 1, b";"):
            return
        if last > name + 1:
            self.note(name, last)
            if last == name + 2:
                p.blank(name + 1, last)
                p.put(p.start[name + 1], b";")
            else:
                p.put(p.start[name + 1], b",")
                p.put(p.start[last], b";")
        elif p.end[name] - p.start[name] > 1:
            p.fill(name, name)
            p.put(p.end[name] - 1, b";")
