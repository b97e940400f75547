"""The call tree of a rooted graph: what `kcg tree` prints and `kcg graph` can draw.

A tree alternates functions and call sites: a `TreeFunction` has items, a `TreeItem` is a call site
whose targets are `TreeFunction`s again. Other lines of a body (conditions, assignments, labels) are `TreeStep`s
among the items, with items below them. A function is expanded where it first appears; later it is marked
`repeated`, unless it can be shown deeper there than the depth limit allowed before.

Not handled: depths beyond MAX_DEPTH, which no reader follows; the tree is cut there.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from analyzer.graph.detail import Detail, Planned, PlannedSite, PlannedStep, StepKind
from analyzer.graph.paths import distances_to
from analyzer.graph.planning import plan
from analyzer.graph.rooted import RootedGraph
from analyzer.graph.sites import Site, merge_sites
from analyzer.graph.statement_text import guards_within
from analyzer.graph.values import NOTHING, Values, changed_names, constant, passed, settle, substitute
from analyzer.model.body import Body
from analyzer.model.callgraph import Edge, Function, FunctionRef
from analyzer.model.known import Known

_BARE = re.compile(r"if \((\w+)\)")
_ZERO = ("0", "NULL", "false")
_MAX_CHOICES = 8  # named for one assignment
_MAX_VARIANTS = 4  # expansions of one function for different values; more say little new
MAX_DEPTH = 150  # the builder and its readers recurse once or twice per level

# cut: has more calls than the limits show; repeated: expanded earlier in the tree;
# recursive: is its own ancestor; external: called, but defined nowhere in the analysed tree.
Mark = Literal["", "cut", "repeated", "recursive", "external"]


@dataclass(frozen=True, slots=True)
class TreeFunction:
    """A function at one place of the tree. `edge` leads here (None at the root); `depth` counts
    calls from the root; `omitted` counts callers that are not listed (reverse trees only)."""

    function: FunctionRef
    edge: Edge | None
    depth: int
    mark: Mark = ""
    items: tuple["TreeItem | TreeStep", ...] = ()
    omitted: int = 0


@dataclass(frozen=True, slots=True)
class TreeItem:
    """A call site with its listed targets. In a reverse tree the one target is the caller.

    `prefix` stands before the call (`sk = `), `when` are the conditions inside its expression, `guard` is its
    `#if` condition inside its function; `expression` and `arguments` are the call's with values put in."""

    site: Site
    targets: tuple[TreeFunction, ...]
    prefix: str = ""
    when: tuple[str, ...] = ()
    guard: str = ""
    expression: str = ""
    arguments: tuple[str, ...] = ()

    @property
    def unresolved(self) -> bool:
        """Whether nothing at all is known that could be called here."""
        return self.site.unresolved

    @property
    def folded(self) -> int:
        """How many targets are counted but not listed."""
        return self.site.folded


@dataclass(frozen=True, slots=True)
class TreeStep:
    """A line of a body that is no call, with what stands below it; `calls` counts those of a folded error path.
    `dead`: it cannot be reached under the bindings; `choices` is what an assignment may leave, when that is
    several things."""

    kind: StepKind
    text: str
    file: str
    line: int
    items: tuple["TreeItem | TreeStep", ...] = ()
    guard: str = ""
    calls: int = 0
    dead: bool = False
    choices: tuple[str, ...] = ()


class Bound(Protocol):
    """What bindings of a root's parameters say: `values` of the parameters, what is known of a function, what
    number a constant's text is where a function stands."""

    @property
    def values(self) -> Values: ...
    def known(self, ref: FunctionRef, /) -> Known | None: ...
    def number(self, ref: FunctionRef, text: str, /) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Reading:
    """How a tree gets at functions: `detail` of what is shown, a function's `body` and its description, and what
    holds under bindings."""

    detail: Detail
    body: Callable[[FunctionRef], Body | None]
    described: Callable[[FunctionRef], Function | None]
    bound: Bound | None = None


@dataclass(frozen=True, slots=True)
class CallTree:
    """`root` with everything below; `hidden` sites were left out as noise; `reverse`: callers."""

    root: TreeFunction
    reverse: bool
    hidden: int
    truncated: bool = False


def build_tree(
    graph: RootedGraph,
    *,
    depth: int | None = None,
    merge: bool = True,
    to: FunctionRef | None = None,
    reading: Reading | None = None,
) -> CallTree:
    """The tree of a grown graph, at most `depth` calls deep (default: all that was grown).

    With `merge`, calls of one function that call the same appear once with a count. With `to`, only
    branches that reach that function within the depth are kept, and nothing below it. With `reading`, bodies are
    read for what its detail asks, and guards are told relative to their function.
    """
    limit = min(MAX_DEPTH, graph.depth if depth is None else depth)
    toward = None if to is None else distances_to(graph, to)
    root = _Builder(graph, limit, merge, to, toward, None if graph.reverse else reading).build()
    return CallTree(root, graph.reverse, graph.hidden, graph.truncated)


class _Builder:
    def __init__(
        self,
        graph: RootedGraph,
        limit: int,
        merge: bool,
        to: FunctionRef | None,
        toward: Mapping[FunctionRef, int] | None,
        reading: Reading | None,
    ) -> None:
        self._graph = graph
        self._limit = limit
        self._merge = merge
        self._to = to
        self._toward = toward
        self._reading = reading
        self._detail = reading.detail if reading else Detail()
        self._bound = reading.bound if reading and reading.detail.values else None
        self._members: dict[str, str] = {}  # constants that were put into members of these names
        self._changed: dict[FunctionRef, frozenset[str]] = {}
        self._numbers: dict[tuple[str, str], int | None] = {}
        self._plans: dict[FunctionRef, tuple[Planned, ...]] = {}
        self._inner: dict[FunctionRef, frozenset[str]] = {}
        self._functions: dict[FunctionRef, Function | None] = {}
        # The depth at which a function was expanded, and whether limits cut anything below it.
        self._expanded: dict[tuple[FunctionRef, object], tuple[int, bool]] = {}
        self._variants: dict[FunctionRef, int] = {}  # how often expanded with other values
        self._last: dict[FunctionRef, object] = {}
        self._ancestors: set[FunctionRef] = set()

    def build(self) -> TreeFunction:
        return self._place(self._graph.root, None, 0, self._bound.values if self._bound else NOTHING)[0]

    def _place(
        self, function: FunctionRef, edge: Edge | None, depth: int, values: Values
    ) -> tuple[TreeFunction, bool]:
        """The function at a place, and whether it is complete: nothing at or below it is cut."""
        if function in self._ancestors:
            return TreeFunction(function, edge, depth, "recursive"), True
        if function.external and not self._graph.reverse:
            return TreeFunction(function, edge, depth, "external"), True
        if function == self._to and depth:
            return TreeFunction(function, edge, depth), True
        known = (function, self._kind(function, values))
        earlier = self._expanded.get(known)
        if earlier and (earlier[1] or earlier[0] <= depth):
            return TreeFunction(function, edge, depth, "repeated"), earlier[1]
        if depth >= self._limit or (function in self._graph.cut and function not in self._graph.sites):
            cut = bool(self._graph.sites.get(function)) or (function in self._graph.cut and self._toward is None)
            return TreeFunction(function, edge, depth, "cut" if cut else ""), not cut
        lines = self._lines(function)
        if not lines:
            return TreeFunction(function, edge, depth), True
        self._ancestors.add(function)
        items, complete = self._items(function, lines, depth + 1, values)
        self._ancestors.remove(function)
        if known not in self._expanded:
            self._variants[function] = self._variants.get(function, 0) + 1
        self._expanded[known] = depth, complete
        self._last[function] = known[1]
        omitted = self._graph.omitted.get(function, 0)
        return TreeFunction(function, edge, depth, "", items, omitted), complete

    def _kind(self, function: FunctionRef, values: Values) -> object:
        """What tells one expansion of a function from another: the values it gets, as long as they are few."""
        if not self._detail.values:
            return None
        found = tuple(sorted(values.items()))
        if (function, found) in self._expanded:
            return found
        if self._variants.get(function, 0) >= _MAX_VARIANTS:
            return self._last.get(function)
        return found

    def _items(
        self, function: FunctionRef, lines: Sequence[Planned], depth: int, values: Values
    ) -> tuple[tuple[TreeItem | TreeStep, ...], bool]:
        items: list[TreeItem | TreeStep] = []
        complete = True
        refused = False  # the `if` above is not taken, because of a value that was put in
        for line in lines:
            planned = line
            if isinstance(planned, PlannedStep):
                if refused and planned.text == "else":
                    below, whole = self._items(function, planned.below, depth, values)
                    items.extend(below)
                    complete = complete and whole
                    refused = False
                    continue
                if refused and planned.text.startswith("else if"):
                    planned = replace(planned, text=planned.text.removeprefix("else "))
                refused = bool(values) and self._is_refused(function, planned, values)
                if refused:
                    continue
                below, whole = self._items(function, planned.below, depth, values)
                complete = complete and whole
                if below or (self._toward is None and not planned.below):
                    items.append(self._step(planned, function, below, values))
                elif self._toward is None:
                    items.append(self._step(planned, function, (), values))
                continue
            item, whole = self._item(function, planned, depth, values)
            complete = complete and whole
            if item is not None:
                items.append(item)
        return tuple(items), complete

    def _is_refused(self, function: FunctionRef, planned: PlannedStep, values: Values) -> bool:
        """Whether a condition is a parameter that is zero here."""
        match = _BARE.fullmatch(planned.text) if planned.kind == "condition" and not planned.dead else None
        return match is not None and self._stable(function, values).get(match.group(1), "") in _ZERO

    def _item(
        self, function: FunctionRef, planned: PlannedSite, depth: int, values: Values
    ) -> tuple[TreeItem | None, bool]:
        site = planned.site
        complete = True
        stable = self._stable(function, values)
        arguments = tuple(substitute(a, stable) for a in site.edge.arguments)
        settled = self._settled(function, planned, arguments, values)
        targets: list[TreeFunction] = []
        for edge in site.targets:
            end = self._graph.far_end(edge)
            if end is None or (self._toward is not None and end not in self._toward):
                continue
            if not self._leads_on(end, depth):
                complete = False
                continue
            hands_on = self._detail.values and edge.kind != "callback"  # those arguments are of the registration
            known = self._passed(function, end, settled) if hands_on else NOTHING
            target, whole = self._place(end, edge, depth, known)
            if self._dead_end(target):
                self._expanded.pop((end, self._kind(end, known)), None)
                continue
            targets.append(target)
            complete = complete and whole
        if not targets and self._toward is not None:
            return None, complete
        prefix = substitute(planned.prefix, stable) if planned.prefix else ""
        when = tuple(substitute(w, stable) for w in planned.when)
        guard = self._guard(function, site.edge.guard, planned.outer)
        expression = substitute(site.edge.expression, stable)
        if settled != arguments:
            expression = _with_arguments(expression, arguments, settled)
        return TreeItem(site, tuple(targets), prefix, when, guard, expression, settled), complete

    def _stable(self, function: FunctionRef, values: Values) -> Values:
        """Those of the values that hold throughout a function, because it does not change them."""
        if not values:
            return values
        changed = self._changed.get(function)
        if changed is None:
            body = self._reading.body(function) if self._reading else None
            changed = self._changed[function] = changed_names(body) if body is not None else frozenset(values)
        return {name: value for name, value in values.items() if name not in changed}

    def _settled(
        self, function: FunctionRef, planned: PlannedSite, arguments: tuple[str, ...], values: Values
    ) -> tuple[str, ...]:
        """The arguments of a call with what the bindings say of them."""
        if len(planned.passed) != len(arguments):
            return arguments
        written = planned.site.edge.arguments
        return tuple(
            self._settle(function, text, put, known[0], values) if len(known) == 1 else put
            for text, put, known in zip(written, arguments, planned.passed, strict=True)
        )

    def _settle(self, function: FunctionRef, written: str, put: str, known: int | str, values: Values) -> str:
        names = dict.fromkeys(self._names(function), "") | self._members | dict(values)
        return settle(written, put, known, names, lambda text: self._number(function, text))

    def _number(self, function: FunctionRef, text: str) -> int | None:
        key = (function.file, text)
        if key not in self._numbers:
            self._numbers[key] = self._bound.number(function, text) if self._bound else None
        return self._numbers[key]

    def _step(
        self, planned: PlannedStep, function: FunctionRef, items: tuple[TreeItem | TreeStep, ...], values: Values
    ) -> TreeStep:
        text = substitute(planned.text, self._stable(function, values))
        choices: tuple[str, ...] = ()
        if planned.left and self._bound is not None:
            value = substitute(planned.value, self._stable(function, values))
            if len(planned.left) == 1 and text.endswith(value):
                known = self._settle(function, planned.value, value.strip("()"), planned.left[0], values)
                text = text[: len(text) - len(value)] + known
                target = planned.text.partition(" = ")[0]
                self._members[target.rpartition(">")[2].rpartition(".")[2]] = known
            elif not constant(planned.value, self._names(function)) and all(
                isinstance(c, str) for c in planned.left
            ):
                choices = tuple(str(c) for c in planned.left[:_MAX_CHOICES])
                if len(planned.left) > _MAX_CHOICES:
                    choices = (*choices, f"{len(planned.left) - _MAX_CHOICES} more")
        return TreeStep(
            planned.kind,
            text,
            function.file,
            planned.line,
            items,
            planned.guard,
            planned.calls,
            planned.dead,
            choices,
        )

    def _guard(self, function: FunctionRef, guard: str, outer: str) -> str:
        if not guard or self._reading is None:
            return guard
        described = self._described(function)
        own = guards_within(described.guard, guard) if described else guard
        return guards_within(outer, own)

    def _passed(self, caller: FunctionRef, callee: FunctionRef, arguments: tuple[str, ...]) -> Values:
        """What the parameters of a callee are known to be at a call."""
        described = self._described(callee)
        if described is None or self._reading is None or not arguments or self._reading.body(caller) is None:
            return NOTHING
        parameters = [p.name for p in described.parameters]
        found = passed(parameters, arguments, inner=self._names(caller), changed=frozenset())
        # A name that the callee changes stands for its value only where an execution confirms it.
        return found if self._bound is not None else self._stable(callee, found)

    def _names(self, function: FunctionRef) -> frozenset[str]:
        """The names of a function's parameters and local variables."""
        found = self._inner.get(function)
        if found is None:
            described = self._described(function)
            body = self._reading.body(function) if self._reading else None
            names = {p.name for p in described.parameters if p.name} if described else set()
            found = self._inner[function] = frozenset(names | (body.locals if body else frozenset()))
        return found

    def _described(self, function: FunctionRef) -> Function | None:
        if function not in self._functions:
            reading = self._reading
            self._functions[function] = reading.described(function) if reading else None
        return self._functions[function]

    def _leads_on(self, function: FunctionRef, depth: int) -> bool:
        """With `to`: whether it is near enough, and not on the way already."""
        if self._toward is None:
            return True
        return depth + self._toward[function] <= self._limit and function not in self._ancestors

    def _dead_end(self, target: TreeFunction) -> bool:
        """With `to`: its only ways on lead back through its own ancestors."""
        return (
            self._toward is not None
            and target.function != self._to
            and not target.items
            and target.mark != "repeated"
        )

    def _lines(self, function: FunctionRef) -> tuple[Planned, ...]:
        """The calls of a function, among the lines of its body that are asked for."""
        lines = self._plans.get(function)
        if lines is None:
            lines = self._plans[function] = self._planned(function)
        return lines

    def _planned(self, function: FunctionRef) -> tuple[Planned, ...]:
        sites = self._graph.sites.get(function, ())
        if self._reading is not None and self._detail.needs_bodies:
            body = self._reading.body(function)
            if body is not None:
                known = self._reading.bound.known(function) if self._reading.bound else None
                return plan(sites, body, self._detail, inner=self._names(function), known=known)
        if self._merge:
            sites = _merge_callers(sites) if self._graph.reverse else merge_sites(sites)
        return tuple(PlannedSite(site) for site in sites)


def _with_arguments(expression: str, before: tuple[str, ...], after: tuple[str, ...]) -> str:
    """A call's text with other arguments, where it has those from before."""
    text = f"({', '.join(before)})"
    return f"{expression[: -len(text)]}({', '.join(after)})" if expression.endswith(text) else expression


def _merge_callers(sites: tuple[Site, ...]) -> tuple[Site, ...]:
    """In reverse: several calls from one caller become one with a count."""
    merged: dict[FunctionRef, Site] = {}
    for site in sites:
        first = merged.get(site.edge.caller)
        count = first.count + site.count if first else site.count
        base = first or site
        merged[site.edge.caller] = replace(base, count=count)
    return tuple(merged.values())
