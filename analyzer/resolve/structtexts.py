"""What the text of a declaration says of the struct that it initializes, without a look at any definition.

Not handled: tags that macros make, and declarators that name several objects.
"""

import re
from typing import NamedTuple

_PLAIN = re.compile(
    r"^(?:const |volatile )*(?:(?:struct|union) (?P<tag>(?:\w|::)+)|(?P<typedef>\w+))(?: const| volatile)*"
    r"\s*(?P<dimensions>(?:\[[^\]]*\]\s*)*)$"
)
_VALUES_BY_POSITION = re.compile(r"[=)]\s*\{(?!\s*[.\[}])")
_CAST = re.compile(r"\(\s*struct\s+(\w+)\s*\)\s*$")
_DECLARED = re.compile(r"\bstruct\s+(\w+)\s+\w")


class PlainType(NamedTuple):
    """The type of an object that is a struct, a typedef, or an array of such: one of the names is empty."""

    tag: str = ""
    typedef: str = ""
    dimensions: int = 0


def plain_type(type_text: str) -> PlainType:
    """What the text of an object's type says; nothing for a pointer, say."""
    match = _PLAIN.match(type_text)
    if match is None:
        return PlainType()
    return PlainType(match["tag"] or "", match["typedef"] or "", match["dimensions"].count("["))


def struct_before(text: str, at: int) -> str:
    """The tag of the struct of which an initializer begins at a place of a text, behind `struct x y =` or a cast;
    "" when none is said there."""
    before = text[max(text.rfind(end, 0, at) for end in ";{}") + 1 : at]
    cast = _CAST.search(before)
    if cast is not None:
        return cast.group(1)
    declared = _DECLARED.search(before) if before.rstrip().endswith("=") else None
    return declared.group(1) if declared is not None else ""


def structs_by_position(text: str) -> set[str]:
    """The structs of which a text has objects with values by position: `struct x y = { f }`, `(struct x){ f }`."""
    places = (match.start() + 1 for match in _VALUES_BY_POSITION.finditer(text))
    return {tag for at in places if (tag := struct_before(text, at))}


def brace_around(text: str, at: int) -> int | None:
    """Where the brace stands that is open at a place of a text, None when none is."""
    depth = 0
    for place in range(at - 1, -1, -1):
        depth += (text[place] == "}") - (text[place] == "{")
        if depth < 0:
            return place
    return None
