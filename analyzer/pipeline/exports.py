"""Everything of a kernel, row by row, in the order of files and lines. Never filtered by hiding."""

from collections.abc import Iterator, Sequence

from analyzer.model.callgraph import Function, SlotRow
from analyzer.resolve.resolver import Resolver, described

_NATIVE_SUFFIXES = (".c", ".h")


def paths(resolver: Resolver, under: Sequence[str]) -> list[str]:
    """The files below the prefixes that have functions of the analysed kernel; without prefixes, of all."""
    prefixes = tuple(under)
    found: list[str] = []
    for path in resolver.index.paths():
        if path.endswith(_NATIVE_SUFFIXES) and (not prefixes or path.startswith(prefixes)):
            if resolver.scopes.foreign(path) and not prefixes:
                continue
            if resolver.scopes.unbuilt(path):
                continue
            found.append(path)
    return found


def functions(resolver: Resolver, path: str) -> Iterator[Function]:
    """A file's functions; the function-like macros of the kind `macro` are left to `slots` and `show`."""
    for function in resolver.names.of_file(path):
        yield described(function)


def slots(resolver: Resolver, path: str) -> Iterator[SlotRow]:
    """A file's slot entries; one row per function a value may denote."""
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
