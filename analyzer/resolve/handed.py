"""What a call inside a macro's expansion is given, told in terms of the macro's use.

The argument lists are kept as templates, so that all uses that expand alike share them: what stands there of the
use's own arguments is a number, all else is text. What another macro of the body made is told by that macro's name
(`_RET_IP_` instead of the casts and builtins that it stands for).

Not handled: arguments of which a part is pasted, which are told as they came out, or made a string, which is left
out.
"""

import re
from collections.abc import Mapping, Sequence

from analyzer.resolve.macros import STRINGIFIED
from analyzer.resolve.tokens import Token, TokenCall, arguments_of, close_of, spell, text_close_of

Piece = int | str  # the number of an argument of the use, or text
Template = tuple[tuple[Piece, ...], ...]  # one per argument of the call

UNTOLD = "…"
_LONGEST = 60  # characters; what a macro computes at greater length tells less than that it does
_LITERAL = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'")
_OPERATOR = re.compile(r"[^\w.\->()\[\]!&*\"']|(?<=[\w)])\s*[&*]")


def numbered(use: Sequence[Token]) -> tuple[Mapping[int, tuple[int, bool]], tuple[int, ...]]:
    """For a use `NAME(a, b)`: by identity of its tokens the argument each belongs to and whether it begins it; and
    the number of tokens in each argument. Arguments are counted as the preprocessor does."""
    opening = next((at for at, token in enumerate(use) if token.text == "("), -1)
    closing = close_of(use, opening) if opening >= 0 else -1
    arguments = arguments_of(use, TokenCall("", 0, opening, closing), brackets="(") if closing >= 0 else ()
    places = {
        id(token): (number, at == 0)
        for number, argument in enumerate(arguments)
        for at, token in enumerate(argument)
    }
    return places, tuple(map(len, arguments))


def template_of(
    tokens: Sequence[Token],
    call: TokenCall,
    macros: tuple[str, ...],
    places: Mapping[int, tuple[int, bool]],
    lengths: Sequence[int],
) -> Template:
    """The arguments of a call in an expansion; `macros` made the call, `places` and `lengths` are of the use."""
    return pieces_of(arguments_of(tokens, call), macros, places, lengths)


def pieces_of(
    arguments: Sequence[Sequence[Token]],
    macros: tuple[str, ...],
    places: Mapping[int, tuple[int, bool]],
    lengths: Sequence[int],
) -> Template:
    """The same for arguments that are told apart already."""
    return tuple(_pieces(argument, macros, places, lengths) for argument in arguments)


def _pieces(
    tokens: Sequence[Token],
    macros: tuple[str, ...],
    places: Mapping[int, tuple[int, bool]],
    lengths: Sequence[int],
) -> tuple[Piece, ...]:
    found: list[Piece] = []
    plain: list[Token] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        number, begins = places.get(id(token), (-1, False)) if token.origin is None else (-1, False)
        taken = lengths[number] if begins else 1
        if begins and all(places.get(id(t), (-1, False))[0] == number for t in tokens[at : at + taken]):
            if plain:
                found.append(spell(plain))
                plain = []
            found.append(number)
        elif maker := _maker(token, macros):
            taken = _extent(tokens[at:], maker)
            plain.append(Token(maker[-1] if maker[-1] != STRINGIFIED else UNTOLD))
            if maker[-1] != STRINGIFIED and any(
                t.origin is None or t.origin[: len(maker)] != maker for t in tokens[at : at + taken]
            ):
                plain += (Token("("), Token(UNTOLD), Token(")"))
        else:
            taken = 1
            plain.append(token)
        at += taken
    if plain:
        found.append(spell(plain))
    return tuple(found)


def _maker(token: Token, macros: tuple[str, ...]) -> tuple[str, ...]:
    """The macros that made a token, down to the first that did not make the call."""
    for number, name in enumerate(token.origin or ()):
        if number >= len(macros) or macros[number] != name:
            return (token.origin or ())[: number + 1]
    return ()


def _extent(tokens: Sequence[Token], maker: tuple[str, ...]) -> int:
    """How many of the first tokens are of one expansion, with what it got of its use."""
    depth = 0
    for number, token in enumerate(tokens):
        if depth <= 0 and (token.origin is None or token.origin[: len(maker)] != maker):
            return number
        depth += (token.text in ("(", "[", "{")) - (token.text in (")", "]", "}"))
    return len(tokens)


def told(template: Template, count: int, given: Sequence[str]) -> tuple[str, ...]:
    """The arguments of a call for a use with the arguments `given`; the template is of one with `count`. What
    follows the last of the use's arguments follows it in the call as well, when a variadic macro hands them on."""
    found: list[str] = []
    for number, pieces in enumerate(template):
        single = pieces[0] if len(pieces) == 1 else None
        if len(given) != count and single == count - 1 and number == len(template) - 1:
            return (*found, *given[count - 1 :])
        if len(given) < count and any(isinstance(p, int) and p >= len(given) for p in pieces):
            continue
        found.append(_text(pieces, given))
    return tuple(found)


def _text(pieces: tuple[Piece, ...], given: Sequence[str]) -> str:
    parts: list[str] = []
    for number, piece in enumerate(pieces):
        if isinstance(piece, str):
            parts.append(piece)
            continue
        text = given[piece]
        around = (
            pieces[number - 1] if number else "(",
            pieces[number + 1] if number + 1 < len(pieces) else ")",
        )
        enclosed = str(around[0]).endswith(("(", ",")) and str(around[1]).startswith((")", ","))
        parts.append(text if enclosed or not _OPERATOR.search(_blanked(text)) else f"({text})")
    text = "".join(parts)
    while text.startswith("(") and text_close_of(text) == len(text) - 1:
        text = text[1:-1].strip()
    text = re.sub(r"(?<![\w)\]])\((&?[A-Za-z_]\w*)\)(?=$|[,)\]]|->|\.)", r"\1", text)
    bare = _blanked(text)
    return UNTOLD if ";" in bare or "{" in bare or (len(text) > _LONGEST and len(pieces) > 1) else text


def _blanked(text: str) -> str:
    """The text with the insides of its literals replaced, at the same length."""
    return _LITERAL.sub(lambda match: "s" * len(match.group()), text)
