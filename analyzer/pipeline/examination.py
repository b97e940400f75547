"""How well a kernel could be read.

Not handled: judging whether what was read is right.
"""

import re
from collections import Counter

from analyzer.io.graphviz import has_bundled_graphviz, has_system_graphviz
from analyzer.io.sources import Source
from analyzer.io.store import Store
from analyzer.model.doctor import Cause, Coverage, DoctorReport
from analyzer.model.facts import Brief
from analyzer.pipeline.stored import StoredIndex

_MAX_CAUSES = 20


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
