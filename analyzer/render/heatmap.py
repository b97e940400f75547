"""A matrix of calls by version as a picture: SVG, alone or in an HTML page.

Cells are coloured where the call exists; the version that brings or loses it is outlined by the change of colour.
Not handled: thousands of rows (the picture grows with them).
"""

from html import escape

from analyzer.model.history import Matrix
from analyzer.render.history import call_name

_ROW, _CELL, _CHAR, _PAD = 18, 26, 7, 10
_STYLE = (
    "text{font:12px ui-monospace,Menlo,Consolas,monospace;fill:#1f2328}"
    ".on{fill:#2f81f7}.off{fill:#eaeef2}.new{fill:#2da44e}.last{fill:#cf222e}"
    "@media(prefers-color-scheme:dark){text{fill:#e6edf3}.off{fill:#21262d}svg{background:#0d1117}}"
)
LEGEND = (
    ("on", "is called"),
    ("new", "first version that calls it"),
    ("last", "last version that calls it"),
    ("off", "is not called"),
)


def heatmap_svg(matrix: Matrix) -> str:
    """The picture; the same bytes for the same matrix."""
    names = [call_name(row, "→") for row in matrix.rows]
    left = _PAD + _CHAR * max((len(name) for name in names), default=4) + _PAD
    top = _PAD + _CHAR * max(len(version) for version in matrix.versions) + _PAD
    legend = sum(_CELL + _CHAR * len(text) + 2 * _PAD for _, text in LEGEND)
    width = max(left + _CELL * len(matrix.versions), legend) + _PAD
    height = top + _ROW * len(names) + 2 * _ROW + _PAD
    title = f"Calls of {matrix.root} by version"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style>",
    ]
    for column, version in enumerate(matrix.versions):
        x = left + _CELL * column + _CELL // 2 + 4
        y = top - _PAD
        parts.append(f'<text x="{x}" y="{y}" transform="rotate(-90 {x} {y})">{escape(version)}</text>')
    for number, (row, name) in enumerate(zip(matrix.rows, names, strict=True)):
        y = top + _ROW * number
        parts.append(f'<text x="{_PAD}" y="{y + 13}">{escape(name)}</text>')
        for column, kind in enumerate(states(row.present)):
            told = dict(LEGEND)[kind]
            label = f"{name}: {told} ({matrix.versions[column]})"
            parts.append(
                f'<rect class="{kind}" x="{left + _CELL * column}" y="{y}" width="{_CELL - 2}"'
                f' height="{_ROW - 2}">'
                f"<title>{escape(label)}</title></rect>"
            )
    x, y = _PAD, top + _ROW * len(names) + _ROW
    for kind, text in LEGEND:
        parts.append(f'<rect class="{kind}" x="{x}" y="{y}" width="{_CELL - 2}" height="{_ROW - 2}"/>')
        parts.append(f'<text x="{x + _CELL + 2}" y="{y + 13}">{escape(text)}</text>')
        x += _CELL + _CHAR * len(text) + 2 * _PAD
    parts.append("</svg>")
    return "\n".join(parts) + "\n"


def states(present: tuple[bool, ...]) -> list[str]:
    """Per version `on`, `off`, `new` (not the first version, and not there before) or `last` (gone after it)."""
    found: list[str] = []
    for at, here in enumerate(present):
        if not here:
            found.append("off")
        elif at and not present[at - 1]:
            found.append("new")
        elif at + 1 < len(present) and not present[at + 1]:
            found.append("last")
        else:
            found.append("on")
    return found


def heatmap_html(matrix: Matrix) -> str:
    """A page with the picture."""
    title = escape(f"Calls of {matrix.root} by version")
    missing = (
        f"<p>Without {escape(matrix.root)}: {escape(', '.join(matrix.missing))}.</p>" if matrix.missing else ""
    )
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>body{{font:15px system-ui,sans-serif;margin:2em;overflow-x:auto;"
        "color-scheme:light dark}</style></head>\n"
        f"<body><h1>{title}</h1>{missing}\n{heatmap_svg(matrix)}</body></html>\n"
    )
