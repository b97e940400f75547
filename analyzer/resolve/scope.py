"""What a name means in a file: includes, visibility, and the choice among definitions of the same name.

Order of choice (design.md): the file itself, the headers that it includes, the files that include it (for a
`.c` or a template read into another), then external definitions, its own architecture first.

Not handled: the order of `#define`s and uses within a file, beyond the nearest one above.
"""

import posixpath
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence

from analyzer.model.facts import Definition, Facts, Macro, Record
from analyzer.model.guards import Truth, conjunction, exhaustive
from analyzer.resolve.configuration import Configuration
from analyzer.resolve.index import Index, NameKind
from analyzer.resolve.kbuild import Kbuild
from analyzer.resolve.macros import MacroDefinition, macro_definition
from analyzer.resolve.pathsets import Numbers, PathSet

_FORCED = (
    "include/linux/kconfig.h",
    "include/linux/compiler_types.h",
    "include/linux/compiler-gcc.h",
)
_MAX_NAMED = 400  # files whose macros are kept by name
_FOREIGN = ("tools/", "scripts/", "samples/", "Documentation/", "usr/")


class Scopes:
    """Scopes of a kernel's files, made on demand."""

    def __init__(self, index: Index, configuration: Configuration) -> None:
        self.index = index
        self.configuration = configuration
        self._numbers = Numbers()
        self._closures: dict[str, PathSet] = {}
        self._sure: dict[str, PathSet] = {}
        self._headers: tuple[dict[str, int], dict[str, int]] = ({}, {})
        self._included: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}
        self._resolved: dict[tuple[str, str, bool], str] = {}
        self._scopes: dict[str, Scope] = {}
        self._macros: dict[tuple[str, str], tuple[MacroDefinition, ...]] = {}
        self._by_name: OrderedDict[str, Mapping[str, Sequence[Macro]]] = OrderedDict()
        self._foreign: dict[str, bool] = {}
        self._includable: dict[str, bool] = {}
        self._unbuilt: dict[str, bool] = {}
        self._kbuild: Kbuild | None = None
        self._arch = self._arch_roots()
        # only in a whole kernel does "defined nowhere" say that a function does not exist
        self.whole = all(index.has(f) for f in ("lib/string.c", "mm/page_alloc.c", "fs/namei.c", "init/main.c"))

    def _arch_roots(self) -> tuple[str, ...]:
        name = self.configuration.directory
        roots = [f"arch/{name}/include", f"arch/{name}/include/generated"]
        self._old_arch: tuple[str, ...] = ()
        if not self.index.has(f"arch/{name}/include/asm/page.h"):
            # before 2.6.28 headers lie in include/asm-<arch>, reached through a link made by the build
            bits = {"x86": ("x86", "x86_64", "i386"), "i386": ("x86", "i386")}.get(
                self.configuration.arch, (name,)
            )
            self._old_arch = tuple(f"include/asm-{b}/" for b in bits if self.index.has(f"include/asm-{b}/page.h"))[
                :1
            ]
        return tuple(roots)

    def of(self, path: str) -> "Scope":
        """The scope of a file."""
        scope = self._scopes.get(path)
        if scope is None:
            scope = self._scopes[path] = Scope(self, path)
        return scope

    @property
    def kbuild(self) -> Kbuild:
        """What is built; read when it is first asked for."""
        if self._kbuild is None:
            arch = self.configuration.directory
            self._kbuild = Kbuild(self.index.build_table(arch), arch, self.configuration.holds)
        return self._kbuild

    def unbuilt(self, path: str) -> bool:
        """Whether the configuration, if one is given, builds a source neither by itself nor as a part of one
        that includes it."""
        if self.configuration.options is None or not path.endswith((".c", ".S")):
            return False
        found = self._unbuilt.get(path)
        if found is None:
            self._unbuilt[path] = True  # files that include each other
            found = self._unbuilt[path] = self.kbuild.built(path).truth is False and not self.of(path).includers
        return found

    def foreign(self, path: str) -> bool:
        """Whether a file belongs to another architecture, is no part of the kernel proper, or is not built
        by the configuration."""
        found = self._foreign.get(path)
        if found is None:
            found = self._foreign[path] = self._elsewhere(path) or self.unbuilt(path)
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

    def _elsewhere(self, path: str) -> bool:
        if path.startswith("arch/"):
            arch, _, rest = path[5:].partition("/")
            if rest.startswith("um/"):  # arch/x86/um is user mode Linux
                arch = "um"
            return arch != self.configuration.directory
        if path.startswith("include/asm-") and not path.startswith("include/asm-generic/"):
            return not path.startswith(self._old_arch) if self._old_arch else True
        return path.startswith(_FOREIGN)

    def resolve_include(self, path: str, target: str, *, quoted: bool) -> str:
        """The file that an include names, or empty (a generated header, another tree's)."""
        folder = posixpath.dirname(path)
        key = (
            folder if quoted or not target.startswith(("linux/", "net/", "asm/", "uapi/")) else "",
            target,
            quoted,
        )
        found = self._resolved.get(key)
        if found is None:
            found = self._resolved[key] = self._search(path, folder, target, quoted)
        return found

    def _search(self, path: str, folder: str, target: str, quoted: bool) -> str:
        has = self.index.has
        if quoted:
            candidate = posixpath.normpath(posixpath.join(folder, target))
            if has(candidate):
                return candidate
        roots = [*self._arch, "include"]
        roots += [f"{self._arch[0]}/uapi", "include/uapi"]
        for root in roots:
            candidate = f"{root}/{target}"
            if has(candidate):
                return candidate
        if target.startswith("asm/"):
            rest = target[4:]
            for root in self._old_arch:
                if has(root + rest):
                    return root + rest
            for candidate in (f"include/asm-generic/{rest}", f"include/uapi/asm-generic/{rest}"):
                if has(candidate):
                    return candidate
        candidate = posixpath.normpath(target)
        if "/" in target and has(candidate):
            return candidate
        # an extra -I: the nearest file whose path ends so
        best, best_common = "", 0
        suffix = "/" + target.lstrip("./")
        for candidate in self.index.by_basename(posixpath.basename(target)):
            if candidate.endswith(suffix) and not self.foreign(candidate):
                common = len(posixpath.commonprefix((candidate, path)))
                if common > best_common:
                    best, best_common = candidate, common
        return best if best_common >= 4 else ""

    def closure(self, path: str) -> PathSet:
        """The file and all that it includes, directly or not, the forced headers included."""
        found = self._closures.get(path)
        if found is None:
            found = self._closures[path] = self._reach(path, sure=False)
        return found

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
        for target in (*(f for f in _FORCED if self.index.has(f)), *self._targets(path)[which]):
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

    def _targets(self, path: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The files that a file includes directly: all, and those under no unknown condition."""
        found = self._included.get(path)
        if found is None:
            every: set[str] = set()
            sure: set[str] = set()
            for include in self.index.includes(path):
                truth = self.configuration.holds(include.guard, self._never) if include.guard else True
                if not include.target or truth is False:
                    continue
                target = self.resolve_include(path, include.target, quoted=include.quoted)
                every.add(target)
                if truth:
                    sure.add(target)
            found = self._included[path] = tuple(sorted(every - {""})), tuple(sorted(sure - {""}))
        return found

    def _never(self, name: str) -> Truth:
        """Names that no file of the tree defines are undefined."""
        return None if name == "MODULE" or self.index.files("macro", name) else False

    def macros_in(self, path: str, name: str) -> tuple[MacroDefinition, ...]:
        """The definitions of a macro in a file, tokenized once."""
        key = (path, name)
        found = self._macros.get(key)
        if found is None:
            found = self._macros[key] = tuple(
                macro_definition(m.name, m.parameters, m.variadic, m.body, path, m.line, m.guard)
                for m in self._macros_of(path).get(name, ())
            )
        return found

    def _macros_of(self, path: str) -> Mapping[str, Sequence[Macro]]:
        """A file's macros by name."""
        found = self._by_name.get(path)
        if found is None:
            by_name: dict[str, list[Macro]] = {}
            for macro in self.index.facts(path).macros:
                by_name.setdefault(macro.name, []).append(macro)
            found = self._by_name[path] = by_name
            if len(self._by_name) > _MAX_NAMED:
                self._by_name.popitem(last=False)
        else:
            self._by_name.move_to_end(path)
        return found


class Scope:
    """Names as one file sees them."""

    def __init__(self, scopes: Scopes, path: str) -> None:
        self.scopes = scopes
        self.path = path
        self._lookup: dict[str, tuple[MacroDefinition, ...]] = {}
        self._macro_sure: dict[str, bool] = {}
        self._deciding: set[str] = set()
        self._held: dict[str, Truth] = {}
        self._under: dict[str, dict[str, tuple[MacroDefinition, ...]]] = {}
        self._outer: tuple[str, ...] | None = None
        self._behind: frozenset[str] | None = None

    @property
    def visible(self) -> PathSet:
        """The file and everything it includes."""
        return self.scopes.closure(self.path)

    @property
    def includers(self) -> tuple[str, ...]:
        """For a `.c` or template that other files include: those files."""
        if self._outer is None:
            found: list[str] = []
            if not self.path.startswith("include/"):
                index = self.scopes.index
                base = posixpath.basename(self.path)
                for candidate in index.files("includer", base):
                    if candidate == self.path or self.scopes.foreign(candidate):
                        continue
                    for include in index.includes(candidate):
                        if posixpath.basename(include.target) == base and (
                            self.scopes.resolve_include(candidate, include.target, quoted=include.quoted)
                            == self.path
                        ):
                            found.append(candidate)
                            break
            self._outer = tuple(found)
        return self._outer

    @property
    def _late(self) -> frozenset[str]:
        """What the file includes only behind all of its code, so that no macro there serves it: trace headers
        end with what reads them again under other definitions."""
        if self._behind is None:
            index, scopes = self.scopes.index, self.scopes
            facts = index.facts(self.path)
            last = max(
                (0, *(u.end_line for u in facts.invocations), *(d.end_line for d in facts.definitions)),
            )
            reached: tuple[set[str], set[str]] = (set(), {self.path})
            for include in facts.includes if any(i.line > last for i in facts.includes) and last else ():
                target = scopes.resolve_include(self.path, include.target, quoted=include.quoted)
                if target:
                    reached[include.line <= last].update(scopes.closure(target))
            self._behind = frozenset(reached[0] - reached[1])
        return self._behind

    def files_with(self, kind: NameKind, name: str) -> tuple[list[str], list[str]]:
        """The files that have a name, split into those this file sees and the others."""
        files = self.scopes.index.files(kind, name)
        if not files:
            return [], []
        if not any(f != self.path and self.scopes.includable(f) for f in files):
            seen = [self.path] if self.path in files else [f for f in files if f in self.includers]
            return seen, [f for f in files if f not in seen]
        visible = self.visible
        if kind == "macro" and self._late:
            files = tuple(f for f in files if f not in self._late)
        seen = [f for f in files if f in visible]
        outside = [f for f in files if f not in visible]
        if not seen and outside and not self.path.startswith("include/") and self.includers:
            for includer in self.includers:
                closure = self.scopes.closure(includer)
                seen += [f for f in outside if f in closure and f not in seen]
            outside = [f for f in outside if f not in seen]
        return seen, outside

    def holds(self, guard: str) -> Truth:
        """Whether a guard holds here, as far as known."""
        if not guard:
            return True
        if guard in self._held:
            return self._held[guard]
        truth = self.scopes.configuration.holds(guard, self._defined)
        if not self._deciding:  # else names being decided count as unknown
            self._held[guard] = truth
        return truth

    def _defined(self, name: str) -> Truth:
        """Whether a macro that is no configuration symbol is defined: by a definition that does not
        itself depend on its absence (`#ifndef arch_x` / `#define arch_x`)."""
        if name in self._deciding or len(self._deciding) > 4:
            return None
        given = self._given(name)
        if given is not None or (name == "MODULE" and self.scopes.configuration.options is not None):
            return given
        files, outside = self.files_with("macro", name)
        if not files:
            return None if outside and not self._whole_unit() else False
        self._deciding.add(name)
        try:
            verdict: Truth = False
            for path in files:
                for definition in self.scopes.macros_in(path, name):
                    if f"!{name}" in definition.guard:
                        continue
                    truth = self.holds(definition.guard)
                    if truth:
                        return True
                    if truth is None:
                        verdict = None
            return verdict
        finally:
            self._deciding.discard(name)

    def _whole_unit(self) -> bool:
        """Whether what this file does not see is not there: a `.c` that is compiled by itself with a known
        configuration."""
        scopes = self.scopes
        return (
            scopes.configuration.options is not None
            and self.path.endswith(".c")
            and scopes.kbuild.built(self.path).truth is True
            and not self.includers
        )

    def _given(self, name: str) -> Truth:
        """Whether the build's command line defines a name for this file; None when that cannot be told, or
        when it does not and something else may."""
        if self.scopes.configuration.options is None or not self.path.endswith(".c"):
            return None
        kbuild = self.scopes.kbuild
        if name == "MODULE":
            images = {image for image, _ in kbuild.built(self.path).images}
            return None if len(images) != 1 or self.includers else "module" in images
        return kbuild.defined(self.path, name) or None

    def macro(self, name: str) -> tuple[MacroDefinition, ...]:
        """The definitions of a macro that may hold here, the likeliest first; empty when there is none."""
        found = self._lookup.get(name)
        if found is None:
            self._lookup[name] = ()  # a guard that asks for this very name
            found = self._lookup[name] = self._macro(name)
        return found

    def _macro(self, name: str) -> tuple[MacroDefinition, ...]:
        files, _ = self.files_with("macro", name)
        if not files:
            return ()
        if self.path in files:
            own = [d for d in self.scopes.macros_in(self.path, name) if self.holds(d.guard) is not False]
            if own:
                return tuple(_distinct(own))
            files.remove(self.path)
        sure: list[MacroDefinition] = []
        unsure: list[MacroDefinition] = []
        for path in files:
            if self.scopes.foreign(path):
                continue
            gone = max((u.line for u in self.scopes.index.facts(path).undefs if u.name == name), default=0)
            for definition in self.scopes.macros_in(path, name):
                if _is_self(definition) or definition.line < gone:
                    continue
                truth = self.holds(definition.guard)
                if truth and self.surely_sees(path):
                    sure.append(definition)
                elif truth is not False:
                    unsure.append(definition)
        if self.scopes.configuration.options is not None and sure:
            return tuple(_distinct(sure))
        ranked = sorted([*sure, *unsure], key=lambda d: (bool(_stub(d)), d in unsure, d.file, d.line))
        return tuple(_distinct(ranked))

    def surely_sees(self, path: str) -> bool:
        """Whether a visible file is included whatever the configuration: by this file, or by every source that
        includes this one."""
        return self._reaches_surely(path, frozenset())

    def _reaches_surely(self, path: str, below: frozenset[str]) -> bool:
        if path == self.path or path in self.scopes.sure_closure(self.path):
            return True
        if self.path in below:
            return False
        outer = [i for i in self.includers if not self.scopes.unbuilt(i)]
        below |= {self.path}
        return bool(outer) and all(self.scopes.of(i)._reaches_surely(path, below) for i in outer)

    def macro_is_sure(self, name: str) -> bool:
        """Whether a macro is defined here in every configuration, as far as known."""
        known = self._macro_sure.get(name)
        if known is None:
            guards = {d.guard for d in self.macro(name) if self.surely_sees(d.file)}
            known = any(self.holds(guard) is True for guard in guards)
            known = self._macro_sure[name] = known or (len(guards) > 1 and exhaustive(guards))
        return known

    def macro_under(self, guard: str) -> Callable[[str], tuple[MacroDefinition, ...]]:
        """Look-up for code under a guard: definitions that exclude it are no candidates."""
        if not guard:
            return self.macro

        known = self._under.setdefault(guard, {})

        def lookup(name: str) -> tuple[MacroDefinition, ...]:
            found = known.get(name)
            if found is None:
                found = self.macro(name)
                if any(d.guard for d in found):
                    found = tuple(d for d in found if conjunction(guard, d.guard) != "0")
                known[name] = found
            return found

        return lookup


def _is_self(definition: MacroDefinition) -> bool:
    """`#define arch_x arch_x` marks an override; it renames nothing."""
    return (
        definition.parameters is None and len(definition.body) == 1 and definition.body[0].text == definition.name
    )


def _stub(definition: MacroDefinition) -> bool:
    """A definition that does nothing: another configuration's."""
    body = [t.text for t in definition.body]
    return not body or body == ["do", "{", "}", "while", "(", "0", ")"] or body in (["0"], ["(", "0", ")"])


def _distinct(definitions: Sequence[MacroDefinition]) -> list[MacroDefinition]:
    found: dict[tuple[object, ...], MacroDefinition] = {}
    for definition in definitions:
        found.setdefault((definition.parameters, definition.body), definition)
    return list(found.values())


def is_stub(definition: Definition) -> bool:
    """A function under `#else` that only returns: what is compiled when a feature is off."""
    return not definition.calls and not definition.indirect and definition.end_line - definition.line <= 4


def record_in(facts: Facts, tag: str) -> Record | None:
    """The fullest definition of a struct or union in a file."""
    found = [r for r in facts.records if r.tag == tag]
    return max(found, key=lambda r: len(r.fields)) if found else None
