"""The command that writes study notes.

Not handled: checking notes against a kernel.
"""

import dataclasses
import shlex
from pathlib import Path

import click

from analyzer.cli.options import (
    Common,
    bind_option,
    common_options,
    deliver,
    hide_option,
    opened,
    output_option,
    targets_option,
    url_option,
)

_TELLING = ("depth", "hide", "bind", "narrow", "targets", "functions", "excerpts")


@click.command()
@click.argument("root", metavar="ROOT")
@output_option("Where to, as .md; a diagram is written beside it. Default: stdout.")
@click.option(
    "--depth",
    type=click.IntRange(min=1),
    help="How many calls deep the tree is.  [default: 4, less where that is more than 500 lines]",
)
@hide_option
@bind_option
@targets_option("Follow at most N targets of an indirect call; 0 follows all.", default=4)
@click.option(
    "--functions",
    type=click.IntRange(min=1),
    default=12,
    show_default=True,
    metavar="N",
    help="Describe the N functions that do most.",
)
@click.option("--excerpts", is_flag=True, help="With the text of these functions, from your own kernel.")
@click.option(
    "--lang",
    type=click.Choice(["en", "zh"]),
    default="en",
    show_default=True,
    help="Language of the fixed words.",
)
@url_option()
@common_options
def note(
    root: str,
    output: str | None,
    depth: int | None,
    hide: str,
    bind: tuple[str, ...],
    narrow: bool,
    targets: int,
    functions: int,
    excerpts: bool,
    lang: str,
    url: str | None,
    common: Common,
) -> None:
    """A study note on a function, in Markdown.

    Summary, call tree with conditions and assignments, main steps, the important functions with their comments,
    the ops tables, structs, enums and constants involved. The same kernel gives the same note.
    """
    from analyzer.graph.detail import Detail
    from analyzer.pipeline import outputs, views
    from analyzer.pipeline.note import NoteOptions, readable_tree, study
    from analyzer.render.note import note_markdown
    from analyzer.render.text import TextOptions, tree_text
    from analyzer.render.words import ELIXIR, link

    if output is not None:
        outputs.prepare(output)
    view = views.View(depth=depth or 0, hide=hide, targets=targets, near=True, bind=bind, narrow=narrow)
    detail = Detail(conditions=True, assignments=("",), fold_errors=True, values=True)
    hidden = views.hide_notice(hide)
    with opened(common) as session:
        tree = readable_tree(session, root, view, detail)
        common.tell(hidden)
        options = NoteOptions(
            functions=functions,
            excerpts=excerpts,
            options=_spelled(click.get_current_context()),
            configuration=Path(common.config).name if common.config else "",
            arch=common.arch,
            bindings=tuple(f"{name}={value}" for name, value in views.parse_bindings(bind).items()),
        )
        contents = study(session, tree, options)
        text = tree_text(tree, TextOptions(args=True, facts=views.facts(session)))
        template = None if url == "none" else url or ELIXIR
        version = session.info.version

        def address(file: str, line: int) -> str:
            return link(template or "", file, line, version)

        picture = ""
        if output is not None:
            target = Path(output).with_suffix(".svg")
            picture = target.name
            drawn = dataclasses.replace(view, depth=min(depth or 4, 4), targets=None, listed=0)
            graph, _ = views.rooted(session, root, drawn)
            graph = views.with_failing(session, graph, drawn=60)
            drawing = outputs.DotOptions(url=template, version=version, max_functions=60, fold_errors=True)
            outputs.write_bytes(str(target), outputs.graph_bytes(graph, ".svg", drawing))
            common.tell(f"wrote {target}")
        made = note_markdown(contents, text, lang=lang, diagram=picture, url=address if template else None)
        deliver(made, output, common)


def _spelled(context: click.Context) -> str:
    """The options that change what is in a note and differ from their defaults, as they are given."""
    words: list[str] = []
    for option in context.command.params:
        if option.name not in _TELLING:
            continue
        spelling, value = option.opts[0], context.params[option.name]
        if isinstance(value, tuple):
            words += [f"{spelling} {shlex.quote(text)}" for text in value]
        elif value is True:
            words.append(spelling)
        elif value is not None and value != option.get_default(context):
            words.append(f"{spelling} {value}")
    return " ".join(words)
