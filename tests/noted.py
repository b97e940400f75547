"""Trees of notes for unit tests: items written down by hand, and those that are read from a note's text."""

import textwrap
from typing import Any

from analyzer.model.checks import Block, Directives, Item, ItemKind
from analyzer.notes.reader import read_note


def item(kind: ItemKind, name: str, parent: int = -1, line: int = 1, **more: Any) -> Item:
    """An item that stands in a line alone."""
    return Item(kind, line, 0, len(name), more.pop("text", name), parent, name=name, **more)


def block(*items: Item, root: str = "") -> Block:
    """A tree of these items."""
    return Block(1, len(items), "indent", items, Directives(root=root))


def noted(text: str) -> Block:
    """The one tree that a note's text holds."""
    (found,) = read_note(("```\n" + textwrap.dedent(text).strip("\n") + "\n```\n").encode(), "note.md").blocks
    return found
