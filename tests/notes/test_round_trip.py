"""Trees as `kcg tree` prints them hold in the kernel that they were made of, in every style and with all that
`--show` adds."""

from collections.abc import Callable

import pytest

from analyzer.graph.detail import Detail
from analyzer.graph.tree import CallTree
from analyzer.model.checks import NoteVerdicts
from analyzer.pipeline import views
from analyzer.pipeline.session import Session
from analyzer.render.text import STYLES, TextOptions, tree_text

ROOTS = {
    "v6.1": (
        "sys_socket",
        "inet_create",
        "__sock_create",
        "inet_init",
        "start_kernel",
        "__sys_accept4",
        "sys_bind",
    ),
    "v5.10": ("__sys_socket", "sk_alloc", "start_kernel"),
    "v2.6.11": ("sys_socket", "sys_socketcall", "inet_init"),
}
SHOWN = (
    "",
    "args",
    "args,conditions,assignments",
    "lines,signatures",
    "values,conditions,assignments,lines",
    "args,conditions,assignments,macros,lines,signatures,comments",
)
DRAWN = [*((style, "") for style in STYLES), ("indent", "\t"), ("indent", "  "), ("indent", " " * 8)]


def _written(text: str, style: str) -> tuple[str, str]:
    """The tree in a note that has such trees, and the note's name."""
    if style in ("markdown", "org"):
        return text, "note.org" if style == "org" else "note.md"
    return f"```\n{text}```\n", "note.md"


def _detail(parts: set[str]) -> Detail:
    """What a tree is to show, as `kcg tree --show` has it."""
    return Detail(
        conditions="conditions" in parts,
        assignments=("",) if "assignments" in parts else None,
        macros="macros" in parts,
        values="values" in parts,
        dead="dead" in parts,
    )


@pytest.mark.parametrize("version", ROOTS)
@pytest.mark.parametrize("show", SHOWN)
def test_printed_trees_hold(
    version: str, show: str, opened: Callable, checked: Callable[..., NoteVerdicts]
) -> None:
    session = opened(version)[0]
    parts = set(show.split(","))
    wrong = []
    for root in ROOTS[version]:
        for hide in ("default", "none"):
            tree, _ = views.tree(session, root, views.View(depth=4, hide=hide), _detail(parts))
            wrong += _findings(session, tree, parts, lambda text, path: checked(text, version, path=path))
    assert not wrong, "\n".join(wrong[:8])


BOUND = (
    ("v6.1", "sys_socket", "family=PF_INET"),
    ("v6.1", "sys_socket", "family=PF_INET,type=SOCK_STREAM"),
    ("v6.1", "__sock_create", "family=PF_UNIX"),
    ("v5.10", "__sys_socket", "family=PF_INET,type=SOCK_STREAM"),
    ("v2.6.11", "sys_socketcall", "call=1"),
)


@pytest.mark.parametrize(("version", "root", "bind"), BOUND)
@pytest.mark.parametrize("show", ["values,conditions,assignments", "values,conditions,assignments,dead", "args"])
def test_printed_trees_hold_under_their_bindings(
    version: str, root: str, bind: str, show: str, opened: Callable, checked: Callable[..., NoteVerdicts]
) -> None:
    session = opened(version)[0]
    parts = set(show.split(","))
    tree, _ = views.tree(session, root, views.View(depth=8, bind=(bind,)), _detail(parts))
    given = dict(pair.split("=") for pair in bind.split(","))
    wrong = _findings(session, tree, parts, lambda text, path: checked(text, version, path=path, **given))
    assert not wrong, "\n".join(wrong[:8])


def _findings(
    session: Session, tree: CallTree, parts: set[str], judge: Callable[[str, str], NoteVerdicts]
) -> list[str]:
    """What is said against a tree, in every style."""
    wrong: list[str] = []
    for style, indent in DRAWN:
        if style == "cflow-posix" and "values" in parts:
            continue  # it has no arguments, so nothing says where the values in its state lines come from
        options = TextOptions(
            style=style,
            indent=indent,
            args=bool(parts & {"args", "values"}),
            lines="lines" in parts,
            signatures="signatures" in parts,
            comments="comments" in parts,
            url=(lambda ref: f"src/{ref.file}") if style in ("markdown", "org") else None,
            facts=views.facts(session),
        )
        note, name = _written(tree_text(tree, options), style)
        said = judge(note, name)
        blocks = said.kernels[0].blocks
        wrong += [
            f"{tree.root.function.name} {style} {item.text}: {verdict.kind} {verdict.message}"
            for block in blocks
            for item, verdict in zip(said.note.blocks[block.block].items, block.verdicts, strict=False)
            if not verdict.holds and verdict.kind != "unparsed"
        ]
        if not any(b.verdicts for b in blocks):
            wrong.append(f"{tree.root.function.name} {style}: no tree")
    return wrong
