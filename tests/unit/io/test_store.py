"""The index file: what is kept comes back, and what went wrong with it is said, never answered wrongly."""

import os
import random
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.errors import StoreError
from analyzer.io.packing import compress, compress_against, decompress, word_marks
from analyzer.io.postings import pack_keys
from analyzer.io.rows import Basis, BlobRow, ManifestFile, VersionRow
from analyzer.io.store import Store
from analyzer.io.upkeep import contents, prune

ROOT = Path(__file__).resolve().parents[3]


def blob(number: int, keys: set[int], *, facts: bytes = b"facts") -> BlobRow:
    """A blob without real facts."""
    oid = number.to_bytes(20, "big")
    return BlobRow(
        oid, compress(facts + b"%d" % number), b"brief%d" % number, b"", pack_keys(keys), (f"f{number}",)
    )


def next_content(number: int, basis: Basis, keys: set[int], words: bytes = b"") -> BlobRow:
    """A blob without real facts, against another one."""
    return BlobRow(
        number.to_bytes(20, "big"),
        compress_against(decompress(basis.facts) + b" and %d" % number, decompress(basis.facts)),
        compress_against(b"brief%d" % number, basis.brief),
        compress_against(words, basis.words),
        pack_keys(keys),
        (f"f{number}",),
        basis=basis.row,
    )


def version(identity: str, *, content: str = "c", fingerprint: int = 1) -> VersionRow:
    return VersionRow(identity, identity, fingerprint, 1, "state", content, 1)


def fill(path: Path, blobs: int = 40) -> None:
    store = Store(path)
    store.fingerprint("extractor")
    ids = store.save_blobs(1, 1, [blob(n, {n, n * 1000, 77}) for n in range(blobs)])
    for number, earlier in enumerate(sorted(ids.values())[::2], 1000):
        row = next_content(number, store.basis(earlier), {number, 77})
        ids |= store.save_blobs(1, 1, [row])
    store.settle(1)
    files = [ManifestFile(f"{n}.c", 1, "", oid, row) for n, (oid, row) in enumerate(sorted(ids.items()))]
    store.save_version(version("before"), files[1:])
    store.save_version(version("here"), files)
    store.close()


@given(
    st.lists(st.lists(st.sets(st.integers(0, (1 << 32) - 1), max_size=12), min_size=1, max_size=9), max_size=6),
)
def test_every_key_finds_its_blobs(tmp_path_factory: pytest.TempPathFactory, runs: list[list[set[int]]]) -> None:
    store = Store(tmp_path_factory.mktemp("store") / "s")
    assert store.fingerprint("extractor") == 1
    expected: dict[int, set[int]] = {}
    number = 0
    for run in runs:
        rows = []
        for keys in run:
            number += 1
            rows.append(blob(number, keys))
        ids = store.save_blobs(1, 1, rows)
        for row, keys in zip(rows, run, strict=True):
            for key in keys:
                expected.setdefault(key, set()).add(ids[row.oid])
        store.settle(1)
    for key, blobs in expected.items():
        assert set(store.blobs_with(1, key)) == blobs
    assert store.blobs_with(1, 123456789) in ([], sorted(expected.get(123456789, [])))
    store.close()


def test_small_runs_do_not_pile_up_segments(tmp_path: Path) -> None:
    store = Store(tmp_path / "s")
    store.fingerprint("extractor")
    for number in range(100):
        store.save_blobs(1, 1, [blob(number, {number, 5})])
        store.settle(1)
    assert len(store.blobs_with(1, 5)) == 100
    assert store.database.row("SELECT count(*) FROM segments")[0] < 10
    assert {f"f{n}" for n in range(100)} == store.function_names(1)


def test_another_process_may_merge_what_one_has_listed(tmp_path: Path) -> None:
    reader, writer = Store(tmp_path / "s"), Store(tmp_path / "s")
    writer.fingerprint("extractor")
    for number in range(3):
        writer.save_blobs(1, 1, [blob(number, {5})])
        writer.settle(1)
        assert len(reader.blobs_with(1, 5)) <= number + 1
    writer.save_blobs(1, 1, [blob(number, {5, 6}) for number in range(10, 20)])
    writer.settle(1)
    assert len(reader.blobs_with(1, 6)) in (0, 10)
    assert len(Store(tmp_path / "s").blobs_with(1, 5)) == 13


def test_blobs_with_a_word(tmp_path: Path) -> None:
    store = Store(tmp_path / "s")
    store.fingerprint("extractor")
    texts = [{b"sk", b"fn"}, {b"fn", b"current"}, set()]
    rows = [msgspec.structs.replace(blob(n, {n}), words=word_marks(words)) for n, words in enumerate(texts)]
    ids = store.save_blobs(1, 1, rows)
    numbers = [ids[row.oid] for row in rows]
    assert store.blobs_with_word(b"fn") == numbers[:2]
    assert store.blobs_with_word(b"current") == numbers[1:2]
    assert store.blobs_with_word(b"nothing") == []
    store.close()


def test_two_writers_at_once(tmp_path: Path) -> None:
    def write(seed: int) -> None:
        store = Store(tmp_path / "s")
        store.fingerprint("extractor")
        order = list(range(60))
        random.Random(seed).shuffle(order)
        for number in order:
            store.save_blobs(1, 1, [blob(number, {number, 9})])
        store.settle(1)
        store.close()

    threads = [threading.Thread(target=write, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store = Store(tmp_path / "s")
    assert len(set(store.blobs_with(1, 9))) == len(store.blobs_with(1, 9)) == 60


def test_opened_twice_a_store_keeps_its_journal(tmp_path: Path) -> None:
    path = tmp_path / "s"
    fill(path)
    first = Store(path)
    assert first.size()
    Store(path).close()  # must not take the first one's locks along
    other = "import sys, pathlib; from analyzer.io.store import Store; Store(pathlib.Path(sys.argv[1])).close()"
    subprocess.run([sys.executable, "-c", other, str(path)], check=True)
    assert Path(f"{path}-wal").exists()  # the last to leave removes it
    first.close()
    assert not Path(f"{path}-wal").exists()


def test_an_older_format_is_made_anew_and_said(tmp_path: Path) -> None:
    fill(tmp_path / "s")
    plain = sqlite3.connect(tmp_path / "s")
    plain.execute("UPDATE meta SET value='5'")
    plain.commit()
    plain.close()
    store = Store(tmp_path / "s")
    assert "made by another version of kcg; making it anew" in store.notice
    assert store.versions() == []
    store.close()
    assert Store(tmp_path / "s").notice == ""


def test_another_format_in_use_is_left_alone(tmp_path: Path) -> None:
    fill(tmp_path / "s")
    user = Store(tmp_path / "s")
    plain = sqlite3.connect(tmp_path / "s")
    plain.execute("UPDATE meta SET value='999'")
    plain.commit()
    plain.close()
    script = (
        "import sys, pathlib, analyzer.io.database as d\n"
        "from analyzer.io.store import Store\n"
        "try: Store(pathlib.Path(sys.argv[1]))\n"
        "except Exception as e: print(e)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path / "s"], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert "is in use" in done.stdout
    user.close()


@pytest.mark.parametrize("what", ["text", "sqlite", "empty"])
def test_what_is_no_index_is_never_touched(tmp_path: Path, what: str) -> None:
    path = tmp_path / "s"
    if what == "text":
        path.write_bytes(b"my only copy of a novel" * 50)
    elif what == "sqlite":
        other = sqlite3.connect(path)
        other.execute("CREATE TABLE novels(text)")
        other.commit()
        other.close()
    else:
        path.write_bytes(b"")
        Store(path).close()
        return
    before = path.read_bytes()
    with pytest.raises(StoreError):
        Store(path)
    assert path.read_bytes() == before


def everything(path: Path) -> list[object]:
    """All that a reader can ask of a filled store."""
    store = Store(path)
    try:
        if not store.versions():
            return [store.notice]
        found: list[object] = [store.version("here"), store.manifest("before")]
        for file in store.manifest("here"):
            found.append(file)
            found.append(store.facts(file.blob, file.oid))
            found.append(store.brief(file.blob, file.oid))
        found += [store.blobs_with(1, key) for key in (0, 1, 5, 5000, 77)]
        found.append(store.function_names(1))
        return found
    finally:
        store.close()


def test_damage_anywhere_is_an_error_or_the_right_answer(tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    fill(whole)
    data = whole.read_bytes()
    right = everything(whole)
    chance = random.Random(4)
    outcomes = {"right": 0, "error": 0, "anew": 0}
    for number in range(150):
        path = tmp_path / f"s{number}"
        at = chance.randrange(len(data))
        length = chance.choice((1, 16, 512, 4096))
        harm = bytes(chance.randrange(256) for _ in range(length)) if chance.random() < 0.5 else bytes(length)
        damaged = bytearray(data)
        damaged[at : at + length] = harm
        path.write_bytes(bytes(damaged[: len(data)]))
        try:
            found = everything(path)
        except StoreError:
            outcomes["error"] += 1
            continue
        if found == right:
            outcomes["right"] += 1
        else:
            assert "making it anew" in str(found[0]), (at, length)
            outcomes["anew"] += 1
    assert all(outcomes.values()), outcomes


def test_a_cut_off_file_is_made_anew(tmp_path: Path) -> None:
    fill(tmp_path / "s")
    os.truncate(tmp_path / "s", os.path.getsize(tmp_path / "s") // 2)
    store = Store(tmp_path / "s")
    assert "is damaged; making it anew" in store.notice
    assert store.versions() == []


def test_the_next_content_of_a_file_is_kept_as_what_differs(tmp_path: Path) -> None:
    store = Store(tmp_path / "s")
    store.fingerprint("extractor")
    marks = [word_marks({b"old", b"both"}), word_marks({b"new", b"both"}), word_marks({b"newer"})]
    first = msgspec.structs.replace(blob(1, {1}, facts=b"long facts" * 50), words=marks[0])
    ids = store.save_blobs(1, 1, [first])
    whole = ids[first.oid]
    for number in (2, 3):  # the basis of the third is the first, too
        basis = store.basis(max(ids.values()))
        assert basis.row == whole
        row = next_content(number, basis, {number}, marks[number - 1])
        ids |= store.save_blobs(1, 1, [row])
    (facts,) = {store.facts(ids[oid], oid).replace(b" and %d" % oid[-1], b"") for oid in ids}
    assert facts == decompress(first.facts)
    assert [store.brief(ids[oid], oid) for oid in sorted(ids)] == [b"brief1", b"brief2", b"brief3"]
    assert [store.words(ids[oid]) for oid in sorted(ids)] == marks
    found = {word: store.blobs_with_word(word) for word in (b"old", b"both", b"new", b"newer")}
    one, two, three = (ids[oid] for oid in sorted(ids))
    assert found == {b"old": [one], b"both": [one, two], b"new": [two], b"newer": [three]}

    oid, row_id = max(ids.items())
    store.save_version(version("here"), [ManifestFile("x.c", 1, "", oid, row_id)])
    prune(store, "extractor", lambda v: True)
    assert sorted(n for (n,) in store.database.rows("SELECT id FROM blobs")) == [one, three]
    assert store.facts(row_id, oid).startswith(facts)


def test_what_differs_from_facts_that_are_gone_is_damage(tmp_path: Path) -> None:
    store = Store(tmp_path / "s")
    store.fingerprint("extractor")
    first = blob(1, {1}, facts=random.Random(1).randbytes(300))
    (basis,) = store.save_blobs(1, 1, [first]).values()
    row = next_content(2, store.basis(basis), {2})
    oid, derived = next(iter(store.save_blobs(1, 1, [row]).items()))
    assert store.facts(derived, oid).startswith(decompress(first.facts))
    store.database.run("UPDATE facts SET data=? WHERE blob=?", (compress(b"other facts"), basis))
    with pytest.raises(StoreError, match="damaged"):
        store.facts(derived, oid)
    store.database.run("DELETE FROM facts WHERE blob=?", (basis,))
    with pytest.raises(StoreError, match="damaged"):
        store.facts(derived, oid)


def test_lists_of_files_survive_those_they_are_like(tmp_path: Path) -> None:
    store = Store(tmp_path / "s")
    lists = {
        name: [
            ManifestFile(f"{n}.c", n, name, random.Random(n + n % 9 * change).randbytes(20), n) for n in range(99)
        ]
        for change, name in enumerate(("a", "b", "c"))
    }
    for name, files in lists.items():
        store.save_version(version(name), files)

    def rows() -> list[tuple[int, int]]:
        return store.database.rows("SELECT basis, length(data) FROM manifests ORDER BY id")

    (whole, size), *others = rows()
    assert whole == 0
    assert all(basis and length < size / 2 for basis, length in others)
    with store.database.writing():
        store.drop_versions(["a"])  # the others need its list
    assert len(rows()) == 3
    assert all(store.manifest(name) == tuple(lists[name]) for name in ("b", "c"))
    store.save_version(version("b"), lists["c"])
    assert store.manifest("b") == store.manifest("c") == tuple(lists["c"])
    assert [length < size / 2 for _, length in rows()] == [False, True, True]
    with store.database.writing():
        store.drop_versions(["b", "c"])
    assert rows() == []
    assert store.manifest("b") == ()


def test_pruning_keeps_what_is_needed(tmp_path: Path) -> None:
    fill(tmp_path / "s")
    store = Store(tmp_path / "s")
    ids = store.save_blobs(1, 1, [blob(n, {n, 77, 88}) for n in range(100, 160)])
    store.settle(1)
    oid, row = min(ids.items())
    store.save_version(version("gone"), [ManifestFile("x.c", 1, "", oid, row)])
    before = contents(store, "extractor", lambda v: v.identity == "here")
    assert [(v.label, v.stale) for v in before.versions] == [("before", True), ("gone", True), ("here", False)]
    assert (before.blobs, before.stale_blobs) == (120, 60)
    assert before.stale_bytes > 0
    kept = store.blobs_with(1, 5000)
    assert prune(store, "extractor", lambda v: v.identity == "here") == before
    assert store.blobs_with(1, 88) == []
    assert len(store.blobs_with(1, 77)) == 60
    assert store.blobs_with(1, 5000) == kept
    after = contents(store, "extractor", lambda v: v.identity == "here")
    assert (len(after.versions), after.blobs, after.stale_blobs) == (1, 60, 0)
    assert after.bytes < before.bytes


def test_pruning_wants_the_index_alone(tmp_path: Path) -> None:
    fill(tmp_path / "s")
    other = Store(tmp_path / "s")
    store = Store(tmp_path / "s")
    with pytest.raises(StoreError, match="is in use"):
        prune(store, "extractor", lambda v: False)
    other.close()
    prune(store, "extractor", lambda v: False)
    assert store.versions() == []


def test_answers_about_a_changed_version_are_dropped(tmp_path: Path) -> None:
    store = Store(tmp_path / "s")
    store.save_version(version("here", content="old"), [])
    question = store.question("q", "here", "old")
    store.save_answers(question, {"k": b"answer"})
    assert store.answer(question, "k") == b"answer"
    store.save_version(version("here", content="new"), [])
    assert store.answer(question, "k") is None
    store.save_answers(question, {"k": b"answer"})
    assert store.answer(question, "k") is None
    assert store.question("q2", "here", "new") != question
