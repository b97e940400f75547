"""A limit on the processor time of a piece of work: what takes longer is given up.

Not handled: threads other than the main one, where no signal can be delivered (Dask workers run their work in
such); there nothing is limited. C code, such as the grammar's, is not interrupted; what runs over in it ends when
it returns.
"""

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

_AGAIN = 1.0  # seconds until what has swallowed the exception gets another one


class TooSlowError(Exception):
    """A piece of work took more than its time."""


@contextlib.contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raises TooSlowError inside the block after so many seconds of this process's own processor time."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    active = True

    def over(_signal: int, _frame: FrameType | None) -> None:
        if active:
            raise TooSlowError(f"took more than {seconds:g} s")

    before = signal.signal(signal.SIGVTALRM, over)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds, _AGAIN)
    try:
        yield
    finally:
        active = False
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
