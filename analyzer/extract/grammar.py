"""The C grammar and the compiled queries."""

import functools
import operator

import tree_sitter_c
from tree_sitter import Language, Node, Query, QueryCursor

from analyzer.extract.queries import query_text

LANGUAGE = Language(tree_sitter_c.language())


@functools.cache
def query(*names: str) -> Query:
    """The queries `queries/<name>.scm` compiled into one, because each run walks the whole tree."""
    return Query(LANGUAGE, "\n".join(query_text(name) for name in names))


_PLACE = operator.attrgetter("start_byte", "end_byte")


def captures(compiled: Query, node: Node) -> dict[str, list[Node]]:
    """Captured syntax nodes by capture name, in source order (py-tree-sitter's own order varies from run
    to run)."""
    found: dict[str, list[Node]] = QueryCursor(compiled).captures(node)
    for nodes in found.values():
        nodes.sort(key=_PLACE)
    return found
