"""Times of whole `kcg` processes on a real kernel, printed and written to out/bench.json.

Figures: wall and CPU seconds, peak memory of the largest process. With cscope on the PATH its index is
timed too, in the same run. Nothing is asserted; the README quotes the table.
"""

import argparse
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import kernels

ROOT = Path(__file__).resolve().parents[1]


def run(what: str, command: list[str], *, cwd: Path | None = None) -> dict[str, object]:
    """One command to its end: what, wall and CPU seconds, peak memory in MB, exit code."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    done = subprocess.run(command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    wall = time.perf_counter() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    row: dict[str, object] = {
        "what": what,
        "wall": round(wall, 2),
        "cpu": round(cpu, 2),
        "peak_mb": round(after.ru_maxrss / 1024),
        "exit": done.returncode,
    }
    print(f"{what:44s} {row['wall']:>8} s wall {row['cpu']:>8} s CPU   exit {row['exit']}", flush=True)
    return row


def main() -> int:
    """Measure; the exit code is 0 unless no kernel can be had."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kernel", help="a kernel tree; default: Debian's linux-source-6.12")
    options = parser.parse_args()
    kernel = Path(options.kernel) if options.kernel else kernels.find("6.12")
    if kernel is None or not kernel.is_dir():
        print("no kernel: run `make kernels` or give --kernel", file=sys.stderr)
        return 1
    kcg = [sys.executable, "-m", "analyzer"]
    rows = []
    with tempfile.TemporaryDirectory(prefix="kcg-bench-") as scratch:
        store = Path(scratch, "index.sqlite")
        common = ["-k", str(kernel), "--store", str(store), "-q"]
        svg = str(Path(scratch, "x.svg"))
        rows.append(run("index, from nothing", [*kcg, "index", *common]))
        rows.append(run("index, nothing changed", [*kcg, "index", *common]))
        rows.append(run("tree sys_socket --depth 8", [*kcg, "tree", "sys_socket", "--depth", "8", *common]))
        rows.append(run("tree sys_read --depth 6", [*kcg, "tree", "sys_read", "--depth", "6", *common]))
        rows.append(
            run(
                "graph sys_socket --depth 6, SVG",
                [*kcg, "graph", "sys_socket", "--depth", "6", "-o", svg, *common],
            )
        )
        rows.append(run("callers kfree", [*kcg, "callers", "kfree", *common]))
        rows.append(run("targets inet_create", [*kcg, "targets", "inet_create", *common]))
        rows.append(run("help", [*kcg, "--help"]))
        size = sum(f.stat().st_size for f in Path(scratch).glob("index.sqlite*"))
        print(f"{'store':44s} {size / 1e6:>8.0f} MB")
        if shutil.which("cscope"):
            command = ["cscope", "-b", "-q", "-k", "-R", "-f", str(Path(scratch, "cscope.out"))]
            rows.append(run("cscope -b -q -k -R", command, cwd=kernel))
    result = {
        "kernel": kernel.name,
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "store_mb": round(size / 1e6),
        "rows": rows,
    }
    out = ROOT / "out" / "bench.json"
    out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(f"written to {out.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
