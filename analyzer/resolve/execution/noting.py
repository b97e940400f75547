"""Notes in the trace what calls of an execution reached and passed.

A call site is found by the last name of its callee among those of the running statement. Not handled: two calls in
one statement whose callees end in the same name, which share what is noted.
"""

import re
from collections.abc import Callable, Iterable, Sequence

from analyzer.model.body import Call, own_actions
from analyzer.model.callgraph import FunctionRef
from analyzer.resolve.execution.expressions import Operand
from analyzer.resolve.execution.trace import Activation, Site, Trace
from analyzer.resolve.execution.values import UNKNOWN, Address, Value

Holders = Callable[[FunctionRef], Iterable[Address]]

_LAST_NAME = re.compile(r"(\w+)\W*$")


def note_targets(trace: Trace, activation: Activation, callee: Operand, value: Value, holders: Holders) -> None:
    """Note what an indirect call may reach; `holders` gives the objects whose member gave a function."""
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
        if not known or (key in trace.targets and trace.targets[key] is None):
            trace.targets[key] = None
            continue
        found = trace.targets.setdefault(key, {})
        for function in value.functions():
            if found is not None:
                found.setdefault(function, set()).update(holders(function))


def note_arguments(trace: Trace, activation: Activation, callee: Operand, arguments: Sequence[Operand]) -> None:
    """Note what a call passes."""
    if activation.statement is None or activation.depth < 0:
        return
    member = callee.member or callee.name
    for action in own_actions(activation.statement):
        if not isinstance(action, Call) or len(action.arguments) != len(arguments):
            continue
        last = _LAST_NAME.search(action.callee)
        if action.name == member or (not action.name and last is not None and last.group(1) == member):
            place = (action.place.line, action.place.column)
            trace.call(activation.ref, place, [a.value or UNKNOWN for a in arguments])
