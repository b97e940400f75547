"""Deaths of workers: what is lost, what is done again, and in which order results come."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Executor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from analyzer.pipeline.workers import Workers, process_workers

_FORKED = get_context("fork")


def shout(root: str, items: list[str]) -> list[str]:
    """A stage: upper-cases; "die" kills its process, "once" does so the first time."""
    for item in items:
        if item == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        if item == "once" and not Path(root, "was here").exists():
            Path(root, "was here").touch()
            os.kill(os.getpid(), signal.SIGKILL)
    return [item.upper() for item in items]


@pytest.fixture
def workers() -> Iterator[Workers]:
    made = process_workers(2)
    yield made
    made.close()


def test_results_come_in_order(workers: Workers, tmp_path: Path) -> None:
    pieces = [[f"a{n}", f"b{n}"] for n in range(40)]
    found = [item for done in workers.run(shout, str(tmp_path), pieces) for item in done.results]
    assert found == [item.upper() for piece in pieces for item in piece]


def test_a_killer_is_found_and_nothing_else_is_lost(workers: Workers, tmp_path: Path) -> None:
    pieces = [[f"{n}-{m}" for m in range(7)] for n in range(20)]
    pieces[3][5] = "die"
    pieces[4][0] = "die"
    pieces[19][6] = "die"
    done = list(workers.run(shout, str(tmp_path), pieces))
    assert [d.lost for d in done if d.lost] == [["die"], ["die"], ["die"]]
    expected = [[item.upper() for item in piece if item != "die"] for piece in pieces]
    assert [d.results for d in done] == expected


def test_work_of_a_worker_killed_by_chance_is_done_again(workers: Workers, tmp_path: Path) -> None:
    pieces = [["x", "once", "y"], ["z"]]
    done = list(workers.run(shout, str(tmp_path), pieces))
    assert [d.results for d in done] == [["X", "ONCE", "Y"], ["Z"]]
    assert not any(d.lost for d in done)


def test_an_executor_that_breaks_while_it_starts_is_made_again(tmp_path: Path) -> None:
    attempts: list[int] = []

    def make() -> Executor:
        attempts.append(1)
        if len(attempts) < 3:
            raise BrokenExecutor("killed at once")
        return ThreadPoolExecutor(1)

    workers = Workers(make, 1)
    workers.start()
    done = list(workers.run(shout, str(tmp_path), [["a"], ["b"]]))
    workers.close()
    assert [d.results for d in done] == [["A"], ["B"]]
    assert len(attempts) == 3


def test_any_executor_will_do(tmp_path: Path) -> None:
    made: list[Executor] = []

    def make() -> Executor:
        made.append(ThreadPoolExecutor(3))
        return made[-1]

    threads = Workers(make, 5)
    done = list(threads.run(shout, str(tmp_path), [["a"], ["b"], ["c"]]))
    threads.close()
    assert [d.results for d in done] == [["A"], ["B"], ["C"]]
    assert len(made) == 1


def _pool_and_sleep(pipe: int) -> None:
    pool = process_workers(2)
    pool.start()
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text()
    os.write(pipe, children.encode())
    signal.pause()


@pytest.mark.skipif(not Path(f"/proc/self/task/{os.getpid()}/children").exists(), reason="needs /proc")
def test_workers_end_when_their_parent_is_killed() -> None:
    reading, writing = os.pipe()
    parent = _FORKED.Process(target=_pool_and_sleep, args=(writing,))
    parent.start()
    children = [int(number) for number in os.read(reading, 4096).split()]
    assert children
    parent.kill()
    parent.join()
    for child in children:
        _wait_for_end(child)


def _wait_for_end(process: int) -> None:
    import time

    for _ in range(600):
        try:
            stat = Path(f"/proc/{process}/stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return
        if stat.rpartition(")")[2].split()[0] == "Z":  # ended; nobody has asked for its code
            return
        time.sleep(0.05)
    raise AssertionError(f"{process} is still there")
