"""What a run reads, what it keeps, and what it need not do again."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pygit2
import pytest

from analyzer.io.revisions import revisions
from analyzer.io.sources import open_source
from analyzer.io.store import Store
from analyzer.model.facts import FileFacts
from analyzer.pipeline import extraction, indexing
from analyzer.pipeline.indexing import index
from analyzer.pipeline.upkeep import revisions_indexed

from .conftest import FILES


def run(source: Path | str, store: Path, **more: object) -> indexing.IndexSummary:
    with closing(Store(store)) as kept:
        return index(open_source(str(source)), kept, jobs=1, **more).summary


def facts(source: Path, store: Path) -> dict[str, FileFacts]:
    """The facts of every file of an indexed source."""
    with closing(Store(store)) as kept:
        version = index(open_source(str(source)), kept, jobs=1)
        decode = msgspec.msgpack.Decoder(FileFacts).decode
        return {f.path: decode(kept.facts(f.blob, f.oid)) for f in version.files}


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The files that are read, in this process."""
    found: list[str] = []
    real = extraction._bytes

    def noted(root: str, work: extraction.Work) -> bytes | None:
        found.append(work[0])
        return real(root, work)

    monkeypatch.setattr(extraction, "_bytes", noted)
    monkeypatch.setattr(indexing, "_SMALL", 10_000)
    yield found


@pytest.mark.usefixtures("patient")
def test_unchanged_files_are_not_read(source: Path, tmp_path: Path, reads: list[str]) -> None:
    assert run(source, tmp_path / "s").new == FILES + 2
    reads.clear()
    assert run(source, tmp_path / "s").new == 0
    assert reads == []
    (source / "net/f1.c").write_text("int changed(void) { return 1; }\n")
    (source / "net/f3.c").touch()
    assert run(source, tmp_path / "s").new == 1
    assert sorted(set(reads)) == ["net/f1.c", "net/f3.c"]


def test_files_changed_just_now_are_read_again(source: Path, tmp_path: Path, reads: list[str]) -> None:
    os.utime(source / f"net/f{FILES - 1}.c", ns=(3 * 10**18, 3 * 10**18))
    run(source, tmp_path / "s")
    reads.clear()
    assert run(source, tmp_path / "s").new == 0
    assert f"net/f{FILES - 1}.c" in reads


def test_folders_alone_then_the_rest(source: Path, tmp_path: Path) -> None:
    summary = run(source, tmp_path / "s", under=("net", "include/"))
    assert (summary.files, summary.new) == (FILES // 2 + 1, FILES // 2 + 1)
    assert run(source, tmp_path / "s").new == FILES // 2 + 1
    run(source, tmp_path / "whole")
    assert facts(source, tmp_path / "s") == facts(source, tmp_path / "whole")


def test_another_dialect_costs_what_has_its_words(source: Path, tmp_path: Path) -> None:
    (source / "kernel/f2.c").write_text("static int __later f2(int a)\n{\n\treturn f1(a);\n}\n")
    run(source, tmp_path / "s")
    (source / "include/linux/more.h").write_text("#define __later __attribute__((hot))\n")
    summary = run(source, tmp_path / "s")
    assert summary.new == 2  # the header, and the one file that has the word
    assert facts(source, tmp_path / "s") == facts(source, tmp_path / "whole")
    (source / "include/linux/more.h").unlink()
    assert run(source, tmp_path / "s").new == 0  # what it was before is still kept
    assert facts(source, tmp_path / "s") == facts(source, tmp_path / "whole")


def test_an_edited_file_is_kept_as_what_differs(source: Path, tmp_path: Path) -> None:
    path = source / "kernel/long.c"
    function = "int g{0}(struct sock *sk)\n{{\n\treturn helper{1}(sk, other{0}(sk));\n}}\n"
    functions = "".join(function.format(n, n * n) for n in range(80))
    path.write_text(functions)
    run(source, tmp_path / "s")
    for edit in ("int first(void) { return g1(0); }\n", "int second(void) { return g2(0); }\n"):
        path.write_text(functions + edit)
        run(source, tmp_path / "s")
        assert facts(source, tmp_path / "s") == facts(source, tmp_path / f"whole{len(edit)}")
    path.write_text("int replaced;\n")
    run(source, tmp_path / "s")
    with closing(Store(tmp_path / "s")) as store:
        sizes = store.database.rows(
            "SELECT basis, length(data) FROM facts JOIN blobs ON id=blob ORDER BY blob DESC LIMIT 3"
        )
        (replaced, _), *edited = sizes
        (whole,) = store.database.row("SELECT length(data) FROM facts WHERE blob=?", (edited[0][0],))
    assert not replaced
    assert all(basis == edited[0][0] and size < whole / 2 for basis, size in edited)


def test_assembler_and_c_of_one_content_are_two_things(source: Path, tmp_path: Path) -> None:
    (source / "kernel/same.c").write_text("ENTRY(entry)\n")
    found = facts(source, tmp_path / "s")
    assert found["arch/x86/entry.S"].lines == found["kernel/same.c"].lines
    assert found["arch/x86/entry.S"] == facts(source, tmp_path / "s")["arch/x86/entry.S"]
    assert found["arch/x86/entry.S"].invocations[0].arguments == "entry"


def test_a_file_that_changes_meanwhile_has_its_new_facts(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = indexing.extract_rows

    def later(root: str, works: list[extraction.Work], dialect: bytes) -> list[extraction.BlobRow]:
        (source / "net/f1.c").write_text("int changed(void) { return 1; }\n")
        return real(root, works, dialect)

    monkeypatch.setattr(indexing, "_SMALL", 10_000)
    monkeypatch.setattr(indexing, "extract_rows", later)
    found = facts(source, tmp_path / "s")
    assert [d.name for d in found["net/f1.c"].definitions] == ["changed"]


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_file_that_takes_too_long_is_put_aside(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jobs: int
) -> None:
    (source / "kernel/f2.c").write_text("int endless;\n")
    real = extraction.extract_noting

    def endless(data: bytes, dialect: extraction.Dialect) -> tuple[FileFacts, set[bytes]]:
        while b"endless" in data:
            pass
        return real(data, dialect)

    monkeypatch.setattr(extraction, "extract_noting", endless)
    monkeypatch.setattr(extraction, "_MAX_SECONDS", 0.2)
    if jobs > 1:
        monkeypatch.setattr(indexing, "_SMALL", 0)
    with closing(Store(tmp_path / "s")) as store:
        version = index(open_source(str(source)), store, jobs=jobs)
        causes = {
            f.path: [
                d.cause for d in msgspec.msgpack.decode(store.facts(f.blob, f.oid), type=FileFacts).diagnostics
            ]
            for f in version.files
        }
    assert causes.pop("kernel/f2.c") == ["extractor: too slow"]
    assert not any(causes.values())


def test_a_file_that_kills_its_worker_is_put_aside(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (source / "kernel/f2.c").write_text("int deadly;\n")
    real = extraction.extract_noting

    def fatal(data: bytes, dialect: extraction.Dialect) -> tuple[FileFacts, set[bytes]]:
        if b"deadly" in data:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(data, dialect)

    monkeypatch.setattr(extraction, "extract_noting", fatal)
    with closing(Store(tmp_path / "s")) as store:
        version = index(open_source(str(source)), store, jobs=2)
        file = next(f for f in version.files if f.path == "kernel/f2.c")
        found = msgspec.msgpack.decode(store.facts(file.blob, file.oid), type=FileFacts)
        assert [d.cause for d in found.diagnostics] == ["extractor: died"]
    monkeypatch.undo()
    others = facts(source, tmp_path / "s")
    whole = facts(source, tmp_path / "whole")
    assert {p for p in whole if whole[p] != others[p]} == {"kernel/f2.c"}


def rows(store: Path) -> list[object]:
    with closing(Store(store)) as kept:
        return list(kept.tables())


@pytest.mark.usefixtures("patient")
def test_jobs_do_not_change_a_row(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "_PIECE_BYTES", 500)
    stores = []
    for jobs in (1, 3):
        stores.append(tmp_path / f"s{jobs}")
        with closing(Store(stores[-1])) as kept:
            index(open_source(str(source)), kept, jobs=jobs)
    assert rows(stores[0]) == rows(stores[1])


@pytest.fixture
def repository(source: Path) -> Callable[[str], None]:
    """Commits the folder as it is, under a tag."""
    repo = pygit2.init_repository(str(source), initial_head="main")
    someone = pygit2.Signature("A", "a@example.org", 1_000_000_000, 0)

    def commit(tag: str) -> None:
        repo.index.add_all()
        tree = repo.index.write_tree()
        head = repo.references.get("refs/heads/main")
        made = repo.create_commit("refs/heads/main", someone, someone, "m", tree, [head.target] if head else [])
        repo.create_reference(f"refs/tags/{tag}", made)

    return commit


def test_many_revisions_read_each_content_once(
    source: Path, tmp_path: Path, repository: Callable[[str], None]
) -> None:
    for tag in ("v6.1", "v6.2", "v6.10"):
        (source / "net/f1.c").write_text(f"int {tag.replace('.', '_')};\n")
        repository(tag)
    found = dict(revisions_indexed(str(source), ["v6.*"], str(tmp_path / "s"), jobs=2))
    assert list(found) == ["v6.1", "v6.2", "v6.10"]
    assert [summary.new for summary in found.values()] == [FILES + 2, 1, 1]
    (source / "net/f1.c").write_text("int not_yet_committed;\n")
    summary = run(source, tmp_path / "s")
    assert (summary.files, summary.new) == (FILES + 2, 1)
    assert facts(source, tmp_path / "s")["net/f1.c"].objects[0].name == "not_yet_committed"


@pytest.mark.parametrize(
    ("spelling", "expected"),
    [
        ("v6.*", ["v6.1", "v6.1.5", "v6.2-rc1", "v6.2", "v6.10"]),
        ("v6.1..v6.10", ["v6.1", "v6.2", "v6.10"]),
        ("v6.1..v6.2-rc1", ["v6.1", "v6.2-rc1"]),
        ("v6.2", ["v6.2"]),
        ("v5.4..v6.1", ["v5.4", "v6.1"]),
    ],
)
def test_spellings_of_revisions(
    source: Path, repository: Callable[[str], None], spelling: str, expected: list[str]
) -> None:
    for tag in ("v5.4", "v6.10", "v6.1", "v6.1.5", "v6.2-rc1", "v6.2"):
        repository(tag)
    assert sorted(revisions(source, [spelling])) == sorted(expected)
    assert [r for r in revisions(source, [spelling]) if "-" not in r] == [r for r in expected if "-" not in r]
