"""Questions about functions of one kernel, answered from its index.

Ties together names, slots and calls; holds no algorithm of its own.
"""

from collections import Counter
from collections.abc import Sequence

from analyzer.model import callgraph
from analyzer.model.callgraph import Edge, FunctionRef
from analyzer.resolve.callers import Callers
from analyzer.resolve.calls import Calls
from analyzer.resolve.callsites import CallSites
from analyzer.resolve.configuration import Configuration
from analyzer.resolve.flow import Flow
from analyzer.resolve.functions import Function
from analyzer.resolve.index import Index
from analyzer.resolve.names import Names, ref_of
from analyzer.resolve.renamed import WithRenamed
from analyzer.resolve.scopes import Scopes
from analyzer.resolve.signatures import Signatures
from analyzer.resolve.slots import Slots
from analyzer.resolve.syscallnames import canonical_name
from analyzer.resolve.xmacros import WithItems


class Resolver:
    """Resolution over one index and configuration."""

    def __init__(self, index: Index, configuration: Configuration) -> None:
        self.items = WithItems(index)
        self.index = with_renamed = WithRenamed(self.items)
        self.configuration = configuration
        self.scopes = Scopes(with_renamed, configuration)
        self.items.scopes = self.scopes
        self.names = Names(self.scopes)
        with_renamed.renamed = self.names.renamed
        self.slots = Slots(self.names)
        self.callsites = CallSites(self.names)
        self.flow = Flow(self.names, self.slots, self.callsites)
        self.calls = Calls(self.names, self.slots, self.flow)
        self.signatures = Signatures(self.names)
        self._callers = Callers(self.names, self.slots, self.flow, self.calls)
        self._functions: dict[FunctionRef, Function | None] = {}
        self._folders: Counter[str] | None = None

    def named(self, name: str) -> list[Function]:
        """All functions of a name, the analysed architecture's first."""
        name = canonical_name(name)
        found = [
            f
            for path in self.index.files("function", name)
            if not self.scopes.unbuilt(path)
            for f in self.names.in_file(path, name)
        ]
        if all(self.scopes.foreign(f.path) for f in found):
            found += self.names.pasted.of(name)
        found = found or self.names.pasted.numbered(name) or self.names.pasted.itemized(name)
        native = [f for f in found if not self.scopes.foreign(f.path)]
        found = native or found
        for function in found:
            self._functions[ref_of(function)] = function
        return found

    def function(self, ref: FunctionRef) -> Function | None:
        """The definition behind a reference, None for an external one."""
        if ref.external:
            return None
        if ref not in self._functions:
            self._functions[ref] = self._search(ref)
        found = self._functions[ref]
        if found is not None and not found.whole:
            found = self._functions[ref] = self.names.pasted.completed(found)
        return found

    def _search(self, ref: FunctionRef) -> Function | None:
        for function in self.names.in_file(ref.file, ref.name):
            if ref_of(function) == ref:
                return function
        for function in self.names.pasted.of(ref.name):
            if ref_of(function) == ref:
                return function
        return next((f for f in self.names.of_file(ref.file) if ref_of(f) == ref), None)

    def callees(self, ref: FunctionRef) -> tuple[Edge, ...]:
        """The edges of a function, in source order."""
        function = self.function(ref)
        return self.calls.of(function) if function is not None else ()

    def call_names(self, ref: FunctionRef) -> tuple[str, ...]:
        """The names that a function's call sites spell, empty ones for computed callees, macros left
        out, without resolving them."""
        if ref.external:
            return ()
        known = self._functions.get(ref) or self._search(ref)
        if known is None:
            return ()
        if not known.whole:
            return ("",)
        definition = known.definition
        made = tuple(name for name, _ in known.made)
        macro = self.scopes.of(ref.file).macro
        return (
            *(c.name for c in definition.calls if not macro(c.name)),
            *made,
            *("" for _ in definition.indirect),
        )

    def alike(self, ref: FunctionRef, edges: Sequence[Edge]) -> dict[Edge, tuple[FunctionRef, ...]]:
        """For the edges of a function without a callee: the address-taken functions of the signature called."""
        function = self.function(ref)
        if function is None:
            return {}
        wanted = {edge: self.signatures.called(function, edge) for edge in edges if edge.callee is None}
        found = self.signatures.functions({key for key in wanted.values() if key is not None})
        return {edge: tuple(map(ref_of, found[key])) for edge, key in wanted.items() if key is not None}

    def callers(self, ref: FunctionRef) -> tuple[Edge, ...]:
        """The edges that lead to a function, by caller's file and line."""
        return self._callers.of(ref, self.function(ref))

    def carries(self, first: Edge, second: Edge, third: Edge | None = None) -> bool:
        """Whether a call can lead on by another in its callee: false when that calls a parameter which this call
        gives other functions; with a third also when the second hands the parameter on, and the third calls it."""
        last = third or second
        function = self.function(first.callee) if first.callee else None
        if function is None or last.kind not in ("initcall", "callback", "pointer") or last.callee is None:
            return True
        called = last.expression.partition("(")[0].strip("(* )")
        if third is not None:
            middle = self.function(second.callee) if second.callee else None
            handed = self.flow.frame(middle).parameters.get(called) if middle else None
            if handed is None or handed >= len(second.arguments):
                return True
            called = second.arguments[handed].strip("(* )")
        position = self.flow.frame(function).parameters.get(called)
        return position is None or self._gives(first, function, position, last.callee)

    def _gives(self, call: Edge, function: Function, position: int, wanted: FunctionRef) -> bool:
        """Whether a call may give its callee a function for a parameter."""
        known = False
        for site in self.callsites.of(function):
            if ref_of(site.caller) != call.caller or position >= len(site.arguments):
                continue
            known = True
            caller = self.flow.frame(site.caller)
            targets = self.flow.of_expression(caller, site.arguments[position], site.line)
            if not targets or any(t.function == wanted for t in targets):
                return True
        return not known

    def neighbours(self, path: str) -> int:
        """How many source files share a file's folder."""
        if self._folders is None:
            self._folders = Counter(p.rpartition("/")[0] for p in self.index.paths())
        return self._folders[path.rpartition("/")[0]]


def described(function: Function) -> callgraph.Function:
    """A resolved function as other layers see it."""
    definition = function.definition
    return callgraph.Function(
        ref=ref_of(function),
        end_line=definition.end_line,
        linkage=function.linkage,
        inline=definition.inline,
        return_type=definition.return_type,
        parameters=definition.parameters,
        guard=definition.guard,
        aliases=function.aliases,
        macro=function.macro,
    )
