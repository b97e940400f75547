"""Labels on the edges of functions that dispatch: the `case` of a switch over a parameter that selects a call.

Resolution knows no statements, so labels are put on afterwards, wherever edges are first found. Only functions
with the word `switch` in their text are read. Not handled: what `analyzer.extract.cases` leaves out, and functions
that a macro makes as a whole.
"""

from collections.abc import Callable

import msgspec

from analyzer.extract.cases import selecting_cases
from analyzer.model.body import Body
from analyzer.model.callgraph import Edge, Function, FunctionRef
from analyzer.pipeline.bodies import Span


def labelled(
    function: Function,
    edges: tuple[Edge, ...],
    text: Callable[[str], bytes],
    span: Span | None,
    body: Callable[[FunctionRef], Body | None],
) -> tuple[Edge, ...]:
    """The edges of a function with the cases that select them. `text` gives a file's bytes, `span` says where the
    function stands in it, `body` reads its statements."""
    if not edges or span is None or not function.parameters:
        return edges
    start, _, end = span
    if b"switch" not in text(function.ref.file)[start:end]:
        return edges
    statements = body(function.ref)
    if statements is None:
        return edges
    cases = selecting_cases(statements, (p.name for p in function.parameters))
    if not cases:
        return edges
    return tuple(_with_case(edge, cases.get((edge.site.line, edge.site.column), "")) for edge in edges)


def _with_case(edge: Edge, case: str) -> Edge:
    return msgspec.structs.replace(edge, case=case) if case else edge
