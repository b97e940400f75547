"""A macro expander over the macros that a tree defines: arguments, `#`, `##`, variadics, `__VA_OPT__`.

The algorithm is Dave Prosser's (X3J11/86-196), with hide sets. A macro with several definitions that may hold
(other configuration, other includer) contributes all of them in `everything` mode, one after the other, and
its most likely one otherwise.

Not handled: `_Pragma`, `__COUNTER__`, and conditions that depend on a macro's value.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from analyzer.extract.dominance import TESTS
from analyzer.resolve.tokens import Origin, Token, close_of, outside_brackets, tokenize

_NAME_START = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")

_PLACEMARKER = "\x00"  # stands for an empty operand of `##` (C11 6.10.3.3)
_ALTERNATIVE = frozenset((";",))  # hidden by a `;` between alternatives, and by no other token
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
    """Expanded tokens. `lacking` tells that a macro was given fewer arguments than it takes, as when a name at
    the site stands for several; `footprint` holds every name that was looked up, with the definitions it had:
    where they are the same, the expansion is."""

    tokens: list[Token]
    lacking: bool
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
        self._lacking = False
        self._budget = MAX_TOKENS
        self._footprint: dict[str, Sequence[MacroDefinition]] = {}

    def expand(self, tokens: Sequence[Token], *, outermost: bool = False) -> Expansion:
        """`tokens` fully macro-expanded. With `outermost`, the first token is the use to expand."""
        self._lacking = False
        self._budget = MAX_TOKENS
        self._footprint = {}
        result = self._expand(list(tokens), 0, first=outermost)
        return Expansion(result, self._lacking, self._footprint)

    def _expand(self, tokens: list[Token], depth: int, *, first: bool = False) -> list[Token]:
        out: list[Token] = []
        stack = tokens[::-1]
        while stack:
            token = stack.pop()
            text = token.text
            if (
                text[0] not in _NAME_START
                or text in token.hidden
                or text in TESTS  # they stay conditions: the configuration's names are no macros here
                or self._budget <= 0
                or depth > _MAX_DEPTH
            ):
                out.append(token)
                first = False
                continue
            if self._keep and token.origin is None and not first and not _takes_made_arguments(stack):
                out.append(token)
                continue
            first = False
            definitions = self._lookup(text)
            self._footprint[text] = definitions
            replacement = self._replacement(token, definitions, stack, depth) if definitions else None
            if replacement is None:
                out.append(token)
            else:
                self._budget -= len(replacement)
                stack.extend(reversed(replacement))
        return out

    def _replacement(
        self, token: Token, definitions: Sequence[MacroDefinition], stack: list[Token], depth: int
    ) -> list[Token] | None:
        """What a use of a macro stands for; its arguments are taken off the (reversed) stack. None when the name
        is no use: that of a function-like macro without a parenthesis behind it."""
        if not self._everything:
            definitions = definitions[:1]
        arguments: list[list[Token]] | None = None
        taken = 0
        if stack and stack[-1].text == "(" and any(d.parameters is not None for d in definitions):
            arguments, taken = _arguments(stack)
        if arguments is not None and token.origin is not None and all(_lack(d, arguments) for d in definitions):
            arguments = self._split(arguments, depth)
        if arguments is None:
            definitions = [d for d in definitions if d.parameters is None]
            if not definitions:
                return None
        hidden_close = token.hidden & stack[-taken].hidden if taken else token.hidden
        replacement: list[Token] = []
        for definition in definitions:
            origin = (*(token.origin or ()), definition.label)
            plain = definition.parameters is None
            hidden = (token.hidden if plain else hidden_close) | {definition.name}
            body = self._substitute(definition, None if plain else arguments, origin, hidden, depth)
            if replacement:
                replacement.append(Token(";", origin, _ALTERNATIVE))
            replacement.extend(body)
        if taken:
            name = token.text
            del stack[-taken:]
            if self._sure is not None and depth + len(token.hidden) and not self._sure(name):
                separator = Token(";", token.origin, _ALTERNATIVE)
                plain_use = [
                    Token(name, token.origin, token.hidden | {name}),
                    Token("(", token.origin),
                    Token(")", token.origin),
                ]
                if stack and stack[-1].text == "(":  # only the last alternative is called
                    replacement = [*plain_use, separator, *replacement]
                else:
                    replacement += (separator, *plain_use)
        return replacement

    def _split(self, arguments: list[list[Token]], depth: int) -> list[list[Token]]:
        """The arguments of a macro that takes more than it is given: a name at the site may stand for several
        (`#define LID FIELD(struct msg, 4, u32, 32)`, `IBA_GET(LID, msg)`)."""
        self._lacking = True
        found: list[list[Token]] = []
        for argument in arguments:
            one = argument[0] if len(argument) == 1 and argument[0].origin is None else None
            split: list[list[Token]] | None = [argument]
            if one is not None and one.is_name and any(d.parameters is None for d in self._lookup(one.text)):
                inside = self._expand([one], depth + 1, first=True)
                split, _ = _arguments([Token(")"), *reversed(inside), Token("(")])
            found += split or [argument]
        return found

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
            text = body[at].text
            following = body[at + 1].text if at + 1 < len(body) else ""
            at += 1
            if text == "#" and following in actual:
                out.append(_string(actual[following], origin))
                at += 1
            elif text == "##" and following:
                self._paste(out, definition, at, actual, origin, hidden)
                at += 1
            elif text == "__VA_OPT__" and following == "(":
                end = close_of(body, at)
                if end > 0 and definition.parameters and actual.get(definition.parameters[-1]):
                    inner = definition._replace(body=body[at + 1 : end])
                    out.extend(self._substitute(inner, arguments, origin, hidden, depth))
                at = end + 1 if end > 0 else at + 1
            elif text not in actual:
                out.append(Token(text, origin, hidden))
            elif following == "##":
                if actual[text]:
                    out.extend(actual[text])
                elif at + 1 < len(body):
                    out.append(Token(_PLACEMARKER, origin))
            else:
                if text not in expanded:
                    expanded[text] = self._argument(actual[text], depth)
                out.extend(expanded[text])
        return self._hide(out, hidden)

    def _argument(self, given: list[Token], depth: int) -> list[Token]:
        """An argument as it is put in where no operator takes it."""
        if self._keep and all(t.origin is None for t in given):
            return self._alias(given[0]) if len(given) == 1 and given[0].is_name else given
        return self._expand(given, depth + 1)

    def _alias(self, given: Token) -> list[Token]:
        """The name that the source's own name is another one for (`#define RSEQ_EVENT_GUARD irq`): a macro further
        in may paste it. It still counts as the source's own."""
        definitions = self._lookup(given.text)
        self._footprint[given.text] = definitions
        if definitions and definitions[0].parameters is None:
            body = definitions[0].body
            if len(body) == 1 and body[0].is_name and not self._lookup(body[0].text):
                return [Token(body[0].text, None, given.hidden)]
        return [given]

    def _paste(
        self,
        out: list[Token],
        definition: MacroDefinition,
        at: int,
        actual: Mapping[str, list[Token]],
        origin: Origin,
        hidden: frozenset[str],
    ) -> None:
        """Join what came out last with the operand of `##` at this place of the body."""
        name = definition.body[at].text
        right = actual[name] if name in actual else [Token(name, origin, hidden)]
        if out and out[-1].text == "," and _is_rest(definition, name):
            if right:
                out.extend(right)  # GNU `, ## args`
            else:
                out.pop()
            return
        right = _first(right)
        if right and out:
            left = out.pop().text
            if left != _PLACEMARKER:
                out.append(Token(left + right[0].text, origin, hidden))
                right = right[1:]
        out.extend(right)

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
                    tokens = ready[text] = self._hide(self._argument(actual[text], depth), hidden)
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
                if text != _PLACEMARKER:
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


def _takes_made_arguments(stack: Sequence[Token]) -> bool:
    """Whether on the (reversed) stack a parenthesis is next that a macro made."""
    return bool(stack) and stack[-1].text == "(" and stack[-1].origin is not None


def _string(argument: Sequence[Token], origin: Origin) -> Token:
    """The literal that `#` makes of an argument."""
    spelled = " ".join(t.text for t in argument).replace("\\", "\\\\").replace('"', '\\"')
    return Token(f'"{spelled}"', (*(origin or ()), STRINGIFIED))


def _is_rest(definition: MacroDefinition, name: str) -> bool:
    """Whether a name stands for the variable arguments."""
    return name == "__VA_ARGS__" or bool(
        definition.variadic and definition.parameters and name == definition.parameters[-1]
    )


def _first(tokens: list[Token]) -> list[Token]:
    """What is pasted of an operand: of alternatives the first, as nothing could be made of `f_14; 0`."""
    for at, token in outside_brackets(tokens):
        if token.text == ";" and token.hidden == _ALTERNATIVE:
            return tokens[:at]
    return tokens


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


def _lack(definition: MacroDefinition, arguments: Sequence[object]) -> bool:
    """Whether a macro takes more arguments than it is given."""
    return len(arguments) < len(definition.parameters or ()) - definition.variadic


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
