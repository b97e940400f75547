"""A macro expander over the macros that a tree defines: arguments, `#`, `##`, variadics, `__VA_OPT__`.

The algorithm is Dave Prosser's (X3J11/86-196), with hide sets. A macro with several definitions that may hold
(other configuration, other includer) contributes all of them in `everything` mode, one after the other, and
its most likely one otherwise.

Not handled: `_Pragma`, `__COUNTER__`, and conditions that depend on a macro's value.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from analyzer.resolve.tokens import Origin, Token, tokenize

_NAME_START = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")

MAX_TOKENS = 60_000  # an expansion that grows beyond this is cut; the largest useful one in 6.12 has 31,000
_MAX_DEPTH = 200


class MacroName(str):
    """A macro's name as it stands in origins; `guard` is that of the definition that was used."""

    guard: str = ""


STRINGIFIED = MacroName("#")  # last in the origin of a literal that spells an argument


class MacroDefinition(NamedTuple):
    """A macro as the expander needs it."""

    name: str
    parameters: tuple[str, ...] | None
    variadic: bool
    body: tuple[Token, ...]
    file: str
    line: int
    guard: str
    label: MacroName
    plain: bool = False  # the body has no `#`, `##` or `__VA_OPT__`


Lookup = Callable[[str], Sequence[MacroDefinition]]


class Expansion(NamedTuple):
    """Expanded tokens. `depends` tells that the site's own argument text shaped names in it; `footprint`
    holds every name that was looked up, with the definitions it had: where they are the same, the
    expansion is."""

    tokens: list[Token]
    depends: bool
    footprint: Mapping[str, Sequence["MacroDefinition"]]


class Expander:
    """Expands token runs with the macros that `lookup` gives."""

    def __init__(
        self,
        lookup: Lookup,
        *,
        everything: bool = False,
        keep_arguments: bool = False,
        sure: Callable[[str], bool] | None = None,
    ) -> None:
        """`keep_arguments`: leave the source's own tokens alone but for the outermost use. `sure` tells
        whether a macro is defined in any case; one that is not may also be a function."""
        self._sure = sure
        self._lookup = lookup
        self._everything = everything
        self._keep = keep_arguments
        self._depends = False
        self._budget = MAX_TOKENS
        self._footprint: dict[str, Sequence[MacroDefinition]] = {}

    def expand(self, tokens: Sequence[Token], *, outermost: bool = False) -> Expansion:
        """`tokens` fully macro-expanded. With `outermost`, the first token is the use to expand."""
        self._depends = False
        self._budget = MAX_TOKENS
        self._footprint = {}
        result = self._expand(list(tokens), 0, first=outermost)
        return Expansion(result, self._depends, self._footprint)

    def _expand(self, tokens: list[Token], depth: int, *, first: bool = False) -> list[Token]:
        out: list[Token] = []
        stack = tokens[::-1]
        while stack:
            token = stack.pop()
            text = token.text
            if text[0] not in _NAME_START or text in token.hidden or self._budget <= 0 or depth > _MAX_DEPTH:
                out.append(token)
                first = False
                continue
            if self._keep and token.origin is None and not first:
                following = stack[-1] if stack else None
                if following is None or following.text != "(" or following.origin is None:
                    out.append(token)
                    continue
            first = False
            definitions = self._lookup(text)
            self._footprint[text] = definitions
            if not definitions:
                out.append(token)
                continue
            if not self._everything:
                definitions = definitions[:1]
            function_like = [d for d in definitions if d.parameters is not None]
            arguments: list[list[Token]] | None = None
            taken = 0
            if function_like and stack and stack[-1].text == "(":
                arguments, taken = _arguments(stack)
            if arguments is None:
                definitions = [d for d in definitions if d.parameters is None]
                if not definitions:
                    out.append(token)
                    continue
                hidden_close: frozenset[str] = token.hidden
            else:
                hidden_close = token.hidden & stack[-taken].hidden
            replacement: list[Token] = []
            for number, definition in enumerate(definitions):
                if definition.parameters is not None and arguments is None:
                    continue
                origin = (*(token.origin or ()), definition.label)
                if definition.parameters is None:
                    hidden = token.hidden | {definition.name}
                    body = self._substitute(definition, None, origin, hidden, depth)
                else:
                    hidden = hidden_close | {definition.name}
                    body = self._substitute(definition, arguments, origin, hidden, depth)
                if number and replacement:
                    replacement.append(Token(";", origin))
                replacement.extend(body)
            if arguments is not None and function_like:
                if self._sure is not None and depth + len(token.hidden) and not self._sure(text):
                    replacement.append(Token(";", token.origin))
                    replacement.append(Token(text, token.origin, token.hidden | {text}))
                    replacement.extend((Token("(", token.origin), Token(")", token.origin)))
                del stack[-taken:]
            self._budget -= len(replacement)
            stack.extend(reversed(replacement))
        return out

    def _substitute(
        self,
        definition: MacroDefinition,
        arguments: list[list[Token]] | None,
        origin: Origin,
        hidden: frozenset[str],
        depth: int,
    ) -> list[Token]:
        """The replacement list with arguments put in (C11 6.10.3.1 to 6.10.3.3)."""
        actual: dict[str, list[Token]] = {}
        if arguments is not None and definition.parameters is not None:
            actual = _bind(definition, arguments)
        if definition.plain:
            return self._plainly(definition, actual, origin, hidden, depth)
        expanded: dict[str, list[Token]] = {}
        body = definition.body
        out: list[Token] = []
        at = 0
        while at < len(body):
            token = body[at]
            text = token.text
            following = body[at + 1].text if at + 1 < len(body) else ""
            if text == "#" and following in actual and definition.parameters is not None:
                spelled = " ".join(t.text for t in actual[following])
                literal = '"' + spelled.replace("\\", "\\\\").replace('"', '\\"') + '"'
                out.append(Token(literal, (*(origin or ()), STRINGIFIED)))
                at += 2
                continue
            if text == "##" and out is not None and at + 1 < len(body):
                right_name = body[at + 1].text
                right = list(actual[right_name]) if right_name in actual else [Token(right_name, origin, hidden)]
                if right_name in actual or (at and body[at - 1].text in actual):
                    self._depends = True
                if (out and out[-1].text == "," and right_name == "__VA_ARGS__") or (
                    out
                    and out[-1].text == ","
                    and definition.variadic
                    and definition.parameters
                    and right_name == definition.parameters[-1]
                ):
                    if right:
                        out.extend(right)  # GNU `, ## args`
                    else:
                        out.pop()
                elif (right := _first(right)) and out and out[-1].text != "\x00":
                    out[-1] = Token(out[-1].text + right[0].text, origin, hidden)
                    out.extend(right[1:])
                elif right:
                    if out:
                        out.pop()
                    out.extend(right)
                at += 2
                continue
            if text == "__VA_OPT__" and following == "(":
                end = _close(body, at + 1)
                variadic = actual.get(definition.parameters[-1], []) if definition.parameters else []
                if variadic and end > 0:
                    inner = definition._replace(body=tuple(body[at + 2 : end]))
                    out.extend(self._substitute(inner, arguments, origin, hidden, depth))
                at = end + 1 if end > 0 else at + 2
                continue
            if text in actual:
                if following == "##":
                    plain = actual[text]
                    out.extend(plain if plain else [Token("\x00", origin)])
                    if not plain and at + 2 >= len(body):
                        out.pop()
                else:
                    if text not in expanded:
                        expanded[text] = (
                            actual[text]
                            if self._keep and all(t.origin is None for t in actual[text])
                            else self._expand(list(actual[text]), depth + 1)
                        )
                    out.extend(expanded[text])
                at += 1
                continue
            out.append(Token(text, origin, hidden))
            at += 1
        return self._hide(out, hidden)

    def _plainly(
        self,
        definition: MacroDefinition,
        actual: Mapping[str, list[Token]],
        origin: Origin,
        hidden: frozenset[str],
        depth: int,
    ) -> list[Token]:
        """`_substitute` for a body without operators: most are, so this is worth its own loop."""
        out: list[Token] = []
        append, new = out.append, tuple.__new__
        ready: dict[str, list[Token]] = {}
        for token in definition.body:
            text = token[0]
            if text in actual:
                tokens = ready.get(text)
                if tokens is None:
                    given = actual[text]
                    if not (self._keep and all(t.origin is None for t in given)):
                        given = self._expand(list(given), depth + 1)
                    tokens = ready[text] = self._hide(given, hidden)
                out.extend(tokens)
            else:
                append(new(Token, (text, origin, hidden)))
        return out

    def _hide(self, out: list[Token], hidden: frozenset[str]) -> list[Token]:
        """Tokens with these names added to their hide sets. Only names can expand again, so only they
        carry any."""
        unions: dict[frozenset[str], frozenset[str]] = {}
        result: list[Token] = []
        for token in out:
            text = token.text
            if text[0] not in _NAME_START:
                if text != "\x00":
                    result.append(token)
                continue
            own = token.hidden
            if own is hidden or (token.origin is None and self._keep):
                result.append(token)
                continue
            union = unions.get(own)
            if union is None:
                union = unions[own] = own | hidden
            result.append(token if union == own else Token(text, token.origin, union))
        return result


def _first(tokens: Sequence[Token]) -> list[Token]:
    """What is pasted of an argument: of alternatives the first, as nothing could be made of `f_14; 0`."""
    for at, token in enumerate(tokens):
        if token.text == ";" and token.origin is not None:
            return list(tokens[:at])
    return list(tokens)


def _close(body: Sequence[Token], opening: int) -> int:
    depth = 0
    for at in range(opening, len(body)):
        depth += (body[at].text == "(") - (body[at].text == ")")
        if depth == 0:
            return at
    return -1


def _arguments(stack: list[Token]) -> tuple[list[list[Token]] | None, int]:
    """The arguments of a use whose `(` is on top of the (reversed) stack, and how many tokens they take."""
    depth = 0
    arguments: list[list[Token]] = [[]]
    at = len(stack) - 1
    while at >= 0:
        token = stack[at]
        text = token.text
        if text == "(":
            depth += 1
            if depth > 1:
                arguments[-1].append(token)
        elif text == ")":
            depth -= 1
            if depth == 0:
                return arguments, len(stack) - at
            arguments[-1].append(token)
        elif text == "," and depth == 1:
            arguments.append([])
        else:
            arguments[-1].append(token)
        at -= 1
    return None, 0


def _bind(definition: MacroDefinition, arguments: list[list[Token]]) -> dict[str, list[Token]]:
    names = definition.parameters or ()
    bound: dict[str, list[Token]] = {}
    last = len(names) - 1
    for number, name in enumerate(names):
        if number == last and definition.variadic:
            rest: list[Token] = []
            for position, argument in enumerate(arguments[number:]):
                if position:
                    rest.append(Token(","))
                rest.extend(argument)
            bound[name] = rest
            if name != "__VA_ARGS__":
                bound.setdefault("__VA_ARGS__", rest)
        else:
            bound[name] = arguments[number] if number < len(arguments) else []
    return bound


def macro_definition(
    name: str,
    parameters: tuple[str, ...] | None,
    variadic: bool,
    body: str,
    file: str,
    line: int,
    guard: str,
) -> MacroDefinition:
    """A definition with its body in tokens."""
    label = MacroName(name)
    label.guard = guard
    plain = "#" not in body and "__VA_OPT__" not in body
    return MacroDefinition(name, parameters, variadic, tuple(tokenize(body)), file, line, guard, label, plain)
