"""A file as one of the files that include it reads it: under the macros that are in force at the `#include`.

`net/netfilter/ipset/ip_set_hash_gen.h` is read for `MTYPE hash_ip4` and `MTYPE hash_ip6` by one source, and by
eleven others under further names; `kernel/locking/qspinlock.c` includes itself. Names are those that the includer
sees.

Not handled: variables and structs under the names that macros give them; macros that a header defines between two
inclusions, and where in the included file a macro begins or ends: its own definitions hold in all of it.
"""

import posixpath
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from analyzer.model.guards import Truth, conjunction, normalise
from analyzer.resolve.macros import MacroDefinition
from analyzer.resolve.scope import Scope, distinct
from analyzer.resolve.scopes import Scopes


class Inclusion(NamedTuple):
    """Where a file is included: by which one, on which line of it, under which guard."""

    path: str
    includer: str
    line: int
    guard: str = ""

    @property
    def key(self) -> str:
        """What the scope of this reading is found under; no path holds a line break."""
        return f"{self.includer}\n{self.line}"


def inclusions_of(scopes: Scopes, path: str) -> list[Inclusion]:
    """The inclusions of a source or of a header that is named in quotes, its own among them, by path and line.
    Files that are no part of the analysed kernel do not count."""
    includers = scopes.index.files("includer", posixpath.basename(path))
    return [i for f in includers if f == path or not scopes.foreign(f) for i in inclusions_by(scopes, path, f)]


def inclusions_by(scopes: Scopes, path: str, includer: str) -> Iterator[Inclusion]:
    """Those by one file, by line."""
    base = posixpath.basename(path)
    for include in scopes.index.includes(includer):
        if posixpath.basename(include.target) == base and (
            scopes.includes.resolve(includer, include.target, quoted=include.quoted) == path
        ):
            yield Inclusion(path, includer, include.line, include.guard)


class Alone(Scope):
    """Names as a source sees them that others include, where it is compiled by itself."""

    def __init__(self, scopes: Scopes, path: str) -> None:
        super().__init__(scopes, path, key=f"{path}\n")

    @property
    def includers(self) -> tuple[str, ...]:
        """None that has a say."""
        return ()


class InclusionScope(Scope):
    """Names and macros of an included file at one inclusion."""

    def __init__(self, scopes: Scopes, inclusion: Inclusion) -> None:
        super().__init__(scopes, inclusion.includer, inclusion.path, inclusion.key)
        self._line = inclusion.line
        self._under_guard = inclusion.guard

    @cached_property
    def _kept(self) -> frozenset[str]:
        """The variables and structs of the included file that this or the includer names otherwise: they are found
        under the names that are spelled."""
        facts = self.scopes.index.facts(self.file)
        names = {*(o.name for o in facts.objects if not o.function), *(r.tag for r in facts.records)}
        macros_in = self.scopes.macros_in
        return frozenset(
            n for n in names if any(m.parameters is None for f in (self.file, self.path) for m in macros_in(f, n))
        )

    def _macro(self, name: str) -> tuple[MacroDefinition, ...]:
        if name in self._kept:
            return ()
        own = [(d, self.holds(d.guard)) for d in self._own(name)]
        holding = [d for d, truth in own if truth is True] or [d for d, truth in own if truth is None]
        state = self._in_force(name)
        if holding and not (state and self._is_default(name, holding[0].line)):
            return distinct(holding)
        if state is not None:
            return state
        files, _ = self.files_with("macro", name)
        headers = [f for f in files if f not in (self.path, self.file) and f not in self._below]
        return self._of_headers(headers, name)

    @cached_property
    def _below(self) -> frozenset[str]:
        """The headers that the includer sees only by includes below the inclusion."""
        includes, resolve = self.scopes.includes, self.scopes.includes.resolve
        line = self._line
        if not line:  # the first reading of a file that includes itself
            line = min((d.line for d in self.scopes.index.facts(self.file).definitions), default=0)
        above: set[str] = set(includes.closure(self.file)) if self.file != self.path else set()
        below: set[str] = set()
        for include in self.scopes.index.includes(self.path):
            target = resolve(self.path, include.target, quoted=include.quoted) if include.target else ""
            if target and target not in (self.file, self.path):
                (above if include.line < line else below).update(includes.closure(target))
        return frozenset(below - above)

    def _own(self, name: str) -> Sequence[MacroDefinition]:
        """The included file's own definitions of a macro; of a file that includes itself those above any
        `#undef`, as the others are made for its next reading."""
        found = self.scopes.macros_in(self.file, name)
        if self.file == self.path and found:
            end = min((line for line, _ in self.scopes.undefs_in(self.file, name)), default=0)
            found = tuple(d for d in found if not end or d.line < end)
        return found

    def _is_default(self, name: str, line: int) -> bool:
        """Whether the file's own definition must be one under `#ifndef` of the very name, which guards leave out:
        no `#undef` stands above it."""
        return self.file != self.path and all(at > line for at, _ in self.scopes.undefs_in(self.file, name))

    def _in_force(self, name: str) -> tuple[MacroDefinition, ...] | None:
        """What the includer makes of a macro above the inclusion: none after an `#undef`, None when it says
        nothing."""
        events: list[tuple[int, str, MacroDefinition | None]] = [
            (d.line, d.guard, d) for d in self.scopes.macros_in(self.path, name) if d.line < self._line
        ]
        events += [
            (line, guard, None) for line, guard in self.scopes.undefs_in(self.path, name) if line < self._line
        ]
        found: list[MacroDefinition] = []
        said = False
        for _, guard, definition in sorted(events, key=lambda event: -event[0]):
            truth = self._held_above(guard)
            if truth is False:
                continue
            if definition is not None:
                found.append(definition)
            said = True
            if truth:
                break
        return distinct(found) if said else None

    def _held_above(self, guard: str) -> Truth:
        """Whether a guard above the inclusion holds, now that this is there."""
        if guard and conjunction(self._under_guard, guard) == normalise(self._under_guard):
            return True
        return self.scopes.of(self.path).holds(guard)

    def _defined(self, name: str) -> Truth:
        own = self.scopes.macros_in(self.file, name) if self.file != self.path else ()
        here = self.scopes.macros_in(self.path, name)
        if not own and not here:
            files, outside = self.files_with("macro", name)
            if not files and outside and all(f.endswith(".c") and f not in self.includers for f in outside):
                return False  # other sources that include the file define it
            return super()._defined(name)
        state = self._in_force(name)
        if state:
            return True if any(self._held_above(d.guard) for d in state) else None
        if name in self._deciding or len(self._deciding) > 4:
            return None
        self._deciding.add(name)
        try:
            truths = [self.holds(d.guard) for d in own if f"!{name}" not in d.guard]
        finally:
            self._deciding.discard(name)
        if True in truths:
            return True
        if None in truths:
            return None
        elsewhere = any(f not in (self.path, self.file) for f in self.files_with("macro", name)[0])
        return super()._defined(name) if elsewhere and state is None else False

    def defined_below(self, name: str, line: int) -> bool:
        """Whether a macro is defined only below a line of the file: what is in force here is, from its start."""
        return False
