"""Guards as sets of conditions that all hold, so that one which says the same in other words is no difference.

Not handled: what follows from anything but a condition that stands there itself (`A || B` besides `A`).
"""

from collections.abc import Collection


def conjuncts(guard: str) -> tuple[str, ...]:
    """The conditions of a guard that are joined by `&&` outside parentheses; none for an empty one."""
    return _parts(guard, "&&")


def same(before: Collection[str], after: Collection[str]) -> bool:
    """Whether two sets of conditions say the same: of each, those that follow from the others are left out."""
    return _least(before) == _least(after)


def _least(conditions: Collection[str]) -> frozenset[str]:
    return frozenset(c for c in conditions if not any(other != c and other in _choices(c) for other in conditions))


def _choices(condition: str) -> tuple[str, ...]:
    whole = condition.startswith("(") and condition.endswith(")") and len(_parts(condition[1:-1], "&&")) == 1
    return _parts(condition[1:-1] if whole else condition, "||")


def _parts(text: str, operator: str) -> tuple[str, ...]:
    found: list[str] = []
    depth = start = 0
    for at, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if depth == 0 and text.startswith(operator, at):
            found.append(text[start:at].strip())
            start = at + len(operator)
    found.append(text[start:].strip())
    return tuple(part for part in found if part)
