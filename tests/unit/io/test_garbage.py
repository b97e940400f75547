"""How often the interpreter looks for cycles."""

import gc
from collections.abc import Iterator

import pytest

from analyzer.cli.main import main
from analyzer.io.garbage import collect_rarely


@pytest.fixture(autouse=True)
def _thresholds() -> Iterator[None]:
    before = gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    yield
    gc.set_threshold(*before)


def _looks(containers: int) -> int:
    """How often the youngest are looked through while so many containers are made that stay."""
    gc.collect()
    before = gc.get_stats()[0]["collections"]
    kept = [[number] for number in range(containers)]
    return gc.get_stats()[0]["collections"] - before if kept else 0


def test_objects_that_stay_are_hardly_looked_through() -> None:
    often = _looks(50_000)
    collect_rarely()
    assert often > 50
    assert _looks(50_000) <= 1


def test_cycles_are_still_freed() -> None:
    assert gc.isenabled()
    collect_rarely()
    for _ in range(500_000):
        cycle: list[object] = []
        cycle.append(cycle)
    assert gc.get_stats()[0]["collected"] > 200_000


def test_commands_run_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("kcg")
    assert gc.get_threshold()[0] > 100_000
