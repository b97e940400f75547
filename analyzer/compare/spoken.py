"""A body flattened for comparing: every call, assignment, condition and jump with what governs it.

Not handled: which of several statements run; conditions are those that enclose a statement in the text.
"""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from analyzer.model.body import (
    Action,
    Assignment,
    Body,
    Call,
    Goto,
    If,
    Label,
    Loop,
    Place,
    Return,
    Statement,
    Step,
    Switch,
)


class SaidCall(msgspec.Struct, frozen=True):
    """A call or macro use as written. Positions are (line, column)."""

    name: str  # "" for a computed callee
    callee: str
    arguments: tuple[str, ...]
    start: tuple[int, int]
    offset: int
    end: int
    under: tuple[str, ...]
    guard: str = ""
    behind: tuple[int, int] = (0, 0)  # the position behind it: its arguments are evaluated before
    # where the loop begins that the call is a condition of the end of, behind what is evaluated before it, or
    # behind the first condition of those that it belongs to
    head: tuple[int, int] | None = None


class SaidAssignment(msgspec.Struct, frozen=True):
    """An assignment as written."""

    targets: tuple[str, ...]
    operator: str
    value: str
    text: str
    start: tuple[int, int]
    under: tuple[str, ...]
    offset: int
    end: int
    behind: tuple[int, int] = (0, 0)  # the position behind it: its value is computed before


class SaidCondition(msgspec.Struct, frozen=True):
    """`text` is the condition, the loop's head, the case's label, the label or what is returned."""

    keyword: str  # if, else, switch, case, loop, goto, label, return, guard
    text: str
    start: tuple[int, int]
    end: tuple[int, int]  # behind the last call of the condition: it is evaluated after them
    under: tuple[str, ...]
    name: str = ""  # the macro that makes a loop


class Spoken(msgspec.Struct, frozen=True):
    """All that a body says, each kind in source order."""

    calls: tuple[SaidCall, ...] = ()
    assignments: tuple[SaidAssignment, ...] = ()
    conditions: tuple[SaidCondition, ...] = ()
    file: str = ""


def spoken(body: Body | None, file: str) -> Spoken:
    """Flatten a body."""
    if body is None:
        return Spoken(file=file)
    said = _measured(_statements(body.statements, ()))
    return Spoken(
        tuple(s for s in said if isinstance(s, SaidCall)),
        tuple(s for s in said if isinstance(s, SaidAssignment)),
        tuple(s for s in said if isinstance(s, SaidCondition)),
        file,
    )


_Said = SaidCall | SaidAssignment | SaidCondition


def _measured(said: Iterable[_Said]) -> list[_Said]:
    """The same with positions behind calls and assignments: what encloses others ends behind them, also where both
    end with the same character."""
    found = list(said)
    inner = sorted((s for s in found if not isinstance(s, SaidCondition)), key=lambda s: (-s.offset, s.end))
    behind: dict[int, tuple[int, int]] = {}
    after: list[SaidCall | SaidAssignment] = []  # what begins no earlier, the nearest last
    for one in inner:
        last = one.behind
        while after and after[-1].offset < one.end and after[-1].end <= one.end:
            line, column = behind[id(after.pop())]
            last = max(last, (line, column + 1))
        behind[id(one)] = last
        after.append(one)
    return [s if isinstance(s, SaidCondition) else msgspec.structs.replace(s, behind=behind[id(s)]) for s in found]


def _condition(
    kind: str,
    text: str,
    where: Place,
    under: tuple[str, ...],
    actions: Sequence[Action] = (),
    name: str = "",
    before: tuple[int, int] = (0, 0),
) -> SaidCondition:
    """A condition or jump that stands at a place. It ends where the last of its actions does, or right before the
    statement at `before`: macros without parentheses call in between, too."""
    line, column = before
    end = max(_end(where, actions), (line, column - 1))
    return SaidCondition(kind, text, _at(where), end, under, name=name)


def _first(statements: Sequence[Statement]) -> tuple[int, int]:
    return _at(statements[0].place) if statements else (0, 0)


def _statements(statements: Iterable[Statement], under: tuple[str, ...]) -> Iterator[_Said]:
    for statement in statements:
        place = statement.place
        if statement.guard:
            yield _condition("guard", statement.guard, place, under)
        match statement:
            case Step():
                yield from _actions(statement.actions, under)
            case Return():
                yield from _actions(statement.actions, under)
                ends = _behind(place)
                yield _condition("return", statement.value, place, under, statement.actions, before=ends)
            case Goto():
                yield _condition("goto", statement.label, place, under)
            case Label():
                yield _condition("label", statement.name, place, under)
            case If():
                yield from _if(statement, under)
            case Switch():
                yield from _switch(statement, under)
            case Loop():
                yield from _loop(statement, under)


def _switch(statement: Switch, under: tuple[str, ...]) -> Iterator[_Said]:
    yield from _actions(statement.actions, under)
    first = _at(statement.cases[0].place) if statement.cases else (0, 0)
    yield _condition("switch", statement.subject, statement.place, under, statement.actions, before=first)
    for case in statement.cases:
        for label in case.labels:
            yield _condition("case", label, case.place, under)
        tests = tuple(f"{statement.subject} == {label}" for label in case.labels)
        yield from _statements(case.body, (*under, " || ".join(tests)))


def _loop(statement: Loop, under: tuple[str, ...]) -> Iterator[_Said]:
    word = "while" if statement.keyword == "do" else statement.keyword
    head = statement.head.removeprefix(word).strip()
    inside = head[1:-1] if head.startswith("(") and head.endswith(")") else head
    begins = _at(statement.place) if statement.keyword == "do" else None
    first = _first(statement.body) if begins is None else (0, 0)
    yield _condition("loop", inside, statement.place, under, statement.actions, statement.keyword, first)
    yield from _actions(statement.actions, under, begins)
    yield from _statements(statement.body, (*under, inside))


def _if(statement: If, under: tuple[str, ...]) -> Iterator[_Said]:
    denied: tuple[str, ...] = ()
    head: tuple[int, int] | None = None  # behind the first condition: trees have the calls of all before it
    for branch in statement.branches:
        inside = (*under, *denied)
        if branch.condition:
            first = _first(branch.body)
            said = _condition("if", branch.condition, branch.place, under, branch.actions, before=first)
            yield said
            yield from _actions(branch.actions, inside, head)
            head = head or said.end
            yield from _statements(branch.body, (*inside, branch.condition))
            denied = (*denied, f"!({branch.condition})")
        else:
            yield _condition("else", "", branch.place, under)
            yield from _statements(branch.body, inside)


def _actions(
    actions: Iterable[Action], under: tuple[str, ...], head: tuple[int, int] | None = None
) -> Iterator[_Said]:
    evaluated = (0, 0)  # how far, in the order of evaluation
    for action in actions:
        whole = (*under, *action.when)
        behind = _behind(action.place)
        late = evaluated if behind < evaluated else None  # `f(x)->y = g(x)`: what is stored comes first
        evaluated = max(evaluated, behind)
        match action:
            case Call():
                yield SaidCall(
                    action.name,
                    action.callee,
                    action.arguments,
                    _at(action.place),
                    action.place.start,
                    action.place.end,
                    whole,
                    action.guard,
                    behind=behind,
                    head=head or late,
                )
            case Assignment():
                yield SaidAssignment(
                    action.targets,
                    action.operator,
                    action.value,
                    action.text,
                    _at(action.place),
                    whole,
                    action.place.start,
                    action.place.end,
                    behind=behind,
                )


def _end(place: Place, actions: Iterable[Action]) -> tuple[int, int]:
    ends = [_behind(a.place) for a in actions]
    line, column = max([_at(place), *ends])
    return line, column + len(ends)  # what encloses others ends behind them


def _behind(place: Place) -> tuple[int, int]:
    return place.end_line, place.end_column


def _at(place: Place) -> tuple[int, int]:
    return place.line, place.column
