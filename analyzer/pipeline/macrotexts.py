"""What the texts of macros call, without expanding them.

A note's line below a macro mostly names a call that stands in the macro's text, or in that of a macro there. That
is found by reading; expansion is left for what is pasted together. Not handled: which of several definitions holds
beyond what the scope tells, and arguments that are calls themselves (the function's own text has those).
"""

import itertools
import re
from collections.abc import Iterator, Set
from dataclasses import dataclass

from analyzer.compare.kernel import MadeCall
from analyzer.model.callgraph import FunctionRef, Location
from analyzer.notes.scan import KEYWORDS
from analyzer.resolve.macros import MacroDefinition
from analyzer.resolve.resolver import Resolver

_MAX_MACROS = 80  # texts read for one macro
_MIN_WORD = 2  # letters of a word that may be pasted into a name
_WORD = re.compile(r"(?<![\w.>])([A-Za-z_]\w*)")  # no members


@dataclass(frozen=True, slots=True)
class _Text:
    """All calls of a macro's text and of the macros in it, the members there that calls may go through, whether
    something is pasted together, and the words that the texts give to macros, which may be pasted."""

    calls: dict[str, MadeCall]
    members: frozenset[str]
    pastes: bool
    given: frozenset[str]


class MacroTexts:
    """The macros of one version, each read once for each file that sees it."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._texts: dict[tuple[str, str], _Text | None] = {}

    def calls(self, ref: FunctionRef, macro: str) -> tuple[MadeCall, ...] | None:
        """What a macro's text calls where a function uses it; None for what is no macro there."""
        text = self._text(ref.file, macro)
        return tuple(text.calls.values()) if text is not None else None

    def may_paste(self, ref: FunctionRef, text: str, macro: str, name: str) -> bool:
        """Whether a macro that a function's text uses may make a name out of a word there."""
        made = self._text(ref.file, macro)
        return made is None or (made.pastes and _has_part(name, made.given | {m[1] for m in _WORD.finditer(text)}))

    def may_make(self, ref: FunctionRef, text: str, name: str) -> bool:
        """Whether a macro use in a function's text may call a name, or through a member of that name: some macro's
        text does, or one that pastes could make it of a word there."""
        words = {m[1] for m in _WORD.finditer(text)}
        texts = [t for w in sorted(words) if (t := self._text(ref.file, w)) is not None]
        if any(name in t.calls or name in t.members for t in texts):
            return True
        pasting = [t for t in texts if t.pastes]
        return bool(pasting) and _has_part(name, words.union(*(t.given for t in pasting)))

    def _text(self, path: str, macro: str) -> _Text | None:
        key = (path, macro)
        if key not in self._texts:
            self._texts[key] = self._read(path, macro)
        return self._texts[key]

    def _read(self, path: str, macro: str) -> _Text | None:
        scope = self._resolver.scopes.of(path)
        if not scope.macro(macro):
            return None
        calls: dict[str, MadeCall] = {}
        members: set[str] = set()
        given: set[str] = set()
        pastes = False
        todo, seen = [macro], {macro}
        while todo and len(seen) < _MAX_MACROS:
            for definition in scope.macro(todo.pop(0)):
                body = [t.text for t in definition.body]
                pastes = pastes or "##" in body
                members.update(b for a, b in itertools.pairwise(body) if a in ("->", "."))
                given.update(b for a, b in itertools.pairwise(body) if a in ("(", ",") and b.isidentifier())
                for call in _called(definition):
                    calls.setdefault(call.name, call)
                    if call.name not in seen and scope.macro(call.name):
                        seen.add(call.name)
                        todo.append(call.name)
        return _Text(calls, frozenset(members), pastes, frozenset(given))


def _has_part(name: str, words: Set[str]) -> bool:
    return any(w in name for w in words - KEYWORDS if len(w) >= _MIN_WORD)


def _called(definition: MacroDefinition) -> Iterator[MadeCall]:
    """The names before a `(` in a macro's text, the name that the text is, and what a `_Generic` chooses from."""
    where = Location(definition.file, definition.line)
    body = definition.body
    chooses = any(token.text == "_Generic" for token in body)
    own = set(definition.parameters or ())
    for at, token in enumerate(body):
        name = token.text
        if (
            not name.isidentifier()
            or name in own
            or name in KEYWORDS
            or (at and body[at - 1].text in ("##", "->", "."))
        ):
            continue
        after = body[at + 1].text if at + 1 < len(body) else ""
        chosen = chooses and at and body[at - 1].text == ":" and after in (",", ")")
        if after == "(" or len(body) == 1 or chosen:
            yield MadeCall(name, where)
