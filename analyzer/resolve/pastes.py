"""Identifiers that the bodies of macros paste together.

Not handled: names pasted only of what a macro is given (`CONCAT(a, b)`).
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from analyzer.model.facts import Macro

_RUN = re.compile(r"\w+(?:\s*##\s*\w+)+")


class Paste(NamedTuple):
    """An identifier that a macro (`bare`: without parameters) makes: what is literally at its ends, whether one
    argument is all between, and whether it is called."""

    path: str
    macro: str
    bare: bool
    first: str
    last: str
    single: bool
    called: bool


def pastes_of(path: str, macro: Macro) -> Iterator[Paste]:
    """The identifiers that a file's macro pastes with a literal part at one end at least."""
    parameters = macro.parameters or ()
    for run in _RUN.finditer(macro.body):
        parts = [p.strip() for p in run.group().split("##")]
        literal = [p not in parameters and p != "__VA_ARGS__" for p in parts]
        if all(literal):
            continue
        before = next(n for n, kept in enumerate(literal) if not kept)
        behind = next(n for n, kept in enumerate(reversed(literal)) if not kept)
        first, last = "".join(parts[:before]), "".join(parts[len(parts) - behind :])
        if first or last:
            called = macro.body[run.end() :].lstrip().startswith("(")
            single = len(parts) - before - behind == 1
            yield Paste(path, macro.name, macro.parameters is None, first, last, single, called)
