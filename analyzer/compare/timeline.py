"""A symbol in one version of a kernel, from the facts of the files that mention it, and what differs to the next.

A symbol is found by its text: definitions, members, constants, the calls that a function spells. Nothing is
resolved, so that a version costs no more than the files that changed. Not handled: calls that macros make, targets
that are assigned and not initialized.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from analyzer.compare import declarations
from analyzer.compare.sites import plain
from analyzer.model.callgraph import Function, FunctionRef, Linkage, Parameter
from analyzer.model.difference import PartChange
from analyzer.model.facts import Definition, FileFacts
from analyzer.model.history import HistoryChange, HistoryKind, HistoryPart, HistoryWhat

_HEAD = re.compile(r"^(?:COMPAT_)?SYSCALL(?:32)?_DEFINE\w*\s*\(\s*(\w+)\s*,?(.*)\)\s*$", re.DOTALL)
_LAST_MEMBER = re.compile(r"(?:->|\.)\s*(\w+)\W*$")
_STRUCT = re.compile(r"\b(?:struct|union)\s+(\w+)")
_EDGE = re.compile(r"^(\w+)\s*(?:->|→)\s*(\w+)$")
_TARGET = re.compile(r"^(?:struct\s+)?(\w+)\.(\w+)$")
_FILE = re.compile(r"^(.+\.[chS]):(\w+)$")
_PREFIXED = re.compile(r"^(?:struct|union|enum)\s+(\w+)$")
_SYSCALL = re.compile(r"^(compat_)?sys_(\w+)$")

Files = Mapping[str, FileFacts]


@dataclass(frozen=True, slots=True)
class Symbol:
    """What is followed: `form` is name, edge, target or family; `second` the callee of an edge or the field of a
    target; `file` restricts a name to a file."""

    form: str
    name: str
    second: str = ""
    file: str = ""
    tagged: bool = False  # spelled `struct x`

    def mentioned(self, data: bytes) -> bool:
        """Whether a file's bytes can matter; quick, and rather too often true than too rarely."""
        if self.form == "target":
            return self.name.encode() in data and self.second.encode() in data
        if self.name.encode() in data:
            return True
        match = _SYSCALL.match(self.name)
        return bool(match) and b"SYSCALL_DEFINE" in data and f"({match[2]}".encode() in data if match else False


def parse_symbol(text: str) -> Symbol:
    """What a person names: `sk_alloc`, `net/socket.c:sock_create`, `struct proto`, `AF_*`, `sock_create ->
    __sock_create`, `proto.init`."""
    wanted = text.strip().removesuffix("()")
    if match := _EDGE.match(wanted):
        return Symbol("edge", match[1], match[2])
    if match := _FILE.match(wanted):
        return Symbol("name", match[2], file=match[1])
    if match := _TARGET.match(wanted):
        return Symbol("target", match[1], match[2])
    if match := _PREFIXED.match(wanted):
        return Symbol("name", match[1], tagged=True)
    if wanted.endswith("*"):
        return Symbol("family", wanted.rstrip("*"))
    return Symbol("name", wanted)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The symbol in one version. `parts` are ordered lists by what they are, `values` single properties."""

    kind: HistoryKind
    file: str = ""
    line: int = 0
    text: str = ""
    function: Function | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    parts: Mapping[str, tuple[declarations.Part, ...]] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """Where it is defined."""
        return f"{self.file}:{self.line}" if self.file else ""


def snapshot(
    symbol: Symbol, files: Files, *, near: str = "", hides: Callable[[str], bool] | None = None
) -> Snapshot | None:
    """The symbol in a version whose mentioning files are given, None when it is not there. `near` is the file
    in which the version before had it; `hides` leaves callees out."""
    match symbol.form:
        case "target":
            return _slot(symbol, files)
        case "family":
            return _family(symbol, files)
        case "edge":
            return _edge(symbol, files, near)
    found = None if symbol.tagged else _function(symbol, files, near, hides)
    return found or _record(symbol, files, near) or _table(symbol, files, near) or _constant(symbol, files, near)


def candidates(symbol: Symbol, files: Files) -> list[str]:
    """The files that define a function of the name."""
    return [path for path, _ in _definitions(symbol, files)]


def _definitions(symbol: Symbol, files: Files) -> Iterator[tuple[str, Definition]]:
    for path in sorted(files):
        if symbol.file and not (path == symbol.file or path.endswith(f"/{symbol.file}")):
            continue
        for definition in files[path].definitions:
            if _named(definition) == symbol.name:
                yield path, definition


def _named(definition: Definition) -> str:
    if definition.head:
        match = _HEAD.match(definition.head)
        if match:
            return f"{'compat_' if definition.head.startswith('COMPAT') else ''}sys_{match[1]}"
    return definition.name


def _defined(symbol: Symbol, files: Files, near: str) -> tuple[str, Definition] | None:
    """The definition that counts: where it was before, else the one that is no static, no stub and does most."""
    found = list(_definitions(symbol, files))
    if not found:
        return None

    def rank(item: tuple[str, Definition]) -> tuple[bool, bool, bool, int, str, int]:
        path, definition = item
        stub = len(definition.calls) + len(definition.indirect) == 0 and definition.end_line - definition.line <= 4
        return (
            definition.static and path != near,
            stub,
            path != near,
            -definition.end_line + definition.line,
            path,
            0,
        )

    return min(found, key=rank)


def _described(path: str, definition: Definition, name: str) -> Function:
    linkage: Linkage = "weak" if definition.weak else "internal" if definition.static else "external"
    match = _HEAD.match(definition.head) if definition.head else None
    parameters, result = definition.parameters, definition.return_type
    if match:
        words = [word.strip() for word in match[2].split(",") if word.strip()]
        parameters = tuple(Parameter(type_, name) for type_, name in zip(words[::2], words[1::2], strict=False))
        result, linkage = "long", "external"
    return Function(
        FunctionRef(name, path, definition.line),
        definition.end_line,
        linkage,
        definition.inline,
        result,
        parameters,
    )


def _function(symbol: Symbol, files: Files, near: str, hides: Callable[[str], bool] | None) -> Snapshot | None:
    defined = _defined(symbol, files, near)
    if defined is None:
        return None
    path, definition = defined
    function = _described(path, definition, symbol.name)
    callees = [call for call in _spelled(definition) if hides is None or not hides(call)]
    callers = sum(
        1
        for facts in files.values()
        for other in facts.definitions
        if other is not definition and any(call.name == symbol.name for call in other.calls)
    )
    return Snapshot(
        "function",
        path,
        definition.line,
        function.signature,
        function,
        {"linkage": function.linkage, "inline": "inline" if function.inline else "", "callers": str(callers)},
        {"callee": tuple(declarations.Part(name, "") for name in callees)},
    )


def _spelled(definition: Definition) -> list[str]:
    """What a function calls by its text, each once: names, and the members that computed calls go through."""
    found = [(call.start, call.name) for call in definition.calls]
    for call in definition.indirect:
        match = _LAST_MEMBER.search(call.callee)
        found.append((call.start, f"->{match[1]}" if match else call.callee))
    return list(dict.fromkeys(name for _, name in sorted(found)))


def _nearest(found: list[tuple[tuple[bool, ...], Snapshot]], near: str) -> Snapshot | None:
    ranked = sorted(found, key=lambda f: (f[1].file != near, *f[0], f[1].file, f[1].line))
    return ranked[0][1] if ranked else None


def _record(symbol: Symbol, files: Files, near: str) -> Snapshot | None:
    found: list[tuple[tuple[bool, ...], Snapshot]] = []
    for path, facts in files.items():
        rank = (not path.startswith(("include/", "arch/")),)
        for record in facts.records:
            if record.tag == symbol.name:
                members = tuple(declarations.Part(f.name, f.type, f.guard) for f in record.fields)
                kind: HistoryKind = "union" if record.kind == "union" else "struct"
                text = f"{kind} {symbol.name} ({len(members)} members)"
                found.append((rank, Snapshot(kind, path, record.line, text, parts={"member": members})))
        for enum in facts.enums:
            if enum.tag == symbol.name:
                constants = tuple(declarations.Part(c.name, c.value) for c in enum.constants)
                text = f"enum {symbol.name} ({len(constants)} constants)"
                found.append((rank, Snapshot("enum", path, enum.line, text, parts={"constant": constants})))
    if not found:
        return None
    most = max(_size(shown) for _, shown in found)
    return _nearest([((*rank, _size(shown) < most), shown) for rank, shown in found], near)


def _size(shown: Snapshot) -> int:
    return sum(len(parts) for parts in shown.parts.values())


def _table(symbol: Symbol, files: Files, near: str) -> Snapshot | None:
    found: list[tuple[tuple[bool, ...], Snapshot]] = []
    for path, facts in files.items():
        for variable in facts.objects:
            if variable.name == symbol.name and variable.defined and not variable.function:
                entries = tuple(declarations.Part(e.path.lstrip("."), e.value, e.guard) for e in variable.entries)
                text = f"{plain(variable.type)} {symbol.name}"
                shown = Snapshot(
                    "table", path, variable.line, text, values={"value": variable.value}, parts={"entry": entries}
                )
                found.append(((not entries,), shown))
    return _nearest(found, near)


def _constant(symbol: Symbol, files: Files, near: str) -> Snapshot | None:
    found: list[tuple[tuple[bool, ...], Snapshot]] = []
    for path, facts in files.items():
        rank = (not path.startswith(("include/", "arch/")),)
        for macro in facts.macros:
            if macro.name == symbol.name:
                head = symbol.name if macro.parameters is None else f"{symbol.name}({', '.join(macro.parameters)})"
                found.append(
                    (
                        rank,
                        Snapshot("macro", path, macro.line, f"{head} {macro.body}", values={"value": macro.body}),
                    )
                )
        for enum in facts.enums:
            for constant, value in declarations.numbered(enum):
                if constant.name == symbol.name:
                    shown = Snapshot(
                        "constants", path, constant.line, f"{symbol.name} = {value}", values={"value": value}
                    )
                    found.append((rank, shown))
        for typedef in facts.typedefs:
            if typedef.name == symbol.name:
                text = f"typedef {typedef.type} {typedef.name}"
                found.append((rank, Snapshot("typedef", path, typedef.line, text, values={"value": typedef.type})))
    return _nearest(found, near)


def _family(symbol: Symbol, files: Files) -> Snapshot | None:
    best: tuple[int, str, list[declarations.Part], int] | None = None
    for path in sorted(files):
        if not path.startswith(("include/", "arch/")):
            continue
        facts = files[path]
        found = [
            (c.line, declarations.Part(c.name, value))
            for enum in facts.enums
            for c, value in declarations.numbered(enum)
            if c.name.startswith(symbol.name)
        ]
        found += [
            (m.line, declarations.Part(m.name, m.body))
            for m in facts.macros
            if m.name.startswith(symbol.name) and m.parameters is None and m.body
        ]
        found.sort(key=lambda f: f[0])
        if found and (best is None or len(found) > best[0]):
            best = len(found), path, [part for _, part in found], found[0][0]
    if best is None:
        return None
    text = f"{symbol.name}* ({best[0]} constants)"
    return Snapshot("constants", best[1], best[3], text, parts={"constant": tuple(best[2])})


def _edge(symbol: Symbol, files: Files, near: str) -> Snapshot | None:
    defined = _defined(Symbol("name", symbol.name), files, near)
    if defined is None:
        return None
    path, definition = defined
    calls = [call for call in definition.calls if call.name == symbol.second]
    if not calls:
        return None
    return Snapshot(
        "edge",
        path,
        calls[0].line,
        f"{symbol.name} -> {symbol.second}",
        values={"call": f"{len(calls)} calls" if len(calls) > 1 else "1 call", "guard": calls[0].guard},
    )


def _slot(symbol: Symbol, files: Files) -> Snapshot | None:
    """What initializers put into a struct's field, by table."""
    found: dict[str, str] = {}
    for path in sorted(files):
        for variable in files[path].objects:
            if symbol.name not in _STRUCT.findall(variable.type):
                continue
            for entry in variable.entries:
                if entry.path.rpartition(".")[2] == symbol.second and entry.value not in ("NULL", "0"):
                    found.setdefault(entry.value, variable.name)
    if not found:
        return None
    parts = tuple(declarations.Part(value, f"[{table}]") for value, table in sorted(found.items()))
    return Snapshot(
        "target", text=f"{symbol.name}.{symbol.second} ({len(parts)} targets)", parts={"target": parts}
    )


def changes(before: Snapshot | None, after: Snapshot | None) -> tuple[HistoryChange, ...]:
    """What differs between a symbol in two versions."""
    if before is None or after is None:
        shown = after or before
        if shown is None:
            return ()
        what: HistoryWhat = "added" if after else "removed"
        return (HistoryChange("definition", what, shown.text),)
    return tuple(_changes(before, after))


def _changes(before: Snapshot, after: Snapshot) -> Iterator[HistoryChange]:
    if before.file != after.file and before.kind != "target":
        yield HistoryChange("file", "moved", after.file, before.file, after.file)
    if before.kind != after.kind:
        yield HistoryChange("definition", "changed", after.text, before.kind, after.kind)
    if before.function and after.function:
        signature = declarations.signature(before.function, after.function)
        for change in signature.changes if signature else ():
            yield _parameter(change)
    for name in ("linkage", "inline", "value", "call", "callers"):
        one, other = before.values.get(name, ""), after.values.get(name, "")
        if plain(one) != plain(other):
            yield HistoryChange(_PART[name], "changed", name, one, other)
    for name in sorted({*before.parts, *after.parts}):
        ordered = name in ("member", "entry", "constant")
        yield from _lists(name, before.parts.get(name, ()), after.parts.get(name, ()), ordered=ordered)


_PART: dict[str, HistoryPart] = {
    "linkage": "linkage",
    "inline": "inline",
    "value": "value",
    "call": "call",
    "callers": "callers",
    "member": "member",
    "entry": "entry",
    "constant": "constant",
    "callee": "callee",
    "target": "target",
}


def _parameter(change: PartChange) -> HistoryChange:
    if change.what == "returns":
        return HistoryChange("returns", "changed", "", change.before, change.after)
    return HistoryChange("parameter", _WHAT[change.what], change.name, change.before, change.after)


_WHAT: dict[str, HistoryWhat] = {
    "added": "added",
    "removed": "removed",
    "moved": "moved",
    "type": "changed",
    "value": "changed",
    "name": "renamed",
    "guard": "changed",
    "returns": "changed",
}


def _lists(
    part: str, before: Sequence[declarations.Part], after: Sequence[declarations.Part], *, ordered: bool
) -> Iterator[HistoryChange]:
    if part == "constant":
        one = {p.name: declarations.Constant(p.text, True) for p in before}
        other = {p.name: declarations.Constant(p.text, True) for p in after}
        family = declarations.constants("", one, other)
        found: Iterable[PartChange] = family.changes if family else ()
    elif ordered:
        found = declarations.parts(
            before, after, what="type" if part == "member" else "value", order=part == "member"
        )
    else:
        left, right = {p.name: p for p in before}, {p.name: p for p in after}
        found = [PartChange("removed", n, p.text, "") for n, p in left.items() if n not in right]
        found += [PartChange("added", n, "", p.text) for n, p in right.items() if n not in left]
    for change in found:
        yield HistoryChange(_PART[part], _WHAT[change.what], change.name, change.before, change.after)
