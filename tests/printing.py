"""Printed trees read back and checked: what they show, in every style."""

from collections.abc import Callable

from analyzer.graph.detail import Detail
from analyzer.graph.tree import CallTree
from analyzer.model.checks import NoteVerdicts
from analyzer.pipeline import views
from analyzer.pipeline.session import Session
from analyzer.render.text import STYLES, TextOptions, tree_text

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


def detail_of(parts: set[str]) -> Detail:
    """What a tree is to show, as `kcg tree --show` has it."""
    return Detail(
        conditions="conditions" in parts,
        assignments=("",) if "assignments" in parts else None,
        macros="macros" in parts,
        values="values" in parts,
        dead="dead" in parts,
    )


def findings(
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
