"""Facts of one file: lexical analysis, masking, parsing, queries.

`extract` is pure: the same bytes and dialect give the same facts, whatever the file is called. It never raises
on bad C; what cannot be read becomes a `ParseDiagnostic`.

Not handled here: anything that needs another file (macros are kept, not expanded).
"""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from tree_sitter import Node, Parser, Tree

from analyzer.extract.bodies import Bodies
from analyzer.extract.conditionals import Conditionals, Group, analyse, variants
from analyzer.extract.dialect import BASE, Dialect, local_words
from analyzer.extract.directives import includes_of, macros_of, undefs_of
from analyzer.extract.grammar import LANGUAGE, captures, query
from analyzer.extract.lexical import lex, line_starts
from analyzer.extract.masking import Masked, identifiers_of, mask, words_of
from analyzer.extract.objects import declarations_of, local_objects
from analyzer.extract.text import Text
from analyzer.extract.types import enums_of, records_of, typedefs_of
from analyzer.model.facts import (
    LARGE_HEADER,
    Definition,
    FileFacts,
    Invocation,
    ParseDiagnostic,
)

EXTRACTOR_VERSION = "7"
_MAX_DIAGNOSTICS = 200


class _HasLine(Protocol):
    @property
    def line(self) -> int: ...


_Lined = TypeVar("_Lined", bound=_HasLine)


def extract(data: bytes, dialect: Dialect = BASE) -> FileFacts:
    """The facts of a file's bytes. Headers over `LARGE_HEADER` bytes give macros and includes only."""
    return extract_noting(data, dialect)[0]


def extract_noting(data: bytes, dialect: Dialect) -> tuple[FileFacts, set[bytes]]:
    """The facts of a file's bytes, and the identifiers by which the dialect had a say in them: with a dialect
    that says the same of all of these the facts are the same."""
    lexed = lex(data)
    conditionals = analyse(lexed.directives, len(data))
    starts = line_starts(data)
    common = FileFacts(
        includes=includes_of(lexed.directives, conditionals, starts),
        macros=macros_of(lexed.directives, conditionals, starts, large=len(data) > LARGE_HEADER),
        undefs=undefs_of(lexed.directives, starts),
        size=len(data),
        lines=len(starts),
    )
    if len(data) > LARGE_HEADER and lexed.skeleton.count(b"(") * 40 < len(data):
        return common, set()
    if not lexed.skeleton.strip():
        return common, set()
    texts, awkward = variants(lexed.skeleton, conditionals)
    identifiers = identifiers_of(lexed.skeleton)
    present = words_of(identifiers, dialect, local_words(lexed.directives))
    facts = common
    for number, variant in enumerate(texts):
        masked = mask(variant, present)
        read = _read(data, lexed.skeleton, masked, conditionals, starts, common)
        facts = read if number == 0 else _merge(facts, read, awkward, starts)
    return facts, identifiers


def _read(
    data: bytes,
    skeleton: bytes,
    masked: Masked,
    conditionals: Conditionals,
    starts: list[int],
    common: FileFacts,
) -> FileFacts:
    tree: Tree = Parser(LANGUAGE).parse(masked.text)
    root = tree.root_node
    text = Text(data, skeleton, masked.text, conditionals, starts)
    found = captures(query("functions", "calls", "types", "objects"), root)
    bodies = Bodies(text, masked, found.get("function", []))
    bodies.fill(found)
    declarations, variables = declarations_of(text, found.get("declaration", []))
    local = local_objects(text, found.get("initialized", []), found.get("literal", []), bodies.name_at)
    return FileFacts(
        includes=common.includes,
        macros=common.macros,
        undefs=common.undefs,
        definitions=bodies.definitions(),
        declarations=tuple(declarations),
        records=tuple(records_of(text, found.get("record", []))),
        enums=tuple(enums_of(text, found.get("enum", []))),
        typedefs=tuple(typedefs_of(text, found.get("typedef", []))),
        objects=tuple(variables) + tuple(local),
        invocations=tuple(_invocations(text, masked)),
        diagnostics=tuple(_diagnostics(text, root)) if root.has_error else (),
        size=common.size,
        lines=common.lines,
    )


def _invocations(text: Text, masked: Masked) -> list[Invocation]:
    found = []
    for use in masked.invocations:
        found.append(
            Invocation(
                macro=use.name,
                arguments=text.original(use.open + 1, use.close - 1),
                line=text.line(use.start),
                end_line=text.line(use.stop),
                column=text.column(use.start),
                start=use.start,
                end=use.stop,
                prefix=use.prefix.strip(),
                tail=text.original(use.tail_start, use.tail_end) if use.tail_end > use.tail_start else "",
                guard=text.guard(use.start),
            )
        )
    return found


def _diagnostics(text: Text, root: Node) -> list[ParseDiagnostic]:
    found = []
    nodes = captures(query("errors"), root)
    for cause in ("error", "missing"):
        for node in nodes.get(cause, [])[:_MAX_DIAGNOSTICS]:
            line = text.line(node.start_byte)
            found.append(
                ParseDiagnostic(
                    line=line,
                    end_line=text.line(node.end_byte),
                    start=node.start_byte,
                    end=node.end_byte,
                    cause=cause if cause == "error" else f"missing {node.type}",
                    example=text.original(node.start_byte, min(node.end_byte, node.start_byte + 120))
                    or text.source_line(line),
                )
            )
    found.sort(key=lambda d: (d.start, d.end))
    return found


def _merge(main: FileFacts, other: FileFacts, awkward: Sequence[Group], starts: list[int]) -> FileFacts:
    """What another variant shows inside awkward groups, added to the main reading."""

    def touches(start: int, end: int) -> bool:
        return any(start < g.end and g.start < end for g in awkward)

    def line_touches(line: int, end_line: int) -> bool:
        end = starts[end_line] if end_line < len(starts) else starts[-1] + 1_000_000
        return touches(starts[line - 1], end)

    definitions = {(d.name, d.head, d.line): d for d in main.definitions}
    by_brace = {d.body: d for d in main.definitions}
    for found in other.definitions:
        if not touches(found.start, found.end):
            continue
        key = (found.name, found.head, found.line)
        mine = definitions.get(key)
        if mine is None:
            twin = by_brace.get(found.body)
            if twin is not None and twin.name == found.name and twin.head == found.head:
                mine, key = twin, (twin.name, twin.head, twin.line)
        definitions[key] = found if mine is None else _merge_bodies(mine, found)

    def union(mine: Sequence[_Lined], theirs: Sequence[_Lined]) -> tuple[_Lined, ...]:
        return tuple(dict.fromkeys((*mine, *(x for x in theirs if line_touches(x.line, x.line)))))

    return FileFacts(
        includes=main.includes,
        macros=main.macros,
        undefs=main.undefs,
        definitions=tuple(sorted(definitions.values(), key=lambda d: (d.start, d.name))),
        declarations=union(main.declarations, other.declarations),
        records=union(main.records, other.records),
        enums=union(main.enums, other.enums),
        typedefs=union(main.typedefs, other.typedefs),
        objects=union(main.objects, other.objects),
        invocations=union(main.invocations, other.invocations),
        diagnostics=main.diagnostics,
        size=main.size,
        lines=main.lines,
    )


def _merge_bodies(mine: Definition, other: Definition) -> Definition:
    calls = {c.start: c for c in (*other.calls, *mine.calls)}
    indirect = {c.start: c for c in (*other.indirect, *mine.indirect)}
    return Definition(
        name=mine.name,
        line=mine.line,
        column=mine.column,
        end_line=max(mine.end_line, other.end_line),
        start=mine.start,
        body=mine.body,
        end=max(mine.end, other.end),
        static=mine.static,
        inline=mine.inline,
        weak=mine.weak,
        return_type=mine.return_type,
        parameters=mine.parameters,
        guard=mine.guard,
        head=mine.head,
        calls=tuple(calls[k] for k in sorted(calls)),
        indirect=tuple(indirect[k] for k in sorted(indirect)),
        assignments=tuple(dict.fromkeys((*mine.assignments, *other.assignments))),
        variables=tuple(dict.fromkeys((*mine.variables, *other.variables))),
        references=tuple(dict.fromkeys((*mine.references, *other.references))),
    )
