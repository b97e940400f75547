"""A comparison as text: a summary, the merged tree, and what changed in signatures, types, targets and constants.

Unified below each other, or side by side within a width. Not handled: other formats (`analyzer.render.diffpages`).
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analyzer.model.difference import Difference, PartChange, Restructured, TargetsChange
from analyzer.render.difflines import ASCII, UNICODE, Guide, Line, tree_lines
from analyzer.render.words import plural

if TYPE_CHECKING:
    from rich.text import Text

SECTIONS = ("tree", "signatures", "targets", "structs", "constants")
_LISTED = 12  # targets and constants of one change that are named; the JSON has all
_NAMED = 6  # calls of one line of the summary
_COLOURS = {"+": "green", "-": "red", "~": "yellow", "#": "bold", " ": ""}
_ENTRIES = {"value": "changed", "name": "renamed", "guard": "under another condition"}
Row = tuple[str, str]  # sign, text


@dataclass(frozen=True, slots=True)
class DiffOptions:
    """`sections` of SECTIONS; `width` > 0 puts the tree side by side in so many columns."""

    sections: Collection[str] = SECTIONS
    width: int = 0
    ascii: bool = False


def difference_text(difference: Difference, options: DiffOptions | None = None) -> str:
    """Plain text; a line feed after every line."""
    return "".join(f"{text}".rstrip() + "\n" for _, text in rows(difference, options or DiffOptions()))


def difference_rich(difference: Difference, options: DiffOptions | None = None) -> "Text":
    """The same with colours by sign."""
    from rich.text import Text  # only a terminal needs it

    result = Text()
    for sign, text in rows(difference, options or DiffOptions()):
        result.append(text.rstrip() + "\n", style=_COLOURS.get(sign, ""))
    return result


def rows(difference: Difference, options: DiffOptions) -> Iterator[Row]:
    """Every line with the sign it is coloured by (`#`: a heading)."""
    guide = ASCII if options.ascii else UNICODE
    yield "#", title(difference, guide.arrow)
    for line in summary(difference, guide.arrow):
        yield " ", f"  {line}"
    sections: tuple[tuple[str, str, Callable[[], Iterator[Row]]], ...] = (
        ("tree", "Tree", lambda: _tree(difference, guide, options.width)),
        ("signatures", "Signatures", lambda: _signatures(difference, guide)),
        ("targets", "Targets of computed calls", lambda: _targets(difference, guide)),
        ("structs", "Structs and tables", lambda: _types(difference, guide)),
        ("constants", "Constants", lambda: _constants(difference, guide)),
    )
    for name, heading, make in sections:
        if name in options.sections:
            made = list(make())
            if made:
                yield " ", ""
                yield "#", heading
                yield from made


def title(difference: Difference, arrow: str) -> str:
    """What is compared."""
    before, after = difference.before, difference.after
    name = (
        before.root.name
        if before.root.name == after.root.name
        else f"{before.root.name} {arrow} {after.root.name}"
    )
    if difference.bind:
        name += f" with {', '.join(difference.bind)}"
    return f"{name}: Linux {before.version} {arrow} {after.version}"


def summary(difference: Difference, arrow: str) -> list[str]:
    """The most important first: one line per kind of difference; what is the same when nothing differs."""
    counts = difference.counts
    depth = plural(difference.depth, "call")
    if difference.empty:
        return [f"no difference within {depth} ({plural(counts.compared, 'function')} compared)"]
    lines = [f"{plural(counts.compared, 'function')} compared within {depth}, {counts.differing} differ"]
    functions = [
        (counts.functions_added, "new"),
        (counts.functions_removed, "gone"),
        (len(difference.renamed), "renamed"),
    ]
    calls = [
        (counts.calls_added, "added"),
        (counts.calls_removed, "removed"),
        (counts.calls_changed, "changed"),
        (counts.calls_reordered, "reordered"),
        (len(difference.moved), "moved"),
    ]
    for subject, parts in (("functions", functions), ("calls", calls)):
        if told := ", ".join(f"{count} {what}" for count, what in parts if count):
            lines.append(f"{subject}: {told}")
    tables = sum(change.kind == "table" for change in difference.types)
    parts = [
        (len(difference.signatures), "signature"),
        (len(difference.types) - tables, "struct"),
        (tables, "table"),
        (len(difference.targets), "slot"),
        (sum(len(family.changes) for family in difference.constants), "constant"),
    ]
    told = ", ".join(plural(count, what) for count, what in parts if count)
    if told:
        lines.append(f"declarations: {told}")
    if difference.unclear:
        lines.append(f"unclear (made by macros that only one side's text resolves): {len(difference.unclear)}")
        lines += [f"  {call}" for call in difference.unclear[:_LISTED]]
    if difference.macros:
        lines.append(f"functions that are macros on one side: {', '.join(difference.macros)}")
    lines += [restructured(item, arrow) for item in difference.restructured]
    lines += [f"moved: {m.callee}() from {m.before} to {m.after}" for m in difference.moved]
    lines += [f"renamed: {r.before} {arrow} {r.after} ({r.score:.2f})" for r in difference.renamed]
    return lines


def restructured(item: Restructured, arrow: str) -> str:
    """`wrapped: sys_socket → __sys_socket → sock_map_fd`."""
    chain = f" {arrow} ".join((item.function, *item.chain))
    more = f" and {len(item.calls) - _NAMED} more" if len(item.calls) > _NAMED else ""
    calls = ", ".join(item.calls[:_NAMED]) + more
    if item.where == "after":
        return f"{item.how}: {chain}, which now calls {calls}"
    return f"merged: {item.function} itself now calls {calls}, not by way of {f' {arrow} '.join(item.chain)}"


def _tree(difference: Difference, guide: Guide, width: int) -> Iterator[Row]:
    if difference.tree.sign == "same":
        return
    for line in tree_lines(difference.tree, guide):
        if width:
            if not line.detail:
                yield line.sign, _beside(line, width)
        else:
            yield line.sign, f"{line.sign} {line.guide}{line.both}{line.notes}"


def _beside(line: Line, width: int) -> str:
    """Both sides in columns, cut at the width."""
    half = (width - 3) // 2
    left = f"{line.guide}{line.before}" if line.before else ""
    right = f"{line.guide}{line.after}" if line.after else ""
    if line.notes:
        right, left = (f"{right}{line.notes}", left) if line.after else (right, f"{left}{line.notes}")
    changed = line.sign in "+-" and line.before and line.after
    mark = "|" if changed else {"+": ">", "-": "<", "~": "|"}.get(line.sign, " ")
    return f"{_cut(left, half).ljust(half)} {mark} {_cut(right, half)}"


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: max(width - 1, 0)] + "…"


def _signatures(difference: Difference, guide: Guide) -> Iterator[Row]:
    for change in difference.signatures:
        yield "~", f"~ {change.name}  ({places(change.before_place, change.after_place, guide.arrow)})"
        yield "-", f"-     {change.before}"
        yield "+", f"+     {change.after}"
        yield " ", f"      {'; '.join(part(c, guide.arrow) for c in change.changes)}"


def places(before: str, after: str, arrow: str) -> str:
    """`net/socket.c:12 → :15`, or one place where there is only one."""
    if not before or not after:
        return before or after
    file, _, line = after.rpartition(":")
    if before.rpartition(":")[0] == file:
        return before if before == after else f"{before} {arrow} :{line}"
    return f"{before} {arrow} {after}"


def part(change: PartChange, arrow: str) -> str:
    """One changed parameter, member, entry or constant in a few words."""
    match change.what:
        case "added":
            return f"{change.name} added ({change.after})" if change.after else f"{change.name} added"
        case "removed":
            return f"{change.name} removed ({change.before})" if change.before else f"{change.name} removed"
        case "moved":
            return f"{change.name} moved: {_behind(change.after)}, was {_behind(change.before)}"
        case "name":
            return f"{change.before} renamed to {change.after}"
        case "guard":
            return f"{change.name}: {{{change.before or 'always'}}} {arrow} {{{change.after or 'always'}}}"
        case "returns":
            return f"returns {change.before} {arrow} {change.after}"
        case _:
            return f"{change.name}: {change.before or '(none)'} {arrow} {change.after or '(none)'}"


def _behind(name: str) -> str:
    return f"behind {name}" if name else "first"


def _targets(difference: Difference, guide: Guide) -> Iterator[Row]:
    for change in difference.targets:
        callers = ", ".join(f"{name}()" for name in change.callers[:3])
        more = f", +{len(change.callers) - 3}" if len(change.callers) > 3 else ""
        yield "~", f"~ {change.slot}: {change.before} {guide.arrow} {change.after} targets  (in {callers}{more})"
        yield from _listed("-", change, guide)
        yield from _listed("+", change, guide)


def _listed(sign: str, change: TargetsChange, guide: Guide) -> Iterator[Row]:
    targets = change.added if sign == "+" else change.removed
    for target in targets[:_LISTED]:
        objects = f"  [{', '.join(target.objects[:3])}]" if target.objects else ""
        yield sign, f"{sign}     {target.name}{objects}"
    if len(targets) > _LISTED:
        yield sign, f"{sign}     {guide.more} {len(targets) - _LISTED} more"


def _types(difference: Difference, guide: Guide) -> Iterator[Row]:
    for change in difference.types:
        what = f"{change.kind} {change.name}"
        where = places(change.before_place, change.after_place, guide.arrow)
        if not change.before_place or not change.after_place:
            sign = "+" if change.after_place else "-"
            yield sign, f"{sign} {what}  ({where})"
            continue
        if change.kind == "table" and not any(c.used for c in change.changes):
            continue
        yield "~", f"~ {what}  ({where})"
        yield from _parts(change.changes, guide)
    yield from _unused_entries(difference, guide)


def _unused_entries(difference: Difference, guide: Guide) -> Iterator[Row]:
    """Entries that the tree's calls do not use, told once for all tables in which they differ alike."""
    alike: dict[tuple[str, str], list[str]] = {}
    for change in difference.types:
        if change.kind == "table" and not any(c.used for c in change.changes):
            for entry in change.changes:
                alike.setdefault((entry.what, entry.name), []).append(change.name)
    crowds: dict[tuple[str, ...], dict[str, int]] = {}
    for (what, _), tables in alike.items():
        told = crowds.setdefault(tuple(tables), {})
        told[what] = told.get(what, 0) + 1
    crowds = {tables: told for tables, told in crowds.items() if sum(told.values()) > _NAMED}
    for (what, name), tables in alike.items():
        if tuple(tables) in crowds:
            continue
        shown = ", ".join(tables[:3]) + (f", +{len(tables) - 3}" if len(tables) > 3 else "")
        yield "~", f"~ {name} {_ENTRIES.get(what, what)} in {plural(len(tables), 'table')}: {shown}"

    for names, told in crowds.items():
        words = ", ".join(f"{count} {_ENTRIES.get(what, what)}" for what, count in told.items())
        shown = ", ".join(names[:3]) + (f", +{len(names) - 3}" if len(names) > 3 else "")
        yield "~", f"~ {sum(told.values())} entries in {shown}: {words}"


def _parts(changes: Sequence[PartChange], guide: Guide) -> Iterator[Row]:
    if len(changes) > _LISTED:  # what the tree's functions name in full, of the rest only the names
        unused = [change for change in changes if not change.used and change.what != "moved"]
        changes = [change for change in changes if change.used]
    else:
        unused = []
    moved = [change.name for change in changes if change.what == "moved"]
    for change in changes:
        if change.what == "added":
            yield "+", f"+     {_member(change.name, change.after)}"
        elif change.what == "removed":
            yield "-", f"-     {_member(change.name, change.before)}"
        elif change.what != "moved":
            yield "~", f"~     {part(change, guide.arrow)}"
    if moved:
        shown = ", ".join(moved[:_LISTED]) + (f" and {len(moved) - _LISTED} more" if len(moved) > _LISTED else "")
        yield "~", f"~     moved among the others: {shown}"
    if unused:
        told = ", ".join(dict.fromkeys({"added": "+", "removed": "-"}.get(c.what, "~") + c.name for c in unused))
        yield "~", f"~     not used here: {told}"


def _member(name: str, text: str) -> str:
    return f"{name}: {text}" if text else name


def _constants(difference: Difference, guide: Guide) -> Iterator[Row]:
    for family in difference.constants:
        alone = len(family.changes) == 1 and family.changes[0].name == family.family
        if not alone:
            yield "~", f"~ {family.family}"
        pad = "" if alone else "    "
        shown = [c for c in family.changes if c.what == "value"]
        shown += [c for c in family.changes if c.what == "removed"][:_LISTED]
        added = [c for c in family.changes if c.what == "added"]
        shown += added[-_LISTED:]
        for change in shown:
            if change.what == "value":
                yield "~", f"~ {pad}{change.name}: {change.before} {guide.arrow} {change.after}"
            else:
                sign = "+" if change.what == "added" else "-"
                yield sign, f"{sign} {pad}{change.name} = {change.after or change.before}"
        left_out = len(family.changes) - len(shown)
        if left_out:
            yield " ", f"  {pad}{guide.more} {left_out} more"
