"""Which call sites of a function run only when something fails, as its body's marks have it.

Not handled: calls after a failure that is told by something else than a branch or a label that is read as one
(`analyzer.extract.errorpaths`), and what a caller does with a failure.
"""

import bisect
from collections import deque
from collections.abc import Callable, Sequence

from analyzer.graph.rooted import RootedGraph
from analyzer.model.body import Body, If, Label, Statement, blocks
from analyzer.model.callgraph import FunctionRef, Location


def error_places(body: Body) -> Callable[[int, int], bool]:
    """Tells of a line and a column in a body whether its statement stands on an error path: in a branch that
    fails, or behind an error label. What a macro makes belongs to the last statement that begins before it."""
    marks: list[tuple[int, int, bool]] = []

    def note(statements: Sequence[Statement], failing: bool, *, top: bool = False) -> None:
        for statement in statements:
            if top and isinstance(statement, Label):
                failing = statement.error
            marks.append((statement.place.line, statement.place.column, failing))
            match statement:
                case If():
                    for branch in statement.branches:
                        marks.append((branch.place.line, branch.place.column, failing))
                        note(branch.body, failing or branch.fails)
                case _:
                    for block in blocks(statement):
                        note(block, failing)

    note(body.statements, False, top=True)
    marks.sort()
    starts = [(line, column) for line, column, _ in marks]

    def tells(line: int, column: int) -> bool:
        position = bisect.bisect_right(starts, (line, column)) - 1
        return position >= 0 and marks[position][2]

    return tells


def failing_sites(
    graph: RootedGraph, body: Callable[[FunctionRef], Body | None], *, most: int
) -> frozenset[Location]:
    """The call sites of a graph's functions that run only when something fails.

    Functions are asked in the order of their distance from the root over other calls, at most `most` of them: what
    a failure leads to is not asked. Empty for a graph of callers, which tells no order of events."""
    if graph.reverse:
        return frozenset()
    found: set[Location] = set()
    queue = deque([graph.root])
    seen = {graph.root}
    while queue and most > 0:
        function = queue.popleft()
        sites = graph.sites.get(function, ())
        if not sites:
            continue
        most -= 1
        text = body(function)
        tells = error_places(text) if text is not None else None
        for site in sites:
            place = site.edge.site
            if tells is not None and tells(place.line, place.column):
                found.add(place)
                continue
            for edge in site.targets:
                if edge.callee is not None and edge.callee in graph.depths and edge.callee not in seen:
                    seen.add(edge.callee)
                    queue.append(edge.callee)
    return frozenset(found)
