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
    """The same look-up, but for what the file defines anew: there on a line of it."""
    names = frozenset(scope.scopes.redefined(scope.path)) if scope.key == scope.path else frozenset()
    if not names:
        return lookup

    def at_line(name: str) -> Sequence[MacroDefinition]:
        own = in_force(scope, name, line, line) if name in names else ()
        return own if own and not any(map(is_default, own)) else lookup(name)

    return at_line
