"""The two streams: data on stdout, everything that is said to a person on stderr.

Not handled: paging, and terminals without cursor movement (they get no progress bar).
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TextIO

from analyzer.errors import OutputError

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID
    from rich.text import Text


def prepare_streams() -> None:
    """What a stream's encoding lacks is written as an escape, never an error."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def say(text: str, *, head: str = "kcg: ") -> None:
    """A line for the person, on stderr; nobody listening is no error."""
    with suppress(OSError):
        print(f"{head}{text}", file=sys.stderr, flush=True)


def emit(text: str) -> None:
    """Data, on stdout. Raises BrokenPipeError when the reader is gone, OutputError otherwise."""
    if sys.stdout is None:
        raise OutputError("There is no standard output to write to.")
    try:
        sys.stdout.write(text)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"Standard output cannot be written: {error.strerror or error}.") from error


def emit_coloured(text: Callable[[], "Text"]) -> None:
    """Rich text on stdout, with colours whatever stdout is."""
    import io

    from rich.console import Console

    # By way of a string: a console of rich would end the process on a broken pipe.
    buffer = io.StringIO()
    console = Console(file=buffer, force_terminal=True, no_color=False, color_system="standard", highlight=False)
    console.print(text(), soft_wrap=True, end="")
    emit(buffer.getvalue())


def coloured(choice: str) -> bool:
    """Whether to colour stdout: `always`, `never`, or on a terminal unless $NO_COLOR is set."""
    if choice != "auto":
        return choice == "always"
    return _is_terminal(sys.stdout) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def terminal_width() -> int:
    """Columns of the terminal that stdout is, 0 when it is none."""
    if not _is_terminal(sys.stdout):
        return 0
    import shutil

    return shutil.get_terminal_size((0, 0)).columns


def speaks_unicode() -> bool:
    """Whether stdout can show the lines of a tree."""
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    return encoding.lower().replace("-", "").startswith("utf")


def _is_terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:
        return False


class Progress:
    """Progress bars on stderr, made when the first stage begins; nothing off a terminal."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._shown = not quiet and _is_terminal(sys.stderr) and os.environ.get("TERM", "dumb") != "dumb"
        self._bar: Bar | None = None
        self._task: TaskID | None = None

    def start(self, what: str, total: int | None) -> None:
        """A stage begins."""
        if not self._shown:
            return
        self.close()
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bar

        self._bar = Bar(
            TextColumn("kcg: {task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %" if total else "{task.completed:,}"),
            TimeElapsedColumn(),
            console=Console(file=sys.stderr),
            transient=True,
        )
        self._task = self._bar.add_task(what, total=total)
        self._bar.start()

    def advance(self, count: int = 1) -> None:
        """So much more is done."""
        if self._bar is not None and self._task is not None:
            self._bar.advance(self._task, count)

    def finish(self, summary: str = "") -> None:
        """The stage is over."""
        self.close()
        if summary and self._shown:
            say(summary)

    def close(self) -> None:
        """Take the bar away, whatever its state."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = self._task = None


@contextmanager
def stage(progress: Progress, what: str) -> Iterator[Callable[[int], None]]:
    """A stage without a known end; the value counts so many more."""
    progress.start(what, None)
    try:
        yield progress.advance
    finally:
        progress.finish()
