"""Which functions the text of a value denotes.

Not handled: values that must be followed, such as parameters and variables (`flow`).
"""

from collections.abc import Sequence

from analyzer.resolve.dominated import guards_of
from analyzer.resolve.made import Function
from analyzer.resolve.names import Names
from analyzer.resolve.scope import Scope
from analyzer.resolve.tokens import KEYWORDS, Token, tokenize


def denoted(names: Names, scope: Scope, value: str) -> tuple[tuple[Function, ...], str]:
    """The functions that a value's text may denote, and the first name in it."""
    tokens: Sequence[Token] = tokenize(value)
    if len(tokens) > 1 or (tokens and scope.macro(tokens[0].text)):
        expanded = names.typer(scope.key).expand_tokens(tokens)
        plain = len(tokens) == 1 and not scope.macro_is_sure(tokens[0].text)
        tokens = [*tokens, Token(","), *expanded] if plain else expanded  # `#else`, `#define f NULL`
    found: list[Function] = []
    first = ""
    choice = any(t.text == "?" for t in tokens)  # `(false) ? one : other`
    guards = guards_of([Token("="), *tokens])[1:] if choice else []
    for at, token in enumerate(tokens):
        if not token.is_name or token.text in KEYWORDS or token.text.startswith("CONFIG_"):
            continue
        if guards and scope.holds(guards[at]) is False:
            continue
        if at and tokens[at - 1].text in (".", "->", "struct", "union", "enum"):
            continue
        if at + 1 < len(tokens) and tokens[at + 1].text in ("(", "[", "->", "."):
            continue
        first = first or token.text
        if not names.may_be_function(token.text):
            continue
        bound = names.bind(scope, token.text)
        if bound.functions:
            if not found:
                first = token.text
            found.extend(bound.functions)
    return tuple(dict.fromkeys(found)) if len(found) < 2 else _unique(found), first


def _unique(found: list[Function]) -> tuple[Function, ...]:
    return tuple({(f.path, f.definition.line, f.definition.name): f for f in found}.values())
