"""Bodies of a version's functions, read from the source where the index says they are.

A function is read when it is shown first; sessions keep what was read. Not handled: functions whose text is made
by a macro as a whole, which have no statements of their own.
"""

from collections.abc import Callable, Mapping

from analyzer.extract.dialect import Dialect, WordClass
from analyzer.extract.statements import read_body
from analyzer.extract.view import local_dialect
from analyzer.model.body import Body
from analyzer.model.callgraph import FunctionRef

Span = tuple[int, int, int]  # bytes: start of the definition, its `{`, end


class Bodies:
    """The bodies of one version. `span` tells where a function stands in its file, `text` gives a file's bytes,
    `dialect` is asked for when the first body is read."""

    def __init__(
        self,
        span: Callable[[FunctionRef], Span | None],
        text: Callable[[str], bytes],
        dialect: Callable[[], Dialect],
    ) -> None:
        self._span = span
        self._text = text
        self._make_dialect = dialect
        self._dialect: Dialect | None = None
        self._local: dict[str, Mapping[bytes, WordClass]] = {}
        self._known: dict[FunctionRef, Body | None] = {}

    def of(self, ref: FunctionRef) -> Body | None:
        """The statements of a function; None for an external one and for one without a body in the text."""
        if ref not in self._known:
            self._known[ref] = self._read(ref)
        return self._known[ref]

    def _read(self, ref: FunctionRef) -> Body | None:
        span = self._span(ref) if ref.file else None
        if span is None:
            return None
        data = self._text(ref.file)
        local = self._local.get(ref.file)
        if local is None:
            local = self._local[ref.file] = local_dialect(data)
        if self._dialect is None:
            self._dialect = self._make_dialect()
        start, brace, end = span
        return read_body(data, start=start, brace=brace, end=end, dialect=self._dialect, local=local)
