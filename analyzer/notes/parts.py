"""What a line of a tree consists of: `Part` and `Parsed`.

Not handled: how lines are read (`analyzer.notes.content`).
"""

from dataclasses import dataclass, field

from analyzer.model.checks import ItemKind


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a line; fields as in `analyzer.model.checks.Item`, offsets into the line. `above` is the
    part of the same line that it hangs under; `also` further ones."""

    kind: ItemKind
    start: int
    end: int
    text: str
    above: int = -1
    also: tuple[int, ...] = ()
    name: str = ""
    callee: str = ""
    arguments: tuple[str, ...] | None = None
    declared: bool = False
    left: str = ""
    right: str = ""
    condition: str = ""
    keyword: str = ""
    label: str = ""
    name_at: tuple[int, int] = (-1, -1)
    arguments_at: tuple[int, int] = (-1, -1)
    strong: bool = False  # looks like code by itself: parentheses, underscores, arrows


@dataclass(slots=True)
class Parsed:
    """A line's parts, its remark, and what its remark expects."""

    parts: list[Part] = field(default_factory=list)
    remark: str = ""
    expect: str = ""
