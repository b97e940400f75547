"""Where the parallel stages of indexing run: any `concurrent.futures.Executor`, and what happens when it breaks.

Results come in the order of the work whoever does it, so the store's rows do not depend on the executor. A worker
that dies breaks a process pool: a new one is made, the work that was under way is done again piece by piece, and a
single file that kills its worker twice is given up.

Not handled: work that never ends.
"""

import concurrent.futures
import contextlib
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from analyzer.io.garbage import collect_rarely

_R = TypeVar("_R")
_W = TypeVar("_W")
_TRIES = 2  # a lone file that killed so many workers is given up


class Done(NamedTuple):
    """What became of one piece of work: results, and the items that killed their worker."""

    results: list[Any]
    lost: list[Any]


class Workers:
    """Runs functions on an executor that `make` gives, again when it broke.

    `width`: how many pieces are under way at once; `remote`: the workers do not see this machine's files;
    `deaths`: the exceptions by which the executor says that a worker died; `end`: called when closed.
    """

    def __init__(
        self,
        make: Callable[[], Executor],
        width: int,
        *,
        remote: bool = False,
        deaths: tuple[type[BaseException], ...] = (BrokenExecutor,),
        end: Callable[[], object] | None = None,
    ) -> None:
        self._end = end
        self._make = make
        self._width = width
        self._deaths = deaths
        self._executor: Executor | None = None
        self.remote = remote

    def run(
        self, stage: Callable[..., list[_R]], root: str, pieces: Iterable[list[_W]], *extra: bytes
    ) -> Iterator[Done]:
        """`stage(root, piece, *extra)` for every piece, in order."""
        self._task = (stage, root, extra)
        waiting: deque[_Piece] = deque()
        for items in pieces:
            waiting.append(_Piece(items, self._submit(items)))
            if len(waiting) >= self._width:
                yield self._next(waiting)
        while waiting:
            yield self._next(waiting)

    def _submit(self, items: list[Any]) -> "Future[list[Any]]":
        stage, root, extra = self._task
        try:
            return self._running().submit(stage, root, items, *extra)
        except self._deaths as error:  # broken already; said again when the result is wanted
            failed: Future[list[Any]] = Future()
            failed.set_exception(error)
            return failed

    def _next(self, waiting: "deque[_Piece]") -> Done:
        piece = waiting.popleft()
        if piece.done is not None:
            return piece.done
        try:
            return Done(piece.future.result(), [])
        except self._deaths:
            pass
        # Any piece under way may be the cause: those that broke with it are done again alone, too.
        suspects = [later for later in waiting if later.done is None and self._died(later.future)]
        self._renew()
        done = self._alone(piece.items)
        for later in suspects:
            later.done = self._alone(later.items)
        return done

    def _died(self, future: "Future[list[Any]]") -> bool:
        concurrent.futures.wait([future])
        return isinstance(future.exception(), self._deaths)

    def _alone(self, piece: Sequence[Any]) -> Done:
        """A piece with nothing else under way, halved until what kills is single."""
        for left in reversed(range(_TRIES if len(piece) == 1 else 1)):
            try:
                return Done(self._submit(list(piece)).result(), [])
            except self._deaths:
                self._renew()
                if len(piece) == 1 and not left:
                    return Done([], list(piece))
        middle = len(piece) // 2
        first, second = self._alone(piece[:middle]), self._alone(piece[middle:])
        return Done(first.results + second.results, first.lost + second.lost)

    def _running(self) -> Executor:
        if self._executor is None:
            self._executor = self._make()
        return self._executor

    def _renew(self) -> None:
        if self._executor is not None:
            with contextlib.suppress(Exception):
                _shut(self._executor, wait=False)
            self._executor = None

    def start(self) -> None:
        """Make the executor now; one that breaks at once is made again for the first piece of work."""
        with contextlib.suppress(*self._deaths):
            self._running()

    def close(self) -> None:
        """End the executor."""
        if self._executor is not None:
            _shut(self._executor, wait=True)
            self._executor = None
        if self._end is not None:
            self._end()


def _shut(executor: Executor, *, wait: bool) -> None:
    try:
        executor.shutdown(wait=wait, cancel_futures=True)
    except TypeError:  # not every executor knows how to cancel
        executor.shutdown(wait=wait)


@dataclass(slots=True)
class _Piece:
    """Work under way; `done` is set when it had to be done again."""

    items: list[Any]
    future: "Future[list[Any]]"
    done: Done | None = None


def process_workers(jobs: int) -> Workers:
    """A pool of processes on this machine."""
    return Workers(lambda: _pool(jobs), 8 * jobs)  # enough for them while the parent makes postings


def _pool(jobs: int) -> Executor:
    pool = concurrent.futures.ProcessPoolExecutor(jobs, initializer=begin_worker, initargs=(os.getpid(),))
    pool.submit(int).result()  # the processes are forked now, before a progress bar has a thread
    return pool


def begin_worker(parent: int) -> None:
    """In a new worker: leave Ctrl-C to the parent, and end when it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    collect_rarely()
    threading.Thread(target=_follow, args=(parent,), daemon=True).start()


def _follow(parent: int) -> None:
    # A worker waits on a pipe that its siblings hold open, too: it would never learn that the parent is gone.
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def inline_workers() -> Workers:
    """This process itself, for little work."""
    return Workers(_Inline, 1)


class _Inline(Executor):
    """Runs what is submitted at once."""

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> "Future[Any]":
        future: Future[Any] = Future()
        try:
            future.set_result(function(*arguments, **named))
        except BaseException as error:
            if not isinstance(error, Exception):
                raise
            future.set_exception(error)
        return future
