"""Facts of preprocessor lines: includes, macro definitions, `#undef`s."""

import re

from analyzer.extract.conditionals import Conditionals
from analyzer.extract.lexical import Directive, line_of
from analyzer.model.facts import Include, Macro, Undef

_INCLUDE = re.compile(r'^(?:"([^"]+)"|<([^>]+)>)')
_DEFINE = re.compile(r"^(\w+)(?:(\()([^)]*)\))?\s*(.*)$", re.S)
_SPACE = re.compile(r"\s+")
# runs of whole lines; the backslash of a continued line or a comment's start ends a run
_PLAIN_DEFINES = re.compile(
    rb"(?<=\n)(?:(?:#define[ \t]++[A-Za-z]\w*+[ \t]++(?:0[xX][0-9a-fA-F]++|\d++)[uUlL]*+)?[ \t\r]*+\n)+"
)
_NUMBER = re.compile(r"^\(*\s*-?(?:0[xX][0-9a-fA-F]+|\d+)[uUlL]*\s*\)*$")


def without_plain_defines(data: bytes) -> bytes:
    """A header without its lines that define numbers, line numbers kept (offsets are not). Names that begin
    with an underscore stay, because they may be annotations elsewhere."""
    return _PLAIN_DEFINES.sub(lambda run: b"\n" * run.group().count(b"\n"), data)


def includes_of(
    directives: tuple[Directive, ...], conditionals: Conditionals, starts: list[int]
) -> tuple[Include, ...]:
    """The `#include`s in order."""
    found = []
    for directive in directives:
        if directive.keyword not in ("include", "include_next"):
            continue
        guard = conditionals.guard_at(directive.start)
        if guard == "0":
            continue
        match = _INCLUDE.match(directive.rest)
        line = line_of(starts, directive.start)
        if match:
            target = match.group(1) or match.group(2)
            found.append(Include(target.strip(), match.group(1) is not None, line, guard))
        elif directive.rest:
            found.append(Include("", False, line, guard, directive.rest))
    return tuple(found)


def macros_of(
    directives: tuple[Directive, ...], conditionals: Conditionals, starts: list[int], *, large: bool
) -> tuple[Macro, ...]:
    """The `#define`s in order. A large header's numbers are left out."""
    found = []
    for directive in directives:
        if directive.keyword != "define":
            continue
        match = _DEFINE.match(directive.rest)
        if not match:
            continue
        name, paren, parameters, body = match.groups()
        if large and (paren is None or _NUMBER.match(body)) and not re.match(r"^[A-Za-z_]\w*$", body):
            continue
        guard = conditionals.guard_at(directive.start)
        if guard == "0":
            continue
        names: tuple[str, ...] | None = None
        variadic = False
        if paren:
            names = tuple(p.strip() for p in (parameters or "").split(",") if p.strip())
            if names and names[-1].endswith("..."):
                variadic = True
                names = (*names[:-1], names[-1][:-3].strip() or "__VA_ARGS__")
        found.append(
            Macro(
                name,
                names,
                variadic,
                _SPACE.sub(" ", body).strip(),
                line_of(starts, directive.start),
                guard,
            )
        )
    return tuple(found)


def undefs_of(directives: tuple[Directive, ...], starts: list[int]) -> tuple[Undef, ...]:
    """The `#undef`s in order."""
    return tuple(
        Undef(d.rest.split()[0], line_of(starts, d.start))
        for d in directives
        if d.keyword == "undef" and d.rest.split()
    )
