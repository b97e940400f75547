"""A function as it stands in a file, or as the use of a macro makes it there.

Not handled: what is made; `made` and `renamed` find that.
"""

import re
from typing import NamedTuple

import msgspec

from analyzer.model.callgraph import Linkage, Parameter
from analyzer.model.facts import Definition, DirectCall, Invocation
from analyzer.resolve.placeholders import filled
from analyzer.resolve.syscallnames import canonical_name
from analyzer.resolve.templates import values_of

BODY = "__body_of_the_text"  # what stands for the body that a macro's head owns, while the head is expanded
_WORD = re.compile(r"[A-Za-z_]\w*")


class Function(NamedTuple):
    """A function definition with its file; `macro` is empty when its name stands in the text. The calls of the
    text are the definition's, those of `made` in the macro's expansion, with the macros that made them."""

    path: str
    definition: Definition
    macro: str = ""
    aliases: tuple[str, ...] = ()
    made: tuple[tuple[str, tuple[str, ...]], ...] = ()
    whole: bool = True  # False: what it calls has not been read
    seen_from: str = ""  # the file whose names it sees, when that is not `path`: an includer of a list

    @property
    def linkage(self) -> Linkage:
        return "weak" if self.definition.weak else "internal" if self.definition.static else "external"


def bodiless(path: str, use: Invocation, template: Definition, name: str) -> Function:
    """The function that a use makes, as its template has it: enough to bind a call."""
    values = values_of(use.arguments)
    named = msgspec.structs.replace(
        template,
        name=name,
        return_type=filled(template.return_type, values),
        parameters=tuple(Parameter(filled(p.type, values), filled(p.name, values)) for p in template.parameters),
        calls=(),
        indirect=(),
        assignments=(),
        variables=(),
        references=(),
    )
    moved = placed_at(path, named, use.line, use.end_line, use.column, use.macro, use.guard)
    return moved._replace(whole=False)


def placed_at(
    path: str, made: Definition, line: int, end_line: int, column: int, macro: str, guard: str
) -> Function:
    """A definition read from an expansion, moved to where the macro is used; its calls are the macro's."""
    calls = tuple((c.name, (macro,)) for c in made.calls)
    moved = msgspec.structs.replace(
        made,
        line=line,
        end_line=end_line,
        column=column,
        guard=guard,
        calls=tuple(DirectCall(c.name, line, column, 0, 0) for c in made.calls if c.name != BODY),
        start=0,
        body=0,
        end=0,
    )
    return Function(path, moved, macro, (), calls)


def joined(functions: list[Function]) -> tuple[Function, ...]:
    """A system call's wrappers as one function with aliases, other functions as they are."""
    groups: dict[str, list[Function]] = {}
    for function in functions:
        groups.setdefault(canonical_name(function.definition.name), []).append(function)
    found = []
    for name, members in groups.items():
        owner = next((m for m in members if m.definition.end), members[0])
        names = sorted({m.definition.name for m in members} - {name})
        if len(members) == 1 and owner.definition.name == name:
            found.append(owner)
            continue
        own = {m.definition.name for m in members}
        extra = tuple(dict.fromkeys(c for m in members for c in m.made if c[0] not in own and c[0] != BODY))
        definition = msgspec.structs.replace(owner.definition, name=name, static=False, inline=False)
        found.append(Function(owner.path, definition, owner.macro, tuple(names), extra))
    return tuple(found)


def fallback_name(head: str) -> str:
    """A name for a function whose head cannot be expanded: the macro and its first argument."""
    words = _WORD.findall(head)
    return "_".join(words[:2]) if words else head
