"""Macros that a source undefines and defines anew: which definition a function sees.

A function's scope is its file's, but for the few sources with such macros (237 of 6.12's): there each stretch
between two of their directives has a scope of its own, which differs from the file's in these macros only. Uses at
file scope see what `inforce` tells. Not handled: `#undef`s inside a body.
"""

from analyzer.model.guards import Truth
from analyzer.resolve.functions import Function
from analyzer.resolve.index import NameKind
from analyzer.resolve.inforce import in_force
from analyzer.resolve.macros import MacroDefinition
from analyzer.resolve.scope import Scope


def within(scope: Scope, function: Function) -> Scope:
    """The scope of a function, which `scope` is but for such macros."""
    if not scope.key == scope.path == function.path or not scope.path.endswith(".c"):
        return scope
    scopes = scope.scopes
    names = scopes.redefined(scope.path)
    if not names:
        return scope
    first, last = function.definition.line, function.definition.end_line
    known: dict[str, tuple[MacroDefinition, ...]] = {}
    for name in names:
        whole = scope.macro(name)
        seen = in_force(scope, name, first, last)
        if seen and seen != whole:
            known[name] = seen
    if not known:
        return scope
    lines = sorted({d.line for seen in known.values() for d in seen})
    key = f"{scope.path}@{','.join(map(str, lines))}"
    return scopes.known(key) or scopes.add(Section(scope, key, known))


class Section(Scope):
    """Names as the functions of a stretch of a file see them: `known` macros as they are there, all else as the
    file does."""

    def __init__(self, whole: Scope, key: str, known: dict[str, tuple[MacroDefinition, ...]]) -> None:
        super().__init__(whole.scopes, whole.path, key=key)
        self._whole = whole
        self._known = known

    @property
    def includers(self) -> tuple[str, ...]:
        """As the file's."""
        return self._whole.includers

    def files_with(self, kind: NameKind, name: str) -> tuple[list[str], list[str]]:
        """As in the file."""
        return self._whole.files_with(kind, name)

    def holds(self, guard: str) -> Truth:
        """As in the file."""
        return self._whole.holds(guard)

    def macro(self, name: str) -> tuple[MacroDefinition, ...]:
        """The definitions of a macro that may hold here, the likeliest first."""
        return self._known.get(name) or self._whole.macro(name)

    def macro_is_sure(self, name: str) -> bool:
        """Whether a macro is defined here in every configuration, as far as known."""
        return super().macro_is_sure(name) if name in self._known else self._whole.macro_is_sure(name)
