"""Runs lists of statements: in source order, both ways where a condition is not decided, with what jumps leave.

States that meet are joined; only so many are kept apart.

Not handled: computed jumps, and what jumps back more than a few times.
"""

import re
from collections.abc import Sequence

from analyzer.model.body import Assignment, Goto, If, Jump, Label, Loop, Return, Statement, Step, Switch
from analyzer.resolve.execution.expressions import Statements
from analyzer.resolve.execution.loops import Loops
from analyzer.resolve.execution.running import Machine
from analyzer.resolve.execution.trace import Activation
from analyzer.resolve.execution.values import UNKNOWN, Address, Memory, joined, of

_MAX_STATES = 8  # states of one function that are kept apart
_MAX_ROUNDS = 6  # of what stands between a label and a jump back to it
_MAX_IDLE = 2  # such rounds that reach nothing new
_MEMBER = re.compile(r"[A-Za-z_]\w*(?:(?:->|\.)\w+)+")
_TESTED = re.compile(
    r"(?:(?:un)?likely\()?(?:(?P<not>!\s*)?(?P<plain>\w+)|(?P<compared>\w+) (?P<sign>[=!])= NULL)\)?"
)


class Blocks:
    """Statements of one execution; `steps` of them were run."""

    def __init__(self, machine: Machine) -> None:
        self.steps = 0
        self._machine = machine
        self._loops = Loops(machine, self.block)

    def block(self, statements: Sequence[Statement], states: list[Memory], activation: Activation) -> list[Memory]:
        """The states in which a list of statements ends. What jumps back to one of its labels runs again from
        there, as long as that reaches something new."""
        left = self._once(statements, states, activation)
        names = [s.name if isinstance(s, Label) else "" for s in statements]
        labels = {name: at for at, name in enumerate(names) if name}
        idle = 0
        for _ in range(_MAX_ROUNDS if labels else 0):
            back = min((labels[name] for name in activation.pending if name in labels), default=-1)
            if back < 0:
                break
            seen = self._reached(activation)
            again = joined(activation.pending.pop(names[back]))
            left += self._once(statements[back + 1 :], [again] if again else [], activation)
            idle = idle + 1 if self._reached(activation) == seen else 0
            if idle == _MAX_IDLE:
                break
        for name in labels:
            activation.pending.pop(name, None)
        if len(left) > _MAX_STATES:
            together = joined(left)
            left = [together] if together else []
        return left

    def _reached(self, activation: Activation) -> int:
        return len(self._machine.trace.ran[activation.ref]) + len(self._machine.trace.entered[activation.ref])

    def _once(self, statements: Sequence[Statement], states: list[Memory], activation: Activation) -> list[Memory]:
        for statement in statements:
            if isinstance(statement, Label):
                states = [*states, *activation.pending.pop(statement.name, [])]
            elif states and activation.frame.scope.holds(statement.guard) is not False:
                after: list[Memory] = []
                for memory in states:
                    self._machine.memory = memory
                    after.extend(self._statement(statement, activation))
                states = after
            if len(states) > _MAX_STATES:
                together = joined(states)
                states = [together] if together else []
        return states

    def _statement(self, statement: Statement, activation: Activation) -> list[Memory]:
        self.steps += 1
        self._machine.trace.ran[activation.ref].add(statement.place.start)
        activation.statement = statement
        match statement:
            case Step():
                self._step(statement, activation)
                return [self._machine.memory]
            case Return():
                value = self._machine.evaluate(statement.value, activation) if statement.value else UNKNOWN
                activation.exits.append((self._machine.memory, value))
                return []
            case Goto():
                activation.pending.setdefault(statement.label, []).append(self._machine.memory)
                return []
            case Jump():
                stack = activation.breaks if statement.keyword == "break" else activation.continues
                if stack:
                    stack[-1].append(self._machine.memory)
                return []
            case If():
                return self._if(statement, activation)
            case Switch():
                return self._switch(statement, activation)
            case Loop():
                return self._loops.run(statement, activation)
        return [self._machine.memory]

    def _step(self, statement: Step, activation: Activation) -> None:
        if statement.declares:
            initial = {
                a.targets[0]: a
                for a in statement.actions
                if isinstance(a, Assignment) and a.declared and a.targets
            }
            for name in statement.declares:
                given = initial.get(name)
                value = None
                if given is not None and not given.value.startswith("{"):
                    value = self._machine.evaluate(given.value, activation)
                self._machine.declare(name, value)
            return
        Statements(self._machine, self._machine.world.tokens(activation.frame.scope, statement.text), 0).run()
        for action in statement.actions:
            if isinstance(action, Assignment) and action.operator == "=" and not action.when:
                target = action.targets[0]
                if _MEMBER.fullmatch(target):
                    self._machine.trace.store(
                        activation.ref, action.place.start, self._machine.evaluate(target, activation)
                    )

    def _if(self, statement: If, activation: Activation) -> list[Memory]:
        left: list[Memory] = []
        for branch in statement.branches:
            truth: bool | None = True
            activation.statement = statement
            if branch.condition:
                truth = self._machine.evaluate(branch.condition, activation).truth()
            if truth is False:
                continue
            otherwise = self._machine.memory.copy() if truth is None else None
            if otherwise is not None:
                self._tell_null(branch.condition, otherwise, activation)
            self._machine.trace.entered[activation.ref].add(branch.place.start)
            left.extend(self.block(branch.body, [self._machine.memory], activation))
            if otherwise is None:
                return left
            self._machine.memory = otherwise
        left.append(self._machine.memory)
        together = joined(left) if len(left) > 1 else left[0]
        return [together] if together else []

    def _tell_null(self, condition: str, otherwise: Memory, activation: Activation) -> None:
        """Where a pointer is tested, it is null on one of the two ways on."""
        match = _TESTED.fullmatch(condition)
        if match is None:
            return
        name = match["plain"] or match["compared"]
        known = activation.knows(name)
        place = activation.place(name)
        value = self._machine.memory.cells.get(place) if known else None
        if value is None or value.unknown or len(value.atoms) != 1:
            return
        only = next(iter(value.atoms))
        if isinstance(only, Address) and only.base.kind == "symbol" and not only.path:
            memory = self._machine.memory if match["not"] or match["sign"] == "=" else otherwise
            memory.store([place], of(0), surely=True)
            memory.absent |= {only.base}

    def _switch(self, statement: Switch, activation: Activation) -> list[Memory]:
        subject = self._machine.evaluate(statement.subject, activation)
        numbers = subject.numbers()
        start = self._machine.memory
        left: list[Memory] = []
        activation.breaks.append(left)
        falling: list[Memory] = []
        matched = False
        for case in statement.cases:
            labels = {self._label(label, activation) for label in case.labels}
            possible = numbers is None or None in labels or bool(labels & set(numbers))
            if "default" in case.labels:
                possible = not (numbers is not None and len(numbers) == 1 and matched)
            states = [*falling, *([start.copy()] if possible else [])]
            matched = matched or (numbers is not None and bool(labels & set(numbers)))
            if states:
                self._machine.trace.entered[activation.ref].add(case.place.start)
            falling = self.block(case.body, states, activation) if states else []
            if not case.falls_through:
                left.extend(falling)
                falling = []
        activation.breaks.pop()
        if not any("default" in case.labels for case in statement.cases) and not matched:
            left.append(start)
        together = joined([*left, *falling])
        return [together] if together else []

    def _label(self, text: str, activation: Activation) -> int | None:
        if text == "default":
            return -1 << 80  # no value of a subject
        return None if "..." in text else self._machine.evaluate(text, activation).number()
