"""Golden trees: what `kcg snapshot` writes, and how a kernel differs from them.

A snapshot is the tree of a root in the plainest style, so that its difference reads as one of trees. It is kept
once and compared with any version. Not handled: pictures, and differences inside bodies.
"""

import difflib
import re
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
        text = _HEAD + f"{tree.root}, depth {tree.depth}, Linux {session.info.version}\n" + _text(session, tree)
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
        said = f"{result.added} lines new, {result.removed} lines gone"
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
    before = [line for line in kept.splitlines() if not line.startswith("# ")]
    after = now.splitlines()
    patch = list(difflib.unified_diff(before, after, name, f"Linux {version}", n=3, lineterm=""))
    body = patch[2:]
    return SnapshotResult(
        name,
        tree.root,
        version,
        "".join(line + "\n" for line in patch),
        added=sum(1 for line in body if line.startswith("+")),
        removed=sum(1 for line in body if line.startswith("-")),
    )


def _text(session: Session, tree: SnapshotTree) -> str:
    """The tree without line numbers: a function that moved is no difference."""
    made, _ = views.tree(session, tree.root, views.View(depth=tree.depth, hide=tree.hide))
    lines = tree_text(made, TextOptions(style="indent", args=True)).splitlines()
    return "".join(_PLACE.sub("", line) + "\n" for line in lines)
