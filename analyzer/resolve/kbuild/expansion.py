"""Expansion of Make's texts for all configurations at once.

`$(CONFIG_X)` is `y`, `m` or empty, each under its guard, so an expansion is a list of words or of whole texts with
conditions. What cannot be known (`$(shell …)`, `$(call cc-option,…)`) is unknown: a word without text, or the
exception `Unknown`.

Not handled: values of configuration symbols other than `y`, `m` and empty, functions that only a build can run.
"""

import fnmatch
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from analyzer.model.guards import conjunction
from analyzer.resolve.kbuild.conditions import Alternative, Conditions, both, either, opposite
from analyzer.resolve.kbuild.maketext import Unknown, mapped_word, pieces_of, split_arguments, words_of

Listing = Callable[[str], Sequence[str]]  # the names of the files in a folder, for `$(wildcard …)`

_MAX_ALTERNATIVES = 48
_MAX_DEPTH = 40
_FUNCTION = re.compile(r"^([a-z][a-z-]*)(?:[ \t]+(.*))?$", re.S)
_ELEMENTWISE = {
    "addprefix": 2,
    "addsuffix": 2,
    "patsubst": 3,
    "subst": 3,
    "filter": 2,
    "filter-out": 2,
    "basename": 1,
    "dir": 1,
    "notdir": 1,
    "suffix": 1,
    "strip": 1,
    "sort": 1,
    "abspath": 1,
    "realpath": 1,
}
_OTHERS = frozenset(("if", "or", "and", "foreach", "call", "wildcard", "firstword", "lastword", "findstring"))
_SILENT = frozenset(("info", "warning"))
_UNKNOWABLE = frozenset(
    ("shell", "eval", "origin", "flavor", "error", "file", "value", "word", "words", "wordlist")
)


class Word(NamedTuple):
    """A word of an expansion; `text` is None when it is unknown what stands there."""

    conditions: Conditions
    text: str | None


class Chunk(NamedTuple):
    """A part of a variable's value, with the place and the spelled name of the assignment that gave it."""

    conditions: Conditions
    text: str | None
    file: str
    line: int
    name: str


class Expansion(ABC):
    """Expands texts with the variables that `chunks` gives."""

    def __init__(self, listing: Listing, depth: int = 0) -> None:
        self._listing = listing
        self._depth = depth

    @abstractmethod
    def chunks(self, name: str) -> Sequence[Chunk]:
        """The parts of a variable's value."""

    # words

    def words(self, text: str) -> list[Word]:
        """The words of an expansion, each under its conditions."""
        if "$" not in text:
            return [Word((), w) for w in text.split()]
        self._depth += 1
        try:
            if self._depth > _MAX_DEPTH:
                return [Word((), None)]
            found: list[Word] = []
            for token in words_of(text):
                pieces = pieces_of(token)
                if len(pieces) == 1 and pieces[0][0]:
                    found.extend(self._reference_words(pieces[0][1]))
                    continue
                try:
                    for conditions, value in self._joined(pieces):
                        found.extend(Word(conditions, w) for w in value.split())
                except Unknown:
                    found.append(Word((), None))
            return found
        finally:
            self._depth -= 1

    def listed(self, name: str) -> list[tuple[Word, Chunk]]:
        """The words of a variable with the assignments that gave them."""
        found: list[tuple[Word, Chunk]] = []
        for chunk in self.chunks(name):
            if chunk.text is None:
                found.append((Word(chunk.conditions, None), chunk))
                continue
            for word in self.words(chunk.text):
                together = both(chunk.conditions, word.conditions)
                if together is not None:
                    found.append((Word(together, word.text), chunk))
        return found

    def _reference_words(self, inside: str) -> list[Word]:
        function, arguments = self._function(inside)
        try:
            if function:
                return self._function_words(function, arguments)
            name, _, pattern = inside.partition(":")
            if pattern and "=" in pattern:
                old, _, new = pattern.partition("=")
                if "%" not in old:
                    old, new = f"%{old}", f"%{new}"
                return self._mapped("patsubst", [old, new], f"$({name})")
            if "$" not in inside and not inside.startswith("CONFIG_"):
                return [word for word, _ in self.listed(inside.strip())]
            found: list[Word] = []
            for conditions, value in self._reference(inside):
                found.extend(Word(conditions, w) for w in value.split())
            return found
        except Unknown:
            return [Word((), None)]

    @staticmethod
    def _function(inside: str) -> tuple[str, str]:
        match = _FUNCTION.match(inside)
        if match is None or (match[2] is None):
            return "", ""
        known = match[1] in _ELEMENTWISE or match[1] in _OTHERS or match[1] in _SILENT or match[1] in _UNKNOWABLE
        return (match[1], match[2]) if known else ("", "")

    def _function_words(self, function: str, text: str) -> list[Word]:
        if function in _SILENT:
            return []
        if function in _UNKNOWABLE:
            raise Unknown(function)
        if function in _ELEMENTWISE:
            arguments = split_arguments(text, _ELEMENTWISE[function])
            if len(arguments) < _ELEMENTWISE[function]:
                raise Unknown(function)
            return self._mapped(function, arguments[:-1], arguments[-1])
        if function == "if":
            return self._if_words(split_arguments(text, 3))
        if function == "foreach":
            return self._foreach(split_arguments(text, 3))
        if function == "wildcard":
            return [w for word in self.words(text) for w in self._wildcard(word)]
        found: list[Word] = []
        for conditions, value in self._function_alternatives(function, text):
            found.extend(Word(conditions, w) for w in value.split())
        return found

    def _mapped(self, function: str, given: Sequence[str], last: str) -> list[Word]:
        choices: list[tuple[Conditions, list[str]]] = [((), [])]
        for argument in given:
            values_of = self.alternatives(argument)
            choices = [
                (together, [*values, value])
                for conditions, values in choices
                for more, value in values_of
                if (together := both(conditions, more)) is not None
            ]
        found: list[Word] = []
        for word in self.words(last):
            for conditions, values in choices:
                together = both(word.conditions, conditions)
                if together is None:
                    continue
                texts = [None] if word.text is None else mapped_word(function, values, word.text)
                found.extend(Word(together, text) for text in texts)
        return found

    def _if_words(self, arguments: Sequence[str]) -> list[Word]:
        guard = self._filled(arguments[0].strip())
        found: list[Word] = []
        for under, text in zip((guard, opposite(guard)), arguments[1:], strict=False):
            for word in self.words(text):
                together = both((under,) if under else (), word.conditions)
                if together is not None:
                    found.append(Word(together, word.text))
        return found

    def _foreach(self, arguments: Sequence[str]) -> list[Word]:
        if len(arguments) < 3:
            raise Unknown("foreach")
        found: list[Word] = []
        for item in self.words(arguments[1]):
            if item.text is None:
                found.append(item)
                continue
            inner = _Inner(self, {arguments[0].strip(): item.text})
            for word in inner.words(arguments[2]):
                together = both(item.conditions, word.conditions)
                if together is not None:
                    found.append(Word(together, word.text))
        return found

    def _wildcard(self, word: Word) -> list[Word]:
        if word.text is None:
            return [word]
        folder, slash, pattern = word.text.removeprefix("./").rpartition("/")
        names = fnmatch.filter(sorted(self._listing(folder)), pattern)
        return [Word(word.conditions, folder + slash + name) for name in names]

    # whole texts

    def alternatives(self, text: str) -> list[Alternative]:
        """The texts that an expansion may have, each under its conditions. Raises Unknown."""
        if "$" not in text:
            return [((), text)]
        self._depth += 1
        try:
            if self._depth > _MAX_DEPTH:
                raise Unknown(text)
            return self._joined(pieces_of(text))
        finally:
            self._depth -= 1

    def _joined(self, pieces: Sequence[tuple[bool, str]]) -> list[Alternative]:
        found: list[Alternative] = [((), "")]
        for is_reference, piece in pieces:
            choices = self._reference(piece) if is_reference else [((), piece)]
            found = [
                (together, text + value)
                for conditions, text in found
                for more, value in choices
                if (together := both(conditions, more)) is not None
            ]
            _bound(found, piece)
        return found

    def _reference(self, inside: str) -> list[Alternative]:
        function, arguments = self._function(inside)
        if function:
            return self._function_alternatives(function, arguments)
        if ":" in inside and "=" in inside:
            return _of_words(self._reference_words(inside))
        if "$" not in inside:
            return self._value(inside.strip())
        return [
            (together, value)
            for conditions, name in self.alternatives(inside)
            for more, value in self._reference(name)
            if (together := both(conditions, more)) is not None
        ]

    def _value(self, name: str) -> list[Alternative]:
        """The texts that a variable's value may have."""
        chunks = self.chunks(name)
        if name.startswith("CONFIG_") and not chunks:
            return [((name,), "y"), ((f"IS_MODULE({name})",), "m"), ((f"!IS_ENABLED({name})",), "")]
        found: list[Alternative] = [((), "")]
        for chunk in chunks:
            if chunk.text is None:
                raise Unknown(name)
            found = _appended(found, chunk.conditions, self.alternatives(chunk.text))
            _bound(found, name)
        return found

    def _function_alternatives(self, function: str, text: str) -> list[Alternative]:
        if function == "subst":
            return self._subst(split_arguments(text, 3))
        if function in _ELEMENTWISE or function in ("if", "foreach", "wildcard") or function in _SILENT:
            return _of_words(self._function_words(function, text))
        if function == "call":
            return self._call(split_arguments(text))
        if function in ("or", "and"):
            return self._or_and(function, split_arguments(text))
        if function in ("firstword", "lastword"):
            found = []
            for conditions, value in self.alternatives(text):
                words = value.split()
                found.append((conditions, (words[0] if function == "firstword" else words[-1]) if words else ""))
            return found
        if function == "findstring":
            wanted, _, inside = text.partition(",")
            return [
                (together, w if w in i else "")
                for c, w in self.alternatives(wanted)
                for d, i in self.alternatives(inside)
                if (together := both(c, d)) is not None
            ]
        raise Unknown(function)

    def _subst(self, arguments: Sequence[str]) -> list[Alternative]:
        """Works on the text, not on its words."""
        if len(arguments) < 3:
            raise Unknown("subst")
        found: list[Alternative] = []
        for first, old in self.alternatives(arguments[0]):
            for second, new in self.alternatives(arguments[1]):
                for third, text in self.alternatives(arguments[2]):
                    together = both(first, second)
                    together = both(together, third) if together is not None else None
                    if together is not None:
                        found.append((together, text.replace(old, new) if old else text))
        return found

    def _call(self, arguments: Sequence[str]) -> list[Alternative]:
        name = arguments[0].strip()
        if "$" in name or not self.chunks(name):
            raise Unknown(name)
        given: dict[str, str] = {}
        for number, argument in enumerate(arguments[1:], 1):
            values = self.alternatives(argument)
            if len(values) != 1:
                raise Unknown(name)
            given[str(number)] = values[0][1]
        return _Inner(self, given)._reference(name)

    def _or_and(self, function: str, arguments: Sequence[str]) -> list[Alternative]:
        found: list[Alternative] = [((), "")]
        for argument in arguments:
            grown = []
            for conditions, text in found:
                done = bool(text) if function == "or" else (not text and argument is not arguments[0])
                if done:
                    grown.append((conditions, text))
                    continue
                for more, value in self.alternatives(argument.strip()):
                    together = both(conditions, more)
                    if together is not None:
                        grown.append((together, value))
            found = grown
            _bound(found, function)
        return found

    def _filled(self, text: str) -> str:
        """The guard "this expands to something"."""
        return either([c for c, value in self.alternatives(text) if value.strip()])


class _Inner(Expansion):
    """An expansion in which some variables have plain values: what `foreach` and `call` expand."""

    def __init__(self, outer: Expansion, values: Mapping[str, str]) -> None:
        super().__init__(outer._listing, outer._depth)
        self._outer = outer
        self._values = {name: [Chunk((), text, "", 0, name)] if text else [] for name, text in values.items()}

    def chunks(self, name: str) -> Sequence[Chunk]:
        found = self._values.get(name)
        return self._outer.chunks(name) if found is None else found


def _of_words(words: Sequence[Word]) -> list[Alternative]:
    """Words as whole texts."""
    found: list[Alternative] = [((), "")]
    for word in words:
        if word.text is None:
            raise Unknown("word")
        found = _appended(found, word.conditions, [((), word.text)])
        _bound(found, word.text)
    return found


def _appended(
    found: Sequence[Alternative], conditions: Conditions, choices: Sequence[Alternative]
) -> list[Alternative]:
    """Texts with one of the choices behind each where the conditions hold, and as they were elsewhere."""
    outside = (opposite(conjunction(*conditions)),) if conditions else None
    grown: list[Alternative] = []
    for before, text in found:
        here = both(before, conditions)
        for more, value in choices if here is not None else ():
            together = both(here or (), more)
            if together is not None:
                grown.append((together, f"{text} {value}" if text else value))
        without = both(before, outside) if outside is not None else None
        if without is not None:
            grown.append((without, text))
    return grown


def _bound(found: Sequence[Alternative], what: str) -> None:
    """Give up an expansion that has too many alternatives."""
    if len(found) > _MAX_ALTERNATIVES:
        raise Unknown(what)
