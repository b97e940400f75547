"""Executes a rooted call tree abstractly, from a root with some parameters given.

Statements run in source order. Conditions that are decided run one branch, others both, and what they leave is
joined; a loop over a known list runs once for each of its members, which stay apart until the function ends, so
that `answer->prot` after the loop belongs to the `answer` that left it.

Not handled: values that change from round to round of a loop, and calls that are not followed, of which nothing is
known but that they return.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from analyzer.model.body import (
    Assignment,
    Body,
    Call,
    Goto,
    If,
    Jump,
    Label,
    Loop,
    Place,
    Return,
    Statement,
    Step,
    Switch,
    calls,
    own_actions,
    walk,
)
from analyzer.model.callgraph import FunctionRef
from analyzer.resolve.execution.expressions import Expression, Operand, Statements
from analyzer.resolve.execution.tables import Member
from analyzer.resolve.execution.trace import Activation, Site, Trace
from analyzer.resolve.execution.values import (
    ANY,
    RETURNED,
    UNKNOWN,
    Address,
    Base,
    Memory,
    Value,
    join,
    joined,
    of,
)
from analyzer.resolve.execution.world import World
from analyzer.resolve.frames import Frame
from analyzer.resolve.made import Function
from analyzer.resolve.scope import Scope
from analyzer.resolve.templates import NO_DEFINITION
from analyzer.resolve.tokens import split_arguments
from analyzer.resolve.typing import Typer

_MAX_STATES = 8  # states of one function that are kept apart
_MAX_APART = 4  # members of a list that are followed one by one after a loop
_MAX_STEPS = 15_000  # statements of one execution
_MAX_ROUNDS = 6  # of what stands between a label and a jump back to it
_SHORT = 8  # statements of a function that does little but clear
_MAX_IDLE = 2  # such rounds that reach nothing new
_MAX_ALTERNATIVES = 4  # functions behind one pointer that are executed
_ZEROED = "__GFP_ZERO"
_CLEARS = frozenset(("memset", "__memset", "__builtin_memset", "memset_io"))
_NO_BODY = Body(Place(0, 0, 0, 0), ())
_WORD = re.compile(r"[A-Za-z_]\w*")
_MEMBER = re.compile(r"[A-Za-z_]\w*(?:(?:->|\.)\w+)+")
_TESTED = re.compile(
    r"(?:(?:un)?likely\()?(?:(?P<not>!\s*)?(?P<plain>\w+)|(?P<compared>\w+) (?P<sign>[=!])= NULL)\)?"
)
_LAST_NAME = re.compile(r"(\w+)\W*$")


class Machine:
    """One execution; implements `expressions.Machine`."""

    def __init__(
        self,
        world: World,
        body_of: Callable[[FunctionRef], Body | None],
        function_of: Callable[[FunctionRef], Function | None],
        follow: Callable[[FunctionRef], bool],
        *,
        depth: int,
    ) -> None:
        """`follow` tells which functions are executed when they are called, `depth` how many calls deep."""
        self._world = world
        self._body_of = body_of
        self._function_of = function_of
        self._follow = follow
        self._depth = depth
        self._frames: dict[FunctionRef, Frame] = {}
        self._stack: list[Activation] = []
        self._symbols = 0
        self._activations = 0
        self._steps = 0
        self._clearing: dict[FunctionRef, bool] = {}
        self.memory = Memory()
        self.trace = Trace()

    # entry

    def run(self, root: Function, bindings: Mapping[str, str]) -> Trace:
        """Execute a function with parameters bound to C constants; other parameters are unknown."""
        frame = self._frame(root)
        arguments = [
            Operand(self._constant(frame.scope, bindings[p.name]) if p.name in bindings else self.symbol())
            for p in root.definition.parameters
        ]
        self._enter(frame.ref, arguments)
        return self.trace

    def number(self, function: Function, text: str) -> int | None:
        """What a constant's text is where a function stands; None when it is no constant."""
        return self._constant(self._frame(function).scope, text).number()

    def _constant(self, scope: Scope, text: str) -> Value:
        holder = Activation(self._frame(Function(scope.path, NO_DEFINITION)), _NO_BODY, 0, -1)
        self._stack.append(holder)
        try:
            return Expression(self, self._world.tokens(scope, text)).value()
        finally:
            self._stack.pop()

    def _frame(self, function: Function) -> Frame:
        frame = Frame(self._world.names, function)
        return self._frames.setdefault(frame.ref, frame)

    # functions

    def _enter(self, ref: FunctionRef, arguments: Sequence[Operand]) -> Value:
        """The result of executing a function; unknown when it is not followed."""
        worth = not self._stack or self._tells(arguments) or self._clears(ref, arguments)
        if not worth or not self._may_enter(ref):
            self.trace.partial.add(ref)
            return self._fresh(arguments)
        frame = self._frames.get(ref)
        if frame is None:
            function = self._function_of(ref)
            if function is None or not function.definition.end:
                return self.symbol()
            frame = self._frame(function)
        body = self.trace.bodies.get(frame.ref) or self._body_of(frame.ref)
        if body is None or not body.statements:
            return self.symbol()
        self.trace.bodies[frame.ref] = body
        self.trace.ran.setdefault(frame.ref, set())
        self.trace.entered.setdefault(frame.ref, set())
        self._activations += 1
        activation = Activation(frame, body, self._activations, len(self._stack))
        for name, number in frame.parameters.items():
            value = arguments[number].value if number < len(arguments) else None
            self.memory.store([self._local(activation, name)], value or self.symbol(), surely=True)
        self._stack.append(activation)
        try:
            left = self._block(body.statements, [self.memory], activation)
        finally:
            self._stack.pop()
        ends = [*activation.exits, *((m, UNKNOWN) for m in left)]
        if not ends:  # never returns
            return self.symbol()
        self.memory = joined(m for m, _ in ends) or Memory()
        value = join(v for _, v in ends)
        return self.symbol() if value == UNKNOWN else value

    def _fresh(self, arguments: Sequence[Operand]) -> Value:
        """The result of a call that is not followed. With `__GFP_ZERO` among its arguments it is memory that
        the allocator has cleared."""
        self._symbols += 1
        base = Base("symbol", RETURNED, str(self._symbols))
        self.memory.made |= {base}
        result = of(Address(base))
        if self._stack:
            tokens = self._world.tokens(self._stack[-1].frame.scope, _ZEROED)
            flag = Expression(self, tokens).value().number() if tokens and tokens[0].text != _ZEROED else None
            given = [n for a in arguments for n in (a.value.numbers() if a.value is not None else None) or ()]
            if flag and any(n & flag for n in given if n > 0):
                for address in result.addresses():
                    self.memory.clear(address.base)
        return result

    def _may_enter(self, ref: FunctionRef) -> bool:
        if self._steps >= _MAX_STEPS:
            self.trace.exhausted = True
            return False
        if len(self._stack) > self._depth or any(a.ref == ref for a in self._stack):
            return False
        return not self._stack or self._follow(ref)

    def _tells(self, arguments: Sequence[Operand]) -> bool:
        """Whether any argument says something: with nothing but unknown ones, execution tells no more than
        the types do."""
        for argument in arguments:
            value = argument.value or UNKNOWN
            if value.pointed() or value.numbers() is not None:
                return True
            if any(a.base.kind == "local" or a.base in self.memory.told for a in value.addresses()):
                return True
        return False

    def _clears(self, ref: FunctionRef, arguments: Sequence[Operand]) -> bool:
        """Whether a function sets memory that was just allocated to zero."""
        fresh = [a for o in arguments for a in (o.value or UNKNOWN).addresses() if a.base in self.memory.made]
        if not fresh:
            return False
        if ref not in self._clearing:
            body = self._body_of(ref)
            small = body is not None and len(body.statements) <= _SHORT
            self._clearing[ref] = body is not None and small and any(c.name in _CLEARS for c in calls(body))
        return self._clearing[ref]

    # statements

    def _block(
        self, statements: Sequence[Statement], states: list[Memory], activation: Activation
    ) -> list[Memory]:
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
        return len(self.trace.ran[activation.ref]) + len(self.trace.entered[activation.ref])

    def _once(self, statements: Sequence[Statement], states: list[Memory], activation: Activation) -> list[Memory]:
        for statement in statements:
            if isinstance(statement, Label):
                states = [*states, *activation.pending.pop(statement.name, [])]
            elif states and activation.frame.scope.holds(statement.guard) is not False:
                after: list[Memory] = []
                for memory in states:
                    self.memory = memory
                    after.extend(self._statement(statement, activation))
                states = after
            if len(states) > _MAX_STATES:
                together = joined(states)
                states = [together] if together else []
        return states

    def _statement(self, statement: Statement, activation: Activation) -> list[Memory]:
        self._steps += 1
        self.trace.ran[activation.ref].add(statement.place.start)
        activation.statement = statement
        match statement:
            case Step():
                self._step(statement, activation)
                return [self.memory]
            case Return():
                value = self._evaluate(statement.value, activation) if statement.value else UNKNOWN
                activation.exits.append((self.memory, value))
                return []
            case Goto():
                activation.pending.setdefault(statement.label, []).append(self.memory)
                return []
            case Jump():
                stack = activation.breaks if statement.keyword == "break" else activation.continues
                if stack:
                    stack[-1].append(self.memory)
                return []
            case If():
                return self._if(statement, activation)
            case Switch():
                return self._switch(statement, activation)
            case Loop():
                return self._loop(statement, activation)
        return [self.memory]

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
                    value = self._evaluate(given.value, activation)
                self.declare(name, value)
            return
        Statements(self, self._world.tokens(activation.frame.scope, statement.text), 0).run()
        for action in statement.actions:
            if isinstance(action, Assignment) and action.operator == "=" and not action.when:
                target = action.targets[0]
                if _MEMBER.fullmatch(target):
                    self.trace.store(activation.ref, action.place.start, self._evaluate(target, activation))

    def _evaluate(self, text: str, activation: Activation) -> Value:
        return Expression(self, self._world.tokens(activation.frame.scope, text)).value()

    def _if(self, statement: If, activation: Activation) -> list[Memory]:
        left: list[Memory] = []
        for branch in statement.branches:
            truth: bool | None = True
            activation.statement = statement
            if branch.condition:
                truth = self._evaluate(branch.condition, activation).truth()
            if truth is False:
                continue
            otherwise = self.memory.copy() if truth is None else None
            if otherwise is not None:
                self._tell_null(branch.condition, otherwise, activation)
            self.trace.entered[activation.ref].add(branch.place.start)
            left.extend(self._block(branch.body, [self.memory], activation))
            if otherwise is None:
                return left
            self.memory = otherwise
        left.append(self.memory)
        together = joined(left) if len(left) > 1 else left[0]
        return [together] if together else []

    def _tell_null(self, condition: str, otherwise: Memory, activation: Activation) -> None:
        """Where a pointer is tested, it is null on one of the two ways on."""
        match = _TESTED.fullmatch(condition)
        if match is None:
            return
        name = match["plain"] or match["compared"]
        known = name in activation.declared or name in activation.frame.parameters
        place = self._local(activation, name)
        value = self.memory.cells.get(place) if known else None
        if value is None or value.unknown or len(value.atoms) != 1:
            return
        only = next(iter(value.atoms))
        if isinstance(only, Address) and only.base.kind == "symbol" and not only.path:
            memory = self.memory if match["not"] or match["sign"] == "=" else otherwise
            memory.store([place], of(0), surely=True)
            memory.absent |= {only.base}

    def _switch(self, statement: Switch, activation: Activation) -> list[Memory]:
        subject = self._evaluate(statement.subject, activation)
        numbers = subject.numbers()
        start = self.memory
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
                self.trace.entered[activation.ref].add(case.place.start)
            falling = self._block(case.body, states, activation) if states else []
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
        return None if "..." in text else self._evaluate(text, activation).number()

    # loops

    def _loop(self, statement: Loop, activation: Activation) -> list[Memory]:
        if statement.macro:
            members = self._members(statement, activation)
            if members is not None:
                return self._over_members(statement, members, activation)
        before = self.memory.copy()
        truth: bool | None = None
        if statement.keyword == "for":
            parts = statement.head.partition("(")[2].rpartition(")")[0].split(";")
            if len(parts) == 3 and parts[0].strip():
                Statements(self, self._world.tokens(activation.frame.scope, parts[0] + ";"), 0).run()
                before = self.memory.copy()
        self._forget(statement, activation)
        activation.breaks.append([])
        activation.continues.append([])
        if statement.keyword == "while":
            truth = self._evaluate(statement.head.partition("(")[2].rpartition(")")[0], activation).truth()
        left: list[Memory] = [] if truth is False else self._block(statement.body, [self.memory], activation)
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
            if name in activation.declared or name in activation.frame.parameters:
                self.memory.store([self._local(activation, name)], self.symbol(), surely=True)

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
            for head in self._evaluate(argument, activation).addresses():
                if head.base.kind != "object":
                    continue
                members = self._world.tables.linked(head.base, link)
                if members:
                    index = head.path[0] if head.path else ANY
                    found = self._world.chosen(members, index, self._constant)
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
        start = self.memory
        pattern = re.compile(rf"\b{variable}\s*->\s*(\w+)")
        texts = " ".join(b.condition for _, s in walk(loop.body) if isinstance(s, If) for b in s.branches)
        compared = tuple(dict.fromkeys((*keys, *pattern.findall(texts))))
        activation.breaks.append([])
        activation.continues.append([])
        ended: list[Memory] = []
        for member in objects:
            self.memory = start.copy()
            self.memory.store([self._local(activation, variable)], of(member), surely=True)
            known = len(activation.breaks[-1])
            ended.extend(self._block(loop.body, [self.memory], activation))
            if len(activation.breaks[-1]) > known or not _leaves(loop):
                whole = Address(member.base, member.path[:-1]) if member.path[-1:] == (link,) else member
                self.trace.chosen.setdefault(whole, compared)
        ended += activation.continues.pop()
        left = activation.breaks.pop()
        rest = joined([*ended, start])
        if rest is not None:
            rest = rest.copy()
            rest.store([self._local(activation, variable)], self.symbol(), surely=True)
        if len(left) > _MAX_APART:
            together = joined(left)
            left = [together] if together else []
        return [*left, *([rest] if rest is not None else [])]

    # what expressions ask for

    @property
    def typer(self) -> Typer:
        """The type checker of the running function's file."""
        return self._stack[-1].frame.typer

    def _local(self, activation: Activation, name: str) -> Address:
        return Address(Base("local", activation.owner, name))

    def name(self, name: str) -> Operand:
        """An identifier of the running function, else of its file."""
        activation = self._stack[-1]
        if name in activation.declared or name in activation.frame.parameters:
            array = name in activation.frame.arrays
            return Operand(None, (self._local(activation, name),), array, name, name)
        scope = activation.frame.scope
        tokens = self._world.constant(scope, name)
        if tokens is not None:
            return Operand(Expression(self, tokens).value(), name=name)
        found = self._world.name(scope, name)
        if found is None:
            return Operand(self.symbol(), name=name)
        if isinstance(found, Value):
            return Operand(found, name=name)
        address, array = found
        return Operand(None, (address,), array, name, name)

    def load(self, address: Address) -> Value:
        """What is stored at an address, what its object began with, or a symbol that stays the same."""
        cells = self.memory.cells
        value = cells.get(address)
        if value is not None:
            return value
        if ANY in address.path or not cells:
            near = [v for a, v in cells.items() if a.base == address.base and _overlap(a, address)]
            if near:
                return join([*near, UNKNOWN])
        if address.base in self.memory.cleared:
            return of(0)
        if address.base.kind == "object":
            value = self._world.load(address, self._constant)
            if value != UNKNOWN:
                return value
        value = of(Address(Base("symbol", "at", repr(address))))
        if ANY not in address.path:
            cells[address] = value
        return value

    def store(self, places: Sequence[Address], value: Value) -> None:
        """Store a value where it may belong."""
        self.memory.store(places, value, surely=len(places) == 1)

    def declare(self, name: str, value: Value | None) -> None:
        """A variable of the running function."""
        activation = self._stack[-1]
        activation.declared.add(name)
        place = self._local(activation, name)
        if value is not None:
            self.memory.store([place], value, surely=True)
        elif place not in self.memory.cells:
            self.memory.store([place], self.symbol(), surely=True)

    def symbol(self) -> Value:
        """A value that nobody knows."""
        self._symbols += 1
        return of(Address(Base("symbol", "new", str(self._symbols))))

    def call(self, callee: Operand, value: Value, arguments: Sequence[Operand]) -> Value:
        """Execute what is called; note what an indirect call may reach."""
        functions = value.functions()
        by_name = bool(callee.name) and not callee.places
        if not by_name:
            self._note(callee, value)
        self._note_arguments(callee, arguments)
        if callee.name in _CLEARS and len(arguments) == 3:
            return self._cleared(arguments)
        if not functions or (value.unknown and not by_name) or len(functions) > _MAX_ALTERNATIVES:
            self.trace.partial.update(functions)
            self._escape(arguments)
            return self._fresh(arguments)
        if by_name:
            functions = functions[:1]
        start = self.memory
        results: list[Value] = []
        ends: list[Memory] = []
        caller = self._stack[-1].statement
        for function in functions:
            self.memory = start.copy() if len(functions) > 1 else start
            results.append(self._enter(function, arguments))
            ends.append(self.memory)
        self._stack[-1].statement = caller
        self.memory = joined(ends) or Memory()
        return join(results)

    def _cleared(self, arguments: Sequence[Operand]) -> Value:
        """`memset(x, 0, size)`"""
        target, byte = arguments[0].value or UNKNOWN, arguments[1].value or UNKNOWN
        for address in target.addresses():
            if byte.number() == 0:
                self.memory.clear(address.base)
        return target

    def _escape(self, arguments: Sequence[Operand]) -> None:
        """A call that is not followed may change the variables whose addresses it gets."""
        for argument in arguments:
            for address in argument.value.addresses() if argument.value is not None else ():
                if address.base.kind == "local":
                    self.memory.store([address], self.symbol(), surely=True)

    def _note(self, callee: Operand, value: Value) -> None:
        activation = self._stack[-1]
        if activation.statement is None or activation.depth < 0:
            return
        member = callee.member or callee.name
        known = not value.unknown and all(isinstance(a, FunctionRef | int) for a in value.atoms)
        for action in own_actions(activation.statement):
            if not isinstance(action, Call):
                continue
            last = _LAST_NAME.search(action.callee)
            if action.name != member and not action.name and (last is None or last.group(1) != member):
                continue
            key = Site(activation.ref, action.place.line, action.place.column, member)
            if not known or (key in self.trace.targets and self.trace.targets[key] is None):
                self.trace.targets[key] = None
                continue
            found = self.trace.targets.setdefault(key, {})
            for function in value.functions():
                if found is not None:
                    found.setdefault(function, set()).update(self._holders(callee, function))

    def _note_arguments(self, callee: Operand, arguments: Sequence[Operand]) -> None:
        activation = self._stack[-1]
        if activation.statement is None or activation.depth < 0:
            return
        member = callee.member or callee.name
        for action in own_actions(activation.statement):
            if not isinstance(action, Call) or len(action.arguments) != len(arguments):
                continue
            last = _LAST_NAME.search(action.callee)
            if action.name == member or (not action.name and last is not None and last.group(1) == member):
                place = (action.place.line, action.place.column)
                self.trace.call(activation.ref, place, [a.value or UNKNOWN for a in arguments])

    def _holders(self, callee: Operand, function: FunctionRef) -> list[Address]:
        """The file-scope objects whose member gave the function."""
        places = [p for p in callee.places if p.base.kind == "object"]
        return [p for p in places if function in self.load(p).functions()]


def _overlap(one: Address, other: Address) -> bool:
    if len(one.path) != len(other.path):
        return False
    return all(a == b or ANY in (a, b) for a, b in zip(one.path, other.path, strict=True))


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
