"""Calls that a macro use makes, read from its expansion and shared by all uses that expand alike.

Not handled: calls whose arguments matter to what is called (those expansions are made anew for each use).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from analyzer.extract.dominance import TESTS
from analyzer.resolve.dominated import guards_of
from analyzer.resolve.handed import Template, numbered, template_of
from analyzer.resolve.macros import Expander, MacroDefinition
from analyzer.resolve.scope import Scope
from analyzer.resolve.tokens import CLEANUP, KEYWORDS, Token, find_calls, spell

_MAX_RENAMED = 4  # variables of an expansion that hand a value on: INDIRECT_CALL_4 in INDIRECT_CALL_3 in …
_MAX_SHARED = 8  # expansions of one macro remembered for other files that see the same definitions


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


class Expansions:
    """What macro uses call, by the scope of the use."""

    def __init__(self) -> None:
        self._summaries: dict[tuple[str, str, bool], tuple[ExpandedCall, ...]] = {}
        self._shared: dict[tuple[str, bool], list[tuple[Mapping[str, object], tuple[ExpandedCall, ...]]]] = {}
        self._quiet: dict[tuple[str, str], bool] = {}

    def summary(
        self, scope: Scope, name: str, use: Sequence[Token], *, curried: bool = False
    ) -> tuple[ExpandedCall, ...]:
        """The calls that expanding a macro use makes, its own argument text left out. `curried`: a second pair of
        parentheses follows the use, `CLASS(fd, f)(fd)`."""
        key = (scope.path, name, curried)
        found = self._summaries.get(key)
        if found is not None:
            return found
        shared = self._shared.setdefault((name, curried), [])
        for footprint, made in shared:
            if all(n in TESTS or scope.macro(n) == d for n, d in footprint.items()):
                self._summaries[key] = made
                return made

        def lookup(macro: str) -> Sequence[MacroDefinition]:
            return () if macro in TESTS else scope.macro(macro)

        expander = Expander(lookup, everything=True, keep_arguments=True, sure=scope.macro_is_sure)
        expansion = expander.expand(use, outermost=True)
        made = tuple(_calls_in(expansion.tokens, use))
        if not expansion.depends and not any(m.callee or m.given for m in made):
            self._summaries[key] = made
            shared.insert(0, (expansion.footprint, made))
            del shared[_MAX_SHARED:]
        return made

    def calls_nothing(self, scope: Scope, name: str) -> bool:
        """Whether an object-like macro makes no call."""
        key = (scope.path, name)
        found = self._quiet.get(key)
        if found is None:
            definitions = [d for d in scope.macro(name) if d.parameters is None]
            found = not any(t.is_name and t.text != name for d in definitions for t in d.body)
            if not found:
                found = not self.summary(scope, name, [Token(name)])
            self._quiet[key] = found
        return found


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
            value = _initial_value(tokens, at_name)
            for _ in range(_MAX_RENAMED):
                bare = [t.text for t in value if t.text not in ("(", ")")]
                value = (_initial_value(tokens, places.get(bare[0], ())) if len(bare) == 1 else ()) or value
            declared = _declares_function(tokens, at_name)
            yield ExpandedCall(
                call.name, (), macros, False, origin is None, value, (), declared, guard, handed, count
            )
        else:
            root = next((t.text for t in callee if t.is_name), "")
            declaration = _declaration(tokens, places.get(root, ()))
            given = origin is None
            yield ExpandedCall(
                "", tuple(callee), macros, False, given, (), declaration, False, guard, handed, count
            )


def _initial_value(tokens: Sequence[Token], places: Sequence[int]) -> tuple[Token, ...]:
    """The initializer of a variable that an expansion declares: `typeof(f) name = value;`."""
    for at in places:
        if (
            0 < at < len(tokens) - 2
            and tokens[at + 1].text == "="
            and (tokens[at - 1].is_name or tokens[at - 1].text in (")", "*"))
        ):
            end = at + 2
            depth = 0
            while end < len(tokens) and not (depth == 0 and tokens[end].text in (";", ",")):
                depth += (tokens[end].text == "(") - (tokens[end].text == ")")
                end += 1
            return tuple(tokens[at + 2 : end])
    return ()


def _declares_function(tokens: Sequence[Token], places: Sequence[int]) -> bool:
    """Whether an expansion holds `extern void name(`."""
    return any(
        0 < at < len(tokens) - 1 and tokens[at + 1].text == "(" and tokens[at - 1].text in ("void", "int", "long")
        for at in places
    )


def _declaration(tokens: Sequence[Token], places: Sequence[int]) -> tuple[Token, ...]:
    """The declaration of a variable inside an expansion: `struct t *name;`."""
    for at in places:
        if not 0 < at < len(tokens) - 1 or tokens[at + 1].text not in (";", "="):
            continue
        start = at
        while start and tokens[start - 1].text not in (";", "{", "}"):
            start -= 1
        if at - start >= 2 or (at - start == 1 and tokens[start].is_name and tokens[start].text not in KEYWORDS):
            return tuple(tokens[start : at + 1])
    return ()
