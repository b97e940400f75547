"""What an execution under bindings knows of a function, in terms of its body's places.

Values are numbers, or C text that denotes a file-scope object or function (`&tcp_prot`, `inet_create`).

Not here: how it is found out (`analyzer.resolve.execution`).
"""

from collections.abc import Mapping

import msgspec

Constants = tuple[int | str, ...]  # all that a value may be, sorted; empty when that is not known


class Known(msgspec.Struct, frozen=True):
    """`ran`: statements that were reached, `entered`: arms of `if` and cases, by offset of their place;
    `arguments` of calls by (line, column); `stored`: what assignments leave in their first target, by offset."""

    ran: frozenset[int]
    entered: frozenset[int]
    arguments: Mapping[tuple[int, int], tuple[Constants, ...]]
    stored: Mapping[int, Constants]
