"""What was found before is told again in another form without finding it anew."""

from pathlib import Path

import pytest

from analyzer.graph.detail import Detail
from analyzer.pipeline import views
from analyzer.pipeline.session import open_session
from analyzer.pipeline.stored import StoredIndex
from analyzer.render.text import TextOptions, tree_text

_VIEW = views.View(depth=8)
_DETAIL = Detail(conditions=True, assignments=("",))


def _told(store: Path, style: str) -> str:
    session = open_session("fixtures/kernels/v6.1", store=str(store))
    tree, _ = views.tree(session, "sys_socket", _VIEW, _DETAIL)
    text = tree_text(tree, TextOptions(style, args=True, comments=True, facts=views.facts(session)))
    session.close()
    return text


def test_another_style_needs_neither_index_nor_resolver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = _told(tmp_path / "index", "unicode")

    def fail(*_: object) -> None:
        raise AssertionError("the list of files is loaded")

    monkeypatch.setattr(StoredIndex, "__init__", fail)
    assert _told(tmp_path / "index", "unicode") == first
    assert "+---- " in _told(tmp_path / "index", "box")
