"""What is known of a name, and how well a kernel could be read.

Not handled: values of constants that are expressions, beyond counting up an enum.
"""

import re
from collections import Counter
from collections.abc import Iterator

from analyzer.io.graphviz import has_bundled_graphviz, has_system_graphviz
from analyzer.io.sources import Source
from analyzer.io.store import Store
from analyzer.io.upkeep import contents
from analyzer.model.doctor import Cause, Coverage, DoctorReport
from analyzer.model.facts import Brief, FileFacts, Record
from analyzer.model.shown import (
    Shown,
    ShownConstant,
    ShownConstants,
    ShownEntry,
    ShownEnum,
    ShownField,
    ShownFunction,
    ShownMacro,
    ShownObject,
    ShownRecord,
    ShownTypedef,
)
from analyzer.pipeline.extraction import extractor_fingerprint
from analyzer.pipeline.stored import StoredIndex
from analyzer.resolve.index import NameKind
from analyzer.resolve.resolver import Resolver, described

_MAX_CAUSES = 20


def shown(resolver: Resolver, name: str) -> list[Shown]:
    """Everything of that name in the analysed architecture's files, by kind, file and line. `AF_*` asks
    for a family of constants."""
    if name.endswith("*"):
        family = _family(resolver, name)
        return [family] if family.constants else []
    name = re.sub(r"^(?:struct|union|enum)\s+", "", name.strip())
    found: list[Shown] = [ShownFunction(described(f)) for f in resolver.named(name)]
    for path, facts in _files(resolver, "record", name):
        for record in facts.records:
            if record.tag == name:
                found.append(_record(path, record, facts))
        for enum in facts.enums:
            if enum.tag == name:
                constants = tuple(ShownConstant(c.name, c.value, path, c.line) for c in enum.constants)
                found.append(ShownEnum(name, path, enum.line, enum.end_line, constants, enum.guard))
    for path, facts in _files(resolver, "typedef", name):
        for typedef in facts.typedefs:
            if typedef.name == name:
                found.append(ShownTypedef(name, typedef.type, path, typedef.line, typedef.guard))
    for path, facts in _files(resolver, "macro", name):
        for macro in facts.macros:
            if macro.name == name:
                found.append(ShownMacro(name, macro.parameters, macro.body, path, macro.line, macro.guard))
    for path, facts in _files(resolver, "enumerator", name):
        for enum in facts.enums:
            for constant in enum.constants:
                if constant.name == name:
                    found.append(ShownConstants(name, (ShownConstant(name, constant.value, path, constant.line),)))
    for path, facts in _files(resolver, "object", name):
        for variable in facts.objects:
            if variable.name == name and variable.defined and not variable.function:
                found.append(
                    ShownObject(
                        name,
                        variable.type,
                        variable.static,
                        path,
                        variable.line,
                        variable.value,
                        tuple(ShownEntry(_dotted(e.path), e.value, e.line, e.guard) for e in variable.entries),
                        variable.guard,
                    )
                )
    return found


def _files(resolver: Resolver, kind: NameKind, name: str) -> Iterator[tuple[str, FileFacts]]:
    for path in resolver.index.files(kind, name):
        if not resolver.scopes.foreign(path):
            yield path, resolver.index.facts(path)


def _dotted(path: str) -> str:
    return re.sub(r"#(\d+)", r"[\1]", path).lstrip(".")


def _record(path: str, record: Record, facts: FileFacts) -> ShownRecord:
    """A record with the members of its untagged inner structs in place, dotted."""
    inner = {r.tag: r for r in facts.records if r.tag.startswith(f"{record.tag}::")}
    fields: list[ShownField] = []

    def add(owner: Record, prefix: str) -> None:
        for field in owner.fields:
            fields.append(ShownField(prefix + field.name, field.type, field.line, field.guard))
            nested = inner.get(f"{owner.tag}::{field.name}")
            if nested is not None:
                add(nested, f"{prefix}{field.name}.")

    add(record, "")
    return ShownRecord(record.tag, record.kind, path, record.line, record.end_line, tuple(fields), record.guard)


def _family(resolver: Resolver, name: str) -> ShownConstants:
    """The macros and enum constants with a prefix, from the header that has most of them, by line."""
    prefix = name.rstrip("*")
    by_file: dict[str, list[ShownConstant]] = {}
    for path in resolver.index.paths():
        if not path.startswith(("include/", "arch/")) or resolver.scopes.foreign(path):
            continue
        if prefix.encode() not in resolver.index.text(path):
            continue
        facts = resolver.index.facts(path)
        constants = [
            ShownConstant(m.name, m.body, path, m.line)
            for m in facts.macros
            if m.name.startswith(prefix) and m.parameters is None
        ]
        constants += [
            ShownConstant(c.name, c.value, path, c.line)
            for e in facts.enums
            for c in e.constants
            if c.name.startswith(prefix)
        ]
        if constants:
            by_file[path] = constants
    if not by_file:
        return ShownConstants(name, ())
    best = max(sorted(by_file), key=lambda p: len(by_file[p]))
    return ShownConstants(name, tuple(sorted(by_file[best], key=lambda c: c.line)))


class _Tally:
    """Counts of one folder."""

    def __init__(self) -> None:
        self.files = self.bytes = self.bad = self.lost = self.functions = 0

    def add(self, brief: Brief, lost: int) -> None:
        self.files += 1
        self.bytes += brief.size
        self.bad += bool(brief.diagnostics)
        self.lost += lost
        self.functions += brief.functions

    def coverage(self, folder: str) -> Coverage:
        return Coverage(folder, self.files, self.bytes, self.bad, self.lost, self.functions)


def report(index: StoredIndex, source: Source, store: Store) -> DoctorReport:
    """Parse coverage of all files of a version, by top folder."""
    total = _Tally()
    folders: dict[str, _Tally] = {}
    counts: Counter[str] = Counter()
    examples: dict[str, tuple[str, int, str]] = {}
    for path in index.paths():
        brief = index.brief(path)
        lost = _covered([(d.start, d.end) for d in brief.diagnostics])
        total.add(brief, lost)
        folders.setdefault(path.split("/", 1)[0], _Tally()).add(brief, lost)
        for diagnostic in brief.diagnostics:
            cause = _cause(diagnostic.cause, diagnostic.example)
            counts[cause] += 1
            examples.setdefault(cause, (path, diagnostic.line, diagnostic.example[:100]))
    causes = tuple(
        Cause(cause, count, *examples[cause])
        for cause, count in sorted(counts.items(), key=lambda c: (-c[1], c[0]))[:_MAX_CAUSES]
    )
    graphviz = "system" if has_system_graphviz() else "bundled" if has_bundled_graphviz() else "missing"
    return DoctorReport(
        version=source.info.version,
        label=source.info.label,
        total=total.coverage("."),
        folders=tuple(folders[name].coverage(name) for name in sorted(folders)),
        causes=causes,
        skipped=tuple((d.path, d.reason) for d in source.diagnostics),
        store=str(store.path),
        store_bytes=store.size(),
        index=contents(store, extractor_fingerprint()),
        graphviz=graphviz,
    )


def _covered(spans: list[tuple[int, int]]) -> int:
    """Bytes covered by possibly overlapping spans."""
    covered, end = 0, 0
    for start, stop in sorted(spans):
        covered += max(0, stop - max(start, end))
        end = max(end, stop)
    return covered


def _cause(cause: str, example: str) -> str:
    """A category for counting: the kind of node and the shape of the text, names folded."""
    shape = re.sub(r"[A-Za-z_]\w*", "x", example[:40])
    shape = re.sub(r"\d+", "0", shape)
    shape = re.sub(r"(?:x )+x|x(?:, x)+", "x…", shape)
    return f"{cause}: {shape[:24].strip()}" if cause == "error" else cause
