"""What takes too long is given up; what does not is left alone."""

import signal
import threading

import pytest

from analyzer.pipeline.timelimit import TooSlowError, limited


def spin(rounds: int) -> int:
    total = 0
    for number in range(rounds):
        total += number
    return total


def test_what_takes_too_long_is_interrupted() -> None:
    before = signal.getsignal(signal.SIGVTALRM)
    with pytest.raises(TooSlowError, match=r"took more than 0\.05 s"), limited(0.05):
        while True:
            spin(1000)
    assert signal.getsignal(signal.SIGVTALRM) is before
    spin(3_000_000)  # nothing comes late


def test_an_exception_that_is_swallowed_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analyzer.pipeline.timelimit._AGAIN", 0.05)
    swallowed = 0
    with pytest.raises(TooSlowError), limited(0.05):
        try:
            while True:
                spin(1000)
        except TooSlowError:
            swallowed += 1
        while True:
            spin(1000)
    assert swallowed == 1


def test_quick_work_is_left_alone() -> None:
    with limited(30):
        assert spin(10) == 45
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0.0, 0.0)


def test_in_other_threads_nothing_is_limited() -> None:
    found = []

    def work() -> None:
        with limited(0.01):
            found.append(spin(1_000_000))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found
