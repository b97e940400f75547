"""Commands that answer on stdout: tree, callees, callers, path, targets, show.

Not handled: colours for anything but trees.
"""

from typing import TYPE_CHECKING, Any

import click

from analyzer.cli.console import coloured, coloured_text, speaks_unicode
from analyzer.cli.options import Common, answer, common_options, format_option, hide_option

if TYPE_CHECKING:
    from analyzer.pipeline.opening import Reply
    from analyzer.pipeline.session import Session

_SHOWS = ("args", "lines")


def _show_parts(_: click.Context, __: click.Parameter, value: str) -> frozenset[str]:
    parts = [part.strip() for part in value.split(",") if part.strip()]
    for part in parts:
        if part not in _SHOWS:
            raise click.BadParameter(f"{part!r} is none of {', '.join(_SHOWS)}.")
    return frozenset(parts)


@click.command()
@click.argument("root", metavar="ROOT")
@click.option(
    "--depth",
    type=click.IntRange(min=0),
    default=6,
    show_default=True,
    help="How many calls deep.",
)
@click.option("--reverse", is_flag=True, help="Who calls it, instead of what it calls.")
@click.option("--to", metavar="FUNC", help="Only branches that reach this function.")
@hide_option
@click.option(
    "--show",
    metavar="PARTS",
    default="",
    callback=_show_parts,
    help="`args`: calls with their arguments; `lines`: where functions are defined. Several with commas.",
)
@click.option(
    "--targets",
    type=click.IntRange(min=0),
    metavar="N",
    help="List at most N targets of an indirect call (with --reverse, callers); 0 lists all. "
    "Default: all of up to 32, 8 of more (24 callers).",
)
@click.option("--possible", is_flag=True, help="List also targets that are only possible.")
@click.option(
    "--style",
    type=click.Choice(["unicode", "ascii", "indent"]),
    help="Lines of the tree; default: unicode where the terminal can.",
)
@click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Colours; auto: on a terminal, unless $NO_COLOR is set.",
)
@format_option
@common_options
def tree(
    root: str,
    show: frozenset[str],
    style: str | None,
    color: str,
    form: str,
    common: Common,
    **view: Any,
) -> None:
    """The call tree of a function as text or JSON.

    ROOT is a function (`tcp_v4_rcv`), a system call by any of its names (`sys_socket`, `socket`,
    `__x64_sys_socket`, `SYSCALL_DEFINE3(socket`), or `file.c:function` where a name is ambiguous.
    """
    style = style or ("unicode" if speaks_unicode() else "ascii")
    colours = coloured(color)

    def make(session: "Session") -> "Reply":
        from analyzer.pipeline import views
        from analyzer.pipeline.opening import Reply
        from analyzer.render.answers import document
        from analyzer.render.jsonout import tree_json
        from analyzer.render.text import TextOptions, tree_rich, tree_text

        wanted = views.View(**view)
        told = [views.hide_notice(wanted.hide)]
        made, end = views.tree(session, root, wanted)
        options = TextOptions(style=style, args="args" in show, lines="lines" in show)
        if form == "json":
            out = document(tree_json(made))
        elif colours:
            out = coloured_text(tree_rich(made, options))
        else:
            out = tree_text(made, options)
        if made.truncated:
            told.append(f"stopped at {views.MAX_FUNCTIONS} functions; a smaller --depth shows all")
        missed = end is not None and not made.root.items and end.ref != made.root.function
        if end is not None and missed:
            told.append(
                f"{end.ref.name} is not reached within {wanted.depth} calls; try a larger --depth, or kcg path"
            )
        return Reply(out, tuple(told), int(missed))

    answer(common, ("tree", root, sorted(show), style, colours, form, sorted(view.items())), make)


@click.command()
@click.argument("function", metavar="FUNC")
@format_option
@common_options
def callees(function: str, form: str, common: Common) -> None:
    """The calls that a function makes.

    One row per call and callee in the order of the source; nothing is hidden or folded.
    """

    def make(session: "Session") -> "Reply":
        from analyzer.pipeline.opening import Reply
        from analyzer.render.answers import calls_json, document
        from analyzer.render.tables import callees_text

        ref = session.find(function).ref
        edges = session.callees(ref)
        return Reply(document(calls_json(ref, edges)) if form == "json" else callees_text(edges))

    answer(common, ("callees", function, form), make)


@click.command()
@click.argument("function", metavar="FUNC")
@format_option
@common_options
def callers(function: str, form: str, common: Common) -> None:
    """The calls that lead to a function.

    One row per call, by file and line; nothing is hidden or folded.
    """

    def make(session: "Session") -> "Reply":
        from analyzer.pipeline.opening import Reply
        from analyzer.render.answers import calls_json, document
        from analyzer.render.tables import callers_text

        ref = session.find(function).ref
        edges = session.callers(ref)
        return Reply(document(calls_json(ref, edges)) if form == "json" else callers_text(edges))

    answer(common, ("callers", function, form), make)


@click.command()
@click.argument("start", metavar="FROM")
@click.argument("end", metavar="TO")
@click.option("--possible", is_flag=True, help="Walk also calls that are only possible.")
@format_option
@common_options
def path(start: str, end: str, possible: bool, form: str, common: Common) -> None:
    """A shortest call path between two functions.

    Exit code 1 when there is none.
    """

    def make(session: "Session") -> "Reply":
        from analyzer.pipeline import views
        from analyzer.pipeline.opening import Reply
        from analyzer.render.answers import document, path_json
        from analyzer.render.tables import path_text

        first, last, found = views.path(session, start, end, possible=possible)
        if form == "json":
            out = document(path_json(first.ref, last.ref, found))
        else:
            out = path_text(first.ref, found) if found is not None else ""
        if found is None:
            return Reply(out, (f"no call path from {first.ref.name} to {last.ref.name}",), 1)
        return Reply(out)

    answer(common, ("path", start, end, possible, form), make)


@click.command()
@click.argument("function", metavar="FUNC[:LINE]")
@click.option("--why", is_flag=True, help="All of the evidence for each target.")
@format_option
@common_options
def targets(function: str, why: bool, form: str, common: Common) -> None:
    """What a function's indirect calls can reach, and why.

    Each call site with its slot, and every target with rule, confidence and the places that
    support it. The JSON always has all of the evidence.
    """

    def make(session: "Session") -> "Reply":
        from analyzer.pipeline import views
        from analyzer.pipeline.opening import Reply
        from analyzer.render.answers import document, targets_json
        from analyzer.render.tables import targets_text

        asked, edges = views.indirect_calls(session, function)
        if form == "json":
            return Reply(document(targets_json(asked.ref, edges)))
        return Reply(targets_text(asked.ref, edges, why=why))

    answer(common, ("targets", function, why, form), make)


@click.command()
@click.argument("name", metavar="NAME")
@format_option
@common_options
def show(name: str, form: str, common: Common) -> None:
    """A function, struct, union, enum, typedef, macro, ops table or family of constants.

    NAME as in C: `sk_alloc`, `inet_family_ops`, `struct sock`, or `AF_*` for constants with a
    common prefix. All definitions of the name are shown.
    """

    def make(session: "Session") -> "Reply":
        from analyzer.pipeline.opening import Reply
        from analyzer.render.answers import document
        from analyzer.render.shown import shown_row, shown_text

        found = session.show(name)
        if form == "json":
            return Reply(document([shown_row(item) for item in found]))
        return Reply(shown_text(found))

    answer(common, ("show", name, form), make)
