"""What is linked into lists and tables at run time: `list_add(&p->list, &inetsw[p->type])`,
`rcu_assign_pointer(net_families[ops->family], ops)`.

A function that names the list's head (or the table) and passes or assigns a pointer puts the objects there that
the pointer may point to; an index that is a member of the object itself says under which index it is found.

Not handled: removal, and heads that are members of objects made at run time.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from analyzer.resolve.callsites import CallSites
from analyzer.resolve.execution.objects import Objects
from analyzer.resolve.execution.values import ANY, Address, Base
from analyzer.resolve.frames import Frame
from analyzer.resolve.names import Names
from analyzer.resolve.stripping import strip_callee
from analyzer.resolve.tokens import Token, tokenize

_REMOVES = re.compile(r"del|remove|unlink|empty|first|next|entry|for_each|init|INIT", re.I)
_MAX_DEPTH = 5


class Member(NamedTuple):
    """An object in a table; `key` is the path of its member that is the index, () where there is none; `link`
    the member by which it is on a list."""

    object: Address
    key: tuple[str, ...]
    link: str = ""


class Tables:
    """Members by table."""

    def __init__(self, names: Names, callsites: CallSites, objects: Objects) -> None:
        self._names = names
        self._index = names.index
        self._callsites = callsites
        self._objects = objects
        self._members: dict[tuple[Base, str], tuple[Member, ...]] = {}

    def linked(self, head: Base, link: str) -> tuple[Member, ...]:
        """The objects that are put on a list by their member `link`, by any member when it is empty."""
        key = (head, f"->{link}")
        found = self._members.get(key)
        if found is None:
            name = re.escape(link) if link else r"\w+"
            pattern = re.compile(rf"&\s*\(?\s*(\w+)\s*\)?\s*->\s*({name})\b")
            found = self._members[key] = tuple(dict.fromkeys(self._search(head, pattern)))
        return found

    def stored(self, table: Base) -> tuple[Member, ...]:
        """The objects whose addresses are stored in a table's elements."""
        key = (table, "")
        found = self._members.get(key)
        if found is None:
            name = re.escape(table.name)
            pattern = re.compile(rf"\b{name}\s*(?:\[[^\]]*\])?\s*(?:=(?!=)|,)\s*&?\s*(\w+)\s*[;,)]")
            found = self._members[key] = tuple(dict.fromkeys(self._search(table, pattern)))
        return found

    def _files(self, base: Base) -> Sequence[str]:
        variable = self._objects.variable(base)
        if variable is not None and variable.static:
            return (base.owner,)
        return sorted(
            {base.owner, *self._index.files("reference", base.name), *self._index.files("store", base.name)}
        )

    def _search(self, base: Base, pattern: re.Pattern[str]) -> Iterator[Member]:
        word = re.compile(rb"\b" + re.escape(base.name.encode()) + rb"\b")
        for path in self._files(base):
            text = self._index.text(path)
            if self._names.scopes.foreign(path) or not word.search(text):
                continue
            for definition in self._index.facts(path).definitions:
                if not definition.end or not word.search(text, definition.body, definition.end):
                    continue
                function = self._names.function_of(path, definition)
                if function is not None:
                    yield from self._put(Frame(self._names, function), base, pattern)

    def _put(self, frame: Frame, base: Base, pattern: re.Pattern[str]) -> Iterator[Member]:
        definition = frame.function.definition
        body = frame.source(0, definition.end - definition.body)
        for match in pattern.finditer(body):
            before = body[max(0, match.start() - 60) : match.start()]
            called = re.search(r"(\w+)\s*\([^()]*$", before)
            if called and _REMOVES.search(called.group(1)):
                continue
            name = match.group(1)
            index = re.search(rf"\b{re.escape(base.name)}\s*\[\s*{re.escape(name)}\s*->\s*([\w.]+)\s*\]", body)
            key = tuple(index.group(1).split(".")) if index else ()
            link = match.group(2) if pattern.groups > 1 else ""
            for target in self.pointed(frame, tokenize(name), 0):
                yield Member(target, key, link)

    def pointed(self, frame: Frame, tokens: Sequence[Token], depth: int) -> Iterator[Address]:
        """The file-scope objects that an expanded expression may point to."""
        address = bool(tokens) and tokens[0].text == "&"
        tokens = strip_callee(tokens)
        if not tokens or depth > _MAX_DEPTH or not tokens[0].is_name:
            return
        name = tokens[0].text
        if len(tokens) == 1 and not address:
            if name in frame.parameters:
                number = frame.parameters[name]
                for site in self._callsites.of(frame.function):
                    if number < len(site.arguments):
                        yield from self.pointed(Frame(self._names, site.caller), site.arguments[number], depth + 1)
                return
            if name in frame.variables:
                for value in frame.assigned(name):
                    yield from self.pointed(frame, frame.typer.expand(value.text), depth + 1)
                return
        found = None if name in frame.variables else self._objects.find(frame.scope, name)
        if found is None:
            return
        base, variable = found
        if "[" in variable.type:
            yield Address(base, (ANY,))
        elif address and len(tokens) == 1:
            yield Address(base)
