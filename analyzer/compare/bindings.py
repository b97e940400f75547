"""What bindings such as `type=SOCK_STREAM` exclude: alternatives by the constants of their tables, and calls by
the conditions above them.

A binding's name is the name of a variable or member. Not handled: arithmetic, ranges, and constants that are
equal by value only (but `PF_` and `AF_` are the same).
"""

import re
from collections.abc import Mapping, Sequence

from analyzer.compare.kernel import Kernel
from analyzer.compare.places import Hit
from analyzer.compare.texts import conjuncts, last_name

_CONSTANT = re.compile(r"[A-Z][A-Z0-9_]+$|\d+$")


def excluded(kernel: Kernel, hits: Sequence[Hit], bound: Mapping[str, str]) -> str:
    """Why none of a line's calls can be made under the bindings, "" when one can."""
    why = ""
    for hit in hits:
        reason = _by_condition(hit, bound) or _by_tables(kernel, hit, bound)
        if not reason:
            return ""
        why = why or reason
    return why


def _by_condition(hit: Hit, bound: Mapping[str, str]) -> str:
    for text in hit.under or ():
        negated = re.fullmatch(r"!\((.*)\)", text)
        if negated:
            if "&&" not in negated[1] and _truth(negated[1], bound) is True:
                return f"`{negated[1]}` holds"
            continue
        parts = conjuncts(text)
        tests = parts[1:] if len(parts) > 1 and "||" not in text else parts[:1]
        if any(_truth(part, bound) is False for part in tests):
            return f"`{text}` does not hold"
    return ""


def _truth(text: str, bound: Mapping[str, str]) -> bool | None:
    """Whether a comparison with a constant holds; None when that is not known."""
    match = re.fullmatch(r"\s*([\w>.\-\s]+?)\s*(==|!=)\s*([\w>.\-\s]+?)\s*", text)
    if not match:
        return None
    for subject, constant in ((match[1], match[3]), (match[3], match[1])):
        name = last_name(subject)
        value = bound.get(name)
        if value is None or not _CONSTANT.match(constant.strip()) or not _CONSTANT.match(value):
            continue
        if constant.strip().isdigit() != value.isdigit():
            return None  # a number and a name may mean the same
        return (_one(constant.strip()) == _one(value)) == (match[2] == "==")
    return None


def _by_tables(kernel: Kernel, hit: Hit, bound: Mapping[str, str]) -> str:
    indirect = [e for e in hit.edges if e.callee is not None and e.kind != "direct"]
    if not indirect:
        return ""
    why = ""
    for edge in indirect:
        tables = [e.object for e in edge.evidence if e.object]
        reason = next((r for t in tables if (r := _table(kernel, t, bound))), "")
        if not reason:
            return ""
        why = why or reason
    return why


def _table(kernel: Kernel, table: str, bound: Mapping[str, str]) -> str:
    """Why a table is not the one chosen, "" when it may be."""
    why = ""
    for use in kernel.uses(table):
        wrong = [
            (field, constant)
            for field, constant in use.constants
            if field in bound
            and _CONSTANT.match(constant)
            and constant.isdigit() == bound[field].isdigit()
            and _one(constant) != _one(bound[field])
        ]
        known = any(field in bound for field, _ in use.constants)
        if known and not wrong:
            return ""
        if wrong:
            field, constant = wrong[0]
            why = why or f"{table} is for {field}={constant}"
    return why


def _one(constant: str) -> str:
    return "AF_" + constant[3:] if constant.startswith("PF_") else constant
