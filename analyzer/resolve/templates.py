"""What macros make of placeholders, so that many uses can be looked at without expanding each.

A macro is expanded once with a placeholder for each argument. What names it spells, and whether it has braces or
designators, is then told for any arguments by putting them in.

Not handled: macros whose expansion depends on what an argument is (`CONCAT(A, x)` where `A5` is a macro), and
macros used by the body that mean something else in another file: the first use decides.
"""

import functools
import itertools
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

import msgspec

from analyzer.extract.extractor import extract
from analyzer.model.facts import Definition, Object
from analyzer.resolve.macros import Expander, Lookup, MacroDefinition
from analyzer.resolve.placeholders import filled, holds_placeholder, use_of
from analyzer.resolve.scope import Scope
from analyzer.resolve.scopes import Scopes
from analyzer.resolve.tokens import Token, spell, split_arguments, tokenize

NO_DEFINITION = Definition("", 0, 0, 0, 0, 0, 0, False, False, False, "", (), "", "", (), (), (), (), ())
_MAX_CANDIDATES = 6  # definitions of a macro that are tried whether or not a use sees them
_HEAD = re.compile(r"\b([A-Za-z_]\w*)\s*\([^(){};]*\)\s*\{")
_TYPEOF_TAG = re.compile(  # DEFINE_PER_CPU's: what is surely a type
    r"\b__typeof__\s*\(\s*((?:const )?(?:(?:struct|union|enum) \w+|\w+_t|[us](?:8|16|32|64)|bool|"
    r"(?:unsigned )?(?:char|short|int|long))\s*\**)\s*\)"
)


@functools.lru_cache(4096)  # one use is looked at for many names
def values_of(arguments: str) -> tuple[str, ...]:
    """The arguments of a macro's use, as the preprocessor tells them apart."""
    return tuple(split_arguments(arguments, brackets="("))


def as_text(tokens: Sequence[Token]) -> bytes:
    """Expanded tokens on lines, so that the extractor's line-bound rules see statements."""
    text = _TYPEOF_TAG.sub(r"\1 ", spell(tokens))
    depth = 0
    out: list[str] = []
    for piece in re.split(r"([{};()\[\]])", text):
        if piece in ("(", "["):
            depth += 1
        elif piece in (")", "]"):
            depth -= 1
        out.append(piece)
        if piece in ("{", "}", ";") and depth <= 0:
            out.append("\n ")
    return ("".join(out) + "\n;\n").encode()


def defines(arguments: str, name: str) -> bool:
    """Whether a function of that name is defined inside a use's parentheses: `DEB(static void f(void) { … })`."""
    return "{" in arguments and name in arguments and any(m.group(1) == name for m in _HEAD.finditer(arguments))


class Shape(msgspec.Struct, frozen=True, array_like=True):
    """What is worth knowing of a template without its tokens: the names before a parenthesis, all names that
    placeholders are part of, the names after a dot, whether there are braces."""

    called: tuple[str, ...]
    held: tuple[str, ...]
    members: tuple[str, ...]
    braces: bool


class Keeper(Protocol):
    """Where shapes are kept beyond a process."""

    def shape(self, macro: str, count: int, definitions: Sequence[tuple[str, int]]) -> Shape | None:
        """The shape of a macro with so many arguments under the definitions at these places."""

    def keep_shape(self, macro: str, count: int, definitions: Sequence[tuple[str, int]], shape: Shape) -> None:
        """Keep it."""


class Candidate(NamedTuple):
    """A name that may be a function's, as the template has it and with the arguments put in."""

    template: str
    spelled: str


class Template:
    """A macro with placeholders for its arguments. It is read as C only when a name fits."""

    def __init__(self, lookup: Lookup, macro: str, count: int, shape: Shape | None) -> None:
        self._lookup = lookup
        self._macro = macro
        self._count = count
        self._tokens: Sequence[Token] | None = None
        self._read: dict[str, Definition] | None = None
        self._objects: tuple[Object, ...] = ()  # as far as it was read
        self.shape = shape or self._shape()

    def _expanded(self) -> Sequence[Token]:
        if self._tokens is None:
            use = tokenize(use_of(self._macro, self._count))
            self._tokens = Expander(self._lookup).expand(use).tokens
        return self._tokens

    def _shape(self) -> Shape:
        tokens = self._expanded()
        pairs = [(a.text, b.text) for a, b in itertools.pairwise(tokens)]
        return Shape(
            called=tuple(
                dict.fromkeys(a for a, b in pairs if b in ("(", ")") and (a[0].isalpha() or a[0] == "_"))
            ),
            held=tuple(dict.fromkeys(t.text for t in tokens if t.is_name and holds_placeholder(t.text))),
            members=tuple(sorted({b for a, b in pairs if a == "." and _is_name(b)})),
            braces=any(t.text == "{" for t in tokens),
        )

    def candidates(self, values: Sequence[str]) -> Iterator[Candidate]:
        """The names before a parenthesis."""
        for name in self.shape.called:
            yield Candidate(name, filled(name, values))

    def spelled(self, values: Sequence[str]) -> Iterator[str]:
        """The same with these arguments only."""
        for name in self.shape.called:
            yield filled(name, values)

    def holds(self, values: Sequence[str], name: str) -> bool:
        """Whether some identifier that the arguments shape is that name."""
        return any(filled(held, values) == name for held in self.shape.held)

    def has_member(self, field: str) -> bool:
        """Whether there is `.field`, or the arguments may make one."""
        return any(field == member or holds_placeholder(member) for member in self.shape.members)

    @property
    def makes(self) -> bool:
        """Whether there is a function with a body, or an object with a value."""
        return bool(self._definitions) or bool(self._objects)

    @property
    def objects(self) -> tuple[Object, ...]:
        """Its objects that have a value, with placeholders."""
        return self._objects if self._definitions is not None else ()

    def objects_for(self, values: Sequence[str]) -> Iterator[Object]:
        """The same with the arguments put in."""
        for found in self.objects:
            yield msgspec.structs.replace(
                found,
                name=filled(found.name, values),
                type=filled(found.type, values),
                value=filled(found.value, values),
                entries=tuple(
                    msgspec.structs.replace(e, path=filled(e.path, values), value=filled(e.value, values))
                    for e in found.entries
                ),
            )

    @property
    def defined(self) -> tuple[str, ...]:
        """The names of its functions, with placeholders."""
        return tuple(self._definitions)

    def definition(self, candidate: Candidate) -> Definition | None:
        """The function of that name; `NO_DEFINITION` where the placeholders hide whether it is one."""
        hidden = NO_DEFINITION if holds_placeholder(candidate.template) else None
        return self._definitions.get(candidate.template, hidden)

    @property
    def _definitions(self) -> dict[str, Definition]:
        if self._read is None:
            facts = extract(as_text(self._expanded()))
            self._read = {d.name: d for d in facts.definitions if d.name}
            self._objects = tuple(o for o in facts.objects if o.value or o.entries)
            self._tokens = None
        return self._read


class Templates:
    """Templates by macro, number of arguments and definitions in force."""

    def __init__(self) -> None:
        self.keeper: Keeper | None = None
        self._known: dict[tuple[object, ...], Template] = {}
        self._candidates: dict[str, tuple[MacroDefinition, ...] | None] = {}

    def of(
        self,
        lookup: Lookup,
        macro: str,
        count: int,
        definitions: Sequence[MacroDefinition],
        at: Sequence[tuple[str, int]] = (),
    ) -> Template:
        """The template of a macro with so many arguments under these definitions of it; `at` names the places of a
        further reading, where the macros in its body mean something else."""
        places = (*((d.file, d.line) for d in definitions), *at)
        found = self._known.get((macro, count, places))
        if found is None:
            kept = self.keeper.shape(macro, count, places) if self.keeper else None
            found = self._known[(macro, count, places)] = Template(lookup, macro, count, kept)
            if self.keeper and kept is None:
                self.keeper.keep_shape(macro, count, places, found.shape)
        return found

    def of_all(self, scope: Scope, macro: str, count: int) -> list[Template] | None:
        """The templates of all definitions that the tree has of a macro, None when they are too many."""
        if macro not in self._candidates:
            self._candidates[macro] = _all_definitions(scope.scopes, macro)
        candidates = self._candidates[macro]
        if candidates is None:
            return None
        return [self.of(_alone(d, scope), macro, count, (d,)) for d in candidates]


def _is_name(text: str) -> bool:
    return text[0].isalpha() or text[0] == "_"


def _alone(definition: MacroDefinition, scope: Scope) -> Lookup:
    """A look-up under which a macro has this definition only."""
    return lambda name: (definition,) if name == definition.name else scope.macro(name)


def _all_definitions(scopes: Scopes, macro: str) -> tuple[MacroDefinition, ...] | None:
    """The definitions of a macro anywhere in the tree, None when they are too many to try."""
    found: list[MacroDefinition] = []
    for path in scopes.index.files("macro", macro):
        if not scopes.foreign(path):
            found += scopes.macros_in(path, macro)
            if len(found) > _MAX_CANDIDATES:
                return None
    return tuple(found)
