"""How often the interpreter looks for cycles."""

import gc
import subprocess
import sys
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
    before = gc.get_stats()[0]["collected"]
    for _ in range(500_000):
        cycle: list[object] = []
        cycle.append(cycle)
    assert gc.get_stats()[0]["collected"] - before > 200_000


def test_commands_run_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("kcg")
    assert gc.get_threshold()[0] > 100_000


def test_what_is_left_at_the_end_is_not_looked_through() -> None:
    script = (
        "import atexit, gc\n"
        "from analyzer.io.garbage import collect_rarely\n"
        "atexit.register(lambda: print(gc.get_freeze_count()))\n"  # runs after what is registered later
        "collect_rarely()\n"
        "kept = [[n] for n in range(9000)]\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert int(done.stdout) > 9000
