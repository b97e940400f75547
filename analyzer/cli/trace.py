"""The command that holds traces of a running kernel against the static graph.

Not handled: recording traces.
"""

import click

from analyzer.cli.console import Progress, emit, speaks_unicode, stage
from analyzer.cli.options import (
    Common,
    common_options,
    depth_option,
    format_option,
    hide_option,
    opened,
    output_option,
)


@click.command()
@click.argument("files", metavar="FILE…", nargs=-1, required=True)
@click.option(
    "--visible",
    metavar="FILE",
    help="What tracing can see: a copy of available_filter_functions (plain or .xz). Without it only inline "
    "functions, and static ones of the same file or a header, may be passed through unseen.",
)
@click.option("--strict", is_flag=True, help="Exit code 1 when a call is unexplained.")
@click.option("--alternatives", is_flag=True, help="Targets of the calls through pointers that no trace showed.")
@click.option("--tree", is_flag=True, help="The static tree with what was observed marked, in place of the paths.")
@output_option("Draw that graph with what was observed marked: .svg .png .pdf .dot .mmd .graphml .json.")
@click.option(
    "--root",
    metavar="FUNC",
    help="Where tree and picture begin; default: the system call with the most observed calls.",
)
@depth_option(12, text="How many calls deep tree and picture are.")
@hide_option
@format_option
@common_options
def trace(
    files: tuple[str, ...],
    visible: str | None,
    strict: bool,
    alternatives: bool,
    tree: bool,
    output: str | None,
    root: str | None,
    depth: int,
    hide: str,
    form: str,
    common: Common,
) -> None:
    """Which calls of a running kernel the static graph explains.

    FILE is the text of ftrace's function_graph (or function) tracer, of `trace-cmd report`, `perf ftrace`,
    `uftrace replay` or `uftrace graph`; plain, .xz or .gz; `-` is standard input. A call is explained when a
    static path leads from caller to callee through functions that tracing cannot see.
    """
    from analyzer.pipeline import outputs, tracing
    from analyzer.render.answers import document
    from analyzer.render.text import TextOptions, tree_text
    from analyzer.render.trace import remarks, trace_json, trace_text

    if output is not None:
        outputs.graph_format(output)
        outputs.prepare(output)
    traces = tracing.read_traces(files)
    listed = tracing.read_visible(visible) if visible is not None else None
    with opened(common) as session:
        with stage(Progress(quiet=common.quiet), "Explaining calls") as advance:
            report = tracing.judge(session, traces, listed, lambda: advance(1))
        marked = None
        if tree or output is not None:
            marked = tracing.mark(session, report, root, depth=depth, hide=hide)
        if form == "json":
            emit(document(trace_json(report)))
        else:
            emit(trace_text(report, paths=not tree, alternatives=alternatives))
            if tree and marked is not None:
                plain = not speaks_unicode()
                marks = remarks(marked.seen, ascii_only=plain)
                style = TextOptions(style="ascii" if plain else "unicode", marks=marks)
                emit("\n" + tree_text(marked.tree(), style))
        if output is not None and marked is not None:
            options = outputs.DotOptions(url=outputs.ELIXIR, version=session.info.version, marked=marked.seen)
            outputs.write_bytes(output, outputs.graph_bytes(marked.graph, outputs.graph_format(output), options))
            common.tell(f"wrote {output}")
        if listed is None and report.count("unexplained"):
            common.tell("--visible with a copy of available_filter_functions may explain more")
        if strict and report.count("unexplained"):
            raise click.exceptions.Exit(1)
