"""Everything of a kernel, row by row, in the order of files and lines. Never filtered by hiding."""

from collections.abc import Iterator, Sequence

from analyzer.model.callgraph import Edge, Function, SlotRow
from analyzer.resolve.resolver import Resolver, described

_NATIVE_SUFFIXES = (".c", ".h")


def _paths(resolver: Resolver, under: Sequence[str]) -> Iterator[str]:
    prefixes = tuple(under)
    for path in resolver.index.paths():
        if path.endswith(_NATIVE_SUFFIXES) and (not prefixes or path.startswith(prefixes)):
            if resolver.scopes.foreign(path) and not prefixes:
                continue
            if resolver.scopes.unbuilt(path):
                continue
            yield path


def functions(resolver: Resolver, under: Sequence[str]) -> Iterator[Function]:
    """All functions, and the function-like macros of the kind `macro` are left to `slots` and `show`."""
    for path in _paths(resolver, under):
        for function in resolver.names.of_file(path):
            yield described(function)


def edges(resolver: Resolver, under: Sequence[str]) -> Iterator[Edge]:
    """All edges by caller."""
    for path in _paths(resolver, under):
        for function in resolver.names.of_file(path):
            yield from resolver.calls.of(function)


def slots(resolver: Resolver, under: Sequence[str]) -> Iterator[SlotRow]:
    """All slot entries; one row per function a value may denote."""
    for path in _paths(resolver, under):
        for entry in resolver.slots.of_file(path):
            names = [f.definition.name for f in entry.functions] or [entry.value]
            for name in dict.fromkeys(names):
                yield SlotRow(
                    struct=entry.slot.struct,
                    field=entry.path if entry.how == "initializer" else entry.slot.field,
                    object=entry.object,
                    index=entry.index or None,
                    value=name,
                    value_kind=entry.value_kind,
                    file=entry.file,
                    line=entry.line,
                    guard=entry.guard or None,
                    how=entry.how,
                )
