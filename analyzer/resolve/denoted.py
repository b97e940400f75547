"""Which functions the text of a value denotes. What stands in the braces of a compound literal is no value of the
member that the literal's address is put into: it is an object of its own.

Not handled: values that must be followed, such as parameters and variables (`flow`).
"""

from collections.abc import Iterator, Sequence

from analyzer.resolve.dominated import guards_of
from analyzer.resolve.functions import Function
from analyzer.resolve.names import Names
from analyzer.resolve.scope import Scope
from analyzer.resolve.tokens import KEYWORDS, Token, close_of, open_of, tokenize

_UNEVALUATED = frozenset(("typeof", "__typeof__", "__typeof", "sizeof", "__builtin_types_compatible_p"))
_OFFSET = frozenset(("offsetof", "__builtin_offsetof"))  # a number, whatever is named in it


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
    if any(token.text in _OFFSET for token in tokens):
        return (), ""
    chosen = _behind_call(tokens)
    for at, token in _outside_literals(tokens):
        if not token.is_name or token.text in KEYWORDS or token.text.startswith("CONFIG_"):
            continue
        if guards and scope.holds(guards[at]) is False:
            continue
        if at and tokens[at - 1].text in (".", "->", "struct", "union", "enum"):
            continue
        if at + 1 < len(tokens) and tokens[at + 1].text in ("(", "[", "->", "."):
            continue
        if at < chosen:
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


def _behind_call(tokens: Sequence[Token]) -> int:
    """Where a call of what `_Generic` chooses ends, 0 for any other value: its functions are called, not given."""
    if len(tokens) < 2 or tokens[0].text != "_Generic":
        return 0
    closing = close_of(tokens, 1)
    called = 0 < closing < len(tokens) - 1 and tokens[closing + 1].text == "("
    return close_of(tokens, closing + 1) if called else 0


def _outside_literals(tokens: Sequence[Token]) -> Iterator[tuple[int, Token]]:
    """The tokens with their places, without those in the braces of a struct's compound literal and those that are
    only asked for their type."""
    depth = 0  # of braces since such a literal began
    behind = 0  # where the parentheses of a `typeof (f)` end
    for at, token in enumerate(tokens):
        if depth or (token.text == "{" and at and tokens[at - 1].text == ")" and _is_record(tokens, at - 1)):
            depth += (token.text == "{") - (token.text == "}")
        elif at >= behind:
            if token.text in _UNEVALUATED and at + 1 < len(tokens) and tokens[at + 1].text == "(":
                behind = close_of(tokens, at + 1)
            yield at, token


def _is_record(tokens: Sequence[Token], closing: int) -> bool:
    """Whether parentheses that close at a place hold the type of a struct or a union."""
    opening = open_of(tokens, closing)
    return any(token.text in ("struct", "union") for token in tokens[max(opening, 0) : closing])


def _unique(found: list[Function]) -> tuple[Function, ...]:
    return tuple({(f.path, f.definition.line, f.definition.name): f for f in found}.values())
