"""What a callee or a place comes down to when everything around it that changes nothing is taken away.

Not handled: casts to typedefs that more than one token spells.
"""

from collections.abc import Callable, Sequence

from analyzer.resolve.ctypes import TYPEOF
from analyzer.resolve.tokens import Token, close_of, open_of


def strip_callee(tokens: Sequence[Token], is_type: Callable[[str], bool] | None = None) -> Sequence[Token]:
    """Without what changes no slot: outer parentheses, a leading `*`, `&` or cast, and of a statement
    expression all but its last statement. `is_type` tells `(handler_t)(f)`, a cast, from a call."""
    return _stripped(tokens, is_type)[0]


def named_by_type(tokens: Sequence[Token]) -> str:
    """The `f` of `(typeof(&f))(…)`: a pointer that something else gives, such as the search for a symbol of that
    name, but that can only be that function's. "" for any other expression."""
    at = 0
    while at < len(tokens) and tokens[at].text == "(":
        at += 1
    spelled = [token.text for token in tokens[at : at + 6]]
    if len(spelled) < 6 or spelled[0] not in TYPEOF or spelled[1:3] != ["(", "&"] or spelled[4:] != [")", ")"]:
        return ""
    return spelled[3]


def takes_address(tokens: Sequence[Token]) -> bool:
    """Whether an expression is the address of what `strip_callee` leaves of it."""
    return _stripped(tokens)[1] > 0


def _stripped(
    tokens: Sequence[Token], is_type: Callable[[str], bool] | None = None
) -> tuple[Sequence[Token], int]:
    """What is left, and how many more `&` than `*` were taken away."""
    addresses = 0
    while tokens:
        if tokens[0].text in ("*", "&"):
            addresses += 1 if tokens[0].text == "&" else -1
            tokens = tokens[1:]
            continue
        if tokens[0].text == "(":
            end = close_of(tokens, 0)
            if end == len(tokens) - 1:
                inside = tokens[1:-1]
                tokens = _last_statement(inside[1:-1]) if inside and inside[0].text == "{" else inside
                continue
            following = tokens[end + 1].text if 0 < end < len(tokens) - 1 else ""
            if (
                following
                and (following in ("&", "*", "(") or following[0].isalpha() or following[0] == "_")
                and (
                    tokens[end - 1].text in ("*", ")", "int", "long", "void")
                    or (end == 2 and tokens[1].is_name and tokens[end + 1].is_name)
                    or (end == 2 and following == "(" and is_type is not None and is_type(tokens[1].text))
                )
                and not (following == "(" and tokens[1].text in ("*", "{", "(", "&"))
            ):
                tokens = tokens[end + 1 :]
                continue
        break
    return tokens, addresses


def without_subscripts(tokens: Sequence[Token]) -> Sequence[Token]:
    """Without the subscripts at its end: `v` of `(&v)[2][n]`; nothing of what is no C."""
    while tokens and tokens[-1].text == "]":
        tokens = strip_callee(tokens[: max(open_of(tokens, len(tokens) - 1), 0)])
    return tokens


def _last_statement(tokens: Sequence[Token]) -> Sequence[Token]:
    depth = 0
    start = end = 0
    for at, token in enumerate(tokens):
        text = token.text
        depth += (text in ("(", "{", "[")) - (text in (")", "}", "]"))
        if text == ";" and depth == 0:
            if at > end:
                start = end
            end = at + 1
    last = tokens[end:] if end < len(tokens) else tokens[start : end - 1]
    return [t for t in last if t.text != ";"] if last else ()
