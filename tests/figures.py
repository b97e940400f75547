"""The accuracy figures of an indexed Linux 6.12 as a table, printed; the README quotes it (`make accuracy`)."""

import argparse
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import accuracy
import kernels
import msgspec

from analyzer.model.callgraph import SlotRow
from analyzer.pipeline.session import Session, open_session
from analyzer.render.jsonout import edge_row, function_row

ROOT = Path(__file__).resolve().parents[1]
FACTS = ROOT / "fixtures" / "facts" / "6.12"
CONFIG = FACTS / "config.xz"
LABELS: Mapping[str, str] = {
    "functions": "functions whose name stands in the text",
    "functions.made": "functions that macros make",
    "calls.text": "calls whose callee is named",
    "calls.macro_arg": "calls inside a macro's arguments",
    "calls.macro_body": "calls that macros make",
    "calls.cleanup": "calls of cleanup functions",
    "calls.precision": "exported direct edges that the compiler saw too",
    "bound": "calls bound to the right file",
    "indirect": "calls through a member, by struct and field",
    "indirect.precision": "exported calls through members of the right slot",
    "targets": "functions in the member's tables",
    "slots": "initializers of slots",
    "slots.precision": "exported initializers that are right",
}
# Without a configuration, what others compile stands beside it and is no mistake.
_ONLY_CONFIGURED = frozenset(("calls.precision", "indirect.precision"))


def figures(session: Session, facts: accuracy.Facts) -> dict[str, accuracy.Figure]:
    """The figures of everything that a session exports for the files of the facts."""
    under = sorted(facts.files)
    exports = accuracy.Exports(
        functions=map(function_row, session.export_functions(under)),
        edges=map(edge_row, session.export_edges(under)),
        slots=map(_slot, session.export_slots(under)),
    )
    return accuracy.score(facts, exports)


def _slot(row: SlotRow) -> accuracy.Row:
    built: accuracy.Row = msgspec.to_builtins(row)
    return built


def table(unconfigured: Mapping[str, accuracy.Figure], configured: Mapping[str, accuracy.Figure]) -> str:
    """Both runs side by side, in Markdown; shares are cut, not rounded, to three digits."""
    lines = ["| Linux 6.12, share found (of so many) | no configuration | `--config` |", "|---|---|---|"]
    for name, label in LABELS.items():
        left = "(alternatives)" if name in _ONLY_CONFIGURED else _cell(unconfigured[name])
        lines.append(f"| {label} | {left} | {_cell(configured[name])} |")
    return "\n".join(lines) + "\n"


def _cell(figure: accuracy.Figure) -> str:
    return f"{figure.found * 1000 // figure.of / 1000:.3f} ({figure.of:,})" if figure.of else "–"


def main() -> int:
    """Print the table; the exit code is 0 unless no kernel can be had."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kernel", help="a tree of Linux 6.12; default: Debian's linux-source-6.12")
    parser.add_argument("--store", help="an index to use and to keep; default: the tests' own")
    options = parser.parse_args()
    kernel = Path(options.kernel) if options.kernel else kernels.find("6.12")
    if kernel is None or not kernel.is_dir():
        print("no kernel: run `make kernels` or give --kernel", file=sys.stderr)
        return 1
    kept = ROOT / ".cache" / "test-store" / "index"
    with tempfile.TemporaryDirectory(prefix="kcg-accuracy-") as scratch:
        store = options.store or (str(kept) if kept.parent.is_dir() else str(Path(scratch, "index")))
        facts = accuracy.Facts(FACTS)
        found = []
        for config in (None, str(CONFIG)):
            session = open_session(str(kernel), config=config, store=store)
            found.append(figures(session, facts))
            session.close()
    print(table(*found), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
