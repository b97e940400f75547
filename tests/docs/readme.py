"""The README's commands: found, run and, as a script, their output written anew.

`python tests/docs/readme.py` brings the marked blocks of README.md up to date. A block is marked
by `<!-- run -->` in the line before it; what does not begin with `$ ` is the output of the command
above.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
_BLOCK = re.compile(r"(?<=<!-- run -->\n```console\n).*?(?=^```$)", re.DOTALL | re.MULTILINE)


def blocks(text: str) -> Iterator[str]:
    """The marked blocks."""
    for match in _BLOCK.finditer(text):
        yield match[0]


def rerun(block: str, folder: Path) -> str:
    """The block with the outputs that its commands have now, all run in one folder."""
    return "".join(f"{line}\n{output(line[2:], folder)}" for line in block.splitlines() if line.startswith("$ "))


def output(command: str, folder: Path) -> str:
    """What a command prints; `kcg` is this checkout's."""
    programs = folder / "bin"
    programs.mkdir(exist_ok=True)
    kcg = programs / "kcg"
    kcg.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m analyzer "$@"\n', encoding="utf-8")
    kcg.chmod(0o755)
    (folder / "out").mkdir(exist_ok=True)
    if not (folder / "fixtures").exists():
        (folder / "fixtures").symlink_to(ROOT / "fixtures")
    kept = {k: v for k, v in os.environ.items() if not k.startswith("KCG_")}
    environment = kept | {
        "PATH": f"{programs}{os.pathsep}{kept['PATH']}",
        "PYTHONPATH": str(ROOT),
        "XDG_CACHE_HOME": str(folder / "cache"),
        "LANG": "C.UTF-8",
    }
    done = subprocess.run(
        command,
        shell=True,
        cwd=folder,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        raise AssertionError(f"{command}: exit code {done.returncode}\n{done.stderr}")
    if command.startswith(("kcg index", "kcg doctor")):
        return ""  # sizes and times
    return done.stdout


def main() -> None:
    """Write the outputs of now."""
    with tempfile.TemporaryDirectory() as folder:
        text = README.read_text(encoding="utf-8")
        renewed = _BLOCK.sub(lambda match: rerun(match[0], Path(folder)), text)
    README.write_text(renewed, encoding="utf-8")


if __name__ == "__main__":
    main()
