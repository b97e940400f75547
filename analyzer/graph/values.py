"""Arguments carried down a tree: what a parameter is known to be on this way from the root.

Only what means the same in every function is carried: numbers, literals, constants in capitals, names of functions
and addresses of file-scope objects, and expressions of these. A parameter that its function stores to, counts or
takes the address of is not replaced.

Not handled: values of local variables, and whether two names are the same object.
"""

import re
from collections.abc import Callable, Mapping, Sequence

from analyzer.model.body import Assignment, Body, Statement, actions, walk

Values = Mapping[str, str]
NOTHING: Values = {}
_LONGEST = 60  # characters; longer expressions say less than the parameter's name
_WORD = re.compile(r"\w+")
_POSTFIX = re.compile(r"[\w.]+(?:(?:->|\.)\w+|\[\w+\])*")
_FLAGS = re.compile(r"[A-Z_][A-Z0-9_]*(?: \| [A-Z_][A-Z0-9_]*)+")
_PLAIN = 4096  # larger numbers are told in hexadecimal
_NAME = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|[A-Za-z_]\w*|\d\w*")
_ALLOWED = re.compile(r"[\w\s|&~+\-*/<>()!\"'.%,:]+$")
_KNOWN = frozenset(("sizeof", "struct", "unsigned", "int", "long", "char", "true", "false", "NULL"))
_OPERATOR = re.compile(r"[\s|+\-*/<>?]|(?<=.)&")


def constant(text: str, inner: frozenset[str]) -> bool:
    """Whether an expression means the same everywhere; `inner` are the names that only its function knows."""
    if not text or len(text) > _LONGEST or not _ALLOWED.match(text) or "->" in text:
        return False
    found = _NAME.findall(text)
    for name in found:
        if name[0] in "\"'" or name[0].isdigit() or name in _KNOWN or name.isupper():
            continue
        if name in inner:
            return False
        if text not in (name, f"&{name}"):
            return False
    return bool(found)


def changed_names(body: Body) -> frozenset[str]:
    """Names that a body stores to or takes the address of."""
    found: set[str] = set()
    for action in actions(body):
        if isinstance(action, Assignment):
            found.update(target.strip("() ") for target in action.targets if not action.declared)
    for _, statement in walk(body.statements):
        found.update(re.findall(r"&\s*([A-Za-z_]\w*)(?!\s*(?:->|\.|\[|\w))", _text(statement)))
    return frozenset(found)


def _text(statement: Statement) -> str:
    texts = [getattr(statement, "text", ""), getattr(statement, "value", ""), getattr(statement, "head", "")]
    for branch in getattr(statement, "branches", ()):
        texts.append(branch.condition)
    return " ".join(t for t in texts if isinstance(t, str))


def passed(
    parameters: Sequence[str], arguments: Sequence[str], *, inner: frozenset[str], changed: frozenset[str]
) -> Values:
    """What a callee's parameters are known to be. `arguments` are those of the call with the caller's own values
    put in, `inner` the caller's names, `changed` the names that the callee stores to."""
    found = {}
    for name, argument in zip(parameters, arguments, strict=False):
        if name and name not in changed and name != argument and constant(argument, inner):
            found[name] = argument
    return found


def settle(
    written: str, put: str, known: int | str, names: Mapping[str, str], number: Callable[[str], int | None]
) -> str:
    """An expression that is known to be `known`, as a reader wants it. `written` is its text, `put` the same with
    values put in: a constant as it is written, else the constant that one of its `names` was given, else the plain
    value. `number` evaluates a constant's text."""
    if isinstance(known, str):
        return known
    if put == written and constant(written, frozenset(names)):
        return put
    if _FLAGS.fullmatch(put):
        return put
    for word in (*_NAME.findall(put), *(names.get(name, "") for name in _NAME.findall(written))):
        if _WORD.fullmatch(word) and number(word) == known:
            return str(word)
    if known == 0 and _POSTFIX.fullmatch(put):
        return put  # a pointer or an integer: 0 alone does not tell
    return str(known) if -_PLAIN <= known <= _PLAIN else hex(known)


def substitute(text: str, values: Values) -> str:
    """`text` with the names of `values` replaced where they stand for a value: not behind `.` or `->`, not called,
    and reached through only where the value is an address (`prot->slab` becomes `tcp_prot.slab`)."""
    if not values or not text:
        return text

    def put(match: re.Match[str]) -> str:
        name = match.group()
        value = values.get(name)
        if value is None:
            return name
        before = text[: match.start()].rstrip()
        after = text[match.end() :].lstrip()
        if before.endswith((".", "->", "&")) and not before.endswith("&&") and not before.endswith(" &"):
            return name
        if re.match(r"(?:[-+*/|&^%]|<<|>>)?=(?!=)|\+\+|--", after) or after.startswith((".", "[", "(")):
            return name
        if after.startswith("->"):
            return f"\0{value[1:]}" if re.fullmatch(r"&\w+", value) else name
        if before.endswith("!") and value.isdigit():
            return name  # `!kern` says more than `!0`
        whole = before[-1:] in ("", "(", ",") and after[:1] in ("", ")", ",")
        return f"({value})" if _OPERATOR.search(value) and not whole else value

    replaced = _NAME.sub(put, text)
    if "\0" in replaced:
        replaced = re.sub(r"\0(\w+)\s*->", r"\1.", replaced)
    return replaced
