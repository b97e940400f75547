"""List files (X-macros): what their uses mean where they are included under a definition of the macro.

`include/linux/lsm_hook_defs.h` only has `LSM_HOOK(…)` lines; each file that defines `LSM_HOOK` and includes it
gives them a meaning. Not handled: lists whose macro's name is made by another macro, and an includer that gets
the definition from a header.
"""

import posixpath
from collections.abc import Sequence
from typing import NamedTuple

from analyzer.resolve.inforce import lookup_at
from analyzer.resolve.macros import Lookup, MacroDefinition
from analyzer.resolve.scopes import Scopes


class Inclusion(NamedTuple):
    """A place that includes a list: the file and line, the guard there, the definition in force."""

    path: str
    line: int
    guard: str
    definition: MacroDefinition


def inclusions(scopes: Scopes, path: str, macro: str) -> tuple[Inclusion, ...]:
    """The files that define a macro and then include a list of its uses, by path and line."""
    index = scopes.index
    base = posixpath.basename(path)
    found: list[Inclusion] = []
    for includer in index.files("macro", macro):
        if includer == path or scopes.foreign(includer):
            continue
        for include in index.includes(includer):
            if posixpath.basename(include.target) != base:
                continue
            if scopes.includes.resolve(includer, include.target, quoted=include.quoted) != path:
                continue
            definition = _in_force(scopes, includer, macro, include.line)
            if definition is not None:
                found.append(Inclusion(includer, include.line, include.guard, definition))
    return tuple(found)


def _in_force(scopes: Scopes, path: str, macro: str, line: int) -> MacroDefinition | None:
    """The definition of a macro at a line of the file that makes it."""
    above = [d for d in scopes.macros_in(path, macro) if d.line < line]
    if not above:
        return None
    latest = max(above, key=lambda d: d.line)
    gone = any(latest.line < u.line < line for u in scopes.index.facts(path).undefs if u.name == macro)
    return None if gone else latest


def lookup_in(scopes: Scopes, inclusion: Inclusion) -> Lookup:
    """Macros as the list's uses see them there: the includer's own are those of that line."""
    scope = scopes.of(inclusion.path)
    own = inclusion.definition
    at_line = lookup_at(scope, inclusion.line, scope.macro)

    def lookup(name: str) -> Sequence[MacroDefinition]:
        return (own,) if name == own.name else at_line(name)

    return lookup
