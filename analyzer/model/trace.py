"""What traces of a running kernel show, and what the static graph says to it.

Names are those of the trace without the suffixes that compilers add to copies of a function (`.isra.0`).
"""

from typing import Literal

import msgspec

from analyzer.model.callgraph import Edge, FunctionRef

TraceFormat = Literal["function_graph", "function", "uftrace replay", "uftrace graph"]

# explained: the static graph has a path whose inner functions tracing cannot see.
# interrupt: an interrupt, a fault or what it does; the caller was interrupted and called nothing.
# outside: the caller is no function of a kernel (a program's function in a trace of both).
Verdict = Literal["explained", "unexplained", "interrupt", "outside"]

# Why tracing does not show a function: it is inline; it is of its caller's file and may have been inlined;
# it is static in a header; tracing cannot see it (`notrace`, or not in the list of what can be seen).
Unseen = Literal["inline", "same file", "header", "not traceable"]


class ObservedCall(msgspec.Struct, frozen=True, order=True):
    """One (caller, callee) of one or several traces. `line` is where the first trace `file` has it."""

    caller: str
    callee: str
    count: int
    file: str = ""
    line: int = 0


class Trace(msgspec.Struct, frozen=True):
    """What a trace shows, in the order of first appearance.

    `functions` are all names that appear; `roots` those that appear without a known caller;
    `interrupts` names the asynchronous entries (interrupts, faults) with how often each came; `lost` counts
    places where events are missing; `left_out` calls of the write that switched tracing off; `unread` lines
    that are neither a call nor anything else that such a trace has.
    """

    name: str
    format: TraceFormat
    calls: tuple[ObservedCall, ...]
    functions: tuple[str, ...]
    roots: tuple[str, ...] = ()
    interrupts: tuple[tuple[str, int], ...] = ()
    lost: int = 0
    left_out: int = 0
    unread: int = 0

    @property
    def program(self) -> bool:
        """Whether it may show a program's functions beside the kernel's."""
        return self.format.startswith("uftrace")


class Passed(msgspec.Struct, frozen=True):
    """A function that a path passes through without the trace showing it."""

    function: FunctionRef
    why: Unseen


class Explanation(msgspec.Struct, frozen=True):
    """An observed call with its verdict.

    `path` are the edges of a shortest static path when it is explained, `passed` the inner functions of that
    path. `reason` is one clause that says why it is not explained.
    """

    call: ObservedCall
    verdict: Verdict
    path: tuple[Edge, ...] = ()
    passed: tuple[Passed, ...] = ()
    reason: str = ""


class Taken(msgspec.Struct, frozen=True):
    """An indirect call site that traces went through: the edges of the targets that they showed, of those that
    no trace showed although tracing can see them, and of those that tracing cannot see."""

    taken: tuple[Edge, ...]
    never: tuple[Edge, ...]
    unseen: tuple[Edge, ...]


class TraceReport(msgspec.Struct, frozen=True):
    """Traces against one kernel: the explanations in the order of the traces, the unexplained ones first."""

    traces: tuple[Trace, ...]
    explanations: tuple[Explanation, ...]
    sites: tuple[Taken, ...] = ()

    def count(self, verdict: Verdict) -> int:
        """How many calls have that verdict."""
        return sum(found.verdict == verdict for found in self.explanations)

    @property
    def judged(self) -> int:
        """How many calls are explained or unexplained."""
        return self.count("explained") + self.count("unexplained")
