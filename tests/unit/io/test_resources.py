"""What comes with the program is found from a checkout (from a wheel: tests/packaging)."""

from pathlib import Path

import pytest

from analyzer.errors import KcgError
from analyzer.extract.queries import query_names, query_text
from analyzer.io.resources import bundled_kernel
from analyzer.io.sources import open_source
from analyzer.model import resources


def test_queries() -> None:
    assert query_names()
    assert all(query_text(name) for name in query_names())
    with pytest.raises(KcgError, match="nope"):
        query_text("nope")


def test_bundled_kernel() -> None:
    assert open_source(str(bundled_kernel())).info.version.startswith("6.1")


def test_wheel_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "_PACKAGE", tmp_path / "analyzer")
    monkeypatch.setattr(resources, "_CHECKOUT", tmp_path)
    with pytest.raises(KcgError, match="lacks its folder queries") as caught:
        resources.data_folder("queries", in_checkout="queries")
    assert "Install" in caught.value.hint
    (tmp_path / "queries").mkdir()
    assert resources.data_folder("queries", in_checkout="queries") == tmp_path / "queries"
    inside = tmp_path / "analyzer/_data/queries"
    inside.mkdir(parents=True)
    assert resources.data_folder("queries", in_checkout="queries") == inside
