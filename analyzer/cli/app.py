"""The commands' table: each is imported when it is run or its help is asked for.

Not handled: what commands do.
"""

import importlib

import click

# The order is that of `kcg --help`; the text is the command's own first sentence.
_COMMANDS = {
    "tree": ("analyzer.cli.questions", "The call tree of a function as text or JSON."),
    "graph": ("analyzer.cli.outputs", "The call graph of a function as a picture or data."),
    "note": ("analyzer.cli.notes", "A study note on a function, in Markdown."),
    "callees": ("analyzer.cli.questions", "The calls that a function makes."),
    "callers": ("analyzer.cli.questions", "The calls that lead to a function."),
    "path": ("analyzer.cli.questions", "A shortest call path between two functions."),
    "targets": ("analyzer.cli.questions", "What a function's indirect calls can reach, and why."),
    "show": ("analyzer.cli.questions", "A function, struct, enum, typedef, macro, ops table …"),
    "diff": ("analyzer.cli.comparing", "What changed in what a function does, between two kernels."),
    "history": ("analyzer.cli.comparing", "A symbol's timeline over many versions."),
    "matrix": ("analyzer.cli.comparing", "Which calls exist in which of many versions."),
    "check": ("analyzer.cli.check", "Call trees written in notes, against kernels."),
    "snapshot": ("analyzer.cli.check", "Golden trees for kcg check to compare with."),
    "trace": ("analyzer.cli.trace", "Which calls of a running kernel the static graph explains."),
    "export": ("analyzer.cli.outputs", "Everything, as JSON Lines."),
    "index": ("analyzer.cli.upkeep", "Read a whole kernel; other commands do it by themselves."),
    "doctor": ("analyzer.cli.upkeep", "How well a kernel could be read; index and tools."),
}


class _Commands(click.Group):
    """Finds commands without importing the others."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(_COMMANDS[cmd_name][0])
        command: click.Command = getattr(module, cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _COMMANDS.items()])


def _print_version(context: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not context.resilient_parsing:
        from importlib.metadata import PackageNotFoundError, version

        try:
            number = version("kernel-callgraph")
        except PackageNotFoundError:
            number = "(not installed)"
        click.echo(f"kcg {number}")
        context.exit()


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Say which version this is.",
)
def kcg() -> None:
    """Call graphs of Linux kernel sources, of any version, without a build.

    Exit codes: 0 fine; 1 no such path, or failed checks; 2 a mistake in usage or input.
    """
