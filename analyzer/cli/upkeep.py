"""Commands about the index and the installation: index, doctor.

Not handled: indexing several repositories in one go.
"""

from typing import TYPE_CHECKING

import click

from analyzer.cli.console import Progress, emit
from analyzer.cli.options import Common, common_options, format_option, opened

if TYPE_CHECKING:
    from analyzer.pipeline.workers import Workers


@click.command()
@click.option(
    "--path",
    "under",
    metavar="FOLDER",
    multiple=True,
    help="Only what lies below this folder, such as net; repeatable.",
)
@click.option(
    "--revs",
    metavar="REVISIONS",
    multiple=True,
    help="Revisions of the repository given with -k: a tag, a pattern as in 'v6.*', or a range as in "
    "v6.1..v6.12; repeatable. Each file content is read once.",
)
@click.option(
    "--prune",
    is_flag=True,
    help="Read nothing; remove from the index what belongs to sources that are gone, and give the space back.",
)
@click.option(
    "--engine",
    type=click.Choice(["process", "dask"]),
    default="process",
    show_default=True,
    help="Where files are read: in processes here, or on a Dask cluster.",
)
@click.option("--scheduler", metavar="ADDRESS", help="Of the Dask cluster, such as tcp://host:8786.")
@format_option
@common_options
def index(
    under: tuple[str, ...],
    revs: tuple[str, ...],
    prune: bool,
    engine: str,
    scheduler: str | None,
    form: str,
    common: Common,
) -> None:
    """Read a whole kernel; other commands do it by themselves.

    What was read is kept by content, so that a second version costs only what differs, and an
    interrupted run goes on where it was.
    """
    from msgspec import to_builtins

    from analyzer.pipeline.upkeep import engine_workers
    from analyzer.render.answers import document
    from analyzer.render.doctor import index_text

    if (engine == "dask") != (scheduler is not None):
        raise click.UsageError("--engine dask and --scheduler ADDRESS belong together.")
    if prune:
        if under or revs or scheduler:
            raise click.UsageError("--prune stands alone.")
        _prune(form, common)
        return
    with engine_workers(scheduler, common.jobs) as workers:
        if revs:
            _index_revisions(revs, under, workers, form, common)
            return
        with opened(common) as session:
            summary = session.index(under, workers)
            emit(document(to_builtins(summary)) if form == "json" else index_text(summary))


def _prune(form: str, common: Common) -> None:
    from msgspec import to_builtins

    from analyzer.pipeline.upkeep import pruned
    from analyzer.render.answers import document
    from analyzer.render.doctor import prune_text

    before, after, notice = pruned(common.store)
    common.tell(notice)
    if form == "json":
        emit(document({"before": to_builtins(before), "after": to_builtins(after)}))
    else:
        emit(prune_text(before, after))


def _index_revisions(
    revs: tuple[str, ...], under: tuple[str, ...], workers: "Workers | None", form: str, common: Common
) -> None:
    from msgspec import to_builtins

    from analyzer.pipeline.upkeep import revisions_indexed
    from analyzer.render.doctor import index_text
    from analyzer.render.jsonout import json_line

    if common.kernel is None:
        raise click.UsageError("--revs wants the repository with -k.")
    bar = Progress(quiet=common.quiet)
    try:
        for revision, summary in revisions_indexed(
            common.kernel, revs, common.store, workers=workers, jobs=common.jobs, progress=bar, under=under
        ):
            if form == "json":
                emit(json_line({"revision": revision, **to_builtins(summary)}))
            else:
                emit(f"{revision}: {index_text(summary)}")
    finally:
        bar.close()


@click.command()
@format_option
@common_options
def doctor(form: str, common: Common) -> None:
    """How well a kernel could be read; index and tools.

    Counts what could not be parsed, with the most frequent causes; says what the index holds and what
    could be freed, and which Graphviz draws.
    """
    from msgspec import to_builtins

    from analyzer.render.answers import document
    from analyzer.render.doctor import doctor_text

    with opened(common) as session:
        report = session.doctor()
        emit(document(to_builtins(report)) if form == "json" else doctor_text(report))
