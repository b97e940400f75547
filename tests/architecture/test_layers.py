"""The layers of the package, as pyproject.toml states them."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_imports_only_point_downwards() -> None:
    pytest.importorskip("importlinter")
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_module_says_what_it_is() -> None:
    for path in sorted((ROOT / "analyzer").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        assert text.startswith('"""'), f"{path} has no docstring"
