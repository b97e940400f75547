"""Function pointers that share memory: the members of a union.

Which of them a call means is told by the number of their parameters. Not handled: unions that hold a pointer's
typedef or a struct of pointers.
"""

from typing import NamedTuple

import msgspec

from analyzer.model.callgraph import Slot
from analyzer.resolve.index import Index
from analyzer.resolve.scope import record_in
from analyzer.resolve.tokens import TokenCall, arguments_of, close_of, spell, tokenize


class Overlay(NamedTuple):
    """The other function pointers in the union that a slot is a member of, and how many parameters the slot's
    own type has."""

    others: tuple[Slot, ...]
    parameters: int


def find_overlay(index: Index, slot: Slot) -> Overlay | None:
    """What shares a slot's memory; None when it is no function pointer in a union with others."""
    outer = slot.struct if slot.struct.startswith("::") else slot.struct.split("::", maxsplit=1)[0]
    for path in index.files("record", outer):
        record = record_in(index.facts(path), slot.struct)
        if record is None or record.kind != "union" or slot.file not in ("", path):
            continue
        pointers = {f.name: f for f in record.fields if "(*" in f.type}
        if slot.field in pointers and len(pointers) > 1:
            count = parameter_count(pointers.pop(slot.field).type)
            others = tuple(msgspec.structs.replace(slot, field=name) for name in pointers)
            return Overlay(others, count) if count is not None else None
    return None


def parameter_count(type_text: str) -> int | None:
    """How many parameters the function that `int (*)(int, long)` points to has; None for any number and
    for what is no such type."""
    tokens = tokenize(type_text)
    at = next((n for n in range(len(tokens) - 1) if tokens[n].text == "(" and tokens[n + 1].text == "*"), -1)
    opening = close_of(tokens, at) + 1 if at >= 0 else 0
    if not 0 < opening < len(tokens) or tokens[opening].text != "(":
        return None
    closing = close_of(tokens, opening)
    if closing < 0:
        return None
    parameters = arguments_of(tokens, TokenCall("", opening, opening, closing))
    if not parameters or [spell(p) for p in parameters] == ["void"]:
        return 0
    return None if spell(parameters[-1]) == "..." else len(parameters)
