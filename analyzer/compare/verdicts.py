"""The verdict on every line of a call tree: `judge`.

Lines are judged from the root down; a line that fails still tells where its own lines are to be looked for, as
long as its function exists. Calls are judged by `analyzer.compare.call_verdicts`, state lines by
`analyzer.compare.state_verdicts`, their order by `analyzer.compare.order_verdicts`; here is what each line is, and
whether bindings let it be reached. Not handled: callers below callees (`analyzer.compare.backwards`).
"""

from collections.abc import Mapping, Sequence

import msgspec

from analyzer.compare import bindings, executed, places
from analyzer.compare.backwards import backwards
from analyzer.compare.call_verdicts import CallVerdicts
from analyzer.compare.judged import Judged
from analyzer.compare.kernel import Kernel
from analyzer.compare.names import Renames
from analyzer.compare.order_verdicts import judge_order
from analyzer.compare.places import Place
from analyzer.compare.standing import Executes, Standing
from analyzer.compare.state_verdicts import StateVerdicts
from analyzer.model.checks import Block, BlockVerdicts, Item, Verdict

_UNREACHED = "(not reached)"  # says kcg itself
_MIN_KNOWN = 0.3  # of a tree's functions must be known for it to be a tree of this kernel


def judge(
    block: Block,
    kernel: Kernel,
    *,
    others: Sequence[Kernel] = (),
    bound: Mapping[str, str] | None = None,
    number: int = 0,
    beside: Sequence[str] = (),
    execute: Executes | None = None,
) -> BlockVerdicts:
    """What a kernel says to a tree. `others`: further versions, oldest first, that tell a renamed function
    from one that never was. `bound`: bindings beside those of the note. `beside`: functions that the note names
    in other trees. `execute` runs a tree's root with its bindings, None when that cannot be."""
    reason = _foreign(block, kernel)
    if reason:
        return BlockVerdicts(number, skipped=reason)
    given = {**(bound or {}), **dict(block.directives.bindings)}
    if block.callee_first:
        return BlockVerdicts(number, backwards(block, kernel), reversed=True)
    tree = Standing(block, kernel, given, execute)
    verdicts = _Judge(tree, kernel, Renames(kernel, others), beside).verdicts(ordered=block.style != "flat")
    calls = [at for at, i in enumerate(block.items) if i.kind in ("call", "pointer") and i.parent >= 0]
    held = sum(1 for at in calls if verdicts[at].holds)
    if calls and held * 2 < len(calls) and (len(calls) > 1 or block.printed):
        turned = backwards(block, kernel)
        # Who lists callers writes all of them so.
        if all(turned[at].kind == "ok" for at in calls):
            return BlockVerdicts(number, turned, reversed=True)
    return BlockVerdicts(number, verdicts)


def _foreign(block: Block, kernel: Kernel) -> str:
    """Why a block is no call tree of this kernel, "" when it is one."""
    if block.directives.forced and block.directives.root:
        return ""
    functions = [i for i in block.items if i.kind == "call" and i.name]
    if not functions:
        return "no functions"
    rooted = kernel.has(functions[0].name) or bool(kernel.refs(functions[0].name))
    if rooted and (block.style != "chain" or any(kernel.has(i.name) for i in functions[1:])):
        return ""
    known = sum(1 for i in functions if kernel.has(i.name))
    if known >= 2 and known >= _MIN_KNOWN * len(functions):
        return ""
    return "" if block.directives.forced and known else "no functions of this kernel"


class _Judge:
    """The judgment on one tree, line by line."""

    def __init__(self, tree: Standing, kernel: Kernel, renames: Renames, beside: Sequence[str]) -> None:
        self._tree = tree
        self._kernel = kernel
        self._calls = CallVerdicts(tree, kernel, renames)
        self._states = StateVerdicts(tree, kernel, beside)

    def verdicts(self, *, ordered: bool) -> tuple[Verdict, ...]:
        items, judged = self._tree.items, self._tree.judged
        for at in range(len(items)):
            judged.append(self._judge(at))
        for at, item in enumerate(items):
            if item.kind == "condition":
                judged[at] = self._states.condition(at, item)
        if ordered:
            judge_order(self._tree, self._kernel)
        return tuple(j.verdict for j in judged)

    def _judge(self, at: int) -> Judged:
        item = self._tree.items[at]
        if item.kind == "elided":
            return Judged(Verdict("ok"), Place())
        if item.kind == "prose":
            return Judged(Verdict("unparsed", "read as a remark"), Place())
        place = self._tree.place(at)
        if item.kind == "condition":
            return Judged(Verdict("unparsed"), place or Place())  # after the lines below it
        if item.kind == "assignment":
            return self._states.assignment(at, item, place)
        if place is None:
            return self._calls.root(item)
        return self._reachable(at, item, self._called(at, item, place))

    def _called(self, at: int, item: Item, place: Place) -> Judged:
        """A call in its place, else in those of the other lines that it may belong to, else as a value."""
        judged = self._calls.judge(at, item, place)
        for other in item.others:
            if judged.verdict.holds:
                break
            again = self._calls.judge(at, item, self._tree.judged[other].place)
            judged = again if again.verdict.holds else judged
        if not judged.verdict.holds and item.left and item.left != "return" and place.known:
            judged = self._stored(at, item, place) or judged  # a value may be a call, as in `x = A(1)`
        return judged

    def _stored(self, at: int, item: Item, place: Place) -> Judged | None:
        text = f"{item.callee}({', '.join(item.arguments or ())})"
        said = msgspec.structs.replace(item, kind="assignment", right=text)
        judged = self._states.assignment(at, said, place)
        return judged if judged.verdict.holds else None

    def _reachable(self, at: int, item: Item, judged: Judged) -> Judged:
        if not self._tree.bound or _UNREACHED in item.remark:
            return judged
        caller = self._tree.caller(at)
        if caller >= 0 and self._tree.judged[caller].verdict.kind == "unreachable":
            judged.verdict = Verdict("unreachable", "its caller is not reached", place=judged.verdict.place)
        elif execution := self._tree.execution(item):
            if judged.verdict.holds and not executed.reached(execution, self._kernel, judged.hits):
                told = "with these values it is not called"
                judged.verdict = Verdict("unreachable", told, nearest=told, place=judged.verdict.place)
        elif judged.verdict.holds and (
            why := bindings.excluded(self._kernel, places.resolved(self._kernel, judged.hits), self._tree.bound)
        ):
            judged.verdict = Verdict("unreachable", why, nearest=why, place=judged.verdict.place)
        return judged
