"""Initializers in token streams: what variables that an expansion declares begin with, and lists in braces.

Not handled: lists whose values belong to members (`{ .f = g }`), which are objects' entries.
"""

from collections.abc import Sequence

from analyzer.resolve.tokens import Token, TokenCall, arguments_of, close_of, value_end


def initial_value(tokens: Sequence[Token], places: Sequence[int]) -> tuple[Token, ...]:
    """The initializer of a variable that is declared at one of the places where its name stands: `typeof(f) name =
    value;`, `t name[] = { a, b };`. Empty when there is none."""
    for at in places:
        before = tokens[at - 1] if at else None
        if before is None or not (before.is_name or before.text in (")", "*")):
            continue
        equals = at + 1
        while equals < len(tokens) and tokens[equals].text == "[":
            equals = close_of(tokens, equals) + 1 or len(tokens)
        if equals < len(tokens) - 1 and tokens[equals].text == "=":
            return tuple(tokens[equals + 1 : value_end(tokens, equals + 1)])
    return ()


def listed_values(tokens: Sequence[Token]) -> list[Sequence[Token]]:
    """The values in `{ a, [1] = b }` or `(t[]){ a, b }`, designators of elements left in place; none for anything
    else."""
    if not tokens or tokens[-1].text != "}":
        return []
    opening = close_of(tokens, 0) + 1 if tokens[0].text == "(" else 0
    if tokens[opening].text != "{" or close_of(tokens, opening) != len(tokens) - 1:
        return []
    values = arguments_of(tokens, TokenCall("", opening, opening, len(tokens) - 1))
    return [value for value in values if value and value[0].text not in (".", "{")]
