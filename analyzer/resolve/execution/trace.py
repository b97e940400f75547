"""What an execution keeps while a function runs, and what it leaves behind."""

from typing import NamedTuple

from analyzer.model.body import Body, Statement
from analyzer.model.callgraph import FunctionRef
from analyzer.resolve.execution.values import Address, Memory, Value
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


class Site(NamedTuple):
    """An indirect call: the caller, where its call begins, and the last name of the callee."""

    caller: FunctionRef
    line: int
    column: int
    member: str


class Trace:
    """What an execution saw: statements that ran, by function and offset; targets of indirect calls with the
    objects that held them, None for a site whose callee was not known; members of lists that a loop left with."""

    def __init__(self) -> None:
        self.ran: dict[FunctionRef, set[int]] = {}
        self.bodies: dict[FunctionRef, Body] = {}
        self.targets: dict[Site, dict[FunctionRef, set[Address]] | None] = {}
        self.chosen: dict[Address, tuple[str, ...]] = {}
        self.exhausted = False
