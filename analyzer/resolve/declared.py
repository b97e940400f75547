"""What types and file-scope variables a name denotes, as seen from a file.

Not handled: names declared in a block that shadow file-scope types.
"""

import re
from collections.abc import Iterator, Sequence

import msgspec

from analyzer.extract.extractor import extract
from analyzer.extract.lexical import on_one_line
from analyzer.model.callgraph import Slot
from analyzer.model.facts import Field, Invocation, Object, Record, Typedef
from analyzer.resolve.index import NameKind
from analyzer.resolve.macrouse import expanded_text
from analyzer.resolve.made import Maker
from analyzer.resolve.scope import Scope, record_in
from analyzer.resolve.scopes import Scopes
from analyzer.resolve.words import has_word, parts_of

_BODILESS = re.compile(rb"\b(struct|union)\s+(\w+)\s*;")
_USE = re.compile(rb"^\s*([A-Z_][A-Z\d_]*)\s*\([^;]*\)\s*;", re.M)
_FUNCTION = re.compile(r"([^()]*)(\([^()]*\))")
_OTHER_THINGS: Sequence[NameKind] = ("macro", "enumerator", "object", "function")
_MAX_FILES = 20  # unseen files whose macro uses are read for a variable


class Declared:
    """Look-ups of types and variables."""

    def __init__(self, scopes: Scopes, maker: Maker) -> None:
        self._scopes = scopes
        self._index = scopes.index
        self._maker = maker
        self._records: dict[tuple[str, str], tuple[str, Record] | None] = {}
        self._homonyms: dict[str, bool] = {}
        self._definers: dict[str, tuple[str, ...]] = {}
        self._seen: dict[tuple[str, tuple[str, ...]], bool] = {}
        self._included_fields: dict[tuple[str, int], tuple[Field, ...]] = {}
        self._typedefs: dict[tuple[str, str], tuple[str, Typedef] | None] = {}
        self._objects: dict[tuple[str, str], tuple[str, Object] | None] = {}
        self._pasted: dict[tuple[str, str], tuple[str, Object] | None] = {}
        self._pasted_functions: dict[tuple[str, str], bool] = {}

    def record(self, scope: Scope, tag: str, user: Scope | None = None) -> tuple[str, Record] | None:
        """The definition of a struct or union tag, and its file. A header may only declare the tag: then what
        the file that uses it sees counts."""
        key = (scope.path, tag)
        if key not in self._records:
            self._records[key] = self._record(scope, tag, guess=False)
        found = self._records[key]
        if user is not None and user is not scope and (found is None or not self._by_itself(scope, found[0])):
            found = self.record(user, tag) or found
        if found is None:
            key = (scope.path, f"{tag}?")
            if key not in self._records:
                self._records[key] = self._record(scope, tag, guess=True)
            found = self._records[key]
        return found

    def _by_itself(self, scope: Scope, path: str) -> bool:
        """Whether a file includes another, so that it need not be told by those who include both."""
        return path == scope.path or path in self._scopes.includes.closure(scope.path)

    def _record(self, scope: Scope, tag: str, *, guess: bool) -> tuple[str, Record] | None:
        """`guess`: take one that the file does not see."""
        seen, outside = scope.files_with("record", _outer(tag))
        seen = [f for f in seen if not self._scopes.foreign(f) or f == scope.path]
        if scope.path in seen:
            seen = [scope.path]
        if not seen and guess:
            native = [f for f in outside if not self._scopes.foreign(f)]
            folder = scope.path.rsplit("/", 1)[0]
            seen = (
                [f for f in native if f.startswith("include/")]
                or [f for f in native if f.rsplit("/", 1)[0] == folder]
                or ([] if len(native) > 1 else native)
            )
        best: tuple[str, Record] | None = None
        for path in seen:
            record = record_in(self._index.facts(path), tag)
            if record and (best is None or len(record.fields) > len(best[1].fields)):
                best = (path, record)
        if best is None and not guess:
            best = self._record_of_macro(scope, tag) or self._pasted_record(scope, tag)
        return best

    def _record_of_macro(self, scope: Scope, tag: str) -> tuple[str, Record] | None:
        """The definition of a struct that a file gives by `struct tag BODY;`, where a macro is the body: read
        alone, that is a variable of the macro's name."""
        for variable in self._index.facts(scope.path).objects:
            if variable.type == f"struct {tag}" and _is_body(scope, variable.name):
                text = expanded_text(scope, f"struct {tag} {variable.name};", variable.line)
                made = extract(text.encode()).records
                lines = {"line": variable.line, "end_line": variable.line}
                return (scope.path, msgspec.structs.replace(made[0], **lines)) if made else None
        return None

    def _pasted_record(self, scope: Scope, tag: str) -> tuple[str, Record] | None:
        """The definition that a macro's use in what a file sees makes of a struct whose tag it pastes together,
        when no text has one: `#define ATTR_STRUCT(name) struct nilfs_##name##_attr { … }`."""
        if self._defining(tag):
            return None
        for path, use in self._pasting(scope, tag):
            facts = self._maker.use(self._scopes.of(path), use)
            for record in facts.records if facts is not None else ():
                if record.tag == tag:
                    return path, msgspec.structs.replace(record, line=use.line, end_line=use.end_line)
        return None

    def homonym(self, path: str, tag: str) -> str:
        """The file itself when others of the analysed sources define a struct of the same tag, else ""."""
        found = self._homonyms.get(tag)
        if found is None:
            files = self._defining(tag)
            if len(files) > 1:
                files = tuple(f for f in files if record_in(self._index.facts(f), tag))
            found = self._homonyms[tag] = len(files) > 1
        return path if found else ""

    def _defining(self, tag: str) -> tuple[str, ...]:
        """The analysed files that define a struct of that tag, or one around it."""
        found = self._definers.get(tag)
        if found is None:
            outer = _outer(tag)
            files = self._index.files("record", outer)
            found = self._definers[tag] = tuple(f for f in files if not self._scopes.foreign(f))
        return found

    def typedefs_of(self, slot: Slot) -> tuple[str, ...]:
        """The typedef names of a slot's struct in the files that define it."""
        types = (f"struct {slot.struct}", f"union {slot.struct}")
        definers = (slot.file,) if slot.file else self._defining(slot.struct)
        return tuple(
            dict.fromkeys(t.name for f in definers for t in self._index.facts(f).typedefs if t.type in types)
        )

    def may_reach_into(self, path: str, slot: Slot) -> bool:
        """Whether a file may name a member of the slot's struct: only where its definition is seen can it, in the
        file or, for one that others include, in these. (In 6.12 a member `func` is stored into by 2,900 files, of
        which 40 see `struct hda_fixup`.)"""
        definers = (slot.file,) if slot.file else self._defining(slot.struct)
        return not definers or self._sees_any(path, definers)

    def _sees_any(self, path: str, definers: tuple[str, ...]) -> bool:
        key = (path, definers)
        found = self._seen.get(key)
        if found is None:
            found = self._seen[key] = self._look(path, definers)
        return found

    def _look(self, path: str, definers: tuple[str, ...]) -> bool:
        scopes = self._scopes
        known = {path}
        todo = [path]
        while todo:
            file = todo.pop()
            if any(scopes.includes.may_see(file, definer) for definer in definers):
                return True
            if file.startswith("include/") or not scopes.includable(file):
                continue
            outer = scopes.of(file).includers
            if not outer and file.endswith(".h"):
                return True  # included by a path that the Makefile gives
            todo += [includer for includer in outer if includer not in known]
            known.update(outer)
        return False

    def included_fields(self, path: str, record: Record) -> tuple[Field, ...]:
        """The members of a struct that only its macros tell: those that a list file makes, included inside under
        the includer's macros, those of `struct HASH_ALG_COMMON;`, whose body is a macro, those of a use, as
        `ENTRY(csr, u32);`, and that of `void BUILDER(name);`, whose declarator is one."""
        key = (path, record.line)
        found = self._included_fields.get(key)
        if found is None:
            scope = self._scopes.of(path)
            lines = self._index.text(path).split(b"\n", record.end_line)[record.line : record.end_line]
            body = b"\n".join(lines)
            text = [*_bodies(scope, body, record.line), *_uses(scope, body, record.line)]
            text += _declarators(scope, record)
            for include in self._index.includes(path):
                if record.line <= include.line <= record.end_line:
                    target = self._scopes.includes.resolve(path, include.target, quoted=include.quoted)
                    for use in self._index.facts(target).invocations if target else ():
                        if scope.macro(use.macro):
                            text.append(expanded_text(scope, f"{use.macro}({use.arguments})", include.line))
            head = f"struct {record.tag.replace('::', '__')} {{"
            made = extract("\n".join([head, *text, "};"]).encode()).records if text else ()
            found = self._included_fields[key] = made[0].fields if made else ()
            for inner in made[1:]:
                self._records[(path, inner.tag)] = (path, inner)
        return found

    def typedef(self, scope: Scope, name: str) -> tuple[str, Typedef] | None:
        """The typedef of a name, and its file."""
        key = (scope.path, name)
        if key not in self._typedefs:
            seen, outside = scope.files_with("typedef", name)
            paths = seen or [f for f in outside if not self._scopes.foreign(f) and f.startswith("include/")]
            found: tuple[str, Typedef] | None = None
            for path in paths:
                for typedef in self._index.facts(path).typedefs:
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
        for path in [*seen, *(f for f in outside if not self._scopes.foreign(f))]:
            for variable in self._index.facts(path).objects:
                if variable.name == name and not variable.function:
                    if path not in seen and variable.static:
                        continue
                    return path, variable
        return self._made_object(scope, name)

    def _made_object(self, scope: Scope, name: str) -> tuple[str, Object] | None:
        """The variable of a name that macro uses which spell it make."""
        seen, outside = scope.files_with("argument", name)
        for path in [*seen, *[f for f in outside if not self._scopes.foreign(f)][:_MAX_FILES]]:
            inner = self._scopes.of(path)
            for use in self._index.facts(path).invocations:
                if has_word(use.arguments, name) and not use.macro.startswith("EXPORT_SYMBOL"):
                    found = self._named(inner, use, name)
                    if found is not None:
                        return path, found
        return None

    def _named(self, scope: Scope, use: Invocation, name: str) -> Object | None:
        """The object of a name that a macro use makes."""
        return next((variable for variable in self._maker.objects(scope, use) if variable.name == name), None)

    def pasted_object(self, scope: Scope, name: str) -> tuple[str, Object] | None:
        """The variable of a name that macro uses in what a file sees paste together: `per_cpu__runqueues`. Asked
        for when an expression has the type of such a name, not of the many constants that a table holds."""
        key = (scope.path, name)
        if key not in self._pasted:
            uses = self._pasting(scope, name)
            found = ((path, self._named(self._scopes.of(path), use, name)) for path, use in uses)
            self._pasted[key] = next(((path, variable) for path, variable in found if variable), None)
        return self._pasted[key]

    def pasted_function(self, scope: Scope, name: str) -> bool:
        """Whether macro uses in what a file sees declare a function of a name that they paste: `asm_##func`.
        False for a name that stands in some text as another thing."""
        key = (scope.path, name)
        if key not in self._pasted_functions:
            files = self._index.files
            known = any(files(kind, name) for kind in _OTHER_THINGS)
            self._pasted_functions[key] = not known and any(
                any(declaration.name == name for declaration in facts.declarations)
                for path, use in self._pasting(scope, name)
                if (facts := self._maker.use(self._scopes.of(path), use)) is not None
            )
        return self._pasted_functions[key]

    def _pasting(self, scope: Scope, name: str) -> Iterator[tuple[str, Invocation]]:
        """The macro uses in what a file sees that may paste a name together, with their files. None for a name in
        capitals, which is a constant's."""
        tried: set[tuple[str, int]] = set()
        for part in parts_of(name) if not name.isupper() else ():
            for path in scope.files_with("argument", part)[0] if part != name else ():
                inner = self._scopes.of(path)
                for use in self._index.facts(path).invocations:
                    if (path, use.start) not in tried and has_word(use.arguments, part):
                        tried.add((path, use.start))
                        if self._maker.may_hold(inner, use, name):
                            yield path, use


def _outer(tag: str) -> str:
    """The outermost struct around one without a tag of its own."""
    return tag if tag.startswith("::") else tag.split("::", maxsplit=1)[0]


def _bodies(scope: Scope, body: bytes, line: int) -> Iterator[str]:
    """The anonymous structs inside a struct whose body is a macro, as C."""
    for kind, name in _BODILESS.findall(body):
        tag = name.decode()
        if _is_body(scope, tag):
            yield expanded_text(scope, f"{kind.decode()} {tag};", line)


def _uses(scope: Scope, body: bytes, line: int) -> Iterator[str]:
    """What macro uses among a struct's members expand to."""
    for use in _USE.finditer(body):
        if any(definition.parameters is not None for definition in scope.macro(use[1].decode())):
            yield expanded_text(scope, on_one_line(use[0]), line)


def may_be_use(field: Field) -> bool:
    """Whether a member may be a macro's use: read alone, its first argument has the macro as its type."""
    return field.type.isidentifier() and field.type.isupper()


def _declarators(scope: Scope, record: Record) -> Iterator[str]:
    """The members of a struct that seem to be functions, which none can be: uses of macros, expanded."""
    for field in record.fields:
        seeming = _FUNCTION.fullmatch(field.type)
        if seeming is not None and scope.macro(field.name):
            yield expanded_text(scope, f"{seeming[1]} {field.name}{seeming[2]};", field.line)


def _is_body(scope: Scope, name: str) -> bool:
    """Whether a name is a macro that stands for a struct's body."""
    return any(m.parameters is None and m.body and m.body[0].text == "{" for m in scope.macro(name))
