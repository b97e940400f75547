"""Comparing C text as people do: white space, brackets, casts and access wrappers do not matter.

Not handled: arithmetic (`a + b` is not `b + a`), and types.
"""

import re
from collections.abc import Mapping, Sequence

_TOKEN = re.compile(
    r"[A-Za-z_]\w*|\d\w*|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|->|[<>=!&|]=|&&|\|\||<<|>>|\+\+|--|\S"
)
_VARIABLE = re.compile(r"\b(?!0[xX])[A-Za-z_]*[a-z]\w*")
_POSTFIX = re.compile(r"[\w\s]+(?:(?:->|\s->\s|\.)\w+|\[\w+\])*")
# Access through these is access to what is between their parentheses.
_WRAPPERS = frozenset(
    "READ_ONCE WRITE_ONCE ACCESS_ONCE unlikely likely rcu_dereference rcu_dereference_raw "
    "rcu_dereference_protected rcu_dereference_check rcu_access_pointer rtnl_dereference data_race "
    "smp_load_acquire".split()
)
_OPERATORS = frozenset("== != < > <= >= && || | ^ + / % ? << >>".split())
_CAST = re.compile(
    r"\((?:const\s+)?(?:(?:struct|union|enum)\s+\w+|unsigned\s+\w+|\w+_t|void|char|int|long|short|u\d+)\s*\*+\)"
)
_EQUATION = re.compile(r"([^=!<>&|]+)(==|!=)([^=!<>&|]+)")
_DECLARATOR = re.compile(r"([A-Za-z_]\w*)\s*(?:\[[^\]]*\])*\s*$")
_FUNCTION_POINTER = re.compile(r"\(\s*\*\s*(\w+)\s*\)")


def tokens(text: str) -> list[str]:
    """C tokens; anything else is a token of one character."""
    return _TOKEN.findall(text)


def normal(text: str) -> str:
    """A text by which equal expressions are equal."""
    words = tokens(_CAST.sub("", text))
    changed = True
    while changed:
        changed = False
        while len(words) > 1 and words[0] == "(" and _closing(words, 0) == len(words) - 1:
            words = words[1:-1]
            changed = True
        for at, word in enumerate(words):
            if word == "(" and words[at + 1 : at + 2] == ["&"]:
                end = _closing(words, at)
                if words[end + 1 : end + 2] == ["->"]:
                    words = [*words[:at], *words[at + 2 : end], ".", *words[end + 2 :]]  # (&x)->y is x.y
                    changed = True
                    break
            if word in _WRAPPERS and words[at + 1 : at + 2] == ["("]:
                end = _closing(words, at + 1)
                if end < 0:
                    continue
                inside = words[at + 2 : end]
                cut = _comma(inside)
                inside = inside if cut < 0 else inside[:cut]
                if _operates(inside):
                    inside = ["(", *inside, ")"]
                words = [*words[:at], *inside, *words[end + 1 :]]
                changed = True
                break
    words = _bare(words)
    joined = ""
    for word in words:
        if joined and (joined[-1].isalnum() or joined[-1] == "_") and (word[0].isalnum() or word[0] == "_"):
            joined += " "
        joined += word
    return joined


def _operates(words: Sequence[str]) -> bool:
    """Whether an operator stands between two operands outside brackets, so that brackets around it matter."""
    depth = 0
    for position, word in enumerate(words):
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(word, 0)
        if depth == 0 and word in _OPERATORS:
            return True
        if depth == 0 and position and word in ("-", "&", "*"):
            return True
    return False


def _bare(words: list[str]) -> list[str]:
    """Without brackets around a whole argument, or around an operand that needs none."""
    at = 0
    while at < len(words):
        if words[at] == "(" and (words[at - 1] if at else "(") in ("(", ",", "[", "!", *_OPERATORS):
            end = _closing(words, at)
            if end > 0 and (
                (words[at - 1 : at] == ["["] and words[end + 1 : end + 2] == ["]"])
                or (words[at - 1] in ("(", ",") and words[end + 1 : end + 2] in ([")"], [","]))
                or (
                    (words[end + 1 : end + 2] == [] or words[end + 1] in (")", ",", *_OPERATORS))
                    and not _operates(words[at + 1 : end])
                )
            ):
                words = [*words[:at], *words[at + 1 : end], *words[end + 1 :]]
                continue
        at += 1
    return words


def _closing(words: Sequence[str], at: int) -> int:
    depth = 0
    for position in range(at, len(words)):
        depth += {"(": 1, ")": -1}.get(words[position], 0)
        if depth == 0:
            return position
    return -1


def _comma(words: Sequence[str]) -> int:
    depth = 0
    for position, word in enumerate(words):
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(word, 0)
        if word == "," and depth == 0:
            return position
    return -1


def substituted(text: str, values: Mapping[str, str]) -> str:
    """The text with names replaced by values; members of the same name stay."""
    if not values:
        return text
    words = tokens(text)
    if len(words) == 1:
        return values.get(words[0], text)
    out: list[str] = []
    for at, word in enumerate(words):
        member = at > 0 and words[at - 1] in ("->", ".")
        if word in values and not member and words[at + 1 : at + 2] != ["("]:
            value = values[word]
            out.append(value if _POSTFIX.fullmatch(value) else f"({value})")
        else:
            out.append(word)
    return " ".join(out)


def variants(text: str, values: Mapping[str, str]) -> tuple[str, ...]:
    """The text as it stands, with the constants among the values put in, and with all values put in."""
    if not values:
        return (text,)
    constants = {name: value for name, value in values.items() if not _VARIABLE.search(value)}
    return tuple(dict.fromkeys((text, substituted(text, constants), substituted(text, values))))


def same(written: str, true: str, values: Mapping[str, str] | None = None) -> bool:
    """Whether a note's expression is the kernel's, with the values that the tree gives to names."""
    wanted = normal(written)
    if any(wanted == normal(text) for text in variants(true, values or {})):
        return True
    return bool(values) and put_in(wanted, normal(true), values or {})


def put_in(written: str, true: str, values: Mapping[str, str]) -> bool:
    """Whether a text is what another becomes where any of its names are replaced by their values: those with which
    the writer has something to say. Both are normal texts."""
    given = {name: tokens(normal(value)) for name, value in values.items() if name in true}
    if not given:
        return False
    mine, other = tokens(written), tokens(true)
    reached: list[set[int]] = [set() for _ in range(len(other) + 1)]  # by tokens of the true text, those written
    reached[0].add(0)
    for at, word in enumerate(other):
        following = other[at + 1 : at + 2]
        value = given.get(word, []) if other[at - 1 : at] not in (["->"], ["."]) and following != ["("] else []
        for place in reached[at]:
            if mine[place : place + 1] == [word]:
                reached[at + 1].add(place + 1)
            for text in (value, ["(", *value, ")"]) if value else ():
                if mine[place : place + len(text)] == text:
                    reached[at + 1].add(place + len(text))
            member = [*value[1:], "."]  # x->y with &z put in is z.y
            if value[:1] == ["&"] and following == ["->"] and mine[place : place + len(member)] == member:
                reached[at + 2].add(place + len(member))
    return len(mine) in reached[-1]


def same_arguments(written: Sequence[str], true: Sequence[str], values: Mapping[str, str] | None = None) -> bool:
    """Whether a note's arguments are the kernel's; `...` stands for any that follow."""
    for at, one in enumerate(written):
        if one in ("...", "…", ".."):
            return True
        if at >= len(true) or not same(one, true[at], values):
            return False
    return len(written) == len(true)


def parameter_name(declaration: str) -> str:
    """`sock` of `struct socket *sock`, "" of `int`."""
    if match := _FUNCTION_POINTER.search(declaration):
        return match[1]
    match = _DECLARATOR.search(declaration)
    if not match or not declaration[: match.start()].strip():
        return ""
    return match[1]


def callee_of(expression: str) -> str:
    """The callee's text of a call's text: up to its last parentheses."""
    text = expression.strip()
    if not text.endswith(")"):
        return text
    depth = 0
    for at in range(len(text) - 1, -1, -1):
        depth += {")": 1, "(": -1}.get(text[at], 0)
        if depth == 0:
            return text[:at].strip() or text
    return text


def last_name(expression: str) -> str:
    """The last identifier of a callee's text: `create` of `net_families[family]->create`."""
    found = re.findall(r"[A-Za-z_]\w*", re.sub(r"\[[^\]]*\]", "", expression))
    return found[-1] if found else ""


def condition(text: str) -> str:
    """A text by which equivalent simple conditions are equal: `x != NULL` is `x`, `A == b` is `b == A`."""
    words = normal(text)
    if match := re.fullmatch(r"(.+?)(!=|==)(NULL|0)", words) or re.fullmatch(r"(NULL|0)(!=|==)(.+)", words):
        subject = match[1] if match[1] not in ("NULL", "0") else match[3]
        if re.fullmatch(r"[\w>.\-\[\]]+", subject):
            return subject if match[2] == "!=" else f"!{subject}"
    if match := _EQUATION.fullmatch(words):
        first, second = sorted((match[1], match[3]))
        return f"{first}{match[2]}{second}"
    if match := re.fullmatch(r"!\(([\w>.\-\[\]]+)\)", words):
        return f"!{match[1]}"
    return words


def condition_put_in(written: str, true: str, values: Mapping[str, str]) -> bool:
    """`put_in` for conditions. `written` is as `condition` gives it, `true` any text."""
    text = condition(true)
    if put_in(written, text, values):
        return True
    equal = _EQUATION.fullmatch(text)
    return equal is not None and put_in(written, f"{equal[3]}{equal[2]}{equal[1]}", values)


def conjuncts(text: str) -> list[str]:
    """The top-level operands of && and ||, and the whole."""
    words = tokens(normal(text))
    parts: list[list[str]] = [[]]
    depth = 0
    for word in words:
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(word, 0)
        if depth == 0 and word in ("&&", "||"):
            parts.append([])
        else:
            parts[-1].append(word)
    whole = [" ".join(words)]
    return whole if len(parts) == 1 else whole + [" ".join(p) for p in parts]
