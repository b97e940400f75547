"""What the text says is read when asked for, and once."""

from pathlib import Path

from analyzer.model.callgraph import FunctionRef
from analyzer.pipeline.session import open_session


def test_statements_comment_and_place_of_a_function(tmp_path: Path) -> None:
    session = open_session("fixtures/kernels/v6.1", store=str(tmp_path / "index"), jobs=1)
    try:
        ref = session.find("sock_create").ref
        body, span = session.body(ref), session.span(ref)
        assert body is not None and span is not None
        assert session.body(ref) is body
        text = session.stored.text(ref.file)
        assert text[span[1] : span[1] + 1] == b"{"
        assert b"sock_create(" in text[span[0] : span[1]]
        assert "sock_create(" in session.source_lines(ref.file)[ref.line - 1]
        outside = FunctionRef("memcpy", "", 0)
        assert outside.external
        assert (session.body(outside), session.comment(outside)) == (None, None)
    finally:
        session.close()
