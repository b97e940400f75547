"""X-macros: lists that are macros themselves, of items whose macro each file defines anew.

`#define MBOX_MESSAGES M(READY, ready, …) M(…) …` in a header; in a file that includes it `#define M(…) …`,
`MBOX_MESSAGES`, `#undef M`. The facts of such a file get the items instead of the list, as though each stood
there: uses of `M` at file scope, and in an initializer what its definition on that line makes of them. Whatever
follows names and members then finds them as it finds what the text spells.

Not handled: lists in bodies, which are expanded there; lists with anything between the items; items whose macro is
never undefined.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Any, cast

import msgspec

from analyzer.extract.extractor import extract
from analyzer.model.facts import Entry, Facts, Invocation, Object
from analyzer.resolve.index import Index, Layered, NameKind
from analyzer.resolve.inforce import in_force
from analyzer.resolve.macros import Expander, Expansion, Lookup, MacroDefinition
from analyzer.resolve.positions import item_around, moved_on
from analyzer.resolve.scope import Scope
from analyzer.resolve.scopes import Scopes
from analyzer.resolve.tables import FilesByName, table_of
from analyzer.resolve.tokens import close_of, spell, tokenize
from analyzer.resolve.words import identifiers

_NAMED: tuple[NameKind, ...] = ("argument", "use", "reference", "slot")
_TABLE = "items"
_ALL = ""  # the files that have items, whatever their names
_SEPARATORS = (",", ";")
_MAX_FILE = 1 << 32  # bytes: places beyond tell apart the items that stand where one list does


class _WithItems:
    """The facts of a file with some of them replaced."""

    def __init__(self, facts: Facts, invocations: tuple[Invocation, ...], objects: tuple[Object, ...]) -> None:
        self._facts = facts
        self.invocations = invocations
        self.objects = objects

    def __getattr__(self, name: str) -> Any:
        return getattr(self._facts, name)


class WithItems(Layered):
    """An index that has the items of lists as facts of the files that use the lists."""

    def __init__(self, index: Index) -> None:
        super().__init__(index)
        self.scopes: Scopes | None = None
        self._known: dict[str, Facts] = {}
        self._behind: dict[str, frozenset[str]] = {}
        self._asked: Collection[str] | None = None
        self._named: FilesByName | None = None

    def facts(self, path: str) -> Facts:
        """The facts of a file."""
        if self.scopes is None or path not in self._listing(self.scopes):
            return self._index.facts(path)
        found = self._known.get(path)
        if found is None:
            found = self._known[path] = self._index.facts(path)  # while its scope asks for them
            own, leading = self._lists_in(found)
            if leading and not self.scopes.foreign(path):
                found = self._known[path] = _with_items(self.scopes.of(path), found, own, leading)
        return found

    def _listing(self, scopes: Scopes) -> Collection[str]:
        """The files that may have items; once that is known, those that have some."""
        if self._asked is None and (kept := scopes.tables.table(_TABLE, FilesByName)) is not None:
            self._named = kept
            self._asked = frozenset(kept[_ALL])
        if self._asked is None:
            self._asked = frozenset(self._index.files("listing", ""))
        return self._asked

    def _lists_in(self, facts: Facts) -> tuple[frozenset[str], frozenset[str]]:
        """The macros of a file that items may be uses of, and those that lead from lists it may use to them."""
        undone = {undef.name for undef in facts.undefs}
        own = frozenset(m.name for m in facts.macros if m.parameters is not None and m.name in undone)
        used = {use.macro for use in facts.invocations}
        values = (entry.value for variable in facts.objects for entry in variable.entries)
        used.update(_used(value) for value in values if "(" in value or value.isupper())
        leading: set[str] = set()
        for name in sorted(used - own):
            if not own.isdisjoint(self._words_behind(name)):
                leading.add(name)
                leading.update(w for w in self._words_behind(name) if not own.isdisjoint(self._words_behind(w)))
        return own, frozenset(leading - own)

    def _words_behind(self, name: str) -> frozenset[str]:
        """The words in the bodies of a macro, wherever it is defined, and in those of the macros of the same files
        that it uses."""
        found = self._behind.get(name)
        if found is None:
            words: set[str] = set()
            for path in self._index.files("macro", name):
                bodies: dict[str, list[str]] = {}
                for macro in self._index.facts(path).macros:
                    bodies.setdefault(macro.name, []).append(macro.body)
                seen, todo = {name}, [name]
                while todo:
                    fresh = {w for body in bodies.get(todo.pop(), ()) for w in identifiers(body)} - seen
                    seen |= fresh
                    todo += fresh
                words |= seen
            found = self._behind[name] = frozenset(words - {name})
        return found

    def files(self, kind: NameKind, name: str) -> tuple[str, ...]:
        """The files that have a name in that role, sorted."""
        found = super().files(kind, name)
        if kind not in _NAMED or self.scopes is None:
            return found
        if self._named is None:
            self._named = {}  # while they are looked for
            self._named = table_of(self.scopes.tables, _TABLE, FilesByName, self._names)
            self._asked = frozenset(self._named[_ALL])
        more = self._named.get(f"{kind} {name}")
        return tuple(sorted({*found, *more})) if more else found

    def _names(self) -> FilesByName:
        """The files that items bring a name to, by its role and the name, and all that have items."""
        found: dict[str, list[str]] = {_ALL: []}
        for path in self._index.files("listing", ""):
            facts = self.facts(path)
            if isinstance(facts, _WithItems):
                found[_ALL].append(path)
                for key in sorted({f"{kind} {name}" for kind, name in _names_in(facts)}):
                    found.setdefault(key, []).append(path)
        return {key: tuple(paths) for key, paths in sorted(found.items())}


def _names_in(facts: Facts) -> Iterator[tuple[NameKind, str]]:
    """The names of a file's items by their role."""
    for use in facts.invocations:
        if use.start >= _MAX_FILE:
            yield "use", use.macro
            yield from (("argument", word) for word in identifiers(use.arguments))
    for variable in facts.objects:
        for entry in variable.entries:
            for word in identifiers(entry.value):
                yield "reference", word
                yield "argument", word
            if "." in entry.path:
                yield from (("slot", f"?.{word}") for word in identifiers(entry.path)[-1:])


def _with_items(scope: Scope, facts: Facts, own: frozenset[str], leading: frozenset[str]) -> Facts:
    """The facts of a file with the items of its lists; the same ones when it has none."""
    lists = _Lists(scope, own, leading)
    making = frozenset(m.name for m in facts.macros if m.name in own and ("##" in m.body or "{" in m.body))
    invocations = tuple(item for use in facts.invocations for item in lists.uses(use, making))
    objects = tuple(
        msgspec.structs.replace(o, entries=tuple(item for entry in o.entries for item in lists.entries(entry)))
        if any(lists.leads(entry.value) for entry in o.entries)
        else o
        for o in facts.objects
    )
    if invocations == facts.invocations and objects == facts.objects:
        return facts
    return cast(Facts, _WithItems(facts, invocations, objects))


def _used(text: str) -> str:
    """The macro that a text is the use of."""
    return text.partition("(")[0].strip()


class _Lists:
    """The lists that a file uses (among the `leading` macros), by the names of the items' macros (`own`)."""

    def __init__(self, scope: Scope, own: frozenset[str], leading: frozenset[str]) -> None:
        self._scope = scope
        self._own = own
        self._leading = leading

    def leads(self, text: str) -> bool:
        """Whether a text is the use of a list."""
        return _used(text) in self._leading

    def _expanded(self, use: str, more: Lookup) -> Expansion:
        """A list's use with the lists expanded, and what `more` has definitions of."""

        def lookup(name: str) -> Sequence[MacroDefinition]:
            if name in self._own:
                return more(name)
            return self._scope.macro(name) if name in self._leading else ()

        return Expander(lookup).expand(tokenize(use))

    def uses(self, use: Invocation, making: Collection[str]) -> Iterator[Invocation]:
        """The items that a use of a list at file scope stands for; the use itself when it is none, or of none of
        those that make functions or objects."""
        items = self._items(use) if not use.tail and self.leads(use.macro) else []
        if not any(macro in making for macro, _ in items):
            yield use
            return
        for number, (macro, arguments) in enumerate(items, start=1):
            yield msgspec.structs.replace(
                use, macro=macro, arguments=arguments, start=use.start + number * _MAX_FILE
            )

    def _items(self, use: Invocation) -> list[tuple[str, str]]:
        """The items of a use, none when there is anything else between them."""
        plain = all(d.parameters is None for d in self._scope.macro(use.macro))
        tokens = self._expanded(use.macro if plain else f"{use.macro}({use.arguments})", lambda name: ()).tokens
        found: list[tuple[str, str]] = []
        at = 0
        while at < len(tokens):
            text = tokens[at].text
            if text not in _SEPARATORS:
                used = text in self._own and at + 1 < len(tokens) and tokens[at + 1].text == "("
                end = close_of(tokens, at + 1) if used else -1
                if end < 0:
                    return []
                found.append((text, spell(tokens[at + 2 : end])))
                at = end
            at += 1
        return found

    def entries(self, entry: Entry) -> Iterator[Entry]:
        """The entries that a list as an item of an initializer stands for; the entry itself when it is none."""
        base = item_around(entry.path)
        if base == entry.path or not self.leads(entry.value):
            yield entry
            return
        expansion = self._expanded(entry.value, lambda name: in_force(self._scope, name, entry.line, entry.line))
        if self._own.isdisjoint(expansion.footprint):
            yield entry
            return
        read = extract(f"T items = {{ {spell(expansion.tokens)} }};".encode()).objects
        for inner in (e for made in read if made.name == "items" for e in made.entries):
            yield Entry(base + moved_on(inner.path, entry.path), inner.value, entry.line, entry.guard)
