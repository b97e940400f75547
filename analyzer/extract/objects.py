"""File-scope variables, function declarations, and initializer lists wherever they stand.

Not handled: initializers that only a macro's expansion shows (the resolver expands those and reads the result
with the same code).
"""

import re
from collections.abc import Callable

from tree_sitter import Node

from analyzer.extract.text import Text, declared, declared_type, declares_function
from analyzer.extract.variables import PROTOTYPE
from analyzer.model.facts import Declaration, Entry, Object

_NUMBER = re.compile(r"^[-+~(]*\s*(?:0[xX][0-9a-fA-F]+|\d[\w.]*)\s*\)*$")
_NUMBERS = re.compile(rb"(?:[\s{},]++|-?(?:0[xX][0-9a-fA-F]++|\d++)[uUlL]*+(?!\w))*")
_PLAIN_ITEM = re.compile(
    rb"(\.[A-Za-z_]\w*+)\s*+=\s*+(&?[A-Za-z_]\w*+)"
)  # most: `.open = f`; no need to look inside
_MEMBER = re.compile(r"\.\w+")
_MAX_ENTRIES = 20_000
_MAX_VALUE = 400
_MAX_USE = 20_000  # bytes of a macro's use, which may hold a whole table
_LIST = re.compile(rb"=\s*+\{")


def declarations_of(text: Text, nodes: list[Node]) -> tuple[list[Declaration], list[Object]]:
    """Function declarations and variables of file-scope declarations."""
    functions: list[Declaration] = []
    variables: list[Object] = []
    for node in nodes:
        if text.is_clean and (plain := PROTOTYPE.fullmatch(text.masked, node.start_byte, node.end_byte)):
            start = plain.start("name")
            kind = text.type_text([(node.start_byte, start)])
            functions.append(Declaration(plain["name"].decode(), text.line(start), kind))
            continue
        type_node = node.child_by_field_name("type")
        if type_node is None:
            continue
        words = text.masked[node.start_byte : type_node.start_byte].split()
        static, extern = b"static" in words, b"extern" in words
        for inner, name, value in declared(node):
            spelled = text.spelled(name)
            if declares_function(inner):
                # the return type ends where the name begins
                functions.append(
                    Declaration(
                        spelled,
                        text.line(name.start_byte),
                        text.type_text([(node.start_byte, name.start_byte)]),
                    )
                )
                continue
            type_text = declared_type(text, node, type_node, inner, name)
            variables.append(
                _object(
                    text,
                    spelled,
                    type_text,
                    name.start_byte,
                    value,
                    static=static,
                    defined=not extern or value is not None,
                )
            )
    return functions, variables


def _object(
    text: Text,
    name: str,
    type_text: str,
    offset: int,
    value: Node | None,
    *,
    static: bool = False,
    defined: bool = True,
    function: str = "",
) -> Object:
    scalar = ""
    entries: tuple[Entry, ...] = ()
    if value is not None:
        value = _literal(value)
        if value.type == "initializer_list":
            entries = entries_of(text, value)
        elif value.type == "compound_literal_expression":
            inner = value.child_by_field_name("value")
            entries = entries_of(text, inner) if inner is not None else ()
        elif value.end_byte - value.start_byte <= _limit(value):
            scalar = text.original(value.start_byte, value.end_byte)
    return Object(
        name,
        type_text,
        static,
        text.line(offset),
        scalar,
        entries,
        text.guard(offset),
        function,
        defined,
    )


def _literal(value: Node) -> Node:
    """The compound literal that stands in parentheses, as macros' bodies have it; else the value itself."""
    inner: Node | None = value
    while inner is not None and inner.type == "parenthesized_expression":
        inner = inner.named_child(0)
    return inner if inner is not None and inner.type == "compound_literal_expression" else value


def _limit(value: Node) -> int:
    """How many bytes of a value are kept."""
    return _MAX_USE if value.type == "call_expression" else _MAX_VALUE


def local_objects(
    text: Text, declarations: list[Node], literals: list[Node], function_at: Callable[[int], str]
) -> list[Object]:
    """Initializer lists of local variables, and compound literals."""
    found = []
    for node in declarations:
        if not _LIST.search(text.masked, node.start_byte, node.end_byte):
            continue
        type_node = node.child_by_field_name("type")
        if type_node is None:
            continue
        for inner, name, value in declared(node):
            if value is None or value.type != "initializer_list":
                continue
            spelled = text.spelled(name)
            found.append(
                _object(
                    text,
                    spelled,
                    declared_type(text, node, type_node, inner, name),
                    name.start_byte,
                    value,
                    static=True,
                    function=function_at(name.start_byte),
                )
            )
    for node in literals:
        type_node = node.child_by_field_name("type")
        value = node.child_by_field_name("value")
        if type_node is None or value is None:
            continue
        entries = entries_of(text, value)
        if entries:
            found.append(
                Object(
                    "",
                    text.type_text([(type_node.start_byte, type_node.end_byte)]),
                    True,
                    text.line(node.start_byte),
                    "",
                    entries,
                    text.guard(node.start_byte),
                    function_at(node.start_byte),
                )
            )
    return [o for o in found if o.entries]


def entries_of(text: Text, node: Node) -> tuple[Entry, ...]:
    """The leaves of an initializer list, plain numbers at positional places left out."""
    if _NUMBERS.fullmatch(text.masked, node.start_byte, node.end_byte):
        return ()
    found: list[Entry] = []
    _walk(text, node, "", found)
    return tuple(found)


def _walk(text: Text, node: Node, path: str, found: list[Entry]) -> None:
    position = 0
    behind, since = "", 0  # the member that was designated last, and the items that follow it
    masked = text.masked
    for child in node.named_children:
        if len(found) >= _MAX_ENTRIES:
            return
        plain = _PLAIN_ITEM.fullmatch(masked, child.start_byte, child.end_byte)
        if plain is not None:
            behind, since = plain[1].decode()[1:], 0
            start = plain.start(2)
            spelled = text.original(start, plain.end())
            found.append(Entry(path + plain[1].decode(), spelled, text.line(start), text.guard(start)))
            continue
        kind = child.type
        if kind in ("comment", "ERROR"):
            continue
        if kind == "initializer_pair":
            designators = child.children_by_field_name("designator")
            value = child.child_by_field_name("value")
            step = "".join(_designator(text, d) for d in designators)
            if value is None:
                continue
            _leaf(text, value, path + step, found, designated=True)
            behind, since = (step[1:], 0) if _MEMBER.fullmatch(step) else ("", 0)
            if step.startswith("["):
                position = _next_position(step, position)
        elif kind == "assignment_expression" and (use := _use_before_item(text, child)) is not None:
            _leaf(text, use, f"{path}#{position}", found, designated=False)
            left, right = child.child_by_field_name("left"), child.child_by_field_name("right")
            if left is not None and right is not None:
                step = "".join(text.original(use.end_byte, left.end_byte).split())
                _leaf(text, right, path + step, found, designated=True)
            position += 1
        else:
            since += 1
            place = f"{behind}+{since}" if behind else str(position)
            _leaf(text, child, f"{path}#{place}", found, designated=False)
            position += 1


def _use_before_item(text: Text, node: Node) -> Node | None:
    """`F(x)` or `F` in `F(x) .a = b`: a macro use that brings its own comma, and the item after it, which the
    grammar takes for an assignment to a member."""
    inner = node.child_by_field_name("left")
    if inner is None or node.children[1].type != "=":
        return None
    while inner is not None and inner.type == "field_expression":
        inner = inner.child_by_field_name("argument")
    if inner is None or inner.type not in ("call_expression", "identifier"):
        return None
    return inner if b"\n" in text.data[inner.end_byte : node.end_byte].split(b".")[0] else None


def _next_position(step: str, position: int) -> int:
    inside = step[1:].split("]", maxsplit=1)[0].rsplit("...", maxsplit=1)[-1].strip()
    return int(inside, 0) + 1 if inside.isdecimal() else position + 1


def _designator(text: Text, node: Node) -> str:
    spelled = "".join(text.original(node.start_byte, node.end_byte).split())
    return f".{spelled}" if node.type == "field_identifier" else spelled  # the old `field: value`


def _leaf(text: Text, value: Node, path: str, found: list[Entry], *, designated: bool) -> None:
    value = _literal(value)
    if value.type == "initializer_list":
        _walk(text, value, path, found)
        return
    if value.type == "compound_literal_expression":
        inner = value.child_by_field_name("value")
        if inner is not None:
            _walk(text, inner, path, found)
        return
    if (
        value.type in ("number_literal", "string_literal", "concatenated_string", "char_literal")
        and not designated
    ):
        return
    if value.type in ("string_literal", "concatenated_string"):
        return
    spelled = text.original(value.start_byte, min(value.end_byte, value.start_byte + _limit(value)))
    if not designated and _NUMBER.match(spelled):
        return
    found.append(Entry(path, spelled, text.line(value.start_byte), text.guard(value.start_byte)))
