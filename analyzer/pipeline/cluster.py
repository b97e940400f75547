"""Workers on a Dask cluster; the only user of `distributed`, which the extra `cluster` installs.

The workers need this package and nothing else: they are sent bytes. Not handled: starting a cluster.
"""

from concurrent.futures import BrokenExecutor

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
        # Work is not pure to Dask: the same piece sent again must run again.
        lambda: client.get_executor(pure=False),
        max(1, threads) * _PIECES_PER_THREAD,
        remote=True,
        deaths=(BrokenExecutor, KilledWorker),
        end=client.close,
    )
