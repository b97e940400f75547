"""Commands that compare versions: diff.

Not handled: versions with different configurations.
"""

from typing import TYPE_CHECKING

import click

from analyzer.cli.console import Progress, coloured, emit, emit_coloured, speaks_unicode
from analyzer.cli.options import Common, common_options, hide_option

if TYPE_CHECKING:
    from analyzer.model.difference import Difference

_SECTIONS = ("tree", "signatures", "targets", "structs", "constants")
_BESIDE = 150  # columns from which the tree is shown side by side


def _only(_: click.Context, __: click.Parameter, value: str) -> tuple[str, ...]:
    parts = tuple(part.strip() for part in value.split(",") if part.strip())
    for part in parts:
        if part not in _SECTIONS:
            raise click.BadParameter(f"{part!r} is none of {', '.join(_SECTIONS)}.")
    return parts or _SECTIONS


@click.command()
@click.argument("root", metavar="ROOT")
@click.option(
    "--from", "older", metavar="A", help="The one kernel: a SOURCE, or with -k REPOSITORY a revision of it."
)
@click.option("--to", "newer", metavar="B", help="The other kernel, spelled like A. Default: the SOURCE of -k.")
@click.option("--depth", type=click.IntRange(min=0), default=4, show_default=True, help="How many calls deep.")
@hide_option
@click.option(
    "--targets",
    type=click.IntRange(min=0),
    metavar="N",
    help="Follow at most N targets of an indirect call; 0 follows all. Default: 8.",
)
@click.option(
    "--only",
    metavar="SECTIONS",
    default="",
    callback=_only,
    help="Some of tree, signatures, targets, structs, constants; several with commas.",
)
@click.option(
    "--layout",
    type=click.Choice(["auto", "unified", "side-by-side"]),
    default="auto",
    show_default=True,
    help="How the tree is laid out; auto: side by side on a terminal that is wide enough.",
)
@click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Colours; auto: on a terminal, unless $NO_COLOR is set.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="For reading, or for programs.",
)
@common_options
def diff(
    root: str,
    older: str | None,
    newer: str | None,
    depth: int,
    hide: str,
    targets: int | None,
    only: tuple[str, ...],
    layout: str,
    color: str,
    form: str,
    common: Common,
) -> None:
    """What changed in what a function does, between two kernels.

    Both call trees are aligned; then come the signatures, targets of indirect calls, structs, tables and constants
    that differ. Exit code 0 when nothing differs, 1 when something does.
    """
    from analyzer.pipeline import comparing, views
    from analyzer.render.answers import document

    before, after = _sources(older, newer, common)
    question = comparing.Question(root, depth, hide, targets)
    notice = views.hide_notice(hide)
    with comparing.opened(
        (before, after),
        arch=common.arch,
        config=common.config,
        store=common.store,
        jobs=common.jobs,
        progress=Progress(quiet=common.quiet),
    ) as (one, other):
        for session in (one, other):
            common.tell(f"linux {session.info.version} ({session.info.label})")
        found = comparing.compare(one, other, question)
        common.tell(notice)
    if form == "json":
        from analyzer.render.diffjson import difference_row

        emit(document(difference_row(found, only)))
    else:
        _print(found, only, layout, color)
    if not found.empty:
        raise click.exceptions.Exit(1)


def _print(found: "Difference", only: tuple[str, ...], layout: str, color: str) -> None:
    import shutil
    import sys

    from analyzer.render.difference import DiffOptions, difference_rich, difference_text

    columns = shutil.get_terminal_size().columns if layout == "side-by-side" or sys.stdout.isatty() else 0
    width = columns if layout == "side-by-side" or (layout == "auto" and columns >= _BESIDE) else 0
    options = DiffOptions(only, width, ascii=not speaks_unicode())
    if coloured(color):
        emit_coloured(lambda: difference_rich(found, options))
    else:
        emit(difference_text(found, options))


def _sources(older: str | None, newer: str | None, common: Common) -> tuple[str, str]:
    """The two sources. With -k a name that is no source is a revision of that repository."""
    from analyzer.pipeline.comparing import spelled

    if older is None:
        raise click.UsageError("diff compares two kernels: say which with --from A --to B.")
    if newer is None:
        if common.kernel is None:
            raise click.UsageError("diff compares two kernels: say the other one with --to B (or -k).")
        return spelled(older, common.kernel), common.kernel
    return spelled(older, common.kernel), spelled(newer, common.kernel)
