"""The scopes of a kernel's files, and what is asked of the kernel as a whole: which files are built, which belong
to another architecture.

Not handled: what a name means in one file (`scope`).
"""

import posixpath
from collections import Counter
from collections.abc import Collection

from analyzer.resolve.configuration import Configuration
from analyzer.resolve.directives import Directives
from analyzer.resolve.includes import Includes
from analyzer.resolve.index import Index
from analyzer.resolve.kbuild.built import Kbuild
from analyzer.resolve.macros import MacroDefinition
from analyzer.resolve.scope import Scope
from analyzer.resolve.shaping import Shaping, read_shaping
from analyzer.resolve.tables import Tables, Unkept, table_of
from analyzer.resolve.territory import Territory


class Scopes:
    """Scopes of a kernel's files, made on demand."""

    def __init__(self, index: Index, configuration: Configuration) -> None:
        self.index = index
        self.configuration = configuration
        self._territory = Territory(index, configuration)
        self.includes = Includes(index, configuration, self._territory)
        self._scopes: dict[str, Scope] = {}
        self._directives = Directives(index)
        self._foreign: dict[str, bool] = {}
        self._includable: dict[str, bool] = {}
        self._unbuilt: dict[str, bool] = {}
        self._renewed: dict[str, frozenset[str]] = {}
        self._kbuild: Kbuild | None = None
        self._shaping: Shaping | None = None
        self.tables: Tables = Unkept()
        # only in a whole kernel does "defined nowhere" say that a function does not exist
        self.whole = all(index.has(f) for f in ("lib/string.c", "mm/page_alloc.c", "fs/namei.c", "init/main.c"))

    def of(self, key: str) -> Scope:
        """The scope of a file, given by its path, or one that was added."""
        scope = self._scopes.get(key)
        if scope is None:
            scope = self._scopes[key] = Scope(self, key)
        return scope

    def add(self, scope: Scope) -> Scope:
        """Let a scope that is not simply a file's be found by its key."""
        self._scopes[scope.key] = scope
        return scope

    def known(self, key: str) -> Scope | None:
        """The scope of a key, if one was made or added."""
        return self._scopes.get(key)

    @property
    def kbuild(self) -> Kbuild:
        """What is built; read when it is first asked for."""
        if self._kbuild is None:
            arch = self.configuration.directory
            self._kbuild = Kbuild(self.index.build_table(arch), arch, self.configuration.holds)
        return self._kbuild

    @property
    def shaping(self) -> Shaping:
        """What the kernel's macros paste and call; read when it is first asked for."""
        if self._shaping is None:
            self._shaping = table_of(
                self.tables, "shaping", Shaping, lambda: read_shaping(self.index, self.foreign)
            )
        return self._shaping

    def assembling(self, name: str) -> list[str]:
        """The assembler files of the analysed architecture that define a symbol."""
        return [p for p in self.index.files("argument", name) if p.endswith(".S") and not self.foreign(p)]

    def in_assembly(self, name: str) -> bool:
        """Whether an assembler file of the analysed architecture defines a symbol."""
        return bool(self.assembling(name))

    def unbuilt(self, path: str) -> bool:
        """Whether a source is built neither by itself nor as a part of one that includes it: with the
        configuration, or with any that the architecture allows when none is given."""
        if not path.endswith((".c", ".S")):
            return False
        found = self._unbuilt.get(path)
        if found is None:
            self._unbuilt[path] = True  # files that include each other
            given = self.configuration.options is not None
            left_out = self.kbuild.built(path).truth is False if given else self.kbuild.never(path)
            found = self._unbuilt[path] = left_out and not self.of(path).includers
        return found

    def foreign(self, path: str) -> bool:
        """Whether a file belongs to another architecture, is no part of the kernel proper, or is not built
        by the configuration."""
        found = self._foreign.get(path)
        if found is None:
            found = self._foreign[path] = self._territory.foreign(path) or self.unbuilt(path)
        return found

    def includable(self, path: str) -> bool:
        """Whether some file may include that one: all headers, and sources whose base name an include has. Names
        that only other sources have need no includes to be followed."""
        if not path.endswith((".c", ".S")):
            return True
        found = self._includable.get(path)
        if found is None:
            found = self._includable[path] = bool(self.index.files("includer", posixpath.basename(path)))
        return found

    def macros_in(self, path: str, name: str) -> tuple[MacroDefinition, ...]:
        """The definitions of a macro in a file."""
        return self._directives.macros(path, name)

    def undefs_in(self, path: str, name: str) -> tuple[tuple[int, str], ...]:
        """The lines of a file that end a macro's definition, and the conditions they stand under."""
        return self._directives.undefs(path, name)

    def redefined(self, path: str) -> Collection[str]:
        """The macros that a file undefines somewhere and defines more than once."""
        return self._directives.redefined(path)

    def asked(self, path: str) -> Collection[str]:
        """The macros for whose values a file's conditions ask."""
        return self._directives.asked(path)

    def renewed(self, path: str) -> Collection[str]:
        """The macros that several headers which a source includes define anew (`LOCK`, by
        `locking-selftest-spin.h` and `locking-selftest-mutex.h`)."""
        found = self._renewed.get(path)
        if found is None:
            count: Counter[str] = Counter()
            for target in self.own_headers(path):
                count.update(self._directives.renewed(target))
            found = self._renewed[path] = frozenset(name for name, number in count.items() if number > 1)
        return found

    def own_headers(self, path: str) -> set[str]:
        """The files that a source includes by a quoted name."""
        quoted = [i.target for i in self.index.includes(path) if i.quoted] if path.endswith(".c") else []
        return {self.includes.resolve(path, target, quoted=True) for target in quoted} - {""}
