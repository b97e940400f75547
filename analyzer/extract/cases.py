"""Which `case` selects the calls of a function that dispatches by one of its parameters.

`switch (call)` over a parameter, over a variable that is nothing but an expression of one (`cmd = op & MASK`), or
over such an expression. Everything in a case's block is selected by it; where a case falls through into the next
one, what follows is selected by both. A switch over something else inside changes nothing.

Not handled: chains of `if (cmd == …)`, cases that `goto` reaches, and switches over members (`sk->sk_state`),
which tell a state and not what was asked for.
"""

import re
from collections.abc import Iterable, Mapping

from analyzer.model.body import Body, Call, Loop, Statement, Switch, assignments, blocks, own_actions

_COMPUTED = re.compile(
    r"\w*[a-z]\w*\s*\(|->|\.|\[|\""
)  # `_IOC_NR(cmd)` is a macro's arithmetic, `f(cmd)` a result
_WORD = re.compile(r"[A-Za-z_]\w*")
_CAST = re.compile(r"\(\s*(?:unsigned|signed|int|long|short|char|[us]\d+|__[usbl]e?\d+|enum\s+\w+|[\s*])+\s*\)")
_BETWEEN = " > "  # an outer case and the one inside

Position = tuple[int, int]  # line and column of a call, both 1-based


def selecting_cases(body: Body, parameters: Iterable[str]) -> Mapping[Position, str]:
    """The labels that select the calls of a body, by the call's place: `SYS_SOCKET`; several that lead to one
    block with commas; `SHMAT > 1` in a switch inside a case. Calls that no such switch selects are not there."""
    names = _carriers(body, {name for name in parameters if name})
    found: dict[Position, str] = {}
    _visit(body.statements, "", names, found)
    return found


def _carriers(body: Body, names: set[str]) -> frozenset[str]:
    """The parameters, and the variables that only ever hold what is computed from them and constants."""
    values: dict[str, list[str]] = {}
    for item in assignments(body):
        for target in item.targets:
            values.setdefault(target.lstrip("*& "), []).append(item.value)
    for name, written in values.items():
        if name in body.locals and name not in names and all(_carries(text, names) for text in written):
            names.add(name)
    return frozenset(names)


def _carries(expression: str, names: Iterable[str]) -> bool:
    """Whether an expression is arithmetic of a name."""
    text = _CAST.sub("", expression)
    return not _COMPUTED.search(text) and any(word in names for word in _WORD.findall(text))


def _visit(statements: Iterable[Statement], label: str, names: frozenset[str], found: dict[Position, str]) -> None:
    for statement in statements:
        if label:
            _note(statement, label, found)
        if isinstance(statement, Switch) and _carries(statement.subject, names):
            before: tuple[str, ...] = ()
            for case in statement.cases:
                labels = (*before, *case.labels)
                inner = ", ".join(dict.fromkeys(labels))
                _visit(case.body, f"{label}{_BETWEEN}{inner}" if label else inner, names, found)
                before = labels if case.falls_through else ()
            continue
        for block in blocks(statement):
            _visit(block, label, names, found)


def _note(statement: Statement, label: str, found: dict[Position, str]) -> None:
    """The calls of a statement itself, and its head where a macro makes one."""
    if isinstance(statement, Loop) and statement.macro:
        found[statement.place.line, statement.place.column] = label
    for action in own_actions(statement):
        if isinstance(action, Call):
            found[action.place.line, action.place.column] = label
