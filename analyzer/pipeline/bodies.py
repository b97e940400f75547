"""Bodies of a version's functions, read from the source where the index says they are.

Nothing is stored: a function is read when it is shown. Not handled: functions whose text is made by a macro as a
whole, which have no statements of their own.
"""

from collections.abc import Callable, Mapping

from analyzer.extract.dialect import Dialect, WordClass
from analyzer.extract.statements import read_body
from analyzer.extract.view import local_dialect
from analyzer.model.body import Body
from analyzer.model.callgraph import FunctionRef
from analyzer.resolve.resolver import Resolver


class Bodies:
    """The bodies of one version; `dialect` is asked for when the first one is read."""

    def __init__(self, resolver: Resolver, dialect: Callable[[], Dialect]) -> None:
        self._resolver = resolver
        self._dialect = dialect
        self._local: dict[str, Mapping[bytes, WordClass]] = {}
        self._known: dict[FunctionRef, Body | None] = {}
        self._learned: Dialect | None = None

    def of(self, ref: FunctionRef) -> Body | None:
        """The statements of a function; None for an external one and for one without a body in the text."""
        if ref not in self._known:
            self._known[ref] = self._read(ref)
        return self._known[ref]

    def _words(self) -> Dialect:
        if self._learned is None:
            self._learned = self._dialect()
        return self._learned

    def _read(self, ref: FunctionRef) -> Body | None:
        function = self._resolver.function(ref)
        if function is None or not ref.file:
            return None
        data = self._resolver.index.text(ref.file)
        local = self._local.get(ref.file)
        if local is None:
            local = self._local[ref.file] = local_dialect(data)
        definition = function.definition
        return read_body(
            data,
            start=definition.start,
            brace=definition.body,
            end=definition.end,
            dialect=self._words(),
            local=local,
        )
