"""A comparison as Markdown and as an HTML page.

Both hold the lines of the text output; Markdown in `diff` blocks, which are coloured where it is shown. Not
handled: pages without a merged graph have none drawn in (`svg` is given by the caller).
"""

from collections.abc import Iterator
from html import escape

from analyzer.model.difference import Difference
from analyzer.render.difference import DiffOptions, Row, rows

_CLASSES = {"+": "added", "-": "removed", "~": "changed", " ": "same"}
_STYLE = """
:root{color-scheme:light dark}
body{font:15px/1.45 system-ui,sans-serif;margin:2em;max-width:110em}
h1{font-size:1.4em}h2{font-size:1.15em;margin-top:1.6em}
pre{font:13px/1.4 ui-monospace,Menlo,Consolas,monospace;overflow-x:auto}
pre{padding:.8em;border:1px solid #8884;border-radius:6px}
pre span{display:block;white-space:pre}
.added{background:#2da44e2e}.removed{background:#cf222e2e}.changed{background:#d4a72c2e}
.graph{overflow-x:auto;background:#fff;border:1px solid #8884;border-radius:6px}
.graph svg{max-width:max(100%,90em);height:auto}
.legend span{padding:.1em .5em;margin-right:.6em;border-radius:4px}
"""


def difference_markdown(difference: Difference, options: DiffOptions) -> str:
    """A title, the summary as a list, and a fenced block per section."""
    lines: list[str] = []
    for number, (heading, body) in enumerate(_sections(difference, options)):
        if number == 0:
            lines += [f"# {_md(heading)}", ""]
            lines += [f"- {_md(text.strip())}" for _, text in body if text.strip()]
            continue
        lines += ["", f"## {_md(heading)}", "", "```diff"]
        lines += [text.rstrip() for _, text in body if text.strip()]
        lines.append("```")
    return "\n".join(lines) + "\n"


def difference_html(difference: Difference, options: DiffOptions, svg: str = "") -> str:
    """A page that needs nothing else; `svg` is the merged graph, drawn in behind the summary."""
    parts: list[str] = []
    title = ""
    for number, (heading, body) in enumerate(_sections(difference, options)):
        if number == 0:
            title = escape(heading)
            items = "".join(f"<li>{escape(text.strip())}</li>" for _, text in body if text.strip())
            legend = "".join(f'<span class="{name}">{name}</span>' for name in ("added", "removed", "changed"))
            parts.append(f'<h1>{title}</h1>\n<ul>{items}</ul>\n<p class="legend">{legend}</p>')
            if svg:
                parts.append(f'<div class="graph">{svg[svg.index("<svg") :]}</div>')
            continue
        spans = "".join(
            f'<span class="{_CLASSES.get(sign, "same")}">{escape(text.rstrip()) or " "}</span>'
            for sign, text in body
            if text.strip()
        )
        parts.append(f"<h2>{escape(heading)}</h2>\n<pre>{spans}</pre>")
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    page = "\n".join(parts)
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head>{head}<title>{title}</title><style>{_STYLE}</style></head>\n'
        f"<body>\n{page}\n</body></html>\n"
    )


def _sections(difference: Difference, options: DiffOptions) -> Iterator[tuple[str, list[Row]]]:
    heading, body = "", list[Row]()
    for sign, text in rows(difference, options):
        if sign == "#":
            if heading:
                yield heading, body
            heading, body = text, []
        else:
            body.append((sign, text))
    yield heading, body


def _md(text: str) -> str:
    for mark in "\\`*_<":
        text = text.replace(mark, f"\\{mark}")
    return text
