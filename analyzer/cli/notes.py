"""The command that writes study notes.

Not handled: checking notes against a kernel.
"""

import dataclasses
import shlex
from pathlib import Path

import click

from analyzer.cli.console import emit
from analyzer.cli.options import Common, bind_option, common_options, hide_option, opened


@click.command()
@click.argument("root", metavar="ROOT")
@click.option(
    "-o", "--output", metavar="FILE", help="Where to, as .md; a diagram is written beside it. Default: stdout."
)
@click.option(
    "--depth", type=click.IntRange(min=0), default=4, show_default=True, help="How many calls deep the tree is."
)
@hide_option
@bind_option
@click.option(
    "--targets",
    type=click.IntRange(min=0),
    default=4,
    show_default=True,
    metavar="N",
    help="Follow at most N targets of an indirect call; 0 follows all.",
)
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
@click.option(
    "--url",
    metavar="TEMPLATE",
    help="Where functions link to, with {file}, {line} and {version}; `none` for no links. "
    "Default: elixir.bootlin.com.",
)
@common_options
def note(
    root: str,
    output: str | None,
    depth: int,
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
    from analyzer.pipeline.note import NoteOptions, study
    from analyzer.render.note import note_markdown
    from analyzer.render.text import TextOptions, tree_text
    from analyzer.render.words import ELIXIR, link

    if output is not None:
        outputs.prepare(output)
    view = views.View(depth=depth, hide=hide, targets=targets, near=True, bind=bind, narrow=narrow)
    detail = Detail(conditions=True, assignments=("",), fold_errors=True, values=True)
    hidden = views.hide_notice(hide)
    with opened(common) as session:
        tree, _ = views.tree(session, root, view, detail)
        common.tell(hidden)
        options = NoteOptions(
            functions=functions,
            excerpts=excerpts,
            options=_spelled(
                depth=depth,
                hide=hide,
                bind=bind,
                narrow=narrow,
                targets=targets,
                functions=functions,
                excerpts=excerpts,
            ),
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
            drawn = dataclasses.replace(view, depth=min(depth, 4), targets=None, listed=0)
            graph, _ = views.rooted(session, root, drawn)
            graph = views.with_failing(session, graph, drawn=60)
            drawing = outputs.DotOptions(url=template, version=version, max_functions=60, fold_errors=True)
            outputs.write_bytes(str(target), outputs.graph_bytes(graph, ".svg", drawing))
            common.tell(f"wrote {target}")
        made = note_markdown(contents, text, lang=lang, diagram=picture, url=address if template else None)
        if output is None:
            emit(made)
        else:
            outputs.write_bytes(output, made.encode("utf-8", "backslashreplace"))
            common.tell(f"wrote {output}")


def _spelled(
    *,
    depth: int,
    hide: str,
    bind: tuple[str, ...],
    narrow: bool,
    targets: int,
    functions: int,
    excerpts: bool,
) -> str:
    """The options that differ from their defaults."""
    words = []
    if depth != 4:
        words.append(f"--depth {depth}")
    if hide != "default":
        words.append(f"--hide {hide}")
    words += [f"--bind {shlex.quote(text)}" for text in bind]
    if narrow:
        words.append("--narrow")
    if targets != 4:
        words.append(f"--targets {targets}")
    if functions != 12:
        words.append(f"--functions {functions}")
    if excerpts:
        words.append("--excerpts")
    return " ".join(words)
