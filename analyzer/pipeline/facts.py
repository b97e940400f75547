"""A session as comparing asks of it (`analyzer.compare.kernel.Kernel`).

Not handled: several configurations at once.
"""

import re
from collections.abc import Iterator, Mapping

from analyzer.compare.kernel import MadeCall, ObjectUse
from analyzer.compare.spoken import Spoken, spoken
from analyzer.errors import KcgError
from analyzer.graph.hide import parse_hide
from analyzer.model.callgraph import Edge, Function, FunctionRef, Location
from analyzer.model.facts import Object
from analyzer.pipeline.extraction import HEAD_MARK
from analyzer.pipeline.macrotexts import MacroTexts
from analyzer.pipeline.narrowing import Narrowed
from analyzer.pipeline.nearnames import NearNames
from analyzer.pipeline.session import Session
from analyzer.resolve.functions import Function as Resolved
from analyzer.resolve.names import ref_of
from analyzer.resolve.syscallnames import canonical_name
from analyzer.resolve.words import has_word

_MAX_CALLER_FILES = 40  # files that call a name; with more, nobody looks for its callers
_MAX_TABLE_FILES = 60
_MAX_MENTIONING = 60  # files that name a function whose address may be stored by an assignment
_MAX_MACRO_FILES = 4
_DEEP = 6  # calls that are executed below a root with bindings
_STUBS = "kernel/sys_ni.c"  # answers for system calls that are not configured
_CONSTANT = re.compile(r"[A-Z][A-Z0-9_]*|\d+")


class SessionFacts:
    """Answers of one session, each found once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._refs: dict[str, tuple[FunctionRef, ...]] = {}
        self._spoken: dict[FunctionRef, Spoken] = {}
        self._callers: dict[str, tuple[Edge, ...]] = {}
        self._uses: dict[str, tuple[ObjectUse, ...]] = {}
        self._called: dict[FunctionRef, tuple[str, ...]] = {}
        self._functions: dict[FunctionRef, Function | None] = {}
        self._names: NearNames | None = None
        self._macros: MacroTexts | None = None
        self._taken: dict[str, bool] = {}
        self._executed: dict[tuple[str, tuple[tuple[str, str], ...]], Narrowed | None] = {}

    @property
    def version(self) -> str:
        """As in the kernel's Makefile."""
        return self._session.info.version

    def refs(self, name: str) -> tuple[FunctionRef, ...]:
        """The functions of a name; a system call also by its name alone."""
        found = self._refs.get(name)
        if found is None:
            resolver = self._session.resolver
            made: list[Resolved] = resolver.named(name) if name and not self._only_macro(name) else []
            if not made and name and not name.startswith("sys_"):
                made = [f for f in resolver.named(f"sys_{name}") if f.aliases or f.definition.head]
            strong = [f for f in made if not f.definition.weak and f.path != _STUBS] or made
            found = self._refs[name] = tuple(dict.fromkeys(ref_of(f) for f in strong))
        return found

    def _only_macro(self, name: str) -> bool:
        """Whether a name is a macro's and no function's, which spares the search for one that macros make. An
        override (`#define readb readb`) is no macro of its own."""
        index = self._session.stored
        paths = index.files("macro", name)
        if not paths or index.files("function", name):
            return False
        found = [m for p in paths[:_MAX_MACRO_FILES] for m in index.facts(p).macros if m.name == name]
        return all(m.body.strip() != name for m in found)

    def has(self, name: str) -> bool:
        """Whether there is a function of that name."""
        if not name:
            return False
        if name in self._refs:
            return bool(self._refs[name])
        index = self._session.stored
        if index.files("function", name):
            return True
        maybe = name.startswith(("sys_", "__", "SyS_", "SYSC_", "compat_")) or index.files("argument", name)
        return bool(maybe) and bool(self.refs(name))

    def mentions(self, name: str) -> bool:
        """Whether anything calls or declares that name, or a macro has it."""
        index = self._session.stored
        return any(index.files(kind, name) for kind in ("call", "declaration", "macro", "expanded"))

    def knows(self, name: str) -> bool:
        """Whether anything has that name at file scope."""
        index = self._session.stored
        return any(index.files(kind, name) for kind in ("function", "object", "declaration", "macro")) or bool(
            self.refs(name)
        )

    def function(self, ref: FunctionRef) -> Function | None:
        """What is known of a function."""
        if ref not in self._functions:
            self._functions[ref] = self._session.function(ref)
        return self._functions[ref]

    def callees(self, ref: FunctionRef) -> tuple[Edge, ...]:
        """The edges out of a function."""
        return self._session.callees(ref)

    def callers(self, name: str) -> tuple[Edge, ...]:
        """Edges that lead to functions of a name; () when too many files call it."""
        found = self._callers.get(name)
        if found is None:
            found = self._callers[name] = tuple(self._calling(canonical_name(name)))
        return found

    def _calling(self, name: str) -> Iterator[Edge]:
        resolver = self._session.resolver
        paths = [p for p in self._session.stored.files("call", name) if not resolver.scopes.foreign(p)]
        if len(paths) > _MAX_CALLER_FILES:
            return
        refs = self.refs(name)
        if refs and all(function.linkage == "internal" for r in refs if (function := self.function(r))):
            paths = [p for p in paths if p.endswith(".h") or p in {r.file for r in refs}]
        for path in paths:
            for caller in resolver.names.of_file(path):
                for call in caller.definition.calls:
                    if call.name == name:
                        ref = ref_of(caller)
                        site = Location(path, call.line, call.column)
                        yield Edge(ref, refs[0] if refs else None, site, "direct", f"{name}()")

    def bind(self, caller: FunctionRef, name: str) -> tuple[FunctionRef, ...]:
        """The functions that a name means in a function; () for a macro."""
        refs = self.refs(name)
        if not refs or (len(refs) == 1 and refs[0].file == caller.file):
            return refs
        resolver = self._session.resolver
        scope = resolver.scopes.of(caller.file)
        if scope.macro_is_sure(name) and all(made.name != name for made in self.made(caller, name) or ()):
            return ()
        bound = resolver.names.bind(scope, canonical_name(name)).functions
        return tuple(dict.fromkeys(ref_of(f) for f in bound))

    def made(self, ref: FunctionRef, macro: str) -> tuple[MadeCall, ...] | None:
        """What a macro's text calls where a function uses it."""
        return self._macro_texts.calls(ref, macro)

    def may_make(self, ref: FunctionRef, name: str, macro: str = "") -> bool:
        """Whether a macro use in a function, or in a macro's text, may call a name that no text spells."""
        text = self._text(ref)
        if not text:  # a macro makes the function as a whole
            return True
        if macro:
            return self._macro_texts.may_paste(ref, text, macro, name)
        return self._macro_texts.may_make(ref, text, name)

    @property
    def _macro_texts(self) -> MacroTexts:
        if self._macros is None:
            self._macros = MacroTexts(self._session.resolver)
        return self._macros

    def called(self, ref: FunctionRef) -> tuple[str, ...]:
        """The names that a function's call sites spell."""
        found = self._called.get(ref)
        if found is None:
            function = self._session.resolver.function(ref)
            names = [c.name for c in function.definition.calls] if function else []
            names += [name for name, _ in function.made] if function else []
            found = self._called[ref] = tuple(dict.fromkeys(names))
        return found

    def taken(self, name: str) -> bool:
        """Whether a function's address is used anywhere."""
        found = self._taken.get(name)
        if found is None:
            index, plain = self._session.stored, canonical_name(name)
            used = bool(index.files("reference", plain) or index.files("argument", plain))
            found = self._taken[name] = used or self._assigned(plain)
        return found

    def _assigned(self, name: str) -> bool:
        """Whether `x->f = name`, or `f = name` where a variable begins, stands anywhere: postings do not say that.
        What many files name is only called in nearly all of them, and is given as an argument in some."""
        index, scopes = self._session.stored, self._session.resolver.scopes
        paths = [p for p in index.mentioning(name) if not scopes.foreign(p)]
        return len(paths) <= _MAX_MENTIONING and any(
            any(has_word(a.right, name) for a in d.assignments)
            or any(has_word(v.value, name) for v in d.variables)
            for p in paths
            for d in index.facts(p).definitions
        )

    def defines(self, name: str) -> bool:
        """Whether the text of some file defines a function of that name."""
        return bool(self._session.stored.files("function", name))

    def says(self, ref: FunctionRef, word: str) -> bool:
        """Whether a function's text has a word."""
        return word in self._text(ref)

    def _text(self, ref: FunctionRef) -> str:
        function = self._session.resolver.function(ref)
        if function is None or not ref.file:
            return ""
        definition = function.definition
        return self._session.stored.text(ref.file)[definition.start : definition.end].decode("utf-8", "replace")

    def spoken(self, ref: FunctionRef) -> Spoken:
        """What a function's body says."""
        found = self._spoken.get(ref)
        if found is None:
            found = self._spoken[ref] = spoken(self._session.body(ref), ref.file)
        return found

    def near(self, name: str) -> tuple[str, ...]:
        """Names of functions that look like a name, best first."""
        import difflib

        if self._names is None:
            self._names = NearNames(
                n for n in self._session.stored.function_names() if not n.startswith(HEAD_MARK)
            )
        alike = difflib.get_close_matches(name, self._names.of(name), n=6, cutoff=0.75)
        return tuple([n for n in alike if self.defines(n)][:3])  # the index knows other versions' names, too

    def execute(self, root: str, bound: Mapping[str, str]) -> Narrowed | None:
        """A root executed with its parameters bound, None when that cannot be: there are bindings of other names,
        or to what is no constant here."""
        refs = self.refs(root)
        function = self.function(refs[0]) if len(refs) == 1 else None
        given = {p.name: bound[p.name] for p in function.parameters if p.name in bound} if function else {}
        if function is None or len(given) < len(bound):
            return None
        key = (root, tuple(sorted(given.items())))
        if key not in self._executed:
            try:
                narrowed = Narrowed(self._session, function, given, depth=_DEEP, hide=parse_hide("default"))
            except KcgError:
                narrowed = None
            self._executed[key] = narrowed
        return self._executed[key]

    def uses(self, name: str) -> tuple[ObjectUse, ...]:
        """The rows of tables that hold an object, and the object's own entries."""
        found = self._uses.get(name)
        if found is None:
            found = self._uses[name] = tuple(self._rows(name)) if re.fullmatch(r"[A-Za-z_]\w*", name) else ()
        return found

    def rows(self, table: str, field: str) -> tuple[tuple[str, ObjectUse], ...]:
        """The values of a member in all rows of a table."""
        index, scopes = self._session.stored, self._session.resolver.scopes
        found: list[tuple[str, ObjectUse]] = []
        for path in index.files("object", table):
            for one in index.facts(path).objects if not scopes.foreign(path) else ():
                if one.name == table:
                    values = [e.value.lstrip("& ") for e in one.entries if _field(e.path) == field]
                    found += [(v, use) for v in dict.fromkeys(values) for use in _holding(one, v, path)]
        return tuple(found)

    def _rows(self, name: str) -> list[ObjectUse]:
        index, scopes = self._session.stored, self._session.resolver.scopes
        rows: list[ObjectUse] = []
        for path in index.files("object", name):
            if not scopes.foreign(path):
                rows += [_own(o, path) for o in index.facts(path).objects if o.name == name and o.entries]
        paths = [p for p in index.files("reference", name) if not scopes.foreign(p)]
        for path in paths[:_MAX_TABLE_FILES]:
            for table in index.facts(path).objects:
                rows += _holding(table, name, path)
        return rows


def _own(table: Object, path: str) -> ObjectUse:
    constants = tuple((_field(e.path), e.value) for e in table.entries if _CONSTANT.fullmatch(e.value))
    return ObjectUse("", constants, table.name, Location(path, table.line))


def _holding(table: Object, name: str, path: str) -> list[ObjectUse]:
    """The rows of a table with `&name` or `name` as a value."""
    rows = []
    for entry in table.entries:
        if entry.value.lstrip("& ") != name:
            continue
        head = entry.path.rpartition(".")[0]
        constants = tuple(
            (_field(e.path), e.value)
            for e in table.entries
            if e.path.rpartition(".")[0] == head and _CONSTANT.fullmatch(e.value)
        )
        rows.append(ObjectUse(_field(entry.path), constants, table.name, Location(path, entry.line)))
    return rows


def _field(path: str) -> str:
    return path.rpartition(".")[2].split("[")[0].split("#")[0]
