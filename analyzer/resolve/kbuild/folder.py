"""What one folder's Kbuild or Makefile says: objects, further folders, macros for the compiler.

Not handled: objects made from sources of another name by pattern rules.
"""

import itertools
import posixpath
import re
from collections.abc import Callable, Iterator, Sequence

from analyzer.model.kbuild import BuildObject, BuildStep, Image, MakeStatement
from analyzer.resolve.kbuild.branching import Branches
from analyzer.resolve.kbuild.conditions import Conditions, both
from analyzer.resolve.kbuild.expansion import Chunk
from analyzer.resolve.kbuild.maketext import Unknown
from analyzer.resolve.kbuild.variables import Variables

Read = Callable[[str], tuple[MakeStatement, ...] | None]  # a Makefile's statements, None when there is none

OBJECT_LISTS = {
    "obj-y": "y",
    "obj-m": "m",
    "lib-y": "y",
    "lib-m": "y",  # a library is linked in, whatever asks for it
    "extra-y": "y",
    "subdir-y": "o",  # make runs there, but nothing of it is linked into what is built above
    "subdir-m": "o",
}
_HOST = re.compile(
    r"^(?:hostprogs|hostprogs-y|hostprogs-m|hostprogs-always-y|host-progs|userprogs(?:-always-y)?)$"
)
_FLAGS = re.compile(r"^(?:ccflags-[ym]|EXTRA_CFLAGS|subdir-ccflags-[ym]|CFLAGS_(?P<object>[\w./-]+\.o))$")
_OPTIONS = re.compile(r"flags", re.I)  # long lists that decide nothing here
_DEFINE = re.compile(r"^-D([A-Za-z_]\w*)(?:=(.*))?$")
_IGNORED_LISTS = frozenset(("clean-files", "targets", "no-clean-files", "mostly-clean", "PHONY", "subdir-"))
_SOURCES = (".c", ".S")
_MAX_INCLUDES = 8  # of Makefiles in each other


class Folder:
    """What one folder's Makefile says."""

    def __init__(self, makefile: str) -> None:
        self.makefile = makefile
        self.objects: list[tuple[str, BuildObject]] = []
        self.folders: list[tuple[str, Conditions, str, tuple[BuildStep, ...]]] = []
        self.opaque: list[Conditions] = []
        self.defines: list[tuple[str, tuple[str, str, Conditions]]] = []


def assignable(
    variables: Variables, statement: MakeStatement, under: Conditions
) -> Iterator[tuple[Conditions, str]]:
    """The names that an assignment gives a value, with its conditions. Long lists of options, which decide nothing
    here, are left unknown; what cannot be told is left out."""
    try:
        names = variables.alternatives(statement.name)
    except Unknown:
        return
    for conditions, name in names:
        together = both(under, conditions)
        if together is None or name.endswith("-"):
            continue
        if _OPTIONS.search(name) and not _FLAGS.match(name):
            variables.unknown(name)
        else:
            yield together, name


def read_folder(folder: str, variables: Variables, read: Read, paths: frozenset[str]) -> Folder | None:
    """What a folder's Kbuild, else its Makefile says; None when it has neither. `variables` are those that Kbuild
    sets before it reads the file."""
    prefix = f"{folder}/" if folder else ""
    for name in ("Kbuild", "Makefile"):
        statements = read(prefix + name)
        if statements is not None:
            reader = _Reader(folder, prefix + name, variables, read, paths)
            return reader.read(statements)
    return None


class _Reader:
    """Reads the Makefile of one folder."""

    def __init__(
        self, folder: str, makefile: str, variables: Variables, read: Read, paths: frozenset[str]
    ) -> None:
        self._folder = folder
        self._variables = variables
        self._read = read
        self._paths = paths
        self._said = Folder(makefile)
        self._rules: list[tuple[MakeStatement, Conditions]] = []
        self._parts: set[str] = set()  # names of lists that composite objects are linked of

    def read(self, statements: Sequence[MakeStatement]) -> Folder:
        """All that the statements say."""
        self._run(self._said.makefile, statements, (), 0)
        self._listed()
        self._host_programs()
        self._other_lists()
        for statement, conditions in self._rules:
            self._rule(statement, conditions)
        return self._said

    def _run(self, path: str, statements: Sequence[MakeStatement], outside: Conditions, depth: int) -> None:
        branches = Branches(self._variables, path, outside)
        for statement in statements:
            if branches.take(statement) or branches.under is None:
                continue
            if statement.kind == "assign":
                for conditions, name in assignable(self._variables, statement, branches.under):
                    self._variables.assign(name, statement.operator, chunk_of(statement, conditions, path))
            elif statement.kind == "include":
                self._include(statement, branches.under, depth)
            else:
                self._rules.append((statement, branches.under))

    def _include(self, statement: MakeStatement, under: Conditions, depth: int) -> None:
        for word in self._variables.words(statement.text):
            together = both(under, word.conditions)
            if together is None:
                continue
            target = posixpath.normpath(word.text) if word.text else ""
            inner = self._read(target) if target and depth < _MAX_INCLUDES else None
            if inner is not None:
                self._run(target, inner, together, depth + 1)
            elif word.text is None:
                self._said.opaque.append(together)

    def _listed(self) -> None:
        """The lists that Kbuild itself reads."""
        for name, kind in OBJECT_LISTS.items():
            for word, chunk in self._variables.listed(name):
                if word.text is None:
                    self._said.opaque.append(word.conditions)
                elif word.text.endswith("/") or name.startswith("subdir"):
                    way = "y" if name in ("obj-y", "lib-y") else "m" if name == "obj-m" else "o"
                    below = joined(self._folder, word.text)
                    self._said.folders.append((below, word.conditions, way, (step_of(chunk, word.text),)))
                elif word.text.endswith(".o"):
                    stem = word.text[:-2]
                    unit = joined(self._folder, stem)
                    image: Image = "module" if kind == "m" else "vmlinux"
                    way_here = BuildObject(
                        self._folder, word.conditions, image, unit, (step_of(chunk, word.text),)
                    )
                    self._object(stem, way_here)

    def _host_programs(self) -> None:
        hosts = {
            word.text
            for name in self._variables.names()
            if _HOST.match(name)
            for word, _ in self._variables.listed(name)
            if word.text
        }
        for host in sorted(hosts):
            self._object(host, BuildObject(self._folder, (), "host", f"{self._folder}/{host}", ()))

    def _other_lists(self) -> None:
        """Flags, and lists that a Makefile's own rules link."""
        for name in self._variables.names():
            if name in OBJECT_LISTS or name in self._parts or name in _IGNORED_LISTS or _HOST.match(name):
                continue
            if match := _FLAGS.match(name):
                self._flags(name, match["object"])
                continue
            for word, chunk in self._variables.listed(name) if name not in ("src", "obj") else ():
                if word.text and word.text.endswith(".o"):
                    steps = (step_of(chunk, word.text),)
                    self._built(
                        word.text,
                        BuildObject(self._folder, word.conditions, "other", f"{self._folder}/{name}", steps),
                    )

    def _object(self, stem: str, item: BuildObject) -> None:
        """An object: the parts it is linked of, or its source."""
        parts = [f"{stem}-objs", f"{stem}-y"]
        # the top has a core-y of its own
        own = [name for name in (*parts, f"{stem}-m") if self._variables.has(name)]
        lists = [(name, self._variables.listed(name)) for name in own]
        if not any(words for name, words in lists if name in parts):
            self._built(f"{stem}.o", item)
            return
        for name, words in lists:
            self._parts.add(name)
            for word, chunk in words if item.image != "vmlinux" or not name.endswith("-m") else ():
                together = both(item.conditions, word.conditions)
                if together is None:
                    continue
                if word.text is None:
                    self._said.opaque.append(together)
                    continue
                steps = (*item.steps, step_of(chunk, word.text))
                if word.text.endswith(".o"):
                    self._built(word.text, BuildObject(item.folder, together, item.image, item.unit, steps))
                elif word.text.endswith("/"):
                    self._said.folders.append((joined(self._folder, word.text), together, "y", steps))

    def _built(self, name: str, item: BuildObject) -> None:
        """Note how an object of that name is built: of its source, or by a rule of other objects (`objcopy`)."""
        stem = joined(self._folder, name[:-2])
        for object_stem in itertools.chain((stem,), self._made_of(stem)):
            path = next((object_stem + s for s in _SOURCES if object_stem + s in self._paths), "")
            if path:
                self._said.objects.append((path, item))
                return

    def _made_of(self, stem: str) -> Iterator[str]:
        """The objects of which a rule makes another one, all without their `.o`."""
        for statement, _ in self._rules:
            if statement.kind == "rule" and posixpath.basename(stem) in statement.name:
                targets = (word.text for word in self._variables.words(statement.name))
                if f"{stem}.o" in (joined(self._folder, text) for text in targets if text):
                    for word in self._variables.words(statement.text):
                        if word.text and word.text.endswith(".o"):
                            yield joined(self._folder, word.text[:-2])

    def _flags(self, name: str, target: str | None) -> None:
        if target:
            where = joined(self._folder, target[:-2])
        else:
            where = f"{self._folder}/{'*' if name.startswith('subdir') else ''}"
        for word, _ in self._variables.listed(name):
            match = _DEFINE.match(word.text or "")
            if match:
                self._said.defines.append((where, (match[1], match[2] or "1", word.conditions)))

    def _rule(self, statement: MakeStatement, conditions: Conditions) -> None:
        """A rule of a Makefile's own: what it compiles may be built; a sub-make's folder is entered."""
        said = self._said
        step = BuildStep(said.makefile, statement.line, (statement.name or statement.text)[:80])
        for word in self._variables.words(statement.text):
            together = both(conditions, word.conditions)
            if not word.text or together is None:
                continue
            path = posixpath.normpath(word.text)
            if statement.kind == "submake":
                if path != (self._folder or "."):
                    said.folders.append((path, together, "o", (step,)))
            elif path.endswith(_SOURCES):
                for candidate in (path, joined(self._folder, word.text)):
                    if candidate in self._paths:
                        unit = f"{self._folder}/{statement.line}"
                        said.objects.append(
                            (candidate, BuildObject(self._folder, together, "other", unit, (step,)))
                        )
                        break


def chunk_of(statement: MakeStatement, conditions: Conditions, path: str) -> Chunk:
    """What an assignment in a Makefile gives, under its conditions."""
    return Chunk(conditions, statement.text, path, statement.line, statement.name)


def joined(folder: str, name: str) -> str:
    """A Makefile's word as a path; `$(obj)/name` has the folder already."""
    if not folder or name.startswith(f"{folder}/"):
        return posixpath.normpath(name)
    return posixpath.normpath(f"{folder}/{name}")


def step_of(chunk: Chunk, word: str) -> BuildStep:
    """The line that names a word in a list."""
    return BuildStep(chunk.file, chunk.line, f"{chunk.name} += {word}")
