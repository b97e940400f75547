"""What one macro use at file scope expands to, and the facts of that.

Not handled: functions, which `made` places.
"""

import msgspec

from analyzer.extract.extractor import extract
from analyzer.model.facts import FileFacts, Invocation, Object
from analyzer.resolve.inforce import lookup_at
from analyzer.resolve.macros import Expander, Lookup
from analyzer.resolve.scope import Scope
from analyzer.resolve.templates import as_text
from analyzer.resolve.tokens import Token, spell, tokenize

_DEFINING = frozenset(("{", "=", ";", "extern"))  # none of these: most uses define and declare nothing
_BEGINNING = frozenset(("static", "const", "struct", "union", "__attribute__", "__typeof__", "typeof"))


def expanded_text(scope: Scope, text: str, line: int) -> str:
    """C text with all macros expanded as a line of the file sees them."""
    return spell(Expander(lookup_at(scope, line, scope.macro)).expand(tokenize(text)).tokens)


def expansion_of(scope: Scope, use: Invocation, lookup: Lookup | None = None) -> list[Token]:
    """The tokens that a file-scope macro use expands to; `lookup` replaces the macros of the scope."""
    source = f"{use.prefix} {use.macro}({use.arguments}) {use.tail}".strip()
    seen = lookup_at(scope, use.line, lookup or scope.macro_under(use.guard))
    return Expander(seen).expand(tokenize(source)).tokens


def made_by_use(scope: Scope, use: Invocation, lookup: Lookup | None = None) -> FileFacts | None:
    """The facts of a file-scope macro use's expansion, None when it is no macro here or makes nothing.
    `lookup` replaces the macros of the scope."""
    if lookup is None and not scope.macro(use.macro):
        return None
    tokens = expansion_of(scope, use, lookup)
    declares = any(t.text in _DEFINING for t in tokens) or (bool(tokens) and tokens[0].text in _BEGINNING)
    if not declares and not use.tail:
        return None
    return extract(as_text(tokens))


def placed_objects(use: Invocation, facts: FileFacts) -> list[Object]:
    """The objects of an expansion, placed on the line of the use. A compound literal at file scope is the
    value of the object that is defined there."""
    name = next((o.name for o in facts.objects if o.name), "")
    return [
        msgspec.structs.replace(
            o,
            name=o.name or name,
            line=use.line,
            guard=use.guard,
            entries=tuple(msgspec.structs.replace(e, line=use.line, guard="") for e in o.entries),
        )
        for o in facts.objects
        if o.name or (name and not o.function)
    ]
