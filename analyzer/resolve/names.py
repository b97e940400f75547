"""What functions, types and objects a name denotes, as seen from a file.

Not handled: names declared in a block that shadow file-scope types.
"""

from typing import NamedTuple, Protocol

from analyzer.extract.extractor import extract
from analyzer.model.callgraph import FunctionRef
from analyzer.model.facts import Definition, Field, Object, Record, Typedef
from analyzer.resolve import linkage
from analyzer.resolve.lists import Lists
from analyzer.resolve.made import (
    Function,
    Maker,
    canonical_name,
    expanded_text,
    placed_objects,
)
from analyzer.resolve.scope import Scope, Scopes, is_stub, record_in
from analyzer.resolve.typing import Typer

_MAX_FILES = 100  # files looked through for a name that macros may have pasted, per part of the name


class Bound(NamedTuple):
    """What a call binds to. `certain` is false when several definitions remain; those after the first
    `likely` ones are what other configurations compile."""

    functions: tuple[Function, ...]
    certain: bool
    likely: int = 99


def ref_of(function: Function) -> FunctionRef:
    """The identity of a function."""
    return FunctionRef(function.definition.name, function.path, function.definition.line)


class Keeper(Protocol):
    """Where the outcome of searches is kept beyond a process."""

    def makers(self, name: str) -> tuple[str, ...] | None:
        """The files whose macro uses make a function of that name, None when nobody has looked."""

    def keep_makers(self, name: str, files: tuple[str, ...]) -> None:
        """Keep which files these are."""


class Names:
    """Look-ups shared by all scopes of a kernel."""

    keeper: Keeper | None = None

    def __init__(self, scopes: Scopes) -> None:
        self.scopes = scopes
        self.index = scopes.index
        self.maker = Maker()
        self.lists = Lists(scopes)
        self._typers: dict[str, Typer] = {}
        self._bound: dict[tuple[str, str], Bound] = {}
        self._values: dict[str, bool] = {}
        self._made: dict[str, tuple[Function, ...]] = {}
        self._external: dict[str, tuple[Function, ...]] = {}
        self._records: dict[tuple[str, str], tuple[str, Record] | None] = {}
        self._homonyms: dict[str, bool] = {}
        self._included_fields: dict[tuple[str, int], tuple[Field, ...]] = {}
        self._typedefs: dict[tuple[str, str], tuple[str, Typedef] | None] = {}
        self._objects: dict[tuple[str, str], tuple[str, Object] | None] = {}
        self._returns: dict[tuple[str, str], tuple[str, str] | None] = {}

    def typer(self, path: str) -> Typer:
        """The type checker of a file."""
        found = self._typers.get(path)
        if found is None:
            found = self._typers[path] = Typer(self.scopes.of(path), self)
        return found

    # functions

    def in_file(self, path: str, name: str) -> list[Function]:
        """The definitions of a name spelled in a file."""
        return [Function(path, d) for d in self.index.facts(path).definitions if d.name == name and not d.head]

    def of_file(self, path: str) -> list[Function]:
        """All functions of a file, spelled and made, in source order."""
        scope = self.scopes.of(path)
        found = [Function(path, d) for d in self.index.facts(path).definitions if d.name and not d.head]
        found.extend(self.maker.file(scope).functions)
        found.sort(key=lambda f: (f.definition.line, f.definition.column, f.definition.name))
        return found

    def function_of(self, path: str, definition: Definition) -> Function | None:
        """The function whose body a definition is; None when its head is a macro use that makes none."""
        if not definition.head:
            return Function(path, definition) if definition.name else None
        made = self.maker.from_head(self.scopes.of(path), definition)
        return next((f for f in made if f.definition.end), None)

    def bind(self, scope: Scope, name: str) -> Bound:
        """The definitions that a use of a function's name in a file denotes."""
        key = (scope.path, name)
        found = self._bound.get(key)
        if found is None:
            found = self._bound[key] = self._bind(scope, canonical_name(name))
        return found

    def _bind(self, scope: Scope, name: str) -> Bound:
        seen, outside = scope.files_with("function", name)
        if scope.path in seen:
            own = self._choose(scope, self._compiled(scope, self.in_file(scope.path, name)))
            if own:
                return Bound(tuple(own[:1]), True)
        inline = [
            f
            for path in seen
            if path != scope.path and not self.scopes.foreign(path)
            for f in self.in_file(path, name)
        ]
        if not inline:
            own = self.own_made(scope.path, name)
            if own:
                return Bound((own[0],), True)
        chosen = self._choose(scope, self._compiled(scope, inline))
        sure = [f for f in chosen if scope.holds(f.definition.guard) is True and scope.surely_sees(f.path)]
        if sure:
            return Bound((sure[0],), True)
        external = self.external(name)
        if external:
            own = [f for f in external if f.path == scope.path]
            bound = Bound((own[0],), True) if own else self.closest(scope, external)
            if not chosen:
                return bound
            return Bound((*bound.functions, *chosen[:2]), False, len(bound.functions))
        if chosen:
            return Bound(tuple(chosen[:3]), len(chosen) == 1, 1)
        made = list(self.made(name))
        if made:
            own = [f for f in made if f.path == scope.path]
            visible = own or [f for f in made if f.path in scope.visible] or made
            visible = self._choose(scope, visible)
            return Bound((visible[0],), len({f.path for f in visible}) == 1)
        hidden = [
            f
            for path in outside
            if path.endswith(".h") and not self.scopes.foreign(path)
            for f in self.in_file(path, name)
        ]
        if hidden and scope.path.endswith(".h"):
            chosen = self._choose(scope, hidden)
            return Bound((chosen[0],), len({f.path for f in hidden}) == 1)
        return Bound((), True)

    def not_built(self, name: str) -> list[tuple[str, int, str]]:
        """The definitions of a function that the configuration leaves out: file, line, reason."""
        name = canonical_name(name)
        return [
            (path, function.definition.line, self.scopes.kbuild.built(path).reason)
            for path in self.index.files("function", name)
            if self.scopes.unbuilt(path)
            for function in self.in_file(path, name)
        ]

    def in_assembly(self, name: str) -> bool:
        """Whether an assembler file of the analysed architecture defines a symbol."""
        return any(
            path.endswith(".S") and not self.scopes.foreign(path) for path in self.index.files("argument", name)
        )

    def may_be_function(self, name: str) -> bool:
        """A cheap test: false for names that are only macros, constants or variables."""
        if self.index.files("function", name):
            return True
        if name.isupper():
            return False
        known = self._values.get(name)
        if known is None:
            known = self._values[name] = self._is_value(name)
        return not known

    def _is_value(self, name: str) -> bool:
        """Whether a macro, a constant or a variable has a name. The index may name files that do not have it."""
        files, facts = self.index.files, self.index.facts
        return (
            any(self.scopes.macros_in(path, name) for path in files("macro", name))
            or any(o.name == name for path in files("object", name) for o in facts(path).objects)
            or any(
                c.name == name
                for path in files("enumerator", name)
                for e in facts(path).enums
                for c in e.constants
            )
        )

    def _compiled(self, scope: Scope, functions: list[Function]) -> list[Function]:
        """Those that the configuration, if one is given, does not leave out."""
        if self.scopes.configuration.options is None:
            return functions
        return [f for f in functions if scope.holds(f.definition.guard) is not False]

    def _choose(self, scope: Scope, functions: list[Function]) -> list[Function]:
        """Those that may hold, the likeliest first."""
        if len(functions) < 2:
            return functions
        kept = [(f, scope.holds(f.definition.guard)) for f in functions]
        kept = [k for k in kept if k[1] is not False] or kept
        kept.sort(key=lambda k: (is_stub(k[0].definition), k[1] is None, k[0].path, k[0].definition.line))
        return [f for f, _ in kept]

    def external(self, name: str) -> tuple[Function, ...]:
        """The definitions with external linkage outside other architectures; weak ones only when no
        strong one is there."""
        found = self._external.get(name)
        if found is None:
            functions = [
                f
                for path in self.index.files("function", name)
                if not self.scopes.foreign(path)
                for f in self.in_file(path, name)
                if not f.definition.static and not (f.definition.inline and path.endswith(".h"))
            ]
            if not functions:
                functions = [f for f in self.made(name) if not f.definition.static]
            holds = self.scopes.configuration.holds
            functions = [f for f in functions if holds(f.definition.guard) is not False] or functions
            strong = [f for f in functions if not f.definition.weak]
            found = self._external[name] = tuple(strong or functions)
        return found

    def closest(self, scope: Scope, functions: tuple[Function, ...]) -> Bound:
        """The definitions among several of external linkage that a call in this file means."""
        if len(functions) == 1:
            return Bound(functions, True)
        by_path: dict[str, Function] = {}
        for function in self._choose(scope, list(functions)):
            by_path.setdefault(function.path, function)
        if len(by_path) == 1:
            return Bound(tuple(by_path.values()), True)
        distances = {
            p: linkage.distance(self.scopes, scope.path, p, f.definition.name) for p, f in by_path.items()
        }
        nearest = min(distances.values())
        by_path = {p: f for p, f in by_path.items() if distances[p] == nearest}
        if len(by_path) == 1:
            return Bound(tuple(by_path.values()), True)
        folder = scope.path.rsplit("/", 1)[0]
        same = [f for p, f in by_path.items() if p.rsplit("/", 1)[0] == folder]
        if len(same) == 1:
            return Bound((same[0],), True)
        top = scope.path.split("/", 1)[0]
        ranked = sorted(
            by_path.values(),
            key=lambda f: (
                f.path.split("/", 1)[0]
                not in (
                    "kernel",
                    "mm",
                    "fs",
                    "net",
                    "lib",
                    "arch",
                    "block",
                    "security",
                    "init",
                    "ipc",
                    top,
                ),
                is_stub(f.definition),
                f.path,
            ),
        )
        kept = [f for f in ranked if not is_stub(f.definition)] or ranked
        return Bound(tuple(kept[:4]), False)

    def made(self, name: str) -> tuple[Function, ...]:
        """The functions of a name that macros paste together from parts, anywhere in the tree."""
        found = self._made.get(name)
        if found is None:
            kept = self.keeper.makers(name) if self.keeper else None
            found = self._made[name] = self._search_made(name, kept)
            if self.keeper and kept is None:
                self.keeper.keep_makers(name, tuple(dict.fromkeys(f.path for f in found)))
        return found

    def own_made(self, path: str, name: str) -> list[Function]:
        """The functions of a name that macro uses in one file make."""
        tried: set[tuple[str, int]] = set()
        for part in parts_of(name):
            if path in self.index.files("argument", part):
                found = self._made_in(path, part, name, tried)
                if found:
                    return found
        return []

    def _search_made(self, name: str, among: tuple[str, ...] | None) -> tuple[Function, ...]:
        if among == () or name.startswith(("__builtin_", "__compiletime_assert_")) or self.in_assembly(name):
            return ()
        tried: set[tuple[str, int]] = set()
        found: list[Function] = []
        looked = 0
        for part in parts_of(name):
            files = [
                f
                for f in self.index.files("argument", part)
                if (among is None or f in among) and not f.endswith(".S") and not self.scopes.foreign(f)
            ]
            if not files or (len(files) > _MAX_FILES and 3 * len(part) < len(name)):
                continue
            for path in files[: 6 * _MAX_FILES]:
                looked += 1
                found += self._made_in(path, part, name, tried)
            if found or looked > 6 * _MAX_FILES:
                break
        return tuple(found)

    def _made_in(self, path: str, part: str, name: str, tried: set[tuple[str, int]]) -> list[Function]:
        """The functions of a name that uses with a given word in their arguments make in a file."""
        scope = self.scopes.of(path)
        facts = self.index.facts(path)
        found: list[Function] = []
        for use in facts.invocations:
            key = (path, use.start)
            if key not in tried and has_word(use.arguments, part):
                tried.add(key)
                if self.maker.may_spell(scope, use.macro, use.arguments, name):
                    found += self.maker.light(scope, use, name)
        for definition in facts.definitions:
            key = (path, definition.start)
            if definition.head and key not in tried and has_word(definition.head, part):
                tried.add(key)
                macro, _, rest = definition.head.partition("(")
                spelled = (macro.strip(), rest.rstrip(") "), name)
                if not definition.return_type and not (
                    self.maker.may_spell(scope, *spelled) and self.maker.may_make(scope, *spelled)
                ):
                    continue
                found += [f for f in self.maker.from_head(scope, definition) if _named(f, name)]
        return found

    def completed(self, function: Function) -> Function:
        """A function that a macro use makes, with what it calls."""
        scope = self.scopes.of(function.path)
        for use in self.index.facts(function.path).invocations:
            if use.line == function.definition.line and use.macro == function.macro:
                for whole in self.maker.from_use(scope, use):
                    if _named(whole, function.definition.name):
                        return whole
        return function._replace(whole=True)

    # types and objects

    def record(self, scope: Scope, tag: str, user: Scope | None = None) -> tuple[str, Record] | None:
        """The definition of a struct or union tag, and its file. A header may only declare the tag: then what
        the file that uses it sees counts."""
        key = (scope.path, tag)
        if key not in self._records:
            self._records[key] = self._record(scope, tag, guess=False)
        found = self._records[key]
        if found is None and user is not None and user is not scope:
            found = self.record(user, tag)
        if found is None:
            key = (scope.path, f"{tag}?")
            if key not in self._records:
                self._records[key] = self._record(scope, tag, guess=True)
            found = self._records[key]
        return found

    def _record(self, scope: Scope, tag: str, *, guess: bool) -> tuple[str, Record] | None:
        """`guess`: take one that the file does not see."""
        outer = tag.split("::", maxsplit=1)[0] if not tag.startswith("::") else tag
        seen, outside = scope.files_with("record", outer)
        seen = [f for f in seen if not self.scopes.foreign(f) or f == scope.path]
        if scope.path in seen:
            seen = [scope.path]
        if not seen and guess:
            native = [f for f in outside if not self.scopes.foreign(f)]
            folder = scope.path.rsplit("/", 1)[0]
            seen = (
                [f for f in native if f.startswith("include/")]
                or [f for f in native if f.rsplit("/", 1)[0] == folder]
                or ([] if len(native) > 1 else native)
            )
        best: tuple[str, Record] | None = None
        for path in seen:
            record = record_in(self.index.facts(path), tag)
            if record and (best is None or len(record.fields) > len(best[1].fields)):
                best = (path, record)
        return best

    def homonym(self, path: str, tag: str) -> str:
        """The file itself when others of the analysed sources define a struct of the same tag, else ""."""
        found = self._homonyms.get(tag)
        if found is None:
            outer = tag.split("::", maxsplit=1)[0] if not tag.startswith("::") else tag
            files = [f for f in self.index.files("record", outer) if not self.scopes.foreign(f)]
            if len(files) > 1:
                files = [f for f in files if record_in(self.index.facts(f), tag)]
            found = self._homonyms[tag] = len(files) > 1
        return path if found else ""

    def included_fields(self, path: str, record: Record) -> tuple[Field, ...]:
        """The members that a list file makes, included inside a struct under the includer's macros."""
        key = (path, record.line)
        found = self._included_fields.get(key)
        if found is None:
            scope = self.scopes.of(path)
            text: list[str] = []
            for include in self.index.includes(path):
                if record.line <= include.line <= record.end_line:
                    target = self.scopes.includes.resolve(path, include.target, quoted=include.quoted)
                    for use in self.index.facts(target).invocations if target else ():
                        if scope.macro(use.macro):
                            text.append(expanded_text(scope, f"{use.macro}({use.arguments})"))
            made = extract("\n".join(["struct made {", *text, "};"]).encode()).records if text else ()
            found = self._included_fields[key] = made[0].fields if made else ()
        return found

    def typedef(self, scope: Scope, name: str) -> tuple[str, Typedef] | None:
        """The typedef of a name, and its file."""
        key = (scope.path, name)
        if key not in self._typedefs:
            seen, outside = scope.files_with("typedef", name)
            paths = seen or [f for f in outside if not self.scopes.foreign(f) and f.startswith("include/")]
            found: tuple[str, Typedef] | None = None
            for path in paths:
                for typedef in self.index.facts(path).typedefs:
                    if typedef.name == name and scope.holds(typedef.guard) is not False and found is None:
                        found = (path, typedef)
            self._typedefs[key] = found
        return self._typedefs[key]

    def object(self, scope: Scope, name: str) -> tuple[str, Object] | None:
        """The file-scope variable of a name: this file's, a visible declaration, or the definition."""
        key = (scope.path, name)
        if key not in self._objects:
            self._objects[key] = self._object(scope, name)
        return self._objects[key]

    def _object(self, scope: Scope, name: str) -> tuple[str, Object] | None:
        seen, outside = scope.files_with("object", name)
        if scope.path in seen:
            seen = [scope.path]
        for path in [*seen, *(f for f in outside if not self.scopes.foreign(f))]:
            for variable in self.index.facts(path).objects:
                if variable.name == name and not variable.function:
                    if path not in seen and variable.static:
                        continue
                    return path, variable
        seen, outside = scope.files_with("argument", name)
        for path in [*seen, *[f for f in outside if not self.scopes.foreign(f)][:20]]:
            inner = self.scopes.of(path)
            for use in self.index.facts(path).invocations:
                if has_word(use.arguments, name) and not use.macro.startswith("EXPORT_SYMBOL"):
                    facts = self.maker.use(inner, use)
                    for variable in placed_objects(use, facts) if facts else ():
                        if variable.name == name:
                            return path, variable
        return None

    def return_type(self, scope: Scope, name: str) -> tuple[str, str] | None:
        """(file, text) of a function's return type, from a definition or a declaration."""
        key = (scope.path, name)
        if key not in self._returns:
            self._returns[key] = self._return_type(scope, name)
        return self._returns[key]

    def _return_type(self, scope: Scope, name: str) -> tuple[str, str] | None:
        seen, _ = scope.files_with("function", name)
        for path in seen:
            for function in self.in_file(path, name):
                return path, function.definition.return_type
        seen, _ = scope.files_with("declaration", name)
        for path in seen:
            for declaration in self.index.facts(path).declarations:
                if declaration.name == name:
                    return path, declaration.return_type
        for function in self.external(name):
            return function.path, function.definition.return_type
        for function in self.made(name):
            return function.path, function.definition.return_type
        return None


def _named(function: Function, name: str) -> bool:
    return function.definition.name == name or name in function.aliases


def parts_of(name: str) -> list[str]:
    """Contiguous parts of a name, cut at underscores and capitals, that a macro may have been given; the
    longest first."""
    cuts = {0, len(name)}
    for at in range(1, len(name)):
        if "_" in (name[at], name[at - 1]) or (name[at].isupper() and not name[at - 1].isupper()):
            cuts.add(at)
    ordered = sorted(cuts)
    parts = {name[a:b] for i, a in enumerate(ordered) for b in ordered[i + 1 :] if b - a >= 2}
    return sorted((p for p in parts if p.strip("_")), key=lambda p: (-len(p), p))


def has_word(text: str, word: str) -> bool:
    """Whether an identifier stands in a text."""
    at = text.find(word)
    while at >= 0:
        before = text[at - 1] if at else " "
        after = text[at + len(word)] if at + len(word) < len(text) else " "
        if not (before.isalnum() or before == "_" or after.isalnum() or after == "_"):
            return True
        at = text.find(word, at + 1)
    return False
