"""What the benchmark makes of its figures, and that it runs."""

import sys
from pathlib import Path

import bench
import pytest

ROWS: list[dict[str, object]] = [
    {"what": bench.COLD, "wall": 100.0, "cpu": 180.0, "peak_mb": 700, "exit": 0},
    {"what": bench.DISK, "disk_mb": 400},
    {"what": bench.CSCOPE, "wall": 125.0, "cpu": 120.0, "peak_mb": 900, "exit": 0},
    {"what": bench.BARE_ROW, "wall": 90.0, "cpu": 90.0, "peak_mb": 100, "exit": 0},
    {"what": bench.NEXT_DISK, "disk_mb": 408},
]


def test_ratios() -> None:
    assert bench.ratios(ROWS) == [
        "index, wall time against cscope's: 0.800",
        "index, CPU time against bare parsing: 2.000",
        "store with the second version against the first alone: 1.020",
    ]


def test_the_table() -> None:
    assert bench.table(ROWS[:2]).splitlines() == [
        "| | time | of processors | memory | disk |",
        "|---|---|---|---|---|",
        "| index, from nothing | 100 s | 180 s | 700 MB |  |",
        "| index on disk |  |  |  | 400 MB |",
    ]


def test_the_table_goes_into_the_readme(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    for before in ("", "an old table\n"):
        readme.write_text(f"Above\n{bench.BEGIN}\n{before}{bench.END}\nbelow\n")
        bench.put_into_readme({"rows": ROWS[:2]}, readme)
        assert readme.read_text() == f"Above\n{bench.BEGIN}\n{bench.table(ROWS[:2])}\n{bench.END}\nbelow\n"
    readme.write_text("no place\n")
    with pytest.raises(SystemExit, match=r"README\.md has no"):
        bench.put_into_readme({"rows": ROWS}, readme)


def test_a_row_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    row = bench.run("nothing", [sys.executable, "-c", "raise SystemExit(3)"])
    assert (row["what"], row["exit"]) == ("nothing", 3)
    assert "exit 3" in capsys.readouterr().out


def test_rows_are_chosen_by_name(tmp_path: Path) -> None:
    assert bench.measure(tmp_path, tmp_path, tmp_path, "no such row") == []
