"""Verdicts on notes as text and as JSON.

Not handled: the formats of other programs (`analyzer.render.reports`).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from analyzer.model.callgraph import Location
from analyzer.model.checks import VERDICT_WORDS, Finding, NoteVerdicts, VerdictKind
from analyzer.render.words import plural


def place_text(place: Location | None) -> str:
    """`net/socket.c:1480`, or nothing."""
    return f"{place.file}:{place.line}" if place else ""


def finding_text(finding: Finding) -> str:
    """One finding on one line: where, verdict, the line's text, what is true."""
    where = f"{finding.path}:{finding.line}:{finding.column}"
    parts = [f"{where}: {finding.words}: {finding.text}" if finding.text else f"{where}: {finding.message}"]
    if finding.message and finding.text:
        parts.append(f" -- {finding.message}")
    if finding.place:
        parts.append(f"  [{place_text(finding.place)}]")
    if finding.status:
        parts.append(f"  ({finding.status})")
    return "".join(parts)


def report_text(checked: Sequence[NoteVerdicts], found: Sequence[Finding], *, everything: bool) -> str:
    """The findings, by note and kernel, and a summary. With `everything`, also the lines that hold."""
    lines: list[str] = []
    kernels = sorted({f.version for f in found if f.version})
    for finding in found:
        wanted = everything or finding.severity != "none" or finding.status == "expected"
        if not wanted or (finding.status in ("baseline", "ignored", "expected") and not everything):
            continue
        version = f" ({finding.version})" if len(kernels) > 1 and finding.version else ""
        lines.append(finding_text(finding) + version)
        if finding.steps and finding.kind in ("elided", "wrong-caller") and everything:
            lines.append("    " + " -> ".join([finding.steps[0].caller.name, *(s.callee for s in finding.steps)]))
    lines.append(summary_text(checked, found))
    return "".join(line + "\n" for line in lines)


def summary_text(checked: Sequence[NoteVerdicts], found: Sequence[Finding]) -> str:
    """`3 notes, 5 trees, 78 lines: 70 ok, 5 ok, elided, 3 wrong caller`."""
    trees = sum(
        1 for c in checked for b in range(len(c.note.blocks)) if any(not k.blocks[b].skipped for k in c.kernels)
    )
    judged = [f for f in found if f.version]
    counts = counted(judged)
    told = ", ".join(f"{n} {VERDICT_WORDS[k]}" for k, n in counts.items()) or "nothing to check"
    head = f"{plural(len(checked), 'note')}, {plural(trees, 'tree')}, {plural(len(judged), 'line')}"
    aside = {s: sum(1 for f in judged if f.status == s) for s in ("expected", "baseline", "ignored")}
    rest = "".join(f"; {n} {s}" for s, n in aside.items() if n)
    return f"{head}: {told}{rest}"


def counted(found: Sequence[Finding]) -> dict[VerdictKind, int]:
    """How many findings of each verdict, in the order of their definition."""
    counts: dict[VerdictKind, int] = {}
    for kind in VERDICT_WORDS:
        number = sum(1 for f in found if f.kind == kind)
        if number:
            counts[kind] = number
    return counts


def table_text(found: Sequence[Finding], versions: Sequence[str]) -> str:
    """Which lines hold where: a row per line that does not hold everywhere, a column per version."""
    rows: dict[tuple[str, int, int, str], dict[str, Finding]] = {}
    for finding in found:
        if finding.version:
            rows.setdefault((finding.path, finding.line, finding.column, finding.text), {})[finding.version] = (
                finding
            )
    shown = [["line", "statement", *versions]]
    for (path, line, _, text), by in rows.items():
        if all(_holds(by.get(v)) for v in versions):
            continue
        shown.append([f"{path}:{line}", text[:60], *(_cell(by.get(v)) for v in versions)])
    if len(shown) == 1:
        return f"all {plural(len(rows), 'line')} hold in {', '.join(versions)}\n"
    widths = [max(len(row[c]) for row in shown) for c in range(len(shown[0]))]
    return "".join(
        "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() + "\n" for row in shown
    )


def breaks_text(found: Sequence[Finding], versions: Sequence[str]) -> str:
    """For every line that does not hold throughout, the first version in which it fails after one in which
    it held. `versions` are in the order in which they were asked for."""
    rows: dict[tuple[str, int, int, str], dict[str, Finding]] = {}
    for finding in found:
        if finding.version:
            rows.setdefault((finding.path, finding.line, finding.column, finding.text), {})[finding.version] = (
                finding
            )
    lines = []
    for (path, line, _, text), by in rows.items():
        for number, version in enumerate(versions):
            finding_ = by.get(version)
            if finding_ is None or finding_.severity != "error":
                continue
            when = f"holds up to {versions[number - 1]}, breaks in {version}"
            if not number:
                when = f"does not hold in {version}, the first version asked"
            rest = f" -- {finding_.message}" if finding_.message else ""
            lines.append(f"{path}:{line}: {text}: {when}: {finding_.words}{rest}")
            break
    return "".join(line + "\n" for line in lines) or f"all lines hold in {', '.join(versions)}\n"


def _holds(finding: Finding | None) -> bool:
    return finding is None or finding.severity == "none"


def _cell(finding: Finding | None) -> str:
    return "-" if finding is None else finding.words


def report_json(checked: Sequence[NoteVerdicts], found: Sequence[Finding]) -> dict[str, Any]:
    """The whole result; keys always present, null where unknown."""
    return {
        "notes": [
            {
                "path": c.note.path,
                "encoding": c.note.encoding,
                "trees": [
                    {
                        "first_line": block.first,
                        "last_line": block.last,
                        "style": block.style,
                        "skipped": {k.version: k.blocks[at].skipped or None for k in c.kernels},
                    }
                    for at, block in enumerate(c.note.blocks)
                ],
                "problems": [{"line": p.line, "message": p.message} for p in c.note.problems],
            }
            for c in checked
        ],
        "findings": [finding_row(f) for f in found if f.version],
        "summary": dict(counted([f for f in found if f.version])),
        "failed": any(f.failed for f in found),
    }


def finding_row(finding: Finding) -> Mapping[str, Any]:
    """One finding."""
    place = finding.place
    return {
        "path": finding.path,
        "line": finding.line,
        "column": finding.column,
        "end_column": finding.end_column,
        "text": finding.text,
        "verdict": finding.kind,
        "severity": finding.severity,
        "status": finding.status or None,
        "message": finding.message or None,
        "nearest": finding.nearest or None,
        "kernel_file": place.file if place else None,
        "kernel_line": place.line if place else None,
        "call_path": [
            {
                "caller": s.caller.name,
                "callee": s.callee,
                "file": s.site.file,
                "line": s.site.line,
                "expression": s.expression,
            }
            for s in finding.steps
        ],
        "version": finding.version,
        "key": finding.key,
    }
