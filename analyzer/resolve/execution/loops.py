"""Runs loops: over a known list once for each member, any other once for all rounds.

Members with which a loop over a list is left stay apart until the function ends, so that `answer->prot` after the
loop belongs to the `answer` that left it. Not handled: values that change from round to round.
"""

import re
from collections.abc import Callable, Iterable, Sequence

from analyzer.model.body import Assignment, Goto, If, Jump, Loop, Return, Statement, own_actions, walk
from analyzer.resolve.execution.expressions import Statements
from analyzer.resolve.execution.running import Machine
from analyzer.resolve.execution.tables import Member
from analyzer.resolve.execution.trace import Activation
from analyzer.resolve.execution.values import ANY, Address, Memory, joined, of
from analyzer.resolve.tokens import split_arguments

Block = Callable[[Sequence[Statement], list[Memory], Activation], list[Memory]]

_MAX_APART = 4  # members of a list that are followed one by one after a loop
_WORD = re.compile(r"[A-Za-z_]\w*")


class Loops:
    """Loops of one execution; `block` runs a list of statements."""

    def __init__(self, machine: Machine, block: Block) -> None:
        self._machine = machine
        self._block = block

    def run(self, statement: Loop, activation: Activation) -> list[Memory]:
        if statement.macro:
            members = self._members(statement, activation)
            if members is not None:
                return self._over_members(statement, members, activation)
        before = self._machine.memory.copy()
        truth: bool | None = None
        if statement.keyword == "for":
            parts = statement.head.partition("(")[2].rpartition(")")[0].split(";")
            if len(parts) == 3 and parts[0].strip():
                Statements(
                    self._machine, self._machine.world.tokens(activation.frame.scope, parts[0] + ";"), 0
                ).run()
                before = self._machine.memory.copy()
        self._forget(statement, activation)
        activation.breaks.append([])
        activation.continues.append([])
        if statement.keyword == "while":
            truth = self._machine.evaluate(statement.head.partition("(")[2].rpartition(")")[0], activation).truth()
        left: list[Memory] = (
            [] if truth is False else self._block(statement.body, [self._machine.memory], activation)
        )
        left += activation.continues.pop() + activation.breaks.pop()
        if statement.keyword != "do":
            left.append(before)
        together = joined(left)
        return [together] if together else []

    def _forget(self, loop: Loop, activation: Activation) -> None:
        """Variables that a loop changes may hold anything while it runs."""
        changed: set[str] = set(_WORD.findall(loop.head)) if loop.macro else set()
        changed |= _stored_names(statement for _, statement in walk((loop,)))
        for name in sorted(changed):
            if activation.knows(name):
                self._machine.memory.store([activation.place(name)], self._machine.symbol(), surely=True)

    def _members(self, loop: Loop, activation: Activation) -> tuple[str, list[Member]] | None:
        """(variable, objects) of a loop over a list whose head is a file-scope object."""
        arguments = split_arguments(loop.head.partition("(")[2].rpartition(")")[0])
        variable = next((a for a in arguments if a in activation.declared), "")
        link = next((a for a in reversed(arguments) if a.isidentifier() and a != variable), "")
        if not variable:
            return None
        for argument in arguments:
            if argument in (variable, link):
                continue
            for head in self._machine.evaluate(argument, activation).addresses():
                if head.base.kind != "object":
                    continue
                members = self._machine.world.tables.linked(head.base, link)
                if members:
                    index = head.path[0] if head.path else ANY
                    found = self._machine.world.chosen(members, index, self._machine.constant)
                    if not link:  # `list_for_each(p, head)`: the variable points to the links themselves
                        found = [m._replace(object=m.object.member((m.link,))) for m in found]
                    return variable, found
        return None

    def _over_members(self, loop: Loop, members: tuple[str, list[Member]], activation: Activation) -> list[Memory]:
        """Once for each member; those that leave the loop stay apart."""
        variable, found = members
        objects = [m.object for m in found]
        keys = [".".join(m.key) for m in found if m.key]
        link = next((m.link for m in found), "")
        start = self._machine.memory
        pattern = re.compile(rf"\b{variable}\s*->\s*(\w+)")
        texts = " ".join(b.condition for _, s in walk(loop.body) if isinstance(s, If) for b in s.branches)
        compared = tuple(dict.fromkeys((*keys, *pattern.findall(texts))))
        activation.breaks.append([])
        activation.continues.append([])
        ended: list[Memory] = []
        for member in objects:
            self._machine.memory = start.copy()
            self._machine.memory.store([activation.place(variable)], of(member), surely=True)
            known = len(activation.breaks[-1])
            ended.extend(self._block(loop.body, [self._machine.memory], activation))
            if len(activation.breaks[-1]) > known or not _leaves(loop):
                whole = Address(member.base, member.path[:-1]) if member.path[-1:] == (link,) else member
                self._machine.trace.chosen.setdefault(whole, compared)
        ended += activation.continues.pop()
        left = activation.breaks.pop()
        rest = joined([*ended, start])
        if rest is not None:
            rest = rest.copy()
            rest.store([activation.place(variable)], self._machine.symbol(), surely=True)
        if len(left) > _MAX_APART:
            together = joined(left)
            left = [together] if together else []
        return [*left, *([rest] if rest is not None else [])]


def _stored_names(statements: Iterable[Statement]) -> set[str]:
    """The plain names that statements store to."""
    return {
        target
        for statement in statements
        for action in own_actions(statement)
        if isinstance(action, Assignment)
        for target in action.targets
        if target.isidentifier()
    }


def _leaves(loop: Loop) -> bool:
    """Whether a loop's body can leave it early."""
    return any(
        isinstance(s, Goto | Return) or (isinstance(s, Jump) and s.keyword == "break") for _, s in walk(loop.body)
    )
