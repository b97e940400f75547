"""A kernel's edges resolved in a process of its own, so that two kernels are looked at side by side.

The process opens the kernel anew, and keeps what it finds in the store. Not handled: more than one process for a
kernel; most of the work is done once for all questions, so that two would do it twice.
"""

import concurrent.futures
import contextlib
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Protocol

import msgspec

from analyzer.model.callgraph import Edge, FunctionRef
from analyzer.pipeline.workers import begin_worker

_EDGES = msgspec.msgpack.Decoder(tuple[Edge, ...])


class Opened(Protocol):
    """A session, as the process needs it."""

    def callees(self, ref: FunctionRef) -> tuple[Edge, ...]:
        """Edges out of a function."""

    def close(self) -> None:
        """Keep what was found."""


_session: list[Opened] = []  # this process's own, in a partner


def _begin(parent: int, opened: Callable[[], Opened]) -> None:
    begin_worker(parent)
    _session.append(opened())


def _resolve(ref: FunctionRef) -> bytes:
    return msgspec.msgpack.encode(_session[0].callees(ref))


def _end() -> None:
    _session.pop().close()


class Partner:
    """The process; it starts with the first question. `opened` makes its session (it must be picklable)."""

    def __init__(self, opened: Callable[[], Opened]) -> None:
        self._opened = opened
        self._pool: concurrent.futures.ProcessPoolExecutor | None = None
        self._asked: dict[FunctionRef, concurrent.futures.Future[bytes]] = {}
        self._broken = False

    def ask(self, refs: Iterable[FunctionRef]) -> None:
        """Begin with these functions; returns at once."""
        with self._breaking():
            for ref in refs:
                if ref not in self._asked and not self._broken:
                    self._asked[ref] = self._running().submit(_resolve, ref)

    def callees(self, ref: FunctionRef) -> tuple[Edge, ...] | None:
        """The edges of a function; None when there is no process to be had."""
        self.ask((ref,))
        with self._breaking():
            if ref in self._asked and not self._broken:
                return _EDGES.decode(self._asked[ref].result())
        return None

    def close(self) -> None:
        """Let the process keep what it found, and end it."""
        if self._pool is not None:
            with self._breaking():
                for waiting in self._asked.values():
                    waiting.cancel()
                self._pool.submit(_end).result()
            self._pool.shutdown(cancel_futures=True)
            self._pool = None

    def _running(self) -> concurrent.futures.ProcessPoolExecutor:
        if self._pool is None:
            arguments: tuple[Any, ...] = (os.getpid(), self._opened)
            self._pool = concurrent.futures.ProcessPoolExecutor(1, initializer=_begin, initargs=arguments)
        return self._pool

    @contextlib.contextmanager
    def _breaking(self) -> Iterator[None]:
        try:
            yield
        except (OSError, BrokenProcessPool):
            self._broken = True
