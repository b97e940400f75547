"""Verdicts on the order of a tree's lines: `judge_order`.

Not handled: calls of one function whose places are in several files, which have no order.
"""

from analyzer.compare import order, places
from analyzer.compare.kernel import Kernel
from analyzer.compare.standing import Standing
from analyzer.model.checks import Verdict


def judge_order(tree: Standing, kernel: Kernel) -> None:
    """Turns the verdicts of lines that hold, but come in another order in the source. Of the lines below a caller
    the longest sequence that fits is right; the others are wrong."""
    groups: dict[int, list[int]] = {}
    for at, judged in enumerate(tree.judged):
        if judged.options and (judged.verdict.holds or judged.verdict.kind == "arguments"):
            groups.setdefault(tree.caller(at), []).append(at)
    for members in groups.values():
        files = {file for at in members for file, _ in tree.judged[at].options}
        if len(files) == 1:
            _judge_group(tree, kernel, members, *files)


def _judge_group(tree: Standing, kernel: Kernel, members: list[int], file: str) -> None:
    """The lines below one caller, which have places in one file."""
    keys = [sorted(position for _, position in tree.judged[at].options) for at in members]
    if order.misplaced(keys):
        keys = [sorted({*key, *_made(tree, kernel, at, file)}) for key, at in zip(keys, members, strict=True)]
    wrong = order.misplaced(keys)
    out = frozenset(wrong)
    for position in wrong:
        at = members[position]
        neighbour = order.belongs_before(keys, position, out)
        if neighbour is None:
            how, other = "after", members[-1] if members[-1] != at else members[-2]
        else:
            how, other = "before", members[neighbour]
        name = tree.items[other].name or tree.items[other].text
        tree.judged[at].verdict = _misplaced(tree.judged[at].verdict, how, other, name)


def _made(tree: Standing, kernel: Kernel, at: int, file: str) -> list[order.Position]:
    """Further positions of a call that its name alone showed: macros may make it, too."""
    judged, place = tree.judged[at], tree.place(at)
    if place is None or tree.items[at].kind != "call" or not all(h.spelled for h in judged.hits):
        return []
    made = places.made_positions(kernel, place, tree.items[at].name)
    return [route for found_in, route in made if found_in == file]


def _misplaced(verdict: Verdict, how: str, other: int, name: str) -> Verdict:
    """An order verdict with the place of the one that held."""
    message = f"in the source it comes {how} {name}"
    return Verdict(
        "order", message, nearest=message, place=verdict.place, path=verdict.path, fix=(how, str(other))
    )
