"""Exports by several processes: the same bytes as by one, and what is kept for later questions."""

from pathlib import Path

import pytest

from analyzer.io.resources import bundled_kernel
from analyzer.model.callgraph import Evidence, FunctionRef, Slot
from analyzer.pipeline import exporting
from analyzer.pipeline.exporting import What
from analyzer.pipeline.kept import Kept
from analyzer.pipeline.session import Session, open_session
from analyzer.resolve.flow import Place, Source
from analyzer.resolve.pastes import Paste
from analyzer.resolve.shaping import Shaping
from analyzer.resolve.tables import Unkept, table_of


def _session(store: Path, jobs: int) -> Session:
    return open_session(str(bundled_kernel()), store=str(store), jobs=jobs)


def _text(session: Session, what: What) -> str:
    try:
        return "".join(part.text for part in session.export(what, ()))
    finally:
        session.close()


@pytest.mark.parametrize("what", ["functions", "edges", "slots"])
def test_processes_change_nothing(what: What, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = _text(_session(tmp_path / "one", 1), what)
    monkeypatch.setattr(exporting, "_SMALL", 1)
    monkeypatch.setattr(exporting, "_RUN", 2)
    monkeypatch.setattr(exporting, "_ROUND", 6)
    assert _text(_session(tmp_path / "two", 2), what) == alone
    assert alone.count("\n") > 20


def test_kept_edges_answer_again(tmp_path: Path) -> None:
    first = _text(_session(tmp_path / "index", 1), "edges")
    assert _text(_session(tmp_path / "index", 1), "edges") == first


def test_kept_edges_answer_single_questions(tmp_path: Path) -> None:
    fresh = _session(tmp_path / "fresh", 1)
    kept = _session(tmp_path / "kept", 1)
    _text(kept, "edges")
    kept = _session(tmp_path / "kept", 1)
    refs = [f.ref for f in fresh.export_functions(())]
    assert any(kept.callees(ref) for ref in refs)
    for ref in refs:
        assert kept.callees(ref) == fresh.callees(ref)
    fresh.close()
    kept.close()


def test_sources_come_back_as_they_were(tmp_path: Path) -> None:
    session = _session(tmp_path / "index", 1)
    question = session.answers.question
    store = session._store
    ref = FunctionRef("inet_create", "net/ipv4/af_inet.c", 12)
    evidence = Evidence("net/socket.c", 3, "ops")
    sources = (
        Source(ref, evidence, "CONFIG_INET", True, "hook", 3),
        Source(Place("slot", Slot("net_proto_family", "create"), 0), evidence),
        Source(Place("parameter", ref, 1), evidence),
        Source(Place("global", "", "handler"), evidence),
        Source(Place("global", "net/socket.c", "handler"), evidence),
    )
    place = Place("slot", Slot("a", "b"), 0)
    writer = Kept(store, question)
    assert writer.get(place) is None
    writer.put(place, sources)
    writer.flush()
    assert Kept(store, question).get(place) == sources
    assert Kept(store, question).get(Place("slot", Slot("a", "c"), 0)) is None
    session.close()


def test_tables_come_back_as_they_were(tmp_path: Path) -> None:
    session = _session(tmp_path / "index", 1)
    question = session.answers.question
    store = session._store
    shaping = Shaping((Paste("a.h", "M", False, "sys_", "", True, True),), {"CALL": (0, 2)}, ("ASM_CALL",))
    writer = Kept(store, question)
    assert writer.table("shaping", Shaping) is None
    writer.keep_table("shaping", shaping)
    writer.flush()
    assert Kept(store, question).table("shaping", Shaping) == shaping
    assert table_of(Kept(store, question), "shaping", Shaping, lambda: Shaping((), {}, ())) == shaping
    assert table_of(Unkept(), "shaping", Shaping, lambda: Shaping((), {}, ())) == Shaping((), {}, ())
    session.close()
