"""What an execution keeps while a function runs, and what it leaves behind."""

from collections.abc import Sequence
from typing import NamedTuple

from analyzer.model.body import Body, Statement
from analyzer.model.callgraph import FunctionRef
from analyzer.resolve.execution.values import UNKNOWN, Address, Base, Memory, Value, join
from analyzer.resolve.frames import Frame


class Activation:
    """One execution of a function."""

    def __init__(self, frame: Frame, body: Body, number: int, depth: int) -> None:
        self.frame = frame
        self.body = body
        self.ref = frame.ref
        self.owner = f"{frame.ref.name}#{number}"
        self.depth = depth
        self.declared: set[str] = set()
        self.exits: list[tuple[Memory, Value]] = []
        self.pending: dict[str, list[Memory]] = {}
        self.breaks: list[list[Memory]] = []
        self.continues: list[list[Memory]] = []
        self.statement: Statement | None = None

    def knows(self, name: str) -> bool:
        """Whether a name is a parameter, or a variable that was declared so far."""
        return name in self.declared or name in self.frame.parameters

    def place(self, name: str) -> Address:
        """Where a variable of the function lies."""
        return Address(Base("local", self.owner, name))


class Site(NamedTuple):
    """An indirect call: the caller, where its call begins, and the last name of the callee."""

    caller: FunctionRef
    line: int
    column: int
    member: str


class Trace:
    """What an execution saw: statements that ran, and arms and cases that were entered, by function and offset;
    targets of indirect calls with the objects that held them, None for a site whose callee was not known; members
    of lists that a loop left with; arguments of calls by place, and what assignments left in their first target;
    functions of which some call was not executed, so that what was seen of them is not all there is."""

    def __init__(self) -> None:
        self.ran: dict[FunctionRef, set[int]] = {}
        self.entered: dict[FunctionRef, set[int]] = {}
        self.bodies: dict[FunctionRef, Body] = {}
        self.targets: dict[Site, dict[FunctionRef, set[Address]] | None] = {}
        self.chosen: dict[Address, tuple[str, ...]] = {}
        self.arguments: dict[tuple[FunctionRef, int, int], list[Value]] = {}
        self.stored: dict[tuple[FunctionRef, int], Value] = {}
        self.partial: set[FunctionRef] = set()
        self.exhausted = False

    def call(self, caller: FunctionRef, place: tuple[int, int], arguments: Sequence[Value]) -> None:
        """Note what a call at (line, column) passes."""
        key = (caller, *place)
        before = self.arguments.get(key)
        if before is None:
            self.arguments[key] = list(arguments)
        elif len(before) != len(arguments):
            before[:] = [UNKNOWN] * len(before)
        else:
            before[:] = [join(pair) for pair in zip(before, arguments, strict=True)]

    def store(self, function: FunctionRef, offset: int, value: Value) -> None:
        """Note what the assignment at an offset left."""
        before = self.stored.get((function, offset))
        self.stored[function, offset] = value if before is None else join((before, value))
