"""Headers that are read again under other macros: what their uses mean then.

A trace header declares its events when it is first read. At its end it includes `trace/define_trace.h`, which, in
the one source that defines `CREATE_TRACE_POINTS`, defines `TRACE_EVENT` anew and includes the header again by a
computed name (`#include TRACE_INCLUDE(TRACE_INCLUDE_FILE)`), ten times over. None of these names is known here:
what counts is an include behind all of a header's code that leads to a computed include of the same header.

The macros in force at such an include are found by going back from it through definitions, `#undef`s and the
headers that are made to be read more than once, which undefine what they define.

Not handled: several sources that read a header again under different conditions, of which the first is taken;
uses that come to a redefined macro only by their arguments.
"""

import itertools
import posixpath
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from analyzer.model.facts import Include
from analyzer.resolve.macros import Expander, Lookup, MacroDefinition
from analyzer.resolve.readingorder import late_includes
from analyzer.resolve.scope import Scope
from analyzer.resolve.scopes import Scopes
from analyzer.resolve.tokens import spell, tokenize

_NAME = re.compile(r"[A-Za-z_]\w*")
_END = 1 << 30  # a line behind all others
_MAX_DEPTH = 4  # includes between a header and what includes it again


class Place(NamedTuple):
    """A line of a file."""

    path: str
    line: int


class Rereading(NamedTuple):
    """One more reading of a header: the computed include and the includes that led to it, the innermost first, and
    the source in which that happens."""

    places: tuple[Place, ...]
    unit: str


class Rereadings:
    """Where headers are read again, and which macros are in force there."""

    def __init__(self, scopes: Scopes) -> None:
        self._scopes = scopes
        self._index = scopes.index
        self._of: dict[str, tuple[Rereading, ...]] = {}
        self._ways: dict[str, tuple[str, ...]] = {}
        self._computed: dict[str, tuple[tuple[Place, ...], ...]] = {}
        self._repeated: dict[str, bool] = {}
        self._defined: dict[str, frozenset[str]] = {}
        self._set: dict[str, frozenset[str]] = {}
        self._lookups: dict[tuple[str, Rereading], Lookup] = {}
        self._reached: dict[tuple[str, str, str, str], tuple[str, ...]] = {}
        self._redefined: dict[tuple[str, Rereading, str], bool] = {}

    def of(self, path: str) -> tuple[Rereading, ...]:
        """The further readings of a header, in order."""
        found = self._of.get(path)
        if found is None:
            self._of[path] = ()  # a header that leads to itself by another way
            found = self._of[path] = tuple(self._search(path))
        return found

    def ways(self, path: str) -> tuple[str, ...]:
        """What a header includes behind all of its code that leads to computed includes: headers with the same are
        read again in the same way."""
        found = self._ways.get(path)
        if found is None:
            late = late_includes(self._scopes.index, path) if path.endswith(".h") else ()
            targets = [self._target(path, include) for include in late]
            found = self._ways[path] = tuple(t for t in targets if t and self._computed_in(t, 0))
        return found

    def lookup(self, path: str, reading: Rereading) -> Lookup:
        """The macros of a header at one of its further readings."""
        key = (path, reading)
        found = self._lookups.get(key)
        if found is None:
            found = self._lookups[key] = self._lookup(path, reading)
        return found

    def redefines(self, path: str, reading: Rereading, macro: str) -> bool:
        """Whether a macro, or one that its body leads to (`DEFINE_X_EVENT(name)`, the header's own, to
        `DEFINE_EVENT`), has another definition there than when the header is first read."""
        key = (path, reading, macro)
        found = self._redefined.get(key)
        if found is None:
            found = any(self._state(path, reading, name) for name in self._leads(path, reading, macro))
            self._redefined[key] = found
        return found

    def sets(self, ways: Sequence[str], macro: str) -> bool:
        """Whether what headers include behind all of their code (`ways`) defines or undefines a macro itself: then
        it means the same in all of these headers."""
        return any(macro in self._set_by(way, 0) for way in ways)

    def _leads(self, path: str, reading: Rereading, macro: str) -> tuple[str, ...]:
        """The macros set on the way to a reading that a macro's body names, or that of a macro in it; the macro
        itself if it is one of them."""
        outermost = reading.places[-1].path
        key = (path, reading.unit, outermost, macro)
        found = self._reached.get(key)
        if found is None:
            changed = self._set_by(outermost, 0)
            lookup = self.lookup(path, reading)
            names = {macro: None}  # in order, and each once
            todo = [macro]
            while todo:
                if (name := todo.pop()) not in changed:
                    words = (t.text for d in lookup(name) for t in d.body if t.is_name)
                    fresh = dict.fromkeys(word for word in words if word not in names)
                    names.update(fresh)
                    todo += fresh
            found = self._reached[key] = tuple(name for name in names if name in changed)
        return found

    def _search(self, path: str) -> Iterator[Rereading]:
        for way in self.ways(path):
            for places in self._computed_in(way, 0):
                unit = self._unit(path, places)
                reading = Rereading(places, unit)
                if unit and self._names_again(path, reading):
                    yield reading

    def _target(self, path: str, include: Include) -> str:
        return self._scopes.includes.resolve(path, include.target, quoted=include.quoted) if include.target else ""

    def _computed_in(self, path: str, depth: int) -> tuple[tuple[Place, ...], ...]:
        """The computed includes of a file and of what it includes, each with the includes that lead there."""
        found = self._computed.get(path)
        if found is None:
            self._computed[path] = ()
            places: list[tuple[Place, ...]] = []
            for include in self._index.includes(path):
                here = Place(path, include.line)
                if not include.target:
                    places.append((here,))
                elif depth < _MAX_DEPTH and (target := self._target(path, include)) and self._repeats(target):
                    places += [(*inner, here) for inner in self._computed_in(target, depth + 1)]
            found = self._computed[path] = tuple(places)
        return found

    def _repeats(self, path: str) -> bool:
        """Whether a file sets macros anew each time it is read: it undefines what it defines."""
        found = self._repeated.get(path)
        if found is None:
            facts = self._index.facts(path)
            undone = {u.name for u in facts.undefs}
            found = self._repeated[path] = any(m.name in undone for m in facts.macros)
        return found

    def _unit(self, path: str, places: Sequence[Place]) -> str:
        """The first source that includes the header and defines what the further reading depends on."""
        needed: list[str] = []
        for place in places:
            for include in self._index.includes(place.path):
                if include.line == place.line:
                    needed += [word for word in _NAME.findall(include.guard) if word not in needed]
        sources = [
            (source, min(lines))
            for name in needed
            for source in self._index.files("macro", name)
            if source.endswith(".c") and not self._scopes.foreign(source)
            if (lines := [d.line for d in self._scopes.macros_in(source, name)])
        ]
        directly = (source for source, line in sources if self._includes(source, path, line))
        by_others = (source for source, line in sources if self._leads_to(source, path, line))
        return next(itertools.chain(directly, by_others), "")

    def _includes(self, source: str, path: str, line: int) -> bool:
        """Whether a source includes a header below a line."""
        base = posixpath.basename(path)
        return any(
            i.line > line and posixpath.basename(i.target) == base and self._target(source, i) == path
            for i in self._index.includes(source)
        )

    def _leads_to(self, source: str, path: str, line: int) -> bool:
        """Whether a source includes below a line what includes a header: hfi1's `trace.h` has ten of them."""
        targets = (self._target(source, i) for i in self._index.includes(source) if i.line > line)
        return any(target and path in self._scopes.includes.closure(target) for target in targets)

    def _names_again(self, path: str, reading: Rereading) -> bool:
        """Whether the computed name is the header's."""
        place = reading.places[0]
        for include in self._index.includes(place.path):
            if include.line == place.line and not include.target:
                tokens = Expander(self.lookup(path, reading)).expand(tokenize(include.macro)).tokens
                name = spell(tokens).replace(" ", "").strip('"<>')
                return posixpath.basename(name) == posixpath.basename(path)
        return False

    def _set_by(self, path: str, depth: int) -> frozenset[str]:
        """The macros that a file, or one that it includes to be read more than once, defines or undefines."""
        found = self._set.get(path)
        if found is None:
            facts = self._index.facts(path)
            names = {m.name for m in facts.macros} | {u.name for u in facts.undefs}
            for include in self._index.includes(path) if depth < _MAX_DEPTH else ():
                if (target := self._target(path, include)) and self._repeats(target):
                    names |= self._set_by(target, depth + 1)
            found = self._set[path] = frozenset(names)
        return found

    def _defined_in(self, unit: str) -> frozenset[str]:
        found = self._defined.get(unit)
        if found is None:
            found = self._defined[unit] = frozenset(m.name for m in self._index.facts(unit).macros)
        return found

    def _lookup(self, path: str, reading: Rereading) -> Lookup:
        scope, unit = self._scopes.of(path), self._scopes.of(reading.unit)
        known: dict[str, Sequence[MacroDefinition]] = {}

        def lookup(name: str) -> Sequence[MacroDefinition]:
            found = known.get(name)
            if found is None:
                state = self._state(path, reading, name)
                found = known[name] = (scope.macro(name) or unit.macro(name)) if state is None else state
            return found

        return lookup

    def _state(self, path: str, reading: Rereading, name: str) -> tuple[MacroDefinition, ...] | None:
        """The definitions of a macro in force at a further reading, None when nothing on the way there has any."""
        for place in reading.places if name in self._set_by(reading.places[-1].path, 0) else ():
            found = self._above(self._scopes.of(path), place, name, reading.unit, 0)
            if found is not None:
                return found
        return None

    def _above(
        self, scope: Scope, place: Place, name: str, unit: str, depth: int
    ) -> tuple[MacroDefinition, ...] | None:
        """What a file above a place makes of a macro: definitions, none after an `#undef`, None when it says
        nothing. Guards are taken as they hold in `scope` with what the unit defines."""
        path, line = place
        events: list[tuple[int, str, MacroDefinition | str | None]] = [
            (d.line, d.guard, d) for d in self._scopes.macros_in(path, name) if d.line < line
        ]
        events += [(at, guard, None) for at, guard in self._scopes.undefs_in(path, name) if at < line]
        for include in self._index.includes(path) if depth < _MAX_DEPTH else ():
            if include.line < line and (target := self._target(path, include)) and self._repeats(target):
                events.append((include.line, include.guard, target))
        found: list[MacroDefinition] = []
        said = False
        for _, guard, event in sorted(events, key=lambda event: -event[0]):
            truth = scope.holds_given(guard, dict.fromkeys(self._defined_in(unit), True))
            if truth is False:
                continue
            if isinstance(event, str):
                inner = self._above(scope, Place(event, _END), name, unit, depth + 1)
                if inner is None:
                    continue
                found += inner
            elif event is not None:
                found.append(event)
            said = True
            if truth or event is None:
                break
        return tuple(found) if said else None
