"""Files that commands write: a graph in the format that a path's suffix names, rows, any bytes.

A path is checked before the work that fills it begins. Not handled: compression, and undoing what
an interrupted export has written so far.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TextIO, cast

from analyzer.errors import OutputError
from analyzer.graph.formats import to_graphml, to_json
from analyzer.graph.rooted import RootedGraph
from analyzer.graph.tree import CallTree
from analyzer.io.graphviz import DrawingFormat, render_dot
from analyzer.render.dot import DotOptions, to_dot
from analyzer.render.mermaid import to_mermaid
from analyzer.render.page import PageOptions, to_page
from analyzer.render.words import ELIXIR

__all__ = [
    "DATA",
    "ELIXIR",
    "PAGE",
    "DotOptions",
    "PageOptions",
    "graph_bytes",
    "graph_format",
    "page_bytes",
    "prepare",
    "write_bytes",
    "writing_text",
]


def _drawing(graph: RootedGraph, options: DotOptions, kind: DrawingFormat) -> bytes:
    return render_dot(to_dot(graph, options), kind)


def _mermaid(graph: RootedGraph, options: DotOptions) -> str:
    return to_mermaid(
        graph,
        max_functions=options.max_functions,
        title=options.title,
        url=options.url,
        version=options.version,
        marked=options.marked,
        fold_errors=options.fold_errors,
    )


_FORMATS: dict[str, Callable[[RootedGraph, DotOptions], str | bytes]] = {
    ".svg": lambda graph, options: _drawing(graph, options, "svg"),
    ".png": lambda graph, options: _drawing(graph, options, "png"),
    ".pdf": lambda graph, options: _drawing(graph, options, "pdf"),
    ".dot": to_dot,
    ".mmd": _mermaid,
    ".graphml": lambda graph, options: to_graphml(graph, options.marked),
    ".json": lambda graph, options: to_json(graph, options.marked),
}


PAGE = ".html"
DATA = frozenset((".graphml", ".json"))  # not drawn, and whole


def graph_format(path: str) -> str:
    """The suffix of a path when a graph can be written so. Raises OutputError otherwise."""
    suffix = Path(path).suffix.lower()
    if suffix in _FORMATS or suffix == PAGE:
        return suffix
    what = f"files ending in {suffix}" if suffix else "a file without a suffix"
    raise OutputError(f"{path}: {what} cannot be written as a graph.", hint=f"Use {', '.join((*_FORMATS, PAGE))}.")


def graph_bytes(graph: RootedGraph, suffix: str, options: DotOptions | None = None) -> bytes:
    """The graph in the format of a suffix. Raises OutputError when it cannot be drawn and KcgError
    for an unknown theme."""
    made = _FORMATS[suffix](graph, options or DotOptions())
    return made if isinstance(made, bytes) else made.encode("utf-8", "backslashreplace")


def page_bytes(tree: CallTree, graph: RootedGraph, drawing: DotOptions, page: PageOptions) -> bytes:
    """A tree and the diagram of its graph as one HTML page. Raises OutputError when it cannot be drawn."""
    svg = _drawing(graph, drawing, "svg").decode("utf-8")
    return to_page(tree, replace(page, svg=svg)).encode("utf-8", "backslashreplace")


def prepare(path: str) -> Path:
    """The path, with its folders made. Raises OutputError when it cannot be written."""
    target = Path(path)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.is_dir():
            raise OutputError(f"{path} is a directory.", hint="Name a file in it.")
        place = target if target.exists() else target.parent
        writable = os.access(place, os.W_OK)
    except (OSError, ValueError) as error:
        raise _unwritable(path, error) from error
    if not writable:
        raise OutputError(f"{path} cannot be written: permission denied.", hint=_ELSEWHERE)
    return target


def write_bytes(path: str, data: bytes) -> None:
    """Write a whole file. Raises OutputError when that fails."""
    try:
        prepare(path).write_bytes(data)
    except OSError as error:
        raise _unwritable(path, error) from error


@contextmanager
def writing_text(path: str) -> Iterator[TextIO]:
    """A text file to be written piece by piece. Raises OutputError when that fails."""
    target = prepare(path)
    try:
        with target.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            yield cast(TextIO, file)
    except OSError as error:
        raise _unwritable(path, error) from error


_ELSEWHERE = "Name another path with -o."


def _unwritable(path: str, error: Exception) -> OutputError:
    reason = getattr(error, "strerror", None) or str(error)
    return OutputError(f"{path} cannot be written: {reason.lower()}.", hint=_ELSEWHERE)
