"""What differs between two bodies beside their calls: conditions, results, and what is put into members.

Statements are compared by their tokens without `likely` and parentheses, in order (a longest common run keeps its
place); of what is left between two that stayed, the likest ones are taken for one that was changed. Assignments to
local variables are not compared, unless an error code is assigned.

Not handled: the nesting of conditions, and variables that were only renamed.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from analyzer.compare.likeness import align, bodies_alike, tokens
from analyzer.model.body import (
    Assignment,
    Body,
    Call,
    If,
    Loop,
    Return,
    Statement,
    Step,
    Switch,
    own_actions,
    walk,
)
from analyzer.model.difference import Change, What

_ERROR = re.compile(r"^-\s*E[A-Z0-9]+$")
_CALL = re.compile(r"^[A-Za-z_]\w*\s*\([^()]*(?:\([^()]*\)[^()]*)*\)$")  # the calls are compared by themselves
_ACCESS = re.compile(r"^[A-Z_]+\(")  # READ_ONCE and its like
_MEMBER = re.compile(r"->|\.")
_IGNORED = frozenset(("likely", "unlikely", "(", ")"))
_ALIKE = 0.4
_NOTHING = re.compile(r"(\w+(?: (?:->|\.) \w+)*) ([!=]=) NULL\b")


class Told(NamedTuple):
    """A statement that is compared; `key` is what makes it equal to another."""

    what: What
    text: str
    key: str


def told(
    body: Body | None, reached: Collection[int] | None = None, silent: Callable[[str], bool] | None = None
) -> tuple[Told, ...]:
    """The statements of a body that are compared, in order; with `reached` only those that begin there. `silent`
    tells names that look called, but of which no call is shown: macros that store something."""
    if body is None:
        return ()
    return tuple(_told(body, reached, silent or (lambda _: False)))


def _told(body: Body, reached: Collection[int] | None, silent: Callable[[str], bool]) -> Iterator[Told]:
    for _, statement in walk(body.statements):
        if reached is not None and statement.place.start not in reached:
            continue
        yield from _head(statement, silent)
        for action in own_actions(statement):
            if isinstance(action, Assignment) and (what := _effect(action)):
                yield _statement(what, action.text)


def _head(statement: Statement, silent: Callable[[str], bool]) -> Iterator[Told]:
    """What a statement says apart from its stores."""
    match statement:
        case If():
            for branch in statement.branches:
                if branch.condition and not branch.condition.isdecimal():
                    yield _statement("condition", f"if ({branch.condition})")
        case Switch():
            yield _statement("condition", f"switch ({statement.subject})")
        case Loop() if not statement.macro:
            yield _statement("condition", statement.head)
        case Step(actions=(*_, Call(name=name) as call)) if name and _alone(statement.text, call):
            if silent(name):
                yield _statement("assignment", call.text)
        case Return() if statement.value and not _CALL.match(statement.value):
            yield _statement("result", f"return {statement.value}")


def _effect(action: Assignment) -> What | None:
    """What a store is; None for one that is not compared: to a variable, or of a call, which is compared."""
    if _ERROR.match(action.value):
        return "result"
    if action.call and not _ACCESS.match(action.value):
        return None
    return "assignment" if any(_MEMBER.search(target) for target in action.targets) else None


def _alone(text: str, call: Call) -> bool:
    """Whether a call is the whole statement."""
    return text.startswith(call.callee) and text[len(call.callee) :].lstrip().startswith("(")


def _statement(what: What, text: str) -> Told:
    key = " ".join(token for token in tokens(text) if token not in _IGNORED)
    return Told(what, text, f"{what} {_NOTHING.sub(_tested, key)}")


def _tested(match: "re.Match[str]") -> str:
    """A pointer that is compared with NULL, as it is tested without."""
    return f"! {match[1]}" if match[2] == "==" else match[1]


def differences(
    before: Sequence[Told],
    after: Sequence[Told],
    *,
    elsewhere_before: Iterable[Told] = (),
    elsewhere_after: Iterable[Told] = (),
) -> tuple[Change, ...]:
    """What differs between two bodies' statements. What a body lost to (or got from) the functions that took
    over its calls is no difference: those are given as `elsewhere`."""
    # what stands in another place is no difference: the calls' order tells
    given = {statement.key for statement in (*elsewhere_after, *after)}
    taken = {statement.key for statement in (*elsewhere_before, *before)}
    found: list[Change] = []
    gone: list[Told] = []
    fresh: list[Told] = []
    for i, j in [*align([s.key for s in before], [s.key for s in after]), (0, 0)]:
        if i is not None and j is not None:
            found += _paired(gone, fresh)
            gone, fresh = [], []
        elif i is not None and before[i].key not in given:
            gone.append(before[i])
        elif j is not None and after[j].key not in taken:
            fresh.append(after[j])
    return tuple(dict.fromkeys(found))


def _paired(gone: Sequence[Told], fresh: Sequence[Told]) -> list[Change]:
    """What stands between two statements that stayed: changed pairs, then what is gone, then what is new."""
    scored = sorted(
        (-bodies_alike(one.key.split(), other.key.split()), abs(i - j), min(i, j), i, j)
        for i, one in enumerate(gone)
        for j, other in enumerate(fresh)
        if one.what == other.what
    )
    left, right = set(range(len(gone))), set(range(len(fresh)))
    found: list[tuple[int, int, Change]] = []
    for score, _, _, i, j in scored:
        if -score >= _ALIKE and i in left and j in right:
            left.discard(i)
            right.discard(j)
            found.append((j, 2, Change(gone[i].what, gone[i].text, fresh[j].text)))
    found += [(i, 0, Change(gone[i].what, gone[i].text, "")) for i in left]
    found += [(j, 1, Change(fresh[j].what, "", fresh[j].text)) for j in right]
    return [change for _, _, change in sorted(found, key=lambda f: f[:2])]
