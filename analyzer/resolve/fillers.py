"""Which macro uses can put something into a member: by a designator in a body, or by one their arguments make.

Not handled: designators that only appear after three macros have pasted parts of them together.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from analyzer.extract.extractor import extract
from analyzer.model.callgraph import Slot
from analyzer.model.facts import Invocation, Macro, Object
from analyzer.resolve.alike import Alike, Met, single_tokens
from analyzer.resolve.ctypes import Arr
from analyzer.resolve.index import NameKind
from analyzer.resolve.macros import Expander, MacroDefinition
from analyzer.resolve.names import Names
from analyzer.resolve.placeholders import holds_placeholder, use_of
from analyzer.resolve.scope import Scope
from analyzer.resolve.structtexts import brace_around, plain_type, struct_before, structs_by_position
from analyzer.resolve.tables import FilesByName, table_of
from analyzer.resolve.templates import Template as MacroTemplate
from analyzer.resolve.templates import as_text, values_of
from analyzer.resolve.tokens import KEYWORDS, tokenize
from analyzer.resolve.words import has_word

_STORED = re.compile(r"(?:->|(?<=[\w)\]])\s*\.)\s*(\w+)\s*=(?!=)")  # a member behind an expression
DESIGNATOR = r"(?<![\w)\]])\s*(?:\.\s*\w+\s*|\[[^\[\]]*\]\s*)*\."  # `.func`, `.work.func`, `[0].func`
_WORD = re.compile(r"[A-Za-z_]\w*")
_ANY = "*"  # a struct that no text tells: of a member that another initializer is for
_NO_FUNCTION = r"\s*(?:__func__|__FUNCTION__|__FILE__|__LINE__|NULL|[-\d\"'])"


def shapes_designator(definition: MacroDefinition) -> bool:
    """Whether a macro's body has `.name =` where the name is a parameter or pasted together."""
    body = definition.body
    for at in range(len(body) - 2):
        if body[at].text != "." or not body[at + 1].is_name:
            continue
        if at and (body[at - 1].is_name or body[at - 1].text in (")", "]")):
            continue  # a member of something
        if body[at + 1].text in (definition.parameters or ()) or body[at + 2].text == "##":
            return True
    return False


def makes_values_of(struct: str, template: MacroTemplate) -> bool:
    """Whether what a macro makes at a further reading of a header is an object of a struct, with values."""
    return any(o.entries and plain_type(o.type).tag == struct for o in template.objects)


def given_use(use: Invocation, macros: frozenset[str]) -> bool:
    """Whether one of some macros is used in the arguments of a macro's use."""
    return bool(macros) and "(" in use.arguments and any(w in macros for w in _WORD.findall(use.arguments))


class _Template(NamedTuple):
    """What a macro makes of placeholders; `structs` remembers answers."""

    objects: Sequence[Object]
    structs: dict[str, frozenset[str] | None]


class _Filling(NamedTuple):
    """The files that define a macro so that it fills a member, and of which structs: "" for one that whoever uses
    the macro tells, `_ANY` for one that nobody does."""

    definers: Sequence[str]
    structs: frozenset[str]


class MacroFillers:
    """Macros by the members that they fill."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._index = names.index
        self._macros: dict[tuple[str, str], Mapping[str, _Filling]] = {}
        self._filling: dict[tuple[object, ...], bool] = {}
        self._shaping: dict[tuple[str, str], bool] = {}
        self._positional: dict[str, Mapping[str, _Filling]] = {}
        self._naming: FilesByName | None = None
        self._giving: FilesByName | None = None
        self._templates: Alike[tuple[str, int], _Template] = Alike()
        self._again: dict[tuple[MacroTemplate, str], frozenset[str] | None] = {}

    def macros(self, field: str, shape: str, struct: str = "") -> frozenset[str]:
        """Macros whose body, or that of a macro they use, has a designator or a store of a member; with `struct`
        those that may do so in such a struct. `shape` is a regular expression for what stands before the member's
        name."""
        defined = self._defined(field, shape)
        return frozenset(m for m, found in defined.items() if not struct or found.structs & {struct, "", _ANY})

    def naming(self) -> Mapping[str, Collection[str]]:
        """Macros that store into a member whose name they are given (`ops->function = cap_##function`), as far as
        they paste a name or call what they are given, with the files that define them."""
        if self._naming is None:
            self._naming = table_of(self._names.scopes.tables, "fillers", FilesByName, self._found_naming)
        return self._naming

    def _found_naming(self) -> FilesByName:
        found: dict[str, list[str]] = {}
        for path in self._index.files("shaping", ""):
            for macro in () if self._names.scopes.foreign(path) else self._index.facts(path).macros:
                if macro.parameters and not set(_STORED.findall(macro.body)).isdisjoint(macro.parameters):
                    found.setdefault(macro.name, []).append(path)
        return {name: tuple(dict.fromkeys(paths)) for name, paths in found.items()}

    def giving(self, word: str) -> Collection[str]:
        """The files in whose bodies one of these macros is given a word."""
        if self._giving is None:
            self._giving = table_of(self._names.scopes.tables, "given to fillers", FilesByName, self._found_giving)
        return self._giving.get(word, ())

    def _found_giving(self) -> FilesByName:
        found: dict[str, set[str]] = {}
        may_see = self._names.scopes.includes.may_see
        for macro, definers in sorted(self.naming().items()):
            for path in self._index.files("call", macro):
                if any(may_see(path, definer) for definer in definers) and not self._names.scopes.foreign(path):
                    for word in self._given_in(path, macro):
                        found.setdefault(word, set()).add(path)
        return {word: tuple(sorted(paths)) for word, paths in found.items()}

    def _given_in(self, path: str, macro: str) -> Iterator[str]:
        """The words of the uses of a macro in a file's bodies."""
        text = self._index.text(path)
        for definition in self._index.facts(path).definitions:
            for call in definition.calls:
                if call.name == macro:
                    yield from _WORD.findall(text[call.start : call.end].decode("utf-8", "replace"))

    def users(self, kind: NameKind, field: str, shape: str, struct: str) -> Iterator[str]:
        """The files that have one of these macros in a role and may see a definition of it that counts."""
        defined = self._defined(field, shape)
        return self._seeing(kind, {name: defined[name] for name in self.macros(field, shape, struct)})

    def _seeing(self, kind: NameKind, macros: Mapping[str, _Filling]) -> Iterator[str]:
        """The files that have one of some macros in a role and may see a file that defines it so."""
        for name in sorted(macros):
            for path in self._index.files(kind, name):
                if any(self._names.scopes.includes.may_see(path, definer) for definer in macros[name].definers):
                    yield path

    def _defined(self, field: str, shape: str) -> Mapping[str, _Filling]:
        """The macros that fill the member."""
        known = self._macros.get((field, shape))
        if known is not None:
            return known
        pattern = re.compile(rf"{shape}\s*{re.escape(field)}\s*=(?!=)(?!{_NO_FUNCTION})")
        holds = self._names.scopes.configuration.holds
        todo = [
            (m.name, path, self._structs_in(m, pattern))
            for path in self._index.files("filler", field)
            if not self._names.scopes.foreign(path)
            for m in self._index.facts(path).macros
            if pattern.search(m.body) and holds(m.guard) is not False
        ]
        result = self._macros[(field, shape)] = self._upwards(todo)
        return result

    def _upwards(self, todo: list[tuple[str, str, frozenset[str]]]) -> Mapping[str, _Filling]:
        """Macros with the file that defines them and the structs that they fill, and those that use them."""
        found: dict[str, dict[str, frozenset[str]]] = {}  # by file: the structs
        holds = self._names.scopes.configuration.holds
        while todo:
            name, definer, structs = todo.pop()
            before = found.setdefault(name, {}).get(definer)
            if before is not None and structs <= before:
                continue
            found[name][definer] = structs | (before or frozenset())
            word = re.escape(name)
            # `#define __ATTR_IGNORE_LOCKDEP __ATTR`, `#define PCR_ATTRS(alg) _TPM_HELPER(alg, PCR_ATTR)`
            used = re.compile(rf"\b{word}\s*\(|^\s*{word}\s*$|[(,]\s*{word}\s*[,)]")
            # another name of a macro stands where the macro does; of capitals the postings do not tell
            todo += [
                (m.name, path, self._structs_around(m, used, structs))
                for path in sorted({definer, *self._index.files("expanded", name)})
                if not self._names.scopes.foreign(path) and self._names.scopes.includes.may_see(path, definer)
                for m in self._index.facts(path).macros
                if used.search(m.body) and holds(m.guard) is not False
            ]
        return {
            name: _Filling(sorted(by_file), frozenset().union(*by_file.values()))
            for name, by_file in found.items()
        }

    def by_position(self, struct: str) -> frozenset[str]:
        """Macros that define an object of a struct with values by position, by their body or that of a macro they
        use."""
        return frozenset(self._by_position(struct))

    def users_by_position(self, struct: str) -> Iterator[str]:
        """The files that use one of these and may see a definition of it that counts."""
        macros = self._by_position(struct)
        yield from self._seeing("use", macros)
        yield from self._seeing("call", macros)

    def _by_position(self, struct: str) -> Mapping[str, _Filling]:
        found = self._positional.get(struct)
        if found is None:
            holds = self._names.scopes.configuration.holds
            todo = [
                (m.name, path, frozenset((struct,)))
                for path in self._index.files("filler", f"{struct}.#")
                if not self._names.scopes.foreign(path)
                for m in self._index.facts(path).macros
                if struct in structs_by_position(m.body) and holds(m.guard) is not False
            ]
            found = self._positional[struct] = self._upwards(todo)
        return found

    def _structs_in(self, macro: Macro, pattern: re.Pattern[str]) -> frozenset[str]:
        """The structs in whose braces a macro's body has the pattern, as in `_Filling`."""
        found: set[str] = set()
        for match in pattern.finditer(macro.body):
            at = brace_around(macro.body, match.start())
            nested = match.group().count(".") > 1
            found.add(_ANY if nested else "" if at is None else self._declared_before(macro, at))
        return frozenset(found)

    def _structs_around(self, macro: Macro, used: re.Pattern[str], structs: frozenset[str]) -> frozenset[str]:
        """The structs that a macro fills by its uses of another that fills these."""
        if "" not in structs:
            return structs
        uses = used.finditer(macro.body)
        return (structs - {""}) | {self._declared_before(macro, use.start()) for use in uses}

    def _declared_before(self, macro: Macro, at: int) -> str:
        """The struct of which an initializer begins at a place of a macro's body, as in `_Filling`."""
        tag = struct_before(macro.body, at)
        if not tag:  # `.work = { .func = f }`, `{ .work = WORK_INIT(f) }`
            return "" if brace_around(macro.body, at) is None else _ANY
        return "" if tag in (macro.parameters or ()) or self._index.files("macro", tag) else tag

    def may_designate(self, scope: Scope, use: Invocation, field: str) -> bool:
        """Whether a macro use whose body has no designator of a member may get one from its arguments: they
        hold one, or a macro on the way makes a designator of what it is given."""
        written = has_word(use.arguments, field) or has_word(use.tail, field)
        if not written or not (use.tail or self._names.maker.may_define(scope, use)):
            return False
        if re.search(rf"{DESIGNATOR}\s*{re.escape(field)}\b", f" {use.arguments} {use.tail}"):
            return True
        words = [use.macro, *(w for w in _WORD.findall(use.arguments) if scope.macro(w))]
        return any(self._shapes(scope, word) for word in dict.fromkeys(words))

    def _shapes(self, scope: Scope, name: str) -> bool:
        """Whether a macro, or one that its body uses, has a designator whose name it is given or pastes."""
        key = (scope.key, name)
        found = self._shaping.get(key)
        if found is None:
            found = False
            seen = {name}
            todo = [name]
            while todo and not found:
                for definition in scope.macro(todo.pop()):
                    found = found or shapes_designator(definition)
                    fresh = {t.text for t in definition.body if t.is_name} - seen
                    seen |= fresh
                    todo.extend(sorted(fresh))
            self._shaping[key] = found
        return found

    def has_initializer(self, scope: Scope, name: str, depth: int = 0) -> bool:
        """Whether a macro's body, or that of a macro it uses, holds a designated initializer or a literal."""
        definitions = scope.macro(name)
        if not definitions:
            return False
        key = (name, *((d.file, d.line) for d in definitions))
        known = self._filling.get(key)
        if known is not None:
            return known
        self._filling[key] = False
        verdict = False
        for definition in definitions:
            body = definition.body
            for at in range(len(body) - 2):
                if body[at].text == "." and body[at + 2].text == "=" and body[at + 1].is_name:
                    verdict = True
                if body[at].text == "struct" and [t.text for t in body[at + 2 : at + 4]] == [")", "{"]:
                    verdict = True
            if not verdict and depth < 6:
                verdict = any(
                    t.is_name
                    and t.text not in KEYWORDS
                    and t.text != name
                    and self.has_initializer(scope, t.text, depth + 1)
                    for t in body
                )
        self._filling[key] = verdict
        return verdict

    def structs(self, scope: Scope, use: Invocation, field: str) -> frozenset[str] | None:
        """The structs whose member of that name a use of a macro fills, whatever its arguments are; None when
        that depends on them. The macro is expanded once with placeholders; the result holds for all files in
        which the macros that were met are the same."""
        if use.tail or has_word(use.arguments, field):
            return None
        if not self._names.maker.may_have_member(scope, use, field):
            return frozenset()
        template = self._template_of(scope, use)
        if field not in template.structs:
            template.structs[field] = self._filled(scope, template.objects, field)
        return template.structs[field]

    def fills(self, scope: Scope, slot: Slot, template: MacroTemplate) -> bool:
        """Whether what a macro makes at a further reading of a header may fill a slot."""
        if not template.has_member(slot.field):
            return False
        key = (template, slot.field)
        if key not in self._again:
            self._again[key] = self._filled(scope, template.objects, slot.field)
        structs = self._again[key]
        return structs is None or slot.struct in structs

    def _template_of(self, scope: Scope, use: Invocation) -> _Template:
        """What the macro of a use makes of placeholders."""
        count = len(values_of(use.arguments))

        def make() -> tuple[Met, _Template]:
            expansion = Expander(scope.macro).expand(tokenize(use_of(use.macro, count)))
            objects = extract(as_text(expansion.tokens)).objects
            # `TRACE_SYSTEM` is another name in each of 250 headers, and none that a type or a member has
            said = " ".join([*(o.type for o in objects), *(e.path for o in objects for e in o.entries)])
            loose = {name for name, text in single_tokens(expansion.footprint).items() if text not in said}
            return Met(expansion.footprint, loose), _Template(objects, {})

        return self._templates.get(scope, (use.macro, count), make)

    def _filled(self, scope: Scope, objects: Sequence[Object], field: str) -> frozenset[str] | None:
        """The structs whose member of a name the initializers of objects fill."""
        found: set[str] = set()
        for variable in objects:
            for entry in variable.entries:
                if re.search(rf"\.{re.escape(field)}(?:\[[^\]]*\]|#[\w+]+)*$", entry.path):
                    struct = self._owner(scope, variable.type, entry.path)
                    if not struct or holds_placeholder(struct):
                        return None
                    found.add(struct)
        return frozenset(found)

    def _owner(self, scope: Scope, type_text: str, path: str) -> str:
        """The struct that declares the last member of a designator path, "" when that cannot be told."""
        typer = self._names.typer(scope.key)
        current = typer.type_of_text(type_text)
        owner = ""
        for name in re.findall(r"\.(\w+)", path):
            while isinstance(current, Arr):
                current = current.of
            found = typer.member(current, name)
            if found is None:
                return ""
            owner, current = found.slot.struct, found.type
        return owner
