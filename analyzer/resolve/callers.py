"""Who calls a function: the edges that lead to it, found backwards from its name.

Candidates come from the index: the files that have its name, a macro that may call it (`routes`), or a call
through a member that may hold it (`holders`). Of each function there only the call sites that may matter are
resolved (`Calls.towards`), in the same way as for its own edges. So every edge given is one of its caller's,
and what is missing is a candidate that was not found.

Not handled: what `routes` and `holders` do not handle, and calls out of a list that a body includes.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from analyzer.model.callgraph import Edge, FunctionRef
from analyzer.model.facts import Definition
from analyzer.resolve import static_calls
from analyzer.resolve.calls import Calls
from analyzer.resolve.flow import Flow
from analyzer.resolve.functions import Function
from analyzer.resolve.holders import Holders
from analyzer.resolve.names import Names, ref_of
from analyzer.resolve.routes import Reached, Routes, standing_for
from analyzer.resolve.scope import Scope
from analyzer.resolve.slots import Slots
from analyzer.resolve.tokens import last_member
from analyzer.resolve.wanted import Wanted

_WORD = re.compile(r"[A-Za-z_]\w*")
_USED = re.compile(r"([A-Za-z_]\w*)\s*\(")


class Callers:
    """Edges by callee."""

    def __init__(self, names: Names, slots: Slots, flow: Flow, calls: Calls) -> None:
        self._names = names
        self._index = names.index
        self._calls = calls
        self._routes = Routes(names)
        self._holders = Holders(names, slots, flow, self._routes)
        self._given: frozenset[str] | None = None

    def of(self, ref: FunctionRef, function: Function | None) -> tuple[Edge, ...]:
        """The edges that lead to a function, by caller's file and line; `function` is None for an external one."""
        names = frozenset({ref.name, *(function.aliases if function else ())})
        held = self._holders.of(ref, function)
        members = frozenset(slot.field for slot in held.slots)
        hooks = {name for slot in held.slots if (name := static_calls.name_of(slot))}
        routes = self._routes.to(names, held.values, members)
        if hooks:
            routes = routes.joined(self._routes.to(hooks))
        for path, words in self._names.renamed.spellings(ref.name).items():
            routes = routes.joined(standing_for(words, path))
        handed = {macro: paths for macro in routes.macros if (paths := self._handing(macro, routes))}
        wanted = Wanted(ref, names, routes, held.slots, held.values, handed=frozenset(handed))
        elsewhere = function is not None and self._names.scopes.foreign(function.path)
        candidates = dict(held.functions)
        for path in sorted(self._files(wanted).union(*handed.values())):
            if elsewhere or not self._names.scopes.foreign(path):
                for found in self._in_file(path, wanted):
                    candidates.setdefault(ref_of(found), found)
        named = replace(wanted, pointers=False)
        pointed = replace(wanted, values=held.values | held.variables)
        edges: list[Edge] = []
        for caller, found in candidates.items():
            towards = self._calls.towards(found, pointed if caller in held.functions else named)
            edges += (edge for edge in towards if _leads_to(edge, ref))
        return tuple(sorted(edges, key=lambda e: (e.caller.file, e.caller.line, e.caller.name, e.site)))

    def _handing(self, macro: str, routes: Reached) -> list[str]:
        """The sources that define a macro and give it to another one."""
        given = re.compile(rb"[(,]\s*" + macro.encode() + rb"\s*[,)]")
        sources = (path for path in routes.definers[macro] if path.endswith(".c"))
        return [path for path in sources if given.search(self._index.text(path))]

    def _files(self, wanted: Wanted) -> set[str]:
        """The files in which something that is wanted is named."""
        files = self._index.files
        paths: set[str] = set()
        for name in wanted.names:
            paths.update(files("call", name), files("reference", name), files("argument", name))
        for name, words in wanted.routes.macros.items():
            paths.update(self._seeing(files("call", name), name, wanted))
            using = {*files("use", name), *files("argument", name)}
            if words and not any(not word or word[0].isdigit() for word in words):  # no posting names these
                using.intersection_update({path for word in words for path in files("argument", word)})
            paths.update(self._seeing(using, name, wanted))
        for name in wanted.routes.bare:
            definers = wanted.routes.definers[name]
            if all(path.endswith(".c") and not self._names.scopes.includable(path) for path in definers):
                paths.update(definers)
            else:
                paths.update(self._seeing(self._index.mentioning(name), name, wanted))
        for member in wanted.members:
            paths.update(files("dispatch", member), files("reference", member))
            paths.update(self._taking().intersection(self._index.mentioning(member)))
        return paths

    def _seeing(self, paths: Iterable[str], macro: str, wanted: Wanted) -> Iterator[str]:
        """Those of the files that may see a definition of a macro that leads on. What a header has may mean what
        the files around it define: all headers count."""
        scopes = self._names.scopes
        definers = sorted(wanted.routes.definers[macro])
        for path in paths:
            units = [path, *(scopes.of(path).includers if scopes.includable(path) else ())]
            seeing = not path.endswith(".c") or any(
                scopes.includes.may_see(unit, definer) for unit in units for definer in definers
            )
            if seeing and not scopes.foreign(path):
                yield path

    def _in_file(self, path: str, wanted: Wanted) -> Iterator[Function]:
        """The functions of a file in which something that is wanted is named."""
        facts = self._index.facts(path)
        text = self._index.text(path)
        for definition in facts.definitions:
            if self._matters(definition, text, wanted):
                yield from self._names.functions_of(path, definition)
        scope = self._names.scopes.of(path)
        maker = self._names.maker
        for use in facts.invocations:
            if self._makes(scope, use.macro, use.arguments, use.tail, wanted) and (
                use.tail or maker.may_define(scope, use)
            ):
                yield from maker.from_use(scope, use)
        for definition in facts.definitions:
            macro, _, rest = definition.head.partition("(")
            if macro and self._makes(scope, macro.strip(), rest.rstrip(") "), "", wanted):
                yield from maker.from_head(scope, definition)

    def _makes(self, scope: Scope, macro: str, arguments: str, tail: str, wanted: Wanted) -> bool:
        """Whether functions that a macro use makes may call what is wanted: it is given the name or a macro that
        stands for it, or spells it."""
        given = f"{arguments} {tail}"
        if wanted.spelled.search(given.encode()) or not wanted.routes.bare.isdisjoint(_WORD.findall(given)):
            return True
        if not wanted.routes.macros.keys().isdisjoint(_USED.findall(given)):
            return True
        if not wanted.through(macro, given):
            return False
        if not wanted.routes.macros.keys().isdisjoint(self._names.scopes.renewed(scope.path)):
            return True  # what it spells depends on where it stands
        maker = self._names.maker
        if maker.may_paste_use(scope, macro, arguments, wanted.routes.macros):
            return True
        return any(
            maker.may_spell(scope, macro, arguments, name)
            for name in wanted.names | wanted.members | wanted.values
        ) or any(maker.may_paste(scope, macro, arguments, name) for name in wanted.names)

    def _matters(self, definition: Definition, text: bytes, wanted: Wanted) -> bool:
        """Whether a function's text names something that is wanted where it may matter."""
        calls = {call.name for call in definition.calls}
        if not calls.isdisjoint(wanted.names) or not calls.isdisjoint(wanted.routes.macros):
            return True
        for indirect in definition.indirect:
            if last_member(indirect.callee) in wanted.members or wanted.spelled.search(indirect.callee.encode()):
                return True
            if indirect.callee.partition("(")[0].strip() in wanted.routes.macros:
                return True
        if any(name in wanted.names for name, _ in definition.references):
            return True
        if wanted.without_parentheses(text, definition.body, definition.end):
            return True
        giving = not calls.isdisjoint(self._routes.calling())
        return giving and wanted.mention.search(text, definition.body, definition.end) is not None

    def _taking(self) -> frozenset[str]:
        """The files with a call of a macro that may call what it is given."""
        if self._given is None:
            found: set[str] = set()
            for macro in self._routes.calling():
                found.update(self._index.files("call", macro))
            self._given = frozenset(found)
        return self._given


def _leads_to(edge: Edge, ref: FunctionRef) -> bool:
    callee = edge.callee
    return callee == ref or (callee is not None and callee.external and ref.external and callee.name == ref.name)
