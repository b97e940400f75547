"""What Kconfig decides for an architecture, whatever a person configures: what its main symbol selects, and which
symbols cannot be on.

Not handled: what other folders' Kconfig files always select; conditions around symbols (`if`, `menu`), and
choices, of which one member excludes the others.
"""

import re
from collections.abc import Iterable, Mapping

from analyzer.model.guards import Truth, evaluate
from analyzer.model.kconfig import Symbol

_NAME = re.compile(r"\w+")
_CONSTANTS: Mapping[str, Truth] = {"CONFIG_y": True, "CONFIG_n": False, "CONFIG_m": None}


def possible(symbols: Iterable[Symbol], values: Mapping[str, str]) -> frozenset[str]:
    """The symbols (`CONFIG_X`) that may be on, given the values of some: those that a block defines whose
    conditions may hold, or that one of these selects. What cannot be is taken away until nothing more is found."""
    blocks = [(f"CONFIG_{symbol.name}", symbol) for symbol in symbols]
    guards = {g for _, block in blocks for g in (*block.depends, *(c for _, c in block.selects))}
    names = {guard: frozenset(_NAME.findall(guard)) for guard in guards}
    found = frozenset(name for name, _ in blocks)

    def truth(atom: str) -> Truth:
        if atom in _CONSTANTS or not atom.startswith("CONFIG_"):
            return _CONSTANTS.get(atom)
        value = values.get(atom)
        return (None if atom in found else False) if value is None else value == "y"

    def may_hold(guard: str) -> bool:
        unsure = names[guard] <= found and values.keys().isdisjoint(names[guard])  # most are: nothing to compute
        return unsure or evaluate(guard, truth) is not False

    while True:
        left = {name for name, block in blocks if name in found and all(map(may_hold, block.depends))}
        selected = {
            f"CONFIG_{other}"
            for name, block in blocks
            if name in found and values.get(name) != "n"  # also one that is on only because it is selected
            for other, condition in block.selects
            if may_hold(condition)
        }
        remaining = found & (left | selected)
        if remaining == found:
            return found
        found = remaining


def implied(symbols: Iterable[Symbol], known: Mapping[str, str]) -> dict[str, str]:
    """The symbols (`CONFIG_X`) that are `y` once the known ones are as they are; these are left out."""
    values = dict(known)

    def truth(atom: str) -> Truth:
        value = values.get(atom)
        return None if value is None else value == "y"

    def holds(guard: str) -> bool:
        return not guard or evaluate(guard, truth) is True

    blocks = [(f"CONFIG_{symbol.name}", symbol) for symbol in symbols]
    before = -1
    while len(values) > before:
        before = len(values)
        for name, block in blocks:
            conditions = (block.always, *block.depends)
            if name not in values and all(c is not None and holds(c) for c in conditions):
                values[name] = "y"
            if values.get(name) == "y":
                for other, condition in block.selects:
                    if f"CONFIG_{other}" not in values and holds(condition):
                        values[f"CONFIG_{other}"] = "y"
    return {name: value for name, value in values.items() if name not in known}
