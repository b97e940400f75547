"""From exceptions to messages: runs the command line and says on stderr what went wrong.

Not handled: interrupts and failures of standard output (`analyzer.cli.main`).
"""

import os
from collections.abc import Sequence

import click

from analyzer.cli.app import kcg
from analyzer.cli.console import prepare_streams, say
from analyzer.errors import AmbiguousNameError, KcgError, UnknownNameError

MISTAKE = 2
_MAX_CANDIDATES = 20


def run(arguments: Sequence[str]) -> int:
    """Run the command line; the exit code."""
    prepare_streams()
    try:
        # Not `kcg.main()`: it has ways of its own with interrupts and broken pipes.
        with kcg.make_context("kcg", list(arguments)) as context:
            kcg.invoke(context)
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.UsageError as error:
        say(f"error: {error.format_message()}")
        if error.ctx is not None:
            say(f"  try `{error.ctx.command_path} --help`", head="")
        return MISTAKE
    except click.ClickException as error:
        say(f"error: {error.format_message()}")
        return MISTAKE
    except KcgError as error:
        _explain(error)
        return MISTAKE
    except BrokenPipeError:
        raise
    except OSError as error:  # a full disk, a closed terminal: nobody's defect
        say(f"error: {error}")
        return MISTAKE
    except Exception as error:
        if os.environ.get("KCG_DEBUG"):
            raise
        say(f"error: kcg failed: {type(error).__name__}: {error}")
        say("  this is a defect; KCG_DEBUG=1 shows where", head="")
        return MISTAKE
    return 0


def _explain(error: KcgError) -> None:
    say(f"error: {error.message}")
    if isinstance(error, UnknownNameError) and error.suggestions:
        say(f"  did you mean {', '.join(error.suggestions)}?", head="")
    if isinstance(error, AmbiguousNameError):
        for candidate in error.candidates[:_MAX_CANDIDATES]:
            say(f"  {candidate}", head="")
        more = len(error.candidates) - _MAX_CANDIDATES
        if more > 0:
            say(f"  and {more} more", head="")
    if error.hint:
        say(f"  {error.hint}", head="")
