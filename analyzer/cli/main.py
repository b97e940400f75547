"""The entry point: runs a command and turns everything that can go wrong into a line and a code.

Exit codes: 0 fine, 1 a question answered with no (no path) or a failed check, 2 a mistake in usage
or input, 130 interrupted. A reader that closes the pipe ends the command quietly with 0.

Not handled: termination by other signals than Ctrl-C.
"""

import contextlib
import os
import signal
import sys
from collections.abc import Sequence

INTERRUPTED = 130
MISTAKE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `kcg` with these arguments (by default the process's) and return the exit code."""
    try:
        # Imported here so that Ctrl-C during the imports is quiet, too.
        from analyzer.cli.boundary import run
        from analyzer.io.garbage import collect_rarely

        collect_rarely()
        code = run(list(sys.argv[1:] if arguments is None else arguments))
        if sys.stdout is not None:
            sys.stdout.flush()
    except KeyboardInterrupt:
        # A second Ctrl-C, while pools and files are closed, ends at once.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        _drop_stdout()
        return INTERRUPTED
    except BrokenPipeError:
        _drop_stdout()
        return 0
    except OSError as error:  # only standard output is left to fail: all other files are answered
        _drop_stdout()
        _say(f"kcg: error: standard output cannot be written: {error.strerror or error}")
        return MISTAKE
    return code


def _drop_stdout() -> None:
    """What is still buffered must not fail again when the interpreter ends."""
    if sys.stdout is None:
        return
    try:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)
    except (OSError, ValueError):
        pass


def _say(text: str) -> None:
    with contextlib.suppress(OSError):
        print(text, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
