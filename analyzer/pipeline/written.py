"""What the text of a kernel says beyond its index: statements and comments of functions, constants of tables.

Read from the source when asked for first, and kept among the answers; while everything asked was read before,
neither the list of files nor a resolver is needed. Not handled: structs, macros and other definitions
(`analyzer.pipeline.definitions`).
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from analyzer.model.body import Body
from analyzer.model.callgraph import Edge, FunctionRef
from analyzer.model.notes import Comment
from analyzer.pipeline.answers import Answers, function_key

if TYPE_CHECKING:  # not loaded while all that is asked was found before
    from analyzer.extract.dialect import Dialect
    from analyzer.pipeline.bodies import Bodies, Span
    from analyzer.pipeline.stored import StoredIndex
    from analyzer.resolve.resolver import Resolver

_MAX_HOLDERS = 8  # tables whose constant can be one and the same without being a coincidence


class Written:
    """The text of one version. Index, resolver and dialect are asked for when an answer needs them."""

    def __init__(
        self,
        answers: Answers,
        stored: "Callable[[], StoredIndex]",
        resolver: "Callable[[], Resolver]",
        dialect: "Callable[[], Dialect]",
    ) -> None:
        self._answers = answers
        self._stored = stored
        self._resolver = resolver
        self._dialect = dialect
        self._bodies: Bodies | None = None
        self._read: dict[FunctionRef, Body | None] = {}
        self._selectors: dict[str, str] = {}

    def lines(self, file: str) -> list[str]:
        """The lines of a file, without their ends."""
        return self._stored().text(file).decode("utf-8", "replace").split("\n")

    def comment(self, ref: FunctionRef) -> Comment | None:
        """The comment above a function's definition."""
        if not ref.file:
            return None
        return self._answers.kept(f"comment {function_key(ref)}", Comment | None, lambda: self._comment(ref))

    def _comment(self, ref: FunctionRef) -> Comment | None:
        from analyzer.extract.comments import comment_above

        return comment_above(self._stored().text(ref.file), ref.line)

    def selector(self, edge: Edge) -> str:
        """The constant that the first of an edge's tables holds for its target, "" when that holds none."""
        # what a binding chose is told apart by a blank in its name
        named = [item for item in edge.evidence if item.object and " " not in item.object]
        holders = list(dict.fromkeys((item.file, item.object.partition(".")[0]) for item in named))
        if edge.slot is None or not 0 < len(holders) <= _MAX_HOLDERS:
            return ""
        return self._selector(*holders[0])

    def _selector(self, file: str, name: str) -> str:
        key = f"selector {file} {name}"
        if key not in self._selectors:
            self._selectors[key] = self._answers.kept(key, str, lambda: self._select(file, name))
        return self._selectors[key]

    def _select(self, file: str, name: str) -> str:
        from analyzer.pipeline.selectors import selector_of

        stored = self._stored()
        return selector_of(stored.facts(file), stored.text(file), name)

    def body(self, ref: FunctionRef) -> Body | None:
        """The statements of a function; None for an external one and for one that a macro makes as a whole."""
        if ref.external:
            return None
        if ref not in self._read:
            self._read[ref] = self._answers.kept(f"body {function_key(ref)}", Body | None, lambda: self._body(ref))
        return self._read[ref]

    def _body(self, ref: FunctionRef) -> Body | None:
        from analyzer.pipeline.bodies import Bodies

        if self._bodies is None:
            self._bodies = Bodies(self.span, self._stored().text, self._dialect)
        return self._bodies.of(ref)

    def span(self, ref: FunctionRef) -> "Span | None":
        """Where a function's text begins, its body begins and ends, in bytes."""
        from analyzer.pipeline.bodies import Span

        return self._answers.kept(f"span {function_key(ref)}", Span | None, lambda: self._span(ref))

    def _span(self, ref: FunctionRef) -> "Span | None":
        found = self._resolver().function(ref)
        if found is None or not found.definition.end:
            return None
        return found.definition.start, found.definition.body, found.definition.end
