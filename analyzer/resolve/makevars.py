"""Variables of a Makefile, expanded for all configurations at once.

`$(CONFIG_X)` is `y`, `m` or empty, each under its guard, so an expansion is a list of words or of whole texts
with conditions. What cannot be known (`$(shell …)`, `$(call cc-option,…)`) is unknown: a word without text, or
the exception `Unknown`.

Conditions are tuples of guards that hold together. Not handled: values of configuration symbols other than
`y`, `m` and empty, beyond comparing with a constant.
"""

import fnmatch
import functools
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from analyzer.model.guards import conjunction, negation, normalise

Conditions = tuple[str, ...]
Alternative = tuple[Conditions, str]

_MAX_ALTERNATIVES = 48
_MAX_DEPTH = 40
_YES, _MODULE, _NO = 1, 2, 4
_FORM = re.compile(r"^(!?)(?:(CONFIG_\w+)|(IS_MODULE|IS_ENABLED|IS_BUILTIN)\((CONFIG_\w+)\))$")
_MASKS = {"": _YES, "IS_BUILTIN": _YES, "IS_MODULE": _MODULE, "IS_ENABLED": _YES | _MODULE}
_FUNCTION = re.compile(r"^([a-z][a-z-]*)(?:[ \t]+(.*))?$", re.S)
_ONE_CONFIG = re.compile(r"^\$[({](CONFIG_\w+)[)}]$")
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


class Unknown(Exception):
    """An expansion that only a build can know."""


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


class _Variable:
    __slots__ = ("chunks", "simple")

    def __init__(self, *, simple: bool) -> None:
        self.chunks: list[Chunk] = []
        self.simple = simple


@functools.lru_cache(16384)
def _mask(guard: str) -> tuple[str, int]:
    """The symbol that a guard is about and the values it admits; ("", 0) for any other guard."""
    match = _FORM.match(guard)
    if match is None:
        return "", 0
    mask = _MASKS[match[3] or ""]
    return match[2] or match[4], (7 ^ mask) if match[1] else mask


def _of_mask(symbol: str, mask: int) -> str:
    return {
        0: "0",
        _YES: symbol,
        _MODULE: f"IS_MODULE({symbol})",
        _YES | _MODULE: f"IS_ENABLED({symbol})",
        _NO: f"!IS_ENABLED({symbol})",
        _MODULE | _NO: f"!{symbol}",
        _YES | _NO: f"!IS_MODULE({symbol})",
        7: "",
    }[mask]


@functools.lru_cache(16384)
def opposite(guard: str) -> str:
    """The guard's negation."""
    return negation(guard)


@functools.lru_cache(32768)
def both(left: Conditions, right: Conditions) -> Conditions | None:
    """What holds when both hold; None when that cannot be."""
    if not right:
        return left
    merged = list(left)
    for guard in right:
        if guard == "0":
            return None
        if guard in merged:
            continue
        symbol, mask = _mask(guard)
        for at, known in enumerate(merged):
            also, second = _mask(known)
            if symbol and also == symbol:
                if not mask & second:
                    return None
                merged[at] = _of_mask(symbol, mask & second)
                break
            if not symbol and not also and opposite(guard) == known:
                return None
        else:
            merged.append(guard)
    return tuple(merged)


def merged(one: Conditions, other: Conditions) -> Conditions | None:
    """A single run of conditions for "one or the other", None when there is none."""
    if one == other or not one:
        return one
    if len(one) != len(other):
        return None
    differing = [at for at in range(len(one)) if one[at] != other[at]]
    if len(differing) != 1:
        return None
    symbol, mask = _mask(one[differing[0]])
    also, second = _mask(other[differing[0]])
    if not symbol or symbol != also:
        return None
    union = _of_mask(symbol, mask | second)
    kept = [g for at, g in enumerate(one) if at != differing[0]]
    return (*kept[: differing[0]], union, *kept[differing[0] :]) if union else tuple(kept)


def widened(runs: Sequence[Conditions]) -> list[Conditions]:
    """The runs with every symbol admitting all values that it has in any of them: less exact, but short."""
    masks: dict[str, int] = {}
    for guard in (guard for run in runs for guard in run):
        symbol, mask = _mask(guard)
        masks[symbol] = masks.get(symbol, 0) | mask
    found = []
    for run in runs:
        wide = (_of_mask(s, masks[s]) if (s := _mask(guard)[0]) else guard for guard in run)
        found.append(tuple(dict.fromkeys(guard for guard in wide if guard)))
    return found


def either(runs: Sequence[Conditions]) -> str:
    """The guard "one of these holds"; "0" for none."""
    distinct = list(dict.fromkeys(runs))
    again = True
    while again:
        again = False
        for at, one in enumerate(distinct):
            for later in range(at + 1, len(distinct)):
                union = merged(one, distinct[later])
                if union is not None:
                    distinct[at] = union
                    del distinct[later]
                    again = True
                    break
            if again:
                break
    if not distinct:
        return "0"
    if () in distinct:
        return ""
    texts = [conjunction(*run) for run in distinct]
    return texts[0] if len(texts) == 1 else normalise(" || ".join(f"({t})" for t in texts))


@functools.lru_cache(32768)
def _pieces(text: str) -> tuple[tuple[bool, str], ...]:
    """Literal parts and the insides of references, in order: (is a reference, text)."""
    found: list[tuple[bool, str]] = []
    at = 0
    while True:
        start = text.find("$", at)
        if start < 0 or start + 1 >= len(text):
            if at < len(text):
                found.append((False, text[at:]))
            return tuple(found)
        if start > at:
            found.append((False, text[at:start]))
        opening = text[start + 1]
        if opening == "$":
            found.append((False, "$"))
            at = start + 2
        elif opening in "({":
            end = _closing(text, start + 1)
            found.append((True, text[start + 2 : end]))
            at = end + 1
        else:
            found.append((True, opening))
            at = start + 2


def _closing(text: str, opening: int) -> int:
    """Index of the closing partner, the end of the text when there is none."""
    left = text[opening]
    right = ")" if left == "(" else "}"
    depth = 0
    for at in range(opening, len(text)):
        if text[at] == left:
            depth += 1
        elif text[at] == right:
            depth -= 1
            if depth == 0:
                return at
    return len(text)


@functools.lru_cache(32768)
def _tokens(text: str) -> tuple[str, ...]:
    """The text cut at white space outside references."""
    if "$" not in text:
        return tuple(text.split())
    found: list[str] = []
    depth, start = 0, -1
    for at, char in enumerate(text):
        if char in "({" and (depth or (at and text[at - 1] == "$")):
            depth += 1
        elif char in ")}" and depth:
            depth -= 1
        if char.isspace() and depth == 0:
            if start >= 0:
                found.append(text[start:at])
                start = -1
        elif start < 0:
            start = at
    if start >= 0:
        found.append(text[start:])
    return tuple(found)


def _split_arguments(text: str, limit: int = 0) -> list[str]:
    """At commas outside references and parentheses."""
    found: list[str] = []
    depth, start = 0, 0
    for at, char in enumerate(text):
        if char in "({":
            depth += 1
        elif char in ")}":
            depth -= 1
        elif char == "," and depth == 0 and (not limit or len(found) < limit - 1):
            found.append(text[start:at])
            start = at + 1
    found.append(text[start:])
    return found


def _matches(pattern: str, word: str) -> str | None:
    """What `%` stands for; "" for an equal word without one; None when it does not match."""
    head, percent, tail = pattern.partition("%")
    if not percent:
        return "" if pattern == word else None
    if len(word) >= len(head) + len(tail) and word.startswith(head) and word.endswith(tail):
        return word[len(head) : len(word) - len(tail)]
    return None


def _each(function: str, given: Sequence[str], word: str) -> list[str]:
    """A function that maps words, on one word."""
    if function == "addprefix":
        return [given[0] + word]
    if function == "addsuffix":
        return [word + given[0]]
    if function == "subst":
        return (word.replace(given[0], given[1]) if given[0] else word).split()
    if function == "patsubst":
        stem = _matches(given[0].strip(), word)
        return [word] if stem is None else given[1].strip().replace("%", stem, 1).split()
    if function in ("filter", "filter-out"):
        inside = any(_matches(pattern, word) is not None for pattern in given[0].split())
        return [word] if inside == (function == "filter") else []
    if function == "basename":
        head, slash, tail = word.rpartition("/")
        return [head + slash + (tail.rpartition(".")[0] or tail)]
    if function == "dir":
        return [word.rpartition("/")[0] + "/" if "/" in word else "./"]
    if function == "notdir":
        return [word.rpartition("/")[2]]
    if function == "suffix":
        tail = word.rpartition("/")[2]
        return ["." + tail.rpartition(".")[2]] if "." in tail else []
    return [word]


class Variables:
    """The variables of one Makefile; those of `outer` (what the top exports) are seen behind them.
    `listing` gives the names of the files in a folder, for `$(wildcard …)`."""

    def __init__(self, outer: "Variables | None", listing: Callable[[str], Sequence[str]]) -> None:
        self._outer = outer
        self._listing = listing
        self._values: dict[str, _Variable] = {}
        self._depth = 0

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

    def assign(
        self, name: str, operator: str, text: str, conditions: Conditions, file: str, line: int, spelled: str
    ) -> None:
        """One assignment under conditions."""
        variable = self._values.get(name)
        if operator == "?=":
            if variable is not None or (self._outer is not None and self._outer.chunks(name)):
                return
            operator = "="
        if variable is None:
            variable = self._values[name] = _Variable(simple=operator in (":=", "::="))
            if operator == "+=" and self._outer is not None:
                variable.chunks.extend(self._outer.chunks(name))
        if operator == "!=":
            fresh = [Chunk(conditions, None, file, line, spelled)]
        elif operator in (":=", "::=", ":::=") or (operator == "+=" and variable.simple):
            fresh = []
            for word in self.words(text):
                together = both(conditions, word.conditions)
                if together is not None:
                    fresh.append(Chunk(together, word.text, file, line, spelled))
        else:
            fresh = [Chunk(conditions, text, file, line, spelled)] if text else []
        if operator != "+=":
            variable.simple = operator in (":=", "::=", ":::=")
            kept: list[Chunk] = []
            if conditions:
                outside = (opposite(conjunction(*conditions)),)
                for chunk in variable.chunks:
                    together = both(chunk.conditions, outside)
                    if together is not None:
                        kept.append(chunk._replace(conditions=together))
            variable.chunks = kept
        variable.chunks.extend(fresh)

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
            for token in _tokens(text):
                pieces = _pieces(token)
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
            arguments = _split_arguments(text, _ELEMENTWISE[function])
            if len(arguments) < _ELEMENTWISE[function]:
                raise Unknown(function)
            return self._mapped(function, arguments[:-1], arguments[-1])
        if function == "if":
            return self._if_words(_split_arguments(text, 3))
        if function == "foreach":
            return self._foreach(_split_arguments(text, 3))
        if function == "wildcard":
            return [w for word in self.words(text) for w in self._wildcard(word)]
        found: list[Word] = []
        for conditions, value in self._function_alternatives(function, text):
            found.extend(Word(conditions, w) for w in value.split())
        return found

    def _mapped(self, function: str, given: Sequence[str], last: str) -> list[Word]:
        choices: list[tuple[Conditions, list[str]]] = [((), [])]
        for argument in given:
            grown = []
            for conditions, values in choices:
                for more, value in self.alternatives(argument):
                    together = both(conditions, more)
                    if together is not None:
                        grown.append((together, [*values, value]))
            choices = grown
        found: list[Word] = []
        for word in self.words(last):
            for conditions, values in choices:
                together = both(word.conditions, conditions)
                if together is None:
                    continue
                if word.text is None:
                    found.append(Word(together, None))
                else:
                    found.extend(Word(together, w) for w in _each(function, values, word.text))
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
        inner = Variables(self, self._listing)
        inner._depth = self._depth
        for item in self.words(arguments[1]):
            if item.text is None:
                found.append(item)
                continue
            inner.preset(arguments[0].strip(), item.text)
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
            return self._joined(_pieces(text))
        finally:
            self._depth -= 1

    def _joined(self, pieces: Sequence[tuple[bool, str]]) -> list[Alternative]:
        found: list[Alternative] = [((), "")]
        for is_reference, piece in pieces:
            if not is_reference:
                found = [(conditions, text + piece) for conditions, text in found]
                continue
            grown = []
            choices = self._reference(piece)
            for conditions, text in found:
                for more, value in choices:
                    together = both(conditions, more)
                    if together is not None:
                        grown.append((together, text + value))
            found = grown
            if len(found) > _MAX_ALTERNATIVES:
                raise Unknown(piece)
        return found

    def _reference(self, inside: str) -> list[Alternative]:
        function, arguments = self._function(inside)
        if function:
            return self._function_alternatives(function, arguments)
        if ":" in inside and "=" in inside:
            return self._of_words(self._reference_words(inside))
        if "$" in inside:
            found: list[Alternative] = []
            for conditions, name in self.alternatives(inside):
                for more, value in self._reference(name):
                    together = both(conditions, more)
                    if together is not None:
                        found.append((together, value))
            return found
        name = inside.strip()
        if name.startswith("CONFIG_") and not self.chunks(name):
            return [((name,), "y"), ((f"IS_MODULE({name})",), "m"), ((f"!IS_ENABLED({name})",), "")]
        found = [((), "")]
        for chunk in self.chunks(name):
            if chunk.text is None:
                raise Unknown(name)
            choices = self.alternatives(chunk.text)
            grown = []
            outside = (opposite(conjunction(*chunk.conditions)),) if chunk.conditions else None
            for conditions, text in found:
                for more, value in choices:
                    together = both(conditions, chunk.conditions)
                    together = both(together, more) if together is not None else None
                    if together is not None:
                        grown.append((together, f"{text} {value}" if text else value))
                without = both(conditions, outside) if outside is not None else None
                if without is not None:
                    grown.append((without, text))
            found = grown
            if len(found) > _MAX_ALTERNATIVES:
                raise Unknown(name)
        return found

    def _of_words(self, words: Sequence[Word]) -> list[Alternative]:
        """Words as whole texts."""
        found: list[Alternative] = [((), "")]
        for word in words:
            if word.text is None:
                raise Unknown("word")
            grown = []
            outside = (opposite(conjunction(*word.conditions)),) if word.conditions else None
            for conditions, text in found:
                together = both(conditions, word.conditions)
                if together is not None:
                    grown.append((together, f"{text} {word.text}" if text else word.text))
                without = both(conditions, outside) if outside is not None else None
                if without is not None:
                    grown.append((without, text))
            found = grown
            if len(found) > _MAX_ALTERNATIVES:
                raise Unknown(word.text)
        return found

    def _function_alternatives(self, function: str, text: str) -> list[Alternative]:
        if function == "subst":
            return self._subst(_split_arguments(text, 3))
        if function in _ELEMENTWISE or function in ("if", "foreach", "wildcard") or function in _SILENT:
            return self._of_words(self._function_words(function, text))
        if function == "call":
            return self._call(_split_arguments(text))
        if function in ("or", "and"):
            return self._or_and(function, _split_arguments(text))
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
        inner = Variables(self, self._listing)
        inner._depth = self._depth
        for number, argument in enumerate(arguments[1:], 1):
            values = self.alternatives(argument)
            if len(values) != 1:
                raise Unknown(name)
            inner.preset(str(number), values[0][1])
        return inner._reference(name)

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
            if len(found) > _MAX_ALTERNATIVES:
                raise Unknown(function)
        return found

    # conditions

    def _filled(self, text: str) -> str:
        """The guard "this expands to something"."""
        return either([c for c, value in self.alternatives(text) if value.strip()])

    def condition(self, operator: str, text: str) -> str:
        """The guard of `ifeq (a,b)`, `ifdef NAME`, …; "0" is never. Raises Unknown."""
        guard = self._defined(text) if operator in ("ifdef", "ifndef") else self._equal(text)
        return opposite(guard) if operator in ("ifndef", "ifneq") else guard

    def _defined(self, text: str) -> str:
        runs = []
        for conditions, name in self.alternatives(text.strip()):
            if name.startswith("CONFIG_") and not self.chunks(name):
                choices: list[Conditions] = [(f"IS_ENABLED({name})",)]
            else:
                choices = [c.conditions for c in self.chunks(name) if c.text != ""]
            runs += [t for c in choices if (t := both(conditions, c)) is not None]
        return either(runs)

    def _equal(self, text: str) -> str:
        left, right = _sides(text)
        for one, other in ((left, right), (right, left)):
            match = _ONE_CONFIG.match(one)
            if match and "$" not in other and other not in ("y", "m", "n", ""):
                if other.isdecimal():
                    return f"{match[1]} == {other}"
                raise Unknown(text)
        equal: list[Conditions] = []
        unequal: list[Conditions] = []
        for first, one in self.alternatives(left):
            for second, other in self.alternatives(right):
                together = both(first, second)
                if together is not None:
                    (equal if one.strip() == other.strip() else unequal).append(together)
        if not unequal:
            return "" if equal else "0"
        return either(equal) if len(equal) <= len(unequal) else opposite(either(unequal))


def _sides(text: str) -> tuple[str, str]:
    """Both arguments of `ifeq`, however quoted."""
    text = text.strip()
    if text.startswith("("):
        end = _closing(text, 0)
        sides = _split_arguments(text[1:end], 2)
    else:
        sides = [a or b for a, b in re.findall(r"\"([^\"]*)\"|'([^']*)'", text)]
    if len(sides) != 2:
        raise Unknown(text)
    return sides[0].strip(), sides[1].strip()
