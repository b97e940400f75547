"""Variables of a Makefile: their values as assignments under conditions leave them.

Not handled: `define`, `override`, `undefine`, and variables of single targets.
"""

from analyzer.model.guards import conjunction
from analyzer.resolve.kbuild.conditions import Conditions, both, opposite
from analyzer.resolve.kbuild.expansion import Chunk, Expansion, Listing

_SIMPLE = (":=", "::=", ":::=")


class _Variable:
    __slots__ = ("chunks", "simple")

    def __init__(self, *, simple: bool) -> None:
        self.chunks: list[Chunk] = []
        self.simple = simple


class Variables(Expansion):
    """The variables of one Makefile; those of `outer` (what the top exports) are seen behind them."""

    def __init__(self, outer: "Variables | None", listing: Listing) -> None:
        super().__init__(listing)
        self._outer = outer
        self._values: dict[str, _Variable] = {}

    def names(self) -> list[str]:
        """The names that were assigned, in order."""
        return list(self._values)

    def has(self, name: str) -> bool:
        """Whether this Makefile itself assigns a name."""
        return name in self._values

    def chunks(self, name: str) -> list[Chunk]:
        """The parts of a variable's value."""
        found = self._values.get(name)
        if found is not None:
            return found.chunks
        return self._outer.chunks(name) if self._outer is not None else []

    def preset(self, name: str, text: str) -> None:
        """Give a variable a plain value."""
        variable = self._values[name] = _Variable(simple=True)
        if text:
            variable.chunks.append(Chunk((), text, "", 0, name))

    def unknown(self, name: str) -> None:
        """Give a variable a value that is not followed."""
        if name not in self._values:
            self._values[name] = _Variable(simple=True)
            self._values[name].chunks.append(Chunk((), None, "", 0, name))

    def assign(self, name: str, operator: str, given: Chunk) -> None:
        """One assignment: its conditions, text, place and spelled name."""
        variable = self._values.get(name)
        if operator == "?=":
            if variable is not None or (self._outer is not None and self._outer.chunks(name)):
                return
            operator = "="
        if variable is None:
            variable = self._values[name] = _Variable(simple=operator in (":=", "::="))
            if operator == "+=" and self._outer is not None:
                variable.chunks.extend(self._outer.chunks(name))
        fresh = self._fresh(operator, given, simple=operator in _SIMPLE or (operator == "+=" and variable.simple))
        if operator != "+=":
            variable.simple = operator in _SIMPLE
            variable.chunks = _elsewhere(variable.chunks, given.conditions)
        variable.chunks.extend(fresh)

    def _fresh(self, operator: str, given: Chunk, *, simple: bool) -> list[Chunk]:
        """What an assignment adds; a simple variable's text is expanded at once."""
        text = given.text or ""
        if operator == "!=":
            return [given._replace(text=None)]
        if not simple:
            return [given] if text else []
        return [
            given._replace(conditions=together, text=word.text)
            for word in self.words(text)
            if (together := both(given.conditions, word.conditions)) is not None
        ]


def _elsewhere(chunks: list[Chunk], conditions: Conditions) -> list[Chunk]:
    """What remains of a value where the conditions of a new one do not hold."""
    if not conditions:
        return []
    outside = (opposite(conjunction(*conditions)),)
    return [
        chunk._replace(conditions=together)
        for chunk in chunks
        if (together := both(chunk.conditions, outside)) is not None
    ]
