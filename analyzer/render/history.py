"""Timelines and matrices as text and as Markdown tables.

Not handled: colours; pictures (`analyzer.render.heatmap`).
"""

from collections.abc import Iterator, Sequence

from analyzer.model.history import History, HistoryChange, Matrix, MatrixRow
from analyzer.render.words import plural

_LISTED = 12
_MARKS = {"added": "+", "removed": "-", "changed": "~", "moved": "~", "renamed": "~"}


def history_text(history: History) -> str:
    """One paragraph per version in which something changed."""
    first, last = history.versions[0], history.versions[-1]
    head = f"{history.name}: {plural(len(history.versions), 'version')}, {first} to {last}"
    lines = [f"{head}; {plural(history.blobs, 'distinct file')}, {history.read} read"]
    width = max(len(row.version) for row in history.rows)
    for row in history.rows:
        place = f"  ({row.place})" if row.place else ""
        lines.append("")
        lines.append(f"{row.version.ljust(width)}  {row.text or '(gone)'}{place}")
        if row.changes[0].part != "definition" or row.changes[0].what == "changed":
            lines += [f"  {line}" for line in told(row.changes)]
        for commit in row.commits:
            lines.append(f"  {commit.id} {commit.date}  {commit.subject}")
            lines += [f"      {line}" for line in told(commit.changes)]
    return "\n".join(lines) + "\n"


def told(changes: Sequence[HistoryChange]) -> Iterator[str]:
    """Changes in words, one per line; lists of callees, targets and constants are shortened."""
    by_part: dict[tuple[str, str], list[HistoryChange]] = {}
    for change in changes:
        by_part.setdefault((change.part, change.what), []).append(change)
    for (part, what), group in by_part.items():
        if part in ("callee", "target") and what in ("added", "removed"):
            names = [f"{c.name}{f' {c.after or c.before}' if part == 'target' else ''}" for c in group]
            more = f", +{len(names) - _LISTED}" if len(names) > _LISTED else ""
            noun = {"callee": "calls", "target": "targets"}[part]
            yield f"{_MARKS[what]} {noun}: {', '.join(names[:_LISTED])}{more}"
            continue
        shown = group if len(group) <= _LISTED else group[-_LISTED:]
        for change in shown:
            yield f"{_MARKS[what]} {_change(change)}"
        if len(group) > len(shown):
            yield f"  … {len(group) - len(shown)} more {part}s {what}"


def _change(change: HistoryChange) -> str:
    before, after = change.before, change.after
    named = f"{change.part} {change.name}" if change.name and change.name != change.part else change.part
    match change.part, change.what:
        case "definition", "added":
            return f"defined: {change.name}"
        case "definition", "removed":
            return f"gone: {change.name}"
        case "callers", _:
            return f"callers: {before} → {after}"
        case "file", _:
            return f"moved from {before} to {after}"
        case "returns", _:
            return f"returns {before} → {after}"
        case _, "added":
            return f"{named}: {after}" if after else named
        case _, "removed":
            return f"{named}: {before}" if before else named
        case _, "renamed":
            return f"{change.part} {before} renamed to {after}"
        case _, "moved":
            return f"{named} moved behind {after}" if after else f"{named} moved to the front"
        case _:
            return f"{named}: {before or '(none)'} → {after or '(none)'}"


def history_markdown(history: History) -> str:
    """A table: version, what changed."""
    lines = [f"# {_md(history.name)}", "", "| version | place | what changed |", "|---|---|---|"]
    for row in history.rows:
        cells = [f"`{row.text}`"] if row.text and row.changes[0].part == "definition" else []
        cells += [_md(line) for line in told(row.changes) if row.changes[0].part != "definition"]
        cells += [f"`{commit.id}` {_md(commit.subject)} ({commit.date})" for commit in row.commits]
        what = "<br>".join(cell.replace("|", "\\|") for cell in cells) or "gone"
        lines.append(f"| {_md(row.version)} | {_md(row.place)} | {what} |")
    lines += ["", f"{plural(history.blobs, 'distinct file')}, {history.read} read."]
    return "\n".join(lines) + "\n"


def _md(text: str) -> str:
    return (
        text.replace("\\", "\\\\").replace("*", "\\*").replace("_", "\\_").replace("<", "&lt;").replace("|", "\\|")
    )


def matrix_text(matrix: Matrix, *, ascii: bool = False) -> str:
    """A row per call, a column per version."""
    mark, none, arrow = ("x", ".", "->") if ascii else ("●", "·", "→")
    width = max((len(call_name(row, arrow)) for row in matrix.rows), default=0)
    columns = [max(len(version), 1) for version in matrix.versions]
    head = "  ".join(version.ljust(size) for version, size in zip(matrix.versions, columns, strict=True))
    lines = [f"{'call'.ljust(width)}  {head}".rstrip()]
    for row in matrix.rows:
        cells = "  ".join(
            (mark if present else none).ljust(size) for present, size in zip(row.present, columns, strict=True)
        )
        lines.append(f"{call_name(row, arrow).ljust(width)}  {cells}".rstrip())
    return "\n".join(lines) + "\n"


def call_name(row: MatrixRow, arrow: str) -> str:
    """`sock_create → __sock_create`, computed calls with what they go through."""
    return f"{row.caller} {arrow} {row.callee}{'()' if row.kind == 'direct' else ''}"


def matrix_markdown(matrix: Matrix) -> str:
    """The same as a Markdown table."""
    lines = [
        f"| call | {' | '.join(_md(version) for version in matrix.versions)} |",
        f"|---|{'---|' * len(matrix.versions)}",
    ]
    for row in matrix.rows:
        cells = " | ".join("●" if present else "" for present in row.present)
        lines.append(f"| `{call_name(row, '→')}` | {cells} |")
    return "\n".join(lines) + "\n"
