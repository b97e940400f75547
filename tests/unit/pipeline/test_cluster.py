"""A Dask cluster of two worker processes gives the same index to the row, also when one of them is killed."""

import os
import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from analyzer.errors import KcgError
from analyzer.io.sources import open_source
from analyzer.io.store import Store
from analyzer.pipeline import indexing
from analyzer.pipeline.cluster import dask_workers
from analyzer.pipeline.indexing import index

distributed = pytest.importorskip("distributed")


@pytest.fixture
def cluster() -> Iterator[Any]:
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
    ) as made:
        yield made


class Killer:
    """Progress that kills a worker of the cluster when some of the extraction is done."""

    def __init__(self, cluster: Any) -> None:
        self._pids = [worker.pid for worker in cluster.workers.values()]
        self._stage = ""
        self.killed = 0

    def start(self, what: str, total: int | None) -> None:
        self._stage = what

    def advance(self, count: int = 1) -> None:
        if self._stage == "Extracting" and not self.killed:
            self.killed = self._pids[0]
            os.kill(self.killed, signal.SIGKILL)

    def finish(self, summary: str = "") -> None:
        pass


def rows(store: Path) -> list[object]:
    with closing(Store(store)) as kept:
        return list(kept.tables())


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("killing", [False, True])
def test_same_rows(
    cluster: Any, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killing: bool
) -> None:
    monkeypatch.setattr(indexing, "_PIECE_BYTES", 500)
    killer = Killer(cluster) if killing else None
    workers = dask_workers(cluster.scheduler_address)
    try:
        with closing(Store(tmp_path / "dask")) as store:
            index(open_source(str(source)), store, workers=workers, progress=killer)
    finally:
        workers.close()
    assert not killer or killer.killed
    with closing(Store(tmp_path / "processes")) as store:
        index(open_source(str(source)), store, jobs=2)
    assert rows(tmp_path / "dask") == rows(tmp_path / "processes")


def test_no_scheduler() -> None:
    with pytest.raises(KcgError, match="There is no Dask scheduler at"):
        dask_workers("tcp://127.0.0.1:9")
