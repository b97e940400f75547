"""Commands that write files: graph and export.

Not handled: several roots in one picture.
"""

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

import click

from analyzer.cli.console import Progress, emit, stage
from analyzer.cli.options import Common, common_options, opened, output_option, url_option, view_options

if TYPE_CHECKING:
    from analyzer.pipeline.exporting import What
    from analyzer.pipeline.session import Session


@click.command()
@click.argument("root", metavar="ROOT")
@output_option(
    "Where to; the suffix chooses the format: .svg .png .pdf .dot .html .mmd .graphml .json. "
    "Default: out/ROOT.svg."
)
@view_options(4)
@click.option(
    "--max-functions",
    type=click.IntRange(min=1),
    default=60,
    show_default=True,
    metavar="N",
    help="Draw at most so many: first what only failures lead to is folded, then the largest subtrees. "
    "Data formats have all.",
)
@click.option(
    "--fold",
    type=click.Choice(["errors"]),
    help="Leave out what only failing branches and error labels lead to; counted where it hangs.",
)
@url_option()
@click.option(
    "--layout",
    type=click.Choice(["graph", "tree"]),
    default="graph",
    show_default=True,
    help="`graph` draws every function once, `tree` refers to it where it is reached again.",
)
@click.option(
    "--cluster",
    type=click.Choice(["file", "subsystem", "none"]),
    default="file",
    show_default=True,
    help="What functions are grouped by; `subsystem` is the name in MAINTAINERS.",
)
@click.option(
    "--theme",
    type=click.Choice(["light", "dark"]),
    default="light",
    show_default=True,
    help="Colours of .svg, .png, .pdf, .dot and .html.",
)
@common_options
def graph(
    root: str,
    output: str | None,
    max_functions: int,
    fold: str | None,
    url: str | None,
    layout: str,
    cluster: str,
    theme: str,
    common: Common,
    **view: Any,
) -> None:
    """The call graph of a function as a picture, a page or data.

    ROOT as for `kcg tree`. Functions are grouped by file; calls through pointers are dashed. A page (.html) has
    the call tree with its conditions and assignments, and the picture.
    """
    from analyzer.graph.detail import Detail
    from analyzer.pipeline import outputs, views
    from analyzer.render.words import plural

    wanted = views.View(listed=0, **view)  # a picture that names dozens of targets is a hairball
    hidden = views.hide_notice(wanted.hide)
    if output is not None:
        outputs.graph_format(output)
        outputs.prepare(output)
    with opened(common) as session:
        made, end = views.rooted(session, root, wanted)
        common.tell(hidden)
        target = output or f"out/{made.root.name}.svg"
        options = outputs.DotOptions(
            url=None if url == "none" else url or outputs.ELIXIR,
            version=session.info.version,
            max_functions=max_functions,
            theme=theme,
            layout=layout,
            group=_grouping(session, cluster),
            fold_errors=fold == "errors",
        )
        suffix = outputs.graph_format(target)
        if suffix not in outputs.DATA:
            made = views.with_failing(session, made, drawn=max_functions)
        if suffix == outputs.PAGE:
            detail = Detail(
                conditions=True, assignments=("",), values=bool(wanted.bind), fold_errors=options.fold_errors
            )
            tree, _ = views.tree(session, root, wanted, None if wanted.reverse else detail)
            page = outputs.PageOptions(
                title=f"Callers of {made.root.name}" if wanted.reverse else f"Call graph of {made.root.name}",
                version=session.info.version,
                url=options.url,
                theme=theme,
                facts=views.facts(session),
            )
            data = outputs.page_bytes(tree, made, options, page)
        else:
            data = outputs.graph_bytes(made, suffix, options)
        outputs.write_bytes(target, data)
        common.tell(f"wrote {target} ({plural(len(made.depths), 'function')})")
        if made.truncated:
            common.tell(f"stopped at {views.MAX_FUNCTIONS} functions; a smaller --depth shows all")
        if end is not None and end.ref not in made.depths:
            common.tell(f"{end.ref.name} is not reached within {wanted.depth} calls")
            raise click.exceptions.Exit(1)


def _grouping(session: "Session", cluster: str) -> Callable[[str], str] | None:
    """From a file to the name of the box around its functions; None for the file itself."""
    if cluster == "file":
        return None
    return session.subsystems() if cluster == "subsystem" else lambda _: ""


@click.command()
@click.argument("what", type=click.Choice(["functions", "edges", "slots"]))
@click.option(
    "--under",
    metavar="PREFIX",
    multiple=True,
    help="Only what files below this path have, such as net/ipv4/; repeatable.",
)
@output_option()
@common_options
def export(what: str, under: tuple[str, ...], output: str | None, common: Common) -> None:
    """Everything, as JSON Lines.

    One row per function, per (call site, callee), or per value in a slot. Never filtered by
    --hide.
    """
    from analyzer.pipeline import outputs

    if output is not None:
        outputs.prepare(output)
    progress = Progress(quiet=common.quiet or output is None)
    with opened(common) as session, contextlib.ExitStack() as stack:
        write: Callable[[str], object] = emit
        if output is not None:
            write = stack.enter_context(outputs.writing_text(output)).write
        count = 0
        advance = stack.enter_context(stage(progress, f"Exporting {what}"))
        for part in session.export(cast("What", what), under):
            write(part.text)
            advance(part.rows)
            count += part.rows
        if output is not None:
            common.tell(f"wrote {output} ({count} rows)")
        elif not count:
            common.tell(f"no {what} below {', '.join(under)}" if under else f"no {what}")
