"""Which source files a configuration builds, and into what.

`tree` reads the Makefiles; here a configuration is put into what they say, when a file is asked about. Where make
does what cannot be followed, files may be built.

Not handled: boot code and other sources that rules without a list compile.
"""

import posixpath
import re
from collections.abc import Callable, Iterator, Sequence

from analyzer.model.guards import Truth
from analyzer.model.kbuild import BuildEntry, BuildTable, BuildWay, Built, Image
from analyzer.resolve.kbuild.conditions import both, either, widened
from analyzer.resolve.kbuild.packing import unpacked


class Kbuild:
    """A tree's build table under one configuration. `holds` tells the truth of a guard."""

    def __init__(self, table: BuildTable, arch: str, holds: Callable[[str], Truth]) -> None:
        self._table = table
        self._arch = arch
        self._holds = holds
        self._truths: dict[str, Truth] = {}
        self._built: dict[str, Built] = {}
        # a tree without Makefiles of its own, such as an excerpt, says nothing of what is built
        self.known = bool(table.objects)

    def _named(self, path: str) -> Iterator[tuple[BuildEntry, BuildWay]]:
        """Every pair of a way into a folder and a line there that names a file, also pairs that exclude
        each other."""
        encoded = self._table.objects.get(path)
        for item in unpacked(path, encoded, self._table.folders) if encoded is not None else ():
            _, entries = self._table.folders.get(item.folder, ("", ()))
            for entry in entries:
                image: Image = "other" if entry.kind == "o" and item.image == "vmlinux" else item.image
                conditions = (*entry.conditions, *item.conditions)
                yield entry, BuildWay(conditions, image, item.unit, (*entry.steps, *item.steps))

    def ways(self, path: str) -> tuple[BuildWay, ...]:
        """All ways of a file into the kernel, whatever the configuration. A built-in object of a folder
        that is entered for its modules is linked nowhere."""
        found: dict[BuildWay, None] = {}
        for entry, way in self._named(path):
            together = both((), way.conditions)
            if together is not None and not (entry.kind == "m" and way.image == "vmlinux"):
                found.setdefault(BuildWay(together, way.image, way.unit, way.steps))
        return tuple(found)

    def guard(self, path: str) -> str:
        """What must hold at least for a file to be built; "" when nothing or unknown."""
        runs = [both((), way.conditions) for _, way in self._named(path) if way.image != "host"]
        possible = [run for run in runs if run is not None]
        return either(widened(possible)) if possible else ""

    def built(self, path: str) -> Built:
        """Whether the configuration builds a `.c` or `.S` by itself (not by including it elsewhere)."""
        found = self._built.get(path)
        if found is None:
            found = self._built[path] = self._decide(path)
        return found

    def images(self, path: str) -> frozenset[Image]:
        """What a source may be linked into by itself; empty when that is unknown or nothing."""
        return frozenset(image for image, _ in self.built(path).images)

    def never(self, path: str) -> bool:
        """Whether Makefiles name a `.c` or `.S`, and none of the ways to it can hold: what is surely left out when
        only the architecture is known."""
        return (
            self.known and self.built(path).truth is False and any(w.image != "host" for _, w in self._named(path))
        )

    def _truth(self, guard: str) -> Truth:
        if guard not in self._truths:
            self._truths[guard] = self._holds(guard)
        return self._truths[guard]

    def _all(self, conditions: Sequence[str]) -> Truth:
        values = [self._truth(c) for c in conditions]
        return False if False in values else None if None in values else True

    def _decide(self, path: str) -> Built:
        if not self.known:
            return Built(None)
        ways = self.ways(path)
        kernel = [w for w in ways if w.image != "host"]
        truths = [self._all(w.conditions) for w in kernel]
        images = tuple(
            dict.fromkeys((w.image, w.unit) for w, t in zip(kernel, truths, strict=True) if t is not False)
        )
        if images:
            return Built(True if True in truths else None, "", images)
        if self._may_be_opaque(path):
            return Built(None)
        named = [way for _, way in self._named(path) if way.image != "host"]
        if named:
            return Built(False, self._why_not(named))
        if ways:
            return Built(False, "it belongs to a program for the build host")
        return self._unnamed(path)

    def _why_not(self, ways: Sequence[BuildWay]) -> str:
        """The lines and the condition that fails, of the way with the fewest that do."""
        best = min(ways, key=lambda w: sum(self._truth(c) is False for c in w.conditions))
        failing = next((c for c in best.conditions if self._truth(c) is False), "")
        if not failing:  # asked for as built in, in a folder that is entered for its modules
            return f"{_blamed(best, '')}, a part of no module"
        return f"{_blamed(best, failing)}, {_not_set(failing)}"

    def _may_be_opaque(self, path: str) -> bool:
        """Whether a Makefile above a file, the nearest first, builds what cannot be told."""
        folder = posixpath.dirname(path)
        while True:
            guards = self._table.opaque.get(folder, ())
            if any(self._truth(g) is not False for g in guards if g) or "" in guards:
                return True
            if folder in self._table.folders or not folder:
                return False
            folder = posixpath.dirname(folder)

    def _unnamed(self, path: str) -> Built:
        """A file that no Makefile names."""
        folder = posixpath.dirname(path)
        name = posixpath.basename(path)
        own = self._table.folders.get(folder)
        if own is not None:
            if all(self._all(entry.conditions) is False for entry in own[1]):
                return Built(False, f"{folder}/ is built only with {either([e.conditions for e in own[1]])}")
            return Built(False, f"{own[0]} does not name {name.rpartition('.')[0]}.o")
        if path.startswith(f"arch/{self._arch}/") and not path.startswith(f"arch/{self._arch}/um/"):
            return Built(None)  # boot code has rules of its own
        return Built(False, f"no Makefile descends into {folder}/")

    def defined(self, path: str, name: str) -> Truth:
        """Whether the compiler's command line defines a macro for a file."""
        stem = path.rpartition(".")[0]
        folder = posixpath.dirname(path)
        places = [stem, f"{folder}/"]
        while folder:
            places.append(f"{folder}/*")
            folder = posixpath.dirname(folder)
        truth: Truth = False
        for place in places:
            for macro, _, conditions in self._table.defines.get(place, ()):
                if macro == name:
                    holds = self._all(conditions)
                    if holds:
                        return True
                    truth = None if holds is None else truth
        return truth


def _blamed(way: BuildWay, failing: str) -> str:
    """The line that asks for the condition that fails, else the last one."""
    symbol = re.search(r"CONFIG_\w+", failing)
    for step in way.steps:
        if symbol and symbol.group() in step.text:
            return f"{step.text.partition(' ')[0]} in {step.file}"
    return f"{way.steps[-1].text} in {way.steps[-1].file}" if way.steps else "its Makefile"


def _not_set(failing: str) -> str:
    match = re.fullmatch(r"(?:IS_\w+\()?(CONFIG_\w+)\)?", failing)
    return f"{match[1]} is not set" if match else f"{failing} does not hold"
