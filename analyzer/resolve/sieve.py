"""Which call sites of a function may lead to what is wanted, told by their text before anything is resolved.

Not handled: what the site's text and the macros in it do not tell; such sites pass.
"""

import re

from analyzer.extract.lexical import strip_comments
from analyzer.model.facts import DirectCall, IndirectCall
from analyzer.resolve.frames import Frame
from analyzer.resolve.names import Names
from analyzer.resolve.slots import Slots
from analyzer.resolve.static_calls import TRAMPOLINE
from analyzer.resolve.tokens import last_member
from analyzer.resolve.wanted import Wanted

_WORD = re.compile(r"[A-Za-z_]\w*")


class Sieve:
    """Tests for the sites of one function, whose file has this text."""

    def __init__(self, wanted: Wanted, names: Names, slots: Slots, frame: Frame, text: bytes) -> None:
        self._wanted = wanted
        self._names = names
        self._slots = slots
        self._frame = frame
        self._scope = frame.scope
        self._text = text

    def _is_local(self, name: str) -> bool:
        return name in self._frame.parameters or name in self._frame.variables

    def leads(self, call: DirectCall) -> bool:
        """Whether a call by name may be one that is wanted: of the function, of a variable that may hold it, or of
        a macro that calls it or is given it."""
        wanted, name = self._wanted, call.name
        if name in wanted.names or name in wanted.values or (wanted.pointers and self._is_local(name)):
            return True
        if name in wanted.routes.macros and self._goes_through(call):
            return True
        given = wanted.mention.search(self._text, call.start + len(name), call.end)
        return given is not None and bool(self._scope.macro(name))

    def _goes_through(self, call: DirectCall) -> bool:
        """Whether a macro's use may lead there, by what it is or by what it pastes."""
        wanted = self._wanted
        written = strip_comments(self._text[call.start : call.end]).decode("utf-8", "replace")
        if not wanted.through(call.name, written):
            return False
        if call.name not in wanted.routes.pasting:
            return True
        arguments = written.partition("(")[2].removesuffix(")")
        maker = self._names.maker
        if maker.may_paste_use(self._scope, call.name, arguments, wanted.routes.macros):
            return True
        return any(
            maker.may_paste(self._scope, call.name, given, name)
            for given in dict.fromkeys((arguments, _WORD.sub(self._meant, arguments)))
            for name in wanted.names
        )

    def _meant(self, word: re.Match[str]) -> str:
        """The name that a word is another one for (`#define RSEQ_EVENT_GUARD irq`), else the word."""
        definitions = self._scope.macro(word.group())
        plain = definitions and definitions[0].parameters is None and len(definitions[0].body) == 1
        return definitions[0].body[0].text if plain else word.group()

    def reads(self, call: IndirectCall) -> bool:
        """Whether a computed callee may be a slot that is wanted; what is no member may be anything."""
        wanted, callee = self._wanted, call.callee
        macro = callee.partition("(")[0].strip()
        if macro in wanted.routes.macros or (macro != callee and wanted.spelled.search(callee.encode())):
            return True
        field = last_member(callee)
        if not field:
            given = wanted.mention.search(callee.encode()) or wanted.mention.search(
                self._text, call.start, call.end
            )
            return wanted.pointers or (given is not None and bool(self._scope.macro(macro)))
        if field not in wanted.members:
            return False
        slot = self._slots.slot_of(self._scope, self._frame.typer.expand(callee), self._frame.types_at(call.line))
        return slot is None or slot in wanted.slots

    def matters(self, name: str) -> bool:
        """Whether a call by that name in an expansion may lead there."""
        return self._is_local(name) or name.startswith(TRAMPOLINE) or self._wanted.named(name)
