"""Traces of a running kernel: text in, observed calls out.

Reads what the tracers function_graph and function of ftrace print (`trace`, `trace_pipe`), `trace-cmd report`
and `perf ftrace` of them, and `uftrace replay` and `uftrace graph`. Formats are told apart line by line, so that
options (columns for time, task, latency, duration; tail comments; return values; arguments) need no header.

A call belongs to the function whose brace is open around it, in the same task; where the task is unknown, on
the same processor. Nothing is guessed where events are missing: such a call is a root.

Not handled: binary traces (`trace.dat`, `perf.data`), `uftrace graph --task`, traces with tabs for blanks.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from analyzer.extract.symbols import is_entry, is_write, plain_symbol
from analyzer.extract.uftrace import GraphReader
from analyzer.model.trace import ObservedCall, Trace, TraceFormat

_MAX_LINE = 1_000  # bytes; no tracer prints more, and patterns stay quick on what is no trace
_INDENT = 2  # blanks per level in all of these formats

_NAME = r"(?:[A-Za-z_][\w.$]*|0x[0-9a-f]+)"
# The call or the closing brace is what follows the first separator after which the line reads as one.
_BODY = re.compile(
    rf"(?:^|[|)])(?P<indent>[ ]*)(?:(?P<name>{_NAME})(?:\+0x[0-9a-f]+(?:/0x[0-9a-f]+)?)?(?:[ ]\[[\w.-]+\])?"
    r"(?P<rest>\(.*)|\}(?P<tail>.*))$"
)
_REMARK = re.compile(r"\s*/\*.*\*/\s*$")
_TAIL = re.compile(rf"/\*\s*({_NAME})")
# ` 123.456 |   0)  bash-123  | `
_NATIVE = re.compile(r"^(?:\s*[\d.]+(?: us)?\s\|)*\s*(\d+)\)(?:\s+(\S.*?)-(\d+)\s+\|)?")
_SWITCH = re.compile(r"^[\s|]*(\d+)\)\s+(\S.*?)-(\d+)\s+=>\s+(\S.*?)-(\d+)\s*$")
# `bash-123   [000] d..1  12.345678: event: `; with the latency format `bash-123  0d..1  12.345678: `
_RECORD = re.compile(
    r"^\s*(?P<comm>\S.*?)-(?P<pid>\d+)\s+(?:\(\s*[\d-]+\)\s+)?(?:\[(?P<cpu>\d+)\]|(?P<lat>\d+)(?=[\w.]{4,}\s))"
    r".*?\s[\d.]+(?:us)?\s?[!+#*@$]?:\s+(?P<event>.*)$"
)
_UFTRACE = re.compile(r"\[\s*(\d+)\]\s*\|")
_PAIR = re.compile(rf"^(?:function:\s+)?({_NAME})(?:\s\[[\w.-]+\])?\s+<--?\s*({_NAME})")
_LOST = re.compile(r"CPU[:\s]\s*(\d+)\b.*\b(?:LOST|lost|DROPPED|dropped)\b")
_OTHER = re.compile(
    r"^\s*(?:#.*|-{4,}|\(Overruns: \d+\)|cpus=\d+|CPU \d+ is empty|version = .*|.*\*/|\[\d+\].*)?\s*$"
)

_Key = tuple[str, int]  # ("task", pid), ("cpu", number): whose stack of open braces


@dataclass(slots=True)
class _Frame:
    indent: int
    name: str  # "" for an address without a symbol
    symbol: str


@dataclass(slots=True)
class _Stack:
    """Open calls of one task. `writing` holds the calls since a write began, for the case that it never
    ends; `base` is how many frames were open then."""

    frames: list[_Frame] = field(default_factory=list)
    writing: Counter[tuple[str, str]] | None = None
    base: int = 0


class _Calls:
    """Counts calls as they come."""

    def __init__(self) -> None:
        self.found: dict[tuple[str, str], list[int]] = {}  # count, first line
        self.functions: dict[str, None] = {}
        self.roots: dict[str, None] = {}
        self.interrupts: Counter[str] = Counter()

    def add(self, caller: str, callee: str, line: int, count: int = 1) -> None:
        known = self.found.setdefault((caller, callee), [0, line])
        known[0] += count

    def take_back(self, calls: Counter[tuple[str, str]]) -> None:
        for pair, count in calls.items():
            self.found[pair][0] -= count
            if not self.found[pair][0]:
                del self.found[pair]


class _Reader:
    def __init__(self) -> None:
        self.calls = _Calls()
        self.format: TraceFormat = "function_graph"
        self.lost = self.unread = self.left_out = 0
        self._stacks: dict[_Key, _Stack] = {}
        self._current: dict[int, _Key] = {}  # what runs on a processor, as far as known
        self._interrupted: set[_Key] = set()

    def line(self, text: str, number: int) -> None:
        """One line, without its end."""
        # The cheap tests before the patterns halve the time of a long trace.
        if "CPU" in text and (lost := _LOST.search(text)) is not None:
            self._forget(self._running(int(lost[1])))
            return
        if ": " in text and (record := _RECORD.match(text)) is not None:
            self._record(record, number)
            return
        if "=>" in text and (switch := _SWITCH.match(text)) is not None:
            self._switch(int(switch[1]), int(switch[3]), int(switch[5]))
            return
        key = self._key_of(text)
        if "==========>" in text:
            self._interrupted.add(key)
        elif "<==========" in text:
            self._interrupted.discard(key)
        elif not self._body(text, key, number):
            if "LOST" in text and _UFTRACE.search(text):
                self._forget(key)
            elif not _OTHER.match(text):
                self.unread += 1

    def finish(self, name: str) -> Trace:
        """What was read."""
        for stack in self._stacks.values():
            # The write that switches tracing off: its handler is in the tracer, which traces itself nowhere.
            if stack.writing and stack.frames and is_write(stack.frames[-1].name):
                self.calls.take_back(stack.writing)
                self.left_out += sum(stack.writing.values())
        calls = self.calls
        return Trace(
            name,
            self.format,
            tuple(ObservedCall(*pair, count, name, line) for pair, (count, line) in calls.found.items()),
            tuple(calls.functions),
            tuple(calls.roots),
            tuple(calls.interrupts.items()),
            self.lost,
            self.left_out,
            self.unread,
        )

    def _record(self, record: re.Match[str], number: int) -> None:
        pid, cpu = int(record["pid"]), int(record["cpu"] or record["lat"])
        key = _task(pid, cpu)
        self._current[cpu] = key
        event = record["event"]
        if event.startswith(("funcgraph_entry:", "funcgraph_exit:")):
            if not self._body(event, key, number):
                self.unread += 1
        elif (pair := _PAIR.match(event)) is not None:
            self.format = "function"
            self._pair(pair[2], pair[1], number)

    def _pair(self, caller_symbol: str, callee_symbol: str, number: int) -> None:
        caller, callee = _name(caller_symbol), _name(callee_symbol)
        if callee:
            self.calls.functions.setdefault(callee)
            if is_entry(callee) and not is_entry(caller):
                self.calls.interrupts[callee] += 1
            elif caller and (caller != callee or caller_symbol == callee_symbol):
                self.calls.add(caller, callee, number)

    def _switch(self, cpu: int, before: int, after: int) -> None:
        unknown: _Key = ("cpu", cpu)
        if self._running(cpu) == unknown and unknown in self._stacks:
            self._stacks[_task(before, cpu)] = self._stacks.pop(unknown)
        self._current[cpu] = _task(after, cpu)

    def _running(self, cpu: int) -> _Key:
        return self._current.get(cpu, ("cpu", cpu))

    def _forget(self, key: _Key) -> None:
        self.lost += 1
        self._stacks.pop(key, None)
        self._interrupted.discard(key)

    def _key_of(self, text: str) -> _Key:
        native = _NATIVE.match(text)
        if native is not None:
            cpu = int(native[1])
            if native[3] is None:
                return self._running(cpu)
            key = self._current[cpu] = _task(int(native[3]), cpu)
            return key
        task = _UFTRACE.search(text)
        if task is None:
            return ("cpu", 0)
        self.format = "uftrace replay"
        return ("task", int(task[1]))

    def _body(self, text: str, key: _Key, number: int) -> bool:
        """Reads a call or a closing brace; whether there was one."""
        body = _BODY.search(text)
        if body is None:
            return False
        indent = len(body["indent"])
        if body["name"] is None:
            self._leave(key, indent, body["tail"])
            return True
        rest = _REMARK.sub("", body["rest"]).rstrip()
        if not rest.endswith(("{", ";")):
            return False
        self._enter(key, indent, body["name"], rest.endswith("{"), number)
        return True

    def _enter(self, key: _Key, indent: int, symbol: str, opens: bool, number: int) -> None:
        stack = self._stacks.get(key)
        if stack is None:
            stack = self._stacks[key] = _Stack()
        self._close(stack, indent)
        name = _name(symbol)
        caller = stack.frames[-1] if stack.frames and stack.frames[-1].indent == indent - _INDENT else None
        self._note(stack, caller, name, symbol, key in self._interrupted, number)
        self._interrupted.discard(key)
        if opens:
            if stack.writing is None and is_write(name):
                stack.base = len(stack.frames)
                pair = (caller.name, name) if caller is not None and caller.name else None
                stack.writing = Counter([pair] if pair is not None and pair in self.calls.found else [])
            stack.frames.append(_Frame(indent, name, symbol))

    def _note(
        self, stack: _Stack, caller: _Frame | None, name: str, symbol: str, interrupt: bool, number: int
    ) -> None:
        if not name:
            return
        self.calls.functions.setdefault(name)
        if interrupt or (is_entry(name) and not (caller is not None and is_entry(caller.name))):
            self.calls.interrupts[name] += 1
        elif caller is None:
            self.calls.roots.setdefault(name)
        elif caller.name and (caller.name != name or caller.symbol == symbol):
            self.calls.add(caller.name, name, number)
            if stack.writing is not None:
                stack.writing[caller.name, name] += 1

    def _leave(self, key: _Key, indent: int, tail: str) -> None:
        stack = self._stacks.get(key)
        if stack is None:
            return
        self._close(stack, indent + 1)
        said = _TAIL.search(tail)
        if said is not None and stack.frames and stack.frames[-1].indent == indent:
            top = stack.frames[-1]
            if top.symbol != said[1] and top.name:
                # Another function returns than was entered: what is open is not known.
                stack.frames.clear()
                stack.writing = None
        self._close(stack, indent)

    def _close(self, stack: _Stack, indent: int) -> None:
        """Take away what is open at this depth and below."""
        frames = stack.frames
        while frames and frames[-1].indent >= indent:
            frames.pop()
        if stack.writing is not None and len(frames) <= stack.base:
            stack.writing = None


def read_trace(name: str, lines: Iterable[bytes]) -> Trace:
    """What a trace shows. `lines` are its lines; bytes that are not UTF-8 and lines that mean nothing are
    passed over and counted. Never raises on what is in them."""
    reader = _Reader()
    graph: GraphReader | None = None
    for number, line in enumerate(lines, 1):
        text = line[:_MAX_LINE].decode("utf-8", "replace").rstrip()
        if text.startswith("# Function Call Graph for "):
            graph = graph or GraphReader()
        if graph is not None:
            graph.line(text, number)
        else:
            reader.line(text, number)
    return graph.finish(name) if graph is not None else reader.finish(name)


def _task(pid: int, cpu: int) -> _Key:
    """Every processor has an idle task of its own, all with the number 0."""
    return ("task", pid) if pid else ("idle", cpu)


def _name(symbol: str) -> str:
    return "" if symbol.startswith("0x") else plain_symbol(symbol)
