"""`#if` groups of a file: the guard of every offset, dead branches, and branches that cannot be read together.

Most groups can be read with all their branches in sequence, because each branch is a run of whole statements,
members or entries (6.12 core: 24,888 groups, some 700 others). For the others the file is read several times,
with one branch of each such group visible at a time.

Not handled: `#if` groups that begin in one file and end in another.
"""

import bisect
from collections.abc import Sequence
from typing import NamedTuple

from analyzer.extract.lexical import Directive, blank
from analyzer.model.guards import conjunction, negation, normalise

MAX_VARIANTS = 6
_NEVER = frozenset(
    (
        "__ASSEMBLY__",
        "__ASSEMBLER__",
        "__cplusplus",
        "__CHECKER__",
        "LINKER_SCRIPT",
        "__LINKER__",
    )
)
_ALWAYS = frozenset(("__KERNEL__",))
_WHOLE_ENDS = frozenset(b";},:")


class Branch(NamedTuple):
    """The bytes between two directives of a group and the guard of this branch alone."""

    start: int
    end: int
    guard: str


class Group(NamedTuple):
    """`#if … #endif`. `complete` when it has an `#else`, so that one branch always holds."""

    start: int
    end: int
    branches: tuple[Branch, ...]
    complete: bool = False

    @property
    def live(self) -> list[Branch]:
        """The branches that some configuration compiles."""
        return [branch for branch in self.branches if branch.guard != "0"]

    @property
    def edges(self) -> list[int]:
        """Where its branches begin and end."""
        return [edge for branch in self.branches for edge in (branch.start, branch.end)]


class Conditionals(NamedTuple):
    """The groups of a file and the guards by offset."""

    groups: tuple[Group, ...]
    offsets: tuple[int, ...]
    guards: tuple[str, ...]
    dead: tuple[tuple[int, int], ...]

    def guard_at(self, offset: int) -> str:
        """The presence condition of the byte at `offset`."""
        return self.guards[bisect.bisect_right(self.offsets, offset) - 1]


def _condition(directive: Directive) -> str:
    words = directive.rest.split()
    name = words[0] if words else ""
    if directive.keyword in ("ifdef", "elifdef"):
        text = name
    elif directive.keyword in ("ifndef", "elifndef"):
        text = f"!{name}"
    else:
        text = directive.rest
    return _known(normalise(text))


def _known(guard: str) -> str:
    """`guard` with the names that are the same in every kernel build put in."""
    if not any(name in guard for name in _NEVER | _ALWAYS):
        return guard
    for name in _NEVER:
        guard = guard.replace(name, "0")
    for name in _ALWAYS:
        guard = guard.replace(name, "1")
    return normalise(guard)


def analyse(directives: tuple[Directive, ...], size: int) -> Conditionals:
    """The conditional groups of a file of `size` bytes. Unbalanced directives close at the end."""
    groups: list[Group] = []
    events: list[tuple[int, str]] = [(0, "")]
    dead: list[tuple[int, int]] = []
    # each open group: (start, outer guard, negated earlier conditions, branch list, branch start, own guard)
    stack: list[tuple[int, str, str, list[Branch], int, str]] = []
    with_else: set[int] = set()  # starts of the groups that have an `#else`
    current = ""

    def open_branch(outer: str, earlier: str, own: str, at: int) -> str:
        guard = conjunction(outer, earlier, own)
        events.append((at, guard))
        return guard

    def close_branch(branches: list[Branch], start: int, end: int, own: str, guard: str) -> None:
        branches.append(Branch(start, end, own))
        if guard == "0" and end > start:
            dead.append((start, end))

    include_guard = _include_guard(directives)
    for number, directive in enumerate(directives):
        keyword = directive.keyword
        if keyword in ("if", "ifdef", "ifndef"):
            own = "" if number == include_guard else _condition(directive)
            stack.append((directive.start, current, "", [], directive.end, own))
            current = open_branch(current, "", own, directive.end)
        elif keyword in ("elif", "else", "elifdef", "elifndef") and stack:
            start, outer, earlier, branches, begin, own = stack.pop()
            close_branch(branches, begin, directive.start, conjunction(earlier, own), current)
            earlier = conjunction(earlier, negation(own)) if own else "0"
            own = "" if keyword == "else" else _condition(directive)
            if keyword == "else":
                with_else.add(start)
            stack.append((start, outer, earlier, branches, directive.end, own))
            current = open_branch(outer, earlier, own, directive.end)
        elif keyword == "endif" and stack:
            start, outer, earlier, branches, begin, own = stack.pop()
            close_branch(branches, begin, directive.start, conjunction(earlier, own), current)
            groups.append(Group(start, directive.end, tuple(branches), start in with_else))
            events.append((directive.end, outer))
            current = outer
    while stack:
        start, outer, earlier, branches, begin, own = stack.pop()
        close_branch(branches, begin, size, conjunction(earlier, own), current)
        groups.append(Group(start, size, tuple(branches)))
        current = outer
    groups.sort()
    return Conditionals(tuple(groups), tuple(e[0] for e in events), tuple(e[1] for e in events), tuple(dead))


def _include_guard(directives: tuple[Directive, ...]) -> int:
    """Index of the `#ifndef` that protects a header against a second inclusion, or -1. It spans the file, but
    for `#if !defined(X) || defined(MULTI_READ)`, behind which trace headers are read again."""
    if len(directives) < 3:
        return -1
    first, second = directives[0], directives[1]
    if second.keyword != "define" or first.keyword not in ("ifndef", "if"):
        return -1
    name = second.rest.split("(")[0].split()[:1]
    words = first.rest.replace("!", " ").replace("defined", " ").replace("(", " ").replace(")", " ").split()
    if not name or words[:1] != name or (first.keyword == "if" and len(words) != 1 and "||" not in words):
        return -1
    again = "||" in words
    if directives[-1].keyword != "endif" and not again:
        return -1
    depth = 0
    for directive in directives[:-1]:
        if directive.keyword in ("if", "ifdef", "ifndef"):
            depth += 1
        elif directive.keyword == "endif":
            depth -= 1
            if depth == 0:
                return 0 if again else -1
        elif directive.keyword in ("else", "elif") and depth == 1:
            return -1
    return 0


def awkward_groups(conditionals: Conditionals, skeleton: bytes) -> tuple[Group, ...]:
    """The groups whose live branches cannot be read one after the other."""
    found = []
    for group in conditionals.groups:
        live = group.live
        if len(live) < 2:
            continue
        for position, branch in enumerate(live):
            text = skeleton[branch.start : branch.end]
            if text.count(b"{") != text.count(b"}") or text.count(b"(") != text.count(b")"):
                found.append(group)
                break
            text = text.rstrip()
            if position < len(live) - 1 and text and text[-1] not in _WHOLE_ENDS:
                if text[-1:] == b")" and _invocations_only(text):
                    continue
                found.append(group)
                break
    return tuple(found)


def _invocations_only(text: bytes) -> bool:
    """A branch of macro uses without semicolons at file scope: lines that begin in column one."""
    lines = [line for line in text.split(b"\n") if line.strip()]
    return len(lines) == 1 and lines[0][:1].isalpha() and b" " not in lines[0].split(b"(")[0]


def variants(
    skeleton: bytes, conditionals: Conditionals, unread: Sequence[tuple[int, int]] = ()
) -> tuple[tuple[bytes, ...], tuple[Group, ...]]:
    """The texts to parse: dead branches blanked, and for awkward groups one branch visible in each. A group
    in the `unread` parts of the text is awkward too, even with one branch, which is then shown and hidden; not one
    that stands around them.

    The first text is the main one; the groups say where the others differ from it."""
    pieces = bytearray(skeleton)
    for start, end in conditionals.dead:
        pieces[start:end] = blank(bytes(pieces[start:end]))
    main = bytes(pieces)
    awkward = awkward_groups(conditionals, main)
    if unread:
        chosen = set(awkward)
        chosen.update(
            group
            for group in conditionals.groups
            if any(start < edge < end for start, end in unread for edge in group.edges)
            and (len(group.live) > 1 or (group.live and not group.complete))
        )
        awkward = tuple(sorted(chosen))
    if not awkward:
        return (main,), ()
    count = min(MAX_VARIANTS, max(len(_choices(group)) for group in awkward))
    texts = []
    for number in range(count):
        text = bytearray(main)
        for group in awkward:
            choices = _choices(group)
            keep = choices[min(number, len(choices) - 1)]
            for branch in group.live:
                if branch is not keep:
                    text[branch.start : branch.end] = blank(bytes(text[branch.start : branch.end]))
        texts.append(bytes(text))
    return tuple(texts), awkward


def _choices(group: Group) -> list[Branch | None]:
    """What can be seen of a group; None for nothing, where a lone branch may be absent."""
    live: list[Branch | None] = [*group.live]
    return [*live, None] if len(live) == 1 else live
