"""From rows to trees: which rows form one, and what hangs under what.

A line with a connector hangs by the connector's column, any other by the column of its words. Not handled:
trees side by side.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from analyzer.model.checks import Block, Item
from analyzer.notes.parts import Part
from analyzer.notes.prefix import column, tab_width
from analyzer.notes.rows import Row

_SYSCALL = re.compile(r"(COMPAT_)?SYSCALL(?:32)?_DEFINE\w*$")
_MAX_BLANK = 2  # blank lines inside a tree
_PRINTED = re.compile(r"^\w+\s{2}\([\w./+-]+\.[chS]:\d+\)")


def blocks(rows: Sequence[Row], *, code: bool, forced: frozenset[int] = frozenset()) -> list[Block]:
    """The trees among the rows of one region. `forced`: rows (by line) that begin a tree in any case."""
    found: list[Block] = []
    at = 0
    while at < len(rows):
        row = rows[at]
        if row.frame:
            end = at
            while end < len(rows) and (rows[end].frame or rows[end].skip):
                end += 1
            if sum(r.frame for r in rows[at:end]) >= 2:
                found.append(_backtrace(rows[at:end]))
            at = end
            continue
        if not _is_root(row, code or row.number in forced):
            at += 1
            continue
        end = _extent(rows, at, code)
        block = _block(rows[at:end], code)
        if block is not None and (_is_tree(block, rows[at:end], code) or row.number in forced):
            found.append(block)
            at = end
            continue
        at += 1
    return found


def _is_root(row: Row, trusted: bool) -> bool:
    first = row.first
    if first is None or first.kind != "call" or first.left == "return":
        return False
    # A statement's own line: `x = f();` begins no tree.
    if first.left or (row.text.rstrip().endswith(";") and not first.declared):
        return False
    return first.strong or trusted or bool(row.prefix.connector and not row.prefix.bullet)


def _extent(rows: Sequence[Row], at: int, code: bool) -> int:
    """The end of the tree that may begin at a row."""
    root = rows[at]
    key = _key(root, 8)
    content = column(root.text[: root.prefix.start], 8)
    end = at + 1
    last = at + 1
    joined = False
    while end < len(rows):
        row = rows[end]
        if row.blank or row.skip:
            joined = row.down or (row.spacer and not row.blank) or (joined and row.skip)
            end += 1
            if sum(r.blank for r in rows[last:end]) > _MAX_BLANK:
                break
            continue
        if row.frame or (row.depth == 0 and row.style == "collapsed"):
            break
        if root.style == "collapsed" and row.number != root.number:
            break  # it lost its line breaks: all of it is on one line
        here = column(row.prefix.lead, 8)
        words = column(row.text[: row.prefix.start], 8)
        gap = end > last and any(r.blank for r in rows[last:end])
        if row.depth > 0:
            below = True
        elif row.prefix.connector:
            below = here > key or (here == key and not root.prefix.connector)
        else:
            below = words > content or (words > key and bool(root.prefix.connector))
        beside = not below and here == key and bool(root.prefix.connector) == bool(row.prefix.connector)
        if (
            below
            or (beside and joined and row.first is not None and row.first.kind != "prose")
            or (beside and not gap and _is_root(row, code) and last > at)
        ):
            pass
        else:
            break
        end += 1
        last = end
        joined = False
    return last


@dataclass(slots=True)
class _Open:
    """An item that later rows may hang under."""

    key: int
    words: int
    connector: bool
    item: int


@dataclass(slots=True)
class _Tree:
    items: list[Item] = field(default_factory=list)
    open: list[_Open] = field(default_factory=list)


def _block(rows: Sequence[Row], code: bool) -> Block | None:
    tab = tab_width([r.prefix for r in rows if r.first is not None])
    tree = _Tree()
    pending = False
    previous: Row | None = None
    depths: list[int] = []
    for row in rows:
        if row.first is None:
            pending = row.down or (pending and not row.blank) or (row.spacer and _falls(row, previous, rows, tab))
            continue
        if row.depth >= 0:
            parent = depths[row.depth - 1] if 0 < row.depth <= len(depths) else -1
            del depths[row.depth :]
            _add(tree, row, parent)
            depths.append(len(tree.items) - 1)
        else:
            _hang(tree, row, tab, pending and not row.prefix.connector)
        pending = False
        previous = row
    if not tree.items:
        return None
    style = _style(rows)
    items = tree.items
    if style != "chain" and all(i.parent < 0 for i in items) and len(items) >= 3:
        items = [_with_others(item, number) for number, item in enumerate(items)]
        style = "flat"
    numbers = [r.number for r in rows if r.first is not None]
    return Block(
        first=numbers[0] + 1,
        last=numbers[-1] + 1,
        style=style,
        items=tuple(items),
        printed=bool(_PRINTED.match(rows[0].text)),
    )


def _key(row: Row, tab: int) -> int:
    """Where a root hangs: a bar before it is the one that its entries hang from."""
    bar = re.search(r"[|│┃]", row.prefix.lead) if not row.prefix.connector else None
    return column(row.prefix.lead[: bar.start()] if bar else row.prefix.lead, tab)


def _falls(row: Row, previous: Row | None, rows: Sequence[Row], tab: int) -> bool:
    """Whether a line of bars between two lines of the same column means `calls`."""
    if previous is None or previous.prefix.connector:
        return False
    following = next((r for r in rows if r.number > row.number and r.first is not None), None)
    if following is None or following.prefix.connector:
        return False
    return column(previous.prefix.lead, tab) == column(following.prefix.lead, tab)


def _hang(tree: _Tree, row: Row, tab: int, fallen: bool) -> None:
    stack = tree.open
    key = column(row.prefix.lead, tab) if stack else _key(row, tab)
    words = column(row.text[: row.prefix.start], tab)
    connector = bool(row.prefix.connector)
    if fallen and tree.items:
        while stack and stack[-1].key > key:
            stack.pop()
        _add(tree, row, stack[-1].item if stack else len(tree.items) - 1)
        stack.append(_Open(key, words, connector, len(tree.items) - 1))
        return
    if connector:
        while stack and (stack[-1].key > key or (stack[-1].key == key and stack[-1].connector)):
            stack.pop()
    else:
        while stack and stack[-1].words >= words:
            stack.pop()
    _add(tree, row, stack[-1].item if stack else -1)
    stack.append(_Open(key, words, connector, len(tree.items) - 1))


def _add(tree: _Tree, row: Row, parent: int) -> None:
    """Append a row's parts; the last one is what later rows hang under."""
    base = len(tree.items)
    for part in row.parsed.parts:
        above = parent if part.above < 0 else base + part.above
        tree.items.append(item_of(part, row, above, tuple(base + n for n in part.also)))


def item_of(part: Part, row: Row, parent: int, others: tuple[int, ...] = ()) -> Item:
    """A part as an item. `SYSCALL_DEFINE3(socket, …)` is the function `sys_socket`."""
    name, callee, given, declared = part.name, part.callee, part.arguments, part.declared
    if part.kind == "call" and (match := _SYSCALL.match(name)) and given:
        name = callee = f"{'compat_' if match[1] else ''}sys_{given[0]}"
        given, declared = None, True
    last = part is row.parsed.parts[-1]
    return Item(
        kind=part.kind,
        line=row.number + 1,
        column=part.start,
        end=part.end,
        text=part.text.strip(),
        parent=parent,
        others=others,
        name=name,
        callee=callee,
        arguments=given,
        declared=declared,
        left=part.left,
        right=part.right,
        condition=part.condition,
        keyword=part.keyword,
        label=part.label,
        remark=row.parsed.remark if last else "",
        name_at=part.name_at if part.name == name else (-1, -1),
        arguments_at=part.arguments_at if given is not None else (-1, -1),
        expect=row.parsed.expect if last else "",
    )


def _with_others(item: Item, number: int) -> Item:
    """In a list that only gives an order, any earlier entry may be the caller."""
    import msgspec

    if number == 0:
        return item
    return msgspec.structs.replace(item, parent=number - 1, others=tuple(range(number - 1)))


def _style(rows: Sequence[Row]) -> str:
    named = [r for r in rows if r.first is not None]
    for style in ("collapsed", "ftrace", "cflow"):
        if any(r.style == style for r in named):
            return style
    if any(r.prefix.bullet for r in named):
        return "list"
    if any(r.prefix.connector for r in named):
        return "box"
    if len(named) == 1 and len(named[0].parsed.parts) > 1:
        return "chain"
    return "indent"


def _is_tree(block: Block, rows: Sequence[Row], code: bool) -> bool:
    """Whether the layout and the words are those of a call tree."""
    items = block.items
    functions = [i for i in items if i.kind in ("call", "pointer")]
    statements = [i for i in items if i.kind in ("assignment", "condition")]
    prose = [i for i in items if i.kind == "prose"]
    edges = [i for i in functions if i.parent >= 0]
    if not edges and len(statements) < 2:
        return False
    if len(prose) > 0.5 * len(items):
        return False
    strong = sum(1 for r in rows if r.strong)
    if block.style == "flat":
        return (code or any(r.prefix.bullet for r in rows)) and strong == len([r for r in rows if r.first])
    if not code and strong < 0.5 * len(functions):
        return False
    # Statements of C that were only indented differently: every line ends like one.
    ends = [r.text.rstrip().endswith((";", "{", "}")) for r in rows if not r.blank]
    return not (sum(ends) > 0.8 * len(ends) and not edges and block.style == "indent")


def _backtrace(rows: Sequence[Row]) -> Block:
    """Callee first: each frame is called by the next."""
    framed = [r for r in rows if r.first is not None]
    items = [
        item_of(r.parsed.parts[0], r, number + 1 if number + 1 < len(framed) else -1)
        for number, r in enumerate(framed)
    ]
    return Block(framed[0].number + 1, framed[-1].number + 1, "backtrace", tuple(items), callee_first=True)
