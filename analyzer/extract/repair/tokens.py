"""Tokens of a piece of masked C, with matched brackets, and the length-preserving edits made to it.

Not handled: brackets that do not match; a piece with such brackets has no partner (-1) for them.
"""

import re

_TOKEN = re.compile(
    rb"([A-Za-z_]\w*)"
    rb"|(\.?\d(?:[eEpP][+-]|[\w.])*)"
    rb'|("(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\')'
    rb"|->|\+\+|--|<<=|>>=|<<|>>|[<>=!]=|&&|\|\||\.\.\.|[-+*/%&|^]=|\S"
)
_NUMBER = re.compile(
    rb"(?:0[xX][0-9a-fA-F]+|0[bB][01]+|\d+)[uUlL]{0,3}"
    rb"|(?:\d+\.\d*|\.\d+|\d+(?=[eE]))(?:[eE][+-]?\d+)?[fFlL]?"
)
_NOT_NEWLINE = re.compile(rb"[^\n]")
_PAIRS = {b"(": b")", b"[": b"]", b"{": b"}"}

WORD, NUMBER, TEXT = b"w", b"0", b'"'


class Piece:
    """A stretch of a text as tokens. `kind` is WORD, NUMBER, TEXT or the punctuator itself."""

    __slots__ = ("close", "end", "kind", "out", "start", "word")

    def __init__(self, out: bytearray, start: int, end: int) -> None:
        self.out = out
        self.kind: list[bytes] = []
        self.word: list[bytes] = []
        self.start: list[int] = []
        self.end: list[int] = []
        kinds, words, starts, ends = self.kind, self.word, self.start, self.end
        for match in _TOKEN.finditer(bytes(out[start:end])):
            text = match.group()
            last = match.lastindex
            if last == 2 and not _NUMBER.fullmatch(text):  # 48_47, 1000baseT: pasted to something
                self._fill_number(start + match.start(), start + match.end())
                last = 1
                text = bytes(out[start + match.start() : start + match.end()])
            kinds.append(text if last is None else (WORD, NUMBER, TEXT)[last - 1])
            words.append(text)
            starts.append(start + match.start())
            ends.append(start + match.end())
        self.close = self._partners()

    def _fill_number(self, start: int, end: int) -> None:
        self.out[start:end] = b"T" + b"_" * (end - start - 1)

    def _partners(self) -> list[int]:
        partners = [-1] * len(self.kind)
        stack: list[int] = []
        for at, kind in enumerate(self.kind):
            if kind in (b"(", b"[", b"{"):
                stack.append(at)
            elif kind in (b")", b"]", b"}"):
                if stack and _PAIRS[self.kind[stack[-1]]] == kind:
                    partners[stack[-1]] = at
                    partners[at] = stack.pop()
                elif kind == b"}":  # what was left open inside does not hide the brace's own partner
                    depth = len(stack) - 1
                    while depth >= 0 and self.kind[stack[depth]] != b"{":
                        depth -= 1
                    if depth >= 0:
                        partners[stack[depth]] = at
                        partners[at] = stack[depth]
                        del stack[depth:]
        return partners

    def __len__(self) -> int:
        return len(self.kind)

    def put(self, at: int, text: bytes) -> None:
        """Write `text` over the bytes from offset `at`."""
        self.out[at : at + len(text)] = text

    def blank(self, first: int, last: int) -> None:
        """Blank the tokens `first` to `last`, both included."""
        start, end = self.start[first], self.end[last]
        self.out[start:end] = _NOT_NEWLINE.sub(b" ", bytes(self.out[start:end]))

    def fill(self, first: int, last: int) -> None:
        """Make the tokens `first` to `last` one identifier, as long as their first line allows."""
        start, end = self.start[first], self.end[last]
        line = bytes(self.out[start:end]).partition(b"\n")[0].rstrip()
        self.blank(first, last)
        self.put(start, b"T" + b"_" * (len(line) - 1))

    def gap(self, at: int) -> int:
        """Offset of the last byte of white space on its line before token `at`, or -1."""
        if at <= 0 or at >= len(self.kind):
            return -1
        for offset in range(self.start[at] - 1, self.end[at - 1] - 1, -1):
            if self.out[offset] in b" \t":
                return offset
        return -1

    def insert(self, at: int, mark: bytes) -> bool:
        """Put a one-byte mark into the white space before token `at`; False when there is none."""
        offset = self.gap(at)
        if offset < 0:
            return False
        self.out[offset : offset + 1] = mark
        return True

    def starts_line(self, at: int) -> bool:
        """Whether token `at` is the first of its line."""
        return at == 0 or b"\n" in self.out[self.end[at - 1] : self.start[at]]
