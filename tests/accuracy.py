"""How much of what a compiler saw is in the exports, and how much of the exports the compiler saw.

    python tests/accuracy.py FACTS [--functions FILE] [--edges FILE] [--slots FILE] [--under PREFIX]

The facts (fixtures/facts/README.md) are of one configuration: what is `#if`ed out there is unknown,
not wrong. So recall means something always, precision only for exports with that configuration.
Callers and tables count when they are in files that the facts cover, below the prefixes.

functions           functions whose name stands in the text
functions.made      functions that macros make, but for those of trace events
calls.text          direct calls whose callee is named outside macro arguments
calls.macro_arg     ... named inside a macro's parentheses
calls.macro_body    ... made by a macro's expansion
calls.cleanup       ... made by a cleanup attribute
calls.precision     of the exported direct edges that can be judged, those the compiler saw
bound               of the found calls of known definitions, those bound to that file
indirect            (caller, struct, field) of calls through members
indirect.precision  of the exported member calls that can be judged, those of the right slot
slots               (struct, field, function) of initializers
slots.precision     of the exported entries that can be judged, the right ones
targets             over the found member calls, the functions that initializers put there
"""

import argparse
import gzip
import json
import re
import sys
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Row = Mapping[str, Any]
Call = tuple[str, str, str]  # caller's file, caller, callee
Member = tuple[str, str, str, str]  # caller's file, caller, struct, field

_WRAPPER = re.compile(r"^__(?:do|se|x64|ia32|do_compat|se_compat|x64_compat|ia32_compat)_sys_?(\w+)$")
_CLONE = re.compile(r"\.(?:isra|constprop|part|cold|llvm)\b.*$")
_TRACE_EVENT = re.compile(
    r"^(?:trace_|__traceiter|__bpf_trace_|perf_trace_|do_trace_|trace_event_|__probestub"
    r"|register_trace|unregister_trace|check_trace)"
)
# Sections whose entries the build keeps for itself, and the trampolines of static calls.
_BOOKKEEPING = (
    ".discard",
    "_kprobe_bl",
    ".exitcall",
    "__tracepoints",
    ".ref.data",
    "__bpf_raw_tp",
)
_TRAMPOLINE = "__SCT__"
# A call seen in several ways counts as the plainest of them.
_WAYS = ("text", "macro_arg", "cleanup", "macro_body")
_SHOWN_WAYS = ("text", "macro_arg", "macro_body", "cleanup")


@dataclass(frozen=True)
class Figure:
    """A share: so many found of so many, and what is missing or wrong."""

    found: int
    of: int
    misses: tuple[object, ...] = field(default=(), compare=False)

    @property
    def share(self) -> float | None:
        return round(self.found / self.of, 5) if self.of else None


@dataclass(frozen=True)
class Exports:
    """Rows of `kcg export`; None where that export is not judged."""

    functions: Iterable[Row] | None = None
    edges: Iterable[Row] | None = None
    slots: Iterable[Row] | None = None


class Facts:
    """The compiler's facts below some prefixes."""

    def __init__(self, folder: Path, under: Sequence[str] = ()) -> None:
        self._folder = folder
        prefixes = tuple(under) or ("",)
        self.functions = [r for r in self.rows("functions") if r["file"].startswith(prefixes)]
        self.files = {row["file"] for row in self.functions}
        self._dropped = _line_ranges(self.rows("skipped"), "from", "to")

    def rows(self, table: str) -> Iterator[Row]:
        return rows_of(self._folder / f"{table}.jsonl.gz")

    def dropped(self, file: str, line: int) -> bool:
        """Whether the configuration leaves a line out."""
        return _inside(self._dropped, file, line)


def score(facts: Facts, exports: Exports) -> dict[str, Figure]:
    """All figures of the given exports, by name."""
    figures: dict[str, Figure] = {}
    if exports.functions is not None:
        figures |= _functions(facts, exports.functions)
    if exports.edges is not None:
        figures |= _edges(facts, exports.edges)
    if exports.slots is not None:
        figures |= _slots(facts, exports.slots)
    return figures


def canonical(name: str) -> str:
    """One name for a system call's wrappers and for the two halves of a BPF helper."""
    name = _CLONE.sub("", name)
    if match := _WRAPPER.match(name):
        return f"sys_{match[1]}"
    return name.removeprefix("____") if name.startswith("____bpf_") else name


def _recall(wanted: Collection[Any], found: Collection[Any]) -> Figure:
    missing = tuple(sorted(set(wanted) - set(found)))
    return Figure(len(wanted) - len(missing), len(wanted), missing)


def _functions(facts: Facts, exported: Iterable[Row]) -> dict[str, Figure]:
    spelled: set[tuple[str, str]] = set()
    made: set[tuple[str, str]] = set()
    for row in facts.functions:
        if row["file"].endswith(".h"):
            continue  # seen by whichever file included it first
        if row.get("textual"):
            spelled.add((row["file"], canonical(row["name"])))
        elif not _TRACE_EVENT.match(row["name"]):
            made.add((row["file"], canonical(row["name"])))
    ours = {
        (row["file"], canonical(name))
        for row in exported
        if row.get("kind", "function") == "function"
        for name in (row["name"], *(row.get("aliases") or ()))
    }
    return {"functions": _recall(spelled, ours), "functions.made": _recall(made, ours)}


class _Seen:
    """What the compiler saw called, by whom."""

    def __init__(self, facts: Facts) -> None:
        self.ways: dict[Call, str] = {}
        self.definitions: dict[Call, set[str]] = defaultdict(set)
        self.callers: dict[str, set[str]] = defaultdict(set)
        self.members: set[Member] = set()
        self.fields: dict[tuple[str, str], set[str]] = defaultdict(set)
        self.macros: dict[str, set[str]] = defaultdict(set)
        for row in facts.functions:
            self.callers[row["file"]].add(canonical(row["name"]))
        for row in facts.rows("calls"):
            if row["caller_file"] in facts.files and row.get("class") != "compiletime":
                self._direct(row)
        self.calls: set[Call] = set(self.ways)
        for row in facts.rows("ast_calls"):
            if row["caller_file"] in facts.files:
                self._expression(row)
        for row in facts.rows("indirect"):
            if row["caller_file"] in facts.files:
                self._indirect(row)
        uses = [row for row in facts.rows("macros") if row["file"] in facts.files]
        for row in uses:
            self.macros[row["file"]].add(row["name"])
        self._uses = _line_ranges((row for row in uses if "eline" in row), "line", "eline")

    def _direct(self, row: Row) -> None:
        call = (row["caller_file"], canonical(row["caller"]), canonical(row["callee"]))
        if call[1] == call[2]:
            return
        way = row["via"].removesuffix("_noparen")
        way = way if way in _WAYS else _WAYS[-1]
        known = self.ways.get(call)
        if known is None or _WAYS.index(way) < _WAYS.index(known):
            self.ways[call] = way
        if row.get("callee_file"):
            self.definitions[call].add(row["callee_file"])

    def _expression(self, row: Row) -> None:
        file, caller = row["caller_file"], canonical(row["caller"])
        self.callers[file].add(caller)
        if row.get("callee"):
            self.calls.add((file, caller, canonical(row["callee"])))
        elif row.get("field") and row.get("struct"):
            self.members.add((file, caller, row["struct"], row["field"]))
            self.fields[file, caller].add(row["field"])

    def _indirect(self, row: Row) -> None:
        file, caller = row["caller_file"], canonical(row["caller"])
        for origin in row.get("from", ()):
            if origin.get("kind") == "field" and origin.get("field"):
                self.fields[file, caller].add(origin["field"])
                self.calls.add((file, caller, origin["field"]))
            if origin.get("resolved"):
                self.calls.add((file, caller, canonical(origin["resolved"])))

    def in_macro_use(self, file: str, line: int) -> bool:
        """Whether a line is part of a macro use, which may drop or only type-check its text."""
        return _inside(self._uses, file, line)


@dataclass
class _Ours:
    """What the exported edges say."""

    calls: dict[Call, tuple[str, int, bool]] = field(default_factory=dict)  # file, line, by macro
    bound: dict[Call, set[str]] = field(default_factory=lambda: defaultdict(set))
    members: dict[Member, set[str]] = field(default_factory=lambda: defaultdict(set))

    def add(self, row: Row) -> None:
        callee = row.get("callee")
        file, caller = row["caller"]["file"], canonical(row["caller"]["name"])
        if row["kind"] == "slot" and row.get("slot"):
            struct, path = row["slot"]["struct"], row["slot"]["field"] or ""
            targets = self.members[file, caller, struct, path.rpartition(".")[2]]
            if callee:
                targets.add(canonical(callee["name"]))
        elif row["kind"] == "direct" and callee:
            call = (file, caller, canonical(callee["name"]))
            site = row["site"]
            self.calls.setdefault(call, (site["file"], site["line"], bool(row.get("macros"))))
            if callee.get("file"):
                self.bound[call].add(callee["file"])


def _edges(facts: Facts, exported: Iterable[Row]) -> dict[str, Figure]:
    seen, ours = _Seen(facts), _Ours()
    for row in exported:
        if row["caller"]["file"] in facts.files:
            ours.add(row)
    figures = {
        f"calls.{way}": _recall([c for c, w in seen.ways.items() if w == way], ours.calls) for way in _SHOWN_WAYS
    }
    figures["calls.precision"] = _precision(facts, seen, ours)
    judged = [call for call in seen.definitions if ours.bound.get(call)]
    crossed = tuple(c for c in judged if not ours.bound[c] & seen.definitions[c])
    figures["bound"] = Figure(len(judged) - len(crossed), len(judged), crossed)
    figures["indirect"] = _recall(seen.members, ours.members)
    members = [m for m in ours.members if m[3] in seen.fields.get(m[:2], ())]
    wrong = tuple(sorted(m for m in members if m not in seen.members))
    figures["indirect.precision"] = Figure(len(members) - len(wrong), len(members), wrong)
    figures["targets"] = _targets(facts, seen, ours)
    return figures


def _precision(facts: Facts, seen: _Seen, ours: _Ours) -> Figure:
    right, wrong = 0, []
    for call, (file, line, by_macro) in ours.calls.items():
        caller_file, caller, callee = call
        if call in seen.calls:
            right += 1
            continue
        unknown = caller == callee or caller not in seen.callers[caller_file] or facts.dropped(file, line)
        in_macro = callee in seen.macros[caller_file] or seen.in_macro_use(file, line)
        if not unknown and (by_macro or not in_macro):
            wrong.append((*call, line))
    return Figure(right, right + len(wrong), tuple(sorted(wrong)))


def _targets(facts: Facts, seen: _Seen, ours: _Ours) -> Figure:
    filled: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in facts.rows("ops"):
        if row.get("struct") and row.get("field") and not row["func"].startswith(_TRAMPOLINE):
            filled[row["struct"], row["field"]].add(canonical(row["func"]))
    found = total = 0
    lost = []
    for member in sorted(seen.members & set(ours.members)):
        wanted = filled.get(member[2:], set())
        missing = wanted - ours.members[member]
        total += len(wanted)
        found += len(wanted) - len(missing)
        if missing:
            lost.append((member, sorted(missing)))
    return Figure(found, total, tuple(lost))


def _slots(facts: Facts, exported: Iterable[Row]) -> dict[str, Figure]:
    wanted: set[tuple[str, str, str, str]] = set()
    objects: set[tuple[str, str | None]] = set()
    for table in ("ops", "ast_ops"):
        for row in facts.rows(table):
            counts = row.get("field") and row.get("struct") and row.get("file") in facts.files
            kept = str(row.get("section", "")).startswith(_BOOKKEEPING)
            if counts and not kept and not row["func"].startswith(_TRAMPOLINE):
                wanted.add((row["file"], row["struct"], row["field"], canonical(row["func"])))
                objects.add((row["file"], row.get("var")))
    found: set[tuple[str, str, str, str]] = set()
    judged: set[tuple[str, str, str, str]] = set()
    for row in exported:
        if row["file"] not in facts.files or not row.get("value") or not row.get("struct"):
            continue
        if row.get("value_kind", "function") != "function":
            continue
        name = (row["field"] or "").rpartition(".")[2]
        entry = (row["file"], row["struct"], name, canonical(row["value"]))
        found.add(entry)
        of_known = row.get("how") == "initializer" and (row["file"], row.get("object")) in objects
        if of_known and not facts.dropped(row["file"], row.get("line") or 0):
            judged.add(entry)
    wrong = tuple(sorted(judged - wanted))
    return {
        "slots": _recall(wanted, found),
        "slots.precision": Figure(len(judged) - len(wrong), len(judged), wrong),
    }


def _line_ranges(rows: Iterable[Row], first: str, last: str) -> dict[str, list[tuple[int, int]]]:
    ranges: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for row in rows:
        ranges[row["file"]].append((row[first], row[last]))
    return ranges


def _inside(ranges: Mapping[str, list[tuple[int, int]]], file: str, line: int) -> bool:
    return any(first <= line <= last for first, last in ranges.get(file, ()))


def rows_of(path: Path) -> Iterator[Row]:
    """The rows of a file of JSON lines, plain or gzip."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures of export files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("facts", type=Path, metavar="FACTS", help="folder of the facts")
    for export in ("functions", "edges", "slots"):
        parser.add_argument(f"--{export}", type=Path, metavar="FILE", help="JSON lines")
    parser.add_argument("--under", action="append", default=[], metavar="PREFIX")
    parser.add_argument("--show", type=int, default=0, metavar="N", help="misses of each figure")
    given = parser.parse_args(arguments)
    exports = Exports(*(rows_of(path) if path else None for path in (given.functions, given.edges, given.slots)))
    for name, figure in score(Facts(given.facts, given.under), exports).items():
        share = "-" if figure.share is None else f"{figure.share:.5f}"
        print(f"{name:20}{figure.found:8} / {figure.of:<8}{share}")
        for miss in figure.misses[: given.show]:
            print("     ", miss)
    return 0


if __name__ == "__main__":
    sys.exit(main())
