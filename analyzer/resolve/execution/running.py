"""What the running of statements asks of the execution that they are part of.

Not handled: evaluation, of which `expressions` says what it asks.
"""

from typing import Protocol

from analyzer.resolve.execution import expressions
from analyzer.resolve.execution.trace import Activation, Trace
from analyzer.resolve.execution.values import Memory, Value
from analyzer.resolve.execution.world import World
from analyzer.resolve.scope import Scope


class Machine(expressions.Machine, Protocol):
    """An execution. `memory` is the one at the point that it has come to."""

    memory: Memory
    trace: Trace
    world: World

    def evaluate(self, text: str, activation: Activation) -> Value:
        """The value of an expression's text in a running function."""
        ...

    def constant(self, scope: Scope, text: str) -> Value:
        """The value of an expression's text at file scope."""
        ...
