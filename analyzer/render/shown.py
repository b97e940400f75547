"""What `kcg show` prints: definitions close to C under the place where they stand; and as rows.

Not handled: comments of the source, and the order of evaluation of macros.
"""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from analyzer.model.shown import (
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
)
from analyzer.render.jsonout import function_row

_POINTER = re.compile(r"\s*\((?P<stars>\*+)(?P<rest>[^()]*)\)")


def shown_text(items: Sequence[Shown]) -> str:
    """All definitions, a blank line between two."""
    return "\n".join(_text(item) for item in items)


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
    text += " ".join([*words, f"{function.signature};"]) + "\n"
    if function.aliases:
        text += f"/* also {', '.join(function.aliases)} */\n"
    if function.macro:
        text += f"/* made by {function.macro} */\n"
    if item.build and item.build.guard:
        text += f"/* its file is built with {item.build.guard} */\n"
    return text


def _record(item: ShownRecord) -> str:
    members = [(f"{_declare(f.type, f.name)};", _note(f)) for f in item.fields]
    head = f"{item.keyword} {item.name} {{\n"
    return _place(item.file, item.line, item.guard) + head + _columns(members) + "};\n"


def _enum(item: ShownEnum) -> str:
    members = [(f"{c.name} = {c.value}," if c.value else f"{c.name},", str(c.line)) for c in item.constants]
    head = f"enum {item.name} {{\n" if item.name else "enum {\n"
    return _place(item.file, item.line, item.guard) + head + _columns(members) + "};\n"


def _constants(item: ShownConstants) -> str:
    width = max((len(c.name) for c in item.constants), default=0)
    values = max((len(c.value) for c in item.constants), default=0)
    text = f"/* {item.name}: {len(item.constants)} constants */\n"
    return text + "".join(f"{c.name.ljust(width)}  {c.value.ljust(values)}  {_where(c)}\n" for c in item.constants)


def _where(constant: ShownConstant) -> str:
    return f"{constant.file}:{constant.line}"


def _macro(item: ShownMacro) -> str:
    parameters = "" if item.parameters is None else f"({', '.join(item.parameters)})"
    body = f" {item.body}" if item.body else ""
    return f"{_place(item.file, item.line, item.guard)}#define {item.name}{parameters}{body}\n"


def _object(item: ShownObject) -> str:
    text = _place(item.file, item.line, item.guard)
    text += f"{'static ' if item.static else ''}{_declare(item.type, item.name)}"
    if item.entries:
        width = max(len(_path(entry)) for entry in item.entries)
        rows = [(f"{_path(e).ljust(width)} = {e.value},", _note(e)) for e in item.entries]
        return f"{text} = {{\n{_columns(rows)}}};\n"
    return f"{text} = {item.value};\n" if item.value else f"{text};\n"


def _path(entry: ShownEntry) -> str:
    return entry.path if entry.path.startswith(("[", "#", ".")) else f".{entry.path}"


def _note(item: ShownField | ShownEntry) -> str:
    return f"{item.line}  {{{item.guard}}}" if item.guard else str(item.line)


def _columns(rows: Sequence[tuple[str, str]]) -> str:
    """Members, each with its line (and guard) at the right."""
    # A few long members (callbacks with many parameters) must not push all lines to the right.
    width = min(max((len(text) for text, _ in rows), default=0), 56)
    return "".join(f"    {text.ljust(width)}  /* {note} */\n" for text, note in rows)


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
