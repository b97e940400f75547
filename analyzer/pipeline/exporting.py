"""Exports of many files: several processes, one order.

Files are cut into runs that do not depend on the number of processes; each run's rows are made by one process and
written in the order of files. Processes are replaced when they have grown, so that what they remember stays
bounded; what is worth sharing (edges by file, sources of places) goes through the store.

Not handled: systems without `resource` (Windows), and a source that cannot be opened twice: every process opens
it itself.
"""

import concurrent.futures
import resource
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from typing import Literal, NamedTuple, Protocol

from analyzer.io.garbage import collect_rarely

What = Literal["functions", "edges", "slots"]

_RUN = 12  # files a process takes at a time
_ROUND = 1_200  # files after which processes are replaced, at the latest
_MEMORY = 3 << 30  # bytes of all processes together after which they are replaced
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
    collect_rarely()
    _session.append(opened())


def _run(what: What, paths: Sequence[str]) -> tuple[Exported, int]:
    """The rows of a run, and the most memory in bytes that this process has held."""
    rows = _session[0].export_run(what, paths)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return rows, peak if sys.platform == "darwin" else 1024 * peak


def export(
    session: Exporter, opened: Callable[[], Exporter] | None, what: What, paths: Sequence[str], jobs: int
) -> Iterator[Exported]:
    """The rows of files in their order. `opened` makes a session of its own in another process (it must be
    picklable); without it, and for few files, everything happens in this one."""
    runs = deque(paths[at : at + _RUN] for at in range(0, len(paths), _RUN))
    if opened is None or len(paths) < _SMALL or (jobs < 2 and len(paths) <= _ROUND):
        for run in runs:
            yield session.export_run(what, run)
        return
    while runs:
        try:
            yield from _round(opened, what, runs, jobs)
        except (OSError, BrokenProcessPool):  # no processes to be had here: the rest in this one
            while runs:
                yield session.export_run(what, runs.popleft())


def _round(
    opened: Callable[[], Exporter], what: What, todo: deque[Sequence[str]], jobs: int
) -> Iterator[Exported]:
    """What fresh processes make until they have grown too large; takes what is done off `todo`, so that an
    error leaves the rest there. Raises OSError and BrokenProcessPool when processes cannot be had."""
    pool = concurrent.futures.ProcessPoolExecutor(jobs, initializer=_begin, initargs=(opened,))
    left = _ROUND // _RUN
    try:
        waiting: deque[concurrent.futures.Future[tuple[Exported, int]]] = deque()
        while (len(todo) > len(waiting) and left) or waiting:
            while len(todo) > len(waiting) and left and len(waiting) < 2 * jobs:
                waiting.append(pool.submit(_run, what, todo[len(waiting)]))
                left -= 1
            rows, held = waiting.popleft().result()
            todo.popleft()
            if held * jobs > _MEMORY:
                left = 0
            yield rows
    finally:
        pool.shutdown(cancel_futures=True)
