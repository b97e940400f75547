"""`kcg.toml`, or `[tool.kcg]` in `pyproject.toml`: what a repository of notes checks, and how gravely.

Looked for in the current folder and those above it. Not handled: includes, and settings for other commands.
"""

import os
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast, get_args

from analyzer.errors import SettingsError
from analyzer.model.checks import VERDICT_WORDS, Severity

FILE = "kcg.toml"
_CHECK_KEYS = {
    "kernels",
    "files",
    "exclude",
    "bindings",
    "severity",
    "baseline",
    "hide",
    "arch",
    "config",
    "snapshots",
}
_TREE_KEYS = {"root", "depth", "hide", "name", "version", "bindings"}


@dataclass(frozen=True, slots=True)
class SnapshotTree:
    """A tree that `kcg snapshot` keeps."""

    root: str
    depth: int = 4
    hide: str = "default"
    name: str = ""
    version: str = ""  # only with kernels of that version
    bindings: tuple[tuple[str, str], ...] = ()  # of the root's parameters

    @property
    def file(self) -> str:
        """The base name of its golden file."""
        plain = self.root.replace("/", "_").replace(":", "_")
        parts = [plain, *(f"{name}={value}" for name, value in self.bindings), self.version]
        return self.name or "-".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that may be set; paths are relative to `folder`."""

    folder: Path
    kernels: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    bindings: tuple[tuple[str, str], ...] = ()
    severity: dict[str, Severity] = field(default_factory=dict)
    baseline: str = ""
    hide: str = "default"
    arch: str = ""
    config: str = ""
    snapshots: str = "snapshots"
    trees: tuple[SnapshotTree, ...] = ()

    def notes(self) -> list[str]:
        """The files that the patterns name, relative to the current folder where that is possible."""
        found: dict[str, None] = {}
        for pattern in self.files:
            for path in sorted(self.folder.glob(pattern)):
                relative = path.relative_to(self.folder)
                if path.is_file() and not any(relative.match(e) for e in self.exclude):
                    found.setdefault(os.path.relpath(path))
        return list(found)

    def path(self, name: str) -> str:
        """A path of the settings as the current folder sees it."""
        return name if not name or Path(name).expanduser().is_absolute() else os.path.relpath(self.folder / name)


def load_settings(given: str | None = None) -> Settings:
    """The settings of a file, or of the nearest one above the current folder; defaults when there is none.
    Raises SettingsError, which names the file and the key."""
    if given is not None:
        return _read(Path(given))
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / FILE).is_file():
            return _read(folder / FILE)
        project = folder / "pyproject.toml"
        if project.is_file() and "kcg" in _toml(project).get("tool", {}):
            return _read(project)
    return Settings(here)


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror or error}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is no TOML: {error}.") from error


def _read(path: Path) -> Settings:
    whole = _toml(path)
    table = whole.get("tool", {}).get("kcg", {}) if path.name == "pyproject.toml" else whole
    if not isinstance(table, dict):
        raise SettingsError(f"{path}: [tool.kcg] is no table.")
    check = _table(table.get("check", {}), "check", path)
    _known(table, {"check", "snapshot"}, "", path)
    _known(check, _CHECK_KEYS, "check.", path)
    severity = _table(check.get("severity", {}), "check.severity", path)
    for kind, grave in severity.items():
        if kind not in VERDICT_WORDS:
            raise SettingsError(
                f"{path}: check.severity.{kind} is no verdict.", hint=f"One of {', '.join(VERDICT_WORDS)}."
            )
        if grave not in get_args(Severity):
            raise SettingsError(
                f"{path}: severity {grave!r} of {kind} is none.", hint="error, warning, note or none."
            )
    bindings = _table(check.get("bindings", {}), "check.bindings", path)
    trees = table.get("snapshot", [])
    if not isinstance(trees, list):
        raise SettingsError(f"{path}: snapshot is no array of tables.", hint="Write [[snapshot]].")
    return Settings(
        path.parent,
        kernels=_strings(check, "kernels", path),
        files=_strings(check, "files", path),
        exclude=_strings(check, "exclude", path),
        bindings=tuple((str(k), str(v)) for k, v in bindings.items()),
        severity=cast("dict[str, Severity]", dict(severity)),
        baseline=_string(check, "baseline", path),
        hide=_string(check, "hide", path) or "default",
        arch=_string(check, "arch", path),
        config=_string(check, "config", path),
        snapshots=_string(check, "snapshots", path) or "snapshots",
        trees=tuple(_tree(_table(t, "snapshot", path), path) for t in trees),
    )


def _tree(table: dict[str, Any], path: Path) -> SnapshotTree:
    _known(table, _TREE_KEYS, "snapshot.", path)
    root = _string(table, "root", path)
    if not root:
        raise SettingsError(f"{path}: a [[snapshot]] has no root.")
    depth = table.get("depth", 4)
    if not isinstance(depth, int) or isinstance(depth, bool) or depth < 0:
        raise SettingsError(f"{path}: snapshot.depth is {depth!r}.", hint="A number of calls.")
    return SnapshotTree(
        root,
        depth,
        _string(table, "hide", path) or "default",
        _string(table, "name", path),
        _string(table, "version", path),
        tuple((str(k), str(v)) for k, v in _table(table.get("bindings", {}), "snapshot.bindings", path).items()),
    )


def _known(table: dict[str, Any], keys: set[str], where: str, path: Path) -> None:
    for key in table:
        if key not in keys:
            raise SettingsError(f"{path}: there is no {where}{key}.", hint=f"Known: {', '.join(sorted(keys))}.")


def _table(value: object, name: str, path: Path) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise SettingsError(f"{path}: {name} is no table.")
    return value


def _strings(table: dict[str, Any], key: str, path: Path) -> tuple[str, ...]:
    value = table.get(key, [])
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise SettingsError(f"{path}: {key} is no list of strings.")
    return tuple(value)


def _string(table: dict[str, Any], key: str, path: Path) -> str:
    value = table.get(key, "")
    if not isinstance(value, str):
        raise SettingsError(f"{path}: {key} is no string.")
    return value
