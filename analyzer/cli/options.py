"""Options that commands share, and the session that they open.

Not handled: options before the command's name.
"""

import dataclasses
import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from analyzer.cli.console import Progress, emit, say

if TYPE_CHECKING:
    from analyzer.pipeline.opening import Kernel, Reply
    from analyzer.pipeline.session import Session

_F = TypeVar("_F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Common:
    """What every command can be told."""

    kernel: str | None
    arch: str
    config: str | None
    store: str | None
    jobs: int | None
    quiet: bool
    kernels: tuple[str, ...] = ()  # all of them, where a command takes several

    def tell(self, text: str) -> None:
        """A line on stderr unless it is to be quiet."""
        if text and not self.quiet:
            say(text)


def common_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds `-k` and its like; the command gets them as `common`."""
    return _with_options(command, several=False)


def common_options_of_several(command: Callable[..., Any]) -> Callable[..., Any]:
    """The same for commands that take `-k` several times."""
    return _with_options(command, several=True)


def several_kernels(command: Callable[..., Any]) -> Callable[..., Any]:
    """The same, but the command gets `commons`, one for each kernel."""
    inner = _with_options(_each_kernel(command), several=True)
    return inner


def _each_kernel(command: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(command)
    def wrapped(common: Common, **values: Any) -> Any:
        kernels = common.kernels or (None,)
        commons = tuple(dataclasses.replace(common, kernel=k, kernels=()) for k in kernels)
        return command(commons=commons, **values)

    return wrapped


def _with_options(command: Callable[..., Any], *, several: bool) -> Callable[..., Any]:
    names = ("kernel", "arch", "config", "store", "jobs", "quiet")

    @functools.wraps(command)
    def wrapped(**values: Any) -> Any:
        given = {name: values.pop(name) for name in names}
        if several:
            given["kernels"] = given["kernel"]
            given["kernel"] = given["kernels"][0] if given["kernels"] else None
        return command(common=Common(**given), **values)

    options = (
        click.option(
            "-k",
            "--kernel",
            metavar="SOURCE",
            multiple=several,
            help="Kernel source: a directory, a .tar(.xz|.gz|.zst), or REPOSITORY@REVISION. "
            + ("Repeatable; of --revs, the repository. " if several else "")
            + "Default: $KCG_KERNEL, else the current directory if it is a kernel tree, "
            "else the small kernel that comes with kcg.",
        ),
        click.option(
            "--arch",
            metavar="NAME",
            default="x86",
            show_default=True,
            help="Architecture, as below arch/.",
        ),
        click.option("--config", metavar="FILE", help="Read code as this .config (plain or .xz) has it."),
        click.option("--store", metavar="FILE", help="Where the index is kept."),
        click.option(
            "--jobs",
            type=click.IntRange(min=1),
            metavar="N",
            help="Processes for indexing and export; default: one per processor.",
        ),
        click.option("-q", "--quiet", is_flag=True, help="Say nothing on stderr but errors."),
    )
    for option in reversed(options):
        wrapped = option(wrapped)
    return wrapped


def forms_option(*forms: str, text: str = "For reading, or for programs.") -> Callable[[_F], _F]:
    """`--format` with some forms, the first of them the default."""
    return click.option(
        "--format", "form", type=click.Choice(forms), default=forms[0], show_default=True, help=text
    )


format_option = forms_option("text", "json")


def form_by_suffix_option(text: str) -> Callable[[_F], _F]:
    """`--format` of commands that go by the suffix of `-o` when it is not given."""
    return click.option(
        "--format", "form", type=click.Choice(["text", "json", "markdown", "html", "svg"]), help=text
    )


def output_option(text: str = "Where to; default: standard output.") -> Callable[[_F], _F]:
    """`-o`."""
    return click.option("-o", "--output", metavar="FILE", help=text)


def depth_option(default: int, *, least: int = 0, text: str = "How many calls deep.") -> Callable[[_F], _F]:
    """`--depth`."""
    return click.option("--depth", type=click.IntRange(min=least), default=default, show_default=True, help=text)


def targets_option(text: str, default: int | None = None) -> Callable[[_F], _F]:
    """`--targets`; without a default the text says what holds."""
    return click.option(
        "--targets",
        type=click.IntRange(min=0),
        default=default,
        show_default=default is not None,
        metavar="N",
        help=text,
    )


def url_option(where: str = "") -> Callable[[_F], _F]:
    """`--url`; `where` there are links, when not everywhere."""
    return click.option(
        "--url",
        metavar="TEMPLATE",
        help=f"Where functions link to{where}, with {{file}}, {{line}} and {{version}}; `none` for no links. "
        "Default: elixir.bootlin.com.",
    )


def color_option(command: _F) -> _F:
    """`--color`."""
    return click.option(
        "--color",
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        show_default=True,
        help="Colours; auto: on a terminal, unless $NO_COLOR is set.",
    )(command)


def revs_option(command: _F) -> _F:
    """`--revs` of commands about many versions."""
    return click.option(
        "--revs", metavar="A..B", help="Release tags from A to B, or revisions with commas, of the repository."
    )(command)


def settings_option(command: _F) -> _F:
    """`--settings`."""
    return click.option("--settings", metavar="FILE", help="Instead of the nearest kcg.toml or [tool.kcg].")(
        command
    )


def view_options(depth: int) -> Callable[[_F], _F]:
    """What of a graph is shown: the fields of `analyzer.pipeline.views.View` that pictures and trees share."""

    def decorate(command: _F) -> _F:
        options = (
            depth_option(depth),
            click.option("--reverse", is_flag=True, help="Who calls it, instead of what it calls."),
            click.option("--to", metavar="FUNC", help="Only branches that reach this function."),
            hide_option,
            bind_option,
        )
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def hide_option(command: _F) -> _F:
    """`--hide`."""
    return click.option(
        "--hide",
        metavar="PROFILE",
        default="default",
        show_default=True,
        help="Calls to leave out: profiles and patterns, as in `default,-printk,+alloc,ext4_*`; `none` shows all.",
    )(command)


def bind_option(command: _F) -> _F:
    """`--bind` and `--narrow`."""
    command = click.option(
        "--narrow",
        is_flag=True,
        help="Follow constants and objects from ROOT downwards, and leave out calls that cannot be reached and "
        "targets that cannot be there. --bind implies it.",
    )(command)
    return click.option(
        "--bind",
        metavar="NAME=CONSTANT",
        multiple=True,
        help="Give parameters of ROOT a value, as in `family=PF_INET,type=SOCK_STREAM`: decides conditions, and "
        "chooses among tables' entries by their constants.",
    )(command)


@contextmanager
def opened(common: Common, progress: Progress | None = None) -> Iterator["Session"]:
    """The session on the kernel that the options name; says which one that is."""
    from analyzer.pipeline.session import session_on

    bar = progress or Progress(quiet=common.quiet)
    session = session_on(_kernel(common), jobs=common.jobs, progress=bar)
    try:
        yield session
    finally:
        bar.close()
        session.close()


def answer(common: Common, asked: tuple[object, ...], make: Callable[["Session"], "Reply"]) -> None:
    """Say what `make` replies. A question that was asked before of the same kernel, `asked` telling all that
    the reply depends on, gets its reply without the session that would find it."""
    from analyzer.pipeline.opening import reply_to

    kernel = _kernel(common)

    def found() -> "Reply":
        from analyzer.pipeline.session import session_on

        bar = Progress(quiet=common.quiet)
        session = session_on(kernel, jobs=common.jobs, progress=bar)
        try:
            return make(session)
        finally:
            bar.close()
            session.flush()

    try:
        reply = reply_to(kernel, repr(asked), found)
    finally:
        kernel.store.close()
    for line in reply.told:
        common.tell(line)
    emit(reply.out)
    if reply.code:
        raise click.exceptions.Exit(reply.code)


def deliver(text: str, output: str | None, common: Common) -> None:
    """Write a whole text where `-o` says, and tell so; else to stdout. Raises OutputError."""
    if output is None:
        emit(text)
        return
    from analyzer.pipeline.outputs import write_bytes

    write_bytes(output, text.encode("utf-8", "backslashreplace"))
    common.tell(f"wrote {output}")


def _kernel(common: Common) -> "Kernel":
    from analyzer.pipeline.opening import open_kernel

    kernel = open_kernel(common.kernel, arch=common.arch, config=common.config, store=common.store)
    for notice in kernel.notices:
        common.tell(notice)
    common.tell(f"linux {kernel.source.info.version} ({kernel.source.info.label})")
    return kernel
