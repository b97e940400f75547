"""What is known of a line once it is judged: `Judged`.

Not handled: how it was found (`analyzer.compare.verdicts`).
"""

from collections.abc import Callable
from dataclasses import dataclass

from analyzer.compare.places import Hit, Place, Position
from analyzer.model.checks import Verdict


@dataclass(slots=True)
class Judged:
    """An item's verdict, where its children are looked for, and where the kernel has it.

    `below` may be a way to find the children's place: it costs resolution, and most lines have no children.
    `options` are positions in the body of the function that holds the item, `under` what governs the calls that
    match it there.
    """

    verdict: Verdict
    below: Place | Callable[[], Place]
    options: tuple[Position, ...] = ()
    under: tuple[tuple[str, ...], ...] = ()
    hits: tuple[Hit, ...] = ()

    @property
    def place(self) -> Place:
        """Where children are looked for."""
        if not isinstance(self.below, Place):
            self.below = self.below()
        return self.below

    @property
    def settled(self) -> bool:
        """Whether the place is known without looking for it."""
        return isinstance(self.below, Place)
