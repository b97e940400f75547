"""What a pointer may call by its type alone: the address-taken functions of one signature.

The weakest of grounds, for call sites where nothing says what is put into the pointer. Signatures are compared as
text: return type and parameter types, without names and qualifiers.

Not handled: callees that are computed by an expression, typedefs of parameter types (`u32` is no `unsigned int`),
functions of headers and those that macros make.
"""

import re
from collections.abc import Collection, Mapping

from analyzer.extract.extractor import extract
from analyzer.model.callgraph import Edge, Parameter
from analyzer.model.facts import Definition, Facts
from analyzer.resolve.functions import Function
from analyzer.resolve.names import Names
from analyzer.resolve.scope import Scope
from analyzer.resolve.tokens import close_of, spell, tokenize
from analyzer.resolve.words import has_word

_DROPPED = re.compile(
    r"\b(?:const|volatile|restrict|register|extern|static|inline|__(?!u\d|s\d|be\d|le\d|kernel_)\w+)\b"
)
_SAME = {
    "unsigned": "unsigned int",
    "long int": "long",
    "unsigned long int": "unsigned long",
    "long unsigned int": "unsigned long",
    "long long int": "long long",
    "unsigned long long int": "unsigned long long",
    "_Bool": "bool",
}
_CALLEE = re.compile(r"\(?\s*\*?\s*([A-Za-z_]\w*)\s*\)?\s*\(")
_MAX_TYPEDEFS = 4

Signature = tuple[str, ...]  # return type, then the parameters' types


def signature(return_type: str, parameters: Collection[Parameter]) -> Signature:
    """The signature of a function."""
    return (_plain(return_type), *(_plain(p.type) for p in parameters))


class Signatures:
    """Functions by signature."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._index = names.index

    def called(self, function: Function, edge: Edge) -> Signature | None:
        """The signature of what an edge of a function without a callee calls; None where it is not known."""
        scope = self._names.scopes.of(function.path)
        if edge.slot is not None:
            slot_scope = self._names.scopes.of(edge.slot.file or function.path)
            found = self._names.declared.record(slot_scope, edge.slot.struct)
            for field in found[1].fields if found else ():
                if found and field.name == edge.slot.field:
                    return self._of_type(self._names.scopes.of(found[0]), field.type)
            return None
        match = _CALLEE.match(edge.expression)
        if match is None:
            return None
        name = match.group(1)
        definition = function.definition
        declared = {p.name: p.type for p in definition.parameters} | {v.name: v.type for v in definition.variables}
        if name in declared:
            return self._of_type(scope, declared[name])
        variable = self._names.declared.object(scope, name)
        return self._of_type(self._names.scopes.of(variable[0]), variable[1].type) if variable else None

    def _of_type(self, scope: Scope, text: str, depth: int = 0) -> Signature | None:
        """The signature that a type's text spells: `int (*)(struct sock *, int)`, or a typedef of it."""
        tokens = tokenize(text)
        at = next((n for n in range(len(tokens) - 1) if tokens[n].text == "(" and tokens[n + 1].text == "*"), -1)
        opening = close_of(tokens, at) + 1 if at >= 0 else 0
        if at < 0:
            opening = next((n for n, token in enumerate(tokens) if token.text == "("), 0)
            at = opening
        if 0 < opening < len(tokens) and tokens[opening].text == "(":
            source = f"{spell(tokens[:at])} made{spell(tokens[opening : close_of(tokens, opening) + 1])} {{ }}\n"
            for made in extract(source.encode()).definitions:
                return signature(made.return_type, made.parameters)
            return None
        name = _DROPPED.sub("", text).strip("* ")
        named = name.isidentifier() and depth < _MAX_TYPEDEFS
        found = self._names.declared.typedef(scope, name) if named else None
        return self._of_type(self._names.scopes.of(found[0]), found[1].type, depth + 1) if found else None

    def functions(self, wanted: Collection[Signature]) -> Mapping[Signature, tuple[Function, ...]]:
        """The functions of each of the wanted signatures whose address is taken, by file and line. Looks at every
        source file."""
        found: dict[Signature, list[Function]] = {key: [] for key in wanted}
        scopes = self._names.scopes
        counts = {len(key) - 1 for key in wanted}
        for path in self._index.paths() if wanted else ():
            if not path.endswith(".c") or scopes.foreign(path) or scopes.unbuilt(path):
                continue
            facts = self._index.facts(path)
            for definition in facts.definitions:
                if len(definition.parameters) not in counts or definition.head:
                    continue
                into = found.get(signature(definition.return_type, definition.parameters))
                if into is not None and self._address_taken(path, facts, definition):
                    into += self._names.functions_of(path, definition)
        return {key: tuple(functions) for key, functions in found.items()}

    def _address_taken(self, path: str, facts: Facts, definition: Definition) -> bool:
        """Whether a function's name stands for a value in its own file, or, if others may see it, anywhere."""
        name = definition.name
        if not definition.static:
            users = {*self._index.files("reference", name), *self._index.files("argument", name)} - {path}
            if any(not self._names.scopes.foreign(user) for user in users):
                return True
        return (
            any(name == value for d in facts.definitions for value, _ in d.references)
            or any(has_word(a.right, name) for d in facts.definitions for a in d.assignments)
            or any(
                has_word(v.value, name) for d in facts.definitions for v in d.variables if not v.value.isdigit()
            )
            or any(has_word(o.value, name) for o in facts.objects)
            or any(has_word(e.value, name) for o in facts.objects for e in o.entries)
            or any(has_word(f"{u.arguments} {u.tail}", name) for u in facts.invocations if _gives(u.macro))
        )


def _gives(macro: str) -> bool:
    """Whether a macro at file scope may put its arguments somewhere; an export only makes a name known."""
    return not macro.startswith(("EXPORT_SYMBOL", "MODULE_", "NOKPROBE_SYMBOL", "ALLOW_ERROR_INJECTION"))


def _plain(type_: str) -> str:
    """A type's text without qualifiers and spacing that tell nothing."""
    text = " ".join(_DROPPED.sub(" ", type_).replace("*", " * ").split())
    text = re.sub(r"\s*\[[^\]]*\]", " *", text)
    base, star, rest = text.partition(" *")
    return _SAME.get(base, base) + star + rest
