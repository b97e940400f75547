"""Commands that compare versions: diff, history, matrix.

Not handled: versions with different configurations.
"""

from typing import TYPE_CHECKING

import click

from analyzer.cli.console import Progress, coloured, coloured_text, emit, speaks_unicode
from analyzer.cli.options import (
    Common,
    bind_option,
    color_option,
    common_options,
    common_options_of_several,
    deliver,
    depth_option,
    form_by_suffix_option,
    forms_option,
    hide_option,
    output_option,
    revs_option,
    targets_option,
)

if TYPE_CHECKING:
    from analyzer.model.difference import Difference
    from analyzer.model.history import Matrix

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
@depth_option(4)
@hide_option
@bind_option
@targets_option("Follow at most N targets of an indirect call; 0 follows all. Default: 8.")
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
@color_option
@form_by_suffix_option(
    "text for reading, json for programs, html and svg with the merged graph. Default: by the suffix of -o, "
    "else text."
)
@output_option("Where to: .txt .json .md .html .svg; default: standard output.")
@common_options
def diff(
    root: str,
    older: str | None,
    newer: str | None,
    only: tuple[str, ...],
    layout: str,
    color: str,
    form: str | None,
    output: str | None,
    common: Common,
    depth: int,
    hide: str,
    bind: tuple[str, ...],
    narrow: bool,
    targets: int | None,
) -> None:
    """What changed in what a function does, between two kernels.

    Both call trees are aligned; then come the signatures, targets of indirect calls, structs, tables and constants
    that differ. Exit code 0 when nothing differs, 1 when something does.
    """
    from analyzer.pipeline import comparing, outputs, views

    before, after = _sources(older, newer, common)
    form = form or _form(output)
    if output is not None:
        outputs.prepare(output)
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
        found = comparing.compare(one, other, comparing.Question(root, depth, hide, targets, bind, narrow))
        common.tell(notice)
    if form == "text" and output is None:
        _print(found, only, layout, color)
    else:
        deliver(_made(found, only, form), output, common)
    if not found.empty:
        raise click.exceptions.Exit(1)


def _form(output: str | None) -> str:
    """The format that a suffix names."""
    if output is None:
        return "text"
    suffix = output.rpartition(".")[2].lower()
    forms = {"txt": "text", "json": "json", "md": "markdown", "html": "html", "svg": "svg"}
    if suffix not in forms:
        raise click.UsageError(f"{output}: choose .txt, .json, .md, .html or .svg, or say --format.")
    return forms[suffix]


def _made(found: "Difference", only: tuple[str, ...], form: str) -> str:
    from analyzer.render.difference import DiffOptions, difference_text

    if form == "json":
        from analyzer.render.answers import document
        from analyzer.render.diffjson import difference_row

        return document(difference_row(found, only))
    if form == "text":
        return difference_text(found, DiffOptions(only))
    from analyzer.render.diffpages import difference_html, difference_markdown

    if form == "markdown":
        return difference_markdown(found, DiffOptions(only))
    from analyzer.pipeline.comparing import drawn

    svg = drawn(found)
    return svg if form == "svg" else difference_html(found, DiffOptions(only), svg)


def _print(found: "Difference", only: tuple[str, ...], layout: str, color: str) -> None:
    import shutil
    import sys

    from analyzer.render.difference import DiffOptions, difference_rich, difference_text

    columns = shutil.get_terminal_size().columns if layout == "side-by-side" or sys.stdout.isatty() else 0
    width = columns if layout == "side-by-side" or (layout == "auto" and columns >= _BESIDE) else 0
    options = DiffOptions(only, width, ascii=not speaks_unicode())
    if coloured(color):
        emit(coloured_text(difference_rich(found, options)))
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


@click.command()
@click.argument("name", metavar="NAME")
@revs_option
@click.option("--bisect", is_flag=True, help="Go down to the commits that made the changes.")
@hide_option
@forms_option("text", "json", "markdown")
@common_options_of_several
def history(name: str, revs: str | None, bisect: bool, hide: str, form: str, common: Common) -> None:
    """A symbol's timeline over many versions.

    NAME is a function, struct, union, enum, constant or ops table, a family of constants (`AF_*`), a call
    (`sock_create -> __sock_create`) or a slot (`proto.init`). A row for each version where something changed. Each
    distinct file content is read once.
    """
    from analyzer.pipeline import histories

    versions = histories.revisions(revs, common.kernels)
    progress = Progress(quiet=common.quiet)
    try:
        found = histories.follow(name, versions, arch=common.arch, hide=hide, bisect=bisect, progress=progress)
    finally:
        progress.close()
    if form == "json":
        import msgspec

        from analyzer.render.answers import document

        emit(document({"schema": "kcg-history-1", **msgspec.to_builtins(found)}))
        return
    from analyzer.render.history import history_markdown, history_text

    emit(history_markdown(found) if form == "markdown" else history_text(found))


@click.command()
@click.argument("root", metavar="ROOT")
@revs_option
@depth_option(3, least=1)
@hide_option
@form_by_suffix_option("html and svg are heat maps. Default: by the suffix of -o, else text.")
@output_option("Where to: .txt .json .md .html .svg; default: standard output.")
@common_options_of_several
def matrix(
    root: str,
    revs: str | None,
    depth: int,
    hide: str,
    form: str | None,
    output: str | None,
    common: Common,
) -> None:
    """Which calls exist in which of many versions.

    A row for each call of the united tree, a column for each version.
    """
    from analyzer.pipeline import histories, matrices, outputs, views

    form = form or _form(output)
    if output is not None:
        outputs.prepare(output)
    versions = histories.revisions(revs, common.kernels)
    progress = Progress(quiet=common.quiet)
    try:
        found = matrices.matrix(
            root,
            versions,
            views.View(depth, hide=hide),
            arch=common.arch,
            config=common.config,
            store=common.store,
            jobs=common.jobs,
            progress=progress,
        )
    finally:
        progress.close()
    if found.missing:
        common.tell(f"without {root}: {', '.join(found.missing)}")
    deliver(_matrix(found, form), output, common)


def _matrix(found: "Matrix", form: str) -> str:
    from analyzer.render import heatmap
    from analyzer.render.history import matrix_markdown, matrix_text

    if form == "json":
        import msgspec

        from analyzer.render.answers import document

        return document({"schema": "kcg-matrix-1", **msgspec.to_builtins(found)})
    if form == "markdown":
        return matrix_markdown(found)
    if form == "svg":
        return heatmap.heatmap_svg(found)
    if form == "html":
        return heatmap.heatmap_html(found)
    return matrix_text(found, ascii=not speaks_unicode())
