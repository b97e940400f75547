"""The syntax tree of a masked text, repaired where the grammar fails: `parsed`.

Not handled: what the repair cannot read; the tree has errors there.
"""

from tree_sitter import Parser, Tree

from analyzer.extract.grammar import LANGUAGE, Captures, query
from analyzer.extract.notes import Masked, Note, TopInvocation
from analyzer.extract.repair.repairing import repaired

_ROUNDS = 3  # of repair: one error can hide another


def parsed(masked: Masked) -> tuple[Masked, Tree]:
    """The syntax tree of masked text; where it has errors, of its repaired text if that has fewer."""
    parser = Parser(LANGUAGE)
    tree: Tree = parser.parse(masked.text)
    if not tree.root_node.has_error:
        return masked, tree
    errors = _errors(tree)
    for _ in range(_ROUNDS):
        again = repaired(masked.text, masked.text, errors)
        if again.text == masked.text:
            break
        other: Tree = parser.parse(again.text, _edited(tree, masked.text, again.text))
        remaining = _errors(other)
        if _weight(remaining) >= _weight(errors):
            break
        masked = masked._replace(
            text=again.text,
            uses=tuple(sorted((*masked.uses, *again.uses), key=_place)),
            invocations=tuple(sorted((*masked.invocations, *again.invocations), key=_place)),
        )
        tree, errors = other, remaining
        if not errors:
            break
    return masked, tree


def _edited(tree: Tree, before: bytes, after: bytes) -> Tree:
    """The tree of a text that knows which of its lines are others now, so that only these are parsed again."""
    edited: Tree = tree.copy()
    at = 0
    for row, (old, new) in enumerate(zip(before.split(b"\n"), after.split(b"\n"), strict=True)):
        end = at + len(old)
        if old != new:
            edited.edit(at, end, end, (row, 0), (row, len(old)), (row, len(old)))
        at = end + 1
    return edited


def _place(use: Note | TopInvocation) -> int:
    return use.start


def _errors(tree: Tree) -> list[tuple[int, int]]:
    """The places that the grammar could not read."""
    if not tree.root_node.has_error:
        return []
    found = Captures(query("errors"), tree.root_node)
    return sorted((*found.spans("error"), *found.spans("missing")))


def _weight(errors: list[tuple[int, int]]) -> tuple[int, int]:
    return len(errors), sum(end - start for start, end in errors)
