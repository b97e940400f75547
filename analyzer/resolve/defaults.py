"""Definitions that only hold where nothing before has defined the macro (`#ifndef readq`): which of them is first,
and what stands under them further down in their file.

Not handled: an order that follows from a third file's includes; one of two such files must include the other.
"""

import functools
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from analyzer.model.guards import Truth
from analyzer.resolve.macros import MacroDefinition

if TYPE_CHECKING:
    from analyzer.resolve.scope import Scope

_NAME = re.compile(r"[A-Za-z_]\w*")


def is_default(definition: MacroDefinition) -> bool:
    """Whether a definition stands under the absence of one."""
    return f"!{definition.name}" in definition.guard


def preceded(scope: "Scope", default: MacroDefinition, files: Iterable[str]) -> bool:
    """Whether one of the files has another such definition of the macro, which holds as well and stands in what
    the default's own file includes: there the name is defined already. (Of arm64's `readq_relaxed` the one in
    `asm-generic/io.h` is first, which only says that there is a function.)"""
    before = scope.scopes.includes.closure(default.file)
    return any(
        is_default(other) and holds_below(scope, other.guard, path, other.line) is True and scope.surely_sees(path)
        for path in files
        if path != default.file and path in before and not scope.scopes.foreign(path)
        for other in scope.scopes.macros_in(path, default.name)
    )


def holds_below(scope: "Scope", guard: str, file: str, line: int) -> Truth:
    """Whether a guard on a line of a file holds, as far as known, with the defaults that the file has above it.
    Where the file asks for a name's value (`#if SCTP_DEBUG`), its presence in the guard means that it is not 0."""
    truth = scope.holds(guard)
    given: dict[str, Truth] = {}
    for name in _names_in(guard):
        above = [d for d in scope.scopes.macros_in(file, name) if d.line < line and is_default(d)]
        asked = name in scope.scopes.asked(file)
        if not above and not asked:
            continue
        known = scope.holds(name)
        if known and asked and scope.is_zero(name):
            given[name] = False
        elif above and known is False:
            # the group around a default that only says that there is a function goes on behind it
            if asked:
                given[name] = _has_value(scope, above)
            elif truth is False and any(scope.holds(d.guard) is True for d in above):
                given[name] = True
    return scope.holds_given(guard, given) if given else truth


@functools.lru_cache(65536)
def _names_in(guard: str) -> tuple[str, ...]:
    """The names in a guard that are no configuration symbols."""
    return tuple(n for n in dict.fromkeys(_NAME.findall(guard)) if not n.startswith(("CONFIG_", "IS_")))


def _has_value(scope: "Scope", defaults: Iterable[MacroDefinition]) -> Truth:
    """Whether the one of some defaults that holds is no zero."""
    verdict: Truth = False
    for default in defaults:
        truth = scope.holds(default.guard)
        if truth is False or scope.number(default.body) == 0:
            continue
        if truth:
            return True
        verdict = None
    return verdict
