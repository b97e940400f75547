"""Streams, colours, defaults, and the speed of help."""

import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import Kcg, command


def test_quiet(ask: Kcg) -> None:
    done = ask("tree", "sys_bind", "-q")
    assert done.code == 0
    assert done.err == ""


def test_colour(ask: Kcg) -> None:
    plain = ask("tree", "sys_bind").out
    assert "\x1b[" not in plain
    assert ask("tree", "sys_bind", env={"FORCE_COLOR": "1"}).out == plain
    coloured = ask("tree", "sys_bind", "--color", "always", env={"NO_COLOR": "1"}).out
    assert "\x1b[" in coloured
    assert ask("tree", "sys_bind", "--color", "never").out == plain


def test_stdout_that_is_not_utf8(ask: Kcg) -> None:
    done = ask("tree", "sys_bind", env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    assert done.code == 0
    assert done.out.startswith("sys_bind  (net/socket.c:26)\n`-- __sys_bind()\n")
    indented = ask("tree", "sys_bind", "--style", "unicode", env={"PYTHONIOENCODING": "ascii"})
    assert indented.code == 0


def test_current_directory_and_environment(kcg: Kcg, kernel: Path) -> None:
    inside = kcg("tree", "unix_bind", cwd=kernel)
    assert inside.out == "unix_bind  (net/unix.c:3)\n"
    assert inside.err.startswith("kcg: linux 6.9.3 (.)\n")
    named = kcg("tree", "unix_bind", env={"KCG_KERNEL": str(kernel)})
    assert named.out == inside.out


def test_bundled_kernel_says_so(kcg: Kcg) -> None:
    done = kcg("tree", "sys_socket", "--depth", "1")
    assert done.code == 0
    assert done.out.startswith("sys_socket  (net/socket.c:")
    assert "__sys_socket()" in done.out
    first, second = done.err.splitlines()[:2]
    assert first == "kcg: no kernel given (-k); using the small kernel that comes with kcg"
    assert second.startswith("kcg: linux 6.1.0 (")


def test_same_bytes_under_any_hash_seed(ask: Kcg) -> None:
    for arguments in (["export", "edges"], ["tree", "sys_bind", "--format", "json"]):
        runs = {ask(*arguments, env={"PYTHONHASHSEED": seed}).out for seed in ("0", "1", "7")}
        assert len(runs) == 1


@pytest.mark.parametrize("option", ["--help", "-h", "--version"])
def test_help_and_version(kcg: Kcg, option: str) -> None:
    done = kcg(option)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("kcg " if option == "--version" else "Usage: kcg")


def test_help_imports_nothing_heavy(environment: dict[str, str]) -> None:
    """What makes help slow is imports; `make bench` reports its time."""
    heavy = ("tree_sitter", "networkx", "graphviz", "pygit2", "analyzer.pipeline.session")
    script = (
        "import sys; from analyzer.cli.main import main; main(['--help'])\n"
        f"print(*[m for m in {heavy!r} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, check=True, encoding="utf-8"
    )
    assert done.stdout.startswith("Usage: kcg")
    assert done.stderr.strip() == ""


def test_defects_are_told_in_a_line(environment: dict[str, str], folder: Path) -> None:
    """An exception that nobody thought of is no traceback, unless it is asked for."""
    code = (
        "import sys, analyzer.cli.app as app, analyzer.cli.main as main\n"
        "app.kcg.callback = lambda: 1 / 0\n"
        "sys.exit(main.main(['tree', 'x']))\n"
    )
    done = subprocess.run([command()[0], "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("kcg: error: kcg failed: ZeroDivisionError: division by zero\n")
