"""What only an execution under bindings knows: arguments and stores that a note's line gives by their value.

Not handled: functions that something outside the execution reaches, too (`Execution.known` has none of them).
"""

from collections.abc import Sequence
from typing import Protocol

from analyzer.compare.kernel import Kernel
from analyzer.compare.places import Hit, Place
from analyzer.compare.state_lines import stores_to
from analyzer.compare.texts import normal, same
from analyzer.model.callgraph import Edge, FunctionRef, Location
from analyzer.model.checks import Item
from analyzer.model.known import Constants, Known


class Execution(Protocol):
    """One root executed with its bindings."""

    def known(self, ref: FunctionRef, /) -> Known | None:
        """What holds in a function whenever the root calls it."""
        ...

    def __call__(self, ref: FunctionRef, /) -> Sequence[Edge]:
        """The edges of a function that the bindings leave."""
        ...

    def number(self, ref: FunctionRef, text: str, /) -> int | None:
        """What a constant is where a function stands, None when the text is none."""
        ...


def reached(execution: Execution, kernel: Kernel, hits: Sequence[Hit]) -> bool:
    """Whether one of a line's calls remains under the bindings; what has no edges is not judged."""
    for hit in hits:
        there = [e for e in kernel.callees(hit.function) if e.site == hit.site]
        callees = {e.callee for e in hit.edges if e.callee}
        left = [e for e in execution(hit.function) if e.site == hit.site]
        if not there or any(not callees or e.callee in callees for e in left):
            return True
    return not hits


def passes(execution: Execution, item: Item, place: Place, hits: Sequence[Hit]) -> bool:
    """Whether one of a line's calls gets the arguments that the line gives."""
    given = item.arguments or ()
    for hit in hits:
        known = execution.known(hit.function)
        told = known.arguments.get((hit.site.line, hit.site.column), ()) if known else ()
        for way in hit.arguments if told else ():
            if len(way) == len(given) and all(
                same(written, true, place.values)
                or (at < len(told) and _is(execution, hit.function, written, told[at]))
                for at, (written, true) in enumerate(zip(given, way, strict=True))
            ):
                return True
    return False


def stores(execution: Execution, kernel: Kernel, item: Item, place: Place) -> Location | None:
    """Where one of a place's functions stores what a line says, None when the execution knows of none."""
    for function in place.functions:
        known = execution.known(function)
        if known is None:
            continue
        for said, left in stores_to(kernel, function, item, place):
            told = (known.stored if left else {}).get(said.offset, ())
            if not left:
                arguments = known.arguments.get(said.start, ())
                told = arguments[-1] if arguments else ()
            if _is(execution, function, item.right, told):
                return Location(kernel.spoken(function).file, *said.start)
    return None


def _is(execution: Execution, function: FunctionRef, written: str, told: Constants) -> bool:
    if len(told) != 1:
        return False
    value = told[0]
    if isinstance(value, str):
        return normal(written).lstrip("&") == normal(value).lstrip("&")
    return execution.number(function, written) == value
