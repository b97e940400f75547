"""Subsystems of files, by MAINTAINERS.

A file belongs to the section with the most specific `F:` pattern that matches it: the one with most path parts,
then the longest. Not handled: `N:` and `K:` patterns, and kernels whose MAINTAINERS has no `F:` lines (before
2.6.31).
"""

import re
from collections.abc import Callable

_GENERAL = "THE REST"


class Subsystems:
    """The sections of one MAINTAINERS file."""

    def __init__(self, text: str) -> None:
        # by first path part: (specificity, pattern, section)
        self._rules: dict[str, list[tuple[tuple[int, int], re.Pattern[str], int]]] = {}
        self._names: list[str] = []
        self._excluded: list[list[re.Pattern[str]]] = []
        self._known: dict[str, str] = {}
        self._read(text)

    def _read(self, text: str) -> None:
        name, previous = "", ""
        for line in text.split("\n"):
            tag, colon, value = line.partition(":")
            value = value.strip()
            if colon and len(tag) == 1 and value and line[2:3] in ("\t", " "):
                if tag in "FX" and name:
                    if not self._names or self._names[-1] != name:
                        self._names.append(name)
                        self._excluded.append([])
                    self._add(tag, value)
                elif tag != "F" and previous and not name:
                    name = previous
            elif line.strip() and not line[0].isspace():
                name = line.strip()
            if line.strip():
                previous = line.strip()

    def _add(self, tag: str, value: str) -> None:
        expression = "".join(
            "[^/]*" if part == "*" else "[^/]" if part == "?" else re.escape(part)
            for part in re.split(r"([*?])", value)
        )
        pattern = re.compile(expression + ("" if value.endswith("/") else "(?:$|/)"))
        if tag == "X":
            self._excluded[-1].append(pattern)
            return
        if value in ("*", "*/"):
            return
        weight = value.count("/"), len(value)
        first = value.partition("/")[0]
        key = first if not re.search(r"[*?\[]", first) else ""
        self._rules.setdefault(key, []).append((weight, pattern, len(self._names) - 1))

    def of(self, path: str) -> str:
        """The section that a file belongs to; "" for a file of none."""
        found = self._known.get(path)
        if found is None:
            best: tuple[tuple[int, int], int] | None = None
            for key in (path.partition("/")[0], ""):
                for weight, pattern, section in self._rules.get(key, ()):
                    if best is not None and weight <= best[0]:
                        continue
                    if pattern.match(path) and not any(x.match(path) for x in self._excluded[section]):
                        best = weight, section
            name = self._names[best[1]] if best else ""
            found = self._known[path] = "" if name == _GENERAL else name
        return found


def subsystem_of(text: str) -> Callable[[str], str]:
    """From the text of MAINTAINERS to a function that names a file's subsystem."""
    return Subsystems(text).of
