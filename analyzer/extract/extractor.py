"""Facts of one file: lexical analysis, masking, parsing, queries.

`extract` is pure: the same bytes and dialect give the same facts, whatever the file is called. It never raises
on bad C; what cannot be read becomes a `ParseDiagnostic`.

Not handled here: anything that needs another file (macros are kept, not expanded).
"""

import re
from collections.abc import Sequence
from typing import Protocol, TypeVar

import msgspec
from tree_sitter import Node

from analyzer.extract.aliases import aliases_of
from analyzer.extract.bodies import Bodies
from analyzer.extract.conditionals import Conditionals, Group, analyse, variants
from analyzer.extract.dialect import BASE, Dialect, local_words
from analyzer.extract.directives import includes_of, macros_of, undefs_of, without_plain_defines
from analyzer.extract.dominance import dominance
from analyzer.extract.grammar import Captures, in_order, query
from analyzer.extract.lexical import Lexed, lex, line_of, line_starts
from analyzer.extract.masking import identifiers_of, mask, words_of
from analyzer.extract.notes import Masked
from analyzer.extract.objects import declarations_of, local_objects
from analyzer.extract.parsing import parsed
from analyzer.extract.placement import at_file_scope
from analyzer.extract.repair.repairing import stretches
from analyzer.extract.text import Text
from analyzer.extract.types import enums_of, records_of, typedefs_of
from analyzer.model.facts import (
    LARGE_HEADER,
    Definition,
    FileFacts,
    Invocation,
    ParseDiagnostic,
)

EXTRACTOR_VERSION = "22"
_MAX_DIAGNOSTICS = 200
_ASSEMBLY = re.compile(
    rb"^[ \t]*(?:\.(?:macro|endm|cfi_\w+|globl|global|align|section|set|equ|inst|previous|pushsection)\b"
    rb"(?![ \t]*[=.\[])|SECTIONS[ \t]*\{)",
    re.M,
)
_BODY = re.compile(rb"^[A-Za-z_][^;={}\n]*\([^;={}]*\)\s*^\{", re.M)  # a head at the margin and its brace


class _HasLine(Protocol):
    @property
    def line(self) -> int: ...


_Lined = TypeVar("_Lined", bound=_HasLine)


def extract(data: bytes, dialect: Dialect = BASE) -> FileFacts:
    """The facts of a file's bytes. Headers over `LARGE_HEADER` bytes that hold hardly a parenthesis and no
    function give macros and includes only."""
    return extract_noting(data, dialect)[0]


def extract_noting(data: bytes, dialect: Dialect) -> tuple[FileFacts, set[bytes]]:
    """The facts of a file's bytes, and the identifiers by which the dialect had a say in them: with a dialect
    that says the same of all of these the facts are the same."""
    if len(data) > LARGE_HEADER:
        rest = without_plain_defines(data)
        lexed = lex(rest)
        if lexed.skeleton.count(b"(") * 40 < len(data) and not _BODY.search(lexed.skeleton):
            conditionals = analyse(lexed.directives, len(rest))
            return _of_directives(lexed, conditionals, line_starts(rest), len(data)), set()
    lexed = lex(data)
    conditionals = analyse(lexed.directives, len(data))
    starts = line_starts(data)
    common = _of_directives(lexed, conditionals, starts, len(data))
    if not lexed.skeleton.strip():
        return common, set()
    identifiers = identifiers_of(lexed.skeleton)
    present = words_of(identifiers, dialect, local_words(lexed.directives))

    def readings(texts: Sequence[bytes]) -> list[FileFacts]:
        return [_read(data, lexed.skeleton, mask(text, present), conditionals, starts, common) for text in texts]

    texts, awkward = variants(lexed.skeleton, conditionals)
    found = readings(texts)
    facts = _merged(found, awkward, starts)
    if found[0].diagnostics and _ASSEMBLY.search(texts[0]):
        return common, identifiers  # a header for assembler sources or a linker script: no C to lose
    if conditionals.groups and any(one.diagnostics for one in found):
        # a choice between branches can be why: read them one at a time
        unread = stretches(lexed.skeleton, [(d.start, d.end) for one in found for d in one.diagnostics])
        texts, more = variants(lexed.skeleton, conditionals, unread)
        if more != awkward:
            others = readings(texts)
            best = min(range(len(others)), key=lambda n: (_badness(others[n]), n))
            if _badness(others[best]) < _badness(found[0]):
                other = _merged([others[best], *others[:best], *others[best + 1 :]], more, starts)
                # a reading without what could not be read is not better for that
                facts = other if len(other.definitions) >= len(facts.definitions) else facts
    lost = _lost_bodies(b"\n".join(texts) if len(texts) > 1 else texts[0], facts, starts, len(data))
    return (msgspec.structs.replace(facts, lost=lost) if lost else facts), identifiers


def _lost_bodies(text: bytes, facts: FileFacts, starts: list[int], size: int) -> tuple[int, ...]:
    """Lines of the function bodies at the margin that no definition has. `text` is one or more readings,
    `size` bytes each and one line break between them."""
    bodies = {d.body for d in facts.definitions}
    if text.count(b"\n{") <= sum(text[b - 1 : b] == b"\n" for b in bodies if b):
        return ()
    lost: set[int] = set()
    for match in _BODY.finditer(text):
        brace = (match.end() - 1) % (size + 1)
        if brace not in bodies:
            lost.add(line_of(starts, brace))
    return tuple(sorted(lost))


def _of_directives(lexed: Lexed, conditionals: Conditionals, starts: list[int], size: int) -> FileFacts:
    """What the preprocessor lines of a file of `size` bytes say."""
    return FileFacts(
        includes=includes_of(lexed.directives, conditionals, starts),
        macros=macros_of(lexed.directives, conditionals, starts, large=size > LARGE_HEADER),
        undefs=undefs_of(lexed.directives, starts),
        size=size,
        lines=len(starts),
    )


def _badness(facts: FileFacts) -> tuple[int, int]:
    return len(facts.diagnostics), sum(d.end - d.start for d in facts.diagnostics)


def _read(
    data: bytes,
    skeleton: bytes,
    masked: Masked,
    conditionals: Conditionals,
    starts: list[int],
    common: FileFacts,
) -> FileFacts:
    masked, tree = parsed(masked)
    root = tree.root_node
    dominated = dominance(root, masked.text, conditionals.guard_at)
    text = Text(data, skeleton, masked.text, conditionals, starts, dominated, is_clean=not root.has_error)
    found = Captures(query("functions", "calls", "types", "objects"), root)
    bodies = Bodies(text, masked, found.nodes("function"))
    outer = list(at_file_scope(root))
    places = {node.start_byte for node in outer}
    inner = in_order(node for node in found.unordered("declaration") if node.start_byte not in places)
    bodies.fill(found, inner)
    declarations, variables = declarations_of(text, outer)
    local = local_objects(text, inner, found.nodes("literal"), bodies.name_at)
    return FileFacts(
        includes=common.includes,
        macros=common.macros,
        undefs=common.undefs,
        definitions=(*bodies.definitions(), *aliases_of(text, outer)),
        declarations=tuple(declarations),
        records=tuple(records_of(text, found.nodes("record"))),
        enums=tuple(enums_of(text, found.nodes("enum"))),
        typedefs=tuple(typedefs_of(text, found.nodes("typedef"))),
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
    captured = Captures(query("errors"), root)
    for cause in ("error", "missing"):
        for node in captured.nodes(cause)[:_MAX_DIAGNOSTICS]:
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


def _merged(found: Sequence[FileFacts], awkward: Sequence[Group], starts: list[int]) -> FileFacts:
    """The first reading with what the others show inside awkward groups."""
    facts = found[0]
    for other in found[1:]:
        facts = _merge(facts, other, awkward, starts)
    return facts


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
        diagnostics=union(main.diagnostics, other.diagnostics),
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
