"""Struct, union, enum and typedef definitions.

Members of anonymous structs and unions are listed with the outer one's; a named member whose struct has no
tag gets the tag `outer::member`. Not handled: members made by macros other than `struct_group`.
"""

import re

from tree_sitter import Node

from analyzer.extract.text import Text, first_name, name_node
from analyzer.model.facts import Enum, Enumerator, Field, Record, Typedef

_TAGGED_GROUP = re.compile(rb"struct_group_tagged\s*\(\s*\w+\s*,\s*(\w+)\s*,")
_RECORDS = ("struct_specifier", "union_specifier")


def _tag(text: Text, node: Node) -> str:
    name = node.child_by_field_name("name")
    return "" if name is None else text.masked[name.start_byte : name.end_byte].decode("utf-8", "replace")


def records_of(text: Text, nodes: list[Node]) -> list[Record]:
    """All records; inner untagged ones with a made-up tag."""
    found: list[Record] = []
    inner: set[int] = set()  # untagged records that an enclosing one has taken in
    for node in sorted(nodes, key=lambda n: (n.start_byte, -n.end_byte)):
        if node.start_byte in inner:
            continue
        tag = _tag(text, node)
        if not tag:
            tag = _declared_name(text, node)
        _record(text, node, tag, found, inner)
    return found


def _declared_name(text: Text, node: Node) -> str:
    """For an untagged record: the typedef's name, or `(file scope variable)`'s."""
    parent = node.parent
    if parent is None:
        return ""
    spelled = first_name(text, parent)
    if not spelled:
        return ""
    return spelled if parent.type == "type_definition" else f"::{spelled}"


def _record(text: Text, node: Node, tag: str, found: list[Record], inner: set[int]) -> None:
    fields: list[Field] = []
    position = len(found)
    _fields(text, node, tag, fields, found, inner)
    found.insert(
        position,
        Record(
            tag,
            "struct" if node.type == "struct_specifier" else "union",
            tuple(fields),
            text.line(node.start_byte),
            text.line(node.end_byte),
            text.guard(node.start_byte),
        ),
    )


def _fields(text: Text, node: Node, tag: str, fields: list[Field], found: list[Record], inner: set[int]) -> None:
    body = node.child_by_field_name("body")
    if body is None:
        return
    for child in body.named_children:
        if child.type != "field_declaration":
            continue
        type_node = child.child_by_field_name("type")
        if type_node is None:
            continue
        declarators = child.children_by_field_name("declarator")
        nested = type_node.type in _RECORDS and type_node.child_by_field_name("body") is not None
        if nested and not _tag(text, type_node):
            inner.add(type_node.start_byte)
            if not declarators:
                _fields(text, type_node, tag, fields, found, inner)
                continue
            name = name_node(declarators[0])
            spelled = text.masked[name.start_byte : name.end_byte].decode("utf-8", "replace") if name else ""
            inner_tag = f"{tag}::{spelled}"
            _record(text, type_node, inner_tag, found, inner)
            prefix = f"{'struct' if type_node.type == 'struct_specifier' else 'union'} {inner_tag}"
        elif nested:
            prefix = f"{'struct' if type_node.type == 'struct_specifier' else 'union'} {_tag(text, type_node)}"
            if not declarators:  # with -fms-extensions, the members of a tagged struct are the outer's too
                _fields(text, type_node, tag, fields, found, set())
                match = _TAGGED_GROUP.match(text.data, child.start_byte)
                if match:
                    spelled = match.group(1).decode("utf-8", "replace")
                    fields.append(Field(spelled, prefix, text.line(child.start_byte), ""))
                continue
        else:
            prefix = ""
        for declarator in declarators:
            name = name_node(declarator)
            if name is None:
                continue
            pieces = [
                (declarator.start_byte, name.start_byte),
                (name.end_byte, declarator.end_byte),
            ]
            if prefix:
                type_text = f"{prefix} {text.type_text(pieces)}".strip()
            else:
                type_text = text.type_text([(child.start_byte, type_node.end_byte), *pieces])
            fields.append(
                Field(
                    text.masked[name.start_byte : name.end_byte].decode("utf-8", "replace"),
                    type_text,
                    text.line(name.start_byte),
                    text.guard(name.start_byte),
                )
            )


def enums_of(text: Text, nodes: list[Node]) -> list[Enum]:
    """All enums with their constants."""
    found = []
    for node in sorted(nodes, key=lambda n: n.start_byte):
        body = node.child_by_field_name("body")
        if body is None:
            continue
        constants = []
        for child in body.named_children:
            if child.type != "enumerator":
                continue
            name = child.child_by_field_name("name")
            value = child.child_by_field_name("value")
            if name is None:
                continue
            constants.append(
                Enumerator(
                    text.masked[name.start_byte : name.end_byte].decode("utf-8", "replace"),
                    text.original(value.start_byte, value.end_byte) if value is not None else "",
                    text.line(name.start_byte),
                )
            )
        tag = _tag(text, node) or _declared_name(text, node)
        found.append(
            Enum(
                tag,
                tuple(constants),
                text.line(node.start_byte),
                text.line(node.end_byte),
                text.guard(node.start_byte),
            )
        )
    return found


def typedefs_of(text: Text, nodes: list[Node]) -> list[Typedef]:
    """All typedefs. One of an untagged record names the record."""
    found = []
    for node in sorted(nodes, key=lambda n: n.start_byte):
        type_node = node.child_by_field_name("type")
        if type_node is None:
            continue
        has_body = type_node.child_by_field_name("body") is not None
        for declarator in node.children_by_field_name("declarator"):
            name = name_node(declarator)
            if name is None:
                continue
            spelled = text.masked[name.start_byte : name.end_byte].decode("utf-8", "replace")
            pieces = [
                (declarator.start_byte, name.start_byte),
                (name.end_byte, declarator.end_byte),
            ]
            if has_body:
                kind = type_node.type.split("_")[0]
                type_text = f"{kind} {_tag(text, type_node) or spelled} {text.type_text(pieces)}".strip()
            else:
                type_text = text.type_text([(node.start_byte, type_node.end_byte), *pieces])
            found.append(Typedef(spelled, type_text, text.line(name.start_byte), text.guard(node.start_byte)))
    return found
