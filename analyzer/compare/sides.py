"""What a comparison asks of each of the two kernels, and which of their functions are the same.

A function is recognised by its name (system calls by one name, whatever spells them), else by likeness of name,
body, callees and signature: the containers of GumTree's bottom-up phase (Falleri et al. 2014), with callees for
descendants.

Not handled: functions that were merged or divided into equal halves (`analyzer.compare.walk` follows calls
instead).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from analyzer.compare.likeness import bodies_alike, dice, names_alike
from analyzer.model.callgraph import Edge, Function, FunctionRef

SURE = 0.7  # functions less alike are not taken for one that was renamed
_CAP = 0.95
_TRIVIAL = 12  # tokens of a body
_ROUGH = 0.02  # for counting tokens instead of runs of them
_BONUS = (
    0.3  # the new callee is called through a macro of the old name, or sits in the same entry of the same table
)


class Side(Protocol):
    """One kernel's answers."""

    def callees(self, ref: FunctionRef) -> Sequence[Edge]:
        """Edges out of a function, in source order."""

    def prepare(self, refs: Sequence[FunctionRef]) -> None:
        """The edges of these functions will be asked for next, after what the other side is told here."""

    def function(self, ref: FunctionRef) -> Function | None:
        """What is known of a function, None for an external one."""

    def defines(self, ref: FunctionRef) -> bool:
        """Whether this kernel has a function that the other one's `ref` may have become under its own name."""

    def tokens(self, ref: FunctionRef) -> tuple[str, ...]:
        """The tokens of a function's body, without comments; () when it has no text of its own."""

    def weight(self, file: str) -> int:
        """How much lies around a file; functions in heavy places are what most readers look for."""


@dataclass(slots=True)
class Likeness:
    """Scores of function pairs, each computed once, and only as far as it can matter: resolving callees, and even
    reading bodies, costs much where hundreds of targets meet hundreds."""

    before: Side
    after: Side
    _scores: dict[tuple[FunctionRef, FunctionRef, bool], float] = field(default_factory=dict)

    def of(self, before: FunctionRef, after: FunctionRef, *, supported: bool = False) -> float:
        """From 0 to 1, a lower bound where it stays below SURE; `supported`: something beside the two functions
        speaks for it."""
        key = before, after, supported
        score = self._scores.get(key)
        if score is None:
            score = self._score(before, after, SURE - _BONUS if supported else SURE)
            if supported:
                score = max(score, min(_CAP, score + _BONUS))
            self._scores[key] = score
        return score

    def _score(self, before: FunctionRef, after: FunctionRef, wanted: float) -> float:
        name = names_alike(before.name, after.name)
        first, second = self.before.function(before), self.after.function(after)
        if first is None or second is None:
            return 0.6 * name if first is second else 0.0
        types = dice([p.type for p in first.parameters], [p.type for p in second.parameters])
        score = 0.35 * name + 0.1 * types
        one, other = self.before.tokens(before), self.after.tokens(after)
        if min(len(one), len(other)) < _TRIVIAL:  # many functions do nothing but return; names must decide
            body = bodies_alike(one, other) if one and other else 0.0
            return 0.6 * name + 0.2 * (before.file == after.file) + 0.1 * types + 0.1 * body
        most = 2 * min(len(one), len(other)) / (len(one) + len(other))  # what bodies of such lengths share
        if score + 0.55 * most + _ROUGH < wanted and score + 0.3 * most + 0.25 + _ROUGH < wanted:
            return score
        body = bodies_alike(one, other)
        if score + max(0.55 * body, 0.3 * body + 0.25) < wanted:
            return score + 0.3 * body
        left = {e.callee.name for e in self.before.callees(before) if e.callee}
        right = {e.callee.name for e in self.after.callees(after) if e.callee}
        if left or right:
            return score + 0.3 * body + 0.25 * dice(left, right)
        return score + 0.55 * body
