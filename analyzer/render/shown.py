"""What `kcg show` prints: definitions close to C under the place where they stand; tables, Markdown, rows.

A definition that was read from its source is shown as written, nesting and comments included; one that a macro
makes is shown from the facts. Every line of C text ends in a comment with its line of the source.

Not handled: the order of evaluation of macros.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from analyzer.model.shown import (
    Member,
    Shown,
    ShownConstant,
    ShownConstants,
    ShownEntry,
    ShownEnum,
    ShownField,
    ShownFunction,
    ShownMacro,
    ShownObject,
    ShownRecord,
    ShownTypedef,
    Value,
)
from analyzer.render.jsonout import function_row
from analyzer.render.text import rows_text
from analyzer.render.words import plural

_LONGEST = 90  # characters of a comment at the end of a line
_POINTER = re.compile(r"\s*\((?P<stars>\*+)(?P<rest>[^()]*)\)")


def shown_text(items: Sequence[Shown]) -> str:
    """All definitions, a blank line between two."""
    return "\n".join(_text(item) for item in items)


def shown_table(items: Sequence[Shown]) -> str:
    """All definitions as plain tables under their heads, a blank line between two."""
    return "\n".join(f"{_title(item)}\n{rows_text(*_table(item))}" for item in items)


def shown_markdown(items: Sequence[Shown], *, level: int = 2, url: Callable[[str, int], str] | None = None) -> str:
    """All definitions as Markdown: a heading, the place (a link with `url`, which gets file and line), a table."""
    return "\n".join(_markdown(item, level, url) for item in items)


def _markdown(item: Shown, level: int, url: Callable[[str, int], str] | None) -> str:
    file, line = _file_line(item)
    where = f"{file}:{line}" if file else ""
    link = f"[{where}]({url(file, line)})" if where and url else where
    text = f"{'#' * level} `{_title(item).partition('  (')[0]}`\n\n"
    if link:
        text += f"{link}\n\n"
    comment = getattr(item, "comment", "")
    if comment:
        text += f"{comment}\n\n"
    if isinstance(item, (ShownFunction, ShownMacro, ShownTypedef)) or not _table(item)[1]:
        return f"{text}```c\n{_text(item).partition('*/')[2].lstrip()}```\n"
    head, rows = _table(item)
    return text + markdown_table(head, rows)


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; cells that are C are code."""
    lines = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    for row in rows:
        cells = [
            _cell(cell, code=column not in ("line", "comment")) for column, cell in zip(head, row, strict=True)
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _cell(text: str, *, code: bool) -> str:
    escaped = text.replace("|", "\\|")
    if not code or not text:
        return escaped
    return (
        f"`{escaped}`"
        if text == text.strip()
        else f"{'&nbsp;' * (len(text) - len(text.lstrip()))}`{escaped.strip()}`"
    )


def _title(item: Shown) -> str:
    file, line = _file_line(item)
    where = f"  ({file}:{line})" if file else ""
    match item:
        case ShownFunction():
            return f"{item.function.signature}{where}"
        case ShownRecord():
            return f"{item.keyword} {item.name}{where}"
        case ShownEnum():
            return f"enum {item.name}".rstrip() + where
        case ShownConstants():
            return f"{item.name}{where}"
        case ShownTypedef():
            return f"typedef {_named(item)}{where}"
        case ShownMacro():
            parameters = "" if item.parameters is None else f"({', '.join(item.parameters)})"
            return f"#define {item.name}{parameters}{where}"
        case ShownObject():
            return f"{_declare(item.type, item.name)}{where}"


def _file_line(item: Shown) -> tuple[str, int]:
    if isinstance(item, ShownFunction):
        return item.function.ref.file, item.function.ref.line
    if isinstance(item, ShownConstants):
        files = {c.file for c in item.constants}
        return (files.pop(), min(c.line for c in item.constants)) if len(files) == 1 else ("", 0)
    return item.file, item.line


def _table(item: Shown) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Head and rows of a definition."""
    match item:
        case ShownFunction():
            return ("parameter", "type"), [(p.name, p.type) for p in item.function.parameters]
        case ShownRecord():
            rows = list(_member_table(item.members, 0))
            if not rows:
                rows = [(f.name, f.type, str(f.line), f.guard) for f in item.fields]
            return ("member", "type", "line", "comment"), rows
        case ShownEnum():
            return ("constant", "value", "line", "comment"), [
                (c.name, _valued(c), str(c.line), c.comment) for c in item.constants
            ]
        case ShownConstants():
            return ("constant", "value", "line", "comment"), [
                (c.name, _valued(c), _where(c), c.comment) for c in item.constants
            ]
        case ShownTypedef():
            return ("typedef", "type"), [(item.name, item.type)]
        case ShownMacro():
            return ("macro", "body"), [(item.name, item.body)]
        case ShownObject():
            found = list(_value_table(item.values, ""))
            if not found:
                found = [(_path(e), e.value, str(e.line), e.guard) for e in item.entries]
            return ("entry", "value", "line", "guard"), found


def _member_table(members: Sequence[Member], depth: int) -> Iterator[tuple[str, ...]]:
    for member in members:
        name = ("  " * depth) + (member.name or member.keyword or member.text)
        kind = f"{member.keyword} {{…}}" if member.members else member.type or member.text
        remark = "  ".join(
            part for part in (f"{{{member.guard}}}" if member.guard else "", member.comment) if part
        )
        yield name, kind, str(member.line), remark
        yield from _member_table(member.members, depth + 1)


def _value_table(values: Sequence[Value], path: str) -> Iterator[tuple[str, ...]]:
    for number, value in enumerate(values):
        own = f"{path}{value.designator or f'[{number}]'}"
        if value.values:
            yield from _value_table(value.values, own)
        else:
            yield own, value.text, str(value.line), value.guard


def shown_row(item: Shown) -> dict[str, Any]:
    """One definition as JSON-ready data: `kind` and what the kind has; null where unknown."""
    if isinstance(item, ShownFunction):
        function = item.function
        parameters = [msgspec.to_builtins(p) for p in function.parameters]
        row = function_row(function, kind="function")
        build = item.build and {
            "guard": item.build.guard or None,
            "linked_into": list(item.build.images),
            "lines": list(item.build.steps),
        }
        return {**row, "return_type": function.return_type, "parameters": parameters, "build": build}
    row = msgspec.to_builtins(item)
    return {key: _null(key, value) for key, value in row.items()}


def _null(key: str, value: Any) -> Any:
    """Empty guards and values mean that there is none, at every level."""
    if isinstance(value, (list, tuple)):
        return [{k: _null(k, v) for k, v in part.items()} if isinstance(part, dict) else part for part in value]
    return None if value == "" and key in ("guard", "value") else value


def _text(item: Shown) -> str:
    match item:
        case ShownFunction():
            return _function(item)
        case ShownRecord():
            return _record(item)
        case ShownEnum():
            return _enum(item)
        case ShownConstants():
            return _constants(item)
        case ShownTypedef():
            return f"{_place(item.file, item.line, item.guard)}typedef {_named(item)};\n"
        case ShownMacro():
            return _macro(item)
        case ShownObject():
            return _object(item)


def _place(file: str, line: int, guard: str) -> str:
    return f"/* {file}:{line}{f'  {{{guard}}}' if guard else ''} */\n"


def _function(item: ShownFunction) -> str:
    function = item.function
    words = ["static"] if function.linkage == "internal" else []
    words += ["inline"] if function.inline else []
    words += ["__weak"] if function.linkage == "weak" else []
    text = _place(function.ref.file, function.ref.line, function.guard)
    text += _remark(item.comment)
    text += " ".join([*words, f"{function.signature};"]) + "\n"
    if function.aliases:
        text += f"/* also {', '.join(function.aliases)} */\n"
    if function.macro:
        text += f"/* made by {function.macro} */\n"
    if item.build and item.build.guard:
        text += f"/* its file is built with {item.build.guard} */\n"
    return text


def _record(item: ShownRecord) -> str:
    head = _place(item.file, item.line, item.guard) + _remark(item.comment)
    head += f"{item.keyword} {item.name} {{\n"
    if item.members:
        return head + _columns(list(_member_rows(item.members, 0))) + "};\n"
    members = [(f"{_declare(f.type, f.name)};", _note(f)) for f in item.fields]
    return head + _columns(members) + "};\n"


def _member_rows(members: Sequence[Member], depth: int, guard: str = "") -> Iterator[tuple[str, str]]:
    """Lines of C with the remark at their end, nested structs in place."""
    indent = "    " * depth
    for member in members:
        note = _member_note(member, guard)
        if not member.members:
            end = "" if member.keyword == "#define" else ";"
            yield f"{indent}{member.text}{end}", note
            continue
        yield f"{indent}{member.keyword} {{", note
        if member.keyword.startswith("enum"):
            yield from ((f"{indent}    {m.text},", _member_note(m, member.guard)) for m in member.members)
        else:
            yield from _member_rows(member.members, depth + 1, member.guard)
        yield f"{indent}}} {member.tail}".rstrip() + ";", ""


def _member_note(member: Member, guard: str) -> str:
    own = f"  {{{member.guard}}}" if member.guard and member.guard != guard else ""
    return f"{member.line}{own}{f'  {_short(member.comment)}' if member.comment else ''}"


def _enum(item: ShownEnum) -> str:
    members = [
        (f"{c.name} = {c.value}," if c.value else f"{c.name},", f"{c.line}{_counted(c)}") for c in item.constants
    ]
    head = f"enum {item.name} {{\n" if item.name else "enum {\n"
    return _place(item.file, item.line, item.guard) + _remark(item.comment) + head + _columns(members) + "};\n"


def _counted(constant: ShownConstant) -> str:
    """What stands behind a constant's line: its number where the text does not give it, and its comment."""
    number = "" if constant.number is None or constant.value == str(constant.number) else f"  = {constant.number}"
    return number + (f"  {_short(constant.comment)}" if constant.comment else "")


def _short(comment: str) -> str:
    """The beginning of a long comment; tables have the whole."""
    if len(comment) <= _LONGEST:
        return comment
    return f"{comment[:_LONGEST].rpartition(' ')[0]} …"


def _remark(comment: str) -> str:
    return f"/* {comment.replace('*/', '* /')} */\n" if comment else ""


def _constants(item: ShownConstants) -> str:
    file, line = _file_line(item)
    where = f", {file}:{line}" if file and len(item.constants) > 1 else ""
    text = f"/* {item.name}: {plural(len(item.constants), 'constant')}{where} */\n"
    rows = [(c.name, _valued(c), _where(c), c.comment) for c in item.constants]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(3)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, (*widths, 0), strict=True)) for row in rows)
    return text + "".join(f"{line.rstrip()}\n" for line in lines)


def _valued(constant: ShownConstant) -> str:
    """`2`, `16 = AF_NETLINK`, `0x20 = 1 << 5`: the number, and what the text says where that is something else."""
    if constant.number is None:
        return constant.value
    number = str(constant.number)
    uncast = re.sub(r"^\((?:__force )?[a-z]\w*\)|[()]", "", constant.value).strip()
    if re.fullmatch(r"-?(?:0[xX][0-9a-fA-F]+|\d+)[uUlL]*", uncast):
        return uncast.rstrip("uUlL")
    return f"{number} = {constant.value}" if constant.value else number


def _where(constant: ShownConstant) -> str:
    return f"{constant.file}:{constant.line}"


def _macro(item: ShownMacro) -> str:
    parameters = "" if item.parameters is None else f"({', '.join(item.parameters)})"
    body = f" {item.body}" if item.body else ""
    return f"{_place(item.file, item.line, item.guard)}#define {item.name}{parameters}{body}\n"


def _object(item: ShownObject) -> str:
    text = _place(item.file, item.line, item.guard) + _remark(item.comment)
    text += f"{'static ' if item.static else ''}{_declare(item.type, item.name)}"
    if item.values:
        return f"{text} = {{\n{_columns(list(_value_rows(item.values, 0)))}}};\n"
    if item.entries:
        width = max(len(_path(entry)) for entry in item.entries)
        rows = [(f"{_path(e).ljust(width)} = {e.value},", _note(e)) for e in item.entries]
        return f"{text} = {{\n{_columns(rows)}}};\n"
    return f"{text} = {item.value};\n" if item.value else f"{text};\n"


def _value_rows(values: Sequence[Value], depth: int) -> Iterator[tuple[str, str]]:
    indent = "    " * depth
    width = max((len(v.designator) for v in values if not v.values), default=0)
    for value in values:
        note = f"{value.line}  {{{value.guard}}}" if value.guard else str(value.line)
        if value.values:
            head = f"{value.designator} = {{" if value.designator else "{"
            yield f"{indent}{head}", note
            yield from _value_rows(value.values, depth + 1)
            yield f"{indent}}},", ""
        elif value.designator:
            yield f"{indent}{value.designator.ljust(width)} = {value.text},", note
        else:
            yield f"{indent}{value.text},", note


def _path(entry: ShownEntry) -> str:
    return entry.path if entry.path.startswith(("[", "#", ".")) else f".{entry.path}"


def _note(item: ShownField | ShownEntry) -> str:
    return f"{item.line}  {{{item.guard}}}" if item.guard else str(item.line)


def _columns(rows: Sequence[tuple[str, str]]) -> str:
    """Members, each with its line (and guard) at the right."""
    # A few long members (callbacks with many parameters) must not push all lines to the right.
    width = min(max((len(text) for text, note in rows if note), default=0), 56)
    return "".join(f"    {text.ljust(width)}  /* {note} */\n" if note else f"    {text}\n" for text, note in rows)


def _named(item: ShownTypedef) -> str:
    return _declare(item.type, item.name)


def _declare(type_: str, name: str) -> str:
    """C text of a declaration: the name goes behind the `*` of `(*)`, or before `[`."""
    name = name.rpartition(".")[2]
    pointer = _POINTER.search(type_)
    if pointer:
        inner = f"({pointer['stars']}{name}{pointer['rest']})"
        return f"{_spaced(type_[: pointer.start()])}{inner}{type_[pointer.end() :]}"
    base, bracket, rest = type_.partition("[")
    return f"{_spaced(base)}{name}{bracket}{rest}".strip()


def _spaced(type_: str) -> str:
    """`struct sock *`, ready for a name to follow; `int` gets a blank."""
    plain = type_.rstrip(" *")
    return f"{plain} {type_[len(plain) :].replace(' ', '')}"
