"""What one function does, statement by statement, in the order of its source.

A body is rebuilt from the source when a function is shown (`analyzer.extract.statements`).
Texts are the source's own: comments, preprocessor lines and hidden `#if` branches dropped, white space folded.
`Place` gives bytes into the file, 1-based lines and 1-based columns in bytes, so that a call's place is that of
its edge's site. Guards are the `#if` conditions inside the function; the function's own guard is not repeated.

Not here: what macros expand to, types of expressions, and the control flow that `goto` makes.
"""

from collections.abc import Iterator
from typing import Literal

import msgspec


class Place(msgspec.Struct, frozen=True, order=True):
    """A span of the file: `start` and `end` in bytes (end is behind the last), line and column of its start and of
    its end."""

    start: int
    end: int
    line: int
    column: int
    end_line: int
    end_column: int


# Macros that store their second argument in their first.
STORING = frozenset(
    ("rcu_assign_pointer", "RCU_INIT_POINTER", "WRITE_ONCE", "smp_store_release", "smp_store_mb", "set_mb")
)


class Call(msgspec.Struct, frozen=True, tag=True):
    """A call, or the use of a macro that looks like one. `name` is empty for a computed callee. `when` holds the
    conditions inside its expression that it depends on (`a && f()`, `a ? f() : g()`), outermost first."""

    place: Place
    callee: str  # as written: `sk->sk_prot->init`
    arguments: tuple[str, ...]
    name: str = ""
    when: tuple[str, ...] = ()
    guard: str = ""

    @property
    def text(self) -> str:
        """The call as C text."""
        return f"{self.callee}({', '.join(self.arguments)})"


class Assignment(msgspec.Struct, frozen=True, tag=True):
    """`targets[0] = targets[1] = … operator value`; `++` and `--` have no value. `declared` is the type's text
    when the assignment is the initial value of a declared variable, else "". `call` tells that the value is
    nothing but the result of the call before it, `prefix` that `++` or `--` stands before its operand."""

    place: Place
    targets: tuple[str, ...]
    operator: str
    value: str
    declared: str = ""
    call: bool = False
    prefix: bool = False
    when: tuple[str, ...] = ()
    guard: str = ""

    @property
    def text(self) -> str:
        """The assignment as C text."""
        left = " = ".join(self.targets)
        if not self.value:
            return f"{self.operator}{left}" if self.prefix else f"{left}{self.operator}"
        glue = "" if not self.declared or self.declared.endswith("*") else " "
        return f"{self.declared}{glue}{left} {self.operator} {self.value}"


Action = Call | Assignment


class Step(msgspec.Struct, frozen=True, tag=True):
    """An expression statement or declaration: its actions in the order of evaluation. `declares`: the names of
    a declaration."""

    place: Place
    text: str
    actions: tuple[Action, ...]
    guard: str = ""
    declares: tuple[str, ...] = ()


class Return(msgspec.Struct, frozen=True, tag=True):
    """`return value`; `value` is empty without one."""

    place: Place
    value: str
    actions: tuple[Action, ...] = ()
    guard: str = ""


class Goto(msgspec.Struct, frozen=True, tag=True):
    """`goto label`."""

    place: Place
    label: str
    guard: str = ""


class Jump(msgspec.Struct, frozen=True, tag=True):
    """`break` or `continue`."""

    place: Place
    keyword: Literal["break", "continue"]
    guard: str = ""


class Label(msgspec.Struct, frozen=True, tag=True):
    """`name:`; what follows it are its siblings. `error`: reached only by `goto`, behind the end of the normal
    path, and named like a place where an error is cleaned up."""

    place: Place
    name: str
    error: bool = False
    guard: str = ""


class Branch(msgspec.Struct, frozen=True):
    """One arm of an `if`. `condition` is empty for `else`; `actions` are those of the condition. `fails`: it
    tests for an error and leaves the function (or goes to an error label)."""

    place: Place
    keyword: Literal["if", "else if", "else"]
    condition: str
    actions: tuple[Action, ...]
    body: tuple["Statement", ...]
    fails: bool = False
    guard: str = ""


class If(msgspec.Struct, frozen=True, tag=True):
    """`if … else if … else`."""

    place: Place
    branches: tuple[Branch, ...]
    guard: str = ""


class Case(msgspec.Struct, frozen=True):
    """`case` labels in a row and what they lead to; `default` is a label like any other. `falls_through`: the
    end of the body goes on with the next case."""

    place: Place
    labels: tuple[str, ...]
    body: tuple["Statement", ...]
    falls_through: bool = False
    guard: str = ""


class Switch(msgspec.Struct, frozen=True, tag=True):
    """`switch (subject)`."""

    place: Place
    subject: str
    actions: tuple[Action, ...]
    cases: tuple[Case, ...]
    guard: str = ""


class Loop(msgspec.Struct, frozen=True, tag=True):
    """A loop, or a macro that heads a statement like one (`list_for_each_entry`, `scoped_guard`). `keyword` is
    `for`, `while`, `do` or the macro's name; `head` is the head as written, for `do` its `while (…)`."""

    place: Place
    keyword: str
    head: str
    actions: tuple[Action, ...]
    body: tuple["Statement", ...]
    guard: str = ""

    @property
    def macro(self) -> bool:
        """Whether a macro heads it."""
        return self.keyword not in ("for", "while", "do")


Statement = Step | Return | Goto | Jump | Label | If | Switch | Loop


class Body(msgspec.Struct, frozen=True):
    """The statements of a function. `locals` are the names it declares; `damaged` tells that parts of it could
    not be read (what was understood of them is there)."""

    place: Place
    statements: tuple[Statement, ...]
    locals: frozenset[str] = frozenset()
    damaged: bool = False


def blocks(statement: Statement) -> tuple[tuple[Statement, ...], ...]:
    """The lists of statements directly inside a statement."""
    match statement:
        case If():
            return tuple(branch.body for branch in statement.branches)
        case Switch():
            return tuple(case.body for case in statement.cases)
        case Loop():
            return (statement.body,)
    return ()


def walk(statements: tuple[Statement, ...], depth: int = 0) -> Iterator[tuple[int, Statement]]:
    """All statements with their nesting depth, outer ones first, in source order."""
    for statement in statements:
        yield depth, statement
        for block in blocks(statement):
            yield from walk(block, depth + 1)


def own_actions(statement: Statement) -> tuple[Action, ...]:
    """The actions of a statement itself (of all its conditions), without those of statements inside."""
    match statement:
        case If():
            return tuple(action for branch in statement.branches for action in branch.actions)
        case Step() | Return() | Switch() | Loop():
            return statement.actions
    return ()


def actions(body: Body) -> Iterator[Action]:
    """All actions of a body, statement by statement."""
    for _, statement in walk(body.statements):
        yield from own_actions(statement)


def calls(body: Body) -> Iterator[Call]:
    """All calls of a body; those of one expression in the order of evaluation."""
    return (action for action in actions(body) if isinstance(action, Call))


def assignments(body: Body) -> Iterator[Assignment]:
    """All assignments of a body."""
    return (action for action in actions(body) if isinstance(action, Assignment))


def conditions(body: Body) -> Iterator[tuple[Place, str]]:
    """The texts of all conditions in order: `if (…)`, `switch (…)`, loop heads; with their places."""
    for _, statement in walk(body.statements):
        match statement:
            case If():
                for branch in statement.branches:
                    if branch.condition:
                        yield branch.place, f"if ({branch.condition})"
            case Switch():
                yield statement.place, f"switch ({statement.subject})"
            case Loop():
                yield statement.place, statement.head
