"""Which of a file's own definitions of a macro is in force on a line, where it undefines and defines it anew.

Not handled: what a macro in an initializer stands for, but for the items of lists (`xmacros`).
"""

from collections.abc import Sequence

from analyzer.resolve.defaults import is_default
from analyzer.resolve.macros import Lookup, MacroDefinition
from analyzer.resolve.scope import Scope, distinct


def in_force(scope: Scope, name: str, first: int, last: int) -> tuple[MacroDefinition, ...]:
    """The file's own definitions of a macro that may hold on some of its lines."""
    scopes, path = scope.scopes, scope.path
    ends = [(line, guard) for line, guard in scopes.undefs_in(path, name) if line <= first]
    return distinct(
        [
            d
            for d in scopes.macros_in(path, name)
            if d.line <= last
            and scope.holds(d.guard) is not False
            and not any(d.line < line and scope.undone(d.guard, guard) for line, guard in ends)
        ]
    )


def lookup_at(scope: Scope, line: int, lookup: Lookup) -> Lookup:
    """The same look-up, but for what the file, or headers that it includes one after the other, define anew: there
    on a line of it."""
    names = frozenset(scope.scopes.redefined(scope.path)) if scope.key == scope.path else frozenset()
    renewed = scope.scopes.renewed(scope.path)
    if not names and not renewed:
        return lookup

    def at_line(name: str) -> Sequence[MacroDefinition]:
        own = in_force(scope, name, line, line) if name in names else ()
        if own and not any(map(is_default, own)):
            return own
        found = lookup(name)
        return _latest(scope, found, line) if name in renewed else found

    return at_line


def _latest(scope: Scope, found: Sequence[MacroDefinition], line: int) -> Sequence[MacroDefinition]:
    """Of a macro's definitions those of the header that is included last above a line."""
    headers = sorted({d.file for d in found if d.file != scope.path})
    includes = scope.scopes.includes
    last = ""
    for include in scope.scopes.index.includes(scope.path):
        if include.line < line:
            target = includes.resolve(scope.path, include.target, quoted=include.quoted)
            brought = includes.closure(target) if target else ()
            last = next((path for path in headers if path in brought), last)
    return tuple(d for d in found if d.file == last) or found
