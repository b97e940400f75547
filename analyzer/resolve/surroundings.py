"""What stands around a place in a body: calls and macro uses that have it among their arguments, and may drop it.

Not handled: places that a macro keeps, but only in an operand that is not evaluated (`sizeof`).
"""

import functools
import re

from analyzer.extract.lexical import lex
from analyzer.model.facts import Definition, DirectCall
from analyzer.resolve.expansions import Expansions
from analyzer.resolve.scope import Scope

_MARK = re.compile(rb"[(),]")


class Surroundings:
    """The calls of one body as what encloses others."""

    def __init__(self, definition: Definition, text: bytes, scope: Scope, expansions: Expansions) -> None:
        self._definition = definition
        self._text = text
        self._scope = scope
        self._expansions = expansions
        # what may enclose something, by where it begins
        self._calls = sorted((c for c in definition.calls if c.end > c.start), key=lambda c: c.start)

    @functools.cached_property
    def _skeleton(self) -> bytes:
        return lex(self._text[self._definition.body : self._definition.end]).skeleton

    def of(self, offset: int) -> list[DirectCall]:
        """The calls among whose arguments an offset of the file is, the outermost first."""
        return [c for c in self._calls if c.start < offset < c.end]

    def keeps(self, offset: int) -> bool:
        """Whether no macro around an offset drops the argument that it is in."""
        return all(self._hands_on(call, offset) for call in self.of(offset))

    def _hands_on(self, call: DirectCall, offset: int) -> bool:
        if not self._scope.macro(call.name) or not self._scope.macro_is_sure(call.name):
            return True
        base = self._definition.body
        depth = number = count = 0
        for mark in _MARK.finditer(self._skeleton, call.start - base, call.end - base):
            sign = mark.group()
            depth += (sign == b"(") - (sign == b")")
            if sign == b"," and depth == 1:
                count += 1
                number += mark.start() < offset - base
        return self._expansions.keeps(self._scope, call.name, count + 1, number)
