"""A piece of a file from its first token at file scope: what is declared and which braces hold what.

Every rule of these repairs looks for a token sequence that is no C in its context, so that only uses of macros
match: an operator or a type as an argument, two items without a comma between them, a statement without `;`.
Names and calls stay where they are as far as possible, and no byte moves.

Not handled: a piece that begins inside a function.
"""

from analyzer.extract.repair.statements import Statements
from analyzer.extract.repair.tokens import NUMBER, WORD
from analyzer.extract.repair.words import ASM, TYPE_WORDS


class FileScope(Statements):
    """Repairs of whole pieces."""

    def run(self) -> None:
        """Repair the piece, which begins at file scope."""
        self.file_scope(0, len(self.piece))

    def file_scope(self, lo: int, hi: int) -> None:
        p = self.piece
        at = begin = lo
        while at < hi:
            kind = p.kind[at]
            if kind == b";":
                self.declaration(begin, at)
                at = begin = at + 1
                continue
            if kind == b"{":
                close = self.closing(at, hi)
                if close < 0:
                    at += 1
                    continue
                if at == begin:
                    at = begin = self.fragment(at, close, hi)
                    continue
                context = self.context(at, begin)
                self.inside(context, at, close)
                at = close + 1
                if context == "block":
                    self.declaration(begin, p.close[close])
                    begin = at
                continue
            if at == begin and p.word[at] in ASM:
                at = self.asm(at, hi)
                continue
            if kind == b"(":
                close = self.closing(at, hi)
                if close < 0:
                    at += 1
                    continue
                if at == begin + 2 and p.word[begin] == b"typedef" and close + 1 < hi and p.kind[at - 1] == WORD:
                    if p.kind[close + 1] == b";":  # `typedef DECLARE_BITMAP(name, 8);`
                        self.invocation(begin + 1, close, prefix="typedef")
                        p.blank(begin, close + 1)
                        at = begin = close + 2
                        continue
                    if p.kind[close + 1] == WORD:  # `typedef HEAP(struct t) name;`
                        p.fill(begin + 1, close)
                if at == begin + 1 and p.kind[begin] == WORD:
                    if close + 1 < hi and p.kind[close + 1] == b",":
                        p.put(p.start[close + 1], b";")  # a file of items for another one's list
                        p.kind[close + 1] = b";"
                    if close + 1 < hi and p.kind[close + 1] == b";":
                        self.arguments(at, close)
                    elif (
                        (close + 1 >= hi or p.kind[close + 1] == WORD)
                        and p.starts_line(begin)
                        and (close + 1 >= hi or p.starts_line(close + 1))
                        and p.word[begin] not in TYPE_WORDS
                    ):
                        self.invocation(begin, close)
                        at = begin = close + 1
                        continue
                at = close + 1
                continue
            if kind == b"=" and at + 1 < hi and p.kind[at + 1] in (b";", b","):
                p.blank(at, at)  # the value comes from an included file
                at += 1
                continue
            if kind == b"=":
                end = at + 1
                while end < hi and p.kind[end] not in (b";", b","):
                    if p.kind[end] == b"{" and end > at + 1:
                        break
                    end = self.over(end, hi)
                self.value(at + 1, end)
                at = end
                continue
            at += 1
        if begin < hi:
            if p.kind[hi - 1] == b"," and all(p.kind[k] in (WORD, NUMBER, b",") for k in range(begin, hi)):
                p.put(p.start[hi - 1], b";")  # `1, 2, 3,` in a file that another one includes in a list
                return
            self.declaration(begin, hi)

    def fragment(self, at: int, close: int, hi: int) -> int:
        """`{ … }, { … },` in a file that another one includes inside an initializer."""
        p = self.piece
        inner = self.commas(at + 1, close)
        following = close + 1
        if following < hi and p.kind[following] != b",":
            self.block(at + 1, close)
            return following
        if len(inner) < 1:
            return following
        self.as_parentheses(at, close)
        if following < hi:
            p.put(p.start[following], b";")
            return following + 1
        return following
