"""Parameters and local variables of functions, and the plain form of their prototypes.

Most declarations are a type, stars and names. What these say depends on their text alone, so it is found without
the syntax tree and remembered.

Not handled: declarations that only a macro's expansion shows.
"""

import functools
import re

from tree_sitter import Node

from analyzer.extract.text import Text, declared, declared_type, name_node, type_of
from analyzer.model.callgraph import Parameter
from analyzer.model.facts import Variable

_WORDS = (
    rb"(?:const|volatile|static|extern|register|auto|inline|__inline|__inline__|typedef|struct|union|enum|unsigned|"
    rb"signed|long|short|int|char|void|float|double|_\w*|restrict|typeof|return|goto|else|case|sizeof|asm)\b"
)
_TYPE = (
    rb"(?P<type>(?:const\s+|static\s+)*(?:(?:struct|union|enum)\s+(?!" + _WORDS + rb")\w+"
    rb"|(?:(?:unsigned|signed|long|short|int|char)\s+)*(?:unsigned|signed|long|short|int|char|void|float|double)\b"
    rb"|(?!" + _WORDS + rb")[A-Za-z]\w*+))"
)
_NAME = rb"(?!" + _WORDS + rb")[A-Za-z]\w*+"
_PARAMETER = re.compile(_TYPE + rb"(?:\s+|(?=\*))(?:\*\s*)*(?P<name>" + _NAME + rb")")
PROTOTYPE = re.compile(
    rb"(?:(?:extern|inline)\s+)*"
    + _TYPE
    + rb"(?:\s+|\s*(?=\*))(?:\*\s*)*(?P<name>"
    + _NAME
    + rb")\s*\([^()\"]*\)\s*;"
)
_VARIABLES = re.compile(
    _TYPE + rb"(?:\s+|\s*(?=\*))(?P<names>(?:\*\s*)*" + _NAME + rb"(?:\s*,\s*(?:\*\s*)*" + _NAME + rb")*)\s*;"
)
_ONE = re.compile(rb"([*\s]*)(\w+)")


@functools.lru_cache(65536)
def plain_parameter(spelled: bytes) -> Parameter | None:
    """The parameter that a masked text declares; None where it takes the syntax tree to tell."""
    match = _PARAMETER.fullmatch(spelled)
    if match is None or b"T_" in spelled:
        return None
    return Parameter(type_of(spelled[: match.start("name")]), match["name"].decode())


@functools.lru_cache(65536)
def plain_parameters(spelled: bytes) -> tuple[Parameter, ...] | None:
    """The parameters of a masked list in parentheses; None where it takes the syntax tree to tell."""
    inside = spelled[1:-1].strip()
    if inside == b"void":
        return ()
    found = [plain_parameter(part.strip()) for part in inside.split(b",")]
    plain = tuple([parameter for parameter in found if parameter is not None])
    return plain if len(plain) == len(found) else None


@functools.lru_cache(65536)
def plain_variables(spelled: bytes) -> tuple[tuple[str, str, int], ...] | None:
    """(name, type, offset of the name) of the variables that a masked declaration without values declares; None
    where it takes the syntax tree to tell."""
    match = _VARIABLES.fullmatch(spelled)
    if match is None or b"T_" in spelled:
        return None
    prefix = match["type"]
    return tuple(
        (one[2].decode(), type_of(prefix + one[1].lstrip()), one.start(2))
        for one in _ONE.finditer(spelled, match.start("names"), match.end("names"))
    )


def _plain_variables(text: Text, node: Node) -> list[Variable] | None:
    start, end = node.start_byte, node.end_byte
    masked = text.masked
    value_at = masked.find(b"=", start, end)
    if value_at < 0:
        plain = plain_variables(masked[start:end])
        return (
            None
            if plain is None
            else [Variable(name, kind, "", text.line(start + at)) for name, kind, at in plain]
        )
    value = masked[value_at + 1 : end - 1]
    if masked[end - 1] != 0x3B or b"," in value or b"{" in value or b"," in masked[start:value_at]:
        return None
    plain = plain_variables(masked[start:value_at].rstrip() + b";")
    if not plain:
        return None
    begin = end - 1 - len(value.lstrip())
    stop = value_at + 1 + len(value.rstrip())
    ((name, kind, at),) = plain
    return [Variable(name, kind, text.original(begin, stop) if stop - begin <= 400 else "", text.line(start + at))]


def parameters_of(text: Text, node: Node) -> tuple[Parameter, ...]:
    """The parameters of a head."""
    if text.is_clean:
        plain = plain_parameters(text.masked[node.start_byte : node.end_byte])
        if plain is not None:
            return plain
    found = []
    for child in node.named_children:
        kind = child.type
        if kind == "parameter_declaration":
            spelled = text.masked[child.start_byte : child.end_byte]
            found.append(plain_parameter(spelled) or _parameter(text, child))
        elif kind == "variadic_parameter":
            found.append(Parameter("...", ""))
    return tuple([parameter for parameter in found if parameter.type != "void" or parameter.name])


def _parameter(text: Text, node: Node) -> Parameter:
    declarator = node.child_by_field_name("declarator")
    name = name_node(declarator) if declarator is not None else None
    bare = _name_in_parentheses(declarator) if declarator is not None else None
    if bare is not None:  # `int (f)(void)` is a pointer, too (C11 6.7.6.3 paragraph 8)
        pieces = [(node.start_byte, bare.start_byte), (bare.end_byte, node.end_byte)]
        spelled = text.masked[bare.start_byte : bare.end_byte].decode("utf-8", "replace")
        return Parameter(text.type_text(pieces).replace("()(", "(*)(", 1), spelled)
    if name is None or name.type == "type_identifier":
        return Parameter(text.type_text([(node.start_byte, node.end_byte)]), "")
    return Parameter(
        text.type_text([(node.start_byte, name.start_byte), (name.end_byte, node.end_byte)]),
        text.masked[name.start_byte : name.end_byte].decode("utf-8", "replace"),
    )


def _name_in_parentheses(declarator: Node) -> Node | None:
    """The `f` of `int (f)(void)`, which the grammar takes for a parameter of type f."""
    inner = declarator.child_by_field_name("declarator")
    if declarator.type != "abstract_function_declarator" or inner is None or inner.type != declarator.type:
        return None
    listed = inner.child_by_field_name("parameters")
    only = listed.named_children if listed is not None and inner.named_child_count == 1 else []
    if len(only) != 1 or only[0].type != "parameter_declaration" or only[0].named_child_count != 1:
        return None
    word = only[0].named_children[0]
    return word if word.type == "type_identifier" else None


def old_parameters_of(text: Text, names: Node, definition: Node) -> tuple[Parameter, ...]:
    """The parameters of a K&R head: names in parentheses, declarations before the body. What is not declared
    is an int."""
    types = {
        variable.name: variable.type
        for child in definition.named_children
        if child.type == "declaration"
        for variable in variables_of(text, child)
    }
    spelled = (
        text.masked[child.start_byte : child.end_byte].decode("utf-8", "replace")
        for child in names.named_children
        if child.type == "identifier"
    )
    return tuple(Parameter(types.get(name, "int"), name) for name in spelled)


def _is_prototype(declarator: Node) -> bool:
    inner = declarator.child_by_field_name("declarator")
    return declarator.type == "function_declarator" and inner is not None and inner.type == "identifier"


def variables_of(text: Text, node: Node) -> list[Variable]:
    """The variables of a declaration, functions declared in it left out."""
    plain = _plain_variables(text, node) if text.is_clean else None
    if plain is not None:
        return plain
    found: list[Variable] = []
    type_node = node.child_by_field_name("type")
    if type_node is None:
        return found
    for inner, name, value in declared(node):
        if _is_prototype(inner):
            continue
        initial = ""
        if value is not None and value.type != "initializer_list" and value.end_byte - value.start_byte <= 400:
            initial = text.original(value.start_byte, value.end_byte)
        kind = declared_type(text, node, type_node, inner, name)
        found.append(Variable(text.spelled(name), kind, initial, text.line(name.start_byte)))
    return found
