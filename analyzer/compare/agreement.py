"""Whether a line's arguments, or the parameters of a declaration, are the kernel's.

Not handled: the types of parameters; their names tell enough.
"""

from collections.abc import Sequence

from analyzer.compare import places
from analyzer.compare.kernel import Kernel
from analyzer.compare.places import Hit, Place
from analyzer.compare.texts import callee_of, normal, same_arguments
from analyzer.model.callgraph import FunctionRef, Location
from analyzer.model.checks import Item, Verdict


def fits(item: Item, place: Place, hit: Hit) -> bool:
    """Whether a line's arguments are those of a call, with the values that the tree passes down."""
    given = item.arguments
    if given is None:
        return True
    return hit.loose or any(same_arguments(given, way, place.values) for way in hit.arguments)


def arguments_verdict(kernel: Kernel, item: Item, place: Place, hits: Sequence[Hit]) -> Verdict | None:
    """The verdict on wrong arguments; None when the note's arguments are right, or when it gives none."""
    if item.arguments is None or not hits or any(fits(item, place, hit) for hit in hits):
        return None
    refs = kernel.refs(item.name) if item.kind == "call" else ()
    given = places.parameter_names(item) if item.declared else item.arguments
    for names in places.typed(kernel, places.resolved(kernel, hits), refs):
        if item.declared and len(given) == len(names):
            if all(not g or g == n for g, n in zip(given, names, strict=True)):
                return None
        elif tuple(given) == names:
            return None
    if item.arguments == ("void",):
        return None
    ways = [way for hit in hits for way in hit.arguments]
    if not ways:
        return None
    if item.declared:
        return declaration_verdict(kernel, item, refs)
    best = min(ways, key=lambda way: _difference(item.arguments or (), way))
    text = ", ".join(best)
    hit = next((h for h in hits if best in h.arguments), hits[0])
    note = f"the call is {callee_of(hits[0].expression)}({text})"
    return Verdict("arguments", note, nearest=f"({text})", place=hit.site, fix=("arguments", text))


def declaration_verdict(kernel: Kernel, item: Item, refs: Sequence[FunctionRef]) -> Verdict | None:
    """The verdict on a declaration whose parameters no function of that name has, else None."""
    given = places.parameter_names(item)
    wrong: Verdict | None = None
    for ref in refs:
        function = kernel.function(ref)
        if function is None:
            continue
        names = tuple(p.name for p in function.parameters)
        if len(names) == len(given) and all(not g or g == n for g, n in zip(given, names, strict=True)):
            return None
        params = function.signature[function.signature.find("(") + 1 : -1]
        wrong = wrong or Verdict(
            "arguments",
            f"it is declared {function.signature}",
            nearest=function.signature,
            place=defined(ref),
            fix=("arguments", params),
        )
    return wrong


def defined(ref: FunctionRef) -> Location | None:
    """Where a function is defined."""
    return None if ref.external else Location(ref.file, ref.line)


def _difference(written: Sequence[str], true: Sequence[str]) -> tuple[int, int]:
    differing = sum(1 for a, b in zip(written, true, strict=False) if normal(a) != normal(b))
    return abs(len(written) - len(true)), differing
