"""Declarations with words that C does not know: annotations, attribute-like uses, `asm` names.

Not handled: declarations that are one macro use (the masking takes those at file scope out).
"""

from analyzer.extract.repair.arguments import Arguments
from analyzer.extract.repair.tokens import NUMBER, TEXT, WORD
from analyzer.extract.repair.words import ASM, BASIC, STORAGE, TYPE_WORDS, plain

_MAX_WORDS = 100  # before a declarator; more are no declaration


class Declarations(Arguments):
    """Repairs outside expressions."""

    def declaration(self, lo: int, hi: int) -> None:
        """Words and attribute-like uses too many in a declaration that ends before `hi`."""
        p = self.piece
        at = lo
        basic = False
        starred = False
        words: list[int] = []
        while at < hi:
            kind, word = p.kind[at], p.word[at]
            if kind == WORD:
                following = p.kind[at + 1] if at + 1 < hi else b""
                if word in ASM and following == b"(" and at > lo:
                    close = self.closing(at + 1, hi)
                    if close < 0:
                        return
                    p.blank(at, close)
                    at = close + 1
                    continue
                if word in (b"struct", b"union", b"enum"):
                    basic = True
                    at += 2 if at + 1 < hi and p.kind[at + 1] == WORD else 1
                    if at + 1 < hi and p.kind[at] == b"(" and p.close[at] > 0:  # `struct NAME(1) x`
                        p.blank(at, p.close[at])
                        at = p.close[at] + 1
                    if at < hi and p.kind[at] == b"{":
                        at = self.over(at, hi)
                        if at == hi and p.word[lo] == b"static":  # no object follows
                            p.blank(lo, lo)
                    continue
                if word in BASIC:
                    basic = True
                    at += 1
                    continue
                if word in STORAGE:
                    at += 1
                    continue
                if following == b"(":
                    close = self.closing(at + 1, hi)
                    if close < 0:
                        return
                    after = p.kind[close + 1] if close + 1 < hi else b""
                    marked = word.isupper() or (after == WORD and (words or word.startswith(b"__")))
                    if after in (WORD, b"*") and marked:
                        p.blank(at, close)
                        at = close + 1
                        continue
                words.append(at)
                at += 1
                continue
            if kind == b"*":
                self.drop_words(words, 0 if basic else 1)
                words = []
                starred = True
                at += 1
                continue
            break
        allowed = 1 if basic or starred else 2
        if at + 1 < hi and p.kind[at] == b"(" and p.kind[at + 1] == b"*":  # the name comes later: `int (*f)(void)`
            allowed -= 1
        if (
            len(words) == 1
            and at == hi
            and not basic
            and not starred
            and words[0] > lo
            and p.word[words[0]].isupper()
        ):
            p.blank(lo, words[0])  # `static ATTRIBUTE_LIST;`
            return
        if len(words) > allowed and at == words[-1] + 1 and at < hi and p.kind[at] == b"(":
            close = self.closing(at, hi)
            if close >= 0 and (
                (close + 1 < hi and p.kind[close + 1] == b"=")
                or p.word[words[-1]].isupper()
                or any(p.kind[k] in (TEXT, NUMBER) for k in range(at, close))
            ):
                p.blank(words[-1], close)
                at = close + 1
                words.pop()
        self.drop_words(words, allowed)
        self.after_name(at, hi)

    def drop_words(self, words: list[int], allowed: int) -> None:
        """Blank annotations until a specifier list has no more words than C allows; the last one stays,
        as do types in plain letters."""
        p = self.piece
        while allowed < len(words) <= _MAX_WORDS:
            ends = allowed == 0 or (p.word[words[-1]].isupper() and not p.word[words[-2]].isupper())
            candidates = words if ends else words[:-1]
            chosen = next((w for w in candidates if p.word[w].isupper()), None)
            if chosen is None:
                chosen = next((w for w in reversed(candidates) if p.word[w].startswith(b"__")), candidates[0])
            p.blank(chosen, chosen)
            words = [w for w in words if w != chosen]

    def after_name(self, at: int, hi: int) -> None:
        """Attribute-like uses between a declarator and `=`, `;` or the body."""
        p = self.piece
        while at < hi and p.kind[at] in (b"(", b"["):
            close = self.closing(at, hi)
            if close >= 0 and p.kind[at] == b"(" and close + 1 < hi and p.kind[close + 1] == b"(":
                for k in range(at + 1, close):  # `NAME(2)(int a)`
                    if p.kind[k] == NUMBER:
                        p.fill(k, k)
            elif close >= 0:
                if p.kind[at] == b"(":
                    self.parameters(at, close)
                else:
                    self.expression(at + 1, close)
            at = self.over(at, hi)
        while at < hi and p.kind[at] == WORD and p.word[at] not in TYPE_WORDS:
            stop = at
            if at + 1 < hi and p.kind[at + 1] == b"(":
                stop = self.closing(at + 1, hi)
                if stop < 0:
                    return
            after = p.kind[stop + 1] if stop + 1 < len(p) else b";"
            if after not in (b"=", b";", b"{", b",", WORD) or (after == WORD and stop == at):
                return
            p.blank(at, stop)
            at = stop + 1
        while at < hi and p.kind[at] not in (b",", b"{"):
            at = self.over(at, hi)
        if at < hi and p.kind[at] == b",":
            at += 1
            while at < hi and p.kind[at] == b"*":
                at += 1
            if at < hi and p.kind[at] == WORD:
                self.after_name(at + 1, hi)

    def parameters(self, at: int, close: int) -> None:
        """Repair the parameters of a function head."""
        for first, last in self.commas(at + 1, close):
            if first > last:
                continue
            if last - first <= 12 and plain(self.piece, first, last):
                self.declaration(first, last + 1)
