"""Every mistake gets a line that says what is wrong, and exit code 2; nothing shows a traceback."""

import os
import signal
import subprocess
import tarfile
import time
from pathlib import Path

import pygit2
import pytest

from .conftest import Kcg, command


def test_no_such_kernel(kcg: Kcg) -> None:
    done = kcg("tree", "x", "-k", "/no/such/folder")
    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines()[0] == "kcg: error: There is no /no/such/folder."


def test_folder_that_is_no_kernel(kcg: Kcg, folder: Path) -> None:
    done = kcg("tree", "x", "-k", folder)
    assert done.code == 2
    assert "is not a kernel" in done.err


def test_revision_that_does_not_exist(kcg: Kcg, folder: Path) -> None:
    pygit2.init_repository(str(folder / "repo"))
    done = kcg("tree", "x", "-k", "repo@v9.9")
    assert done.code == 2
    assert "v9.9" in done.err


def test_revision(kcg: Kcg, folder: Path, kernel: Path) -> None:
    repository = pygit2.init_repository(str(folder / "repo"), bare=True)
    author = pygit2.Signature("A", "a@example.org", 0, 0)

    def tree_of(path: Path) -> pygit2.Oid:
        builder = repository.TreeBuilder()
        for entry in sorted(path.iterdir()):
            if entry.is_dir():
                builder.insert(entry.name, tree_of(entry), pygit2.enums.FileMode.TREE)
            else:
                blob = repository.create_blob(entry.read_bytes())
                builder.insert(entry.name, blob, pygit2.enums.FileMode.BLOB)
        return builder.write()

    repository.create_commit("refs/heads/main", author, author, "x", tree_of(kernel), [])
    done = kcg("callers", "unix_bind", "-k", "repo@main")
    assert done.code == 0
    assert "__sys_bind" in done.out


def test_tarball_whole_and_truncated(kcg: Kcg, folder: Path, kernel: Path) -> None:
    whole = folder / "linux.tar.xz"
    with tarfile.open(whole, "w:xz") as archive:
        archive.add(kernel, "linux-6.9.3")
    done = kcg("tree", "unix_bind", "-k", "linux.tar.xz")
    assert (done.code, done.out) == (0, "unix_bind  (net/unix.c:3)\n")
    short = folder / "short.tar.xz"
    short.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    done = kcg("tree", "unix_bind", "-k", "short.tar.xz")
    assert done.code == 2
    assert "short.tar.xz cannot be read as a tarball" in done.err


def test_unknown_function(ask: Kcg) -> None:
    done = ask("tree", "inet_bnid")
    assert (done.code, done.out) == (2, "")
    error, suggestion = done.err.splitlines()[-2:]
    assert error == "kcg: error: No function is called inet_bnid in Linux 6.9.3."
    assert suggestion.startswith("  did you mean inet_bind")


@pytest.mark.parametrize("arguments", [("tree", "check"), ("callers", "check")])
def test_ambiguous_function(ask: Kcg, arguments: tuple[str, ...]) -> None:
    done = ask(*arguments)
    assert done.code == 2
    assert done.err.endswith(
        "kcg: error: check is defined in 2 places.\n"
        "  net/inet.c:check\n  net/socket.c:check\n  Name the file too.\n"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("path", "sys_bind", "nowhere_at_all"), "No function is called nowhere_at_all"),
        (("show", "nowhere_at_all"), "Nothing is called nowhere_at_all"),
        (("targets", "net/inet.c:fork"), "No function fork in net/inet.c."),
        (("graph", "sys_bind", "-o", "a.htm"), "a.htm: files ending in .htm cannot be"),
        (("graph", "sys_bind", "-o", "a"), "a: a file without a suffix cannot be"),
        (("graph", "sys_bind", "-o", "/proc/a/b.svg"), "/proc/a/b.svg cannot be written"),
        (("export", "edges", "-o", "/proc/a/b"), "/proc/a/b cannot be written"),
        (("export", "edges", "-o", "/"), "/ is a directory."),
        (("tree", "sys_bind", "--hide", "lokcs"), "--hide: no profile `lokcs`"),
        (("tree", "sys_bind", "--show", "argz"), "Invalid value for '--show': 'argz'"),
        (("tree", "sys_bind", "--show", "lines=3"), "Invalid value for '--show': 'lines=3'"),
        (("tree", "sys_bind", "--indent", "99"), "Invalid value for '--indent'"),
        (("tree", "sys_bind", "--fold", "all"), "Invalid value for '--fold'"),
        (("note", "sys_bind", "--lang", "xx"), "Invalid value for '--lang'"),
        (("tree", "sys_bind", "--depth", "-1"), "Invalid value for '--depth'"),
        (
            ("tree", "sys_bind", "--config", "none.config"),
            "The configuration none.config cannot be read",
        ),
        (("tree", "sys_bind", "--style", "round"), "Invalid value for '--style'"),
        (("tree", "sys_bind", "--colour"), "No such option"),
        (("tree",), "Missing argument 'ROOT'."),
        (("export", "types"), "Invalid value for"),
        (("frobnicate",), "No such command 'frobnicate'."),
    ],
)
def test_other_mistakes(ask: Kcg, arguments: tuple[str, ...], message: str) -> None:
    done = ask(*arguments)
    assert (done.code, done.out) == (2, "")
    assert f"kcg: error: {message}" in done.err


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_folder_without_permission(ask: Kcg, folder: Path) -> None:
    (folder / "locked").mkdir(mode=0o500)
    done = ask("graph", "sys_bind", "-o", "locked/a.svg")
    assert done.code == 2
    assert "locked/a.svg cannot be written" in done.err


def test_broken_store(ask: Kcg, folder: Path) -> None:
    (folder / "store").write_bytes(b"this is no database at all" * 100)
    done = ask("tree", "sys_bind", "--store", "store")
    assert done.code == 2
    assert "kcg: error: The index store cannot be opened" in done.err


def test_full_disk(ask: Kcg, environment: dict[str, str], kernel: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full")
    for arguments in (["export", "edges", "-k", str(kernel)], ["--help"]):
        with open("/dev/full", "wb") as full:
            done = subprocess.run(
                command(*arguments),
                env=environment,
                stdout=full,
                stderr=subprocess.PIPE,
                text=True,
                check=False,
            )
        assert done.returncode == 2
        assert "No space left on device" in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", [["export", "edges"], ["tree", "sys_bind"]])
def test_reader_that_goes_away(environment: dict[str, str], kernel: Path, arguments: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        command(*arguments, "-q", "-k", kernel),
        env=environment,
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")


def test_ctrl_c(environment: dict[str, str], kernel: Path, tmp_path: Path) -> None:
    """The whole group gets the signal, as from a terminal; what was indexed stays usable."""
    root = tmp_path / "big"
    for name in ("net", "kernel", "init", "include/linux"):
        (root / name).mkdir(parents=True)
    (root / "Makefile").write_bytes((kernel / "Makefile").read_bytes())
    (root / "Kconfig").touch()
    body = "".join(f"int f{n}(int a)\n{{\n\treturn g{n}(a);\n}}\n" for n in range(800))
    for number in range(150):
        (root / f"net/x{number}.c").write_text(f"/* {number} */\n{body}", encoding="ascii")
    arguments = ["-k", root, "--store", tmp_path / "store", "--jobs", "2"]
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where tests run in the background
    try:
        process = subprocess.Popen(
            command("index", *arguments),
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
    finally:
        signal.signal(signal.SIGINT, before)
    assert process.stderr is not None
    assert process.stderr.readline().startswith("kcg: linux 6.9.3")
    time.sleep(0.5)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, "", "")
    done = subprocess.run(
        command("callers", "g7", "-q", *arguments),
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0 or "No function is called g7" in done.stderr
    assert "Traceback" not in done.stderr
