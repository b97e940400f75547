"""Which labels and branches of a body deal with errors.

Kernel C leaves a function through labels at its end when something fails. A label counts as an error label when
it stands behind the end of the normal path, is reached by `goto` only, and is named like a clean-up; a branch
fails when it tests for an error and its last statement leaves for such a label or returns.

These are rules of style, not of control flow: functions that are written otherwise are read as having no error
paths.
"""

import re

from analyzer.model.body import (
    Branch,
    Case,
    Goto,
    If,
    Jump,
    Label,
    Loop,
    Return,
    Statement,
    Switch,
    walk,
)

_CLEANS_UP = re.compile(
    r"(?:^|_)(?:e|err|error|errors|errout|fail|failed|failure|faulted|fault|bad|free|release|unlock|put|drop|dropit|"
    r"discard|abort|undo|unwind|rollback|cleanup|clean|out|exit|end|nomem|enomem|einval|inval|invalid|unmap|"
    r"destroy|close|kill|unregister|remove|del|delete|no|too|oom|leave|reset|denied|reject|overflow|busy|"
    r"fput|iput|dput|kfree|giveup|nobufs|noent|efault)(?:_|\d|$)|^out|^err|^fail|^bad|error$|^free|^unlock|^put|^e[A-Z]"
)
_GOES_ON = re.compile(
    r"^(?:found|ok|okay|success|done|retry|again|restart|repeat|got|do|next|redo|try|loop|start|process|finish)(?:_|\d|$)"
)
_FAILURE_VALUE = re.compile(
    r"^\(*-\s*E[A-Z]|^\(*-1\)*$|\bERR_PTR\b|\bERR_CAST\b|\bPTR_ERR\b|\b-E[A-Z]+\b|^dev_err_probe\b"
)
_RESULT = re.compile(r"^\(*(?:err|error|ret|rc|retval|rv|res|result|status|r|errno)\)*$")
_NOTHING = re.compile(r"^(?:NULL|false|0|)$")
_ERROR_TEST = re.compile(
    r"\bIS_ERR\w*\b|\b(?:err|error|ret|retval|rc|rv|res|result|status)\b(?!\s*(?:==|=)\s*0\b)(?!\s*[=!]=\s*[A-Z])"
    r"|<\s*0\b|==\s*NULL\b|==\s*-|\bunlikely\b"
)
_NEGATED = re.compile(r"^!\s*[\w(*]")


def tests_for_error(condition: str) -> bool:
    """Whether a condition looks like a test for failure: `err`, `ret < 0`, `IS_ERR(p)`, `!p`."""
    return bool(_ERROR_TEST.search(condition) or _NEGATED.match(condition))


def mark_errors(statements: tuple[Statement, ...]) -> tuple[Statement, ...]:
    """The same statements with `Label.error` and `Branch.fails` set."""
    labels = _error_labels(statements)
    return _marked(statements, labels)


def _error_labels(statements: tuple[Statement, ...]) -> frozenset[str]:
    """Names of the error labels among a body's outermost statements."""
    first_goto: dict[str, int] = {}
    for _, statement in walk(statements):
        if isinstance(statement, Goto):
            first_goto.setdefault(statement.label, statement.place.start)
    found: set[str] = set()
    previous: Statement | None = None
    reachable = True  # on the normal path, by falling through
    errors = False  # inside the clean-up at the end
    for statement in statements:
        if isinstance(statement, Label):
            name = statement.name
            if isinstance(previous, (Return, Goto)):
                reachable = False
            at = first_goto.get(name, -1)
            forward = 0 <= at < statement.place.start or (at < 0 and errors)
            cleans_up = bool(_CLEANS_UP.search(name)) and not _GOES_ON.match(name)
            errors = forward and cleans_up and not reachable and not _normal_goto(statements, name)
            if errors:
                found.add(name)
            else:
                reachable = True
        previous = statement
    return frozenset(found)


def _normal_goto(statements: tuple[Statement, ...], name: str) -> bool:
    """Whether the normal path itself ends with `goto name`: an unconditional one before any label behind it."""
    for position, statement in enumerate(statements):
        if isinstance(statement, Goto) and statement.label == name:
            before = [s for s in statements[:position] if isinstance(s, Label)]
            labels = [s for s in statements[position:] if isinstance(s, Label)]
            if not before and labels:
                return True
    return False


def _marked(statements: tuple[Statement, ...], labels: frozenset[str]) -> tuple[Statement, ...]:
    return tuple(_mark(statement, labels) for statement in statements)


def _mark(statement: Statement, labels: frozenset[str]) -> Statement:
    match statement:
        case Label():
            return Label(statement.place, statement.name, statement.name in labels, statement.guard)
        case If():
            branches = tuple(
                Branch(
                    branch.place,
                    branch.keyword,
                    branch.condition,
                    branch.actions,
                    _marked(branch.body, labels),
                    _fails(branch, labels),
                    branch.guard,
                )
                for branch in statement.branches
            )
            return If(statement.place, branches, statement.guard)
        case Switch():
            cases = tuple(
                Case(c.place, c.labels, _marked(c.body, labels), c.falls_through, c.guard) for c in statement.cases
            )
            return Switch(statement.place, statement.subject, statement.actions, cases, statement.guard)
        case Loop():
            body = _marked(statement.body, labels)
            return Loop(
                statement.place, statement.keyword, statement.head, statement.actions, body, statement.guard
            )
    return statement


def _fails(branch: Branch, labels: frozenset[str]) -> bool:
    if not branch.body:
        return False
    last = branch.body[-1]
    if isinstance(last, Return):
        if _FAILURE_VALUE.search(last.value):
            return True
        if not tests_for_error(branch.condition):
            return False
        tested = (
            re.search(rf"\b{re.escape(last.value)}\b", branch.condition) if last.value.isidentifier() else None
        )
        return bool(tested or _RESULT.match(last.value) or _NOTHING.match(last.value))
    if isinstance(last, Goto):
        if last.label in labels:
            return True
        return tests_for_error(branch.condition) and bool(_CLEANS_UP.search(last.label))
    if isinstance(last, Jump):
        return False
    return False
