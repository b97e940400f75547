"""Reads a note: `read_note`.

Pure: the same bytes give the same note, whatever kernel it is about. Not handled: what the trees mean.
"""

import re

from analyzer.model.checks import Block, Directives, Note, NoteProblem
from analyzer.notes.content import parse
from analyzer.notes.encoding import decode
from analyzer.notes.layout import blocks, item_of
from analyzer.notes.parts import Parsed
from analyzer.notes.prefix import Prefix
from analyzer.notes.regions import Divided, Region, divide
from analyzer.notes.rows import Row, rows

_REACH = 14  # lines between a directive and its tree
_MAX_LINE = 100_000  # characters; longer lines are no notes
_CALL = r"[A-Za-z_]\w*(?:\s?\([^()\n]{0,200}\))?"
_ARROW = r"\s*(?:-{1,}>|=+>|[→⟶➜⇒➔])\s*"
_CHAIN = re.compile(rf"(?<![\w>.])(?:{_CALL}{_ARROW}){{1,30}}{_CALL}")
_STRONG = re.compile(r"\(\s*\)|_")


def read_note(data: bytes, path: str) -> Note:
    """The call trees of a text file. Raises NoteError for a file that is no text."""
    text = decode(data, path)
    shortened = tuple(line if len(line) <= _MAX_LINE else "" for line in text.lines)
    divided = divide(shortened)
    problems = list(divided.problems)
    problems += [
        NoteProblem(number, f"a line of {len(line)} characters is not read")
        for number, line in enumerate(text.lines, 1)
        if len(line) > _MAX_LINE
    ]
    found: list[Block] = []
    if not divided.ignored:
        for region in divided.regions:
            found += _region_blocks(region, divided, shortened)
        found.sort(key=lambda b: (b.first, b.last))
        found = _directed(found, divided)
    problems += _unused(divided, found)
    return Note(path, text.encoding, text.lines, tuple(found), tuple(problems), text.exact, text.bom)


def _region_blocks(region: Region, divided: Divided, lines: tuple[str, ...]) -> list[Block]:
    made = rows(region.lines, region.first, code=region.code)
    forced = _forced(region, divided)
    found = blocks(made, code=region.code, forced=forced)
    covered = {n for b in found for n in range(b.first, b.last + 1)}
    for number in range(region.first, region.last):
        if number + 1 not in covered and number not in divided.directives:
            found += _chains(lines[number], number)
    return found


def _forced(region: Region, divided: Divided) -> frozenset[int]:
    """The first line with words after each directive."""
    result: set[int] = {region.first} & divided.fences.keys()
    for line in divided.directives:
        at = line + 1 if line >= region.first else region.first
        if line < region.first - 2 or line >= region.last:
            continue
        while at < region.last and not region.lines[at - region.first].strip():
            at += 1
        if at < region.last:
            result.add(at)
    return frozenset(result)


def _directed(found: list[Block], divided: Divided) -> list[Block]:
    """The blocks with the directives before them: each comment belongs to the next tree, what a fence's head
    says to all trees in it."""
    import msgspec

    given: dict[int, list[Directives]] = {}
    for line, directives in sorted(divided.directives.items()):
        following = next((n for n, b in enumerate(found) if b.first > line + 1), None)
        if following is not None and found[following].first - line <= _REACH:
            given.setdefault(following, []).append(directives)
    for region in divided.regions:
        if region.first in divided.fences:
            for number, block in enumerate(found):
                if region.first < block.first <= region.last:
                    given.setdefault(number, []).append(divided.fences[region.first])
    result = list(found)
    for number, several in given.items():
        made = _merged(several)
        block = found[number]
        result[number] = msgspec.structs.replace(
            block, directives=made, callee_first=block.callee_first or made.callee_first
        )
    return result


def _merged(given: list[Directives]) -> Directives:
    result = Directives()
    import msgspec

    for one in given:
        result = msgspec.structs.replace(
            result,
            root=one.root or result.root,
            version=one.version or result.version,
            bindings=(*result.bindings, *one.bindings),
            ignore=one.ignore or result.ignore,
            expect=one.expect or result.expect,
            callee_first=one.callee_first or result.callee_first,
            forced=one.forced or result.forced,
            line=one.line,
        )
    return result


def _unused(divided: Divided, found: list[Block]) -> list[NoteProblem]:
    """Directives that no tree follows: a typing mistake that would otherwise pass for a check."""
    problems = []
    for line, directives in sorted(divided.directives.items()):
        following = next((b for b in found if b.first > line + 1), None)
        near = following is not None and following.first - line <= _REACH
        if not near and not divided.ignored and not directives.ignore:
            problems.append(NoteProblem(line + 1, "no call tree follows this kcg directive"))
    return problems


def _chains(line: str, number: int) -> list[Block]:
    """Chains inside sentences and comments: `start_kernel() --> init() --> do_initcalls()`."""
    result: list[Block] = []
    if not re.search(r"->|=>|[→⟶➜⇒➔]", line):
        return result
    for match in _CHAIN.finditer(line):
        links = re.split(_ARROW, match[0])
        if len(links) < 2 or not all(_STRONG.search(link) for link in links):
            continue
        # Member access of C has no blanks around its arrow and no parentheses before it.
        if not re.search(r"\)\s*(?:-+>|=+>)|\s(?:-+>|=+>)\s|[→⟶➜⇒➔]|-{2,}>", match[0]):
            continue
        if len(links) < 3 and not all("()" in re.sub(r"\s", "", link) for link in links):
            continue
        parsed = parse(line[: match.end()], match.start(), marked=True)
        calls = [p for p in parsed.parts if p.kind in ("call", "pointer")]
        if len(calls) < 2:
            continue
        row = Row(number, line, Prefix("", "", match.start()), Parsed(parsed.parts))
        items = tuple(item_of(p, row, p.above, p.also) for p in parsed.parts)
        result.append(Block(number + 1, number + 1, "chain", items))
    return result
