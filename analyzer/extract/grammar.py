"""The C grammar and the compiled queries."""

import functools
import operator
from collections.abc import Iterable

import tree_sitter_c
from tree_sitter import Language, Node, Query, QueryCursor

from analyzer.extract.queries import query_text

LANGUAGE = Language(tree_sitter_c.language())


@functools.cache
def query(*names: str) -> Query:
    """The queries `queries/<name>.scm` compiled into one, because each run walks the whole tree."""
    return Query(LANGUAGE, "\n".join(query_text(name) for name in names))


_PLACE = operator.attrgetter("start_byte", "end_byte")


def in_order(nodes: Iterable[Node]) -> list[Node]:
    """Syntax nodes in source order."""
    return sorted(nodes, key=_PLACE)


class Captures:
    """What a query captures, by name, in source order (py-tree-sitter's own order varies from run to run)."""

    __slots__ = ("_found",)

    def __init__(self, compiled: Query, node: Node) -> None:
        self._found: dict[str, list[Node]] = QueryCursor(compiled).captures(node)

    def nodes(self, name: str) -> list[Node]:
        """The captured syntax nodes."""
        return in_order(self._found.get(name, ()))

    def unordered(self, name: str) -> list[Node]:
        """The captured syntax nodes in any order, for those who bring them into one."""
        return self._found.get(name, [])

    def spans(self, name: str) -> list[tuple[int, int]]:
        """Where they begin and end, which costs much less than the nodes in order."""
        return sorted([(node.start_byte, node.end_byte) for node in self._found.get(name, ())])
