"""Which declarations are a file's own, and which are a function's.

Queries find declarations wherever they stand, because that costs least; here they are told apart.

Not handled: what the grammar took for something else because of an error.
"""

from collections.abc import Iterator

from tree_sitter import Node

_TRANSPARENT = frozenset(("ERROR", "linkage_specification", "declaration_list"))


def at_file_scope(item: Node) -> Iterator[Node]:
    """The declarations at file scope: in the root of a syntax tree, in its errors, and in `extern "C" { }`."""
    for child in item.children:
        kind = child.type
        if kind == "declaration":
            yield child
        elif kind in _TRANSPARENT:
            yield from at_file_scope(child)
