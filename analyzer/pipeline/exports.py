"""Everything of a kernel, row by row, in the order of files and lines. Never filtered by hiding.

Not handled: several processes (`analyzer.pipeline.exporting`).
"""

from collections.abc import Callable, Iterator, Sequence

import msgspec

from analyzer.model.callgraph import Edge, Function, SlotRow
from analyzer.pipeline.answers import Answers
from analyzer.pipeline.exporting import Exported, What
from analyzer.render.jsonout import edge_row, function_row, json_line, slot_row
from analyzer.resolve.functions import Function as Resolved
from analyzer.resolve.names import ref_of
from analyzer.resolve.resolver import Resolver, described

_NATIVE_SUFFIXES = (".c", ".h")

Labelled = Callable[[Resolved, tuple[Edge, ...]], tuple[Edge, ...]]  # a function's edges with their cases


class Exports:
    """The rows of one kernel's files; edges are taken from the answers and put among them."""

    def __init__(self, resolver: Resolver, answers: Answers, labelled: Labelled) -> None:
        self._resolver = resolver
        self._answers = answers
        self._labelled = labelled

    def paths(self, under: Sequence[str]) -> list[str]:
        """The files below the prefixes that have functions of the analysed kernel; without prefixes, of all."""
        prefixes = tuple(under)
        scopes = self._resolver.scopes
        return [
            path
            for path in self._resolver.index.paths()
            if path.endswith(_NATIVE_SUFFIXES)
            and (path.startswith(prefixes) if prefixes else not scopes.foreign(path))
            and not scopes.unbuilt(path)
        ]

    def rows(self, what: What, paths: Sequence[str]) -> Exported:
        """The rows of some files."""
        rows: list[dict[str, object]]
        if what == "functions":
            rows = [function_row(f) for f in self.functions(paths)]
        elif what == "slots":
            rows = [slot_row(**{**msgspec.structs.asdict(s), "guard": s.guard or ""}) for s in self.slots(paths)]
        else:
            rows = [edge_row(e) for e in self.edges(paths)]
        return Exported("".join(map(json_line, rows)), len(rows))

    def functions(self, paths: Sequence[str]) -> Iterator[Function]:
        """The files' functions; the function-like macros of the kind `macro` are left to `slots` and `show`."""
        for path in paths:
            yield from map(described, self._resolver.names.of_file(path))

    def edges(self, paths: Sequence[str]) -> Iterator[Edge]:
        """The edges out of the files' functions."""
        for path in paths:
            known = self._answers.of_file(path)
            if known is None:
                found = self._resolver.names.of_file(path)
                known = tuple((ref_of(f), self._labelled(f, self._resolver.calls.of(f))) for f in found)
                self._answers.keep_file(path, known)
            for _, edges in known:
                yield from edges

    def slots(self, paths: Sequence[str]) -> Iterator[SlotRow]:
        """The files' slot entries; one row per function a value may denote."""
        for path in paths:
            for entry in self._resolver.slots.of_file(path):
                names = [f.definition.name for f in entry.functions] or [entry.value]
                for name in dict.fromkeys(names):
                    yield SlotRow(
                        struct=entry.slot.tag,
                        field=entry.path if entry.how == "initializer" else entry.slot.path,
                        object=entry.object,
                        index=entry.index or None,
                        value=name,
                        value_kind=entry.value_kind,
                        file=entry.file,
                        line=entry.line,
                        guard=entry.guard or None,
                        how=entry.how,
                    )
