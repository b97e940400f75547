"""Macro uses that stand for a braced list, for designators or for several items, as values of an initializer.

A macro is expanded and read once with placeholders for its arguments, and the arguments are put into what that
gives. (In 6.12 the tables of sound/ have 11,000 uses of `SOC_SINGLE` and its like.)

Not handled: lists that only some of a macro's definitions make; the likeliest counts.
"""

import itertools
import re
from collections.abc import Sequence
from typing import NamedTuple

from analyzer.extract.extractor import extract
from analyzer.model.facts import Entry
from analyzer.resolve.alike import Alike, Met
from analyzer.resolve.macros import Expander
from analyzer.resolve.placeholders import filled, use_of
from analyzer.resolve.scope import Scope
from analyzer.resolve.templates import values_of
from analyzer.resolve.tokens import KEYWORDS, Token, close_of, spell, split_arguments, tokenize

MACRO_USE = re.compile(r"^([A-Za-z_]\w*)\s*(\(.*\))?$", re.S)
_SHAPING = re.compile(r"[{}=\[]|^\s*\.")  # in an argument: it may change what the body's braces hold


class Braced(NamedTuple):
    """What a macro use stands for: `items` of the list that it stands in, or a list of its own; with `literal` the
    address of a literal of that type, which is an object of its own."""

    items: bool
    entries: Sequence[Entry]
    literal: str = ""


class BracedUses:
    """Braced lists by macro use."""

    def __init__(self) -> None:
        self._templates: Alike[tuple[str, int], Braced | None] = Alike()
        self._exact: Alike[str, Braced | None] = Alike()
        self._opening: dict[tuple[str, str], bool] = {}

    def may_list(self, scope: Scope, entry: Entry) -> bool:
        """Whether an item of an initializer is a macro use that stands for braces with values by position."""
        name, opening, _ = entry.value.partition("(")
        if not opening or "." in entry.path or not name.strip().isidentifier():
            return False
        return self._opens(scope, name.strip())

    def _opens(self, scope: Scope, name: str) -> bool:
        """Whether a macro, or one that its body uses, opens a brace with values by position."""
        key = (scope.key, name)
        found = self._opening.get(key)
        if found is None:
            self._opening[key] = False  # a macro that leads to itself
            bodies = [[t.text for t in definition.body] for definition in scope.macro(name)]
            pairs = [pair for body in bodies for pair in itertools.pairwise(body)]
            used = dict.fromkeys(one for one, other in pairs if other == "(" and one not in KEYWORDS)
            found = self._opening[key] = any(
                one == "{" and other not in (".", "[", "}") for one, other in pairs
            ) or any(one.isidentifier() and self._opens(scope, one) for one in used)
        return found

    def of(self, scope: Scope, value: str) -> Braced | None:
        """What an initializer's value stands for when it is the use of a macro for designators or a list, else
        None."""
        match = MACRO_USE.match(value)
        if match is None or match.group(1) in KEYWORDS or not scope.macro(match.group(1)):
            return None
        if match.group(2):
            values = values_of(match.group(2)[1:-1])
            if values and not any(map(_SHAPING.search, values)):
                macro, count = match.group(1), len(values)
                use = use_of(macro, count)
                template = self._templates.get(scope, (macro, count), lambda: _read(scope, use))
                if template is not None:
                    entries = [_with(entry, values) for entry in template.entries]
                    return Braced(template.items, entries, filled(template.literal, values))
        return self._exact.get(scope, value, lambda: _read(scope, value))


def _read(scope: Scope, use: str) -> tuple[Met, Braced | None]:
    expansion = Expander(scope.macro).expand(tokenize(use))
    tokens, type_ = _without_type(expansion.tokens)
    address = bool(tokens) and tokens[0].text == "&"
    if address:
        tokens, type_ = _without_type(tokens[1:])
    text = spell(tokens).strip()
    if address and not (type_ and text.startswith("{")):
        return Met(expansion.footprint), None
    if not text.startswith((".", "[", "{")) and not ("," in text and text.endswith("}")):
        return Met(expansion.footprint), None
    items = text.startswith((".", "[")) or len([t for t in split_arguments(text) if t]) > 1
    objects = extract((f"T v = {{ {text} }};" if items else f"T v = {text};").encode()).objects
    entries = dict.fromkeys(entry for made in objects for entry in made.entries)  # a literal is an object, too
    return Met(expansion.footprint), Braced(items, list(entries), type_ if address else "")


def _without_type(tokens: Sequence[Token]) -> tuple[Sequence[Token], str]:
    """The tokens without parentheses around and the type of a literal (`((struct t) { f })`), and that type."""
    while tokens and tokens[0].text == "(" and close_of(tokens, 0) == len(tokens) - 1:
        tokens = tokens[1:-1]
    if tokens and tokens[0].text == "(":
        behind = close_of(tokens, 0) + 1
        if 0 < behind < len(tokens) and tokens[behind].text == "{":
            return tokens[behind:], spell(tokens[1 : behind - 1])
    return tokens, ""


def _with(entry: Entry, values: Sequence[str]) -> Entry:
    return Entry(filled(entry.path, values), filled(entry.value, values), entry.line, entry.guard)
