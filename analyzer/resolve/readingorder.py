"""What a file has read where its code stands, and what only behind it: of that no macro serves the code.

Trace headers end with what reads them again under other definitions (`rereading`).

Not handled: includes between a file's own definitions, all of which count as read before; those of a file that
includes this one are told apart.
"""

from collections.abc import Collection

from analyzer.model.facts import Include
from analyzer.resolve.includes import Includes
from analyzer.resolve.index import Index


def late_includes(index: Index, path: str) -> tuple[Include, ...]:
    """A file's includes behind all of its code."""
    facts = index.facts(path)
    last = max((0, *(u.end_line for u in facts.invocations), *(d.end_line for d in facts.definitions)))
    return tuple(i for i in facts.includes if i.line > last) if last else ()


class ReadingOrder:
    """The order in which the includes of one file, and of those that include it, are read."""

    def __init__(self, index: Index, includes: Includes, path: str) -> None:
        self._index = index
        self._includes = includes
        self._path = path
        self._late: frozenset[str] | None = None
        self._before: dict[str, Collection[str]] = {}

    @property
    def late(self) -> frozenset[str]:
        """What the file includes only behind all of its code."""
        if self._late is None:
            late = late_includes(self._index, self._path)
            behind, before = set[str](), {self._path}
            last, first = set[str](), set[str]()  # what it includes itself
            for include in self._index.includes(self._path) if late else ():
                target = self._target(self._path, include)
                if target:
                    (last if include in late else first).add(target)
                    (behind if include in late else before).update(self._includes.closure(target))
            if not last.isdisjoint(before):  # a trace header that includes another one
                before = {self._path, *self._read_early(first, last)}
            self._late = frozenset(behind - before)
        return self._late

    def _read_early(self, first: Collection[str], last: Collection[str]) -> set[str]:
        """What some files include, without what they only include by way of one of `last` behind all of their
        code."""
        reached = set(first)
        todo = sorted(reached)
        while todo:
            path = todo.pop()
            for include in self._index.includes(path):
                target = self._target(path, include)
                if not target or target in reached:
                    continue
                if target not in last or include not in late_includes(self._index, path):
                    reached.add(target)
                    todo.append(target)
        return reached

    def before(self, includer: str) -> Collection[str]:
        """What a file that includes this one has read before: itself and its includes further up."""
        found = self._before.get(includer)
        if found is None:
            targets = [(self._target(includer, i), i.line) for i in self._index.includes(includer)]
            last = max((line for target, line in targets if target == self._path), default=0)
            earlier = {target for target, line in targets if target and line < last}
            found = self._before[includer] = self._includes.joined(includer, sorted(earlier))
        return found

    def _target(self, path: str, include: Include) -> str | None:
        return self._includes.resolve(path, include.target, quoted=include.quoted)
