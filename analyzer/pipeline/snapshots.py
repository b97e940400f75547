"""Golden trees: what `kcg snapshot` writes, and how a kernel differs from them.

A snapshot is the tree of a root in the plainest style, so that its difference reads as one of trees. It is kept
once and compared with any version. Not handled: pictures, and differences inside bodies.
"""

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from analyzer.errors import KcgError, OutputError
from analyzer.model.checks import Finding, Severity
from analyzer.pipeline import views
from analyzer.pipeline.checking import is_version
from analyzer.pipeline.session import Session
from analyzer.pipeline.settings import Settings, SnapshotTree
from analyzer.render.text import TextOptions, tree_text

_HEAD = "# kcg snapshot of "
_PLACE = re.compile(r"\s+\([\w./+-]+\.[chS]:\d+\)")


@dataclass(frozen=True, slots=True)
class SnapshotResult:
    """How one golden tree compares: `difference` is "" when it is the same; `missing`: no file is there."""

    path: str
    root: str
    version: str
    difference: str = ""
    missing: bool = False
    added: int = 0
    removed: int = 0
    moved: int = 0


def folder(settings: Settings) -> Path:
    """Where the golden trees are kept."""
    return settings.folder / settings.snapshots


def _wanted(session: Session, settings: Settings) -> list[SnapshotTree]:
    version = session.info.version
    return [t for t in settings.trees if not t.version or is_version(version, t.version)]


def write(session: Session, settings: Settings) -> list[str]:
    """Write all golden trees; their paths. Raises KcgError for unknown roots, OutputError."""
    written = []
    for tree in _wanted(session, settings):
        bound = "".join(f", {name}={value}" for name, value in tree.bindings)
        head = f"{tree.root}, depth {tree.depth}{bound}, Linux {session.info.version}\n"
        text = _HEAD + head + _text(session, tree)
        target = folder(settings) / f"{tree.file}.txt"
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        except OSError as error:
            raise OutputError(f"{target} cannot be written: {error.strerror or error}.") from error
        written.append(settings.path(f"{settings.snapshots}/{tree.file}.txt"))
    return written


def compare(session: Session, settings: Settings) -> list[SnapshotResult]:
    """Every golden tree against a kernel."""
    results = []
    for tree in _wanted(session, settings):
        name = settings.path(f"{settings.snapshots}/{tree.file}.txt")
        try:
            kept = (folder(settings) / f"{tree.file}.txt").read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            results.append(SnapshotResult(name, tree.root, session.info.version, missing=True))
            continue
        try:
            now = _text(session, tree)
        except KcgError as error:
            now = f"{error.message}\n"
        results.append(_compared(name, tree, session.info.version, kept, now))
    return results


def finding(result: SnapshotResult, label: str) -> Finding:
    """A comparison as a finding among those of notes."""
    if result.missing:
        said, severity = "there is no golden tree; kcg snapshot writes it", "error"
    else:
        said = f"lines: {result.added} new, {result.removed} gone, {result.moved} moved"
        severity = "error" if result.difference else "none"
    return Finding(
        result.path,
        1,
        1,
        1,
        result.root,
        "snapshot" if severity == "error" else "ok",
        cast("Severity", severity),
        said if severity == "error" else "",
        "",
        None,
        (),
        label,
        result.version,
        result.root,
    )


def _compared(name: str, tree: SnapshotTree, version: str, kept: str, now: str) -> SnapshotResult:
    head = next((line for line in kept.splitlines() if line.startswith(_HEAD)), "")
    before = [line for line in kept.splitlines() if not line.startswith("# ")]
    lines = _merged(before, now.splitlines())
    added, removed, moved = (sum(1 for mark, _ in lines if mark == wanted) for wanted in "+-~")
    if not (added or removed or moved):
        return SnapshotResult(name, tree.root, version)
    since = head.rpartition(", ")[2] or "Linux"
    told = f"{tree.root}: {since} → {version}, {name}\n  lines: {added} new, {removed} gone, {moved} moved\n"
    shown = "".join(f"{mark} {line}".rstrip() + "\n" for mark, line in _around(lines))
    return SnapshotResult(name, tree.root, version, told + shown, added=added, removed=removed, moved=moved)


def _merged(before: Sequence[str], after: Sequence[str]) -> list[tuple[str, str]]:
    """Both trees as one, each line with its mark: `+`, `-`, `~` for a line under another caller, or none. Lines
    are matched by their words, so that a new level in between is one new line and not a change of all below."""
    words = [[line.strip().removesuffix("…").rstrip() for line in lines] for lines in (before, after)]
    above = [_callers(lines) for lines in (before, after)]
    pairs: dict[int, int] = {-1: -1}
    lines: list[tuple[str, str]] = []
    for tag, i, k, j, m in difflib.SequenceMatcher(None, words[0], words[1], autojunk=False).get_opcodes():
        if tag != "equal":
            lines += [("-", line) for line in before[i:k]]
            lines += [("+", line) for line in after[j:m]]
            continue
        for old, new in zip(range(i, k), range(j, m), strict=True):
            pairs[new] = old
            was, is_ = above[0][old], above[1][new]
            caller = _function(before[was]) if was >= 0 else ""
            if pairs.get(is_) == was or (is_ >= 0 and _function(after[is_]) == caller):
                lines.append((" ", after[new]))
            else:
                lines.append(("~", f"{after[new]}  moved here from {caller}"))
    return lines


def _callers(lines: Sequence[str]) -> list[int]:
    """The line above each line in its tree, -1 for the root."""
    result: list[int] = []
    open_: list[int] = []
    for at, line in enumerate(lines):
        while open_ and _depth(lines[open_[-1]]) >= _depth(line):
            open_.pop()
        result.append(open_[-1] if open_ else -1)
        open_.append(at)
    return result


def _around(lines: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """The lines that differ with their callers, as `kcg diff` shows a tree; other lines are counted."""
    kept: set[int] = set()
    for at, (mark, _) in enumerate(lines):
        if mark == " ":
            continue
        kept.add(at)
        depth = _depth(lines[at][1])
        for above in range(at - 1, -1, -1):
            other, line = lines[above]
            if _depth(line) < depth and (other != "-" or mark == "-") and (other != "+" or mark != "-"):
                kept.add(above)
                depth = _depth(line)
    left = 0
    for at, (mark, line) in enumerate(lines):
        if at in kept:
            if left:
                yield " ", " " * _depth(line) + f"… {left} the same"
            yield mark, line
            left = 0
        else:
            left += 1
    if left:
        yield " ", f"… {left} the same"


def _function(line: str) -> str:
    return line.strip().partition("(")[0]


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _text(session: Session, tree: SnapshotTree) -> str:
    """The tree without line numbers: a function that moved is no difference."""
    bound = tuple(f"{name}={value}" for name, value in tree.bindings)
    made, _ = views.tree(session, tree.root, views.View(depth=tree.depth, hide=tree.hide, bind=bound))
    lines = tree_text(made, TextOptions(style="indent", args=True)).splitlines()
    return "".join(_PLACE.sub("", line) + "\n" for line in lines)
