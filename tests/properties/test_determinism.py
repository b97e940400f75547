"""The same sources give the same bytes: whatever the order, the jobs, the hash seed, the cache."""

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from analyzer.io.sources import open_source
from analyzer.io.store import Store
from analyzer.model.source import Entry
from analyzer.pipeline.indexing import index
from analyzer.pipeline.session import Session
from analyzer.render.jsonout import edge_row, function_row, json_line
from analyzer.resolve.configuration import Configuration

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"

SCRIPT = """
import sys
from analyzer.pipeline.session import open_session
from analyzer.render.jsonout import edge_row, function_row, json_line

session = open_session(sys.argv[1], store=sys.argv[2], jobs=int(sys.argv[3]))
out = open(sys.argv[4], "w", encoding="utf-8")
out.writelines(json_line(function_row(f)) for f in session.export_functions(()))
out.writelines(json_line(edge_row(e)) for e in session.export_edges(()))
out.writelines(f"{row}\\n" for row in session.export_slots(()))
out.close()
session.close()
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kernel of the phenomena side by side, enough files for the process pool."""
    root = tmp_path_factory.mktemp("tree")
    (root / "Makefile").write_text("VERSION = 6\nPATCHLEVEL = 9\nSUBLEVEL = 0\n")
    for path in sorted((FIXTURES / "phenomena").glob("*/**/*.[ch]")):
        name, *rest = path.relative_to(FIXTURES / "phenomena").parts
        target = root / "kernel" / name / "_".join(rest)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    return root


def exported(tree: Path, folder: Path, *, seed: int, jobs: int) -> bytes:
    """Everything that a new process exports, with its own hash seed."""
    folder.mkdir(exist_ok=True)
    out = folder / "out.jsonl"
    command = [sys.executable, "-c", SCRIPT, str(tree), str(folder / "store"), str(jobs), str(out)]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONHASHSEED": str(seed)})
    return out.read_bytes()


def test_hash_seed_jobs_and_cache_do_not_matter(tree: Path, tmp_path: Path) -> None:
    first = exported(tree, tmp_path / "a", seed=1, jobs=1)
    assert first.count(b"\n") > 200
    assert exported(tree, tmp_path / "b", seed=4242, jobs=2) == first
    assert exported(tree, tmp_path / "a", seed=7, jobs=1) == first  # warm


class Shuffled:
    """A source whose files come in another order."""

    def __init__(self, root: Path, seed: int) -> None:
        self._source = open_source(str(root))
        self._seed = seed
        self.info = self._source.info
        self.identity = self._source.identity
        self.diagnostics = self._source.diagnostics

    def entries(self) -> tuple[Entry, ...]:
        entries = list(self._source.entries())
        random.Random(self._seed).shuffle(entries)
        return tuple(entries)

    def read(self, path: str) -> bytes:
        return self._source.read(path)

    def state(self) -> str:
        return self._source.state()

    def read_many(self, paths: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        return self._source.read_many(paths)


def lines(session: Session) -> list[str]:
    """The rows of functions and edges, sorted: sources list their files in order, `Shuffled` does not."""
    found = [json_line(function_row(function)) for function in session.export_functions(())]
    return sorted(found + [json_line(edge_row(edge)) for edge in session.export_edges(())])


def test_the_order_of_extraction_does_not_matter(tree: Path, tmp_path: Path) -> None:
    exports = []
    for seed in (0, 1, 2):
        store = Store(tmp_path / f"store{seed}")
        if seed:
            index(Shuffled(tree, seed), store, jobs=1)
        # what was stored in that order is then used by a session on the source itself
        session = Session(open_source(str(tree)), store, Configuration(), (), 1, None)
        exports.append(lines(session))
        session.close()
    assert exports[0] == exports[1] == exports[2]


def test_touched_files_are_read_again(tree: Path, tmp_path: Path) -> None:
    copy = tmp_path / "tree"
    shutil.copytree(tree, copy)
    store = tmp_path / "store"

    def calls() -> list[str]:
        session = Session(open_source(str(copy)), Store(store), Configuration(), (), 1, None)
        try:
            return lines(session)
        finally:
            session.close()

    before = calls()
    added = copy / "kernel" / "added.c"
    added.write_text("static int new(void) { return 1; }\nint user_of_new(void) { return new(); }\n")
    during = calls()
    assert set(before) < set(during)
    added.unlink()
    assert calls() == before
