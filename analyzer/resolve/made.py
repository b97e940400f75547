"""Functions and objects that macros make at file scope.

A use such as `DEFINE_SHOW_ATTRIBUTE(x)` is expanded with the macros its file sees, and the result is read by
the same extractor as files are. A function whose head is a macro use (`SYSCALL_DEFINE3(socket, …) {`) owns
the body that follows it.
A use in a list file (X-macro) means what the files that include the list under a `#define` make of it, and one in
a header that is read again (`rereading`) also what it means then.

Not handled: objects without a value that list files make. Callers are sought in what a header means when it is
read first: a trace header's uses are expanded ten times over otherwise, 12,000 of them in 6.12. What its objects
fill at further readings is told from templates.
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import NamedTuple

import msgspec

from analyzer.extract.extractor import extract
from analyzer.model.facts import Definition, FileFacts, Invocation, Object
from analyzer.model.guards import conjunction
from analyzer.resolve.defaults import is_default
from analyzer.resolve.functions import BODY, Function, bodiless, fallback_name, joined, placed_at
from analyzer.resolve.inforce import lookup_at
from analyzer.resolve.listed import Inclusion, inclusions, lookup_in
from analyzer.resolve.macros import Expander, Lookup
from analyzer.resolve.macrouse import made_by_use, placed_objects
from analyzer.resolve.placeholders import around, filled
from analyzer.resolve.rereading import Rereading, Rereadings
from analyzer.resolve.scope import Scope
from analyzer.resolve.syscallnames import canonical_name
from analyzer.resolve.templates import NO_DEFINITION, Template, Templates, as_text, defines, values_of
from analyzer.resolve.tokens import tokenize

_WORD = re.compile(r"[A-Za-z_]\w*")
_MAX_USES = 3_000  # expansions kept read; a trace event's takes some 50 kB


class Made(NamedTuple):
    """What the macro uses of a file define."""

    functions: tuple[Function, ...]
    objects: tuple[Object, ...]


class Maker:
    """Made definitions of files, computed once per file or per use."""

    def __init__(self) -> None:
        self._uses: OrderedDict[tuple[str, int], FileFacts | None] = OrderedDict()
        self._heads: dict[tuple[str, int, str], tuple[Function, ...]] = {}
        self._files: dict[str, Made] = {}
        self.templates = Templates()
        self._inclusions: dict[tuple[str, str], tuple[Inclusion, ...]] = {}
        self._listed: dict[tuple[str, int], tuple[Function, ...]] = {}
        self._objects_listed: dict[tuple[str, int], tuple[Object, ...]] = {}
        self._rereadings: Rereadings | None = None
        self._spelled_again: dict[str, dict[str, list[tuple[Invocation, Rereading, Lookup]]]] = {}
        self._shapes_again: dict[tuple[str | tuple[str, ...], str, int], tuple[str, ...]] = {}
        self._made_again: dict[tuple[str, str], tuple[Function, ...]] = {}

    def may_make(self, scope: Scope, macro: str, arguments: str, name: str) -> bool:
        """Whether a use with these arguments can define a function of that name."""
        return self._template_for(scope, macro, arguments, name) is not None

    def may_spell(self, scope: Scope, macro: str, arguments: str, name: str) -> bool:
        """A test before `light` and `may_make` that needs no includes: false when under no definition that the
        tree has of the macro the use spells a function's name so."""
        values = values_of(arguments)
        templates = self.templates.of_all(scope, macro, len(values))
        return (
            templates is None
            or defines(arguments, name)
            or any(name in (spelled, canonical_name(spelled)) for t in templates for spelled in t.spelled(values))
            or any(_goes_on(scope, t, values) for t in templates)
            or self._may_spell_again(scope, macro, values, name)
        )

    def may_define(self, scope: Scope, use: Invocation) -> bool:
        """Whether a use has braces, its own or under some definition that the tree has of its macro, or makes the
        name of another one, and so may define something."""
        values = values_of(use.arguments)
        templates = self.templates.of_all(scope, use.macro, len(values))
        if templates is None or "{" in use.arguments:
            return True
        return any(t.shape.braces or _goes_on(scope, t, values) for t in templates)

    def may_hold(self, scope: Scope, use: Invocation, name: str) -> bool:
        """Whether under some definition of its macro a use makes an identifier out of its arguments."""
        return self.may_paste(scope, use.macro, use.arguments, name)

    def may_paste(self, scope: Scope, macro: str, arguments: str, name: str) -> bool:
        """The same for a use anywhere."""
        values = values_of(arguments)
        templates = self.templates.of_all(scope, macro, len(values))
        return templates is None or any(t.holds(values, name) for t in templates)

    def may_paste_use(self, scope: Scope, macro: str, arguments: str, macros: Collection[str]) -> bool:
        """Whether under some definition of its macro a use pastes the name of one of some macros, with a use."""
        values = values_of(arguments)
        pasted = (
            candidate.spelled
            for template in self.templates.of_all(scope, macro, len(values)) or ()
            for candidate in template.candidates(values)
            if candidate.template != candidate.spelled
        )
        return any(name in macros for name in pasted)

    def holds(self, scope: Scope, use: Invocation, name: str) -> bool:
        """Whether a use makes an identifier out of its arguments, under the definitions that its file sees."""
        lookup = lookup_at(scope, use.line, scope.macro)
        definitions = lookup(use.macro)
        values = values_of(use.arguments)
        template = self.templates.of(lookup, use.macro, len(values), definitions) if definitions else None
        return template is not None and template.holds(values, name)

    def may_have_member(self, scope: Scope, use: Invocation, field: str) -> bool:
        """Whether under some definition of its macro a use has `.field`, or may get one from its arguments."""
        templates = self.templates.of_all(scope, use.macro, len(values_of(use.arguments)))
        return templates is None or any(t.has_member(field) for t in templates)

    def _template_for(
        self, scope: Scope, macro: str, arguments: str, name: str, lookup: Lookup | None = None
    ) -> Definition | None:
        """The function of that name as the macro's template has it."""
        values = values_of(arguments)
        lookup = lookup or scope.macro
        template = self.templates.of(lookup, macro, len(values), lookup(macro))
        for candidate in template.candidates(values):
            if name in (candidate.spelled, canonical_name(candidate.spelled)):
                found = template.definition(candidate)
                if found is not None:
                    return found
        return None

    def light(self, scope: Scope, use: Invocation, name: str) -> tuple[Function, ...]:
        """The function of a name that a use defines, without its body: enough to bind a call. Empty when
        the use makes none; the whole function when the template cannot tell."""
        found = self._light_seen(scope, use, name) if scope.macro(use.macro) else ()
        return found or (self._light_listed(scope, use, name) if self._for_includers(scope, use) else ())

    def _light_seen(self, scope: Scope, use: Invocation, name: str) -> tuple[Function, ...]:
        """`light` with the definitions of the macro that the use's own file sees."""
        lookup = lookup_at(scope, use.line, scope.macro)
        template = self._template_for(scope, use.macro, use.arguments, name, lookup)
        given = defines(use.arguments, name) or (template is None and self._is_open(scope, use))
        if template is None and not given:
            return self._light_again(scope, use, name)
        if template is None or template is NO_DEFINITION or canonical_name(name) != name:
            found = [f for f in self.from_use(scope, use) if f.definition.name == name or name in f.aliases]
            return tuple(found) or self._light_again(scope, use, name)
        return (bodiless(scope.path, use, template, name),)

    def _is_open(self, scope: Scope, use: Invocation) -> bool:
        """Whether only its own expansion tells what a use makes."""
        values = values_of(use.arguments)
        lookup = lookup_at(scope, use.line, scope.macro)
        template = self.templates.of(lookup, use.macro, len(values), lookup(use.macro))
        return _goes_on(scope, template, values)

    def _meanings(self, scope: Scope, use: Invocation) -> tuple[Inclusion, ...]:
        """Where a use in a list file gets a meaning."""
        key = (scope.path, use.macro)
        found = self._inclusions.get(key)
        if found is None:
            found = self._inclusions[key] = inclusions(scope.scopes, scope.path, use.macro)
        return found

    def _light_listed(self, scope: Scope, use: Invocation, name: str) -> tuple[Function, ...]:
        for inclusion in self._meanings(scope, use):
            lookup = lookup_in(scope.scopes, inclusion)
            if self._template_for(scope, use.macro, use.arguments, name, lookup) is not None:
                return tuple(f for f in self.from_list(scope, use) if f.definition.name == name)
        return ()

    def _again(self, scope: Scope, macro: str) -> Iterator[tuple[Rereading, Lookup]]:
        """The further readings of a header in which uses of a macro mean something else."""
        rereadings = self._rereadings_in(scope)
        for reading in rereadings.of(scope.path):
            if rereadings.redefines(scope.path, reading, macro):
                yield reading, rereadings.lookup(scope.path, reading)

    def _rereadings_in(self, scope: Scope) -> Rereadings:
        if self._rereadings is None:
            self._rereadings = Rereadings(scope.scopes)
        return self._rereadings

    def _light_again(self, scope: Scope, use: Invocation, name: str) -> tuple[Function, ...]:
        values = values_of(use.arguments)
        if not self._may_spell_again(scope, use.macro, values, name):
            return ()
        found: list[Function] = []
        for reading, _, template in self._templates_again(scope, use.macro, len(values)):
            for candidate in template.candidates(values):
                definition = template.definition(candidate) if candidate.spelled == name else None
                if definition is NO_DEFINITION:
                    return tuple(f for f in self.named_again(scope, name) if f.definition.line == use.line)
                if definition is not None:
                    light = bodiless(scope.path, use, definition, name)
                    found.append(light._replace(seen_from=reading.unit))
        return tuple(found)

    def _may_spell_again(self, scope: Scope, macro: str, values: Sequence[str], name: str) -> bool:
        """Whether a use may make a function of that name when its header is read again. Headers that are read
        again in the same way share the answer's expensive part, unless the macro is one of their own."""
        rereadings = self._rereadings_in(scope)
        ways = rereadings.ways(scope.path)
        if not ways:
            return False
        shared = rereadings.sets(ways, macro)
        key = (ways if shared else scope.path, macro, len(values))
        shapes = self._shapes_again.get(key)
        if shapes is None:
            found = [t.defined for _, _, t in self._templates_again(scope, macro, len(values))]
            shapes = tuple(dict.fromkeys(shape for defined in found for shape in defined))
            if rereadings.of(scope.path):  # else another header may have a source that reads it again
                self._shapes_again[key] = shapes
        return any(filled(shape, values) == name for shape in shapes)

    def named_again(self, scope: Scope, name: str) -> tuple[Function, ...]:
        """The functions of a name that further readings of a header make, whole."""
        spelled = self._spelled_again.get(scope.path)
        if spelled is None:
            spelled = self._spelled_again[scope.path] = self._names_again(scope)
        key = (scope.path, name)
        if name in spelled and key not in self._made_again:
            made = [
                function
                for use, reading, lookup in spelled[name]
                for function in _again_placed(scope, use, reading, made_by_use(scope, use, lookup))
            ]
            self._made_again[key] = tuple(f for f in made if f.definition.name == name)
        return self._made_again.get(key, ())

    def _names_again(self, scope: Scope) -> dict[str, list[tuple[Invocation, Rereading, Lookup]]]:
        """The functions that uses make at further readings of a header, by name."""
        found: dict[str, list[tuple[Invocation, Rereading, Lookup]]] = {}
        for use in scope.scopes.index.facts(scope.path).invocations:
            values = values_of(use.arguments)
            for reading, lookup, template in self._templates_again(scope, use.macro, len(values)):
                for shape in template.defined:
                    found.setdefault(filled(shape, values), []).append((use, reading, lookup))
        return found

    def _templates_again(
        self, scope: Scope, macro: str, count: int
    ) -> Iterator[tuple[Rereading, Lookup, Template]]:
        """What the macro makes of so many arguments at those readings where that is a function or an object."""
        for reading, lookup in self._again(scope, macro):
            template = self.templates.of(lookup, macro, count, lookup(macro), reading.places)
            if template.makes:
                yield reading, lookup, template

    def objects_again(self, scope: Scope, use: Invocation, fills: Callable[[Template], bool]) -> Iterator[Object]:
        """The objects that a use makes at further readings of its header, where the template fits."""
        values = values_of(use.arguments)
        for _, _, template in self._templates_again(scope, use.macro, len(values)):
            if fills(template):
                yield from placed_objects(use, FileFacts(objects=tuple(template.objects_for(values))))

    def again(self, scope: Scope, use: Invocation) -> Iterator[tuple[Rereading, FileFacts]]:
        """What a use makes at each further reading of its header."""
        count = len(values_of(use.arguments))
        for reading, lookup, _ in self._templates_again(scope, use.macro, count):
            facts = made_by_use(scope, use, lookup)
            if facts is not None:
                yield reading, facts

    def from_list(self, scope: Scope, use: Invocation) -> tuple[Function, ...]:
        """The functions that a use in a list file defines for its includers, placed on its line."""
        key = (scope.path, use.start)
        found = self._listed.get(key)
        if found is None:
            made: dict[str, Function] = {}
            for inclusion, facts in self._in_list(scope, use):
                guard = conjunction(inclusion.guard, use.guard)
                for definition in facts.definitions:
                    if definition.name:
                        placed = placed_at(
                            scope.path, definition, use.line, use.end_line, use.column, use.macro, guard
                        )
                        made.setdefault(definition.name, placed._replace(seen_from=inclusion.path))
            found = self._listed[key] = tuple(made.values())
        return found

    def is_listed(self, scope: Scope, use: Invocation) -> bool:
        """Whether a use stands in a list that others include under a definition of its macro."""
        return not scope.path.endswith(".c") and bool(self._meanings(scope, use))

    def _in_list(self, scope: Scope, use: Invocation) -> Iterator[tuple[Inclusion, FileFacts]]:
        """What the includers of a list file make of a use in it."""
        for inclusion in self._meanings(scope, use):
            facts = made_by_use(scope, use, lookup_in(scope.scopes, inclusion))
            if facts is not None:
                yield inclusion, facts

    def use(self, scope: Scope, use: Invocation) -> FileFacts | None:
        """`made_by_use`, remembered."""
        key = (scope.path, use.start)
        if key in self._uses:
            self._uses.move_to_end(key)
            return self._uses[key]
        found = self._uses[key] = made_by_use(scope, use)
        if len(self._uses) > _MAX_USES:
            self._uses.popitem(last=False)
        return found

    def objects(self, scope: Scope, use: Invocation) -> list[Object]:
        """The objects that a use defines, placed on its line; in a list file those that it defines with a value
        for the includers."""
        facts = self.use(scope, use)
        found = placed_objects(use, facts) if facts is not None else []
        return [*found, *self._objects_in_list(scope, use)] if self.is_listed(scope, use) else found

    def _objects_in_list(self, scope: Scope, use: Invocation) -> tuple[Object, ...]:
        key = (scope.path, use.start)
        found = self._objects_listed.get(key)
        if found is None:
            made = (o for _, facts in self._in_list(scope, use) for o in placed_objects(use, facts))
            found = self._objects_listed[key] = tuple(o for o in made if o.entries or o.value)
        return found

    def from_use(self, scope: Scope, use: Invocation) -> tuple[Function, ...]:
        """The functions that a use defines, placed on its line."""
        facts = self.use(scope, use) if scope.macro(use.macro) else None
        found = [
            placed_at(scope.path, d, use.line, use.end_line, use.column, use.macro, use.guard)
            for d in (facts.definitions if facts is not None else ())
            if d.name
        ]
        names = {function.definition.name for function in found}
        listed = self.from_list(scope, use) if self._for_includers(scope, use) else ()
        return (*joined(found), *(f for f in listed if f.definition.name not in names))

    def _for_includers(self, scope: Scope, use: Invocation) -> bool:
        """Whether a use is meant for those who include its file: it sees no definition of its macro, only theirs
        (`FTRACE_ENTRY`), or one of its own file under the absence of any (`#ifndef BTRFS_SETGET_FUNCS`, which
        declares what an includer's defines)."""
        definitions = scope.macro(use.macro)
        included = scope.scopes.includes.closure(scope.path) if definitions else ()
        return all(is_default(d) if d.file == scope.path else d.file not in included for d in definitions) and (
            not definitions or self.is_listed(scope, use)
        )

    def from_head(self, scope: Scope, definition: Definition) -> tuple[Function, ...]:
        """The functions that a macro head and the body behind it define."""
        key = (scope.path, definition.start, definition.head)
        found = self._heads.get(key)
        if found is None:
            found = self._heads[key] = self._from_head(scope, definition)
        return found

    def _from_head(self, scope: Scope, definition: Definition) -> tuple[Function, ...]:
        match = _WORD.match(definition.head)
        macro = match.group() if match else ""
        tokens = Expander(scope.macro_under(definition.guard)).expand(tokenize(definition.head)).tokens
        names = [t.text for t in tokens if t.is_name]
        if definition.return_type and len(tokens) == 1 and names:  # FNAME(walk)(…): only the name is made
            return (Function(scope.path, msgspec.structs.replace(definition, name=names[0]), macro),)
        if not scope.macro(macro):
            name = fallback_name(definition.head)
            return (Function(scope.path, msgspec.structs.replace(definition, name=name), macro),)
        prefix = "static " if definition.static else ""
        facts = extract(prefix.encode() + as_text([*tokens, *tokenize("{ " + BODY + "(); }")]))
        found: list[Function] = []
        for made in facts.definitions:
            if not made.name:
                continue
            placed = placed_at(
                scope.path,
                made,
                definition.line,
                definition.end_line,
                definition.column,
                macro,
                definition.guard,
            )
            if any(c.name == BODY for c in made.calls):
                whole = msgspec.structs.replace(
                    definition,
                    name=made.name,
                    static=made.static,
                    inline=made.inline,
                    weak=made.weak,
                    return_type=made.return_type,
                    parameters=made.parameters,
                )
                extra = tuple(m for m in placed.made if m[0] != BODY)
                found.append(Function(scope.path, whole, macro, (), extra))
            else:
                found.append(placed)
        if not any(f.definition.body == definition.body and f.definition.end == definition.end for f in found):
            name = fallback_name(definition.head)
            found.append(Function(scope.path, msgspec.structs.replace(definition, name=name), macro))
        return joined(found)

    def file(self, scope: Scope) -> Made:
        """Everything that macros make in a file."""
        found = self._files.get(scope.path)
        if found is None:
            facts = scope.scopes.index.facts(scope.path)
            functions: list[Function] = []
            objects: list[Object] = []
            for use in facts.invocations:
                functions.extend(self.from_use(scope, use))
                objects.extend(self.objects(scope, use))
                if not scope.macro(use.macro):
                    continue
                for reading, again in self.again(scope, use):
                    functions.extend(_again_placed(scope, use, reading, again))
                    objects.extend(placed_objects(use, again))
            for definition in facts.definitions:
                if definition.head:
                    functions.extend(self.from_head(scope, definition))
            found = self._files[scope.path] = Made(tuple(functions), tuple(objects))
        return found


def _goes_on(scope: Scope, template: Template, values: Sequence[str]) -> bool:
    """Whether a use makes the name of another macro out of its arguments: `STA_READ_##format(name, field)`."""
    made = (c for c in template.candidates(values) if c.template != c.spelled)
    pasted = (c.spelled for c in made if c.spelled.isupper() or around(c.template).isupper())
    return any(scope.scopes.index.files("macro", name) for name in pasted)


def _again_placed(
    scope: Scope, use: Invocation, reading: Rereading, facts: FileFacts | None
) -> tuple[Function, ...]:
    """The functions that a use defines at a further reading, which see what the source sees that causes it."""
    return tuple(
        placed_at(scope.path, d, use.line, use.end_line, use.column, use.macro, use.guard)._replace(
            seen_from=reading.unit
        )
        for d in (facts.definitions if facts is not None else ())
        if d.name
    )
