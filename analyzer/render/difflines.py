"""The merged tree of a comparison as lines, before any output format.

A line has a sign (` ` the same, `~` changed, `+` only after, `-` only before), the tree's guide, and what stands
on each side. Unified output puts changed sides one below the other; side by side needs both.

Not handled: widths and colours.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from analyzer.model.difference import CallSide, Change, DiffCall, DiffFunction
from analyzer.render.words import plural

SIGNS = {"same": " ", "changed": "~", "added": "+", "removed": "-"}


@dataclass(frozen=True, slots=True)
class Guide:
    """The glyphs of a tree."""

    branch: str
    last: str
    down: str
    gap: str
    arrow: str
    times: str
    more: str


UNICODE = Guide("├── ", "└── ", "│   ", "    ", "→", "×", "…")
ASCII = Guide("|-- ", "`-- ", "|   ", "    ", "->", "x", "...")


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `both` is what unified output shows; `before` and `after` are the sides, "" where nothing stands.
    A `detail` gives the text of one side of the line above it, and is left out side by side."""

    sign: str
    guide: str
    both: str
    before: str
    after: str
    notes: str = ""
    detail: bool = False


def tree_lines(root: DiffFunction, guide: Guide) -> Iterator[Line]:
    """The lines of a merged tree, the root first."""
    before = _head(root, root.before is not None and root.before.name)
    after = _head(root, root.after is not None and root.after.name)
    yield Line(SIGNS[root.sign], "", after or before, before, after, _function_notes(root, guide))
    yield from _children(root, "", guide)


def _head(function: DiffFunction, name: str | bool) -> str:
    return name if isinstance(name, str) else ""


def _children(function: DiffFunction, above: str, guide: Guide) -> Iterator[Line]:
    for number, call in enumerate(function.calls):
        last = number == len(function.calls) - 1
        yield from _call(call, above, last, guide)


def _call(call: DiffCall, above: str, last: bool, guide: Guide) -> Iterator[Line]:
    lead = above + (guide.last if last else guide.branch)
    below = above + (guide.gap if last else guide.down)
    direct = _direct(call)
    target = call.targets[0] if direct and call.targets else None
    before, after = _text(call.before, direct), _text(call.after, direct)
    notes = _call_notes(call, guide)
    sign = SIGNS[call.sign]
    if target is not None:
        notes += _function_notes(target, guide)
        if sign == " " and target.changes:
            sign = "~"
    yield Line(sign, lead, after or before, before, after, notes)
    for change in call.changes:
        if change.what in ("arguments", "expression"):
            shown = not direct  # side by side the call itself is its text
            yield Line("-", f"{below}  ", change.before, change.before, change.after, detail=shown)
            yield Line("+", f"{below}  ", change.after, "", change.after, detail=True)
    if target is not None:
        yield from _statements(target, below, guide)
        yield from _children(target, below, guide)
    else:
        side = call.after or call.before
        several = side is not None and side.kind == "direct"  # of one name: files tell them apart
        for number, function in enumerate(call.targets):
            yield from _target(function, below, number == len(call.targets) - 1, guide, place=several)


def _target(function: DiffFunction, above: str, last: bool, guide: Guide, *, place: bool) -> Iterator[Line]:
    lead = above + (guide.last if last else guide.branch)
    label = f"[{_objects(function.objects)}] " if function.objects else ""
    before, after = (
        f"{label}{ref.name}" + (f" ({ref.file})" if place and ref.file else "") if ref else ""
        for ref in (function.before, function.after)
    )
    yield Line(SIGNS[function.sign], lead, after or before, before, after, _function_notes(function, guide))
    below = above + (guide.gap if last else guide.down)
    yield from _statements(function, below, guide)
    yield from _children(function, below, guide)


def _statements(function: DiffFunction, below: str, guide: Guide) -> Iterator[Line]:
    """Statements of a body that differ beside its calls."""
    for change in function.changes:
        if change.what in ("condition", "assignment", "result"):
            lead = f"{below}  "
            if change.before:
                yield Line("-", lead, change.before, change.before, change.after if change.after else "")
            if change.after:
                yield Line("+", lead, change.after, "", change.after, detail=bool(change.before))


def _direct(call: DiffCall) -> bool:
    side = call.after or call.before
    if side is None or side.kind != "direct" or len(call.targets) > 1:
        return False
    return not any(change.what == "targets" for change in call.changes)


def _text(side: CallSide | None, direct: bool) -> str:
    if side is None:
        return ""
    return f"{side.callee}()" if direct else side.expression


def _objects(names: Sequence[str]) -> str:
    return ", ".join(names[:2]) + (f", +{len(names) - 2}" if len(names) > 2 else "")


def _call_notes(call: DiffCall, guide: Guide) -> str:
    notes: list[str] = []
    side = call.after or call.before
    if side is not None and call.sign in ("added", "removed"):
        notes += _side_notes(side, guide)
    if call.takes:
        verb = "takes over" if call.after else "gave back"
        notes.append(f"{verb} {', '.join(call.takes)}")
    if call.moved:
        notes.append(_moved(call))
    for change in call.changes:
        if change.what == "targets" and side is not None and side.kind == "direct":
            notes.append(f"definitions {change.before} {guide.arrow} {change.after}")
        elif note := _change(change, guide):
            notes.append(note)
    if call.targets and len(call.targets) == 1 and _direct(call):  # said of the function, too
        told = {note for change in call.targets[0].changes if (note := _change(change, guide))}
        notes = [note for note in notes if note not in told]
    return "".join(f"  {note}" for note in notes)


def _side_notes(side: CallSide, guide: Guide) -> Iterator[str]:
    """What is said of a call that only one kernel has."""
    if side.count > 1:
        yield f"{guide.times}{side.count}"
    if side.guard:
        yield f"{{{side.guard}}}"
    if side.macros:
        yield f"via {side.macros[0]}"
    if side.kind != "direct" and side.slot:
        yield f"{side.slot}, " + (plural(side.total, "target") if side.total else "unresolved")


def _moved(call: DiffCall) -> str:
    """Where a call was or is; with both sides here, in which of them it was."""
    if call.before and call.after:
        return f"moved here from {call.moved}" if call.sign != "removed" else f"moved to {call.moved}"
    return f"moved from {call.moved}" if call.after else f"moved to {call.moved}"


def _change(change: Change, guide: Guide) -> str:
    before, after = change.before, change.after
    match change.what:
        case "arguments" | "expression" | "condition" | "assignment" | "result":
            return ""
        case "count":
            return f"{guide.times}{before} {guide.arrow} {guide.times}{after}"
        case "guard":
            return f"{{{before or 'always'}}} {guide.arrow} {{{after or 'always'}}}"
        case "macro":
            return (
                f"no longer via {before}" if not after else f"via {after}" + (f", was {before}" if before else "")
            )
        case "order":
            return f"reordered: now {_after(after)}, was {_after(before)}"
        case "targets":
            return f"targets {before} {guide.arrow} {after}"
        case "name":
            return f"was {before}" + (f" ({change.note})" if change.note else "")
        case "file":
            return f"moved from {before} to {after}"
        case "linkage":
            words = {"internal": "static", "external": "not static", "weak": "weak"}
            return f"{words.get(before, before)} {guide.arrow} {words.get(after, after)}"
        case _:
            return f"{before} {guide.arrow} {after}"


def _after(name: str) -> str:
    return f"after {name}" if name else "first"


def _function_notes(function: DiffFunction, guide: Guide) -> str:
    notes = [note for change in function.changes if (note := _change(change, guide))]
    if function.mark == "repeated" and function.sign != "same":
        notes.append("shown elsewhere")
    if function.mark == "cut" and function.sign in ("added", "removed"):
        notes.append(guide.more)
    return "".join(f"  {note}" for note in notes)
