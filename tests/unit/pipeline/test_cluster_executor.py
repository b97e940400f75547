"""The executor over a Dask client gives what its futures give, whatever state they are said to be in."""

from collections.abc import Callable
from typing import Any

import pytest

from analyzer.pipeline.cluster import ClusterExecutor


class _Sent:
    """A future whose worker was lost when its result had arrived: computed again, says its state."""

    status = "pending"

    def __init__(self, compute: Callable[[], Any]) -> None:
        self.result = compute

    def add_done_callback(self, finish: Callable[["_Sent"], None]) -> None:
        finish(self)


class _Client:
    def __init__(self) -> None:
        self.cancelled: list[Any] = []
        self.waiting = False

    def submit(self, function: Callable[..., Any], *arguments: Any, pure: bool) -> _Sent:
        assert not pure
        sent = _Sent(lambda: function(*arguments))
        if self.waiting:
            sent.add_done_callback = lambda finish: None  # type: ignore[method-assign]
        return sent

    def cancel(self, futures: list[Any]) -> None:
        self.cancelled += futures


def test_result_of_a_lost_worker() -> None:
    assert ClusterExecutor(_Client()).submit(list, "abc").result(timeout=1) == ["a", "b", "c"]


def test_exception() -> None:
    with pytest.raises(ZeroDivisionError):
        ClusterExecutor(_Client()).submit(divmod, 1, 0).result(timeout=1)


def test_cancel_what_is_under_way() -> None:
    client = _Client()
    executor = ClusterExecutor(client)
    executor.submit(list, "abc")
    client.waiting = True
    executor.submit(list, "abc")
    executor.shutdown(wait=False, cancel_futures=True)
    assert len(client.cancelled) == 1
