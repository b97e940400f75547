"""Functions whose names macros make of the spelled ones, in heads that stand in the text.

`#define mtype_add IPSET_TOKEN(MTYPE, _add)` above `mtype_add(struct ip_set *set, …) {`, and
`FNAME(walk_addr)(…) {`: a template, which files include under other macros each time. One body then is several
functions, on the same lines under different names, and each reads its text as its inclusion does (`inclusion`).
A name may also be made once, by a macro of the file itself or by a header's that holds in every configuration
(`#define hfs_find_init hfsplus_find_init`).

Not handled: macros with parameters that have the name of a function, names made in files that a header includes
which defines the macros, and types and variables that are named so.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from analyzer.model.facts import Definition
from analyzer.model.guards import conjunction
from analyzer.resolve.functions import Function
from analyzer.resolve.inclusion import Alone, Inclusion, InclusionScope, inclusions_by, inclusions_of
from analyzer.resolve.index import Index, Layered, NameKind
from analyzer.resolve.macros import Expander, MacroDefinition
from analyzer.resolve.scope import Scope
from analyzer.resolve.scopes import Scopes
from analyzer.resolve.tables import FilesByName, table_of
from analyzer.resolve.tokens import KEYWORDS, Token, tokenize

_TABLE = "renamed"
_CAPITALS = re.compile(r"\b[A-Z][A-Z0-9_]{3,}\b")
_GIVEN = re.compile(r"\w\s*\(.*[A-Z]{3}")  # a macro's use with something in capitals


class _Read(NamedTuple):
    """What macros make of a file's heads: the functions, where definitions start that are none under their own
    name, and the scopes in which the text is read."""

    functions: tuple[Function, ...]
    hidden: frozenset[int]
    scopes: tuple[Scope, ...]


class Renamed:
    """Functions under the names that macros give them."""

    def __init__(self, scopes: Scopes) -> None:
        self._scopes = scopes
        self._index = scopes.index
        self._files: frozenset[str] | None = None
        self._read: dict[str, _Read | None] = {}
        self._names: Mapping[str, tuple[str, ...]] | None = None
        self.busy = 0  # while a file's names are looked for, none of them is known
        self._spellings: Mapping[str, FilesByName] | None = None

    def functions(self, path: str) -> tuple[Function, ...]:
        """The functions of a file that have another name than is spelled."""
        read = self._of(path)
        return read.functions if read else ()

    def is_spelled(self, path: str, definition: Definition) -> bool:
        """Whether a definition's name in the text is that of a function."""
        read = self._of(path)
        return read is None or definition.start not in read.hidden

    def readings(self, function: Function) -> list[Function]:
        """A function as each reading of its file has it: one whose name is spelled stands in all of them."""
        read = None if function.seen_from or not function.definition.end else self._of(function.path)
        if read is None or len(read.scopes) < 2:
            return [function]
        here = [s for s in read.scopes if self._name(s, function.definition) == ""]
        return [function._replace(seen_from=scope.key) for scope in here] or [function]

    def scopes(self, path: str) -> tuple[Scope, ...]:
        """The scopes in which a file's text is read: those of its inclusions when they name its functions."""
        read = self._of(path)
        return read.scopes if read and read.scopes else (self._scopes.of(path),)

    def names(self) -> Mapping[str, tuple[str, ...]]:
        """The files that have a function under a name that is not spelled there."""
        if self._names is None:
            self._names = table_of(self._scopes.tables, _TABLE, FilesByName, self._made_names)
        return self._names

    def _made_names(self) -> FilesByName:
        found: dict[str, list[str]] = {}
        for path in sorted(self._candidates()):
            for name in dict.fromkeys(f.definition.name for f in self.functions(path)):
                found.setdefault(name, []).append(path)
        return {name: tuple(paths) for name, paths in sorted(found.items())}

    def made_of(self, name: str) -> list[Function]:
        """The functions whose names macros make of a spelled one, or of the uses of a macro of that name."""
        paths = sorted({path for paths in self.names().values() for path in paths})
        return [f for path in paths for f in self.functions(path) if f.macro == name]

    def spellings(self, name: str) -> Mapping[str, Sequence[str]]:
        """The macros that stand for a function's name in files which are read under several names, by file."""
        if self._spellings is None:
            self._spellings = table_of(
                self._scopes.tables, "spellings", dict[str, FilesByName], self._found_spellings
            )
        return self._spellings.get(name, {})

    def _found_spellings(self) -> dict[str, FilesByName]:
        found: dict[str, dict[str, set[str]]] = {}
        for path in sorted({path for paths in self.names().values() for path in paths}):
            for word, meant in self._meanings(path):
                found.setdefault(meant, {}).setdefault(path, set()).add(word)
        return {
            name: {path: tuple(sorted(words)) for path, words in by_file.items()}
            for name, by_file in found.items()
        }

    def _meanings(self, path: str) -> Iterator[tuple[str, str]]:
        """The macros of a file that stand for a name, or are used to make one, with that name in each reading."""
        facts = self._index.facts(path)
        plain = {m.name for m in facts.macros if m.parameters is None}
        making = {d.head.partition("(")[0].strip() for d in facts.definitions if d.head and d.return_type}
        uses = {c.callee for d in facts.definitions for c in d.indirect if c.callee.partition("(")[0] in making}
        uses.update(d.head for d in facts.definitions if d.head and d.return_type)
        for scope in self.scopes(path):
            for text in sorted({*plain, *uses}):
                tokens = Expander(scope.macro).expand(tokenize(text)).tokens
                if len(tokens) == 1 and tokens[0].is_name and tokens[0].text != text:
                    yield text.partition("(")[0].strip(), tokens[0].text

    def _candidates(self) -> frozenset[str]:
        """The files that may have such functions; once that is known, those that have them."""
        if self._files is None and (kept := self._scopes.tables.table(_TABLE, FilesByName)) is not None:
            self._files = frozenset(path for paths in kept.values() for path in paths)
        if self._files is None:
            found = {f for f in self._index.files("renamed", "") if not self._scopes.foreign(f)}
            for includer in self._index.files("renaming", ""):
                if not self._scopes.foreign(includer):
                    found.update(self._below(includer))
                    found.update(self._seeing(includer))
            self._files = frozenset(found)
        return self._files

    def _below(self, includer: str) -> Iterator[str]:
        """The files included below a macro that has the name of one of their functions."""
        includes = [i for i in self._index.includes(includer) if i.quoted or i.target.endswith(".c")]
        resolve = self._scopes.includes.resolve
        targets = [(i.line, resolve(includer, i.target, quoted=i.quoted)) for i in includes if i.target]
        for macro in self._index.facts(includer).macros:
            if macro.parameters is None and macro.body.isidentifier():
                below = {target for line, target in targets if line > macro.line}
                if below:
                    yield from below.intersection(self._index.files("function", macro.name))

    def _seeing(self, header: str) -> Iterator[str]:
        """The sources that have a function of which a header they see makes another name."""
        for macro in self._index.facts(header).macros if header.endswith(".h") else ():
            if macro.parameters is None and macro.body.isidentifier() and macro.body != macro.name:
                for path in self._index.files("function", macro.name):
                    seen = path.endswith(".c") and not self._scopes.foreign(path)
                    if seen and header in self._scopes.of(path).visible:
                        yield path

    def _of(self, path: str) -> _Read | None:
        if path not in self._read:
            self._read[path] = None  # a file that includes itself
            self.busy += 1
            self._read[path] = self._readings(path) if path in self._candidates() else None
            self.busy -= 1
        return self._read[path]

    def _readings(self, path: str) -> _Read | None:
        definitions = self._index.facts(path).definitions
        functions: dict[tuple[str, int, str], Function] = {}
        made: dict[int, int] = {}  # in how many readings a definition has another name
        read: dict[int, int] = {}  # and in how many it is there
        scopes: list[Scope] = []
        own = self._scopes.of(path)
        inclusions: list[Inclusion] = []
        if not self._names_itself(own, definitions):
            inclusions += inclusions_of(self._scopes, path) or self._by_parameters(own)
        alone: list[tuple[Scope, str]] = []
        if any(inclusion.includer == path for inclusion in inclusions):
            inclusions.insert(0, Inclusion(path, path, 0))
        elif self._is_alone(path):
            alone.append((self._scopes.add(Alone(self._scopes, path)) if inclusions else own, ""))
        readings: list[tuple[Scope, str]] = [
            *alone,
            *((self._scopes.add(InclusionScope(self._scopes, i)), i.guard) for i in inclusions),
        ]
        for scope, guard in readings or [(own, "")]:
            named = [(d, name) for d in definitions if (name := self._name(scope, d)) is not None]
            for definition, name in named:
                read[definition.start] = read.get(definition.start, 0) + 1
                if not name:
                    continue
                made[definition.start] = made.get(definition.start, 0) + 1
                function = Function(
                    path,
                    msgspec.structs.replace(
                        definition, name=name, head="", guard=conjunction(guard, definition.guard)
                    ),
                    definition.head.partition("(")[0].strip() or definition.name,
                    seen_from=scope.key if scope is not own else "",
                )
                functions.setdefault((name, definition.start, scope.path), function)
            scopes.append(scope)
        hidden = frozenset(start for start, count in made.items() if count == read[start])
        return _Read(tuple(functions.values()), hidden, tuple(scopes)) if functions else None

    def _by_parameters(self, own: Scope) -> list[Inclusion]:
        """The inclusions of a header that is named in angle brackets, which no posting tells, by files that
        define a macro in capitals of which it makes names: `BTREE_TYPE_SUFFIX` above `#include
        <linux/btree-type.h>`."""
        if not own.path.endswith(".h"):
            return []
        facts, files = self._index.facts(own.path), self._index.files
        known = {macro.name for macro in facts.macros}
        making = (m.body for m in facts.macros if "##" in m.body or _GIVEN.search(m.body))
        heads = (d.head for d in facts.definitions if d.head and d.return_type)
        words = {w for text in (*making, *heads) for w in _CAPITALS.findall(text)} - known
        definers = {f for word in words for f in files("macro", word) if not self._scopes.foreign(f)}
        return [i for f in sorted(definers) for i in inclusions_by(self._scopes, own.path, f)]

    def _is_alone(self, path: str) -> bool:
        """Whether a file is a source that is built by itself."""
        return path.endswith(".c") and self._scopes.kbuild.built(path).truth is not False

    def _names_itself(self, own: Scope, definitions: Sequence[Definition]) -> bool:
        """Whether the file's own macros give all the names, whoever includes it: `#define a b`, no macro `b`."""
        if any(d.head and d.return_type for d in definitions):
            return False
        bodies: dict[str, set[tuple[Token, ...]]] = {}
        for definition in definitions:
            for macro in self._scopes.macros_in(own.file, definition.name):
                if macro.parameters is None:
                    bodies.setdefault(macro.name, set()).add(tuple(macro.body))
        return bool(bodies) and all(
            len(meant) == 1 and len(body) == 1 and not self._index.files("macro", body[0].text)
            for meant in bodies.values()
            for body in meant
        )

    def _name(self, scope: Scope, definition: Definition) -> str | None:
        """The name that a definition gets in a reading, "" when that is the spelled one; None when it is not
        there."""
        if definition.head and not definition.return_type:
            return ""
        if scope.holds(definition.guard) is False:
            return None
        spelled = definition.head or definition.name
        word = spelled.partition("(")[0].strip()
        meanings = [d for d in scope.macro(word) if self._applies(d.file, d.line, d.guard, scope, definition)]
        if not definition.head:
            meanings = [d for d in meanings if d.parameters is None]
        if not meanings:
            return ""

        def lookup(name: str) -> Sequence[MacroDefinition]:
            return meanings if name == word else scope.macro(name)

        head = tokenize(spelled) if definition.head else [Token(word)]
        tokens = Expander(lookup).expand(head).tokens
        name = tokens[0].text if len(tokens) == 1 and tokens[0].is_name else ""
        return "" if name == definition.name or name in KEYWORDS or name == "NULL" else name

    def _applies(self, file: str, line: int, guard: str, scope: Scope, definition: Definition) -> bool:
        """Whether a macro is in force where a definition stands."""
        if file.endswith(".h") and scope.file == scope.path != file and not definition.head:
            ends = self._scopes.undefs_in(scope.file, definition.name)
            if any(end < definition.line for end, _ in ends):
                return False
            return scope.holds(guard) is True and scope.surely_sees(file)
        return (file != scope.file or file == scope.path or line < definition.line) and (
            conjunction(guard, definition.guard) != "0"
        )


class WithRenamed(Layered):
    """An index that finds functions under the names that macros give them, too."""

    def __init__(self, index: Index) -> None:
        super().__init__(index)
        self._names: Mapping[str, tuple[str, ...]] | None = None
        self.renamed: Renamed | None = None

    def files(self, kind: NameKind, name: str) -> tuple[str, ...]:
        """The files that have a name in that role, sorted."""
        found = super().files(kind, name)
        if kind != "function":
            return found
        if self._names is None and self.renamed is not None and not self.renamed.busy:
            self._names = {}  # while they are looked for
            self._names = self.renamed.names()
        more = self._names.get(name) if self._names else None
        return tuple(sorted({*found, *more})) if more else found
