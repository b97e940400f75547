"""Known failures, kept in a file so that only new ones fail a run.

A line is known by its note, text and verdict, wherever it stands in the note.
"""

import json
from collections.abc import Iterable
from pathlib import Path

from analyzer.errors import NoteError, OutputError
from analyzer.model.checks import Finding


def read_baseline(path: str) -> frozenset[str]:
    """The keys of known failures; none when there is no such file. Raises NoteError for a broken one."""
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
        return frozenset(str(row["key"]) for row in data["known"])
    except FileNotFoundError:
        return frozenset()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NoteError(
            f"The baseline {path} cannot be read: {error}.", hint="Write it anew: --write-baseline."
        ) from error


def write_baseline(path: str, found: Iterable[Finding]) -> int:
    """Keep the failures that are there now; returns how many. Raises OutputError."""
    rows = {
        f.key: {"key": f.key, "path": f.path, "text": f.text, "verdict": f.kind}
        for f in found
        if f.severity == "error" and f.status in ("", "baseline")
    }
    text = json.dumps({"known": sorted(rows.values(), key=lambda r: (r["path"], r["text"], r["key"]))}, indent=1,
                      ensure_ascii=False)  # fmt: skip
    try:
        Path(path).write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or error}.") from error
    return len(rows)
