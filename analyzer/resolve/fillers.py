"""Which macro uses can put something into a member: by a designator in a body, or by one their arguments make.

Not handled: designators that only appear after three macros have pasted parts of them together.
"""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from analyzer.extract.extractor import extract
from analyzer.model.facts import Entry, Invocation, Object
from analyzer.resolve.ctypes import Arr
from analyzer.resolve.index import NameKind
from analyzer.resolve.macros import Expander, MacroDefinition
from analyzer.resolve.names import Names
from analyzer.resolve.scope import Scope
from analyzer.resolve.templates import as_text, values_of
from analyzer.resolve.tokens import KEYWORDS, tokenize
from analyzer.resolve.words import has_word

DESIGNATOR = r"(?<![\w)\]])\s*\."
_WORD = re.compile(r"[A-Za-z_]\w*")
_PLAIN = re.compile(r"^(?:const |volatile )*(?:struct|union) (\w+)(?: const| volatile)*(?:\[[^\]]*\])*$")
_NO_FUNCTION = r"\s*(?:__func__|__FUNCTION__|__FILE__|__LINE__|NULL|[-\d\"'])"


def plain_struct(type_text: str) -> str:
    """The tag of an object's type when its text is `struct tag` or an array of it, else empty."""
    match = _PLAIN.match(type_text)
    return match.group(1) if match else ""


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


class _Template(NamedTuple):
    """What a macro makes of placeholders where the macros that it meets are these; `structs` remembers answers."""

    footprint: Mapping[str, Sequence[MacroDefinition]]
    objects: Sequence[Object]
    structs: dict[str, frozenset[str] | None]


class MacroFillers:
    """Macros by the members that they fill."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._index = names.index
        self._macros: dict[tuple[str, str], Mapping[str, Sequence[str]]] = {}
        self._filling: dict[tuple[object, ...], bool] = {}
        self._shaping: dict[tuple[str, str], bool] = {}
        self._listing: dict[tuple[str, str], bool] = {}
        self._templates: dict[tuple[str, int], list[_Template]] = {}
        self._fitting: dict[tuple[str, str, int], _Template] = {}

    def macros(self, field: str, shape: str) -> frozenset[str]:
        """Macros whose body, or that of a macro they use, has a designator or a store of a member.
        `shape` is a regular expression for what stands before the member's name."""
        return frozenset(self._defined(field, shape))

    def users(self, kind: NameKind, field: str, shape: str) -> Iterator[str]:
        """The files that have one of these macros in a role and may see a definition of it that counts."""
        for name, definers in sorted(self._defined(field, shape).items()):
            for path in self._index.files(kind, name):
                if any(self._names.scopes.includes.may_see(path, definer) for definer in definers):
                    yield path

    def _defined(self, field: str, shape: str) -> Mapping[str, Sequence[str]]:
        """The files that define each of these macros so that it fills the member."""
        known = self._macros.get((field, shape))
        if known is not None:
            return known
        found: dict[str, dict[str, None]] = {}
        pattern = re.compile(rf"{shape}\s*{re.escape(field)}\s*=(?!=)(?!{_NO_FUNCTION})")
        holds = self._names.scopes.configuration.holds
        todo = [
            (m.name, path)
            for path in self._index.files("filler", field)
            if not self._names.scopes.foreign(path)
            for m in self._index.facts(path).macros
            if pattern.search(m.body) and holds(m.guard) is not False
        ]
        while todo:
            name, definer = todo.pop()
            if definer in found.get(name, ()):
                continue
            found.setdefault(name, {})[definer] = None
            used = re.compile(rf"\b{re.escape(name)}\s*\(")
            todo += [
                (m.name, path)
                for path in self._index.files("expanded", name)
                if not self._names.scopes.foreign(path) and self._names.scopes.includes.may_see(path, definer)
                for m in self._index.facts(path).macros
                if path not in found.get(m.name, ()) and used.search(m.body) and holds(m.guard) is not False
            ]
        result = self._macros[(field, shape)] = {name: sorted(definers) for name, definers in found.items()}
        return result

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

    def may_list(self, scope: Scope, entry: Entry) -> bool:
        """Whether an item of an initializer is a macro use that stands for braces with values by position."""
        name, opening, _ = entry.value.partition("(")
        if not opening or "." in entry.path or not name.strip().isidentifier():
            return False
        key = (scope.path, name.strip())
        found = self._listing.get(key)
        if found is None:
            bodies = [[t.text for t in definition.body] for definition in scope.macro(key[1])]
            found = self._listing[key] = any(
                one == "{" and other not in (".", "[", "}")
                for body in bodies
                for one, other in itertools.pairwise(body)
            )
        return found

    def _shapes(self, scope: Scope, name: str) -> bool:
        """Whether a macro, or one that its body uses, has a designator whose name it is given or pastes."""
        key = (scope.path, name)
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

    def has_designator(self, scope: Scope, name: str, depth: int = 0) -> bool:
        """Whether a macro's body, or that of a macro it uses, holds a designated initializer."""
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
            if not verdict and depth < 6:
                verdict = any(
                    t.is_name
                    and t.text not in KEYWORDS
                    and t.text != name
                    and self.has_designator(scope, t.text, depth + 1)
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

    def _template_of(self, scope: Scope, use: Invocation) -> _Template:
        """What the macro of a use makes of placeholders."""
        count = len(values_of(use.arguments))
        here = (scope.path, use.macro, count)
        if here not in self._fitting:
            self._fitting[here] = self._fitting_template(scope, use.macro, count)
        return self._fitting[here]

    def _fitting_template(self, scope: Scope, macro: str, count: int) -> _Template:
        templates = self._templates.setdefault((macro, count), [])
        for known in templates:
            if all(scope.macro(name) == definitions for name, definitions in known.footprint.items()):
                return known
        holders = ", ".join(f"kcgHole{n}_" for n in range(count))
        expansion = Expander(scope.macro).expand(tokenize(f"{macro}({holders})"))
        found = _Template(expansion.footprint, extract(as_text(expansion.tokens)).objects, {})
        templates.append(found)
        return found

    def _filled(self, scope: Scope, objects: Sequence[Object], field: str) -> frozenset[str] | None:
        """The structs whose member of a name the initializers of objects fill."""
        found: set[str] = set()
        for variable in objects:
            for entry in variable.entries:
                if re.search(rf"\.{re.escape(field)}(?:\[[^\]]*\]|#\d+)*$", entry.path):
                    struct = self._owner(scope, variable.type, entry.path)
                    if not struct or "kcgHole" in struct:
                        return None
                    found.add(struct)
        return frozenset(found)

    def _owner(self, scope: Scope, type_text: str, path: str) -> str:
        """The struct that declares the last member of a designator path, "" when that cannot be told."""
        typer = self._names.typer(scope.path)
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
