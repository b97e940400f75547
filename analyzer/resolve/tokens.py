"""Preprocessing tokens, the call sites in a run of them, and the arguments of a call.

Token streams come from macro bodies and expansions, where no grammar applies to a whole file.
Not handled: digraphs, and calls whose callee is a statement expression.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

_TOKEN = re.compile(
    r"(?P<str>L?\"(?:[^\"\\]|\\.)*\"|L?'(?:[^'\\]|\\.)*')"
    r"|(?P<id>[A-Za-z_$]\w*)|(?P<num>\.?\d(?:[eEpP][+-]|[\w.])*)|(?P<op>\.\.\.|<<=|>>=|##|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|[^\s\w])"
)

_PARTNERS = {")": "(", "]": "[", "}": "{"}
_CLOSED_BY = {opening: closing for closing, opening in _PARTNERS.items()}
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")
_SEPARATING = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|[()\[\]{},]", re.S)
_MEMBER_END = re.compile(r"(?:->|\.)\s*(\w+)$")
_BEFORE_STATEMENT = frozenset(("if", "while", "for", "switch"))
_NAME_START = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")
Origin = tuple[str, ...] | None  # macros that made a token, outermost first; None: the source's own


NOTHING_HIDDEN: frozenset[str] = frozenset()


class Token(NamedTuple):
    """A token, who made it, and the macro names that must not expand in it (C11 6.10.3.4)."""

    text: str
    origin: Origin = None
    hidden: frozenset[str] = NOTHING_HIDDEN

    @property
    def is_name(self) -> bool:
        """Whether it is an identifier or keyword."""
        return self.text[0] in _NAME_START


def tokenize(text: str, origin: Origin = None) -> list[Token]:
    """The tokens of a piece of C text without comments."""
    new = tuple.__new__  # half the time of Token(…), and there are many
    return [new(Token, (m.group(), origin, NOTHING_HIDDEN)) for m in _TOKEN.finditer(text)]


def spell(tokens: Sequence[Token]) -> str:
    """Tokens as C text, spaced so that they read back the same."""
    parts: list[str] = []
    previous = ""
    for token in tokens:
        text = token.text
        if previous and (
            (_wordy(previous[-1]) and _wordy(text[0]))
            or (previous[-1] in "+-&|<>=*/%^!#:" and text[0] in "+-&|<>=*/%^!#:")
        ):
            parts.append(" ")
        parts.append(text)
        previous = text
    return "".join(parts)


def _wordy(char: str) -> bool:
    return char.isalnum() or char in "_$\"'"


KEYWORDS = frozenset(
    """
    if while for switch return sizeof typeof __typeof__ __typeof typeof_unqual __typeof_unqual__ _Alignof
    __alignof__ alignof __alignof __attribute__ __attribute asm __asm__ __asm _Generic _Static_assert
    static_assert defined else do case goto default break continue struct union enum const volatile static
    inline extern unsigned signed long short int char void float double _Bool bool
    __builtin_types_compatible_p __builtin_offsetof __auto_type auto register __extension__ __volatile__
    __inline __inline__ __label__ offsetof _Atomic __const __signed__ __restrict__ restrict
    __builtin_choose_expr
    """.split()
)
TYPE_WORDS = frozenset(
    """
    struct union enum const volatile unsigned signed long short int char void float double _Bool bool typeof
    __typeof__ u8 u16 u32 u64 s8 s16 s32 s64 __u8 __u16 __u32 __u64 __s8 __s16 __s32 __s64 size_t ssize_t
    uintptr_t intptr_t __be16 __be32 __be64 __le16 __le32 __le64 gfp_t loff_t pid_t
    """.split()
)
CLEANUP = frozenset(("__cleanup__", "cleanup"))
_ATTRIBUTES = frozenset(("__attribute__", "__attribute", "_Static_assert", "_Alignas"))
_BEFORE_CALL = frozenset(("return", "else", "do", "case", "goto", "__extension__"))


class TokenCall(NamedTuple):
    """A call in a token stream: the callee's tokens are `[start:opening]`; `name` is empty when the callee
    is computed."""

    name: str
    start: int
    opening: int
    closing: int


def close_of(tokens: Sequence[Token], opening: int) -> int:
    """Index of the parenthesis or bracket that closes the one at `opening`, or -1."""
    return _partner_of(tokens, range(opening, len(tokens)), _CLOSED_BY[tokens[opening].text])


def open_of(tokens: Sequence[Token], closing: int) -> int:
    """Index of the parenthesis or bracket that the one at `closing` closes, or -1."""
    return _partner_of(tokens, range(closing, -1, -1), _PARTNERS[tokens[closing].text])


def _partner_of(tokens: Sequence[Token], places: range, partner: str) -> int:
    """The place of the partner of the bracket at the first place."""
    own = tokens[places.start].text
    depth = 0
    for at in places:
        text = tokens[at].text
        if text == own:
            depth += 1
        elif text == partner:
            depth -= 1
            if depth == 0:
                return at
    return -1


def outside_brackets(tokens: Sequence[Token]) -> Iterator[tuple[int, Token]]:
    """The tokens outside all brackets, which are left out themselves, with their places."""
    depth = 0
    for at, token in enumerate(tokens):
        text = token.text
        if text in _OPENING:
            depth += 1
        elif text in _CLOSING:
            depth -= 1
        elif depth == 0:
            yield at, token


def split(tokens: Sequence[Token], separator: str) -> list[Sequence[Token]]:
    """The runs between separators outside brackets, without an empty one at the end; none for no tokens."""
    found: list[Sequence[Token]] = []
    start = 0
    for at, token in outside_brackets(tokens):
        if token.text == separator:
            found.append(tokens[start:at])
            start = at + 1
    if start < len(tokens):
        found.append(tokens[start:])
    return found


def value_end(tokens: Sequence[Token], start: int) -> int:
    """Index behind the value that begins at `start`: of a `;` or `,`, or of the bracket that closes around it."""
    depth = 0
    for at in range(start, len(tokens)):
        text = tokens[at].text
        depth += (text in _OPENING) - (text in _CLOSING)
        if depth < 0 or (depth == 0 and text in (";", ",")):
            return at
    return len(tokens)


def arguments_of(
    tokens: Sequence[Token], call: TokenCall, *, brackets: str = "([{"
) -> tuple[tuple[Token, ...], ...]:
    """The arguments of a call in a token stream. Commas inside `brackets` separate nothing; for the preprocessor
    only parentheses are brackets (C11 6.10.3 paragraph 11)."""
    found: list[tuple[Token, ...]] = []
    depth = 0
    start = call.opening + 1
    for at in range(call.opening, call.closing + 1):
        text = tokens[at].text
        if text in brackets:
            depth += 1
        elif text in _CLOSING and _PARTNERS[text] in brackets:
            depth -= 1
        if (text == "," and depth == 1) or at == call.closing:
            found.append(tuple(tokens[start:at]))
            start = at + 1
    return tuple(found) if found != [()] else ()


def split_arguments(text: str, *, brackets: str = "([{") -> list[str]:
    """The arguments that a text without comments lists, without the blanks around them; `[""]` for an empty text.
    Commas inside literals and inside `brackets` separate nothing. For the preprocessor only parentheses are
    brackets (C11 6.10.3 paragraph 11)."""
    parts: list[str] = []
    depth, start = 0, 0
    for match in _SEPARATING.finditer(text):
        mark = match.group()
        if mark in brackets:
            depth += 1
        elif mark in _CLOSING and _PARTNERS[mark] in brackets:
            depth -= 1
        elif mark == "," and depth == 0:
            parts.append(text[start : match.start()].strip())
            start = match.end()
    parts.append(text[start:].strip())
    return parts


def text_close_of(text: str, opening: int = 0) -> int:
    """Offset of the parenthesis that closes the one at `opening` in a text without comments, or -1. Those inside
    literals do not count."""
    depth = 0
    for match in _SEPARATING.finditer(text, opening):
        mark = match.group()
        depth += (mark == "(") - (mark == ")")
        if depth == 0:
            return match.start()
    return -1


def _partners(tokens: Sequence[Token]) -> dict[int, int]:
    """For every parenthesis and bracket the index of its partner."""
    opens: list[int] = []
    partner: dict[int, int] = {}
    for at, token in enumerate(tokens):
        text = token.text
        if text in ("(", "["):
            opens.append(at)
        elif text in (")", "]") and opens:
            start = opens.pop()
            partner[start] = at
            partner[at] = start
    return partner


def postfix_start(tokens: Sequence[Token], end: int) -> int:
    """Index where the postfix expression that ends at `end` begins."""
    return _postfix_start(tokens, end, _partners(tokens))


def find_calls(tokens: Sequence[Token]) -> Iterator[TokenCall]:
    """The calls in a stream, by the position of their opening parenthesis."""
    partner = _partners(tokens)
    skipped = 0  # inside an attribute, where only a cleanup function is called
    for at, token in enumerate(tokens):
        if token.text != "(" or at == 0 or at not in partner:
            continue
        before = tokens[at - 1].text
        if before in _ATTRIBUTES:
            skipped = max(skipped, partner[at])
        elif at < skipped:
            if before in CLEANUP:
                yield TokenCall(before, at - 1, at, partner[at])
            continue
        call = _call_at(tokens, at, partner)
        if call is not None:
            yield call


def _call_at(tokens: Sequence[Token], at: int, partner: dict[int, int]) -> TokenCall | None:
    """The call whose arguments begin at a parenthesis; None when these are none."""
    before = tokens[at - 1]
    if before.is_name:
        return _call_of_name(tokens, at, partner)
    if before.text == "]" and at - 1 in partner:
        return TokenCall("", _postfix_start(tokens, at - 1, partner), at, partner[at])
    if before.text == ")" and at - 1 in partner:
        return _call_of_parentheses(tokens, at, partner)
    return None


def _call_of_name(tokens: Sequence[Token], at: int, partner: dict[int, int]) -> TokenCall | None:
    """`name(` or `->name(`"""
    name = tokens[at - 1].text
    if name in KEYWORDS:
        return None
    previous = tokens[at - 2].text if at >= 2 else ""
    if previous in (".", "->"):
        return TokenCall("", _postfix_start(tokens, at - 1, partner), at, partner[at])
    if previous and (previous[0].isalpha() or previous[0] == "_") and previous not in _BEFORE_CALL:
        return None  # `type name(`: a declaration
    if previous == "*" and _declares(tokens, at - 2):
        return None
    return TokenCall(name, at - 1, at, partner[at])


def _call_of_parentheses(tokens: Sequence[Token], at: int, partner: dict[int, int]) -> TokenCall | None:
    """`(…)(`: a call of what a call, a `_Generic` or an expression in parentheses gives, else a cast or a head."""
    opening, closing = partner[at - 1], partner[at]
    head = tokens[opening - 1] if opening else None
    if head is not None and head.is_name:
        if head.text == "_Generic":
            return TokenCall("", opening - 1, at, closing)
        if head.text in KEYWORDS:
            return None
        return TokenCall("", _postfix_start(tokens, at - 1, partner), at, closing)
    first, last = opening + 1, at - 2
    while last - first > 1 and tokens[first].text == "(" and partner.get(first) == last:
        first, last = first + 1, last - 1
    inside = tokens[first : last + 1]
    if inside and inside[0].text == "{":
        return TokenCall("", opening, at, closing)  # a statement expression gives the callee
    if len(inside) > 1 and inside[0].text == "&":
        inside = inside[1:]  # `(&f)(x)`
    if not inside or _is_type(inside):
        return None
    if len(inside) == 1:
        return TokenCall(inside[0].text, opening, at, closing) if inside[0].is_name else None
    if inside[0].text == "*" or any(t.text in ("->", ".", "[") for t in inside):
        return TokenCall("", opening, at, closing)
    return None


def _is_type(inside: Sequence[Token]) -> bool:
    return (
        inside[0].text in TYPE_WORDS
        or inside[-1].text == "*"
        or (len(inside) == 1 and (inside[0].text.endswith("_t") or inside[0].text in TYPE_WORDS))
    )


def _declares(tokens: Sequence[Token], star: int) -> bool:
    """Whether the star at this index belongs to a declaration such as `struct sock *f(`."""
    at = star
    while at >= 0 and tokens[at].text == "*":
        at -= 1
    if at < 0 or not tokens[at].is_name or tokens[at].text in _BEFORE_CALL:
        return False
    before = tokens[at - 1].text if at else ";"
    return before in (
        ";",
        "{",
        "}",
        "struct",
        "union",
        "enum",
        "extern",
        "static",
        "inline",
        "const",
    )


def _heads_statement(tokens: Sequence[Token], opening: int) -> bool:
    """Whether a parenthesis is that of an `if` or a loop."""
    return opening > 0 and tokens[opening - 1].text in _BEFORE_STATEMENT


def _postfix_start(tokens: Sequence[Token], end: int, partner: dict[int, int]) -> int:
    """Index where the postfix expression that ends at `end` begins."""
    at = end
    while True:
        text = tokens[at].text
        if text in (")", "]"):
            if at not in partner:
                return at
            at = partner[at]
            if at == 0:
                return at
            previous = tokens[at - 1]
            if previous.text == ")" and _heads_statement(tokens, partner.get(at - 1, 0)):
                return at  # `if (p) (q)->f()`
            if previous.text in (")", "]") or (previous.is_name and previous.text not in KEYWORDS):
                at -= 1
                continue
            if previous.is_name and previous.text in ("typeof", "__typeof__", "_Generic"):
                return at - 1
            return at
        if at and tokens[at - 1].text in (".", "->"):
            at -= 2
            if at < 0:
                return 0
            continue
        return at


def last_member(text: str) -> str:
    """The member that an expression's text reads at its end, subscripts and parentheses behind it left out:
    `fn` in `(*table[i].fn[n])`; "" when it ends in no member."""
    end = len(text)
    while end:
        if text[end - 1] in " )":
            end -= 1
        elif text[end - 1] == "]":
            depth = 0
            while end:
                end -= 1
                depth += (text[end] == "]") - (text[end] == "[")
                if depth == 0:
                    break
        else:
            break
    match = _MEMBER_END.search(text[:end])
    return match.group(1) if match else ""
