"""What becomes of an index when things go wrong: kills, full disks, read-only places, several processes."""

import ctypes
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from trees import make_kernel

from .conftest import ROOT, Done, Kcg, command

FILES = 90  # more than a pool is made for


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kernel of many small files."""
    root = make_kernel(tmp_path_factory.mktemp("many") / "linux")
    (root / "include/linux/all.h").write_text(
        "#define __mark __attribute__((cold))\nstruct s { int (*f)(int); };\n"
    )
    for number in range(FILES):
        body = "".join(
            f"static int __mark h{number}_{n}(int a) {{ return f{(number + n) % FILES}(a + {n}); }}\n"
            for n in range(30)
        )
        own = f"int f{number}(int a)\n{{\n\treturn h{number}_1(a) + f{number // 2}(a);\n}}\n"
        text = f"#include <linux/all.h>\n{body}{own}"
        (root / "net" / f"f{number}.c").write_text(text)
    return root


@pytest.fixture(scope="module")
def expected(source: Path, environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> str:
    """The answer from an index that nothing happened to."""
    return ask(source, tmp_path_factory.mktemp("good") / "s", environment).out


def ask(
    source: Path,
    store: Path,
    environment: dict[str, str],
    *,
    prepare: Callable[[], None] | None = None,
) -> Done:
    """Everything the index knows of functions and calls."""
    done = subprocess.run(
        command("export", "edges", "-k", source, "--store", store, "--jobs", "2"),
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        preexec_fn=prepare,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Done(done.returncode, done.stdout, done.stderr)


def index(source: Path, store: Path, *more: str) -> Sequence[str]:
    return command("index", "-q", "-k", source, "--store", store, "--jobs", "2", *more)


def test_killed_at_any_moment(source: Path, expected: str, environment: dict[str, str], tmp_path: Path) -> None:
    store = tmp_path / "s"
    chance = random.Random(9)
    begun = time.monotonic()
    subprocess.run(index(source, tmp_path / "whole"), env=environment, check=True)
    whole = time.monotonic() - begun
    for _ in range(50):
        process = subprocess.Popen(index(source, store), env=environment, start_new_session=True)
        time.sleep(chance.random() * whole)
        process.kill()
        process.wait()
        if chance.random() < 0.2:
            for file in sorted((source / "net").iterdir())[:: chance.randrange(5, 30)]:
                os.utime(file)  # there is something to do again
    done = ask(source, store, environment)
    assert (done.code, done.out) == (0, expected)


def test_a_killed_worker_is_replaced(
    source: Path, expected: str, environment: dict[str, str], tmp_path: Path
) -> None:
    store = tmp_path / "s"
    process = subprocess.Popen(index(source, store), env=environment)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    if not children.exists():
        process.wait()
        pytest.skip("needs /proc")
    while process.poll() is None:
        try:
            workers = children.read_text().split()
        except (FileNotFoundError, ProcessLookupError):
            break
        if workers:
            time.sleep(0.02)
            try:
                os.kill(int(workers[0]), signal.SIGKILL)
            except ProcessLookupError:
                continue
            break
    assert process.wait() == 0
    assert ask(source, store, environment).out == expected


def test_processes_at_once(source: Path, expected: str, environment: dict[str, str], tmp_path: Path) -> None:
    store = tmp_path / "s"
    line = command("export", "edges", "-q", "-k", source, "--store", store, "--jobs", "2")
    running = [subprocess.Popen(line, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    assert [process.communicate()[0] for process in running] == [expected] * 4


def test_full_disk(source: Path, expected: str, environment: dict[str, str], tmp_path: Path) -> None:
    store = tmp_path / "s"

    def limit(size: int) -> Callable[[], None]:
        return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    refused = 0
    for size in (0, 4096, 50_000, 150_000, 300_000):
        done = ask(source, store, environment, prepare=limit(size))
        if done.code:
            refused += 1
            assert done.code == 2
            assert "kcg: error: The index" in done.err
            assert done.out == ""
        else:
            assert done.out == expected
    assert refused
    assert ask(source, store, environment).out == expected


def test_full_disk_while_answers_are_kept(
    source: Path, expected: str, environment: dict[str, str], tmp_path: Path
) -> None:
    store = tmp_path / "s"
    subprocess.run(index(source, store), env=environment, check=True)
    done = ask(source, store, environment, prepare=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)))
    assert (done.code, done.out) == (0, expected)


def obey_permissions() -> None:
    """Root writes everywhere unless it gives up that capability."""
    if os.geteuid() == 0:
        drop_from_bounding_set, override = 24, 1
        ctypes.CDLL(None).prctl(drop_from_bounding_set, override, 0, 0, 0)


def test_read_only_place(source: Path, expected: str, environment: dict[str, str], tmp_path: Path) -> None:
    copy = shutil.copytree(source, tmp_path / "linux")
    store = tmp_path / "kept" / "s"
    subprocess.run(index(copy, store), env=environment, check=True)
    for path in store.parent.iterdir():
        path.chmod(0o444)
    store.parent.chmod(0o555)
    try:
        done = ask(copy, store, environment, prepare=obey_permissions)
        assert (done.code, done.out) == (0, expected)
        (copy / "net" / "f1.c").write_text("int f1(int a) { return 0; }\n")
        done = ask(copy, store, environment, prepare=obey_permissions)
        assert (done.code, done.out) == (2, "")
        assert "cannot be written: its place is read-only" in done.err
        none = ask(copy, store.parent / "other", environment, prepare=obey_permissions)
        assert (none.code, none.out) == (2, "")
        assert "cannot be made: its folder cannot be written" in none.err
    finally:
        store.parent.chmod(0o755)


def test_store_of_another_format(source: Path, expected: str, environment: dict[str, str], tmp_path: Path) -> None:
    store = tmp_path / "s"
    subprocess.run(index(source, store), env=environment, check=True)
    with sqlite3.connect(store) as plain:
        plain.execute("UPDATE meta SET value='1'")
    plain.close()
    done = ask(source, store, environment)
    assert done.out == expected
    assert "was made by another version of kcg; making it anew" in done.err


def test_times_that_go_backwards(source: Path, environment: dict[str, str], tmp_path: Path) -> None:
    copy = shutil.copytree(source, tmp_path / "linux")
    store = tmp_path / "s"
    file = copy / "net" / "f3.c"
    before = ask(copy, store, environment).out
    times = file.stat()
    text = file.read_text()
    file.write_text(text.replace("+ f1(a)", "+ f2(a)"))  # as long as before
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    during = ask(copy, store, environment).out
    assert during != before
    file.write_text(text)
    os.utime(file, ns=(0, 10**18 * 3))  # far in the future
    assert ask(copy, store, environment).out == before
    file.write_text(text.replace("+ f1(a)", "+ f2(a)"))
    os.utime(file, ns=(0, 1))  # the beginning of time
    assert ask(copy, store, environment).out == during


def test_prune(kcg: Kcg, source: Path, expected: str, environment: dict[str, str], tmp_path: Path) -> None:
    store = tmp_path / "s"
    copy = shutil.copytree(source, tmp_path / "linux")
    for number in range(0, FILES, 2):
        (copy / "net" / f"f{number}.c").write_text(f"int f{number}(int a) {{ return {number}; }}\n")
    for kernel in (source, copy):
        assert kcg("index", "-k", kernel, "--store", store).code == 0
    shutil.rmtree(copy)
    report = kcg("doctor", "-k", source, "--store", store).out
    assert f"{copy}: 91 files (stale)" in report
    assert "by kcg index --prune" in report
    done = kcg("index", "--prune", "--store", store)
    assert done.code == 0
    assert done.out.startswith(f"removed 1 version and {FILES // 2} blobs; ")
    assert kcg("index", "-k", source, "--store", store).out.startswith("91 files, all indexed already")
    assert ask(source, store, environment).out == expected
    assert ROOT.exists()
