"""Texts of statements as trees show them: conditions without hints, left sides, what a pattern asks for, guards
relative to what stands around them. Nothing here knows a syntax tree: a text that is no C comes out as it is."""

import re
from collections.abc import Sequence

from analyzer.graph.sites import Site
from analyzer.model.body import Assignment

_BASE = re.compile(r"^[\s(*&]*([A-Za-z_]\w*)")
_CASTS = re.compile(r"(?:\((?:[\w\s*]*\))?\s*)*")
_HINT = re.compile(r"\b(?:un)?likely\(")
_OPERATOR = re.compile(r"[^\w.\->()\[\]!]")


def matches(patterns: Sequence[str], target: str, inner: frozenset[str]) -> bool:
    """Whether an assignment to `target` is asked for."""
    for pattern in patterns:
        if pattern:
            if re.fullmatch(".*".join(re.escape(part) for part in pattern.split("*")), target):
                return True
        elif reaches_outside(target, inner):
            return True
    return False


def plain(condition: str) -> str:
    """A condition without the hints `likely()` and `unlikely()`."""
    at = 0
    while match := _HINT.search(condition, at):
        depth, end = 1, match.end()
        while end < len(condition) and depth:
            depth += (condition[end] == "(") - (condition[end] == ")")
            end += 1
        if depth:
            break
        whole = condition[: match.start()][-1:] in ("", "(") and condition[end : end + 1] in ("", ")")
        inside = condition[match.end() : end - 1]
        if not whole and _OPERATOR.search(inside):
            inside = f"({inside})"
        condition = condition[: match.start()] + inside + condition[end:]
        at = match.start()
    return condition


def reaches_outside(target: str, inner: frozenset[str]) -> bool:
    """Whether a stored value is seen outside: through a pointer, or in a variable that is not of the function."""
    if "->" in target or target.lstrip("(").startswith("*"):
        return True
    base = _BASE.match(target)
    return base is not None and base.group(1) not in inner


def left_side(action: Assignment) -> str:
    """The left side of an assignment, with its operator."""
    left = " = ".join(action.targets)
    glue = "" if not action.declared or action.declared.endswith("*") else " "
    return f"{action.declared}{glue}{left} {action.operator} "


def same_text(text: str, value: str) -> bool:
    """Whether two texts differ in blanks only."""
    return text.replace(" ", "") == value.replace(" ", "")


def cast_before(value: str, site: Site) -> str | None:
    """The casts and parentheses before the call that a value is; None when it is another call than this one."""
    match = _CASTS.match(value)
    cast = match.group() if match else ""
    plain_value = value[len(cast) :]
    callee = site.edge.expression.partition("(")[0].strip()
    names = (callee, *site.edge.macros[:1])
    if not any(plain_value.startswith(name) for name in names):
        return None
    return "" if cast.count("(") != cast.count(")") else cast


def bracketed(condition: str) -> str:
    """A condition as one operand of `&&`."""
    return f"({condition})" if "||" in condition else condition


def guards_within(outer: str, guard: str) -> str:
    """`guard` without the conditions that `outer`, the guard of the function, has already."""
    if not outer or not guard:
        return guard
    if guard == outer:
        return ""
    known = set(outer.split(" && "))
    return " && ".join(part for part in guard.split(" && ") if part not in known) if "||" not in outer else guard
