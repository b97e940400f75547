"""What functions a name denotes, as seen from a file.

Not handled: names that linker scripts and assembler files give to functions.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from analyzer.model.callgraph import FunctionRef
from analyzer.model.facts import Definition
from analyzer.model.guards import Truth
from analyzer.resolve import linkage
from analyzer.resolve.declared import Declared
from analyzer.resolve.defaults import holds_below
from analyzer.resolve.functions import Function
from analyzer.resolve.index import NameKind
from analyzer.resolve.lists import Lists
from analyzer.resolve.made import Maker
from analyzer.resolve.pasted import Pasted
from analyzer.resolve.renamed import Renamed
from analyzer.resolve.scope import Scope, is_stub
from analyzer.resolve.scopes import Scopes
from analyzer.resolve.syscallnames import canonical_name
from analyzer.resolve.typing import Typer

_MAIN = frozenset("kernel mm fs net lib arch block security init ipc".split())
_MAX_NEAR = 4  # definitions of one name among which nothing chooses


class Bound(NamedTuple):
    """What a call binds to. `certain` is false when several definitions remain; those after the first
    `likely` ones are what other configurations compile."""

    functions: tuple[Function, ...]
    certain: bool
    likely: int = 99


def ref_of(function: Function) -> FunctionRef:
    """The identity of a function."""
    return FunctionRef(function.definition.name, function.path, function.definition.line)


def spelled(path: str, definition: Definition) -> Function:
    """The function of a definition that stands in the text. One without a body is another name that the linker
    gives a function of the file."""
    made = () if definition.end else tuple((call.name, ()) for call in definition.calls)
    return Function(path, definition, made=made)


def _holds(scope: Scope, function: Function) -> Truth:
    return holds_below(scope, function.definition.guard, function.path, function.definition.line)


class Names:
    """Look-ups shared by all scopes of a kernel."""

    def __init__(self, scopes: Scopes) -> None:
        self.scopes = scopes
        self.index = scopes.index
        self.maker = Maker()
        self.lists = Lists(scopes)
        self.pasted = Pasted(scopes, self.maker)
        self.renamed = Renamed(scopes)
        self.declared = Declared(scopes, self.maker)
        self._typers: dict[str, Typer] = {}
        self._bound: dict[tuple[str, str], Bound] = {}
        self._values: dict[str, bool] = {}
        self._external: dict[str, tuple[Function, ...]] = {}
        self._returns: dict[tuple[str, str], tuple[str, str] | None] = {}
        self._first: dict[tuple[str, str], Sequence[Function]] = {}

    def typer(self, path: str) -> Typer:
        """The type checker of a file."""
        found = self._typers.get(path)
        if found is None:
            found = self._typers[path] = Typer(self.scopes.of(path), self)
        return found

    # functions

    def in_file(self, path: str, name: str) -> list[Function]:
        """The definitions of a name in a file, by heads that stand in its text."""
        found = [
            spelled(path, d)
            for d in self.index.facts(path).definitions
            if d.name == name and not d.head and self.renamed.is_spelled(path, d)
        ]
        return found + [f for f in self.renamed.functions(path) if f.definition.name == name]

    def of_file(self, path: str) -> list[Function]:
        """All functions of a file, spelled and made, in source order."""
        scope = self.scopes.of(path)
        definitions = self.index.facts(path).definitions
        hidden = {d.body for d in definitions if not self.renamed.is_spelled(path, d)}
        found = [spelled(path, d) for d in definitions if d.name and not d.head and d.body not in hidden]
        found.extend(
            f for f in self.maker.file(scope).functions if not f.definition.end or f.definition.body not in hidden
        )
        found.extend({ref_of(f): f for f in reversed(self.renamed.functions(path))}.values())
        found.sort(key=lambda f: (f.definition.line, f.definition.column, f.definition.name))
        return found

    def functions_of(self, path: str, definition: Definition) -> list[Function]:
        """The functions whose body a definition is: none when its head is a macro use that makes none, several
        when it is read under several names."""
        found = [f for f in self.renamed.functions(path) if f.definition.start == definition.start]
        if not self.renamed.is_spelled(path, definition):
            return found
        if not definition.head:
            return [*found, spelled(path, definition)] if definition.name else found
        made = self.maker.from_head(self.scopes.of(path), definition)
        return [*found, *(f for f in made if f.definition.end)][: len(found) + 1]

    def function_of(self, path: str, definition: Definition) -> Function | None:
        """One of them: for what their names have no say in."""
        return next(iter(self.functions_of(path, definition)), None)

    def bind(self, scope: Scope, name: str, header: str = "") -> Bound:
        """The definitions that a use of a function's name in a file denotes; `header` is where the use stands when
        that is a header which the file reads."""
        if header and header != scope.path:
            made = self.maker.named_again(self.scopes.of(header), name) or self._made_first(header, name)
            if made:
                return Bound((made[0],), True)
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
                return self._beside(scope, name, own[0]) or Bound((own[0],), True)
        inline = self._nearer(scope, self._in_files((path for path in seen if path != scope.path), name))
        if not inline:
            own = self.pasted.in_file(scope.path, name)
            if own:
                return Bound((own[0],), True)
        chosen = self._choose(scope, self._compiled(scope, inline))
        sure = [f for f in chosen if _holds(scope, f) is True and scope.surely_sees(f.path)]
        if sure:
            return Bound((sure[0],), True)
        external = self.external(name)
        if inline and not external:
            external = tuple(f for f in self.pasted.in_file(scope.path, name) if not f.definition.static)
        if external and self.scopes.in_assembly(name):  # memcpy: the C of a boot loader is another image's
            external = tuple(f for f in external if not linkage.is_apart(self.scopes, scope.path, f.path, name))
        if external:
            own = self._compiled(scope, [f for f in external if f.path == scope.path])
            others = tuple(f for f in external if f.path != scope.path)
            bound = Bound((own[0],), True) if own else self.closest(scope, others or external)
            if not chosen:
                return bound
            return Bound((*bound.functions, *chosen[:2]), False, len(bound.functions))
        if len(chosen) > 1 and all(f.path.endswith(".c") and f.path not in scope.visible for f in chosen):
            return Bound(tuple(chosen), False, len(chosen))  # one for each source that includes this
        if chosen:
            return Bound(tuple(chosen[:3]), len(chosen) == 1, 1)
        found = self._made(scope, name)
        if found is None and not name.startswith("__builtin_"):
            seeing = (scope, *(self.scopes.of(includer) for includer in scope.includers))
            pieced = next((g for s in seeing if (g := self.pasted.pieced(s, name))), None)
            found = Bound((pieced[0],), True) if pieced else self._hidden(scope, name, outside)
        return found or Bound((), True)

    def _made_first(self, header: str, name: str) -> Sequence[Function]:
        """The functions of a name that a header makes when it is read first, for what it makes when it is read
        again; such names are not looked for in other headers."""
        key = (header, name)
        found = self._first.get(key)
        if found is None:
            found = self._first[key] = self.pasted.in_file(header, name)
        return found

    def _beside(self, scope: Scope, name: str, own: Function) -> Bound | None:
        """A file's own stub of some configurations beside what the others link: both; None for any other."""
        if scope.holds(own.definition.guard) is not None or not is_stub(own.definition):
            return None
        if not scope.files_with("declaration", name)[0]:
            return None
        others = tuple(f for f in self.external(name) if f.path != scope.path)
        linked = self.closest(scope, others).functions if others else ()
        return Bound((*linked, own), False, len(linked)) if linked else None

    def _in_files(self, paths: Iterable[str], name: str) -> list[Function]:
        """The definitions of a name spelled in files of the analysed sources."""
        return [f for path in paths if not self.scopes.foreign(path) for f in self.in_file(path, name)]

    def _nearer(self, scope: Scope, functions: list[Function]) -> list[Function]:
        """Without those that other files make by including what this one includes, too."""
        if len(functions) < 2 or not any(f.seen_from for f in functions):
            return functions
        own = [f for f in functions if f.seen_from and self.scopes.of(f.seen_from).path == scope.path]
        return own or functions

    def _made(self, scope: Scope, name: str) -> Bound | None:
        """What a name means that only macros define."""
        macros = scope.macro(name)
        apart = macros and all(t.text != name for m in macros for t in m.body)  # (no `#define f f`)
        made = list(self._pasted_elsewhere(name) if apart else self.pasted.of(name))
        own = [f for f in made if f.path == scope.path]
        visible = self._choose(scope, own or [f for f in made if f.path in scope.visible] or made)
        return Bound((visible[0],), len({f.path for f in visible}) == 1) if visible else None

    def _hidden(self, scope: Scope, name: str, outside: Sequence[str]) -> Bound | None:
        """What a name in a header means that only headers define which it does not include itself."""
        if not scope.path.endswith(".h"):
            return None
        hidden = self._in_files((path for path in outside if path.endswith(".h")), name)
        chosen = self._choose(scope, hidden)
        return Bound((chosen[0],), len({f.path for f in hidden}) == 1) if chosen else None

    def not_built(self, name: str) -> list[tuple[str, int, str]]:
        """The definitions of a function that the configuration leaves out: file, line, reason."""
        name = canonical_name(name)
        return [
            (path, function.definition.line, self.scopes.kbuild.built(path).reason)
            for path in self.index.files("function", name)
            if self.scopes.unbuilt(path)
            for function in self.in_file(path, name)
        ]

    def may_be_function(self, name: str) -> bool:
        """A cheap test: false for names that are only macros, constants or variables."""
        if self.index.files("function", name):
            return True
        if name.isupper() and not self._may_be_made(name):
            return False
        known = self._values.get(name)
        if known is None:
            known = self._values[name] = self._is_value(name)
        return not known

    def _may_be_made(self, name: str) -> bool:
        """Whether a macro's use may make a function of a name in capitals: it is given all of it, or what stands
        behind the first word (`LE16_BITMASK(BCH_SB_BLOCK_SIZE, …)`, which makes `SET_BCH_SB_BLOCK_SIZE`, too)."""
        files = self.index.files
        return bool(files("argument", name) or files("argument", name.partition("_")[2]))

    def _is_value(self, name: str) -> bool:
        """Whether a macro, a constant or a variable has a name. The index may name files that do not have it."""
        facts = self.index.facts

        def native(kind: NameKind) -> Iterator[str]:  # BPF's sample programs have variables named as its functions
            return (path for path in self.index.files(kind, name) if not self.scopes.foreign(path))

        return (
            any(self.scopes.macros_in(path, name) for path in native("macro"))
            or any(o.name == name for path in native("object") for o in facts(path).objects)
            or any(c.name == name for path in native("enumerator") for e in facts(path).enums for c in e.constants)
        )

    def _compiled(self, scope: Scope, functions: list[Function]) -> list[Function]:
        """Those that the configuration, if one is given, does not leave out."""
        if self.scopes.configuration.options is None:
            return functions
        return [f for f in functions if _holds(scope, f) is not False]

    def _choose(self, scope: Scope, functions: list[Function]) -> list[Function]:
        """Those that may hold, the likeliest first."""
        if len(functions) < 2:
            return functions
        kept = [(f, _holds(scope, f)) for f in functions]
        kept = [k for k in kept if k[1] is not False] or kept

        def unlikely(one: tuple[Function, Truth]) -> tuple[bool, bool, bool, str, int]:
            function, holds = one
            path, definition = function.path, function.definition
            return is_stub(definition), not scope.surely_sees(path), holds is None, path, definition.line

        return [function for function, _ in sorted(kept, key=unlikely)]

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
                functions = [f for f in self._pasted_elsewhere(name) if not f.definition.static]
            if not functions:
                functions = self._shared(name)
            if len(functions) > 1:  # `#ifndef HAVE_ARCH_X`: what the file sees has a say in it
                holding = [f for f in functions if self.scopes.of(f.path).holds(f.definition.guard) is not False]
                functions = holding or functions
            strong = [f for f in functions if not f.definition.weak]
            found = self._external[name] = tuple(strong or functions)
        return found

    def _pasted_elsewhere(self, name: str) -> tuple[Function, ...]:
        """The functions of a name that macros paste together for whoever declares them. Where an inline function
        or a macro has the name, only declared ones are looked for, and such as are given it whole: four fifths of
        all searches would be for `spin_lock`, `WARN_ON` and the like."""
        return self.pasted.of(name) if self._may_be_pasted(name) else self.pasted.given_whole(name)

    def _may_be_pasted(self, name: str) -> bool:
        """Whether another file may call a function of a name that macros paste together."""

        def known(*kinds: NameKind) -> bool:
            return any(not self.scopes.foreign(p) for kind in kinds for p in self.index.files(kind, name))

        return known("declaration") or not known("function", "macro")

    def _shared(self, name: str) -> list[Function]:
        """The static functions of a name that are declared in a header which their file sees: C forbids that, so a
        macro before them is `static` in other configurations only (`STATIC_NOPV void f(void)`)."""
        headers = [p for p in self.index.files("declaration", name) if p.endswith(".h")]
        if not headers:
            return []
        return [
            function
            for path in self.index.files("function", name)
            if path.endswith(".c") and not self.scopes.foreign(path) and self._sees_declared(path, name, headers)
            for function in self.in_file(path, name)
        ]

    def _sees_declared(self, path: str, name: str, headers: Iterable[str]) -> bool:
        """Whether a file sees a declaration of a name in one of some headers."""
        visible = self.scopes.of(path).visible
        return any(
            d.name == name
            for header in headers
            if header in visible
            for d in self.index.facts(header).declarations
        )

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
            key=lambda f: (f.path.split("/", 1)[0] not in (*_MAIN, top), is_stub(f.definition), f.path),
        )
        kept = [f for f in ranked if not is_stub(f.definition)] or ranked
        return Bound(tuple(kept[:_MAX_NEAR]), False)

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
        for function in self.pasted.of(name):
            return function.path, function.definition.return_type
        return None
