"""What to show of a function besides its calls, and the lines that come of it: steps and sites, nested.

Making them is `planning`'s.
"""

from dataclasses import dataclass
from typing import Literal

from analyzer.graph.sites import Site
from analyzer.model.known import Constants

StepKind = Literal["condition", "case", "loop", "label", "assignment", "leave", "macro", "error", "call"]


@dataclass(frozen=True, slots=True)
class Detail:
    """What to plan. `assignments`: patterns of targets (`sk->*`); "" is all that reach outside the function; None
    shows none. `macros`: uses of macros that call nothing. `fold_errors`: error paths are counted instead
    of shown. `dead` marks what cannot be reached under the bindings instead of leaving it out."""

    conditions: bool = False
    assignments: tuple[str, ...] | None = None
    macros: bool = False
    fold_errors: bool = False
    values: bool = False
    dead: bool = False

    @property
    def needs_bodies(self) -> bool:
        """Whether anything is to be shown that only a body tells."""
        return self.conditions or self.assignments is not None or self.macros or self.fold_errors or self.dead


@dataclass(frozen=True, slots=True)
class PlannedSite:
    """A call site in its place. `prefix` stands before the call (`sk = `, `return `), `when` are the conditions of
    its expression, `outer` the `#if` condition that a line above it has already, `passed` what its arguments are
    known to be."""

    site: Site
    prefix: str = ""
    when: tuple[str, ...] = ()
    outer: str = ""
    passed: tuple[Constants, ...] = ()


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """A line that is no call. `calls` counts what a folded error path calls; `value` is the right side of an
    assignment, with which `text` ends, and `left` what it may be after that; `dead`: cannot be reached."""

    kind: StepKind
    text: str
    line: int
    below: tuple["Planned", ...] = ()
    guard: str = ""
    calls: int = 0
    value: str = ""
    left: Constants = ()
    dead: bool = False


Planned = PlannedSite | PlannedStep
