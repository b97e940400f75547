"""Small trees with one phenomenon of kernel C each, and what a reader must see in them.

`fixtures/phenomena/<name>/expected.txt` lists all edges (`guarded edges:` with their conditions),
and the functions and slots where they are the point. `KCG_ACCEPT=1` rewrites the lists with what
comes out; read the difference before committing it. A listing's first lines, from `# `, say what
it is about. Where a file `config` stands beside it, that configuration is given.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from analyzer.model.callgraph import Edge, Function, FunctionRef, SlotRow
from analyzer.pipeline.session import Session, open_session

FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "phenomena"
NAMES = sorted(path.parent.name for path in FOLDER.glob("*/expected.txt"))
SECTIONS = ("edges:", "guarded edges:", "functions:", "slots:")

# What is not read yet, with the reason: strict, so that it is removed when it is.
LIMITS: dict[str, str] = {}


@pytest.mark.parametrize("name", NAMES)
def test_phenomenon(name: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    if name in LIMITS:
        request.applymarker(pytest.mark.xfail(strict=True, reason=LIMITS[name]))
    path = FOLDER / name / "expected.txt"
    expected = path.read_text(encoding="utf-8")
    config = FOLDER / name / "config"
    given = str(config) if config.exists() else None
    session = open_session(str(FOLDER / name), config=given, store=str(tmp_path / "store"), jobs=1)
    try:
        actual = "".join(f"{line}\n" for line in listing(session, expected))
    finally:
        session.close()
    if os.environ.get("KCG_ACCEPT") == "1":
        path.write_text(actual, encoding="utf-8")
    assert actual == expected, f"{name} comes out as\n\n{actual}"


def test_git_keeps_what_makes_them_kernels() -> None:
    folders = ("arch", "fs", "include", "init", "kernel", "net")
    empty = [
        name
        for name in NAMES
        if not any(path.is_file() for folder in folders for path in (FOLDER / name / folder).rglob("*"))
    ]
    assert not empty, f"git keeps no empty folders: {empty} need a file below one of {folders}"


def listing(session: Session, expected: str) -> Iterator[str]:
    """The lines of expected.txt: its own heading, then the sections that it has."""
    lines = expected.splitlines()
    yield from (line for line in lines if line.startswith("# "))
    wanted = [section for section in SECTIONS if section in lines] or ["edges:"]
    shown = {
        "edges:": lambda: [edge_line(edge) for edge in session.export_edges(())],
        "guarded edges:": lambda: [
            edge_line(edge) + (f" if {edge.guard}" if edge.guard else "") for edge in session.export_edges(())
        ],
        "functions:": lambda: [function_line(f) for f in session.export_functions(())],
        "slots:": lambda: [slot_line(row) for row in session.export_slots(())],
    }
    for section in wanted:
        yield ""
        yield section
        yield from shown[section]()


def edge_line(edge: Edge) -> str:
    """`caller -> callee  net/a.c:12 direct via WARN_ON`; `~>` when computed, `?` for unknown."""
    arrow = "->" if edge.kind == "direct" else "~>"
    words = [f"{edge.caller.name} {arrow} {callee(edge.callee, edge.caller)} "]
    words += [f"{edge.site.file}:{edge.site.line}", edge.kind]
    if edge.slot:
        words.append(edge.slot.spelled)
    if edge.callee is None:
        words.append(edge.expression)
    elif edge.confidence != ("certain" if edge.kind == "direct" else "likely"):
        words.append(edge.confidence)
    if edge.macros:
        words.append("via " + " > ".join(edge.macros))
    if edge.case:
        words.append(f"case {edge.case}")
    if edge.evidence:
        places = (f"{e.file}:{e.line} {e.object}".strip() for e in edge.evidence)
        words.append("because " + ", ".join(places))
    return " ".join(words)


def callee(ref: FunctionRef | None, caller: FunctionRef) -> str:
    """The callee's name, with its file when that is not the caller's."""
    if ref is None:
        return "?"
    if ref.external:
        return f"{ref.name} [external]"
    return ref.name if ref.file == caller.file else f"{ref.name} [{ref.file}]"


def function_line(function: Function) -> str:
    """`kernel/a.c:5-8 int run(int x)`, then what is particular about it."""
    line = f"{function.ref.file}:{function.ref.line}-{function.end_line} "
    words = {"internal": "static ", "weak": "weak ", "external": ""}[function.linkage]
    line += words + ("inline " if function.inline else "") + function.signature
    if function.aliases:
        line += " alias " + ", ".join(function.aliases)
    if function.macro:
        line += f" made by {function.macro}"
    return line + (f" if {function.guard}" if function.guard else "")


def slot_line(row: SlotRow) -> str:
    """`net/a.c:9 tcp_prot.init = tcp_init (struct proto, initializer)`."""
    index = f"[{row.index}]" if row.index is not None else ""
    place = f"{row.object}{index}.{row.field}" if row.how == "initializer" else row.object
    line = f"{row.file}:{row.line} {place} = {row.value} (struct {row.struct}, {row.how})"
    return line + (f" if {row.guard}" if row.guard else "")


def test_enough_phenomena() -> None:
    assert len(NAMES) >= 45
