"""Functions that are declared as other names of one of the same file: `int f(void) __alias(__f);`.

The linker gives both names one address; here such a function is one without a body that leads to the other.

Not handled: what its parameters hand over, and aliases of what another file defines, which there are none of.
"""

import re

from tree_sitter import Node

from analyzer.extract.text import Text, declared, declares_function
from analyzer.extract.variables import parameters_of
from analyzer.model.facts import Definition, DirectCall

_ALIAS = re.compile(
    rb"\b(?:__alias__|__alias|alias)\s*\(\s*(?:__stringify\s*\(\s*)?"
    rb"((?:\"\w*\"\s*)+|[A-Za-z_]\w*)\s*\)"  # a word, or literals side by side
)


def aliases_of(text: Text, nodes: list[Node]) -> list[Definition]:
    """The functions that file-scope declarations give as aliases."""
    if b"alias" not in text.data:
        return []
    found = []
    for node in nodes:
        match = _ALIAS.search(text.data, node.start_byte, node.end_byte)
        if match is None:
            continue
        for inner, name, _ in declared(node):
            if declares_function(inner):
                found.append(_alias(text, node, inner, name, match))
    return found


def _alias(text: Text, node: Node, declarator: Node, name: Node, match: re.Match[bytes]) -> Definition:
    start = name.start_byte
    while declarator.type == "pointer_declarator" and (inner := declarator.child_by_field_name("declarator")):
        declarator = inner
    parameters = declarator.child_by_field_name("parameters")
    line, column, guard = text.line(start), text.column(start), text.guard(start)
    target = "".join(match[1].decode().replace('"', "").split())
    return Definition(
        name=text.spelled(name),
        line=line,
        column=column,
        end_line=text.line(node.end_byte),
        start=0,
        body=0,
        end=0,
        static=False,
        inline=False,
        weak=re.search(rb"\b_*weak_*\b", text.data[node.start_byte : node.end_byte]) is not None,
        return_type=text.type_text([(node.start_byte, start)]),
        parameters=parameters_of(text, parameters) if parameters is not None else (),
        guard=guard,
        head="",
        calls=(DirectCall(target, text.line(match.start(1)), text.column(match.start(1)), 0, 0, guard),),
        indirect=(),
        assignments=(),
        variables=(),
        references=(),
    )
