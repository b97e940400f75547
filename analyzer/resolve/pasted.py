"""Functions whose names macros paste together, found backwards from the parts of a name.

Files are found by the words of names, and a number is none: for a name with one, the macros are looked through
that paste such names.

Not handled: parts that no file spells in an argument, such as numbers that macros count up; numbers given in
another file to the heads of functions, or beside a second part.
"""

import re
from collections.abc import Iterator
from typing import Protocol

from analyzer.model.facts import Definition, Invocation, Macro
from analyzer.resolve.functions import Function
from analyzer.resolve.made import Maker
from analyzer.resolve.scope import Scope
from analyzer.resolve.scopes import Scopes
from analyzer.resolve.words import has_word, parts_of

_NUMBER = re.compile(r"\d+")
_PIECE = re.compile(r"\w+")
_MAX_FILES = 100  # files looked through for a name that macros may have pasted, per part of the name


class Keeper(Protocol):
    """Where the outcome of searches is kept beyond a process."""

    def makers(self, name: str) -> tuple[str, ...] | None:
        """The files whose macro uses make a function of that name, None when nobody has looked."""

    def keep_makers(self, name: str, files: tuple[str, ...]) -> None:
        """Keep which files these are."""


class Pasted:
    """Functions that macros make, by name."""

    keeper: Keeper | None = None

    def __init__(self, scopes: Scopes, maker: Maker) -> None:
        self._scopes = scopes
        self._index = scopes.index
        self._maker = maker
        self._made: dict[str, tuple[Function, ...]] = {}
        self._whole: dict[str, tuple[Function, ...]] = {}
        self._around: dict[tuple[str, str], list[tuple[str, str]]] | None = None
        self._pieces: dict[str, list[tuple[str, Invocation]]] = {}
        self._pieced: set[str] = set()  # the files whose names were looked for among these
        self._spelled: dict[str, frozenset[str]] = {}
        self._shaping: set[str] | None = None  # the headers that paste names and have not been read for these

    def of(self, name: str) -> tuple[Function, ...]:
        """The functions of a name that macros paste together from parts, anywhere in the tree."""
        found = self._made.get(name)
        if found is None:
            kept = self.keeper.makers(name) if self.keeper else None
            found = self._made[name] = self._search(name, kept)
            if self.keeper and kept is None:
                self.keeper.keep_makers(name, tuple(dict.fromkeys(f.path for f in found)))
        return found

    def given_whole(self, name: str) -> tuple[Function, ...]:
        """The functions of a name that macros make of the name itself."""
        found = self._whole.get(name)
        if found is None:
            tried: set[tuple[str, int]] = set()
            files = self._given(name)[:_MAX_FILES]
            found = tuple(f for path in files for f in self._made_in(path, name, name, tried))
            self._whole[name] = found
        return found

    def _given(self, part: str) -> list[str]:
        """The files of C whose macro uses and heads are given a word."""
        files = self._index.files("argument", part)
        return [f for f in files if not f.endswith(".S") and not self._scopes.foreign(f)]

    def in_file(self, path: str, name: str) -> list[Function]:
        """The functions of a name that macro uses in one file make."""
        tried: set[tuple[str, int]] = set()
        for part in parts_of(name):
            if path in self._index.files("argument", part):
                found = self._made_in(path, part, name, tried)
                if found:
                    return found
        return self._glued_in(path, name) or self._spelled_in(path, name) or self._itemized_in(path, name)

    def pieced(self, scope: Scope, name: str) -> list[Function]:
        """The function of a name that uses in what a file sees make of what no posting leads from: numbers
        (`64bit`), a letter (`__in##bwl`), nothing (`__CMPXCHG_GEN()`), words that are too common. Only files that
        paste names are looked at."""
        self._read_pieces(scope)
        ends = range(1, len(name) + 1)
        parts = {"", *(name[start:end] for end in ends for start in range(end))}
        tried: set[tuple[str, int]] = set()
        for part in sorted(parts & self._pieces.keys(), key=lambda p: (-len(p), p)):
            for path, use in sorted(self._pieces[part], key=lambda p: (p[0], p[1].start)):
                if (path, use.start) in tried or path not in scope.visible:
                    continue
                tried.add((path, use.start))
                if found := self._by_use(self._scopes.of(path), use, name):
                    return list(found)
        return []

    def _by_use(self, scope: Scope, use: Invocation, name: str) -> tuple[Function, ...]:
        """The function of a name that a macro's use makes, without its body."""
        if not self._maker.may_spell(scope, use.macro, use.arguments, name):
            return ()
        return self._maker.light(scope, use, name)

    def _read_pieces(self, scope: Scope) -> None:
        """Note the macro uses in what a file sees by the words and numbers in their arguments, "" for none."""
        if scope.path in self._pieced:
            return
        self._pieced.add(scope.path)
        if self._shaping is None:
            every = self._index.files("shaping", "")
            self._shaping = {p for p in every if p.endswith(".h") and not self._scopes.foreign(p)}
        seen = scope.visible
        fresh = [path for path in self._shaping if path in seen]
        self._shaping.difference_update(fresh)
        if not scope.path.endswith(".h"):
            fresh.append(scope.path)
        for path in sorted(fresh):
            for use in self._index.facts(path).invocations:
                for piece in set(_PIECE.findall(use.arguments)) or ("",):
                    self._pieces.setdefault(piece, []).append((path, use))

    def _glued_in(self, path: str, name: str) -> list[Function]:
        """The functions of a name in one file that macros make of numbers."""
        numbers = set(_NUMBER.findall(name))
        scope = self._scopes.of(path)
        for use in self._index.facts(path).invocations if numbers else ():
            given = not numbers.isdisjoint(_NUMBER.findall(use.arguments))
            if given and (found := self._by_use(scope, use, name)):
                return list(found)
        for definition in self._index.facts(path).definitions if numbers else ():
            counted = definition.head and not numbers.isdisjoint(_NUMBER.findall(definition.head))
            if counted and self._may_head(scope, definition, name):
                heads = [f for f in self._maker.from_head(scope, definition) if _named(f, name)]
                if heads:
                    return heads
        return []

    def _spelled_in(self, path: str, name: str) -> list[Function]:
        """The function of a name in one file that a macro's body spells as it stands: `FBTFT_REGISTER_DRIVER`
        makes `fbtft_driver_probe_pdev` in each driver."""
        macros = self._spelling(name)
        scope = self._scopes.of(path)
        for use in self._index.facts(path).invocations if macros else ():
            if use.macro in macros and (found := self._by_use(scope, use, name)):
                return list(found)
        return []

    def _itemized_in(self, path: str, name: str) -> list[Function]:
        """The function of a name in one file that a list in the body of one of its macros makes, where the use
        says what becomes of the items: `CXACRU_ALL_FILES(INIT)`."""
        parts = [part for part in parts_of(name) if path in self._index.files("expanded", part)]
        facts = self._index.facts(path)
        lists = {
            m.name for m in facts.macros if parts and "##" in m.body and any(has_word(m.body, p) for p in parts)
        }
        scope = self._scopes.of(path)
        for use in facts.invocations if lists else ():
            if use.macro in lists and (found := self._maker.light(scope, use, name)):
                return list(found)
        return []

    def _spelling(self, name: str) -> frozenset[str]:
        """The macros whose body, or that of a macro they use, has the head of a function of that name."""
        found = self._spelled.get(name)
        if found is None:
            head = re.compile(rf"\b{re.escape(name)}\s*\([^;{{}}]*\)\s*\{{")
            todo = [macro.name for macro in self._with_word(name) if head.search(macro.body)]
            macros = set(todo)
            while todo:
                fresh = {macro.name for macro in self._with_word(todo.pop())} - macros
                macros |= fresh
                todo += sorted(fresh)
            found = self._spelled[name] = frozenset(macros)
        return found

    def _with_word(self, word: str) -> Iterator[Macro]:
        """The macros with a word in their body, none for one that is too common."""
        files = self._index.files("expanded", word)
        for path in files if len(files) <= _MAX_FILES else ():
            if not self._scopes.foreign(path):
                yield from (m for m in self._index.facts(path).macros if has_word(m.body, word))

    def _search(self, name: str, among: tuple[str, ...] | None) -> tuple[Function, ...]:
        if (
            among == ()
            or name.startswith(("__builtin_", "__compiletime_assert_"))
            or self._scopes.in_assembly(name)
            or self._is_type(name)
        ):
            return ()
        tried: set[tuple[str, int]] = set()
        found: list[Function] = []
        looked = 0
        for part in parts_of(name):
            files = [f for f in self._given(part) if among is None or f in among]
            if len(files) > _MAX_FILES and 3 * len(part) < len(name):
                # a common word: where the name itself stands
                naming = {*self._index.files("declaration", name), *self._index.files("call", name)}
                files = [f for f in files if f in naming]
            for path in files[: 6 * _MAX_FILES]:
                looked += 1
                found += self._made_in(path, part, name, tried)
            if found or looked > 6 * _MAX_FILES:
                break
        return tuple(found or self._numbered(name, among))

    def _numbered(self, name: str, among: tuple[str, ...] | None) -> list[Function]:
        """The functions of a declared name that macros paste together of words and a number."""
        if among is not None:
            return [function for path in among for function in self._glued_in(path, name)]
        return self.numbered(name) if self._index.files("declaration", name) else []

    def numbered(self, name: str) -> list[Function]:
        """The functions of a name that macros paste together of words and a number, whether or not anything
        declares them. All macros that paste are looked through: only what a person asks for is worth it."""
        files = dict.fromkeys(self._counting(name)) if _NUMBER.search(name) else ()
        return [function for path in files for function in self._glued_in(path, name)]

    def itemized(self, name: str) -> list[Function]:
        """The functions of a name that lists in macros' bodies make in their own files, for what a person asks."""
        files = dict.fromkeys(f for part in parts_of(name) for f in self._index.files("expanded", part))
        own = [f for f in files if not self._scopes.foreign(f)][: 6 * _MAX_FILES]
        return [function for path in own for function in self._itemized_in(path, name)]

    def _counting(self, name: str) -> Iterator[str]:
        """The files that use a macro at file scope which pastes such a name around a number, or leads to one."""
        found = [
            macro
            for number in _NUMBER.finditer(name)
            for macro in self._pasting_around().get((name[: number.start()], name[number.end() :]), ())
        ]
        seen = set(found)
        may_see = self._scopes.includes.may_see
        while found:
            macro, definer = found.pop()
            for path in self._index.files("use", macro):
                if not self._scopes.foreign(path) and may_see(path, definer):
                    yield path
            for path in self._index.files("expanded", macro):
                if not self._scopes.foreign(path) and may_see(path, definer):
                    outer = {(m.name, path) for m in self._index.facts(path).macros if has_word(m.body, macro)}
                    found += sorted(outer - seen)
                    seen |= outer

    def _pasting_around(self) -> dict[tuple[str, str], list[tuple[str, str]]]:
        """The macros that paste something around one argument, with their files, by what stands before and behind
        it."""
        if self._around is None:
            self._around = {}
            for paste in self._scopes.shaping.pastes:
                if paste.single:
                    self._around.setdefault((paste.first, paste.last), []).append((paste.macro, paste.path))
        return self._around

    def _is_type(self, name: str) -> bool:
        """Whether a public header has a type of that name: `(u32)(x)` looks like a call."""
        return any(
            typedef.name == name
            for path in self._index.files("typedef", name)
            if path.startswith("include/")
            for typedef in self._index.facts(path).typedefs
        )

    def _made_in(self, path: str, part: str, name: str, tried: set[tuple[str, int]]) -> list[Function]:
        """The functions of a name that uses with a given word in their arguments make in a file."""
        scope = self._scopes.of(path)
        facts = self._index.facts(path)
        found: list[Function] = []
        for use in facts.invocations:
            key = (path, use.start)
            if key not in tried and has_word(use.arguments, part):
                tried.add(key)
                found += self._by_use(scope, use, name)
        for definition in facts.definitions:
            key = (path, definition.start)
            if definition.head and key not in tried and has_word(definition.head, part):
                tried.add(key)
                if self._may_head(scope, definition, name):
                    found += [f for f in self._maker.from_head(scope, definition) if _named(f, name)]
        return found

    def _may_head(self, scope: Scope, definition: Definition, name: str) -> bool:
        """Whether the macro use at the head of a body may name the function so."""
        macro, _, rest = definition.head.partition("(")
        spelled = (macro.strip(), rest.rstrip(") "), name)
        return bool(definition.return_type) or (
            self._maker.may_spell(scope, *spelled) and self._maker.may_make(scope, *spelled)
        )

    def completed(self, function: Function) -> Function:
        """A function that a macro use makes, with what it calls."""
        scope = self._scopes.of(function.path)
        if function.seen_from:
            for whole in self._maker.named_again(scope, function.definition.name):
                if whole.definition.line == function.definition.line:
                    return whole
        for use in self._index.facts(function.path).invocations:
            if use.line == function.definition.line and use.macro == function.macro:
                for whole in self._maker.from_use(scope, use):
                    if _named(whole, function.definition.name):
                        return whole
        return function._replace(whole=True)


def _named(function: Function, name: str) -> bool:
    return function.definition.name == name or name in function.aliases
