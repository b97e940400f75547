"""What macros make of C that the grammar cannot read, rewritten as C that it can, without moving a byte.

A walk over the tokens of a piece by context: file scope, records, enumerations, initializers, statements,
arguments. Every rule looks for a token sequence that is no C in its context, so that only uses of macros match:
an operator or a type as an argument, two items without a comma between them, a statement without `;`. Names and
calls stay where they are as far as possible.

Not handled: macros whose parentheses or braces do not match.
"""

from analyzer.extract.masking import Note, TopInvocation
from analyzer.extract.repair.tokens import NUMBER, TEXT, WORD, Piece

_TYPE_WORDS = frozenset(
    b"struct union enum const volatile unsigned signed long short int char void float double _Bool bool".split()
)
_BASIC = frozenset(b"unsigned signed long short int char void float double _Bool".split())
_STORAGE = frozenset(b"_Atomic static extern inline __inline __inline__ register typedef const volatile auto".split())
_CONTROL = frozenset(b"if while for switch".split())
_JUMPS = frozenset(b"return goto break continue".split())
_NO_CALLEE = _CONTROL | frozenset(
    b"return sizeof else do case goto typeof __typeof__ struct union enum asm __asm__ __asm _Generic".split()
)
_ASM = frozenset(b"asm __asm__ __asm".split())
_AFTER_STATEMENT = _CONTROL | _JUMPS | frozenset(b"do case default else".split())
_BINARY_START = frozenset((b"/", b"%", b"<", b">", b"<=", b">=", b"==", b"!=", b"&&", b"||", b"|", b"^", b"=", b"?"))
_OPERATORS = _BINARY_START | frozenset(
    (b"+", b"-", b"*", b"&", b"!", b"~", b"+=", b"-=", b"*=", b"/=", b"|=", b"&=", b"^=", b"%=", b"<<", b">>")
    + (b"<<=", b">>=", b"->", b".", b"...", b":", b"++", b"--")
)
_ALIGNOF = frozenset(b"__alignof__ __alignof _Alignof alignof".split())
_STRAY = frozenset((b"@", b"\\", b"`", b"$", b"#"))


class Repair:
    """One walk over a piece. `uses` are macro uses that became something else."""

    def __init__(self, out: bytearray, original: bytes, start: int, end: int) -> None:
        self.piece = Piece(out, start, end)
        self.original = original
        self.uses: list[Note] = []
        self.invocations: list[TopInvocation] = []

    def run(self) -> None:
        """Repair the piece, which begins at file scope."""
        self._file_scope(0, len(self.piece))

    # -- levels -------------------------------------------------------------------------------------------

    def _closing(self, at: int, hi: int) -> int:
        close = self.piece.close[at]
        return close if at < close <= hi else -1

    def _file_scope(self, lo: int, hi: int) -> None:
        p = self.piece
        at = begin = lo
        while at < hi:
            kind = p.kind[at]
            if kind == b";":
                self._declaration(begin, at)
                at = begin = at + 1
                continue
            if kind == b"{":
                close = self._closing(at, hi)
                if close < 0:
                    at += 1
                    continue
                if at == begin:
                    at = begin = self._fragment(at, close, hi)
                    continue
                context = self._context(at, begin)
                self._inside(context, at, close)
                at = close + 1
                if context == "block":
                    self._declaration(begin, p.close[close])
                    begin = at
                continue
            if at == begin and p.word[at] in _ASM:
                at = self._asm(at, hi)
                continue
            if kind == b"(":
                close = self._closing(at, hi)
                if close < 0:
                    at += 1
                    continue
                if at == begin + 1 and p.kind[begin] == WORD:
                    if close + 1 < hi and p.kind[close + 1] == b",":
                        p.put(p.start[close + 1], b";")  # a file of items for another one's list
                        p.kind[close + 1] = b";"
                    if close + 1 < hi and p.kind[close + 1] == b";":
                        self._arguments(at, close)
                    elif (
                        (close + 1 >= hi or p.kind[close + 1] == WORD)
                        and p.starts_line(begin)
                        and (close + 1 >= hi or p.starts_line(close + 1))
                        and p.word[begin] not in _TYPE_WORDS
                    ):
                        self._invocation(begin, close)
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
                    end = self._over(end, hi)
                self._value(at + 1, end)
                at = end
                continue
            at += 1
        if begin < hi:
            self._declaration(begin, hi)

    def _invocation(self, name: int, close: int) -> None:
        """Note a macro use at file scope and take it out."""
        p = self.piece
        spelled = self.original[p.start[name] : p.end[name]].decode("utf-8", "replace")
        start, end = p.start[name], p.end[close]
        self.invocations.append(TopInvocation(spelled, start, p.start[name + 1], end, end, "", end, end))
        p.blank(name, close)

    def _over(self, at: int, hi: int) -> int:
        """The index after the token or bracketed group at `at`."""
        if self.piece.kind[at] in (b"(", b"[", b"{"):
            close = self._closing(at, hi)
            if close >= 0:
                return close + 1
        return at + 1

    def _context(self, brace: int, begin: int) -> str:
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

    def _inside(self, context: str, at: int, close: int) -> None:
        if context == "items":
            self._items(at + 1, close)
        elif context == "record":
            self._record(at + 1, close)
        elif context == "enum":
            self._enum(at + 1, close)
        else:
            self._block(at + 1, close)

    # -- file scope ---------------------------------------------------------------------------------------

    def _fragment(self, at: int, close: int, hi: int) -> int:
        """`{ … }, { … },` in a file that another one includes inside an initializer."""
        p = self.piece
        inner = self._commas(at + 1, close)
        following = close + 1
        if following < hi and p.kind[following] != b",":
            self._block(at + 1, close)
            return following
        if len(inner) < 1:
            return following
        self._as_parentheses(at, close)
        if following < hi:
            p.put(p.start[following], b";")
            return following + 1
        return following

    def _declaration(self, lo: int, hi: int) -> None:
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
                if word in _ASM and following == b"(" and at > lo:
                    close = self._closing(at + 1, hi)
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
                        at = self._over(at, hi)
                        if at == hi and p.word[lo] == b"static":  # no object follows
                            p.blank(lo, lo)
                    continue
                if word in _BASIC:
                    basic = True
                    at += 1
                    continue
                if word in _STORAGE:
                    at += 1
                    continue
                if following == b"(":
                    close = self._closing(at + 1, hi)
                    if close < 0:
                        return
                    after = p.kind[close + 1] if close + 1 < hi else b""
                    if after in (WORD, b"*") and (words or p.word[at].isupper() or word.startswith(b"__")):
                        if after == WORD or p.word[at].isupper():
                            p.blank(at, close)
                            at = close + 1
                            continue
                words.append(at)
                at += 1
                continue
            if kind == b"*":
                self._dro_plain(words, 0 if basic else 1)
                words = []
                starred = True
                at += 1
                continue
            break
        allowed = 1 if basic or starred else 2
        if len(words) > allowed and at == words[-1] + 1 and at < hi and p.kind[at] == b"(":
            close = self._closing(at, hi)
            if close >= 0 and (
                (close + 1 < hi and p.kind[close + 1] == b"=")
                or p.word[words[-1]].isupper()
                or any(p.kind[k] in (TEXT, NUMBER) for k in range(at, close))
            ):
                p.blank(words[-1], close)
                at = close + 1
                words.pop()
        self._dro_plain(words, allowed)
        self._after_name(at, hi)

    def _dro_plain(self, words: list[int], allowed: int) -> None:
        """Blank annotations until a specifier list has no more words than C allows; the last one stays,
        as do types in plain letters."""
        p = self.piece
        while len(words) > allowed:
            ends = allowed == 0 or (p.word[words[-1]].isupper() and not p.word[words[-2]].isupper())
            candidates = words if ends else words[:-1]
            chosen = next((w for w in candidates if p.word[w].isupper()), None)
            if chosen is None:
                chosen = next((w for w in reversed(candidates) if p.word[w].startswith(b"__")), candidates[0])
            p.blank(chosen, chosen)
            words = [w for w in words if w != chosen]

    def _after_name(self, at: int, hi: int) -> None:
        """Attribute-like uses between a declarator and `=`, `;` or the body."""
        p = self.piece
        while at < hi and p.kind[at] in (b"(", b"["):
            close = self._closing(at, hi)
            if close >= 0 and p.kind[at] == b"(" and close + 1 < hi and p.kind[close + 1] == b"(":
                for k in range(at + 1, close):  # `NAME(2)(int a)`
                    if p.kind[k] == NUMBER:
                        p.fill(k, k)
            elif close >= 0:
                if p.kind[at] == b"(":
                    self._parameters(at, close)
                else:
                    self._expression(at + 1, close)
            at = self._over(at, hi)
        while at < hi and p.kind[at] == WORD and p.word[at] not in _TYPE_WORDS:
            stop = at
            if at + 1 < hi and p.kind[at + 1] == b"(":
                stop = self._closing(at + 1, hi)
                if stop < 0:
                    return
            after = p.kind[stop + 1] if stop + 1 < len(p) else b";"
            if after not in (b"=", b";", b"{", b",", WORD) or (after == WORD and stop == at):
                return
            p.blank(at, stop)
            at = stop + 1
        while at < hi and p.kind[at] not in (b",", b"{"):
            at = self._over(at, hi)
        if at < hi and p.kind[at] == b",":
            at += 1
            while at < hi and p.kind[at] == b"*":
                at += 1
            if at < hi and p.kind[at] == WORD:
                self._after_name(at + 1, hi)

    def _parameters(self, at: int, close: int) -> None:
        for first, last in self._commas(at + 1, close):
            if first > last:
                continue
            if last - first <= 12 and _plain(self.piece, first, last):
                self._declaration(first, last + 1)

    # -- records and enumerations ---------------------------------------------------------------------------

    def _record(self, lo: int, hi: int) -> None:
        p = self.piece
        at = begin = lo
        while at < hi:
            kind = p.kind[at]
            if kind == b";":
                self._member(begin, at)
                at = begin = at + 1
            elif kind == b"{":
                close = self._closing(at, hi)
                if close < 0:
                    return
                self._inside(self._context(at, begin), at, close)
                at = close + 1
            elif (
                kind == WORD
                and at == begin
                and at + 1 < hi
                and (at + 1 == hi or p.kind[at + 1] == b"(")
                and (end := self._bare_member(at, hi)) > at
            ):
                at = begin = end
            else:
                at = self._over(at, hi)
        if begin < hi and p.kind[begin] == WORD:
            p.blank(begin, hi - 1)

    def _bare_member(self, at: int, hi: int) -> int:
        """A use without `;` that stands for members: the index after it, or `at`."""
        p = self.piece
        close = self._closing(at + 1, hi)
        if close < 0 or (close + 1 < hi and p.kind[close + 1] != WORD):
            return at
        if any(p.kind[k] == b";" for k in range(at + 2, close)):
            self._wrapper(at, close)
        else:
            p.blank(at, close)
        return close + 1

    def _wrapper(self, at: int, close: int) -> None:
        """`FIELD(u64 a:40, FIELD(u64 b:24, ;))`: the members inside are the record's own."""
        p = self.piece
        for first, last in self._commas(at + 2, close):  # what comes before the members
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

    def _member(self, lo: int, hi: int) -> None:
        """One member, whose `;` is token `hi`."""
        p = self.piece
        if lo >= hi:
            p.blank(hi, hi)  # the grammar knows no empty members
            return
        if p.kind[lo] == WORD and lo + 1 < hi and p.kind[lo + 1] == b"(":
            close = self._closing(lo + 1, hi)
            if close == hi - 1 and p.word[lo] not in _NO_CALLEE:
                self._made_member(lo, close)
                return
        if p.kind[lo] == WORD and lo + 1 == hi:  # a macro alone
            if p.word[lo] not in _TYPE_WORDS:
                p.blank(lo, hi)
            return
        colon = next((k for k in range(lo, hi) if p.kind[k] == b":"), -1)
        if colon > lo and all(
            p.kind[k] == WORD and (p.word[k] in _BASIC or k == lo or p.word[k - 1] in (b"struct", b"enum"))
            for k in range(lo, colon)
        ):
            p.blank(lo, hi)  # an unnamed bit field
            return
        for k in range(lo + 1, hi - 1):  # `u8 X(a:6, b:2);`
            if p.kind[k] == WORD and p.kind[k + 1] == b"(" and p.close[k + 1] == hi - 1:
                if b":" in p.kind[k + 2 : hi]:
                    for inner in range(k, hi):
                        if p.kind[inner] in (b"(", b")") or (p.kind[inner] == WORD and p.kind[inner + 1] == b"("):
                            p.blank(inner, inner)
                    return
        for k in range(lo + 1, hi):  # `u32 a : 5, : 3, b : 2`
            if p.kind[k] == b":" and p.kind[k - 1] == b",":
                end = k
                while end < hi and p.kind[end] != b",":
                    end += 1
                p.blank(k - 1, end - 1)
        self._declaration(lo, hi)

    def _made_member(self, lo: int, close: int) -> None:
        """`DECLARE_BITMAP(map, 8);`: a member `map`; `DECLARE_FLEX_ARRAY(struct t, items);`: one of that type."""
        p = self.piece
        arguments = self._commas(lo + 2, close)
        if any(p.kind[k] in (b";", b":") for k in range(lo, close)):
            self._wrapper(lo, close)
            return
        single = [n for n, (first, last) in enumerate(arguments) if first == last and p.kind[first] == WORD]
        if not single or single[0] > 1:
            p.blank(lo, close + 1)
            return
        first = p.word[arguments[0][0]] if single[0] == 0 else b""
        if 1 in single and (first in _TYPE_WORDS or first.startswith(b"T__")):
            single = [1]
        number = single[0]
        name = arguments[number][0]
        if p.end[lo] - p.start[lo] < 2:
            p.blank(lo, close + 1)
            return
        typed = number == 1
        for k in range(lo, close + 1):
            if k == name or (typed and arguments[0][0] <= k <= arguments[0][1]):
                continue
            if k == lo and not typed:
                p.put(p.start[k], b"T" + b"_" * (p.end[k] - p.start[k] - 1))
            else:
                p.blank(k, k)

    def _enum(self, lo: int, hi: int) -> None:
        p = self.piece
        at = lo
        while at < hi:
            if p.kind[at] == WORD and at + 1 < hi and p.kind[at + 1] == b"(":
                close = self._closing(at + 1, hi)
                if close < 0:
                    return
                stop = close + 1 if close + 1 < hi and p.kind[close + 1] == b"," else close
                if close + 1 >= hi or p.kind[close + 1] in (b",", WORD):
                    p.blank(at, stop)
                at = stop + 1
                continue
            if p.kind[at] == WORD and at > lo and p.kind[at - 1] in (WORD, b")", NUMBER):
                p.insert(at, b",")
            if p.kind[at] == b"=":
                end = at + 1
                while end < hi and p.kind[end] != b",":
                    end = self._over(end, hi)
                self._expression(at + 1, end)
                at = end
                continue
            if p.kind[at] == b"," and at > lo and p.kind[at - 1] == b",":
                p.blank(at, at)
            at += 1

    # -- initializers ---------------------------------------------------------------------------------------

    def _commas(self, lo: int, hi: int) -> list[tuple[int, int]]:
        """First and last index of the parts between commas at this level; empty parts have last < first."""
        p = self.piece
        parts = []
        at = begin = lo
        while at < hi:
            if p.kind[at] == b",":
                parts.append((begin, at - 1))
                begin = at + 1
                at += 1
            else:
                at = self._over(at, hi)
        parts.append((begin, hi - 1))
        return parts

    def _value(self, lo: int, hi: int) -> None:
        if lo < hi and self.piece.kind[lo] == b"{":
            close = self._closing(lo, hi)
            if close >= 0:
                self._items(lo + 1, close)
                lo = close + 1
        self._expression(lo, hi)

    def _items(self, lo: int, hi: int) -> None:
        """The inside of an initializer list, or a single value."""
        p = self.piece
        parts = self._commas(lo, hi)
        for number, (first, last) in enumerate(parts):
            if first > last:
                if number < len(parts) - 1:
                    p.blank(last + 1, last + 1)  # the comma after nothing
                continue
            self._item(first, last + 1)

    def _item(self, lo: int, hi: int) -> None:
        p = self.piece
        # `F(a) .b = c`, `F [1] = c`: a use that stands for items, without a comma
        at = lo
        while at < hi:
            if at > lo and self._designates(at, hi) and p.kind[at - 1] in (WORD, b")", b"}", NUMBER, TEXT):
                p.insert(at, b",")
                self._item(lo, at)
                self._item(at, hi)
                return
            if at > lo and p.kind[at] in (b"{", WORD) and p.kind[at - 1] in (
                (b"}",) if p.kind[at] == WORD else (b"}", WORD)
            ):
                p.insert(at, b",")
                self._item(lo, at)
                self._item(at, hi)
                return
            if at > lo and p.kind[at] == b"{" and p.kind[at - 1] == b")" and self._is_use(p.close[at - 1]):
                p.insert(at, b",")
                self._item(lo, at)
                self._item(at, hi)
                return
            at = self._over(at, hi)
        at = lo
        if p.kind[lo] == b"[" and (close := self._closing(lo, hi)) > 0 and close + 1 < hi:
            if p.kind[close + 1] in (WORD, TEXT, NUMBER, b"{"):
                p.insert(close + 1, b"=")
                p.kind[close] = b"]"
                self._value(close + 1, hi)
                return
        if self._designates(lo, hi):
            while at < hi and p.kind[at] not in (b"=", b"{"):
                at = self._over(at, hi)
            if at < hi and p.kind[at] == b"=":
                at += 1
        elif p.kind[lo] == WORD and lo + 1 < hi and p.kind[lo + 1] == b"(":
            close = self._closing(lo + 1, hi)
            if 0 < close < hi - 1 and p.kind[close + 1] == b"=":  # a use that makes a designator
                commas = len(self._commas(lo + 2, close)) > 1 or close == lo + 2
                p.blank(lo, lo + 1)
                if commas:
                    p.blank(lo, close)
                    p.put(p.start[lo] + 1, b"0")
                p.put(p.start[lo], b"[")
                p.put(p.start[close], b"]")
                at = close + 2
        if at < hi and p.kind[at] == b"{":
            close = self._closing(at, hi)
            if close >= 0:
                self._items(at + 1, close)
                at = close + 1
        self._expression(at, hi, mark=b",")

    def _is_use(self, opening: int) -> bool:
        """Whether the parenthesis follows a name, as in a call."""
        p = self.piece
        return opening > 0 and p.kind[opening - 1] == WORD and p.word[opening - 1] not in _NO_CALLEE

    def _designates(self, at: int, hi: int) -> bool:
        """Whether `.a =`, `.a.b =` or `[1] =` begins here."""
        p = self.piece
        seen = False
        while at < hi:
            if p.kind[at] == b"." and at + 1 < hi and p.kind[at + 1] == WORD:
                at += 2
            elif p.kind[at] == b"[":
                at = self._over(at, hi)
            else:
                return seen and p.kind[at] == b"="
            seen = True
        return False

    # -- expressions ----------------------------------------------------------------------------------------

    def _expression(self, lo: int, hi: int, mark: bytes = b"+") -> None:
        """The groups of an expression, and operands that stand side by side."""
        p = self.piece
        at = lo
        before = -1  # the first token of the operand that ends just before `at`
        while at < hi:
            kind = p.kind[at]
            if kind in (WORD, NUMBER, TEXT):
                if p.word[at] in _ALIGNOF and at + 1 < hi and p.kind[at + 1] != b"(":
                    p.put(p.start[at], b"sizeof".ljust(len(p.word[at])))
                    at += 1
                    continue
                if before >= 0 and not self._may_stand_by(before, at, lo, hi):
                    self._separate(at, mark)
                before = -1 if kind == WORD and p.word[at] in _NO_CALLEE | _TYPE_WORDS else at
                at += 1
                continue
            if kind == b"(":
                close = self._closing(at, hi)
                if close < 0:
                    at += 1
                    before = -1
                    continue
                use = self._is_use(at)
                self._parenthesis(at, close, hi, use=use)
                at = close + 1
                before = before if use else -1
                continue
            if kind == b"[":
                close = self._closing(at, hi)
                if close < 0:
                    at += 1
                    continue
                self._expression(at + 1, close)
                at = close + 1
                continue
            if kind == b"{":
                close = self._closing(at, hi)
                if close < 0:
                    at += 1
                    continue
                self._items(at + 1, close)
                at = close + 1
                before = -1
                continue
            if kind in _STRAY:
                p.blank(at, at)
            before = -1
            at += 1

    def _may_stand_by(self, before: int, at: int, lo: int, hi: int) -> bool:
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

    def _separate(self, at: int, mark: bytes) -> None:
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

    def _parenthesis(self, at: int, close: int, hi: int, *, use: bool) -> None:
        p = self.piece
        if at + 1 < close and p.kind[at + 1] == b"{" and p.close[at + 1] == close - 1:
            self._block(at + 2, close - 1)
            return
        name = p.word[at - 1] if at > 0 else b""
        if name == b"sizeof":
            self._expression(at + 1, close)
        elif use:
            if name == b"offsetof" or name in _ALIGNOF:
                self._operator(at, close)
            else:
                self._arguments(at, close)
        elif not self._is_type(at + 1, close):
            self._expression(at + 1, close)
        else:
            self._declaration(at + 1, close)

    def _operator(self, at: int, close: int) -> None:
        """`offsetof(t, a[i].b)`, `alignof(*p)`: the grammar knows their plain forms only."""
        p = self.piece
        name = p.word[at - 1]
        start = p.start[at - 1]
        if name == b"offsetof":
            p.put(start, b"T_______")
            self._arguments(at, close)
        else:
            p.put(start, b"sizeof".ljust(len(name)))
            self._expression(at + 1, close)

    def _is_type(self, lo: int, hi: int) -> bool:
        p = self.piece
        return lo < hi and all(
            p.kind[k] in (WORD, b"*") or (p.kind[k] == b"[" and k > lo) for k in range(lo, hi)
        ) and (p.kind[hi - 1] == b"*" or p.word[lo] in _TYPE_WORDS or hi - lo == 1)

    # -- arguments ------------------------------------------------------------------------------------------

    def _arguments(self, at: int, close: int) -> None:
        p = self.piece
        parts = self._commas(at + 1, close)
        if len(parts) == 1 and parts[0][1] < parts[0][0]:
            return
        number = self._first_statement(parts)
        if number >= 0 and self._statement_argument(at, close, parts[number][0]):
            parts = parts[:number]
        for number, (first, last) in enumerate(parts):
            if first > last:
                comma = last + 1 if number < len(parts) - 1 else first - 1
                if p.kind[comma] == b",":
                    p.blank(comma, comma)
            else:
                self._argument(first, last)

    def _first_statement(self, parts: list[tuple[int, int]]) -> int:
        """The number of the first argument that begins a statement no expression can stand for, or -1."""
        p = self.piece
        for number, (first, last) in enumerate(parts):
            if first <= last and p.kind[first] == WORD:
                word = p.word[first]
                if word in _CONTROL or word in (b"do", b"else"):
                    return number
                level = self._level(first, last)
                if any(p.kind[k] == b";" and k < last for k in level):
                    return number
                if any(p.kind[k] == b"{" and p.kind[k - 1] == b")" and self._is_use(p.close[k - 1]) for k in level):
                    return number
        return -1

    def _statement_argument(self, opening: int, close: int, first: int) -> bool:
        """`f(a, if (b) break;)` becomes `f,a, ({ if (b) break; })`, with a use of f noted."""
        p = self.piece
        behind = p.gap(close)
        before = p.gap(first)
        if behind < 0 or before < 1 or p.out[before - 1] not in b" \t" or first <= opening + 1:
            return False
        self._note(opening - 1, close)
        p.put(p.start[opening], b"+")
        for k in self._level(opening + 1, first - 1):
            if p.kind[k] == b",":
                p.put(p.start[k], b"+")
        p.put(before - 1, b"({")
        p.put(behind, b"}")
        self._block(first, close)
        return True

    def _argument(self, first: int, last: int) -> None:
        p = self.piece
        kinds = p.kind[first : last + 1]
        word = p.word[first]
        if kinds[0] == b"{" and p.close[first] == last:
            if any(p.kind[k] == b";" for k in range(first, last)):
                self._as_statement_expression(first, last)
            else:
                self._as_parentheses(first, last)
            return
        if all(k in _OPERATORS for k in kinds):
            p.fill(first, last)
            return
        if kinds[0] == WORD and word in _JUMPS:
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
        elif kinds[0] == WORD and word == b"case":
            p.blank(first, first)
            first += 1
        elif kinds[0] == b".":
            p.blank(first, first)
            first += 1
        elif kinds[0] in _BINARY_START:
            p.blank(first, first)
            first += 1
        elif kinds[0] == b"[":
            self._index(first)
        if first > last:
            return
        while last > first and p.kind[last] in _OPERATORS - {b"++", b"--"}:
            p.blank(last, last)
            last -= 1
        equal = next((k for k in self._level(first, last) if p.kind[k] == b"="), last + 1)
        if first < equal and self._is_declaration(first, equal - 1):
            p.fill(first, equal - 1)
            if equal < last:
                self._expression(equal + 1, last + 1)
            return
        level = self._level(first, last)
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
                self._as_parentheses(k, p.close[k])
                return
        self._expression(first, last + 1)

    def _level(self, first: int, last: int) -> list[int]:
        found = []
        at = first
        while at <= last:
            found.append(at)
            at = self._over(at, last + 1)
        return found

    def _is_declaration(self, first: int, last: int) -> bool:
        """Whether an argument is a type or a parameter declaration."""
        p = self.piece
        if p.kind[first] != WORD:
            return False
        if p.word[first] in _TYPE_WORDS and not (first < last and p.kind[first + 1] == b"("):
            return True
        if first == last:
            return False
        kinds = p.kind[first : last + 1]
        if any(k not in (WORD, b"*", b"[", b"]") for k in kinds):
            return False
        if p.word[first] in _NO_CALLEE:
            return False
        if kinds[-1] == b"*":
            return True
        return WORD in kinds[1:] and all(a != WORD or b in (WORD, b"*") for a, b in zip(kinds, kinds[1:], strict=False)) and (
            any(a == WORD and b == WORD for a, b in zip(kinds, kinds[1:], strict=False)) and b"*" in kinds
        )

    def _index(self, at: int) -> None:
        """`[a ... b]` at the start of an argument becomes `(a +   b)`."""
        p = self.piece
        close = p.close[at]
        if close > 0:
            p.put(p.start[at], b"(")
            p.put(p.start[close], b")")
            for k in range(at, close):
                if p.kind[k] == b"...":
                    p.put(p.start[k], b"+  ")

    def _as_parentheses(self, at: int, close: int) -> None:
        """`{ .a = f, [1] = 2 }` outside an initializer becomes `(  a = f, (1) = 2 )`."""
        p = self.piece
        parts = [part for part in self._commas(at + 1, close)]
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
            if self._designates(first, last + 1):
                k = first
                while p.kind[k] != b"=":
                    if p.kind[k] == b"." and k == first:
                        p.blank(k, k)
                    elif p.kind[k] == b"[" and k == first:
                        self._index(k)
                    k = self._over(k, last + 1)
                first = k + 1
                if first > last:
                    continue
            if p.kind[first] == b"{" and p.close[first] == last:
                self._as_parentheses(first, last)
            else:
                self._argument(first, last)

    def _as_statement_expression(self, at: int, close: int) -> None:
        """`{ a(); b(); }` as an argument becomes `({ a(); b(); })`."""
        p = self.piece
        before, behind = p.gap(at), p.gap(close)
        if before >= 0 and behind >= 0:
            p.put(before, b"(")
            p.put(behind, b"}")
            p.put(p.start[close], b")")
        self._block(at + 1, close)

    # -- statements -----------------------------------------------------------------------------------------

    def _block(self, lo: int, hi: int) -> None:
        at = lo
        while at < hi:
            following = self._statement(at, hi)
            at = following if following > at else at + 1

    def _statement(self, at: int, hi: int) -> int:
        """Repair the statement at `at`; the index after it (after the head of a compound one)."""
        p = self.piece
        kind, word = p.kind[at], p.word[at]
        if kind == b"{":
            close = self._closing(at, hi)
            if close < 0:
                return at + 1
            self._block(at + 1, close)
            return close + 1
        if kind == b";":
            return at + 1
        if kind == WORD:
            following = p.kind[at + 1] if at + 1 < hi else b""
            if word in (b"else", b"do", b"default"):
                return at + (2 if following == b":" else 1)
            if word in _CONTROL and following == b"(":
                close = self._closing(at + 1, hi)
                if close < 0:
                    return at + 2
                self._expression(at + 2, close) if word != b"for" else self._for(at + 2, close)
                return close + 1
            if word == b"case":
                end = at + 1
                while end < hi and p.kind[end] not in (b":", b";"):
                    end = self._over(end, hi)
                self._expression(at + 1, end)
                return end + 1
            if word in _ASM:
                return self._asm(at, hi)
            if word == b"goto" and following == b"*":
                p.blank(at, at)
            if word == b"if" and following == WORD and at + 2 < hi and p.kind[at + 2] == b"(":
                close = self._closing(at + 2, hi)  # `if time_after(a, b)`: the macro brings the parentheses
                if close >= 0 and p.insert(close + 1, b")"):
                    p.insert(at + 1, b"(")
                    self._arguments(at + 2, close)
                    return close + 1
            if following == b"{" and word not in _TYPE_WORDS:  # `marked { … }`
                p.blank(at, at)
                return at + 1
            if following == b":":
                return at + 2
            if following == b"(" and word not in _NO_CALLEE and (end := self._use(at, at, hi)):
                return end
            if word == b"static":
                name = at + 1
                while name < hi and p.word[name] in _STORAGE:
                    name += 1
                if name + 1 < hi and p.kind[name] == WORD and p.kind[name + 1] == b"(":
                    close = self._closing(name + 1, hi)
                    if close >= 0 and close + 1 < hi and p.kind[close + 1] in (b";", b"="):
                        p.blank(at, name - 1)
                        at, word = name, p.word[name]
                        if end := self._use(at, at, hi):
                            return end
            if word in (b"noreturn", b"thread_local") and following == b";":  # keywords elsewhere
                p.fill(at, at)
            if following in (b"}", b"") and word not in _JUMPS or self._labels(at + 1, hi):
                self._end_statement(at, at, hi)
                return at + 1
            if (
                following == WORD
                and (word.isupper() or p.word[at + 1] in _AFTER_STATEMENT)
                and word not in _JUMPS
                and p.starts_line(at)
                and p.starts_line(at + 1)
            ):
                self._end_statement(at, at, hi)
                return at + 1
        end = at
        equal = -1
        while end < hi and p.kind[end] != b";":
            if p.kind[end] == b"{" and end > at and p.kind[end - 1] in (WORD, b")"):
                context = self._context(end, at)
                if context in ("record", "enum"):
                    close = self._closing(end, hi)
                    if close < 0:
                        return end + 1
                    self._inside(context, end, close)
                    end = close + 1
                    continue
                if p.kind[end - 1] == WORD and equal < 0:
                    break
            if p.kind[end] == b"}":
                break
            if p.kind[end] == b"=" and equal < 0:
                equal = end
            end = self._over(end, hi)
        if kind == WORD and word not in _JUMPS and self._declares(at, end):
            self._declaration(at, equal if equal >= 0 else end)
            if equal < 0:
                return end + 1
            self._initializers(equal + 1, end)
        else:
            begin = at + 1 if kind == WORD and word in _JUMPS else at
            self._expression(begin, end)
        return end + 1

    def _labels(self, at: int, hi: int) -> bool:
        """Whether a label on a line of its own begins here."""
        p = self.piece
        return at + 1 < hi and p.kind[at] == WORD and p.kind[at + 1] == b":" and p.starts_line(at)

    def _initializers(self, lo: int, hi: int) -> None:
        """`1, *b = { f }` after the first `=` of a declaration."""
        for number, (first, last) in enumerate(self._commas(lo, hi)):
            if first > last:
                continue
            at = first
            if number:
                at = next((k for k in range(first, last + 1) if self.piece.kind[k] == b"="), last) + 1
            if at <= last:
                if self.piece.kind[at] == b"{":
                    self._value(at, last + 1)
                else:
                    self._expression(at, last + 1)

    def _declares(self, at: int, end: int) -> bool:
        p = self.piece
        if p.word[at] in _TYPE_WORDS or p.word[at] in _STORAGE:
            return True
        return at + 1 < end and (
            p.kind[at + 1] == WORD or (p.kind[at + 1] == b"*" and at + 2 < end and p.kind[at + 2] == WORD)
        )

    def _for(self, lo: int, hi: int) -> None:
        at = begin = lo
        p = self.piece
        while at <= hi:
            if at == hi or p.kind[at] == b";":
                if begin < at and not self._declares(begin, at):
                    self._expression(begin, at)
                begin = at + 1
                at += 1
            else:
                at = self._over(at, hi)

    def _use(self, name: int, begin: int, hi: int) -> int:
        """A statement that begins with a use `name(…)`: the index after it, or 0 when it is a plain one."""
        p = self.piece
        opening = name + 1
        close = self._closing(opening, hi)
        if close < 0:
            return 0
        after = p.kind[close + 1] if close + 1 < hi else b"}"
        if after in (b";", b"}", WORD) and close > opening + 1 and self._statements(name, close):
            return close + 1
        marks = [p.kind[k] for k in self._level(opening + 1, close - 1) if p.kind[k] in (b":", b",", b"?")]
        if p.kind[opening + 1] == TEXT and marks[:1] == [b":"] and b"?" not in marks:
            self._note(name, close)  # `asm_goto_output("…" : : "r" (a))`
            size = p.end[name] - p.start[name]
            if size >= 3:
                p.put(p.start[name], b"asm".ljust(size))
                return self._asm(name, hi)
        if after == b"." and self._designates(close + 1, hi):
            end = close + 1
            while end < hi and not (p.kind[end] == WORD and p.kind[end - 1] == b","):
                end = self._over(end, hi)
            if end < hi:
                self._note(name, close)
                p.blank(name, end)
                return end + 1
        if after == b"{":
            semicolons = sum(p.kind[k] == b";" for k in self._level(opening + 1, close - 1)) if close > opening + 1 else 0
            size = p.end[name] - p.start[name]
            keyword = b"for" if semicolons == 2 else b"while" if size >= 5 else b"if"
            if size < len(keyword) or close == opening + 1:
                if size + 2 < 4:
                    return 0
                self._note(name, close)
                p.blank(name, close)
                return close + 1
            self._note(name, close)
            p.put(p.start[name], keyword.ljust(size))
            if semicolons == 2:
                self._for(opening + 1, close)
            else:
                self._arguments(opening, close)
            return close + 1
        if after == b"=" and close + 2 < hi and p.kind[close + 2] == b"{":
            size = p.end[name] - p.start[name]
            if size >= 3:
                self._note(name, close)
                p.blank(name, close)
                p.put(p.start[name], b"T T" + b"_" * (size - 3))
                end = close + 2
                while end < hi and p.kind[end] != b";":
                    end = self._over(end, hi)
                self._initializers(close + 2, end)
                return end + 1
        if after in (b"}", WORD) and (after == b"}" or p.starts_line(close + 1) or p.word[close + 1] in _AFTER_STATEMENT or p.word[name].isupper()):
            self._arguments(opening, close)
            self._end_statement(name, close, hi)
            return close + 1
        return 0

    def _statements(self, name: int, close: int) -> bool:
        """`f(a, if (b) c;);` becomes `{a; if (b) c;};`."""
        p = self.piece
        opening = name + 1
        parts = self._commas(opening + 1, close)
        number = self._first_statement(parts)
        if number < 0:
            return False
        self._note(name, close)
        p.blank(name, name)
        p.put(p.start[opening], b"{")
        p.put(p.start[close], b"}")
        for position, (first, last) in enumerate(parts):
            if position < number and first <= last:
                self._argument(first, last)
            if position and p.kind[first - 1] == b",":
                closed = p.kind[first - 2] in (b";", b"}", b"{", b"(")
                if position == number or closed:
                    p.put(p.start[first - 1], b" " if closed else b";")
        if p.kind[close - 1] not in (b";", b"}") and not p.insert(close, b";"):
            if close + 1 < len(p) and p.kind[close + 1] == b";":
                p.put(p.start[close], b";")
                p.put(p.start[close + 1], b"}")
        self._block(parts[number][0], close)
        return True

    def _note(self, name: int, close: int) -> None:
        p = self.piece
        spelled = self.original[p.start[name] : p.end[name]]
        self.uses.append(Note(spelled.decode("utf-8", "replace"), p.start[name], p.end[close]))

    def _end_statement(self, name: int, last: int, hi: int) -> None:
        """A `;` after token `last`: in the white space, else in the place of the parentheses."""
        p = self.piece
        if last + 1 < len(p) and p.insert(last + 1, b";"):
            return
        if last > name + 1:
            self._note(name, last)
            if last == name + 2:
                p.blank(name + 1, last)
                p.put(p.start[name + 1], b";")
            else:
                p.put(p.start[name + 1], b",")
                p.put(p.start[last], b";")
        elif p.end[name] - p.start[name] > 1:
            p.fill(name, name)
            p.put(p.end[name] - 1, b";")

    def _asm(self, at: int, hi: int) -> int:
        """Inline assembler: templates and clobbers say nothing about calls and become empty."""
        p = self.piece
        opening = at + 1
        while opening < hi and p.kind[opening] == WORD:
            opening += 1
        if opening >= hi or p.kind[opening] != b"(":
            return opening
        close = self._closing(opening, hi)
        if close < 0:
            return opening + 1
        sections: list[tuple[int, int]] = []
        begin = k = opening + 1
        while k < close:
            if p.kind[k] == b":":
                sections.append((begin, k - 1))
                begin = k + 1
                k += 1
            else:
                k = self._over(k, close)
        sections.append((begin, close - 1))
        for number, (first, last) in enumerate(sections):
            if first > last:
                continue
            if number == 0:
                if p.end[last] - p.start[first] >= 2:
                    p.blank(first, last)
                    p.put(p.start[first], b'""')
            elif number <= 2:
                self._operands(first, last)
            elif number == 3:
                if any(p.kind[k] not in (TEXT, b",") for k in range(first, last + 1)):
                    for k in range(opening, last + 1):
                        if k == first - 1:
                            p.blank(k, last)
        return close + 1

    def _operands(self, first: int, last: int) -> None:
        p = self.piece
        for start, stop in self._commas(first, last + 1):
            if start > stop:
                continue
            at = start
            if p.kind[at] == b"[":
                at = self._over(at, stop + 1)
            opening = p.close[stop] if p.kind[stop] == b")" else -1
            if opening > at and len(self._commas(opening + 1, stop)) == 1:
                if p.kind[at] != TEXT or opening > at + 1:
                    width = p.end[opening - 1] - p.start[at]
                    if width >= 2:
                        p.blank(at, opening - 1)
                        p.put(p.start[at], b'""')
                self._expression(opening + 1, stop)
            else:  # a use that stands for operands
                p.blank(start, stop)
                p.kind[stop] = b""
        # the commas that no operand follows any more
        kept = False
        for start, stop in reversed(self._commas(first, last + 1)):
            gone = start > stop or p.kind[stop] == b""
            if (gone or not kept) and stop + 1 <= last:
                p.blank(stop + 1, stop + 1)
            kept = kept or not gone


def _plain(piece: Piece, first: int, last: int) -> bool:
    """Whether tokens are words and stars only."""
    return all(piece.kind[k] in (WORD, b"*") for k in range(first, last + 1))
