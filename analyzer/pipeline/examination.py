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
_SHAPE = 3  # tokens that tell one cause from another
_TOKEN = re.compile(r"([A-Za-z_]\w*)|(\d[\w.]*)|(\"[^\"]*\"?|'[^']*'?)|(\S)")
_KEYWORDS = frozenset(
    "if else while for do switch case default return break continue goto struct union enum static const".split()
)


class _Tally:
    """Counts of one folder."""

    def __init__(self) -> None:
        self.files = self.bytes = self.bad = self.unread = self.functions = self.lost = 0

    def add(self, brief: Brief) -> None:
        self.files += 1
        self.bytes += brief.size
        self.bad += bool(brief.diagnostics)
        self.unread += _covered([(d.start, d.end) for d in brief.diagnostics])
        self.functions += brief.functions
        self.lost += len(brief.lost)

    def coverage(self, folder: str) -> Coverage:
        return Coverage(folder, self.files, self.bytes, self.bad, self.unread, self.functions, self.lost)


class _Causes:
    """Diagnostics by cause, with the first example of each; a `.c` file's is preferred."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._files: Counter[str] = Counter()
        self._examples: dict[str, tuple[bool, str, int, str]] = {}

    def add(self, path: str, brief: Brief) -> None:
        for cause in sorted({_cause(d.cause, d.example) for d in brief.diagnostics}):
            self._files[cause] += 1
        for diagnostic in brief.diagnostics:
            cause = _cause(diagnostic.cause, diagnostic.example)
            self._counts[cause] += 1
            example = (not path.endswith(".c"), path, diagnostic.line, diagnostic.example[:100])
            if cause not in self._examples or example[0] < self._examples[cause][0]:
                self._examples[cause] = example

    def most_frequent(self, count: int) -> tuple[Cause, ...]:
        ranked = sorted(self._counts, key=lambda c: (-self._files[c], -self._counts[c], c))[:count]
        return tuple(Cause(c, self._counts[c], self._files[c], *self._examples[c][1:]) for c in ranked)


def report(index: StoredIndex, source: Source, store: Store) -> DoctorReport:
    """Parse coverage of all files of a version, by top folder."""
    total, sources = _Tally(), _Tally()
    folders: dict[str, _Tally] = {}
    source_folders: dict[str, _Tally] = {}
    causes = _Causes()
    for path in index.paths():
        brief = index.brief(path)
        folder = path.split("/", 1)[0]
        total.add(brief)
        folders.setdefault(folder, _Tally()).add(brief)
        if path.endswith(".c"):
            sources.add(brief)
            source_folders.setdefault(folder, _Tally()).add(brief)
        causes.add(path, brief)
    graphviz = "system" if has_system_graphviz() else "bundled" if has_bundled_graphviz() else "missing"
    return DoctorReport(
        version=source.info.version,
        label=source.info.label,
        total=total.coverage("."),
        folders=tuple(folders[name].coverage(name) for name in sorted(folders)),
        sources=sources.coverage("."),
        source_folders=tuple(source_folders[name].coverage(name) for name in sorted(source_folders)),
        causes=causes.most_frequent(_MAX_CAUSES),
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
    """A category for counting: what is missing, or the first tokens of what is no C, names and values folded."""
    if cause != "error":
        return cause
    tokens = []
    for match in _TOKEN.finditer(example):
        word, number, literal, mark = match.groups()
        folded = (word if word in _KEYWORDS else "name") if word else "0" if number else '"…"' if literal else mark
        tokens.append(folded)
        if len(tokens) == _SHAPE:
            break
    return f"unexpected {' '.join(tokens)}"
