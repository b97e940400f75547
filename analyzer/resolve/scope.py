"""What a name means in a file: visibility, and the choice among definitions of the same name.

Order of choice (design.md): the file itself, the headers that it includes, the files that include it (for a
`.c` or a template read into another), then external definitions, its own architecture first.

Not handled: the order of `#define`s and uses within a file, but for what `sections` tells of functions.
"""

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from analyzer.model.facts import Definition, Facts, Record
from analyzer.model.guards import Truth, conjunction, exhaustive, negation
from analyzer.resolve.arithmetic import integer, is_plain
from analyzer.resolve.defaults import holds_below, is_default, preceded
from analyzer.resolve.index import NameKind
from analyzer.resolve.macros import Expander, MacroDefinition
from analyzer.resolve.pathsets import PathSet
from analyzer.resolve.readingorder import ReadingOrder
from analyzer.resolve.tokens import KEYWORDS, Token, tokenize
from analyzer.resolve.words import has_word

if TYPE_CHECKING:
    from analyzer.resolve.scopes import Scopes

_COMPARES = re.compile(r"[<>=]")


class Scope:
    """Names as one file sees them: that of `path`, which reads the text of `file`. `key` tells scopes apart."""

    def __init__(self, scopes: "Scopes", path: str, file: str = "", key: str = "") -> None:
        self.scopes = scopes
        self.path = path
        self.file = file or path
        self.key = key or path
        self._lookup: dict[str, tuple[MacroDefinition, ...]] = {}
        self._macro_sure: dict[str, bool] = {}
        self._deciding: set[str] = set()
        self._held: dict[str, Truth] = {}
        self._held_here: dict[str, bool] = {}
        self._zeros: dict[str, bool] = {}
        self._left_out: dict[str, bool] = {}
        self._under: dict[str, dict[str, tuple[MacroDefinition, ...]]] = {}
        self._outer: tuple[str, ...] | None = None
        self.order = ReadingOrder(scopes.index, scopes.includes, path)

    @property
    def visible(self) -> PathSet:
        """The file and everything it includes."""
        return self.scopes.includes.closure(self.path)

    @property
    def includers(self) -> tuple[str, ...]:
        """For a `.c` or template that other files include: those files. One that is a part of the kernel is read
        as such: boot loaders that include it, too (`lib/cmdline.c`), then have no say."""
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
                            self.scopes.includes.resolve(candidate, include.target, quoted=include.quoted)
                            == self.path
                        ):
                            found.append(candidate)
                            break
            self._outer = tuple(self._of_kernel(found) if found else found)
        return self._outer

    def _of_kernel(self, includers: list[str]) -> list[str]:
        """The includers without those that are linked into other images only, if this file ends up in vmlinux or a
        module without them."""
        kbuild = self.scopes.kbuild
        kept = [i for i in includers if kbuild.images(i) != {"other"}]
        return kept if kept or kbuild.images(self.path) - {"other"} else includers

    def files_with(self, kind: NameKind, name: str) -> tuple[list[str], list[str]]:
        """The files that have a name, split into those this file sees and the others."""
        files = self.scopes.index.files(kind, name)
        if not files:
            return [], []
        if not any(f != self.path and self.scopes.includable(f) for f in files):
            seen = [self.path] if self.path in files else [f for f in files if f in self.includers]
            return seen, [f for f in files if f not in seen]
        visible = self.visible
        late = self.order.late if kind == "macro" else ()
        files = tuple(f for f in files if f not in late) if late else files
        seen = [f for f in files if f in visible]
        outside = [f for f in files if f not in visible]
        alone = not seen or (
            seen == [self.path]
            and (kind == "function" or self.path.endswith(".c") or (kind == "macro" and self._only_defaults(name)))
        )
        if alone and outside and not self.path.startswith("include/") and self.includers:
            for includer in self.includers:
                closure = (
                    self.order.before(includer) if kind == "macro" else self.scopes.includes.closure(includer)
                )
                seen += [f for f in outside if f in closure and f not in seen]
            if kind == "macro" and not seen:
                seen = self._seen_further_out(outside, {self.path})
            outside = [f for f in outside if f not in seen]
        return seen, outside

    def _only_defaults(self, name: str) -> bool:
        """Whether this file defines a macro only if nothing before it has."""
        return all(is_default(d) for d in self.scopes.macros_in(self.path, name))

    def _seen_further_out(self, files: Sequence[str], below: set[str]) -> list[str]:
        """Those of some files that an includer's includers have read before: `acglobal.h` uses `ACPI_GLOBAL`, its
        includer `accommon.h` includes no definition, the sources that include that one do."""
        for includer in self.includers:
            if not includer.endswith(".h") or includer.startswith("include/") or includer in below:
                continue
            below.add(includer)
            middle = self.scopes.of(includer)
            for outer in middle.includers:
                closure = middle.order.before(outer)
                if found := [f for f in files if f in closure]:
                    return found
            if found := middle._seen_further_out(files, below):
                return found
        return []

    def holds(self, guard: str) -> Truth:
        """Whether a guard holds here, as far as known."""
        if not guard:
            return True
        if guard in self._held:
            return self._held[guard]
        truth = self.scopes.configuration.holds(guard, self._defined, self._true)
        if not self._deciding:  # else names being decided count as unknown
            self._held[guard] = truth
        return truth

    def holds_given(self, guard: str, given: Mapping[str, Truth]) -> Truth:
        """The same where it is known otherwise whether some names are defined."""
        return self.scopes.configuration.holds(
            guard, lambda name: given[name] if name in given else self._defined(name), self._true
        )

    def may_hold_here(self, guard: str) -> bool:
        """Whether a guard that stands in this file's own text may hold: in a source, below its includes, also with
        the names that headers define where nothing else has (`#ifndef X`, `#define X …`)."""
        if self.holds(guard) is not False:
            return True
        if not self.path.endswith(".c"):
            return False
        known = self._held_here.get(guard)
        if known is None:
            truth = self.scopes.configuration.holds(
                guard, lambda name: self._defined(name) or self._defaulted(name), self._true
            )
            known = self._held_here[guard] = truth is not False
        return known

    def _defaulted(self, name: str) -> Truth:
        """Whether this source or a header that it sees defines a macro if nothing else has."""
        for path in self.files_with("macro", name)[0]:
            for definition in self.scopes.macros_in(path, name):
                if is_default(definition) and self.scopes.configuration.holds(
                    definition.guard, lambda other: other != name and self._defined(other), self._true
                ):
                    return True
        return False

    def _defined(self, name: str) -> Truth:
        """Whether a macro is defined that does not come from the configuration."""
        if name in self._deciding or len(self._deciding) > 4:
            return None
        if name.startswith("CONFIG_") and not self.scopes.index.files("macro", name):
            return None  # of configuration symbols only few
        given = self._given(name)
        if given is not None or (name == "MODULE" and self.scopes.configuration.options is not None):
            return given
        files, outside = self.files_with("macro", name)
        if not files:
            elsewhere = any(not self.scopes.foreign(f) for f in outside)
            return None if elsewhere and not self._whole_unit() and not self._lacked_by_all(name) else False
        self._deciding.add(name)
        try:
            verdict: Truth = False
            for definition in self._defining(name, files):
                truth = self.holds(definition.guard)
                if truth and self.left_out(definition.file):
                    continue
                if truth and self._lacked_by_some(files):
                    truth = None
                if truth:
                    # a guard does not tell `#if NAME` from `#ifdef NAME`: matters for the few that stand for 0
                    asked = any(name in self.scopes.asked(path) for path in (self.path, *files))
                    return not asked or self.number((Token(name),)) != 0
                if truth is None:
                    verdict = None
            return verdict
        finally:
            self._deciding.discard(name)

    def _lacked_by_all(self, name: str) -> bool:
        """Whether no unit that this source is a part of has a macro: `VERBOSE_DEBUG` in `ehci-hub.c`, which
        `ehci-hcd.c` includes."""
        return (
            self.path.endswith(".c")
            and bool(self.includers)
            and all(i.endswith(".c") and self.scopes.of(i).lacks(name) for i in self.includers)
            and not self.scopes.kbuild.built(self.path).truth
        )

    def lacks(self, name: str) -> bool:
        """Whether a source with all that it includes surely goes without a macro."""
        return self._whole_unit() and self._defined(name) is False

    def _lacked_by_some(self, files: Sequence[str]) -> bool:
        """Whether only some of the units that this file is a part of bring one of the files that define a macro:
        `#ifdef PCIDMA` of comedi's `ni_mio_common.c` is read both ways, and `#ifdef CHIP1371` of `ens1370.c`,
        which is built by itself and included by `ens1371.c`."""
        if not self.includers or any(f in self.visible for f in files):
            return False
        if self.path.endswith(".c") and self.scopes.kbuild.built(self.path).truth:
            return True
        for includer in self.includers:
            if includer.endswith(".c") and not self.scopes.unbuilt(includer):
                before = self.order.before(includer)
                if not any(f in before for f in files):
                    return True
        return False

    def _defining(self, name: str, files: Sequence[str]) -> Iterator[MacroDefinition]:
        """The definitions of a macro that can be the reason why another file finds it defined: not one that itself
        depends on its absence, one that its file ends, or one that takes the place of the first
        (`#ifndef DECLARE_TRACE` stands in `tracepoint.h`; `bpf_probe.h` begins with `#undef DECLARE_TRACE`)."""
        found = [d for path in files for d in self.scopes.macros_in(path, name)]
        first = any(map(is_default, found))
        for definition in found:
            path, line = definition.file, definition.line
            if is_default(definition):
                continue
            if path != self.path and (
                self._is_undone(path, definition)
                or (first and any(end < line for end, _ in self.scopes.undefs_in(path, name)))
            ):
                continue
            yield definition

    def _true(self, expression: str) -> Truth:
        """Whether an expression of the preprocessor, such as `MAX_NUMNODES > 1`, is true, as far as the macros
        are known that it holds."""
        if expression in self._deciding or len(self._deciding) > 4:
            return None
        tokens = tokenize(expression)
        if not is_plain(tokens):
            return None
        self._deciding.add(expression)
        try:
            value = self.number(tokens)
            return None if value is None else value != 0
        finally:
            self._deciding.discard(expression)

    def number(self, tokens: Sequence[Token]) -> int | None:
        """What an expression of the preprocessor comes to; None when a name in it has no meaning that is sure."""
        configuration = self.scopes.configuration

        def lookup(name: str) -> Sequence[MacroDefinition]:
            if name in KEYWORDS or name.startswith("CONFIG_"):
                return ()
            found = self._lookup.get(name)
            if found is None:  # kept only when no name is being decided
                found = self._macro(name)
            sure = len(found) == 1 and self.surely_sees(found[0].file) and self.holds(found[0].guard) is True
            return found if sure else ()

        numbered: list[Token] = []
        for token in Expander(lookup).expand(tokens).tokens:
            value = configuration.number(token.text) if token.text.startswith("CONFIG_") else None
            if value is None and token.is_name:
                return None
            numbered.append(token if value is None else Token(str(value)))
        return integer(numbered)

    def is_zero(self, name: str) -> bool:
        """Whether a macro surely stands for 0 here; not told while other names are being decided."""
        found = self._zeros.get(name)
        if found is None and not self._deciding:
            self._zeros[name] = False  # a guard that asks for this very name
            found = self._zeros[name] = self.number((Token(name),)) == 0
        return bool(found)

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
        when it does not and something else may. A header that belongs to some sources is compiled as they are."""
        if self.scopes.configuration.options is None:
            return None
        if not self.path.endswith(".c"):
            sources = [i for i in self.includers if i.endswith(".c")] if name == "MODULE" else []
            given = {self.scopes.of(source)._given(name) for source in sources}
            return given.pop() if len(given) == 1 else None
        kbuild = self.scopes.kbuild
        if name == "MODULE":
            images = {image for image, _ in kbuild.built(self.path).images} - {"other"}
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
        if self.path in files:
            own = [d for d in self.scopes.macros_in(self.path, name) if self.holds(d.guard) is not False]
            if own:
                return distinct(own)
            files.remove(self.path)
        return () if self._has_function(name, files) else self._of_headers(files, name)

    def _has_function(self, name: str, files: Sequence[str]) -> bool:
        """Whether a header has a function of a name that is a macro only in files which it does not include, but
        that some file includes, too: ext4's `EXT4_I`, which its trace header has for others."""
        if not files or not self.path.endswith(".h"):
            return False
        seen = self.scopes.includes.closure(self.path)
        if any(f in seen for f in files):
            return False
        definitions = (d for d in self.scopes.index.facts(self.path).definitions if d.name == name)
        return any(not has_word(d.guard, name) for d in definitions)  # else `#ifndef f` stands around `f`

    def _of_headers(self, files: Sequence[str], name: str) -> tuple[MacroDefinition, ...]:
        """The definitions of a macro in included files that may hold."""
        sure, unsure = self._macros_among(files, name)
        if sure and (self.scopes.configuration.options is not None or name in KEYWORDS):
            return distinct(sure)
        if name in KEYWORDS and not exhaustive({d.guard for d in unsure}):
            return ()  # `#define if(…)` of a debugging option: without that the keyword is what it is
        ranked = sorted([*sure, *unsure], key=lambda d: (bool(_stub(d)), d in unsure, d.file, d.line))
        return distinct(ranked)

    def _macros_among(
        self, files: Sequence[str], name: str
    ) -> tuple[list[MacroDefinition], list[MacroDefinition]]:
        """The definitions of a macro in included files: those that surely hold, and those that may."""
        sure: list[MacroDefinition] = []
        unsure: list[MacroDefinition] = []
        for path in files:
            if self.scopes.foreign(path) or self.left_out(path):
                continue
            for definition in self.scopes.macros_in(path, name):
                if _is_self(definition) or self._is_undone(path, definition):
                    continue
                if is_default(definition) and preceded(self, definition, files):
                    continue
                truth = holds_below(self, definition.guard, path, definition.line)
                stays = all(self.holds(guard) is False for guard in self._ends(path, definition))
                if truth and stays and self.surely_sees(path):
                    sure.append(definition)
                elif truth is not False:
                    unsure.append(definition)
        return sure, unsure

    def _ends(self, path: str, definition: MacroDefinition) -> list[str]:
        """The conditions of the lines of a file that end a macro's definition in it."""
        undefs = self.scopes.undefs_in(path, definition.name)
        return [guard for line, guard in undefs if line > definition.line]

    def _is_undone(self, path: str, definition: MacroDefinition) -> bool:
        """Whether the file that defines a macro so ends that definition itself."""
        return any(self.undone(definition.guard, guard) for guard in self._ends(path, definition))

    def undone(self, guard: str, end: str) -> bool:
        """Whether an `#undef` under a guard ends a definition under another whenever that holds."""
        return self.holds(end) is True or conjunction(guard, negation(end) if end else "0") == "0"

    def surely_sees(self, path: str) -> bool:
        """Whether a visible file is included whatever the configuration: by this file, or by every source that
        includes this one."""
        return self._reaches_surely(path, frozenset())

    def _reaches_surely(self, path: str, below: frozenset[str]) -> bool:
        if path == self.path or path in self.scopes.includes.sure_closure(self.path):
            return True
        if self.path in below:
            return False
        outer = [i for i in self.includers if not self.scopes.unbuilt(i)]
        below |= {self.path}
        return bool(outer) and all(self.scopes.of(i)._reaches_surely(path, below) for i in outer)

    def left_out(self, path: str) -> bool:
        """Whether a visible file is included nowhere after all: only under conditions on values that do not hold
        here, which are not looked at when includes are followed (`#if PAGETABLE_LEVELS > 3`)."""
        found = self._left_out.get(path)
        if found is None:
            self._left_out[path] = False  # files that include each other, a condition that asks for this file
            ways = () if self.surely_sees(path) else self.scopes.includes.including(path)
            seen = [(other, guard) for other, guard in ways if other in self.visible]
            found = bool(seen) and all(
                (_COMPARES.search(guard) and self.holds(guard) is False) or self.left_out(other)
                for other, guard in seen
            )
            self._left_out[path] = found
            if self._deciding:
                del self._left_out[path]
        return found

    def defined_below(self, name: str, line: int) -> bool:
        """Whether a macro is defined only below a line of the file: there the name is still what it was before."""
        found = self.macro(name)
        if not found or any(d.file != self.path or d.line <= line for d in found):
            return False
        if self.files_with("macro", name)[0] != [self.path]:
            return False
        return not any(self.scopes.macros_in(includer, name) for includer in self.includers)

    def macro_is_sure(self, name: str) -> bool:
        """Whether a macro is defined here in every configuration, as far as known."""
        known = self._macro_sure.get(name)
        if known is None:
            guards = {d.guard for d in self.macro(name) if self.surely_sees(d.file)}
            known = any(self.holds(guard) is True for guard in guards)
            known = self._macro_sure[name] = known or (len(guards) > 1 and exhaustive(guards))
        return known

    def macro_under(self, guard: str) -> Callable[[str], tuple[MacroDefinition, ...]]:
        """Look-up for code under a guard: definitions that exclude it are no candidates. One that stands under the
        absence of its macro does not exclude code under its presence."""
        if not guard:
            return self.macro

        known = self._under.setdefault(guard, {})

        def lookup(name: str) -> tuple[MacroDefinition, ...]:
            found = known.get(name)
            if found is None:
                found = self.macro(name)
                if any(d.guard for d in found):
                    found = tuple(
                        d
                        for d in found
                        if conjunction(guard, d.guard) != "0" or (is_default(d) and has_word(guard, name))
                    )
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


def distinct(definitions: Sequence[MacroDefinition]) -> tuple[MacroDefinition, ...]:
    """Definitions without those that say the same as an earlier one."""
    found: dict[tuple[object, ...], MacroDefinition] = {}
    for definition in definitions:
        found.setdefault((definition.parameters, definition.body), definition)
    return tuple(found.values())


def is_stub(definition: Definition) -> bool:
    """A function under `#else` that only returns: what is compiled when a feature is off."""
    return not definition.calls and not definition.indirect and definition.end_line - definition.line <= 4


def record_in(facts: Facts, tag: str) -> Record | None:
    """The fullest definition of a struct or union in a file."""
    found = [r for r in facts.records if r.tag == tag]
    return max(found, key=lambda r: len(r.fields)) if found else None
