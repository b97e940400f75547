"""Macros that lead to a call: backwards from a function's name to those whose expansion may spell it.

A macro's body may call the name, end in it (`#define f g`), give it to another macro, or paste it together: then
the use, or the macro around it, must give the part that is missing (`guard(mutex)` for `class_mutex_constructor`).

Not handled: macros in capitals that other macros use without parentheses, names that a macro pastes only of
what it is given (`CONCAT(a, b)`), and parts that are macros for more than another name.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from analyzer.model.facts import Macro
from analyzer.resolve.names import Names
from analyzer.resolve.pastes import Paste
from analyzer.resolve.shaping import CALLED
from analyzer.resolve.spelling import argument_texts
from analyzer.resolve.tables import table_of
from analyzer.resolve.tokens import text_close_of
from analyzer.resolve.words import has_word, parts_of

ANYTHING: frozenset[str] = frozenset()  # no word is needed in a use
_MAX_MACROS = 4_000  # macros followed upwards


class Reached(NamedTuple):
    """Macros on the way to a call, with the words of which a use must hold one (`ANYTHING`: it need not), and the
    files that define them so. `bare` ones are used without parentheses; `pasting` ones lead there only by pasting
    the name together."""

    macros: dict[str, frozenset[str]]
    definers: dict[str, frozenset[str]]
    bare: frozenset[str]
    pasting: frozenset[str]

    def joined(self, other: "Reached") -> "Reached":
        """These and others, all of which count as found whatever is pasted."""
        macros, definers = dict(self.macros), dict(self.definers)
        for name, words in other.macros.items():
            before = macros.get(name)
            macros[name] = words if before is None else before | words if before and words else ANYTHING
            definers[name] = definers.get(name, frozenset()) | other.definers[name]
        return Reached(macros, definers, self.bare | other.bare, self.pasting - other.macros.keys())


class _Step(NamedTuple):
    """A name to look for in macros' bodies; `definer` is the file of the macro that it is, "" for another name."""

    name: str
    words: frozenset[str]
    pasted: bool
    definer: str


class _Search:
    """The macros found on the way upwards, and from where to go on."""

    def __init__(self) -> None:
        self.macros: dict[str, frozenset[str]] = {}
        self.definers: dict[str, set[str]] = {}
        self.bare: set[str] = set()
        self.pasting: set[str] = set()
        self.todo: list[_Step] = []

    def reach(self, path: str, name: str, bare: bool, words: frozenset[str], *, pasted: bool) -> None:
        """Come to a macro; go on from there if it was not known to be reached so easily, or from that file."""
        before = self.macros.get(name)
        if before is None:
            if len(self.macros) >= _MAX_MACROS:
                return
        elif (
            path in self.definers[name]
            and (before == ANYTHING or (words <= before and words != ANYTHING))
            and (pasted or name not in self.pasting)
        ):
            return
        if bare:
            self.bare.add(name)
        if pasted and before is None:
            self.pasting.add(name)
        elif not pasted:
            self.pasting.discard(name)
        self.macros[name] = words if before is None else before | words if before and words else ANYTHING
        self.definers.setdefault(name, set()).add(path)
        self.todo.append(_Step(name, self.macros[name], pasted, path))

    def reached(self) -> Reached:
        """What was found."""
        definers = {name: frozenset(paths) for name, paths in self.definers.items()}
        return Reached(self.macros, definers, frozenset(self.bare), frozenset(self.pasting))


def standing_for(macros: Iterable[str], path: str) -> Reached:
    """Macros that are known to lead on, as one file defines them."""
    names = frozenset(macros)
    return Reached(
        dict.fromkeys(names, ANYTHING), {m: frozenset((path,)) for m in names}, frozenset(), frozenset()
    )


class Routes:
    """Macros by what their expansion may call."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._index = names.index
        self._links: tuple[Mapping[str, Sequence[Paste]], Sequence[Paste]] | None = None
        self._called: frozenset[str] | None = None

    def to(self, names: Iterable[str], values: Iterable[str] = (), members: Iterable[str] = ()) -> Reached:
        """The macros whose expansion may call one of the names, or through one of the variables or members."""
        search = _Search()
        for member in sorted(members):
            for path, macro in self._calling_member(member):
                search.reach(path, macro.name, macro.parameters is None, ANYTHING, pasted=False)
        search.todo += [_Step(value, ANYTHING, False, "") for value in sorted(values)]
        for name in sorted(names):
            search.todo.append(_Step(name, ANYTHING, False, ""))
            for paste in _making(name, self._names.scopes.shaping.pastes):
                part = name[len(paste.first) : len(name) - len(paste.last)]
                words = self._also_named({part} if paste.single else parts_of(part))
                search.reach(paste.path, paste.macro, paste.bare, words, pasted=True)
        while search.todo:
            name, words, pasted, definer = search.todo.pop()
            in_file, in_capitals = self._linking() if definer else ({}, ())
            for paste in _making(name, in_capitals if name.isupper() else in_file.get(definer, ())):
                part = name[len(paste.first) : len(name) - len(paste.last)]
                search.reach(paste.path, paste.macro, paste.bare, frozenset((part,)), pasted=True)
            for path, macro in self._naming(name):
                if macro.name == name or (definer and not self._may_mean(path, definer)):
                    continue
                given = words - {name}  # the called macro's own name is none of its arguments
                sure = any(has_word(macro.body, word) for word in given) or self._lacks(macro, name, definer)
                whatever = sure or words == ANYTHING or "##" in macro.body
                if whatever or _passes(macro, name):
                    wanted = ANYTHING if whatever else words
                    search.reach(path, macro.name, macro.parameters is None, wanted, pasted=pasted and not sure)
        return search.reached()

    def _may_mean(self, path: str, definer: str) -> bool:
        """Whether a macro's name in a file may mean what another file defines: it sees that, or is a header that a
        source includes which does so."""
        includes = self._names.scopes.includes
        return includes.may_see(path, definer) or (
            definer.endswith(".c") and path.endswith(".h") and path in includes.closure(definer)
        )

    def _lacks(self, macro: Macro, name: str, definer: str) -> bool:
        """Whether a macro gives another one fewer arguments than that takes: one of its own stands for several."""
        if not definer or not macro.parameters:
            return False
        taken = [
            len(m.parameters) - m.variadic
            for m in self._index.facts(definer).macros
            if m.name == name and m.parameters is not None
        ]
        given = [
            len(argument_texts(_parenthesized(macro.body, match.end() - 1), macro=True))
            for match in re.finditer(rf"\b{re.escape(name)}\s*\(", macro.body)
        ]
        return bool(taken and given) and min(given) < min(taken)

    def _also_named(self, words: Collection[str]) -> frozenset[str]:
        """Some words and the macros that are other names for them: `#define RSEQ_EVENT_GUARD irq`."""
        others = {
            m.name for w in words for _, m in self._naming(w) if m.parameters is None and m.body.strip() == w
        }
        return frozenset(words) | others

    def standing_for(self, name: str) -> list[str]:
        """The macros without parameters whose body has a name as a value: `#define nop ((void *)nop_func)`."""
        value = re.compile(rf"\b{re.escape(name)}\b(?!\s*\()")
        naming = self._naming(name)
        return sorted({m.name for _, m in naming if m.parameters is None and value.search(m.body)})

    def putting(self, name: str) -> list[str]:
        """The macros whose body, or that of a macro they use, has a name as a value."""
        value = re.compile(rf"\b{re.escape(name)}\b(?!\s*\()")
        found = {macro.name for _, macro in self._naming(name) if value.search(macro.body)}
        return sorted(found | self.to((), found).macros.keys())

    def calling(self) -> frozenset[str]:
        """The macros that may call what they are given, or a member whose name they are given."""
        if self._called is None:
            found = table_of(self._names.scopes.tables, "calling macros", tuple[str, ...], self._found_calling)
            self._called = frozenset(found)
        return self._called

    def _found_calling(self) -> tuple[str, ...]:
        called = {name: set(positions) for name, positions in self._names.scopes.shaping.calling.items()}
        todo = sorted(called)
        while todo:
            name = todo.pop()
            for _, macro in self._naming(name):
                fresh = set(_handed_to(macro, name, called[name])) - called.setdefault(macro.name, set())
                if fresh:
                    called[macro.name] |= fresh
                    todo.append(macro.name)
        return tuple(sorted(name for name, positions in called.items() if positions))

    def _naming(self, name: str) -> Iterator[tuple[str, Macro]]:
        """The macros in whose body a name stands. One in capitals that is only given to others is looked for in
        the files that define it, and what a source that does so includes for macros alone: no posting names it, as
        most such words are registers."""
        paths = set(self._index.files("expanded", name))
        if name.isupper():
            definers = self._index.files("macro", name)
            paths.update(definers, *map(self._redefining, definers))
        for path in sorted(paths):
            if not self._names.scopes.foreign(path):
                for macro in self._index.facts(path).macros:
                    if name in macro.body and has_word(macro.body, name) and name not in (macro.parameters or ()):
                        yield path, macro

    def _redefining(self, path: str) -> Iterator[str]:
        """The headers of a source's own that end macros (`locking-selftest-spin.h`)."""
        return (header for header in self._names.scopes.own_headers(path) if self._index.facts(header).undefs)

    def _calling_member(self, member: str) -> Iterator[tuple[str, Macro]]:
        """The macros whose body calls a member, or gives its name to a macro that may call it."""
        calling = self.calling()
        for path, macro in self._naming(member):
            uses = (m for m in CALLED.finditer(macro.body) if m[1] in calling)
            if any(has_word(_parenthesized(macro.body, use.end() - 1), member) for use in uses):
                yield path, macro
        pattern = re.compile(rf"(?:\.|->)\s*{re.escape(member)}\s*\)*\s*\(")
        for path in self._index.files("expanded", member):
            if not self._names.scopes.foreign(path):
                yield from ((path, m) for m in self._index.facts(path).macros if pattern.search(m.body))
        given = re.compile(rf"(?:\.|->)\s*{re.escape(member)}\s*[,)]")
        todo = [*self._names.scopes.shaping.operand_callers]
        seen = set(todo)
        while todo:  # `CALL(op.func)` where CALL has the statement
            for path, macro in self._naming(todo.pop()):
                if given.search(macro.body):
                    yield path, macro
                if macro.name not in seen:
                    seen.add(macro.name)
                    todo.append(macro.name)

    def _linking(self) -> tuple[Mapping[str, Sequence[Paste]], Sequence[Paste]]:
        """The pastes that may make the name of a macro: one of their own file, by files, or anywhere, if it is in
        capitals (`STA_READ_##format(name)`)."""
        if self._links is None:
            by_file: dict[str, list[Paste]] = {}
            for paste in self._names.scopes.shaping.pastes:
                if paste.called and paste.single:
                    by_file.setdefault(paste.path, []).append(paste)
            capitals = [p for pastes in by_file.values() for p in pastes if (p.first + p.last).isupper()]
            self._links = by_file, capitals
        return self._links


def _passes(macro: Macro, name: str) -> bool:
    """Whether a macro's body gives another one something that it is given itself; one that it names without
    parentheses (`UNROLL(12, name, x)`) may get any of it."""
    parameters = (*(macro.parameters or ()), "__VA_ARGS__")
    for match in re.finditer(rf"\b{re.escape(name)}\b\s*(\(?)", macro.body):
        given = _parenthesized(macro.body, match.end() - 1) if match.group(1) else macro.body
        if any(has_word(given, parameter) for parameter in parameters):
            return True
    return False


def _handed_to(macro: Macro, name: str, positions: Collection[int]) -> Iterator[int]:
    """The parameters of a macro that its body gives to another one at some positions."""
    for match in re.finditer(rf"\b{re.escape(name)}\s*\(", macro.body):
        arguments = argument_texts(_parenthesized(macro.body, match.end() - 1), macro=True)
        for position in positions:
            given = arguments[position] if position < len(arguments) else ""
            yield from (n for n, p in enumerate(macro.parameters or ()) if has_word(given, p))


def _parenthesized(text: str, opening: int) -> str:
    """The text from a parenthesis to the one that closes it, empty when none does."""
    return text[opening : text_close_of(text, opening) + 1]


def _making(name: str, pastes: Iterable[Paste]) -> Iterator[Paste]:
    """Those that may make a name."""
    for paste in pastes:
        if (
            name.startswith(paste.first)
            and name.endswith(paste.last)
            and len(name) >= len(paste.first) + len(paste.last)  # `__CMPXCHG_GEN()` is given nothing
        ):
            yield paste
