"""Executes a rooted call tree abstractly, from a root with some parameters given.

Enters functions and gives expressions what they ask for; `blocks` and `loops` run the statements.

Not handled: calls that are not followed, of which nothing is known but that they return.
"""

import functools
from collections.abc import Callable, Mapping, Sequence

from analyzer.model.body import Body, Place, calls
from analyzer.model.callgraph import FunctionRef
from analyzer.resolve.execution.blocks import Blocks
from analyzer.resolve.execution.expressions import Expression, Operand
from analyzer.resolve.execution.noting import note_arguments, note_targets
from analyzer.resolve.execution.trace import Activation, Trace
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
from analyzer.resolve.functions import Function
from analyzer.resolve.scope import Scope
from analyzer.resolve.templates import NO_DEFINITION
from analyzer.resolve.typing import Typer

_MAX_STEPS = 15_000  # statements of one execution
_SHORT = 8  # statements of a function that does little but clear
_MAX_ALTERNATIVES = 4  # functions behind one pointer that are executed
_ZEROED = "__GFP_ZERO"
_CLEARS = frozenset(("memset", "__memset", "__builtin_memset", "memset_io"))
_NO_BODY = Body(Place(0, 0, 0, 0, 0, 0), ())


class Machine:
    """One execution; implements `running.Machine`."""

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
        self.world = world
        self._body_of = body_of
        self._function_of = function_of
        self._follow = follow
        self._depth = depth
        self._frames: dict[FunctionRef, Frame] = {}
        self._stack: list[Activation] = []
        self._symbols = 0
        self._activations = 0
        self._clearing: dict[FunctionRef, bool] = {}
        self.memory = Memory()
        self.trace = Trace()
        self._blocks = Blocks(self)

    # entry

    def run(self, root: Function, bindings: Mapping[str, str]) -> Trace:
        """Execute a function with parameters bound to C constants; other parameters are unknown."""
        frame = self._frame(root)
        arguments = [
            Operand(self.constant(frame.scope, bindings[p.name]) if p.name in bindings else self.symbol())
            for p in root.definition.parameters
        ]
        self._enter(frame.ref, arguments)
        return self.trace

    def number(self, function: Function, text: str) -> int | None:
        """What a constant's text is where a function stands; None when it is no constant."""
        return self.constant(self._frame(function).scope, text).number()

    def evaluate(self, text: str, activation: Activation) -> Value:
        """The value of an expression's text in a running function."""
        return Expression(self, self.world.tokens(activation.frame.scope, text)).value()

    def constant(self, scope: Scope, text: str) -> Value:
        """The value of an expression's text at file scope."""
        holder = Activation(self._frame(Function(scope.path, NO_DEFINITION)), _NO_BODY, 0, -1)
        self._stack.append(holder)
        try:
            return Expression(self, self.world.tokens(scope, text)).value()
        finally:
            self._stack.pop()

    def _frame(self, function: Function) -> Frame:
        frame = Frame(self.world.names, function)
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
            self.memory.store([activation.place(name)], value or self.symbol(), surely=True)
        self._stack.append(activation)
        try:
            left = self._blocks.block(body.statements, [self.memory], activation)
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
            tokens = self.world.tokens(self._stack[-1].frame.scope, _ZEROED)
            flag = Expression(self, tokens).value().number() if tokens and tokens[0].text != _ZEROED else None
            given = [n for a in arguments for n in (a.value.numbers() if a.value is not None else None) or ()]
            if flag and any(n & flag for n in given if n > 0):
                for address in result.addresses():
                    self.memory.clear(address.base)
        return result

    def _may_enter(self, ref: FunctionRef) -> bool:
        if self._blocks.steps >= _MAX_STEPS:
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

    # what expressions ask for

    @property
    def typer(self) -> Typer:
        """The type checker of the running function's file."""
        return self._stack[-1].frame.typer

    def name(self, name: str) -> Operand:
        """An identifier of the running function, else of its file."""
        activation = self._stack[-1]
        if activation.knows(name):
            array = name in activation.frame.arrays
            return Operand(None, (activation.place(name),), array, name, name)
        scope = activation.frame.scope
        tokens = self.world.constant(scope, name)
        if tokens is not None:
            return Operand(Expression(self, tokens).value(), name=name)
        found = self.world.name(scope, name)
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
            value = self.world.load(address, self.constant)
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
        place = activation.place(name)
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
            note_targets(self.trace, self._stack[-1], callee, value, functools.partial(self._holders, callee))
        note_arguments(self.trace, self._stack[-1], callee, arguments)
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

    def _holders(self, callee: Operand, function: FunctionRef) -> list[Address]:
        """The file-scope objects whose member gave the function."""
        places = [p for p in callee.places if p.base.kind == "object"]
        return [p for p in places if function in self.load(p).functions()]


def _overlap(one: Address, other: Address) -> bool:
    if len(one.path) != len(other.path):
        return False
    return all(a == b or ANY in (a, b) for a, b in zip(one.path, other.path, strict=True))
