"""Calls that a macro use makes, read from its expansion and shared by all uses that expand alike.

A use is expanded with placeholders for its arguments. What it calls then is what every use with as many arguments
calls, but where a placeholder became part of a callee or of a macro's name: those uses are expanded one by one.
(In 6.12's ext4, btrfs and xfs an expansion for each use took 30 % of all resolution.)

Not handled: an argument with operators of a lower precedence than the macro's body has around it.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from analyzer.extract.dominance import TESTS
from analyzer.resolve.alike import Alike, Met
from analyzer.resolve.asm_calls import asm_calls
from analyzer.resolve.dominated import CONSTANTS, guards_of
from analyzer.resolve.handed import Template, numbered, pieces_of, template_of
from analyzer.resolve.initializers import initial_value
from analyzer.resolve.macros import Expander, Expansion, Lookup
from analyzer.resolve.placeholders import (
    filled,
    holds_placeholder,
    is_placeholder,
    numbers_in,
    placeholder,
    use_of,
)
from analyzer.resolve.scope import Scope
from analyzer.resolve.tokens import (
    CLEANUP,
    KEYWORDS,
    Token,
    TokenCall,
    arguments_of,
    close_of,
    find_calls,
    spell,
    tokenize,
)

_TYPEOF = frozenset(("typeof", "__typeof__"))
_MAX_RENAMED = 4  # variables of an expansion that hand a value on: INDIRECT_CALL_4 in INDIRECT_CALL_3 in …


class ExpandedCall(NamedTuple):
    """A call in an expansion: a name, or the tokens of a computed callee."""

    name: str
    callee: tuple[Token, ...]
    macros: tuple[str, ...]
    cleanup: bool
    given: bool  # the callee's name is the site's own text
    value: tuple[Token, ...] = ()  # what a variable of the expansion with that name is initialized with
    declaration: tuple[Token, ...] = ()  # of the variable that a computed callee begins with
    declared: bool = False  # the expansion itself declares a function of that name
    guard: str = ""  # what dominates it inside the expansion
    handed: Template = ()  # its arguments, in terms of those of the use
    taken: int = 0  # how many arguments the use had that the template is from


class _Shape(NamedTuple):
    """What a macro calls whatever its arguments are; None when that depends on them. `pasted` names hold
    placeholders and were no macros: where a use makes a macro's name of one, the shape does not fit. Nor does it
    where one of the arguments `behind` a name begins with a parenthesis: `acpi_error plist`."""

    calls: tuple[ExpandedCall, ...] | None
    pasted: tuple[str, ...]
    behind: frozenset[int]

    def fits(self, scope: Scope, arguments: Sequence[Sequence[Token]]) -> bool:
        """Whether a use with these arguments calls what the shape says."""
        opened = (n for n in self.behind if n < len(arguments) and arguments[n])
        return not any(_may_be_macro(scope, name, arguments) for name in self.pasted) and all(
            arguments[n][0].text != "(" for n in opened
        )


_Pattern = tuple[str | None, ...]  # per argument of a use: None for any, or the text that has a say in guards
_Key = tuple[str, _Pattern | None]  # a macro, and the pattern of its use; None for a name without parentheses


class Expansions:
    """What macro uses call, by the scope of the use."""

    def __init__(self) -> None:
        self._shapes: Alike[_Key, _Shape] = Alike()
        self._quiet: dict[tuple[str, str], bool] = {}
        self._kept: dict[tuple[str, str, int], frozenset[int]] = {}

    def summary(self, scope: Scope, name: str, use: Sequence[Token]) -> tuple[ExpandedCall, ...]:
        """The calls that expanding a macro use makes, its own argument text left out."""
        arguments = _arguments_of(use)
        if arguments is None:
            return tuple(_calls_in(_expanded(scope, use).tokens, use))
        pattern = None if len(use) == 1 else tuple(_say(a) for a in arguments)
        shape = self._shape(scope, (name, pattern))
        if shape.calls is not None and shape.fits(scope, arguments):
            return shape.calls
        return tuple(_calls_in(_expanded(scope, use).tokens, use))

    def _shape(self, scope: Scope, key: _Key) -> _Shape:
        """The shape of a macro in a file."""
        return self._shapes.get(scope, key, lambda: _shape_of(scope, key))

    def keeps(self, scope: Scope, name: str, count: int, number: int) -> bool:
        """Whether the expansion of a macro use with `count` arguments still holds the argument of a number:
        `debug(printk(…))` may stand for nothing."""
        key = (scope.key, name, count)
        kept = self._kept.get(key)
        if kept is None:
            expanded = _expanded(scope, tokenize(use_of(name, count))).tokens
            kept = self._kept[key] = frozenset(n for token in expanded for n in numbers_in(token.text))
        return number in kept

    def calls_nothing(self, scope: Scope, name: str) -> bool:
        """Whether an object-like macro makes no call."""
        key = (scope.key, name)
        found = self._quiet.get(key)
        if found is None:
            definitions = [d for d in scope.macro(name) if d.parameters is None]
            found = not any(t.is_name and t.text != name for d in definitions for t in d.body)
            if not found:
                found = not self.summary(scope, name, [Token(name)])
            self._quiet[key] = found
        return found


def calls_under(lookup: Lookup, use: Sequence[Token]) -> Iterator[ExpandedCall]:
    """The calls that a macro use makes under other macros than a file's last ones."""
    expander = Expander(lookup, everything=True, keep_arguments=True)
    return _calls_in(expander.expand(use, outermost=True).tokens, use)


def _shape_of(scope: Scope, key: _Key) -> tuple[Met, _Shape]:
    name, pattern = key
    use = [Token(name)]
    if pattern is not None:
        use.append(Token("("))
        for number, text in enumerate(pattern):
            if number:
                use.append(Token(","))
            use += [Token(placeholder(number))] if text is None else tokenize(text)
        use.append(Token(")"))
    expansion = _expanded(scope, use)
    calls = tuple(_calls_in(expansion.tokens, use))
    pasted = tuple(n for n in expansion.footprint if holds_placeholder(n) and not is_placeholder(n))
    footprint = {n: d for n, d in expansion.footprint.items() if not holds_placeholder(n)}
    depends = expansion.lacking or any(map(_depends, calls)) or _before_calls(expansion.tokens)
    return Met(footprint), _Shape(None if depends else calls, pasted, _behind_names(expansion.tokens))


def _behind_names(tokens: Sequence[Token]) -> frozenset[int]:
    """The arguments whose placeholders stand right behind a name."""
    return frozenset(
        number
        for before, token in itertools.pairwise(tokens)
        if before.is_name and before.text not in KEYWORDS and is_placeholder(token.text)
        for number in numbers_in(token.text)
    )


def _before_calls(tokens: Sequence[Token]) -> bool:
    """Whether the placeholder of an argument, which may be statements or a type, stands right before a call."""
    return any(
        is_placeholder(one.text) and other.is_name and opening.text == "("
        for one, other, opening in zip(tokens, tokens[1:], tokens[2:], strict=False)
    )


def _expanded(scope: Scope, use: Sequence[Token]) -> Expansion:
    expander = Expander(scope.macro, everything=True, keep_arguments=True, sure=scope.macro_is_sure)
    return expander.expand(use, outermost=True)


def _arguments_of(use: Sequence[Token]) -> Sequence[Sequence[Token]] | None:
    """The arguments of `NAME(a, b)`, none of a name alone; None when something follows the parentheses, and when
    C and the preprocessor tell them apart differently: `NAME(a, (struct t){ 1, 2 })`."""
    if len(use) == 1:
        return ()
    last = len(use) - 1
    if last < 2 or use[1].text != "(" or close_of(use, 1) != last:
        return None
    whole = TokenCall("", 0, 1, last)
    found = arguments_of(use, whole, brackets="(")
    return found if len(found) == len(arguments_of(use, whole)) else None


def _say(argument: Sequence[Token]) -> str | None:
    """The text of an argument that has a say in what is called where it is put in: one that is empty, and one
    that is or combines constants and tests of the configuration. None for any other."""
    texts = [t.text for t in argument]
    words = {*texts}
    if words and words.isdisjoint(TESTS):
        constants = words & CONSTANTS
        if not constants or (words.isdisjoint(("&&", "||", "?")) and words - constants - {"(", ")", "!"}):
            return None
    return spell(argument)


def _may_be_macro(scope: Scope, pasted: str, arguments: Sequence[Sequence[Token]]) -> bool:
    """Whether a name with placeholders is a macro's when the arguments are put in, or can not be told."""
    if any(n >= len(arguments) or len(arguments[n]) != 1 for n in numbers_in(pasted)):
        return True
    return bool(scope.macro(filled(pasted, [spell(a) for a in arguments])))


def _depends(call: ExpandedCall) -> bool:
    """Whether a placeholder stands in a call elsewhere than as a whole argument."""
    tokens = (*call.callee, *call.value, *call.declaration)
    texts = (call.name, call.guard, *(p for pieces in call.handed for p in pieces if isinstance(p, str)))
    return any(map(holds_placeholder, texts)) or any(holds_placeholder(t.text) for t in tokens)


def _calls_in(tokens: Sequence[Token], use: Sequence[Token]) -> Iterator[ExpandedCall]:
    places_of_use, lengths = numbered(use)
    seen: set[tuple[str, str, str]] = set()
    guards = guards_of(tokens)
    places: dict[str, list[int]] = {}
    for at, token in enumerate(tokens):
        places.setdefault(token.text, []).append(at)
    for call in find_calls(tokens):
        if call.name in TESTS:
            continue
        guard = guards[call.opening] if guards else ""
        callee = tokens[call.start : call.opening]
        opening = tokens[call.opening]
        origin = tokens[call.opening - 1].origin
        if origin is None and opening.origin is None:
            continue  # spelled at the site: a site of its own
        macros = origin if origin is not None else opening.origin or ()
        if call.name in CLEANUP:
            inner = tokens[call.opening + 1]
            if inner.is_name:
                yield ExpandedCall(inner.text, (), macros, True, inner.origin is None)
            continue
        key = (call.name, "" if call.name else spell(callee), guard)
        if key in seen:
            continue
        seen.add(key)
        handed = template_of(tokens, call, macros, places_of_use, lengths)
        count = len(lengths)
        if call.name:
            at_name = places[call.name]
            value = initial_value(tokens, at_name)
            for _ in range(_MAX_RENAMED):
                bare = [t.text for t in value if t.text not in ("(", ")")]
                value = (initial_value(tokens, places.get(bare[0], ())) if len(bare) == 1 else ()) or value
            declared = _declares_function(tokens, at_name)
            yield ExpandedCall(
                call.name, (), macros, False, origin is None, value, (), declared, guard, handed, count
            )
        else:
            root = next((t.text for t in callee if t.is_name and t.text != "_Generic"), "")
            declaration = _declaration(tokens, places.get(root, ()), call.start)
            given = origin is None
            yield ExpandedCall(
                "", tuple(callee), macros, False, given, (), declaration, False, guard, handed, count
            )
    yield from _asm_calls_in(tokens, guards, (places_of_use, lengths))


def _asm_calls_in(
    tokens: Sequence[Token], guards: Sequence[str], places: tuple[Mapping[int, tuple[int, bool]], tuple[int, ...]]
) -> Iterator[ExpandedCall]:
    """The calls through operands of assembler statements that macros make."""
    seen: set[tuple[str, str]] = set()
    for call in asm_calls(tokens):
        macros = tokens[call.start].origin
        guard = guards[call.start] if guards else ""
        key = (spell(call.callee), guard)
        if macros is None or key in seen:
            continue
        seen.add(key)
        handed = pieces_of(call.arguments, macros, *places)
        yield ExpandedCall("", call.callee, macros, False, False, guard=guard, handed=handed, taken=len(places[1]))


def _declares_function(tokens: Sequence[Token], places: Sequence[int]) -> bool:
    """Whether an expansion holds `extern void name(`."""
    return any(
        0 < at < len(tokens) - 1 and tokens[at + 1].text == "(" and tokens[at - 1].text in ("void", "int", "long")
        for at in places
    )


def _declaration(tokens: Sequence[Token], places: Sequence[int], use: int) -> tuple[Token, ...]:
    """The declaration of a variable inside an expansion, `struct t *name;`: where macros nest that call their
    variables alike, the one whose block the use of it stands in."""
    found: tuple[Token, ...] = ()
    for at in places:
        if not 0 < at < len(tokens) - 1 or tokens[at + 1].text not in (";", "=", ","):
            continue
        start = _statement_before(tokens, at)
        typed = at - start >= 2 or (at > start and tokens[start].is_name and tokens[start].text not in KEYWORDS)
        if tokens[at + 1].text == ",":  # `struct t *name, *other;`, or an argument
            typed = typed and _declares(tokens, start)
        if typed and (not found or (at < use and _is_open(tokens, at, use))):
            found = tuple(tokens[start : at + 1])
    return found


def _declares(tokens: Sequence[Token], start: int) -> bool:
    """Whether a statement begins at a place that may be a declaration."""
    first, second = tokens[start], tokens[start + 1]
    stated = not start or tokens[start - 1].text in (";", "{", "}")
    return stated and first.is_name and (second.is_name or second.text == "*" or first.text in _TYPEOF)


def _statement_before(tokens: Sequence[Token], at: int) -> int:
    """Where the statement, or what stands in open parentheses, begins that a place is in."""
    start, depth = at, 0
    while start and tokens[start - 1].text not in (";", "{", "}"):
        text = tokens[start - 1].text
        depth += (text == ")") - (text == "(")
        if depth < 0:
            break
        start -= 1
    return start


def _is_open(tokens: Sequence[Token], place: int, later: int) -> bool:
    """Whether the block around one place is not closed before another."""
    depth = 0
    for token in tokens[place:later]:
        depth += (token.text == "{") - (token.text == "}")
        if depth < 0:
            return False
    return True
