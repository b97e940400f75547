"""Conditionals of Makefiles: what `ifeq`, `ifdef` and the like ask, as guards.

Not handled: values of configuration symbols other than `y`, `m` and empty, beyond comparing with a number.
"""

import re

from analyzer.model.guards import conjunction
from analyzer.model.kbuild import MakeStatement
from analyzer.resolve.kbuild.conditions import Conditions, both, either, opposite
from analyzer.resolve.kbuild.expansion import Expansion
from analyzer.resolve.kbuild.maketext import Unknown, sides_of

_ONE_CONFIG = re.compile(r"^\$[({](CONFIG_\w+)[)}]$")


def condition(expansion: Expansion, operator: str, text: str) -> str:
    """The guard of `ifeq (a,b)`, `ifdef NAME`, …; "0" is never. Raises Unknown."""
    guard = _defined(expansion, text) if operator in ("ifdef", "ifndef") else _equal(expansion, text)
    return opposite(guard) if operator in ("ifndef", "ifneq") else guard


def _defined(expansion: Expansion, text: str) -> str:
    runs = []
    for conditions, name in expansion.alternatives(text.strip()):
        if name.startswith("CONFIG_") and not expansion.chunks(name):
            choices: list[Conditions] = [(f"IS_ENABLED({name})",)]
        else:
            choices = [c.conditions for c in expansion.chunks(name) if c.text != ""]
        runs += [t for c in choices if (t := both(conditions, c)) is not None]
    return either(runs)


def _equal(expansion: Expansion, text: str) -> str:
    left, right = sides_of(text)
    for one, other in ((left, right), (right, left)):
        match = _ONE_CONFIG.match(one)
        if match and "$" not in other and other not in ("y", "m", "n", ""):
            if other.isdecimal():
                return f"{match[1]} == {other}"
            raise Unknown(text)
    equal: list[Conditions] = []
    unequal: list[Conditions] = []
    for first, one in expansion.alternatives(left):
        for second, other in expansion.alternatives(right):
            together = both(first, second)
            if together is not None:
                (equal if one.strip() == other.strip() else unequal).append(together)
    if not unequal:
        return "" if equal else "0"
    return either(equal) if len(equal) <= len(unequal) else opposite(either(unequal))


class Branches:
    """The conditionals that one Makefile's statements are in; `under` is what holds from here on, None where
    nothing is read. With `tolerant`, conditions that no configuration decides are passed over: all their branches
    are read."""

    def __init__(self, expansion: Expansion, path: str, outside: Conditions, *, tolerant: bool = False) -> None:
        self.under: Conditions | None = outside
        self._expansion = expansion
        self._path = path
        self._tolerant = tolerant
        self._stack: list[tuple[Conditions | None, str]] = []  # what was outside, "no branch so far"

    def take(self, statement: MakeStatement) -> bool:
        """Enter, change or leave a conditional; False when the statement is none."""
        if statement.kind == "endif":
            self.under = self._stack.pop()[0] if self._stack else self.under
        elif statement.kind == "if":
            self._branch(statement, self.under, "")
        elif statement.kind == "else":
            self._branch(statement, *(self._stack.pop() if self._stack else (self.under, "")))
        else:
            return False
        return True

    def _branch(self, statement: MakeStatement, outside: Conditions | None, earlier: str) -> None:
        guard, later = "", "0"
        if statement.operator:
            known = self._guard(statement)
            guard = known or ""
            later = earlier if known is None else conjunction(earlier, opposite(guard))
        self._stack.append((outside, later))
        self.under = _under(outside, earlier, guard)

    def _guard(self, statement: MakeStatement) -> str | None:
        """The guard of a branch, a name of its own where it cannot be told; None: to be passed over."""
        try:
            if not self._tolerant or "CONFIG_" in statement.text:
                return condition(self._expansion, statement.operator, statement.text)
        except Unknown:
            pass
        return None if self._tolerant else f"{self._path}:{statement.line}"


def _under(outside: Conditions | None, earlier: str, guard: str) -> Conditions | None:
    """The conditions inside a branch."""
    if outside is None:
        return None
    for part in (earlier, guard):
        if part:
            together = both(outside, (part,))
            if together is None:
                return None
            outside = together
    return outside
