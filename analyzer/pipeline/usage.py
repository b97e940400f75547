"""What the functions of one kernel use besides other functions: bodies' texts, structs, tables and constants.

Names are taken from signatures, local variables and the words of bodies; what they denote is looked up where the
functions see it. Not handled: types behind `typeof`, constants that macros in headers compute.
"""

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence

from analyzer.compare.declarations import NUMBER, Constant, numbered
from analyzer.compare.likeness import tokens
from analyzer.compare.statements import Told, told
from analyzer.graph.hide import Hide
from analyzer.model.callgraph import Edge, Function, FunctionRef
from analyzer.model.facts import Facts, Macro
from analyzer.model.shown import ShownObject, ShownRecord
from analyzer.pipeline.definitions import object_of, record_of
from analyzer.pipeline.narrowing import Narrowed
from analyzer.pipeline.partners import Partner
from analyzer.pipeline.session import Session
from analyzer.resolve.index import NameKind

_COMMENT = re.compile(rb'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|/\*.*?\*/|//[^\n]*', re.DOTALL)
_TAG = re.compile(r"\b(?:struct|union)\s+(\w+)")
_CONSTANT = re.compile(r"\b(?!CONFIG_)[A-Z][A-Z0-9]*_[A-Z0-9_]*[A-Z0-9]\b|\bNPROTO\b")
_PLAIN = re.compile(r"[-+~()\s\w<|]*\Z")
_WORD = re.compile(r"[A-Z_][A-Z0-9_]+")
_CHAIN = 4  # how far a constant is followed through others that define it


class KernelSide:
    """Implements `analyzer.compare.sides.Side` for a session, and tells what functions use. `narrowed` leaves out
    what bindings of the root exclude; a `partner` finds edges meanwhile."""

    def __init__(self, session: Session, narrowed: Narrowed | None = None, partner: Partner | None = None) -> None:
        self.session = session
        self._partner = partner
        self._narrowed = narrowed
        self._texts: dict[FunctionRef, str] = {}
        self._tokens: dict[FunctionRef, tuple[str, ...]] = {}
        self._functions: dict[FunctionRef, Function | None] = {}
        self._users: set[str] = set()
        self._constants: dict[str, tuple[str, Constant] | None] = {}

    def callees(self, ref: FunctionRef) -> tuple[Edge, ...]:
        """Edges out of a function, in source order."""
        if self._narrowed:
            return tuple(self._narrowed(ref))
        if self._partner and not ref.external and not self.session.answers.has(ref):
            found = self._partner.callees(ref)
            if found is not None:
                self.session.answers.learn(ref, found)
        return self.session.callees(ref)

    def prepare(self, refs: Sequence[FunctionRef]) -> None:
        """The edges of these functions will be asked for next. A partner begins with them; else they are found
        now, while the other side's partner works."""
        if self._partner is None:
            for ref in refs:
                self.callees(ref)
        else:
            self._partner.ask(r for r in refs if not r.external and not self.session.answers.has(r))

    def statements(self, ref: FunctionRef, hide: Hide) -> tuple[Told, ...]:
        """The statements of a function's body that are compared, in order. Uses of macros that make no call which
        is shown are statements, unless they are hidden themselves."""
        reached = self._narrowed.reached(ref) if self._narrowed else None
        shown = [edge for edge in self.callees(ref) if not hide.hides(edge)]
        heard = {edge.callee.name for edge in shown if edge.callee} | {m for e in shown for m in e.macros}

        def silent(name: str) -> bool:
            return name not in heard and not hide.hides_name(name) and self._is_macro(name)

        return told(self.session.body(ref), reached, silent)

    def _is_macro(self, name: str) -> bool:
        return bool(self.session.resolver.index.files("macro", name))

    def function(self, ref: FunctionRef) -> Function | None:
        """What is known of a function, None for an external one."""
        if ref not in self._functions:
            self._functions[ref] = self.session.function(ref)
        return self._functions[ref]

    def defines(self, ref: FunctionRef) -> bool:
        """Whether a function of that name is here: anywhere with external linkage or in a header, or in the same
        file. Functions whose names macros paste together are found only where the name is a system call's."""
        resolver = self.session.resolver
        for path in resolver.index.files("function", ref.name):
            if resolver.scopes.foreign(path):
                continue
            if path == ref.file or path.endswith(".h") or ref.external:
                return True
            if any(not f.definition.static for f in resolver.names.in_file(path, ref.name)):
                return True
        return ref.name.startswith(("sys_", "compat_sys_")) and bool(resolver.named(ref.name))

    def tokens(self, ref: FunctionRef) -> tuple[str, ...]:
        """The tokens of a function's body, without comments; () when it has no text of its own."""
        found = self._tokens.get(ref)
        if found is None:
            found = self._tokens[ref] = tokens(self.text(ref))
        return found

    def weight(self, file: str) -> int:
        """How many source files lie beside a file."""
        return self.session.weight(file) if file else 0

    def text(self, ref: FunctionRef) -> str:
        """The text of a function's body, without comments; "" when a macro makes it all."""
        found = self._texts.get(ref)
        if found is None:
            found = self._texts[ref] = self._read(ref)
        return found

    def _read(self, ref: FunctionRef) -> str:
        span = self.session.span(ref) if not ref.external else None
        if span is None:
            return ""
        _, body, end = span
        data = self.session.stored.text(ref.file)[body:end]
        return _COMMENT.sub(lambda m: b" " if m[0].startswith(b"/") else m[0], data).decode("utf-8", "replace")

    # structs and tables

    def tags(self, refs: Iterable[FunctionRef]) -> dict[str, set[str]]:
        """The structs and unions in signatures and local variables, with the files of the functions that use
        them."""
        found: dict[str, set[str]] = {}
        for ref in refs:
            function = self.session.resolver.function(ref)
            if function is None:
                continue
            definition = function.definition
            types = [definition.return_type, *(p.type for p in definition.parameters)]
            types += [v.type for v in definition.variables]
            for text in types:
                for tag in _TAG.findall(text):
                    found.setdefault(tag, set()).add(ref.file)
        return found

    def record(self, tag: str, users: Iterable[str]) -> ShownRecord | None:
        """The definition of a struct or union: the one in a user's own file, else in a header, the fullest."""
        own = set(users)
        best: tuple[tuple[bool, bool, int, str], ShownRecord] | None = None
        for path, facts in self._files("record", tag):
            for record in facts.records:
                if record.tag != tag:
                    continue
                rank = (path not in own, not path.startswith(("include/", "arch/")), -len(record.fields), path)
                if path.endswith(".c") and path not in own:
                    continue
                if best is None or rank < best[0]:
                    best = rank, record_of(path, record, facts)
        return best[1] if best else None

    def table(self, name: str, file: str) -> ShownObject | None:
        """The definition of an ops table, in that file where it is."""
        found = [
            object_of(path, variable)
            for path, facts in self._files("object", name)
            for variable in facts.objects
            if variable.name == name and variable.defined and variable.entries and not variable.function
        ]
        own = [shown for shown in found if shown.file == file]
        return next(iter(own or found), None)

    def _files(self, kind: NameKind, name: str) -> Iterator[tuple[str, Facts]]:
        resolver = self.session.resolver
        for path in resolver.index.files(kind, name):
            if not resolver.scopes.foreign(path):
                yield path, resolver.index.facts(path)

    # constants

    def members(self, refs: Iterable[FunctionRef]) -> set[str]:
        """The names that stand behind `->` and `.` in bodies."""
        found: set[str] = set()
        for ref in refs:
            tokens = self.tokens(ref)
            found.update(after for before, after in itertools.pairwise(tokens) if before in ("->", "."))
        return found

    def words(self, refs: Iterable[FunctionRef]) -> set[str]:
        """The constants that bodies name, and those that these are other names of (`PF_INET` is `AF_INET`)."""
        refs = list(refs)
        self._users.update(ref.file for ref in refs)
        todo = {word for ref in refs for word in _CONSTANT.findall(self.text(ref))}
        found = set(todo)
        for _ in range(_CHAIN):
            named = {c[1].value.strip("() ") for name in todo if (c := self.constant(name))}
            todo = {value for value in named if _WORD.fullmatch(value)} - found
            found |= todo
        return {name for name in found if self.constant(name)}

    def constant(self, name: str) -> tuple[str, Constant] | None:
        """File and value of a constant macro or an enum constant; None for anything else."""
        if name not in self._constants:
            self._constants[name] = self._constant(name)
        return self._constants[name]

    def _near(self, kind: NameKind, name: str) -> Iterator[tuple[str, Facts]]:
        """The files with a name that the functions may see: their own, headers beside them, the kernel's
        headers."""
        folders = {file.rpartition("/")[0] for file in self._users}
        for path, facts in self._files(kind, name):
            beside = path.endswith(".h") and path.rpartition("/")[0] in folders
            if path in self._users or beside or path.startswith(("include/", "arch/")):
                yield path, facts

    def _constant(self, name: str) -> tuple[str, Constant] | None:
        for path, facts in self._near("macro", name):
            for macro in facts.macros:
                if macro.name == name and _is_constant(macro) and macro.body != name:
                    return path, Constant(macro.body)
        for path, facts in self._near("enumerator", name):
            for enum in facts.enums:
                for constant, value in numbered(enum):
                    if constant.name == name:
                        return path, Constant(value, not constant.value)
        return None

    def family(self, file: str, prefix: str) -> dict[str, Constant]:
        """The numbers that a header gives to macros and enum constants with a prefix."""
        facts = self.session.resolver.index.facts(file)
        found = {
            constant.name: Constant(value, not constant.value)
            for enum in facts.enums
            for constant, value in numbered(enum)
            if constant.name.startswith(prefix)
        }
        for macro in facts.macros:
            if not macro.name.startswith(prefix) or macro.parameters is not None or macro.body == macro.name:
                continue
            if _is_number(macro.body, prefix):
                found[macro.name] = Constant(macro.body)
        return found


def _is_constant(macro: Macro) -> bool:
    return macro.parameters is None and bool(macro.body) and _PLAIN.match(macro.body) is not None


def _is_number(body: str, prefix: str) -> bool:
    """A number, or another constant of the family (`AF_LOCAL` is `AF_UNIX`)."""
    return NUMBER.match(body) is not None or (body.startswith(prefix) and body.replace("_", "").isalnum())
