"""A kernel of some dozens of small files."""

from pathlib import Path

import pytest
from trees import make_kernel

from analyzer.pipeline import indexing

FILES = 80


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Its folder; may be written to."""
    root = make_kernel(tmp_path / "linux")
    (root / "include/linux/all.h").write_text(
        "#define __mark __attribute__((cold))\nstruct s { int (*f)(int); };\n"
    )
    (root / "arch/x86/entry.S").write_text("ENTRY(entry)\n")
    for number in range(FILES):
        helpers = "".join(f"static int __mark h{n}(int a) {{ return f{n}(a); }}\n" for n in range(number % 9))
        folder = "net" if number % 2 else "kernel"
        (root / folder / f"f{number}.c").write_text(
            f"#include <linux/all.h>\n{helpers}int f{number}(int a)\n{{\n\treturn f{number // 2}(a);\n}}\n"
        )
    return root


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files count as old as soon as they are written."""
    monkeypatch.setattr(indexing, "is_recent", lambda stamp, now: False)
