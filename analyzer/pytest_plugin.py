"""A pytest plugin: every call tree in `*.md` files is a test.

Switched on with `--kcg` or `kcg = true` in the ini file, so that installing the package changes no test run.
Kernels are those of `--kcg-kernel`, else of the settings. A tree fails when a line of it fails; the report has
the lines as `kcg check` writes them. Not handled: notes in other formats than Markdown.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from analyzer.model.checks import Finding, Note
    from analyzer.pipeline.facts import SessionFacts
    from analyzer.pipeline.session import Session
    from analyzer.pipeline.settings import Settings


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of the plugin."""
    group = parser.getgroup("kcg", "call trees in notes")
    group.addoption("--kcg", action="store_true", help="Collect call trees of *.md files as tests.")
    group.addoption(
        "--kcg-kernel", action="append", metavar="SOURCE", default=[], help="Kernel source; repeatable."
    )
    group.addoption("--kcg-store", metavar="FILE", help="Where the index is kept.")
    parser.addini("kcg", "Collect call trees of *.md files as tests.", type="bool", default=False)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> "NoteFile | None":
    """Markdown files are notes."""
    config = parent.config
    if file_path.suffix.lower() == ".md" and (config.getoption("--kcg") or config.getini("kcg")):
        return NoteFile.from_parent(parent, path=file_path)
    return None


class NoteFile(pytest.File):
    """A note; its trees are the tests."""

    def collect(self) -> "Iterator[TreeItem]":
        """One test for each tree that is to be checked."""
        from analyzer.pipeline.checking import load_note

        note = load_note(str(self.path))
        for number, block in enumerate(note.blocks):
            if not block.directives.ignore:
                root = block.items[0].name or "tree"
                name = f"{root} at line {block.first}"
                yield TreeItem.from_parent(self, name=name, note=note, number=number)


class TreeItem(pytest.Item):
    """One call tree."""

    def __init__(self, *, note: "Note", number: int, **rest: Any) -> None:
        super().__init__(**rest)
        self._note = note
        self._number = number

    def runtest(self) -> None:
        """Check the tree. Skips what is no call tree of the kernel."""
        import msgspec

        from analyzer.compare.findings import findings
        from analyzer.pipeline.baseline import read_baseline
        from analyzer.pipeline.checking import check_note

        kernels, settings = _opened(self.config)
        only = msgspec.structs.replace(self._note, blocks=(self._note.blocks[self._number],), problems=())
        checked = check_note(only, [s for s, _ in kernels], [f for _, f in kernels], dict(settings.bindings))
        skipped = [k.blocks[0].skipped for k in checked.kernels]
        if all(skipped):
            pytest.skip(skipped[0])
        known = read_baseline(settings.path(settings.baseline)) if settings.baseline else frozenset()
        failed = [f for f in findings(checked, severity=settings.severity, baseline=known) if f.failed]
        if failed:
            raise NoteFailure(failed)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The failing lines as `kcg check` writes them."""
        from analyzer.render.verdicts import finding_text

        if isinstance(excinfo.value, NoteFailure):
            return "\n".join(finding_text(f) for f in excinfo.value.findings)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the tree stands."""
        return self.path, self._note.blocks[self._number].first - 1, self.name


class NoteFailure(Exception):
    """Lines of a tree that do not hold."""

    def __init__(self, findings: "list[Finding]") -> None:
        super().__init__(f"{len(findings)} lines do not hold")
        self.findings = findings


_KERNELS = pytest.StashKey["tuple[list[tuple[Session, SessionFacts]], Settings]"]()


def _opened(config: pytest.Config) -> "tuple[list[tuple[Session, SessionFacts]], Settings]":
    """The kernels of the run, opened once."""
    if _KERNELS not in config.stash:
        from analyzer.pipeline.facts import SessionFacts
        from analyzer.pipeline.session import open_session
        from analyzer.pipeline.settings import load_settings

        settings = load_settings()
        given = config.getoption("--kcg-kernel") or [settings.path(k) for k in settings.kernels] or [None]
        store = config.getoption("--kcg-store")
        arch = settings.arch or "x86"
        chosen = settings.path(settings.config) or None
        sessions = [open_session(k, arch=arch, config=chosen, store=store) for k in given]
        config.stash[_KERNELS] = ([(s, SessionFacts(s)) for s in sessions], settings)
    return config.stash[_KERNELS]


def pytest_unconfigure(config: pytest.Config) -> None:
    """Keep what was found for the next run."""
    opened = config.stash.get(_KERNELS, None)
    if opened is not None:
        for session, _ in opened[0]:
            session.close()
        del config.stash[_KERNELS]
