"""Which file an include names, and all that a file includes.

Not handled: `-I` of single Makefiles, for which the nearest file of that name stands, and generated headers.
"""

import posixpath
from collections.abc import Iterable, Iterator, Sequence

from analyzer.model.guards import Truth
from analyzer.resolve.configuration import Configuration
from analyzer.resolve.index import Index
from analyzer.resolve.pathsets import Numbers, PathSet
from analyzer.resolve.territory import Territory

_FORCED = (
    "include/linux/kconfig.h",
    "include/linux/compiler_types.h",
    "include/linux/compiler-gcc.h",
)
_COMMON = 4  # characters that the paths of a file and one found by its name alone must share


class Includes:
    """The includes of a kernel's files."""

    def __init__(self, index: Index, configuration: Configuration, territory: Territory) -> None:
        self._index = index
        self._configuration = configuration
        self._territory = territory
        self._numbers = Numbers()
        self._closures: dict[str, PathSet] = {}
        self._sure: dict[str, PathSet] = {}
        self._headers: tuple[dict[str, int], dict[str, int]] = ({}, {})
        self._included: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}
        self._including: dict[str, list[tuple[str, str]]] = {}
        self._resolved: dict[tuple[str, str, bool], str] = {}

    def resolve(self, path: str, target: str, *, quoted: bool) -> str:
        """The file that an include in a file names, or empty (a generated header, another tree's)."""
        folder = posixpath.dirname(path)
        key = (
            folder if quoted or not target.startswith(("linux/", "net/", "asm/", "uapi/")) else "",
            target,
            quoted,
        )
        found = self._resolved.get(key)
        if found is None:
            candidates = self._candidates(folder, target, quoted)
            found = next(filter(self._index.has, candidates), "") or self._nearest(path, target)
            self._resolved[key] = found
        return found

    def _candidates(self, folder: str, target: str, quoted: bool) -> Iterator[str]:
        """Where the build looks, in order."""
        if quoted:
            yield posixpath.normpath(posixpath.join(folder, target))
        roots = self._territory.roots
        for root in (*roots, "include", f"{roots[0]}/uapi", "include/uapi"):
            yield f"{root}/{target}"
        if target.startswith("asm/"):
            for root in (*self._territory.old_roots, "include/asm-generic/", "include/uapi/asm-generic/"):
                yield root + target[4:]
        if "/" in target:
            yield posixpath.normpath(target)

    def _nearest(self, path: str, target: str) -> str:
        """Behind an extra `-I`: the nearest file whose path ends so, or else the only one among public headers
        (`drmP.h` by `-Iinclude/drm`)."""
        suffix = "/" + target.lstrip("./")
        named = self._index.by_basename(posixpath.basename(target))
        found = [f for f in named if f.endswith(suffix) and not self._territory.foreign(f)]
        common = [len(posixpath.commonprefix((f, path))) for f in found]
        if max(common, default=0) >= _COMMON:
            return found[common.index(max(common))]
        public = [f for f in found if f.startswith("include/")]
        return public[0] if len(public) == 1 else ""

    def closure(self, path: str) -> PathSet:
        """The file and all that it includes, directly or not, the forced headers included."""
        found = self._closures.get(path)
        if found is None:
            found = self._closures[path] = self._reach(path, sure=False)
        return found

    def joined(self, path: str, targets: Iterable[str]) -> PathSet:
        """A file with the closures of others."""
        return PathSet.joined(self._numbers, path, map(self.closure, targets))

    def may_see(self, path: str, definer: str) -> bool:
        """Whether a file may see another's macros: those of public headers, of its own folder and of the folders
        above it count as seen without a look at the includes."""
        if definer.startswith(("include/", "arch/")) and "include/" in definer:
            return True
        folder = definer[: definer.rfind("/") + 1]
        if definer.endswith(".h") and path.startswith(folder):
            return True
        return path == definer or definer in self.closure(path)

    def sure_closure(self, path: str) -> PathSet:
        """The part of the closure that no unknown condition stands before."""
        found = self._sure.get(path)
        if found is None:
            found = self._sure[path] = self._reach(path, sure=True)
        return found

    def _reach(self, path: str, *, sure: bool) -> PathSet:
        which = 1 if sure else 0
        seen = 0
        for target in (*(f for f in _FORCED if self._index.has(f)), *self._targets(path)[which]):
            if target != path and not seen >> self._numbers.of(target) & 1:
                seen |= self._header_reach(target, which)
        return PathSet(self._numbers, path, seen)

    def _header_reach(self, path: str, which: int) -> int:
        """What a header leads to, as bits; those already known are taken whole, because a file's headers
        share most of theirs."""
        known = self._headers[which]
        found = known.get(path)
        if found is None:
            number = self._numbers.of
            found = 1 << number(path)
            todo = [path]
            while todo:
                for target in self._targets(todo.pop())[which]:
                    if found >> number(target) & 1:
                        continue
                    if target in known:
                        found |= known[target]
                    else:
                        found |= 1 << number(target)
                        todo.append(target)
            known[path] = found
        return found

    def including(self, path: str) -> Sequence[tuple[str, str]]:
        """The files whose includes have been followed that include a file directly, each with the condition."""
        return self._including.get(path, ())

    def _targets(self, path: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The files that a file includes directly: all, and those under no unknown condition."""
        found = self._included.get(path)
        if found is None:
            every: set[str] = set()
            sure: set[str] = set()
            for include in self._index.includes(path):
                truth = self._configuration.holds(include.guard, self._never) if include.guard else True
                if not include.target or truth is False:
                    continue
                target = self.resolve(path, include.target, quoted=include.quoted)
                every.add(target)
                self._including.setdefault(target, []).append((path, include.guard))
                if truth:
                    sure.add(target)
            found = self._included[path] = tuple(sorted(every - {""})), tuple(sorted(sure - {""}))
        return found

    def _never(self, name: str) -> Truth:
        """Names that no file of the tree defines are undefined."""
        return None if name == "MODULE" or self._index.files("macro", name) else False
