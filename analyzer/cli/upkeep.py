"""Commands about the index and the installation: index, doctor.

Not handled: removing what is no longer needed from the index.
"""

import click

from analyzer.cli.console import emit
from analyzer.cli.options import Common, common_options, format_option, opened


@click.command()
@format_option
@common_options
def index(form: str, common: Common) -> None:
    """Read a whole kernel; other commands do it by themselves.

    What was read is kept by content, so that a second version costs only what differs, and an
    interrupted run goes on where it was.
    """
    from msgspec import to_builtins

    from analyzer.render.answers import document
    from analyzer.render.doctor import index_text

    with opened(common) as session:
        summary = session.index()
        emit(document(to_builtins(summary)) if form == "json" else index_text(summary))


@click.command()
@format_option
@common_options
def doctor(form: str, common: Common) -> None:
    """How well a kernel could be read; index and tools.

    Counts what could not be parsed, with the most frequent causes, and says which Graphviz draws.
    """
    from msgspec import to_builtins

    from analyzer.render.answers import document
    from analyzer.render.doctor import doctor_text

    with opened(common) as session:
        report = session.doctor()
        emit(document(to_builtins(report)) if form == "json" else doctor_text(report))
