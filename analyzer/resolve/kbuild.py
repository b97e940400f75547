"""Which source files Kbuild builds, under which conditions, and into what.

The top Makefile, the architecture's and the top Kbuild give the first folders; from there every folder's Kbuild
or Makefile is read for `obj-y`, `obj-m`, `lib-y`, composite objects and further folders. The result holds for
all configurations; a configuration is put in when a file is asked about.

Where make does what cannot be followed, files may be built. Not handled: objects made from sources of another
name by pattern rules, and which option a generated Makefile sets.
"""

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from analyzer.model.guards import Truth, conjunction
from analyzer.model.kbuild import (
    BuildEntry,
    BuildObject,
    BuildStep,
    BuildTable,
    BuildWay,
    Built,
    Image,
    MakeStatement,
)
from analyzer.resolve.makevars import Chunk, Conditions, Unknown, Variables, both, either, opposite, widened

Read = Callable[[str], tuple[MakeStatement, ...] | None]  # a Makefile's statements, None when there is none

_TOP_LIST = re.compile(r"^(?:init|core|drivers|net|libs|virt|head|obj|block)-(?:y|m)$")
_OBJECTS = {
    "obj-y": "y",
    "obj-m": "m",
    "lib-y": "y",
    "lib-m": "m",
    "extra-y": "y",
    "subdir-y": "d",
    "subdir-m": "d",
}
_HOST = re.compile(
    r"^(?:hostprogs|hostprogs-y|hostprogs-m|hostprogs-always-y|host-progs|userprogs(?:-always-y)?)$"
)
_FLAGS = re.compile(r"^(?:ccflags-[ym]|EXTRA_CFLAGS|subdir-ccflags-[ym]|CFLAGS_(?P<object>[\w./-]+\.o))$")
_OPTIONS = re.compile(r"flags", re.I)  # long lists that decide nothing here
_DEFINE = re.compile(r"^-D([A-Za-z_]\w*)(?:=(.*))?$")
_IGNORED_LISTS = frozenset(("clean-files", "targets", "no-clean-files", "mostly-clean", "PHONY", "subdir-"))
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
_SOURCES = (".c", ".S")
_OBJECTS_OF = msgspec.msgpack.Decoder(tuple[BuildObject, ...])
_MAX_FOLDERS = 20_000
_MAX_WAYS = 16  # into one folder


class _Folder:
    """What one folder's Makefile says."""

    def __init__(self, makefile: str) -> None:
        self.makefile = makefile
        self.objects: list[tuple[str, BuildObject]] = []
        self.folders: list[tuple[str, Conditions, str, tuple[BuildStep, ...]]] = []
        self.opaque: list[Conditions] = []
        self.defines: list[tuple[str, tuple[str, str, Conditions]]] = []


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
            for name in _OBJECTS:
                variables.preset(name, "")
        return variables

    def table(self) -> BuildTable:
        """Everything reached from the top."""
        entries: dict[str, list[BuildEntry]] = {}
        todo: list[str] = []

        def enter(folder: str, entry: BuildEntry) -> None:
            known = entries.setdefault(folder, [])
            if len(known) < _MAX_WAYS and entry not in known and len(entries) < _MAX_FOLDERS:
                known.append(entry)
                todo.append(folder)

        for folder, entry in self._first_folders():
            enter(folder, entry)
        folders: dict[str, _Folder | None] = {}
        handled: dict[str, int] = {}
        while todo:
            folder = todo.pop(0)
            if folder not in folders:
                folders[folder] = self._folder(folder)
            said = folders[folder]
            ways = entries[folder][handled.get(folder, 0) :]
            handled[folder] = len(entries[folder])
            for way in ways if said is not None else ():
                for below, conditions, kind, steps in said.folders if said is not None else ():
                    together = both(way.conditions, conditions)
                    if together is not None and below != folder:
                        enter(below, BuildEntry(together, _deeper(way.kind, kind), (*way.steps, *steps)))
        return _finished(entries, folders)

    # the top

    def _first_folders(self) -> list[tuple[str, BuildEntry]]:
        """The folders that the top names, with the variables that it exports left in `_top`."""
        found: dict[tuple[str, BuildEntry], None] = {}
        for folder, entry in self._run_top("Makefile", (), 0):
            found.setdefault((folder, entry))
        for name in self._top.names():
            if not _TOP_LIST.match(name):
                continue
            for word, chunk in self._top.listed(name):
                if word.text and word.text.endswith("/"):
                    entry = BuildEntry(word.conditions, "y", (_step(chunk, word.text),))
                    found.setdefault((posixpath.normpath(word.text), entry))
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
        if statements is None or depth > 4:
            return
        stack: list[tuple[Conditions | None, str]] = []
        under: Conditions | None = outside
        for statement in statements:
            if statement.kind in ("if", "else", "endif"):
                under = self._branch(self._top, stack, under, statement, None)
            elif under is None:
                continue
            elif statement.kind == "include":
                for word in self._top.words(statement.text):
                    together = both(under, word.conditions)
                    if together is not None and word.text and "/Makefile" in word.text and "arch/" in word.text:
                        yield from self._run_top(posixpath.normpath(word.text), together, depth + 1)
            elif statement.kind == "assign":
                self._assign(self._top, statement, path, under, grow=True)
            elif statement.kind == "submake":
                for word in self._top.words(statement.text):
                    together = both(under, word.conditions)
                    if word.text and together is not None and "/" in word.text:
                        step = BuildStep(path, statement.line, f"$(build)={statement.text}")
                        yield posixpath.normpath(word.text), BuildEntry(together, "o", (step,))

    # one folder

    def _folder(self, folder: str) -> _Folder | None:
        """What a folder's Kbuild, else its Makefile says."""
        prefix = f"{folder}/" if folder else ""
        for name in ("Kbuild", "Makefile"):
            statements = self._read(prefix + name)
            if statements is not None:
                break
        else:
            return None
        said = _Folder(prefix + name)
        variables = self._variables(self._top, folder)
        rules: list[tuple[MakeStatement, Conditions]] = []
        self._run(prefix + name, statements, variables, (), said, rules, 0)
        self._collect(folder, variables, said)
        for statement, conditions in rules:
            self._rule(statement, conditions, variables, folder, said)
        return said

    def _run(
        self,
        path: str,
        statements: Sequence[MakeStatement],
        variables: Variables,
        conditions: Conditions,
        said: _Folder,
        rules: list[tuple[MakeStatement, Conditions]],
        depth: int,
    ) -> None:
        stack: list[tuple[Conditions | None, str]] = []
        under: Conditions | None = conditions
        for statement in statements:
            if statement.kind in ("if", "else", "endif"):
                under = self._branch(variables, stack, under, statement, path)
            elif under is None:
                continue
            elif statement.kind == "assign":
                self._assign(variables, statement, path, under)
            elif statement.kind == "include":
                for word in variables.words(statement.text):
                    together = both(under, word.conditions)
                    if together is None:
                        continue
                    target = posixpath.normpath(word.text) if word.text else ""
                    inner = self._read(target) if target and depth < 8 else None
                    if inner is not None:
                        self._run(target, inner, variables, together, said, rules, depth + 1)
                    elif word.text is None:
                        said.opaque.append(together)
            else:
                rules.append((statement, under))

    def _branch(
        self,
        variables: Variables,
        stack: list[tuple[Conditions | None, str]],
        under: Conditions | None,
        statement: MakeStatement,
        path: str | None,
    ) -> Conditions | None:
        """Enter, change or leave a conditional: the conditions from here on, None where nothing is read.
        `stack` holds what was outside and the guard of "no branch so far". Without a path, conditions that
        cannot be decided are passed over."""
        if statement.kind == "endif":
            return stack.pop()[0] if stack else under
        outside, earlier = (under, "") if statement.kind == "if" else (stack.pop() if stack else (under, ""))
        if not statement.operator:
            stack.append((outside, "0"))
            return _under(outside, earlier, "")
        try:
            guard = variables.condition(statement.operator, statement.text)
            if path is None and "CONFIG_" not in statement.text:
                raise Unknown(statement.text)
        except Unknown:
            if path is None:
                stack.append((outside, earlier))
                return _under(outside, earlier, "")
            guard = f"{path}:{statement.line}"
        stack.append((outside, conjunction(earlier, opposite(guard))))
        return _under(outside, earlier, guard)

    def _assign(
        self,
        variables: Variables,
        statement: MakeStatement,
        path: str,
        under: Conditions,
        *,
        grow: bool = False,
    ) -> None:
        try:
            names = variables.alternatives(statement.name)
        except Unknown:
            return
        for conditions, name in names:
            together = both(under, conditions)
            if together is None or name.endswith("-") or (grow and name in _GIVEN):
                continue
            operator = statement.operator
            if _OPTIONS.search(name) and not _FLAGS.match(name):
                variables.unknown(name)
                continue
            if grow and _TOP_LIST.match(name):
                operator = "+="
                if f"({name})" in statement.text:
                    continue  # $(patsubst …) of itself
            variables.assign(name, operator, statement.text, together, path, statement.line, statement.name)

    def _collect(self, folder: str, variables: Variables, said: _Folder) -> None:
        """Objects, folders and flags of a Makefile whose statements have all been read."""
        used: set[str] = set()
        for name, kind in _OBJECTS.items():
            for word, chunk in variables.listed(name):
                if word.text is None:
                    said.opaque.append(word.conditions)
                elif word.text.endswith("/") or kind == "d":
                    below = _joined(folder, word.text)
                    said.folders.append(
                        (
                            below,
                            word.conditions,
                            "y" if name in ("obj-y", "lib-y") else "m" if name == "obj-m" else "d",
                            (_step(chunk, word.text),),
                        )
                    )
                elif word.text.endswith(".o"):
                    image: Image = "module" if kind == "m" else "vmlinux"
                    step = _step(chunk, word.text)
                    self._object(folder, variables, said, word.text[:-2], word.conditions, image, (step,), used)
        hosts = {
            word.text
            for name in variables.names()
            if _HOST.match(name)
            for word, _ in variables.listed(name)
            if word.text
        }
        for host in sorted(hosts):
            self._object(folder, variables, said, host, (), "host", (), used, unit=f"{folder}/{host}")
        for name in variables.names():
            if name in _OBJECTS or name in used or name in _IGNORED_LISTS or _HOST.match(name):
                continue
            if match := _FLAGS.match(name):
                self._flags(folder, variables, name, match["object"], said)
                continue
            for word, chunk in variables.listed(name) if name not in ("src", "obj") else ():
                if word.text and word.text.endswith(".o"):
                    path = self._source(_joined(folder, word.text[:-2]))
                    if path:
                        step = _step(chunk, word.text)
                        unit = f"{folder}/{name}"
                        said.objects.append((path, BuildObject(folder, word.conditions, "other", unit, (step,))))

    def _object(
        self,
        folder: str,
        variables: Variables,
        said: _Folder,
        stem: str,
        conditions: Conditions,
        image: Image,
        steps: tuple[BuildStep, ...],
        used: set[str],
        unit: str = "",
    ) -> None:
        """An object: the parts it is linked of, or its source."""
        unit = unit or _joined(folder, stem)
        parts = [f"{stem}-objs", f"{stem}-y"]
        own = [name for name in (*parts, f"{stem}-m") if variables.has(name)]  # the top has a core-y of its own
        listed = [(name, variables.listed(name)) for name in own]
        if not any(words for name, words in listed if name in parts):
            path = self._source(_joined(folder, stem))
            if path:
                said.objects.append((path, BuildObject(folder, conditions, image, unit, steps)))
            return
        for name, words in listed:
            used.add(name)
            if name.endswith("-m") and image == "vmlinux":
                continue
            for word, chunk in words:
                together = both(conditions, word.conditions)
                if together is None:
                    continue
                if word.text is None:
                    said.opaque.append(together)
                elif word.text.endswith(".o"):
                    path = self._source(_joined(folder, word.text[:-2]))
                    if path:
                        step = _step(chunk, word.text)
                        said.objects.append((path, BuildObject(folder, together, image, unit, (*steps, step))))
                elif word.text.endswith("/"):
                    below = _joined(folder, word.text)
                    said.folders.append((below, together, "y", (*steps, _step(chunk, word.text))))

    def _source(self, stem: str) -> str:
        return next((stem + s for s in _SOURCES if stem + s in self._paths), "")

    def _flags(self, folder: str, variables: Variables, name: str, target: str | None, said: _Folder) -> None:
        where = _joined(folder, target[:-2]) if target else f"{folder}/{'*' if name.startswith('subdir') else ''}"
        for word, _ in variables.listed(name):
            match = _DEFINE.match(word.text or "")
            if match:
                said.defines.append((where, (match[1], match[2] or "1", word.conditions)))

    def _rule(
        self, statement: MakeStatement, conditions: Conditions, variables: Variables, folder: str, said: _Folder
    ) -> None:
        """A rule of a Makefile's own: what it compiles may be built; a sub-make's folder is entered."""
        step = BuildStep(said.makefile, statement.line, (statement.name or statement.text)[:80])
        for word in variables.words(statement.text):
            together = both(conditions, word.conditions)
            if not word.text or together is None:
                continue
            path = posixpath.normpath(word.text)
            if statement.kind == "submake":
                if path != (folder or "."):
                    said.folders.append((path, together, "o", (step,)))
            elif path.endswith(_SOURCES):
                for candidate in (path, _joined(folder, word.text)):
                    if candidate in self._paths:
                        unit = f"{folder}/{statement.line}"
                        said.objects.append((candidate, BuildObject(folder, together, "other", unit, (step,))))
                        break


def _finished(entries: Mapping[str, Sequence[BuildEntry]], folders: Mapping[str, _Folder | None]) -> BuildTable:
    objects: dict[str, list[BuildObject]] = {}
    opaque: dict[str, tuple[str, ...]] = {}
    defines: dict[str, list[tuple[str, str, Conditions]]] = {}
    for folder, said in folders.items():
        if said is None:
            continue
        for path, item in said.objects:
            objects.setdefault(path, []).append(item)
        if said.opaque:
            opaque[folder] = tuple(dict.fromkeys(conjunction(*c) for c in said.opaque))
        for where, define in said.defines:
            defines.setdefault(where, []).append(define)
    return BuildTable(
        {path: _encoded(path, found, folders) for path, found in sorted(objects.items())},
        {f: (said.makefile, tuple(entries[f])) for f, said in sorted(folders.items()) if said is not None},
        dict(sorted(opaque.items())),
        {where: tuple(found) for where, found in sorted(defines.items())},
    )


def _encoded(path: str, found: Sequence[BuildObject], folders: Mapping[str, _Folder | None]) -> msgspec.Raw:
    return msgspec.Raw(msgspec.msgpack.encode(tuple(dict.fromkeys(_short(path, o, folders) for o in found))))


def _short(path: str, item: BuildObject, folders: Mapping[str, _Folder | None]) -> BuildObject:
    """An object without what follows from its path: there are some 30,000."""
    said = folders[item.folder]
    makefile = said.makefile if said is not None else ""
    return BuildObject(
        "." if item.folder == posixpath.dirname(path) else item.folder,
        item.conditions,
        item.image,
        "." if item.unit == path.rpartition(".")[0] else item.unit,
        tuple(BuildStep("." if s.file == makefile else s.file, s.line, s.text) for s in item.steps),
    )


def _under(outside: Conditions | None, earlier: str, guard: str) -> Conditions | None:
    """The conditions inside a branch."""
    if outside is None:
        return None
    for part in (earlier, guard):
        if part:
            together = both(outside, (part,))
            if together is None:
                return None
            outside = together
    return outside


def _deeper(outer: str, inner: str) -> str:
    """How a folder in a folder is built."""
    if inner == "o" or outer == "o":
        return "o"
    return "m" if "m" in (outer, inner) else outer if inner == "d" else inner


def _joined(folder: str, name: str) -> str:
    """A Makefile's word as a path; `$(obj)/name` has the folder already."""
    if not folder or name.startswith(f"{folder}/"):
        return posixpath.normpath(name)
    return posixpath.normpath(f"{folder}/{name}")


def _step(chunk: Chunk, word: str) -> BuildStep:
    return BuildStep(chunk.file, chunk.line, f"{chunk.name} += {word}")


def read_tree(paths: Sequence[str], arch: str, read: Read) -> BuildTable:
    """What the Makefiles of a tree with these files say for an architecture (its folder below arch/)."""
    return _Reader(paths, arch, read).table()


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
        for item in _OBJECTS_OF.decode(encoded) if encoded is not None else ():
            folder = posixpath.dirname(path) if item.folder == "." else item.folder
            makefile, entries = self._table.folders.get(folder, ("", ()))
            unit = path.rpartition(".")[0] if item.unit == "." else item.unit
            steps = tuple(BuildStep(makefile if s.file == "." else s.file, s.line, s.text) for s in item.steps)
            for entry in entries:
                image: Image = "other" if entry.kind == "o" and item.image == "vmlinux" else item.image
                conditions = (*entry.conditions, *item.conditions)
                yield entry, BuildWay(conditions, image, unit, (*entry.steps, *steps))

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
