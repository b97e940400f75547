"""All the Makefiles of a tree, from the top down.

The top Makefile, the architecture's and the top Kbuild give the first folders; from there every folder's Kbuild
or Makefile is read for `obj-y`, `obj-m`, `lib-y`, composite objects and further folders. The result holds for
all configurations.

Not handled: which option a generated Makefile sets.
"""

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from analyzer.model.guards import conjunction
from analyzer.model.kbuild import BuildEntry, BuildObject, BuildStep, BuildTable, MakeStatement
from analyzer.resolve.kbuild.branching import Branches
from analyzer.resolve.kbuild.conditions import Conditions, both
from analyzer.resolve.kbuild.folder import OBJECT_LISTS, Folder, Read, assignable, chunk_of, read_folder, step_of
from analyzer.resolve.kbuild.packing import packed
from analyzer.resolve.kbuild.variables import Variables

_TOP_LIST = re.compile(r"^(?:init|core|drivers|net|libs|virt|head|obj|block)-(?:y|m)$")
# what the top Makefile finds out by itself; empty texts stand for the architecture
_GIVEN = {
    "srctree": ".",
    "objtree": ".",
    "SRCARCH": "",
    "ARCH": "",
    "HEADER_ARCH": "",
    "KERNELRELEASE": "0",
    "KBUILD_SRC": ".",
    "comma": ",",
}
_MAX_FOLDERS = 20_000
_MAX_WAYS = 1024  # into one folder: drivers/usb/host of 6.1 has 360, most have one
_MAX_INCLUDES = 4  # of Makefiles in each other


def read_tree(paths: Sequence[str], arch: str, read: Read) -> BuildTable:
    """What the Makefiles of a tree with these files say for an architecture (its folder below arch/)."""
    return _Reader(paths, arch, read).table()


class _Reader:
    """Reads the Makefiles of a tree, top down."""

    def __init__(self, paths: Sequence[str], arch: str, read: Read) -> None:
        self._read = read
        self._arch = arch
        self._names: dict[str, list[str]] = {}
        for path in paths:
            folder, _, name = path.rpartition("/")
            self._names.setdefault(folder, []).append(name)
        self._paths = frozenset(paths)
        self._top = self._variables(None, "")

    def _listing(self, folder: str) -> Sequence[str]:
        return self._names.get(posixpath.normpath(folder) if folder else "", ())

    def _variables(self, outer: Variables | None, folder: str) -> Variables:
        variables = Variables(outer, self._listing)
        if outer is None:
            for name, text in _GIVEN.items():
                variables.preset(name, text or self._arch)
        for name in ("src", "obj"):
            variables.preset(name, folder or ".")
        if outer is not None:
            for name in OBJECT_LISTS:
                variables.preset(name, "")
        return variables

    def table(self) -> BuildTable:
        """Everything reached from the top."""
        entries: dict[str, dict[BuildEntry, None]] = {}
        todo: list[str] = []
        cut: set[str] = set()

        def enter(folder: str, entry: BuildEntry) -> None:
            known = entries.setdefault(folder, {})
            if entry in known or len(entries) >= _MAX_FOLDERS:
                return
            if len(known) >= _MAX_WAYS:
                cut.add(folder)
                return
            known[entry] = None
            todo.append(folder)

        for folder, entry in self._first_folders():
            enter(folder, entry)
        folders: dict[str, Folder | None] = {}
        handled: dict[str, int] = {}
        while todo:
            folder = todo.pop(0)
            if folder not in folders:
                folders[folder] = self._folder(folder)
            said = folders[folder]
            ways = list(entries[folder])[handled.get(folder, 0) :]
            handled[folder] = len(entries[folder])
            for below, entry in _entries(said, ways) if said is not None else ():
                if below != folder:
                    enter(below, entry)
        return _finished(entries, {path: said for path, said in folders.items() if said is not None}, cut)

    def _folder(self, folder: str) -> Folder | None:
        return read_folder(folder, self._variables(self._top, folder), self._read, self._paths)

    def _first_folders(self) -> list[tuple[str, BuildEntry]]:
        """The folders that the top names, with the variables that it exports left in `_top`."""
        found: dict[tuple[str, BuildEntry], None] = {}
        for folder, entry in self._run_top("Makefile", (), 0):
            found.setdefault((folder, entry))
        for name in self._top.names():
            if not _TOP_LIST.match(name):
                continue
            for word, chunk in self._top.listed(name):
                if word.text and word.text.endswith(("/", "/lib.a")):
                    entry = BuildEntry(word.conditions, "y", (step_of(chunk, word.text),))
                    folder = word.text.removeprefix("$(objtree)").removesuffix("lib.a").lstrip("/")
                    found.setdefault((posixpath.normpath(folder), entry))
        if self._read("Kbuild") is not None:
            said = self._folder("")
            for folder, conditions, kind, steps in said.folders if said else ():
                found.setdefault((folder, BuildEntry(conditions, kind, steps)))
        return list(found)

    def _run_top(self, path: str, outside: Conditions, depth: int) -> Iterator[tuple[str, BuildEntry]]:
        """The lists of the top Makefile and of the architecture's. Conditions that a configuration does not
        decide are passed over, both branches read; lists only grow (later lines rename their words).
        Gives the folders that rules run make in."""
        statements = self._read(path)
        if statements is None or depth > _MAX_INCLUDES:
            return
        branches = Branches(self._top, path, outside, tolerant=True)
        for statement in statements:
            if branches.take(statement) or branches.under is None:
                continue
            if statement.kind == "assign":
                self._grow(statement, branches.under, path)
            elif statement.kind in ("include", "submake"):
                for target, together in self._paths_in(statement.text, branches.under):
                    if statement.kind == "submake":
                        step = BuildStep(path, statement.line, f"$(build)={statement.text}")
                        yield target, BuildEntry(together, "o", (step,))
                    elif "/Makefile" in target and "arch/" in target:
                        yield from self._run_top(target, together, depth + 1)

    def _paths_in(self, text: str, under: Conditions) -> Iterator[tuple[str, Conditions]]:
        """The words of a text that name something in a folder."""
        for word in self._top.words(text):
            together = both(under, word.conditions)
            if word.text and "/" in word.text and together is not None:
                yield posixpath.normpath(word.text), together

    def _grow(self, statement: MakeStatement, under: Conditions, path: str) -> None:
        """An assignment at the top."""
        for conditions, name in assignable(self._top, statement, under):
            operator = statement.operator
            if name in _GIVEN:
                continue
            if _TOP_LIST.match(name):
                operator = "+="
                if f"({name})" in statement.text:
                    continue  # $(patsubst …) of itself
            self._top.assign(name, operator, chunk_of(statement, conditions, path))


def _entries(said: Folder, ways: Sequence[BuildEntry]) -> Iterator[tuple[str, BuildEntry]]:
    """The folders that a folder names, entered on each of the ways into it."""
    for way in ways:
        for below, conditions, kind, steps in said.folders:
            together = both(way.conditions, conditions)
            if together is not None:
                yield below, BuildEntry(together, _deeper(way.kind, kind), (*way.steps, *steps))


def _deeper(outer: str, inner: str) -> str:
    """How a folder in a folder is built."""
    if inner == "o" or outer == "o":
        return "o"
    return "m" if "m" in (outer, inner) else inner


def _finished(
    entries: Mapping[str, Iterable[BuildEntry]], folders: Mapping[str, Folder], cut: Iterable[str]
) -> BuildTable:
    """The table; `cut` are folders with more ways into them than were followed, of which nothing is sure."""
    objects: dict[str, list[BuildObject]] = {}
    defines: dict[str, list[tuple[str, str, Conditions]]] = {}
    for said in folders.values():
        for path, item in said.objects:
            objects.setdefault(path, []).append(item)
        for where, define in said.defines:
            defines.setdefault(where, []).append(define)
    makefiles = {folder: said.makefile for folder, said in folders.items()}
    opaque = {
        f: tuple(dict.fromkeys(conjunction(*c) for c in said.opaque)) for f, said in folders.items() if said.opaque
    }
    opaque.update(dict.fromkeys(cut, ("",)))
    return BuildTable(
        {path: packed(path, found, makefiles) for path, found in sorted(objects.items())},
        {f: (said.makefile, tuple(entries[f])) for f, said in sorted(folders.items())},
        dict(sorted(opaque.items())),
        {where: tuple(found) for where, found in sorted(defines.items())},
    )
