"""One self-contained HTML page: a collapsible call tree with search and details of the chosen call; the diagram.

The page needs no network: style, script and picture are in it, and its policy forbids anything else. The tree
follows the ARIA pattern for trees, so that it works with the keyboard and with screen readers.

Not handled: browsers without scripts beyond showing everything unfolded.
"""

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from analyzer.graph.tree import CallTree, TreeFunction, TreeItem, TreeStep
from analyzer.model.callgraph import Edge
from analyzer.render.lines import UNICODE, Facts, Line, Lines, Shown
from analyzer.render.words import link, place, plural, slot_name

_PROLOG = re.compile(r"^.*?(?=<svg\b)", re.S)


@dataclass(frozen=True, slots=True)
class PageOptions:
    """`url` is a template with `{file}`, `{line}`, `{version}` (None: no links); `theme` is `light`, `dark` or
    `auto`; `facts` as for trees in text; `svg` is the diagram, "" for none; `open_levels` show at first."""

    title: str
    version: str = ""
    url: str | None = None
    theme: str = "auto"
    facts: Facts | None = None
    svg: str = ""
    open_levels: int = 3


def to_page(tree: CallTree, options: PageOptions) -> str:
    """The page's text."""
    writer = _Page(tree, options)
    body = "".join(writer.tree())
    svg = _PROLOG.sub("", options.svg, count=1) if options.svg else ""
    title = html.escape(options.title)
    where = f"{html.escape(place(tree.root.function))}, Linux {html.escape(options.version)}"
    counts = plural(writer.lines, "line")
    diagram = (
        '<section id="diagram" role="tabpanel" aria-labelledby="tab-diagram" tabindex="0" hidden>'
        + svg
        + "</section>"
    )
    tabs = '<button role="tab" id="tab-tree" aria-controls="view" aria-selected="true">Tree</button>'
    if svg:
        tabs += (
            '<button role="tab" id="tab-diagram" aria-controls="diagram" aria-selected="false">Diagram</button>'
        )
    return (
        "<!DOCTYPE html>\n"
        f'<html lang="en" data-theme="{html.escape(options.theme)}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
        "script-src 'unsafe-inline'; img-src data:\">\n"
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"<header><h1>{title}</h1><p>{where}; {counts}</p>\n"
        '<div class="bar"><label>Search <input id="search" type="search" aria-describedby="found" '
        'placeholder="name or text (/)"></label> <output id="found" aria-live="polite"></output>\n'
        '<button id="open">Open all</button><button id="close">Close all</button>\n'
        f'<span role="tablist" aria-label="View">{tabs}</span></div></header>\n'
        '<main><section id="view" role="tabpanel" aria-labelledby="tab-tree">\n'
        f'<ul role="tree" id="tree" aria-label="{title}">\n{body}</ul></section>\n'
        f"{diagram if svg else ''}\n"
        '<aside id="details" aria-live="polite" aria-label="Details of the chosen line">'
        "<p>Choose a line for its details.</p></aside></main>\n"
        f'<script type="application/json" id="data">{_json(writer.details)}</script>\n'
        f"<script>{_SCRIPT}</script>\n</body>\n</html>\n"
    )


def _json(value: Any) -> str:
    """JSON that can stand inside a script element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


class _Page:
    def __init__(self, tree: CallTree, options: PageOptions) -> None:
        self._tree = tree
        self._options = options
        self._lines = Lines(tree, Shown(args=True), UNICODE, options.facts)
        self.details: list[list[list[str]]] = []
        self.lines = 0

    def tree(self) -> Iterator[str]:
        """The list items of the whole tree."""
        yield from self._item(self._lines.root(), 1, None)

    def _item(self, line: Line, level: int, parent: TreeItem | None) -> Iterator[str]:
        number = len(self.details)
        self.details.append(self._about(line, parent))
        self.lines += 1
        below = list(self._lines.below(line))
        opened = level <= self._options.open_levels
        expanded = f' aria-expanded="{"true" if opened else "false"}"' if below else ""
        spans = "".join(f'<span class="{role}">{html.escape(text)}</span>' for text, role in line.spans)
        yield (
            f'<li role="treeitem" aria-level="{level}" data-n="{number}" class="{line.kind}" tabindex="-1"'
            f'{expanded}><div class="row">{spans}</div>'
        )
        if below:
            yield '<ul role="group">'
            inner = line.below if isinstance(line.below, TreeItem) else None
            for entry in below:
                yield from self._item(entry, level + 1, inner)
            yield "</ul>"
        yield "</li>\n"

    def _about(self, line: Line, parent: TreeItem | None) -> list[list[str]]:
        """Rows of (name, value[, address]) that say where a line comes from."""
        rows: list[list[str]] = []
        below = line.below
        if isinstance(below, TreeStep):
            rows.append(self._where("statement", below.file, below.line))
            if below.guard:
                rows.append(["#if", below.guard])
            return rows
        edge: Edge | None = None
        if isinstance(below, TreeItem):
            edge = below.site.edge
        elif line.function is not None:
            edge = line.function.edge
        if line.function is not None:
            rows += self._function(line.function)
        if edge is None:
            return rows
        rows.append(["call", edge.expression])
        rows.append(self._where("call site", edge.site.file, edge.site.line))
        rows.append(["kind", edge.kind.replace("_", " ")])
        if edge.slot:
            rows.append(["slot", slot_name(edge.slot)])
        if edge.macros:
            rows.append(["macros", " > ".join(edge.macros)])
        if edge.guard:
            rows.append(["#if", edge.guard])
        if isinstance(below, TreeItem):
            site = below.site
            rows.append(
                ["targets", f"{site.total}, {len(site.targets)} shown" if site.folded else str(site.total)]
            )
            return rows
        rows.append(["rule", edge.rule or "named in the text"])
        rows.append(["confidence", edge.confidence])
        for item in edge.evidence[:12]:
            row = self._where("evidence", item.file, item.line)
            rows.append([row[0], f"{item.object} at {row[1]}" if item.object else row[1], *row[2:]])
        return rows

    def _function(self, function: TreeFunction) -> list[list[str]]:
        ref = function.function
        rows = []
        if ref.external:
            return [["function", ref.name], ["defined", "external: nowhere in this tree"]]
        facts = self._options.facts
        described = facts.described(ref) if facts else None
        rows.append(["function", described.signature if described else ref.name])
        rows.append(self._where("defined", ref.file, ref.line))
        comment = facts.comment(ref) if facts else ""
        if comment:
            rows.append(["comment", comment])
        return rows

    def _where(self, name: str, file: str, line: int) -> list[str]:
        where = f"{file}:{line}"
        if self._options.url is None:
            return [name, where]
        return [name, where, link(self._options.url, file, line, self._options.version)]


_STYLE = """
:root{--bg:#fff;--fg:#1b1f24;--muted:#57606a;--line:#d0d7de;--mark:#fff3b0;--sel:#dbeafe;--fn:#0b5394;--ob:#1a6b34;
--st:#8a4b00;--er:#a3231c;--ex:#7a2a8a}
@media(prefers-color-scheme:dark){:root[data-theme=auto]{--bg:#14181d;--fg:#e6e9ec;--muted:#a0a9b3;--line:#39424c;
--mark:#5c4b00;--sel:#1f3a5f;--fn:#8ab8ff;--ob:#7fd196;--st:#f0b66a;--er:#ff9b93;--ex:#dba6ea}}
:root[data-theme=dark]{--bg:#14181d;--fg:#e6e9ec;--muted:#a0a9b3;--line:#39424c;--mark:#5c4b00;--sel:#1f3a5f;
--fn:#8ab8ff;--ob:#7fd196;--st:#f0b66a;--er:#ff9b93;--ex:#dba6ea}
*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--fg);font:14px/1.45 system-ui,sans-serif}
header{position:sticky;top:0;background:var(--bg);border-bottom:1px solid var(--line);padding:.5rem 1rem;z-index:1}
h1{font-size:1.1rem;margin:0;display:inline}header p{display:inline;margin:0 0 0 1rem;color:var(--muted)}
.bar{margin-top:.4rem;display:flex;gap:.6rem;flex-wrap:wrap;align-items:center}
button,input{font:inherit;color:inherit;background:var(--bg);border:1px solid var(--line);border-radius:4px;
padding:.1rem .5rem}
button[aria-selected=true]{background:var(--sel)}
main{display:grid;grid-template-columns:minmax(0,1fr) 22rem;gap:1rem;padding:.5rem 1rem}
#view,#diagram{overflow:auto}#diagram svg{max-width:none}
aside{position:sticky;top:5rem;align-self:start;border-left:1px solid var(--line);padding-left:1rem;
overflow-wrap:anywhere}
dt{color:var(--muted);font-size:.85rem}dd{margin:0 0 .4rem}a{color:var(--fn)}
ul{list-style:none;margin:0;padding:0 0 0 1.1rem}#tree{padding:0;font-family:ui-monospace,monospace;font-size:13px}
li ul{border-left:1px solid var(--line);margin-left:.35rem}
.row{white-space:pre;padding:0 .2rem;cursor:default;width:max-content;min-width:100%}
li[aria-expanded]>.row::before{content:"▾ ";color:var(--muted)}li[aria-expanded=false]>.row::before{content:"▸ "}
li:not([aria-expanded])>.row::before{content:"  "}
li[aria-expanded=false]>ul{display:none}li:focus{outline:none}li:focus>.row{outline:2px solid var(--fn)}
li[aria-selected=true]>.row{background:var(--sel)}li.hit>.row{background:var(--mark)}
.function,.root{color:var(--fn)}.expression{color:var(--ex)}.object,.assignment{color:var(--ob)}
.condition,.case,.loop,.label,.slot{color:var(--st)}.leave,.error{color:var(--er)}
.place,.note,.mark,.guard,.external,.comment{color:var(--muted)}
@media(max-width:60rem){main{grid-template-columns:1fr}aside{position:static;border:0;padding:0}}
"""

_SCRIPT = """
(function(){
var tree=document.getElementById('tree'),data=JSON.parse(document.getElementById('data').textContent);
var items=Array.prototype.slice.call(tree.querySelectorAll('li')),details=document.getElementById('details');
var search=document.getElementById('search'),found=document.getElementById('found'),hits=[],at=-1,current=items[0];
function visible(li){for(var p=li.parentElement.closest('li');p;p=p.parentElement.closest('li'))
 if(p.getAttribute('aria-expanded')==='false')return false;return true}
function set(li,open){if(li.hasAttribute('aria-expanded'))li.setAttribute('aria-expanded',open?'true':'false')}
function reveal(li){for(var p=li.parentElement.closest('li');p;p=p.parentElement.closest('li'))set(p,true)}
function show(li){var dl=document.createElement('dl');data[+li.dataset.n].forEach(function(r){
 var dt=document.createElement('dt'),dd=document.createElement('dd');dt.textContent=r[0];
 if(r[2]){var a=document.createElement('a');a.href=r[2];a.textContent=r[1];a.rel='noreferrer';dd.appendChild(a)}
 else dd.textContent=r[1];dl.appendChild(dt);dl.appendChild(dd)});details.replaceChildren(dl)}
function choose(li,focus){current.tabIndex=-1;current.removeAttribute('aria-selected');
 current=li;li.tabIndex=0;li.setAttribute('aria-selected','true');if(focus!==false)li.focus();
 li.firstElementChild.scrollIntoView({block:'nearest',inline:'nearest'});show(li)}
function step(by){var list=items.filter(visible),i=list.indexOf(current)+by;if(i>=0&&i<list.length)choose(list[i])}
tree.addEventListener('keydown',function(e){var li=current,open=li.getAttribute('aria-expanded'),used=true;
 if(e.ctrlKey||e.altKey||e.metaKey)return;
 switch(e.key){case'ArrowDown':step(1);break;case'ArrowUp':step(-1);break;
 case'ArrowRight':if(open==='false')set(li,true);else if(open==='true')step(1);break;
 case'ArrowLeft':if(open==='true')set(li,false);else{var p=li.parentElement.closest('li');if(p)choose(p)}break;
 case'Home':choose(items[0]);break;
 case'End':var v=items.filter(visible);choose(v[v.length-1]);break;
 case'Enter':case' ':set(li,open==='false');show(li);break;
 case'*':Array.prototype.forEach.call(li.parentElement.children,function(s){set(s,true)});break;default:used=false}
 if(used)e.preventDefault()});
tree.addEventListener('click',function(e){var li=e.target.closest('li');if(!li)return;
 if(li===current||e.offsetX<16)set(li,li.getAttribute('aria-expanded')==='false');choose(li)});
function look(){var q=search.value.trim().toLowerCase();hits.forEach(function(h){h.classList.remove('hit')});
 hits=q?items.filter(function(i){return i.firstElementChild.textContent.toLowerCase().indexOf(q)>=0}):[];at=-1;
 hits.forEach(function(h){h.classList.add('hit');reveal(h)});found.textContent=q?hits.length+' found':''}
search.addEventListener('input',look);
search.addEventListener('keydown',function(e){if(e.key==='Enter'&&hits.length){
 at=(at+(e.shiftKey?hits.length-1:1))%hits.length;choose(hits[at],false);
 found.textContent=(at+1)+' of '+hits.length;e.preventDefault()}
 else if(e.key==='Escape'){search.value='';look();current.focus()}
 else if(e.key==='ArrowDown'){choose(at>=0?hits[at]:hits[0]||current);e.preventDefault()}});
document.addEventListener('keydown',function(e){if(e.key==='/'&&document.activeElement!==search){
 search.focus();e.preventDefault()}});
document.getElementById('open').onclick=function(){items.forEach(function(i){set(i,true)})};
document.getElementById('close').onclick=function(){items.forEach(function(i){set(i,i===items[0])})};
var tabs=Array.prototype.slice.call(document.querySelectorAll('[role=tab]'));
tabs.forEach(function(t,n){t.onclick=function(){tabs.forEach(function(o){var on=o===t;
 o.setAttribute('aria-selected',on?'true':'false');o.tabIndex=on?0:-1;
 document.getElementById(o.getAttribute('aria-controls')).hidden=!on})};
 t.onkeydown=function(e){if(e.key==='ArrowRight'||e.key==='ArrowLeft'){
 var o=tabs[(n+(e.key==='ArrowRight'?1:tabs.length-1))%tabs.length];o.click();o.focus()}}});
choose(items[0],false);
})();
"""
