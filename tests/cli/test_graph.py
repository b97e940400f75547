"""`kcg graph`: a file in the format of its suffix."""

import json
from pathlib import Path

import pytest

from .conftest import Kcg

BEGINNINGS = {
    "svg": b"<?xml",
    "png": b"\x89PNG",
    "pdf": b"%PDF",
    "dot": b"digraph",
    "mmd": b"---",
    "graphml": b"<graphml",
    "json": b"{",
}


@pytest.mark.parametrize("suffix", BEGINNINGS)
def test_formats(ask: Kcg, folder: Path, suffix: str) -> None:
    done = ask("graph", "sys_bind", "-o", f"deep/er/x.{suffix}")
    assert (done.code, done.out) == (0, "")
    assert f"kcg: wrote deep/er/x.{suffix} (8 functions)\n" in done.err
    data = (folder / f"deep/er/x.{suffix}").read_bytes()
    assert data.startswith(BEGINNINGS[suffix])
    if suffix not in ("png", "pdf"):
        assert b"inet_bind" in data


def test_default_place(ask: Kcg, folder: Path) -> None:
    assert ask("graph", "bind", "-q").code == 0
    assert (folder / "out/sys_bind.svg").is_file()


def test_links(ask: Kcg, folder: Path) -> None:
    ask("graph", "sys_bind", "-o", "a.dot")
    default = (folder / "a.dot").read_text(encoding="utf-8")
    assert "https://elixir.bootlin.com/linux/v6.9.3/source/net/inet.c#L8" in default
    ask("graph", "sys_bind", "-o", "a.dot", "--url", "file:///src/{file}:{line}")
    assert "file:///src/net/inet.c:8" in (folder / "a.dot").read_text(encoding="utf-8")
    ask("graph", "sys_bind", "-o", "a.dot", "--url", "none")
    assert "URL" not in (folder / "a.dot").read_text(encoding="utf-8")


def test_choice_of_functions(ask: Kcg, folder: Path) -> None:
    def names(*options: str) -> set[str]:
        assert ask("graph", "sys_bind", "-o", "a.json", *options).code == 0
        nodes = json.loads((folder / "a.json").read_text(encoding="utf-8"))["nodes"]
        return {node["name"] for node in nodes}

    assert names("--depth", "1") == {"sys_bind", "__sys_bind"}
    assert "spin_lock" not in names()
    assert "spin_lock" in names("--hide", "none")
    assert names("--to", "unix_bind") == {"sys_bind", "__sys_bind", "unix_bind"}


def test_reverse_theme_and_size(ask: Kcg, folder: Path) -> None:
    assert ask("graph", "unix_bind", "--reverse", "--theme", "dark", "-o", "a.dot").code == 0
    assert "Callers of unix_bind" in (folder / "a.dot").read_text(encoding="utf-8")
    assert ask("graph", "sys_bind", "--max-functions", "2", "-o", "a.dot").code == 0
    assert "2 functions drawn" in (folder / "a.dot").read_text(encoding="utf-8")


def test_target_that_is_not_reached(ask: Kcg) -> None:
    done = ask("graph", "sys_bind", "--to", "fork", "-o", "a.json")
    assert done.code == 1
    assert "kcg: fork is not reached within 4 calls" in done.err
