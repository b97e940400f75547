"""State lines and conditions of a note against a function's body.

A state line holds when the function, or a helper that it calls, assigns that; also when the value reaches the
assignment through a variable, a parameter or a table's member. Not handled: values computed by arithmetic, and
whether a condition can be true.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from analyzer.compare.kernel import Kernel, ObjectUse
from analyzer.compare.places import Place, Position
from analyzer.compare.spoken import SaidAssignment, SaidCall, SaidCondition, Spoken
from analyzer.compare.texts import (
    condition,
    condition_put_in,
    conjuncts,
    last_name,
    normal,
    same,
    substituted,
    variants,
)
from analyzer.model.body import STORING
from analyzer.model.callgraph import FunctionRef, Location
from analyzer.model.checks import Item, Verdict

_HELPERS = 2  # calls deep that an assignment may hide in
_HELPER_LINES = (200, 30)  # of a helper's length, by depth
_FLOW = 4  # variables that a value may come through
_HELPER_CALLS = 60
_LEAVING = {"break": ("loop", "switch", "case"), "continue": ("loop",)}
_MAX_ROUTES = 12  # ways to a helper that tell its place in the order

_Route = tuple[tuple[int, int], ...]  # the sites through which a helper is called
_LABEL = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?:\s*(?:/|\||,|or)\s*[A-Za-z][A-Za-z0-9_]*)*")
_CONSTANT = re.compile(r"[A-Z][A-Z0-9_]+")


def assignment(
    kernel: Kernel, place: Place, item: Item, labels: Sequence[str]
) -> tuple[Verdict, tuple[Position, ...]]:
    """The verdict on a state line and its positions in the order of the place's function. `labels`: the selectors
    that it stands under (`TCP` of `if TCP:`)."""
    lefts = [item.left]
    value = item.right
    while match := re.match(r"(\**[\w>.\-\[\]()]+)\s*=(?!=)\s*(.+)$", value):
        lefts.append(match[1])
        value = match[2]
    near: list[tuple[int, FunctionRef, SaidAssignment | SaidCall]] = []
    above = [f for outer in place.outer() for f in outer.functions]
    for function, values, routes in _bodies(kernel, place, last_name(item.left)):
        depth = len(routes[0])
        said = kernel.spoken(function)
        held: list[SaidAssignment | SaidCall] = []
        passed = (values, {**place.values, **{n: substituted(v, place.values) for n, v in values.items()}})
        for one in said.assignments:
            if not _assigns(lefts, one.targets, passed):
                near += [(depth + 10, function, one)] if _like(lefts[0], one.targets) else []
                continue
            stepped = one.operator in ("++", "--")
            if (
                one.operator == value
                if stepped
                else _means(kernel, [function, *above], one.value, value, {**place.values, **values})
            ):
                held.append(one)
                continue
            near.append((depth, function, one))
        for call in said.calls:
            if not _stores(call, lefts[0], passed):
                if call.arguments and _like(lefts[0], (call.arguments[0].lstrip("&"),)) and "ssign" in call.callee:
                    near.append((depth + 10, function, call))
                continue
            given = call.arguments[-1]
            if _means(kernel, [function, *above], given, value, {**place.values, **values}):
                held.append(call)
                continue
            near.append((depth, function, call))
        if held:
            return _held(kernel, held, said.file, value, labels, routes)
    if near:
        _, function, best = min(near, key=lambda n: (not _has_value(n[2], value), n[0], n[2].start))
        text = best.text if isinstance(best, SaidAssignment) else f"{best.callee}({', '.join(best.arguments)})"
        where = Location(kernel.spoken(function).file, *best.start)
        verdict = Verdict(
            "statement-changed",
            f"{function.name} has `{text}`",
            nearest=text,
            place=where,
            fix=("text", text) if isinstance(best, SaidAssignment) and function in place.functions else None,
        )
        return verdict, ()
    names = ", ".join(dict.fromkeys(f.name for f in place.functions)) or "the caller"
    return Verdict("statement-changed", f"{names} does not assign {item.left}"), ()


def stores_to(
    kernel: Kernel, function: FunctionRef, item: Item, place: Place
) -> Iterator[tuple[SaidAssignment | SaidCall, bool]]:
    """A function's stores to what a line assigns, and whether they are assignments (not calls that store)."""
    said = kernel.spoken(function)
    passed: _Passed = (place.values,)
    for one in said.assignments:
        if one.operator == "=" and _assigns([item.left], one.targets, passed):
            yield one, True
    for call in said.calls:
        if _stores(call, item.left, passed):
            yield call, False


def _has_value(said: SaidAssignment | SaidCall, value: str) -> bool:
    true = said.value if isinstance(said, SaidAssignment) else said.arguments[-1]
    return same(value, true)


def _held(
    kernel: Kernel,
    said: Sequence[SaidAssignment | SaidCall],
    file: str,
    value: str,
    labels: Sequence[str],
    routes: Sequence[_Route],
) -> tuple[Verdict, tuple[Position, ...]]:
    where = Location(file, *said[0].start)
    positions = tuple((file, (*route, at)) for route in routes for one in said for at in (one.start, one.behind))
    if labels and (wrong := contradicts(kernel, value, labels)):
        return Verdict("statement-changed", wrong[0], nearest=wrong[0], place=wrong[1]), positions
    return Verdict("statement-ok", place=where), positions


def _bodies(
    kernel: Kernel, place: Place, word: str
) -> Iterator[tuple[FunctionRef, dict[str, str], tuple[_Route, ...]]]:
    """The place's functions and the helpers that they call and that have a word in their text, each with what is
    passed to it and the sites through which it is called."""
    todo: list[tuple[FunctionRef, dict[str, str], tuple[_Route, ...]]] = [(f, {}, ((),)) for f in place.functions]
    seen = set(place.functions)
    while todo:
        function, values, routes = todo.pop(0)
        yield function, values, routes
        depth = len(routes[0])
        if depth >= _HELPERS:
            continue
        calls = kernel.spoken(function).calls[:_HELPER_CALLS]
        for call in calls:
            refs = kernel.refs(call.name) if call.name and kernel.has(call.name) else ()
            here = [r for r in refs if r.file == function.file] or (refs if len(refs) == 1 else ())
            for callee in here:
                helper = kernel.function(callee)
                if callee in seen or helper is None or helper.end_line - callee.line > _HELPER_LINES[depth]:
                    continue
                seen.add(callee)
                if depth + 1 == _HELPERS and not kernel.says(callee, word):
                    continue
                names = [p.name for p in helper.parameters]
                given = call.arguments
                passed = dict(zip(names, given, strict=True)) if len(names) == len(given) else {}
                sites = [c.start for c in calls if c.name == call.name]
                ways = tuple((*route, site) for route in routes for site in sites)[:_MAX_ROUTES]
                todo.append((callee, {n: substituted(a, values) for n, a in passed.items()}, ways))


_Passed = tuple[Mapping[str, str], ...]  # in the words of the callers, the nearest and the outermost


def _assigns(lefts: Sequence[str], targets: Sequence[str], passed: _Passed) -> bool:
    true = {normal(t) for t in targets} | {normal(substituted(t, values)) for values in passed for t in targets}
    return all(normal(left) in true or normal(left).lstrip("*") in true for left in lefts)


def _like(left: str, targets: Sequence[str]) -> bool:
    """Whether a target's last member is the line's, or its index."""
    name = last_name(left)
    if not re.search(r"->|\.", left):
        return False
    index = re.search(r"\[[^\]]+\]$", left)
    return any(last_name(t) == name or (index is not None and t.endswith(index[0])) for t in targets)


def _stores(call: SaidCall, left: str, passed: _Passed) -> bool:
    """`RCU_INIT_POINTER(left, v)`, `write_pnet(&left, v)`: a call whose first argument is what is written."""
    if len(call.arguments) != 2:
        return False
    first = call.arguments[0]
    for text in (first, *(substituted(first, values) for values in passed)):
        if normal(text.strip().removeprefix("&")) == normal(left) and (
            text.strip().startswith("&") or call.name in STORING or call.name.isupper() or "assign" in call.name
        ):
            return True
    return False


def _means(
    kernel: Kernel,
    functions: Sequence[FunctionRef],
    true: str,
    written: str,
    values: dict[str, str],
    depth: int = 0,
) -> bool:
    """Whether an expression of a function can have the value that the line says."""
    if same(written, true, values):
        return True
    # Tables are written with and without `&`.
    if re.fullmatch(r"\w+", normal(written).lstrip("&")) and normal(written).lstrip("&") == normal(true).lstrip(
        "&"
    ):
        return True
    if depth >= _FLOW:
        return False
    given = substituted(true, values)
    for text in dict.fromkeys((normal(true), normal(given))):
        if re.fullmatch(r"\w+", text):
            for one in (a for f in functions for a in kernel.spoken(f).assignments):
                if text in one.targets and _means(kernel, functions, one.value, written, values, depth + 1):
                    return True
        elif match := re.fullmatch(r"[\w>.\-\[\]()]*(?:->|\.)(\w+)", text):
            wanted = normal(written).lstrip("&")
            if any(use.field.rpartition(".")[2] == match[1] for use in kernel.uses(wanted)):
                return True
    return False


def selectors(items: Sequence[Item], at: int) -> list[int]:
    """The items above one, up to the next function, that may be branch labels: `if TCP:`."""
    found: list[int] = []
    parent = items[at].parent
    while parent >= 0 and items[parent].kind == "condition":
        if is_label(items[parent]):
            found.append(parent)
        parent = items[parent].parent
    return found


def is_label(item: Item) -> bool:
    """Whether a condition only names an alternative."""
    return (
        item.keyword in ("if", "case") and item.condition != "default" and bool(_LABEL.fullmatch(item.condition))
    )


def contradicts(kernel: Kernel, name: str, labels: Sequence[str]) -> tuple[str, Location] | None:
    """Whether the tables that hold an object belong to other constants than the label says: a sentence and
    the place."""
    table = normal(name).lstrip("&")
    uses = () if _CONSTANT.fullmatch(table) else kernel.uses(table)
    for label in labels:
        words = [w.strip().upper() for w in re.split(r"[/|,]|\bor\b", label)]
        rows = [u for u in uses if _constants(u)]
        if not rows or any(_selects(use, words) for use in rows):
            continue
        best = next((u for u in rows if u.field), rows[0])
        for value, use in kernel.rows(best.table, best.field) if best.field else ():
            if _selects(use, words):
                return f"{best.table} has {value} for {label}", use.place
        telling = [(f, c) for f, c in best.constants if re.match(r"(?:IPPROTO|[AP]F|SOCK|ETH_P)_", c)]
        told = ", ".join(f".{f} = {c}" for f, c in (telling or best.constants)[:2])
        return f"{name} stands with {told} in {best.table}, not with {label}", best.place
    return None


def _constants(use: ObjectUse) -> list[str]:
    return [c for _, c in use.constants if _CONSTANT.fullmatch(c)]


def _selects(use: ObjectUse, words: Sequence[str]) -> bool:
    return any(c == w or c.endswith("_" + w) for c in _constants(use) for w in words)


def label_verdict(kernel: Kernel, items: Sequence[Item], at: int) -> Verdict:
    """A branch label is true when what stands below it belongs to that constant."""
    item = items[at]
    words = [w.strip().upper() for w in re.split(r"[/|,]|\bor\b", item.condition)]
    below = [i for i in items if i.parent == at]
    known = False
    for child in below:
        name = child.right.rpartition("=")[2].strip() if child.kind == "assignment" else ""
        if child.kind == "pointer":
            name = child.callee[: child.callee.rfind(child.name)].rstrip("->.").rstrip("-")
        for use in kernel.uses(normal(name).lstrip("&")) if name else ():
            if _selects(use, words):
                return Verdict("statement-ok", f"{use.table} has it", place=use.place)
            known = known or bool(_constants(use))
    if known:
        return Verdict("unparsed", f"`{item.condition}` selects none of what stands below it")
    return Verdict("unparsed", f"`{item.condition}` names no condition of the source")


def jump_or_condition(
    kernel: Kernel, place: Place, item: Item, children: Sequence[Sequence[tuple[str, ...] | None]]
) -> tuple[Verdict, tuple[Position, ...]]:
    """The verdict on a condition, loop, case, label, goto or return. `children`: for each line below, what
    governs the calls that match it."""
    if item.keyword in _LEAVING:
        return _leaving(kernel, place, item), ()
    found: list[tuple[FunctionRef, SaidCondition]] = []
    near: list[tuple[FunctionRef, SaidCondition]] = []
    wanted = {condition(item.condition)}
    for function in place.functions:
        for said in (*kernel.spoken(function).conditions, *_inside(kernel.spoken(function), item.keyword)):
            if not _same_kind(item.keyword, said.keyword):
                continue
            if _reads(kernel, function, said, place, wanted):
                found.append((function, said))
            elif _resembles(item.condition, said.text):
                near.append((function, said))
    if not found:
        if near:
            function, said = near[0]
            where = Location(kernel.spoken(function).file, *said.start)
            text = f"{said.keyword} ({said.text})" if said.keyword in ("if", "switch") else said.text
            return Verdict("statement-changed", f"{function.name} has `{text}`", nearest=text, place=where), ()
        names = ", ".join(dict.fromkeys(f.name for f in place.functions)) or "the caller"
        return Verdict("statement-changed", f"{names} has no such {_noun(item.keyword)}"), ()
    at = Location(kernel.spoken(found[0][0]).file, *found[0][1].start)
    spans = tuple((kernel.spoken(f).file, (p,)) for f, s in found for p in dict.fromkeys((s.start, s.end)))
    for governed in children:
        known = [u for u in governed if u is not None]
        if not known or item.keyword not in ("if", "loop", "case", "switch"):
            continue
        function = found[0][0]
        if any(_governs(kernel, function, wanted, under, place) for under in known):
            continue
        if item.keyword == "case" and any(_in_case(item.condition, under) for under in known):
            continue
        true = known[0][-1] if known[0] else ""
        told = f"what stands below is under `{true}`" if true else "what stands below is under no condition"
        return Verdict("statement-changed", told, nearest=f"if ({true})" if true else "", place=at), spans
    return Verdict("statement-ok", place=at), spans


def _leaving(kernel: Kernel, place: Place, item: Item) -> Verdict:
    """`break` and `continue` are not told apart; there has to be something that they can leave."""
    for function in place.functions:
        for said in kernel.spoken(function).conditions:
            if said.keyword in _LEAVING[item.keyword]:
                return Verdict("statement-ok", place=Location(kernel.spoken(function).file, *said.start))
    return Verdict("statement-changed", f"there is no loop to {item.keyword}")


def _inside(said: Spoken, keyword: str) -> Iterator[SaidCondition]:
    """The conditions inside expressions (`?:`, `&&`), which trees write as `if`, by what they govern."""
    if keyword == "if":
        seen = {c.text for c in said.conditions}
        actions: list[SaidCall | SaidAssignment] = [*said.calls, *said.assignments]
        for one in actions:
            for text in one.under[-1:]:
                if text not in seen:
                    seen.add(text)
                    yield SaidCondition("if", text, one.start, one.start, one.under[:-1])


def _reads(kernel: Kernel, function: FunctionRef, said: SaidCondition, place: Place, wanted: set[str]) -> bool:
    """Whether a condition of the source may be quoted as one of the wanted ones."""
    if wanted & _readings(kernel, function, said, place):
        return True
    texts = conjuncts(said.text) if said.keyword in ("if", "loop") else [said.text]
    return bool(place.values) and any(condition_put_in(w, t, place.values) for w in wanted for t in texts)


def _readings(kernel: Kernel, function: FunctionRef, said: SaidCondition, place: Place) -> set[str]:
    """The texts that a condition of the source may be quoted as."""
    texts = list(conjuncts(said.text)) if said.keyword in ("if", "loop") else [said.text]
    result = {condition(v) for t in texts for v in variants(t, place.values)}
    if said.keyword in ("if", "switch", "loop"):
        single = _singles(kernel, function)
        result |= {condition(substituted(t, single)) for t in texts}
    if said.keyword == "guard":
        result |= {normal(said.text.removeprefix("defined")), *re.findall(r"\w+", said.text)}
    return result


def _singles(kernel: Kernel, function: FunctionRef) -> dict[str, str]:
    """Local variables that are assigned once, with their values."""
    counts: dict[str, list[str]] = {}
    for one in kernel.spoken(function).assignments:
        for target in one.targets:
            if re.fullmatch(r"\w+", target):
                counts.setdefault(target, []).append(one.value if one.operator == "=" else "")
    return {name: values[0] for name, values in counts.items() if len(values) == 1 and values[0]}


def _in_case(label: str, under: tuple[str, ...]) -> bool:
    return any(re.search(rf"==\s*{re.escape(label)}(?!\w)", text) for text in under)


def _governs(
    kernel: Kernel, function: FunctionRef, wanted: set[str], under: tuple[str, ...], place: Place
) -> bool:
    for text in under:
        inner = re.fullmatch(r"!\((.*)\)", text)
        said = SaidCondition("if", text, (0, 0), (0, 0), ())
        if _reads(kernel, function, said, place, wanted):
            return True
        if inner and any(
            condition("!" + w) in wanted or w in wanted
            for w in _readings(kernel, function, SaidCondition("if", inner[1], (0, 0), (0, 0), ()), place)
        ):
            return True
    # `if (x) goto out;` governs what follows it as its contrary.
    return any(w.startswith("!") and any(w[1:] == condition(t) for t in under) for w in wanted)


def _same_kind(written: str, true: str) -> bool:
    groups = ({"if", "loop"}, {"switch", "case"})
    return written == true or any(written in g and true in g for g in groups)


def _resembles(written: str, true: str) -> bool:
    mine = set(re.findall(r"[A-Za-z_]\w+", written))
    other = set(re.findall(r"[A-Za-z_]\w+", true))
    return bool(mine) and len(mine & other) >= max(1, (len(mine) + 1) // 2)


def _noun(keyword: str) -> str:
    return {"loop": "loop", "case": "case", "goto": "goto", "label": "label", "return": "return"}.get(
        keyword, "condition"
    )
