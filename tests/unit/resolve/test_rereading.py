"""Headers that are read again: where, by which source, and under which macros."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from trees import resolver

from analyzer.resolve.index import NameKind
from analyzer.resolve.rereading import Place, Rereadings
from analyzer.resolve.tokens import spell

FOLDER = Path(__file__).resolve().parents[3] / "fixtures" / "phenomena" / "trace_header_reread"
FILES = {str(p.relative_to(FOLDER)): p.read_text() for p in sorted(FOLDER.rglob("*.[ch]"))}
HEADER = "include/trace/events/wake.h"


def test_places_and_source() -> None:
    found = Rereadings(resolver(FILES).scopes).of(HEADER)
    assert {reading.unit for reading in found} == {"kernel/wake.c"}
    assert [reading.places[0].path.rpartition("/")[2] for reading in found] == [
        "define_trace.h",
        "trace_events.h",
        "trace_events.h",
        "perf.h",
    ]
    assert found[0].places == (Place("include/trace/define_trace.h", found[0].places[0].line),)
    assert [place.path for place in found[3].places] == ["include/trace/perf.h", "include/trace/define_trace.h"]


def test_the_macros_in_force_are_those_of_the_stage() -> None:
    rereadings = Rereadings(resolver(FILES).scopes)
    bodies = [
        [spell(d.body) for d in rereadings.lookup(HEADER, reading)("__assign_str")]
        for reading in rereadings.of(HEADER)
    ]
    assert [body[0].split("(")[0].strip() for body in bodies[1:]] == ["bad_stage", "memcpy", "memcpy"]


def test_a_macro_of_the_header_leads_to_one_that_is_redefined() -> None:
    rereadings = Rereadings(resolver(FILES).scopes)
    header = "drivers/net/nic_trace.h"
    for reading in rereadings.of(header):
        assert rereadings.redefines(header, reading, "DEFINE_EVENT")
        assert rereadings.redefines(header, reading, "DEFINE_RING_EVENT")
        assert rereadings.redefines(header, reading, "DEFINE_NIC_RING_EVENT")  # by way of the one before
        assert not rereadings.redefines(header, reading, "TP_PROTO")


def test_only_some_macros_mean_the_same_in_all_headers() -> None:
    rereadings = Rereadings(resolver(FILES).scopes)
    ways = rereadings.ways("drivers/net/nic_trace.h")
    assert ways == rereadings.ways(HEADER)
    assert rereadings.sets(ways, "TRACE_EVENT")
    assert not rereadings.sets(ways, "DEFINE_RING_EVENT")


def test_nobody_asks_for_it() -> None:
    files = {path: text.replace("#define CREATE_TRACE_POINTS\n", "") for path, text in FILES.items()}
    assert Rereadings(resolver(files).scopes).of(HEADER) == ()


def test_who_includes_it_directly_comes_first() -> None:
    by_another = FILES | {"kernel/wake.c": ""}
    assert {r.unit for r in Rereadings(resolver(by_another).scopes).of(HEADER)} == {"drivers/net/nic_main.c"}
    assert {r.unit for r in Rereadings(resolver(FILES).scopes).of(HEADER)} == {"kernel/wake.c"}


def test_the_index_may_name_a_file_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    scopes = resolver(FILES | {"kernel/a.c": "#include <trace/events/wake.h>\n"}).scopes
    files = scopes.index.files

    def too_many(kind: NameKind, name: str) -> Sequence[str]:
        return ("kernel/a.c", *files(kind, name)) if name == "CREATE_TRACE_POINTS" else files(kind, name)

    monkeypatch.setattr(scopes.index, "files", too_many)
    assert {reading.unit for reading in Rereadings(scopes).of(HEADER)} == {"kernel/wake.c"}
