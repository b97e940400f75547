"""Exports of many files: several processes, one order.

Files are cut into runs that do not depend on the number of processes; each run's rows are made by one process and
written in the order of files. Processes are replaced after some rounds, so that what they remember stays bounded;
what is worth sharing (edges by file, sources of places) goes through the store.

Not handled: a source that only the parent can read twice (every process opens the source itself).
"""

import concurrent.futures
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Literal, NamedTuple, Protocol

What = Literal["functions", "edges", "slots"]

_RUN = 12  # files a process takes at a time
_ROUND = 1_200  # files after which processes are replaced
_SMALL = 36  # files: below this more processes cost more than they save


class Exported(NamedTuple):
    """Rows as JSON Lines, and how many."""

    text: str
    rows: int


class Exporter(Protocol):
    """A session, as a process that exports needs it."""

    def export_run(self, what: What, paths: Sequence[str]) -> Exported:
        """The rows of some files."""

    def close(self) -> None:
        """Keep what was found."""


_session: list[Exporter] = []  # this process's own, in a worker


def _begin(opened: Callable[[], Exporter]) -> None:
    _session.append(opened())


def _run(what: What, paths: Sequence[str]) -> Exported:
    return _session[0].export_run(what, paths)


def export(
    session: Exporter, opened: Callable[[], Exporter] | None, what: What, paths: Sequence[str], jobs: int
) -> Iterator[Exported]:
    """The rows of files in their order. `opened` makes a session of its own in another process (it must be
    picklable); without it, and for few files, everything happens in this one."""
    runs = [paths[at : at + _RUN] for at in range(0, len(paths), _RUN)]
    if opened is None or jobs < 2 or len(paths) < _SMALL:
        for run in runs:
            yield session.export_run(what, run)
        return
    per_round = _ROUND // _RUN
    for first in range(0, len(runs), per_round):
        yield from _in_parallel(opened, what, runs[first : first + per_round], jobs)


def _in_parallel(
    opened: Callable[[], Exporter], what: What, runs: Sequence[Sequence[str]], jobs: int
) -> Iterator[Exported]:
    pool = concurrent.futures.ProcessPoolExecutor(jobs, initializer=_begin, initargs=(opened,))
    try:
        waiting: deque[concurrent.futures.Future[Exported]] = deque()
        todo = deque(runs)
        while todo or waiting:
            while todo and len(waiting) < 8 * jobs:
                waiting.append(pool.submit(_run, what, todo.popleft()))
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
