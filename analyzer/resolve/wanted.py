"""What a search for callers is after, so that only the call sites that may matter are resolved."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from analyzer.model.callgraph import FunctionRef, Slot
from analyzer.resolve.routes import Reached
from analyzer.resolve.static_calls import TRAMPOLINE
from analyzer.resolve.syscallnames import canonical_name
from analyzer.resolve.tokens import Token
from analyzer.resolve.words import has_word


@dataclass(frozen=True)
class Wanted:
    """What may lead to a function: its names, macros whose expansion may call it, slots that may hold it (with the
    files that put its name there), and `values` that stand for it otherwise: static calls, variables. With
    `pointers`, calls of parameters and variables may lead there, too. `handed` are those of the macros that the
    source which defines them gives to another macro: `FOR_EACH(DUP)`."""

    function: FunctionRef
    names: frozenset[str]
    routes: Reached
    slots: Mapping[Slot, frozenset[str]]
    values: frozenset[str]
    pointers: bool = True
    handed: frozenset[str] = frozenset()

    @cached_property
    def members(self) -> frozenset[str]:
        """The members of the slots."""
        return frozenset(slot.field for slot in self.slots)

    @cached_property
    def mention(self) -> re.Pattern[bytes]:
        """Finds what matters where a macro is given it: a name, a member, a value, another macro. What is called
        there is a call site of its own."""
        return _any_of(self.names | self.members | self.values | self.handed, rb"(?!\s*\()")

    @cached_property
    def spelled(self) -> re.Pattern[bytes]:
        """The same without members, of which most are of other structs."""
        return _any_of(self.names | self.values)

    @cached_property
    def _bare(self) -> re.Pattern[bytes]:
        return _any_of(self.routes.bare)

    def without_parentheses(self, text: bytes, start: int, end: int) -> bool:
        """Whether a text has one of the macros that are used without parentheses."""
        return bool(self.routes.bare) and self._bare.search(text, start, end) is not None

    def through(self, macro: str, text: str) -> bool:
        """Whether a use of a macro may lead there, whatever it is given or by a part of a name in it."""
        words = self.routes.macros.get(macro)
        return words is not None and (not words or any(has_word(text, word) for word in words))

    def named(self, name: str) -> bool:
        """Whether a call of that name may be one of the function, or of a variable that holds it."""
        return name in self.values or name in self.names or canonical_name(name) in self.names

    def pointed(self, callee: Sequence[Token], hook: Slot | None) -> bool:
        """Whether a call of a value that is no member may be one of the function."""
        if self.pointers or hook in self.slots:
            return True
        words = {token.text.removeprefix(TRAMPOLINE) for token in callee}
        return not words.isdisjoint(self.names) or not words.isdisjoint(self.values)


def _any_of(words: frozenset[str], behind: bytes = b"") -> re.Pattern[bytes]:
    return re.compile(rb"\b(?:" + "|".join(map(re.escape, sorted(words))).encode() + rb")\b" + behind)
