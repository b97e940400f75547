"""What goes into a study note, chosen from a call tree: what matters is what does most below it.

Chosen are: functions by the number of lines below them, ops tables by the targets that the tree follows, structs
by how many of the chosen functions take them, constants by standing in the tree.

Not handled: judging what a reader knows already.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from analyzer.graph.detail import Detail
from analyzer.graph.tree import CallTree, TreeFunction, TreeItem, TreeStep
from analyzer.model.callgraph import Edge, Function, FunctionRef
from analyzer.model.notes import FunctionNote, MainStep, StudyNote
from analyzer.model.shown import (
    ShownConstant,
    ShownConstants,
    ShownEnum,
    ShownObject,
    ShownRecord,
)
from analyzer.pipeline import views
from analyzer.pipeline.session import Session

_STRUCT = re.compile(r"\bstruct\s+(\w+)")
_CONSTANT = re.compile(r"(?<![\w\"])[A-Z][A-Z0-9]*_[A-Z0-9_]+\b")
_LITERAL = re.compile(r"\"(?:[^\"\\]|\\.)*\"")
_MAX_LINES = 500  # of a tree whose depth nobody asks for
_DEEPEST = 4
_MAX_STEPS = 12
_MAX_INNER_STEPS = 8  # of one step
_TRIVIAL = 4  # lines of a function that only reads or writes something
_MAX_TABLES = 8
_MAX_RECORDS = 8
_MAX_ENUMS = 4
_MAX_CONSTANTS = 40
_MAX_EXCERPT = 150  # lines
_MAX_WRAPPERS = 6
_SMALL_ENUM = 40


@dataclass(frozen=True, slots=True)
class NoteOptions:
    """`functions`: how many are described; `excerpts`: with their text. `options` repeat the note on a command
    line; `configuration` names the `.config`."""

    functions: int = 12
    excerpts: bool = False
    options: str = ""
    configuration: str = ""
    arch: str = "x86"
    bindings: tuple[str, ...] = ()


def readable_tree(session: Session, root: str, view: views.View, detail: Detail) -> CallTree:
    """The tree of a view, or, if its depth is 0, the deepest one that people read through: of at most 4 calls and,
    but for a first function that has more, 500 lines. Raises KcgError for unknown and ambiguous names."""
    if view.depth:
        return views.tree(session, root, view, detail)[0]
    tree, _ = views.tree(session, root, replace(view, depth=1), detail)
    for depth in range(2, _DEEPEST + 1):
        deeper, _ = views.tree(session, root, replace(view, depth=depth), detail)
        if _lines(deeper.root.items) > _MAX_LINES:
            break
        tree = deeper
    return tree


def study(session: Session, tree: CallTree, options: NoteOptions) -> StudyNote:
    """The contents of the note for a tree."""
    entry = session.function(tree.root.function)
    assert entry is not None, "a tree's root is defined"
    chosen = _important(session, tree, options.functions)
    functions = tuple(
        FunctionNote(function, session.comment(ref), _excerpt(session, ref, function) if options.excerpts else "")
        for ref in chosen
        if (function := session.function(ref)) is not None
    )
    tables = _tables(session, tree)
    records = _records(session, functions, tables)
    enums, families, constants = _constants(session, tree)
    return StudyNote(
        entry=entry,
        version=session.info.version,
        arch=options.arch,
        configuration=options.configuration,
        bindings=options.bindings,
        options=options.options,
        summary=session.comment(entry.ref),
        steps=_steps(session, tree.root),
        functions=functions,
        tables=tables,
        records=records,
        enums=enums,
        families=families,
        constants=constants,
    )


def _walk(place: TreeFunction) -> Iterator[TreeFunction]:
    yield place
    for item in _items(place.items):
        for target in item.targets:
            yield from _walk(target)


def _items(items: tuple[TreeItem | TreeStep, ...]) -> Iterator[TreeItem]:
    """The calls among lines, also those below steps."""
    for item in items:
        if isinstance(item, TreeItem):
            yield item
        else:
            yield from _items(item.items)


def _lines(items: tuple[TreeItem | TreeStep, ...]) -> int:
    """How many lines stand below a place."""
    count = 0
    for item in items:
        count += 1
        if isinstance(item, TreeStep):
            count += _lines(item.items)
        else:
            count += sum(_lines(target.items) for target in item.targets)
    return count


def _important(session: Session, tree: CallTree, limit: int) -> list[FunctionRef]:
    """The functions that do most, in order of appearance: those with most below them; where these are few, those
    whose calls the depth leaves out, too, the longest first."""
    order: dict[FunctionRef, int] = {}
    weights: dict[FunctionRef, tuple[int, int]] = {}
    for place in _walk(tree.root):
        order.setdefault(place.function, len(order))
        below = _lines(place.items)
        length = _weight(session, place) if place.mark == "cut" or place is tree.root else 0
        weights[place.function] = max(weights.get(place.function, (0, 0)), (below, length))
    ranked = sorted(weights, key=lambda ref: (-weights[ref][0], -weights[ref][1], order[ref]))
    kept = [ref for ref in ranked if any(weights[ref])][:limit]
    return sorted(kept, key=order.__getitem__)


def _excerpt(session: Session, ref: FunctionRef, function: Function) -> str:
    """A function's text, from its first line to its closing brace."""
    lines = session.source_lines(ref.file)
    start = ref.line - 1
    while start > 0 and lines[start - 1].strip() and not lines[start - 1].rstrip().endswith((";", "}", "*/", ")")):
        if lines[start - 1].lstrip().startswith("#"):
            break
        start -= 1
    text = lines[start : function.end_line]
    if len(text) > _MAX_EXCERPT:
        text = [*text[:_MAX_EXCERPT], "\t/* … */"]
    return "\n".join(line.rstrip() for line in text)


def _steps(session: Session, root: TreeFunction) -> tuple[MainStep, ...]:
    """The calls of the first function that does more than call another one."""
    return _steps_of(session, _unwrapped(root), _MAX_STEPS, inner=_MAX_INNER_STEPS)


def _unwrapped(place: TreeFunction) -> TreeFunction:
    """The first function on the way down that does more than call another one."""
    for _ in range(_MAX_WRAPPERS):
        calls = list(_items(place.items))
        if len(calls) != 1 or len(calls[0].targets) != 1 or not calls[0].targets[0].items:
            break
        place = calls[0].targets[0]
    return place


def _steps_of(session: Session, place: TreeFunction, limit: int, inner: int = 0) -> tuple[MainStep, ...]:
    """The calls of a place that do most, in source order, each with `inner` of its own."""
    found: list[tuple[int, TreeItem]] = []
    seen: set[str] = set()
    for item in _items(place.items):
        name = item.site.edge.expression.partition("(")[0]
        weight = max((_weight(session, target) for target in item.targets), default=0)
        if name in seen or not weight:
            continue
        seen.add(name)
        found.append((weight, item))
    heaviest = sorted(range(len(found)), key=lambda n: (-found[n][0], n))[:limit]
    return tuple(_step(session, found[n][1], inner) for n in sorted(heaviest))


def _weight(session: Session, target: TreeFunction) -> int:
    """How much a call does, as far as the tree and the length of the function tell; 0 for a detail."""
    if target.mark == "external" or (not target.items and target.mark == ""):
        return 0
    function = session.function(target.function)
    length = max(function.end_line - target.function.line - 1, 1) if function else 1
    return 1 if length <= _TRIVIAL and not target.items else length + _lines(target.items)


def _step(session: Session, item: TreeItem, inner: int) -> MainStep:
    targets = item.targets
    if item.site.single or len({t.function.name for t in targets}) == 1:  # or several definitions of one function
        return _step_of(session, item, max(targets, key=lambda t: _weight(session, t)), "", inner)
    label = session.selector(targets[0].edge) if targets[0].edge else ""
    below = tuple(
        _step_of(session, item, t, session.selector(t.edge) if t.edge else label, 0) for t in targets[:6]
    )
    return MainStep(item.expression or item.site.edge.expression, "", "", below)


def _step_of(session: Session, item: TreeItem, target: TreeFunction, label: str, inner: int) -> MainStep:
    comment = session.comment(target.function)
    call = f"{target.function.name}({', '.join(item.arguments)})"
    steps = _steps_of(session, _unwrapped(target), inner) if inner else ()
    return MainStep(call, comment.summary if comment else "", label, steps)


def _edges(tree: CallTree) -> Iterator[Edge]:
    for place in _walk(tree.root):
        for item in _items(place.items):
            for target in item.targets:
                if target.edge is not None:
                    yield target.edge


def _tables(session: Session, tree: CallTree) -> tuple[ShownObject, ...]:
    """The objects that put the followed targets into their slots."""
    counts: Counter[tuple[str, str]] = Counter()
    for edge in _edges(tree):
        if edge.slot is not None:
            counts.update({(e.file, e.object): 1 for e in edge.evidence if e.object}.keys())
    found: list[ShownObject] = []
    ranked = sorted(counts, key=lambda key: (-counts[key], *key))
    for file, name in ranked:
        if len(found) >= _MAX_TABLES:
            break
        for shown in session.definitions.objects(name):
            if shown.file == file and shown.entries:
                found.append(shown)
                break
    return tuple(sorted(found, key=lambda t: (t.file, t.line)))


def _records(
    session: Session, functions: tuple[FunctionNote, ...], tables: tuple[ShownObject, ...]
) -> tuple[ShownRecord, ...]:
    """The structs that the chosen functions take, and those of the tables, most used first."""
    counts: Counter[str] = Counter()
    for note in functions:
        types = [note.function.return_type, *(p.type for p in note.function.parameters)]
        counts.update({name for text in types for name in _STRUCT.findall(text)})
    counts.update({name: 2 for table in tables for name in _STRUCT.findall(table.type)})
    found: list[ShownRecord] = []
    for name in sorted(counts, key=lambda key: (-counts[key], key)):
        if len(found) >= _MAX_RECORDS:
            break
        record = next((r for r in session.definitions.records(name) if r.fields), None)
        if record is not None:
            found.append(record)
    return tuple(found)


def _texts(items: tuple[TreeItem | TreeStep, ...]) -> Iterator[str]:
    for item in items:
        if isinstance(item, TreeStep):
            yield item.text
            yield from _texts(item.items)
        else:
            yield item.expression or item.site.edge.expression
            for target in item.targets:
                yield from _texts(target.items)


def _constants(
    session: Session, tree: CallTree
) -> tuple[tuple[ShownEnum, ...], tuple[ShownConstants, ...], tuple[ShownConstant, ...]]:
    """Enums, families and single constants that stand in the tree."""
    counts: Counter[str] = Counter()
    for text in _texts(tree.root.items):
        counts.update(set(_CONSTANT.findall(_LITERAL.sub("", text))))
    for edge in _edges(tree):
        selector = session.selector(edge)
        if _CONSTANT.fullmatch(selector):
            counts[selector] += 1
    enums: dict[tuple[str, int], ShownEnum] = {}
    families: dict[str, ShownConstants] = {}
    constants: list[ShownConstant] = []
    covered: set[str] = set()
    ranked = [
        name for name in sorted(counts, key=lambda key: (-counts[key], key)) if not name.startswith("CONFIG_")
    ]
    for name in ranked[: 2 * _MAX_CONSTANTS]:
        if name in covered:
            continue
        known = session.definitions.constant(name)
        if known is None:
            continue
        if isinstance(known, ShownEnum):
            if len(enums) < _MAX_ENUMS and len(known.constants) <= _SMALL_ENUM:
                enums[known.file, known.line] = known
                covered.update(c.name for c in known.constants)
                continue
            known = next(c for c in known.constants if c.name == name)
        if known.alias and (family := session.definitions.family_of(known.alias)) is not None:
            families.setdefault(family.name, family)
        constants.append(known)
    shown = constants[:_MAX_CONSTANTS]
    return tuple(enums.values()), tuple(families.values()), tuple(sorted(shown, key=lambda c: (c.file, c.line)))
