"""Times of whole processes on a real kernel, side by side with cscope and bare tree-sitter parsing.

One run on one machine: what `kcg` takes for an index from nothing, a first tree without one, warm questions, a
second version of the same series and a run with nothing to do, with memory and disk; what `cscope -b -q -k -R`
takes; what parsing the same files with tree-sitter and nothing else takes. Nothing is asserted. The figures go to
out/bench.json, and as a table to out/bench.md; `--readme` puts the table of the last run into the README.

The second version is `--next` if it is given, else another release of the series that the archive has, else a copy
of the kernel in which every 33rd file is edited. `--only` chooses rows by words of their names.
"""

import argparse
import json
import os
import platform
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import kernels

ROOT = Path(__file__).resolve().parents[1]
EDITED = 33  # every so manieth file of the second version
BARE = """
import sys, time, tree_sitter, tree_sitter_c
from pathlib import Path
parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_c.language()))
for path in sorted(Path(sys.argv[1]).rglob("*.[ch]")):
    if path.is_file() and (path.suffix == ".c" or path.stat().st_size < 500_000):
        parser.parse(path.read_bytes())
"""


FIRST = "first tree, no index (--depth 6)"
COLD = "index, from nothing"
DISK = "index on disk"
CSCOPE = "cscope -b -q -k -R"
BARE_ROW = "bare tree-sitter, .c and .h under 500 kB"
NOTHING = "index, nothing changed"
NEXT = "index, a second version of the series"
NEXT_DISK = "index on disk with it"
BEGIN, END = "<!-- measured by make bench -->", "<!-- end of what was measured -->"


class Memory(threading.Thread):
    """The largest sum of proportional memory of a process and its children, in MB. It is looked at every second:
    to sum up a process takes milliseconds, and four looks a second cost what uses both cores 8 % of its time."""

    def __init__(self, process: int) -> None:
        super().__init__(daemon=True)
        self.peak = 0
        self._process = process
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.wait(1 if self.peak else 0.1):
            self.peak = max(self.peak, sum(_resident(p) for p in _family(self._process)) >> 20)

    def end(self) -> None:
        """Stop looking."""
        self._over.set()
        self.join()


def _family(process: int) -> list[int]:
    try:
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except OSError:
        children = []
    return [process, *(p for child in children for p in _family(int(child)))]


def _resident(process: int) -> int:
    """Bytes of a process; pages that it shares count in part."""
    try:
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) << 10
    except OSError:
        pass
    return 0


def run(what: str, command: Sequence[str], *, cwd: Path | None = None) -> dict[str, object]:
    """One command to its end: what, wall and CPU seconds, peak memory of all its processes in MB, exit code."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    process = subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    memory = Memory(process.pid)
    memory.start()
    code = process.wait()
    wall = time.perf_counter() - begun
    memory.end()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    row: dict[str, object] = {
        "what": what,
        "wall": round(wall, 2),
        "cpu": round(cpu, 2),
        "peak_mb": memory.peak,
        "exit": code,
    }
    print(f"{what:44s} {wall:>8.2f} s wall {cpu:>8.2f} s CPU {memory.peak:>6} MB   exit {code}", flush=True)
    return row


def disk(what: str, files: Sequence[Path]) -> dict[str, object]:
    """How much some files take."""
    size = round(sum(f.stat().st_size for f in files) / 1e6)
    print(f"{what:44s} {size:>8} MB", flush=True)
    return {"what": what, "disk_mb": size}


def edited_copy(kernel: Path, target: Path) -> Path:
    """The kernel with a line added to some files, as a point release might."""
    shutil.copytree(kernel, target, symlinks=True)
    files = sorted(p for p in target.rglob("*.[ch]") if p.is_file() and not p.is_symlink())
    for path in files[::EDITED]:
        with path.open("a", encoding="utf-8") as file:
            file.write("\nstatic int added_by_the_benchmark;\n")
    return target


def measure(kernel: Path, following: Path | None, scratch: Path, only: str) -> list[dict[str, object]]:
    """All rows, or those whose names match the pattern `only`. What is compared runs side by side."""
    kcg = [sys.executable, "-m", "analyzer"]
    store, names = scratch / "index.sqlite", str(scratch / "cscope.out")
    tree = ["tree", "sys_socket", "--depth"]
    rows: list[dict[str, object]] = []

    def add(what: str, command: Sequence[str], cwd: Path | None = None) -> None:
        if re.search(only, what):
            rows.append(run(what, command, cwd=cwd))

    def size(what: str, pattern: str) -> None:
        if files := list(scratch.glob(pattern)):
            rows.append(disk(what, files))

    def ask(*arguments: str, index: Path = store, source: Path = kernel) -> list[str]:
        return [*kcg, *arguments, "-k", str(source), "--store", str(index), "-q"]

    add(FIRST, ask(*tree, "6", index=scratch / "first.sqlite"))
    add(COLD, ask("index"))
    size(DISK, "index.sqlite*")
    if shutil.which("cscope"):
        add(CSCOPE, ["cscope", "-b", "-q", "-k", "-R", "-f", names], cwd=kernel)
        size("cscope's index on disk", "cscope.*")
    else:
        print("no cscope on the PATH: left out")
    add(BARE_ROW, [sys.executable, "-c", BARE, str(kernel)])
    add(NOTHING, ask("index"))
    if re.search(only, NEXT):
        second = following or edited_copy(kernel, scratch / "next")
        print(f"second version: {kernels.release(second)}")
        add(NEXT, ask("index", source=second))
        size(NEXT_DISK, "index.sqlite*")
    add("tree sys_socket --depth 8, first time", ask(*tree, "8"))
    add("tree sys_socket --depth 8, again", ask(*tree, "8"))
    add("callers kfree, first time", ask("callers", "kfree"))
    add("callers kfree, again", ask("callers", "kfree"))
    if shutil.which("cscope"):
        add("cscope's callers of kfree", ["cscope", "-d", "-L", "-3", "kfree", "-f", names], cwd=kernel)
    add("targets inet_create, first time", ask("targets", "inet_create"))
    add("targets inet_create, again", ask("targets", "inet_create"))
    add("kcg --help", [*kcg, "--help"])
    return rows


def ratios(rows: Sequence[dict[str, object]]) -> list[str]:
    """What is to be compared, as sentences."""
    by_name = {str(row["what"]): row for row in rows}
    found = []
    for what, one, other, key in (
        ("index, wall time against cscope's", COLD, CSCOPE, "wall"),
        ("index, CPU time against bare parsing", COLD, BARE_ROW, "cpu"),
        ("first tree, wall time against cscope's index", FIRST, CSCOPE, "wall"),
        ("second version, CPU time against the first", NEXT, COLD, "cpu"),
        ("store with the second version against the first alone", NEXT_DISK, DISK, "disk_mb"),
    ):
        if one in by_name and other in by_name:
            above, below = float(str(by_name[one][key])), float(str(by_name[other][key]))
            found.append(f"{what}: {above / max(below, 0.01):.3f}")
    return found


def table(rows: Sequence[dict[str, object]]) -> str:
    """The rows in Markdown."""
    lines = ["| | time | of processors | memory | disk |", "|---|---|---|---|---|"]
    for row in rows:
        cells = [f"{_rounded(row[key])} {unit}" if key in row else "" for key, unit in _UNITS]
        lines.append(f"| {row['what']} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _rounded(value: object) -> str:
    number = float(str(value))
    return f"{number:.1f}" if number < 10 else f"{number:.0f}"


def put_into_readme(result: dict[str, object], readme: Path) -> None:
    """Replace the table between the marks by one of these figures."""
    rows = cast(list[dict[str, object]], result["rows"])
    before, begin, rest = readme.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise SystemExit(f"{readme} has no {BEGIN} … {END}")
    sentences = "".join(f"- {line}\n" for line in ratios(rows))
    readme.write_text(f"{before}{begin}\n{table(rows)}\n{sentences}{end}{after}", encoding="utf-8")


_UNITS = (("wall", "s"), ("cpu", "s"), ("peak_mb", "MB"), ("disk_mb", "MB"))


def main() -> int:
    """Measure; the exit code is 0 unless no kernel can be had or a command failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kernel", help="a kernel tree; default: Debian's linux-source-6.12")
    parser.add_argument("--next", help="another version of the same series")
    parser.add_argument("--only", default="", metavar="PATTERN", help="the rows whose names match")
    parser.add_argument(
        "--readme", action="store_true", help="measure nothing; put the last table into the README"
    )
    options = parser.parse_args()
    out = ROOT / "out"
    if options.readme:
        put_into_readme(json.loads((out / "bench.json").read_text(encoding="utf-8")), ROOT / "README.md")
        return 0
    kernel = Path(options.kernel) if options.kernel else kernels.find("6.12")
    if kernel is None or not kernel.is_dir():
        print("no kernel: run `make kernels` or give --kernel", file=sys.stderr)
        return 1
    kernel = kernel.resolve()
    with tempfile.TemporaryDirectory(prefix="kcg-bench-") as scratch:
        following = Path(options.next).resolve() if options.next else kernels.sibling("6.12")
        rows = measure(kernel, following, Path(scratch), options.only)
    result = {
        "kernel": kernel.name,
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        "ratios": ratios(rows),
        "rows": rows,
    }
    print("\n".join(ratios(rows)))
    out.mkdir(exist_ok=True)
    (out / "bench.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    (out / "bench.md").write_text(
        table(rows) + "\n" + "".join(f"- {line}\n" for line in ratios(rows)), encoding="utf-8"
    )
    print("written to out/bench.json and out/bench.md")
    return int(any(row.get("exit") for row in rows))


if __name__ == "__main__":
    sys.exit(main())
