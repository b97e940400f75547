"""Commands that answer on stdout: tree, callees, callers, path, targets, show.

Not handled: colours for anything but trees.
"""

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import click

from analyzer.cli.console import coloured, coloured_text, speaks_unicode, terminal_width
from analyzer.cli.options import (
    Common,
    answer,
    color_option,
    common_options,
    format_option,
    forms_option,
    targets_option,
    url_option,
    view_options,
)

if TYPE_CHECKING:
    from analyzer.model.callgraph import FunctionRef
    from analyzer.pipeline.opening import Reply
    from analyzer.pipeline.session import Session

_SHOWS = ("args", "values", "assignments", "conditions", "lines", "signatures", "comments", "macros", "dead")
_STYLES = ("unicode", "ascii", "indent", "box", "cflow", "cflow-posix", "ftrace", "markdown", "org")


@dataclass(frozen=True, slots=True)
class _Parts:
    """What `--show` names; `patterns` are those of `assignments=PATTERN`."""

    names: frozenset[str]
    patterns: tuple[str, ...]

    @property
    def assignments(self) -> tuple[str, ...] | None:
        if "assignments" not in self.names:
            return None
        return self.patterns or ("",)


def _show_parts(_: click.Context, __: click.Parameter, value: str) -> _Parts:
    names: set[str] = set()
    patterns: list[str] = []
    for part in (part.strip() for part in value.split(",") if part.strip()):
        name, equals, pattern = part.partition("=")
        if name not in _SHOWS or (equals and name != "assignments"):
            raise click.BadParameter(f"{part!r} is none of {', '.join(_SHOWS)}, assignments=PATTERN.")
        names.add(name)
        if equals:
            patterns.append(pattern.strip())
    return _Parts(frozenset(names), tuple(patterns))


def _indent(_: click.Context, __: click.Parameter, value: str | None) -> str:
    if value is None:
        return ""
    if value in ("tab", "tabs"):
        return "\t"
    if value.isdecimal() and 1 <= int(value) <= 16:
        return " " * int(value)
    raise click.BadParameter("give `tab`, or a number of blanks from 1 to 16.")


def _address(template: str, version: str, ref: "FunctionRef") -> str:
    from analyzer.render.words import link

    return link(template, ref.file, ref.line, version)


@click.command()
@click.argument("root", metavar="ROOT")
@view_options(6)
@click.option(
    "--show",
    metavar="PARTS",
    default="",
    callback=_show_parts,
    help="Several with commas: `args`, calls with their arguments; `values`, constant arguments put in further "
    "down; `conditions`, under which calls happen; `assignments`, stores that reach outside a function, or "
    "`assignments=PATTERN` those to `sk->*`; `lines`, where functions are defined; `signatures`; `comments`, the "
    "first sentence above a definition; `macros`, uses of macros that call nothing; `dead`, what --bind excludes.",
)
@click.option(
    "--fold",
    type=click.Choice(["errors"]),
    help="`errors`: leave out branches that fail, and count what error labels call.",
)
@targets_option(
    "List at most N targets of an indirect call (with --reverse, callers); 0 lists all. "
    "Default: all of up to 32, 8 of more (24 callers)."
)
@click.option("--possible", is_flag=True, help="List also targets that are only possible.")
@click.option(
    "--style",
    type=click.Choice(_STYLES),
    help="How the tree is drawn; default: unicode where the terminal can.",
)
@click.option(
    "--indent",
    metavar="N|tab",
    callback=_indent,
    help="One level in styles of indentation: N blanks, or a tab. Default: 4 blanks.",
)
@url_option(" in markdown and org")
@color_option
@format_option
@common_options
def tree(
    root: str,
    show: _Parts,
    fold: str | None,
    style: str | None,
    indent: str,
    url: str | None,
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
    width = terminal_width()

    def make(session: "Session") -> "Reply":
        from analyzer.graph.detail import Detail
        from analyzer.pipeline import views
        from analyzer.pipeline.opening import Reply
        from analyzer.render.answers import document
        from analyzer.render.jsonout import tree_json
        from analyzer.render.text import TextOptions, tree_rich, tree_text
        from analyzer.render.words import ELIXIR

        wanted = views.View(**view)
        told = [views.hide_notice(wanted.hide)]
        detail = Detail(
            conditions="conditions" in show.names,
            assignments=show.assignments,
            macros="macros" in show.names,
            values="values" in show.names,
            fold_errors=fold == "errors",
            dead="dead" in show.names,
        )
        made, end = views.tree(session, root, wanted, detail)
        options = TextOptions(
            style=style,
            args=bool(show.names & {"args", "values"}),
            lines="lines" in show.names,
            signatures="signatures" in show.names,
            comments="comments" in show.names,
            indent=indent,
            width=width,
            url=None if url == "none" else functools.partial(_address, url or ELIXIR, session.info.version),
            facts=views.facts(session),
        )
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

    parts = (sorted(show.names), show.patterns, fold, style, indent, width, url, colours, form)
    answer(common, ("tree", root, *parts, sorted(view.items())), make)


@click.command()
@click.argument("function", metavar="FUNC")
@format_option
@common_options
def callees(function: str, form: str, common: Common) -> None:
    """The calls that a function makes.

    One row per call and callee in the order of the source; nothing is hidden or folded.
    """

    _one_step("callees", function, form, common)


@click.command()
@click.argument("function", metavar="FUNC")
@format_option
@common_options
def callers(function: str, form: str, common: Common) -> None:
    """The calls that lead to a function.

    One row per call, by file and line; nothing is hidden or folded.
    """

    _one_step("callers", function, form, common)


def _one_step(what: Literal["callees", "callers"], function: str, form: str, common: Common) -> None:
    """Say the edges out of a function or into it."""

    def make(session: "Session") -> "Reply":
        from analyzer.pipeline.opening import Reply
        from analyzer.render.answers import calls_json, document
        from analyzer.render.tables import callees_text, callers_text

        ref = session.find(function).ref if what == "callees" else session.called(function)
        edges = session.callees(ref) if what == "callees" else session.callers(ref)
        if form == "json":
            return Reply(document(calls_json(ref, edges)))
        return Reply(callees_text(edges) if what == "callees" else callers_text(edges))

    answer(common, (what, function, form), make)


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
@click.option(
    "--possible",
    is_flag=True,
    help="Where nothing else is known, list the functions of the same signature whose address is taken.",
)
@format_option
@common_options
def targets(function: str, why: bool, possible: bool, form: str, common: Common) -> None:
    """What a function's indirect calls can reach, and why.

    Each call site with its slot, and every target with rule, confidence and the places that
    support it. The JSON always has all of the evidence.
    """

    def make(session: "Session") -> "Reply":
        from analyzer.pipeline import views
        from analyzer.pipeline.opening import Reply
        from analyzer.render.answers import document, targets_json
        from analyzer.render.tables import targets_text

        asked, edges, alike = views.indirect_calls(session, function, possible=possible)
        if form == "json":
            return Reply(document(targets_json(asked.ref, edges, alike)))
        return Reply(targets_text(asked.ref, edges, why=why, alike=alike))

    answer(common, ("targets", function, why, possible, form), make)


@click.command()
@click.argument("name", metavar="NAME")
@forms_option("text", "table", "markdown", "json", text="Close to C, as a table, for a document, or for programs.")
@common_options
def show(name: str, form: str, common: Common) -> None:
    """A function, struct, union, enum, typedef, macro, ops table or family of constants.

    NAME as in C: `sk_alloc`, `inet_family_ops`, `struct sock`, or `AF_*` for constants with a
    common prefix, in order of their values. All definitions of the name are shown.
    """

    def make(session: "Session") -> "Reply":
        from analyzer.pipeline.opening import Reply
        from analyzer.render.answers import document
        from analyzer.render.shown import shown_markdown, shown_row, shown_table, shown_text
        from analyzer.render.words import ELIXIR, link

        found = session.show(name)
        if form == "json":
            return Reply(document([shown_row(item) for item in found]))
        if form == "table":
            return Reply(shown_table(found))
        if form == "markdown":
            version = session.info.version
            return Reply(shown_markdown(found, url=lambda file, line: link(ELIXIR, file, line, version)))
        return Reply(shown_text(found))

    answer(common, ("show", name, form), make)
