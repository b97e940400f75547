"""Trees in which what stands below is the caller: backtraces, lists of callers.

Not handled: conditions and state lines in them.
"""

from analyzer.compare import places, search
from analyzer.compare.agreement import defined
from analyzer.compare.kernel import Kernel
from analyzer.compare.places import Place
from analyzer.model.checks import Block, Item, Verdict


def backwards(block: Block, kernel: Kernel) -> tuple[Verdict, ...]:
    """The verdicts on a tree's items, one each."""
    return tuple(_verdict(block, kernel, at) for at in range(len(block.items)))


def _verdict(block: Block, kernel: Kernel, at: int) -> Verdict:
    item = block.items[at]
    if item.kind in ("elided", "prose"):
        return Verdict("ok" if item.kind == "elided" else "unparsed")
    if item.kind not in ("call", "pointer"):
        return Verdict("unparsed", "not looked at where callers stand below")
    refs = kernel.refs(item.name)
    if not refs:
        near = kernel.near(item.name)
        hint = f"; did you mean {near[0]}?" if near else ""
        return Verdict("unknown-function", f"no function is called {item.name}{hint}")
    called = _called(block, at)
    if called is None:
        return Verdict("ok", place=defined(refs[0]))
    hits = places.calls(kernel, Place(refs), called)
    if hits:
        return Verdict("ok", place=hits[0].site)
    wanted = search.Wanted(called, places.named(kernel, called.name))
    way = search.Ways(kernel).find(refs, called.name, wanted)
    if way:
        through = ", ".join(e.callee.name for e in way[:-1] if e.callee)
        return Verdict("elided", f"through {through}", through, way[-1].site, search.steps(way))
    return Verdict("wrong-caller", f"{item.name} does not call {called.name}", place=defined(refs[0]))


def _called(block: Block, at: int) -> Item | None:
    """What an item calls: in a backtrace the frame before it, elsewhere the item above."""
    if block.style == "backtrace":
        return block.items[at - 1] if at else None
    parent = block.items[at].parent
    return block.items[parent] if parent >= 0 else None
