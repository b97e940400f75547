"""The corpus of fixtures/notes: the verdicts are those that stand beside the lines."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import FIXTURES

from analyzer.model.checks import NoteVerdicts

CORPUS = FIXTURES / "notes"
MARK = re.compile(r"[«〖]([a-z -]*)[»〗]")
NOTES = sorted(p for p in CORPUS.glob("*/*") if p.is_file())


def _text(path: Path) -> tuple[str, str]:
    data = path.read_bytes()
    try:
        return data.decode(), "utf-8"
    except UnicodeDecodeError:
        return data.decode("gbk"), "gbk"


@pytest.mark.parametrize("path", NOTES, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_lines_get_the_verdicts_beside_them(path: Path, checked: Callable[..., NoteVerdicts]) -> None:
    text, encoding = _text(path)
    result = checked(MARK.sub("", text).encode(encoding), path.parent.name, path=path.name)
    found: dict[int, list[str]] = {}
    for verdicts in result.kernels[0].blocks:
        for item, verdict in zip(
            result.note.blocks[verdicts.block].items,
            verdicts.verdicts if not verdicts.skipped else (),
            strict=False,
        ):
            found.setdefault(item.line, []).append(verdict.kind)
    shown = "".join(
        MARK.sub("", line).rstrip() + (f"«{' '.join(found[n])}»" if n in found else "") + "\n"
        for n, line in enumerate(text.splitlines(), 1)
    )
    wanted = "".join(line.replace("〖", "«").replace("〗", "»").rstrip() + "\n" for line in text.splitlines())
    assert shown == wanted
    assert not result.note.problems


def test_corpus_is_large_and_varied(checked: Callable[..., NoteVerdicts]) -> None:
    trees = 0
    styles = set()
    chinese = 0
    for path in NOTES:
        text, encoding = _text(path)
        result = checked(MARK.sub("", text).encode(encoding), path.parent.name, path=path.name)
        for verdicts in result.kernels[0].blocks:
            block = result.note.blocks[verdicts.block]
            if not verdicts.skipped:
                trees += 1
                first = result.note.lines[min(block.first, len(result.note.lines) - 1)]
                styles.add((block.style, re.sub(r"[\w().,&*>=\s]+.*", "", first.strip())[:4]))
                chinese += any("\u4e00" <= c <= "\u9fff" for c in "".join(result.note.lines))
    assert trees >= 40
    assert len(styles) >= 12
    assert chinese >= 10
