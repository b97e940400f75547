"""What people install: wheel and sdist are built, and the wheel is run far from the checkout."""

import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(*command: str | Path, cwd: Path) -> str:
    # Nothing of the checkout or of this environment may help.
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "KCG_"))}
    environment["XDG_CACHE_HOME"] = str(cwd / "cache")
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}: {done.stdout[-3000:]}{done.stderr[-3000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the sdist and the wheel that was built from it."""
    pytest.importorskip("build")
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--outdir", out, ROOT, cwd=out)
    return out


@pytest.fixture(scope="module")
def installed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs' folder of a fresh environment with the wheel."""
    place = tmp_path_factory.mktemp("env")
    venv.create(place / "venv", with_pip=True)
    (wheel,) = built.glob("*.whl")
    programs = place / "venv" / "bin"
    run(programs / "python", "-m", "pip", "install", "-q", wheel, cwd=place)
    return programs


def test_contents(built: Path) -> None:
    queries = {path.name for path in (ROOT / "queries").glob("*.scm")}
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {f"analyzer/_data/queries/{name}" for name in queries} <= names
    assert "analyzer/_data/kernels/v6.1/net/socket.c" in names
    assert all(name.startswith(("analyzer/", "kernel_callgraph-")) for name in names)
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}
    assert {f"queries/{name}" for name in queries} <= inside
    assert {"LICENSE", "pyproject.toml", "fixtures/kernels/v6.1/net/socket.c"} <= inside
    assert not any(name.startswith((".cache", "out", ".venv")) for name in inside)


def test_tree_from_another_folder(installed: Path, tmp_path: Path) -> None:
    tree = run(installed / "kcg", "tree", "sys_socket", cwd=tmp_path)
    assert "__sys_socket" in tree
    assert "inet_create" in tree


def test_drawing_from_another_folder(installed: Path, tmp_path: Path) -> None:
    run(installed / "kcg", "graph", "sys_socket", "-o", tmp_path / "x.svg", cwd=tmp_path)
    assert "<svg" in (tmp_path / "x.svg").read_text(encoding="utf-8")


def test_data_from_another_folder(installed: Path, tmp_path: Path) -> None:
    script = (
        "from analyzer.extract.queries import query_names, query_text\n"
        "from analyzer.io.graphviz import render_dot\n"
        "from analyzer.io.resources import bundled_kernel\n"
        "from analyzer.io.sources import open_source\n"
        "print(len([query_text(name) for name in query_names()]))\n"
        "print(bundled_kernel())\n"
        "print(open_source(str(bundled_kernel())).info.version)\n"
        "print(len(render_dot('digraph { a -> b }', 'svg')))\n"
    )
    queries, kernel, version, size = run(installed / "python", "-c", script, cwd=tmp_path).splitlines()
    assert int(queries) == len(list((ROOT / "queries").glob("*.scm")))
    assert str(installed.parent) in kernel
    assert version.startswith("6.1")
    assert int(size) > 0
