"""Workers on a Dask cluster; the only user of `distributed`, which the extra `cluster` installs.

The workers need this package and nothing else: they are sent bytes. Not handled: starting a cluster.
"""

from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future
from typing import Any

from analyzer.errors import KcgError
from analyzer.pipeline.workers import Workers

_PIECES_PER_THREAD = 3


def dask_workers(scheduler: str) -> Workers:
    """The workers behind a scheduler such as `tcp://host:8786`. Raises KcgError when there is none, or when the
    extra is not installed."""
    try:
        from distributed import Client, KilledWorker
    except ImportError as error:
        raise KcgError(
            "--engine dask needs Dask, which is not installed.", hint="pip install 'kernel-callgraph[cluster]'"
        ) from error
    try:
        client = Client(scheduler, timeout=10)
    except (OSError, ValueError, TypeError) as error:
        raise KcgError(
            f"There is no Dask scheduler at {scheduler}: {error}.",
            hint="Start one with `dask scheduler`; it says its address, such as tcp://host:8786.",
        ) from error
    threads = sum(client.nthreads().values())
    return Workers(
        lambda: ClusterExecutor(client),
        max(1, threads) * _PIECES_PER_THREAD,
        remote=True,
        deaths=(BrokenExecutor, KilledWorker),
        end=client.close,
    )


class ClusterExecutor(Executor):
    """Runs what is submitted on the cluster of a `distributed.Client`.

    The client's own executor (2026.8) looks at a result's state after it has the result. When the worker that
    held it dies in between, it is being computed again, and the result is taken for an exception.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._sent: set[Any] = set()

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> "Future[Any]":
        """What `function(*arguments, **named)` gives or raises there, computed again when a worker is lost."""
        done: Future[Any] = Future()
        done.set_running_or_notify_cancel()
        # Work is not pure to Dask: the same piece sent again must run again.
        sent = self._client.submit(function, *arguments, pure=False, **named)
        self._sent.add(sent)  # Dask forgets work that nobody holds

        def finish(sent: Any) -> None:
            try:
                result = sent.result()
            except BaseException as error:
                done.set_exception(error)
            else:
                done.set_result(result)
            self._sent.discard(sent)

        sent.add_done_callback(finish)
        return done

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Forget what is under way when `cancel_futures`; the client stays."""
        if cancel_futures:
            self._client.cancel(list(self._sent))
