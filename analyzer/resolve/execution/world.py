"""The file-scope part of memory: objects' initial contents, registered members of tables, constants.

Not handled: objects that code outside the executed tree changes in ways their initializers do not show, other
than by members of which some code of the tree stores something.
"""

import re
from collections.abc import Callable, Iterator, Sequence

from analyzer.resolve.callsites import CallSites
from analyzer.resolve.execution.objects import Objects
from analyzer.resolve.execution.tables import Member, Tables
from analyzer.resolve.execution.values import ANY, UNKNOWN, ZERO, Address, Base, Step, Value, join, of
from analyzer.resolve.names import Names, ref_of
from analyzer.resolve.scope import Scope
from analyzer.resolve.slots import Slots
from analyzer.resolve.tokens import Token

Evaluate = Callable[[Scope, str], Value]  # constant text in a file
_ENABLED = re.compile(r"\bIS_(?:ENABLED|BUILTIN|MODULE|REACHABLE)\s*\(\s*CONFIG_\w+\s*\)")


class World:
    """File-scope objects and constants of a kernel, read on demand."""

    def __init__(self, names: Names, slots: Slots, callsites: CallSites) -> None:
        self.names = names
        self.objects = Objects(names, slots)
        self.tables = Tables(names, callsites, self.objects)
        self._expanded: dict[tuple[str, str], Sequence[Token]] = {}
        self._loaded: dict[Address, Value] = {}

    def tokens(self, scope: Scope, text: str) -> Sequence[Token]:
        """C text with macros expanded; what the configuration decides is a number."""
        key = (scope.path, text)
        found = self._expanded.get(key)
        if found is None:
            configuration = self.names.scopes.configuration

            def decided(match: re.Match[str]) -> str:
                truth = configuration.symbol(re.sub(r"\s", "", match.group()))
                return match.group() if truth is None else str(int(truth))

            plain = _ENABLED.sub(decided, text) if "IS_" in text else text
            found = self._expanded[key] = self.names.typer(scope.key).expand(plain)
        return found

    def constant(self, scope: Scope, name: str) -> Sequence[Token] | None:
        """The tokens of an enum constant's value."""
        text = self.objects.enumerator(scope, name)
        return None if text is None else self.tokens(scope, text)

    def name(self, scope: Scope, name: str) -> tuple[Address, bool] | Value | None:
        """What a name at file scope denotes: (address, whether it is an array), or functions."""
        if not self.names.index.files("function", name):
            found = self.objects.find(scope, name)
            if found is not None:
                base, variable = found
                return Address(base), "[" in variable.type
            if not self.names.may_be_function(name):
                return None
        bound = self.names.bind(scope, name)
        if bound.functions:
            return Value(frozenset(ref_of(f) for f in bound.functions[: bound.likely]))
        found = self.objects.find(scope, name)
        return (Address(found[0]), "[" in found[1].type) if found else None

    def load(self, address: Address, evaluate: Evaluate) -> Value:
        """What a file-scope object holds at an address before anything is stored there."""
        known = self._loaded.get(address)
        if known is None:
            self._loaded[address] = UNKNOWN
            known = self._loaded[address] = self._load(address, evaluate)
        return known

    def _load(self, address: Address, evaluate: Evaluate) -> Value:
        base = address.base
        contents = self.objects.contents(base)
        scope = self.names.scopes.of(base.owner)
        found = [initial for path, initial in contents.items() if _matches(path, address.path)]
        if found:
            values = [evaluate(scope, initial.text) for initial in found]
            value = join(values)
            numeric = any(isinstance(a, int) for a in value.atoms)
            # numbers in tables tell their entries apart; a variable of its own is there to be changed
            changes = numeric and not address.path and not self._constant(base)
            return Value(value.atoms, True) if changes else value
        inside = any(
            path[: len(address.path)] == address.path for path in contents if len(path) > len(address.path)
        )
        if inside:
            return of(address)
        variable = self.objects.variable(base)
        pointers = variable is not None and "*" in variable.type and "(" not in variable.type
        if pointers and all(not isinstance(s, str) or s == ANY for s in address.path):
            members = self.tables.stored(base)
            if members:
                index = address.path[0] if address.path else ANY
                return Value(frozenset(m.object for m in self.chosen(members, index, evaluate)), False)
        if contents and (self._constant(base) or not self.objects.ever_stored(base, address.path)):
            return ZERO
        return UNKNOWN

    def _constant(self, base: Base) -> bool:
        variable = self.objects.variable(base)
        return variable is not None and re.match(r"(?:static |const )*const\b", variable.type) is not None

    def elements(self, address: Address) -> Iterator[Address]:
        """An address of any element as those of the elements that the initializer has."""
        if ANY not in address.path:
            yield address
            return
        at = address.path.index(ANY)
        head = address.path[:at]
        indexes = {p[at] for p in self.objects.contents(address.base) if len(p) > at and p[:at] == head}
        for index in sorted(i for i in indexes if isinstance(i, int)):
            yield Address(address.base, (*head, index, *address.path[at + 1 :]))

    def chosen(self, members: Sequence[Member], index: Step, evaluate: Evaluate) -> list[Member]:
        """Those members of a table that stand under an index, as far as that can be told."""
        found: list[Member] = []
        for member in members:
            for element in self.elements(member.object):
                one = Member(element, member.key, member.link)
                if isinstance(index, int) and member.key:
                    numbers = self.load(element.member(member.key), evaluate).numbers()
                    if numbers is not None and index not in numbers:
                        continue
                found.append(one)
        return found


def _matches(path: tuple[Step, ...], wanted: tuple[Step, ...]) -> bool:
    if len(path) != len(wanted):
        return False
    return all(a == b or ANY in (a, b) for a, b in zip(path, wanted, strict=True))
