"""What tells one ops table from the others of its type: a constant among its entries.

Not handled: tables that are told apart by where they are registered (`inetsw_array` for `tcp_prot`); that takes
the flow of values.
"""

import re

from analyzer.extract.layouts import read_values
from analyzer.model.facts import Facts

# in the order in which they say most to a reader
_FIELDS = ("name", "family", "protocol", "id", "type", "cmd")
_STRING = re.compile(r'^"([^"\\]{1,40})"$')
_CONSTANT = re.compile(r"^[A-Z][A-Z0-9_]*$")


def selector_of(facts: Facts, data: bytes, name: str) -> str:
    """`TCP` for `.name = "TCP"`, `PF_INET` for `.family = PF_INET`; "" when the table of that name, in the file
    with these facts and bytes, holds no such constant."""
    for table in facts.objects:
        if table.name != name or not table.entries:
            continue
        entries = {value.designator.lstrip("."): value.text for value in reversed(read_values(data, table.line))}
        for field in _FIELDS:
            value = entries.get(field, "")
            if string := _STRING.match(value):
                return string.group(1)
            if _CONSTANT.match(value) and value not in ("NULL", "THIS_MODULE", "KBUILD_MODNAME"):
                return value
    return ""
