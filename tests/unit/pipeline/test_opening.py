"""Answers that were given before: when they are given again, and when they must not be."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from analyzer.pipeline.opening import Kernel, Reply, open_kernel, reply_to
from analyzer.pipeline.session import session_on

pytestmark = pytest.mark.usefixtures("patient")


@pytest.fixture
def opened(source: Path, tmp_path: Path) -> Iterator[Callable[..., Kernel]]:
    """Opens the kernel as a new process would, indexed."""
    kernels = []

    def open_(**more: str) -> Kernel:
        kernel = open_kernel(str(source), store=str(tmp_path / "s"), **more)
        kernels.append(kernel)
        session_on(kernel, jobs=1).index()
        return kernel

    yield open_
    for kernel in kernels:
        with closing(kernel.store):
            pass


def test_asked_again(opened: Callable[..., Kernel]) -> None:
    replies = iter([Reply("first", ("told",), 1), Reply("second")])

    def make() -> Reply:
        return next(replies)

    assert reply_to(opened(), "tree a", make) == Reply("first", ("told",), 1)
    assert reply_to(opened(), "tree a", make) == Reply("first", ("told",), 1)
    assert reply_to(opened(), "tree b", make) == Reply("second")


@pytest.mark.parametrize(
    "change",
    [
        lambda root: (root / "net/f1.c").write_text("int edited;\n"),
        lambda root: (root / "net/new.c").write_text("int added;\n"),
        lambda root: (root / "net/f1.c").unlink(),
        lambda root: (root / "Makefile").write_text("VERSION = 7\nPATCHLEVEL = 0\nSUBLEVEL = 0\n"),
        lambda root: (root / "net/f1.c").rename(root / "net/renamed.c"),
    ],
)
def test_any_change_of_the_source_is_a_new_question(
    opened: Callable[..., Kernel], source: Path, change: Callable[[Path], object]
) -> None:
    reply_to(opened(), "tree a", lambda: Reply("old"))
    change(source)
    assert reply_to(opened(), "tree a", lambda: Reply("new")) == Reply("new")


def test_another_configuration_is_another_question(opened: Callable[..., Kernel], tmp_path: Path) -> None:
    (tmp_path / "config").write_text("CONFIG_NET=y\n")
    reply_to(opened(), "tree a", lambda: Reply("plain"))
    configured = opened(config=str(tmp_path / "config"))
    assert reply_to(configured, "tree a", lambda: Reply("configured")) == Reply("configured")
    assert reply_to(opened(arch="arm64"), "tree a", lambda: Reply("arm64")) == Reply("arm64")
    assert reply_to(opened(), "tree a", lambda: Reply("again")) == Reply("plain")


def test_a_change_while_the_answer_is_made_is_not_kept(opened: Callable[..., Kernel], source: Path) -> None:
    def make() -> Reply:
        (source / "net/f1.c").write_text("int meanwhile;\n")
        return Reply("old")

    reply_to(opened(), "tree a", make)
    assert reply_to(opened(), "tree a", lambda: Reply("new")) == Reply("new")
