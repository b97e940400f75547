"""Traces against one kernel: reading them, explaining their calls, marking the static graph.

Not handled: traces of another kernel than the session's; what differs shows as unexplained.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

from analyzer.errors import KcgError, SourceError
from analyzer.extract.ftrace import read_trace
from analyzer.extract.symbols import is_entry, plain_symbol
from analyzer.graph.hide import default_hide, parse_hide
from analyzer.graph.observed import Statics, alternatives, counted, explain, names_reached
from analyzer.graph.rooted import RootedGraph, grow
from analyzer.graph.sites import Fold
from analyzer.graph.tree import CallTree, build_tree
from analyzer.io.textfiles import lines_of
from analyzer.model.callgraph import Edge, FunctionRef
from analyzer.model.trace import Explanation, ObservedCall, Trace, TraceReport, Unseen
from analyzer.pipeline.session import Session

MAX_FUNCTIONS = 5_000  # of a marked graph
_RARE = 40  # a function that more files than this call is no sign of an interrupt

Marks = Mapping[tuple[FunctionRef, FunctionRef], int]


@dataclass(frozen=True, slots=True)
class Marked:
    """A static graph opened where traces went, and how often each (caller, callee) of it was seen; 0 for what
    was only passed through."""

    graph: RootedGraph
    seen: Marks

    def tree(self) -> CallTree:
        """The tree of that graph."""
        return build_tree(self.graph)


def read_traces(paths: Sequence[str]) -> tuple[Trace, ...]:
    """The traces of some files, named by their last part unless that is not unique. Raises SourceError for one
    that cannot be read or shows no call."""
    bases = Counter(PurePath(path).name for path in dict.fromkeys(paths))
    traces = []
    for path in paths:
        base = PurePath(path).name
        trace = read_trace(base if bases[base] == 1 else path, lines_of(path))
        if not trace.functions:
            raise SourceError(
                f"{path} shows no function call.",
                hint="Give the text of ftrace's function_graph tracer, of trace-cmd report, or of uftrace replay.",
            )
        traces.append(trace)
    return tuple(traces)


def read_visible(path: str) -> frozenset[str]:
    """The names in a list such as ftrace's available_filter_functions. Raises SourceError."""
    words = (line.split(None, 1) for line in lines_of(path))
    names = frozenset(plain_symbol(word[0].decode("utf-8", "replace")) for word in words if word)
    if not names:
        raise SourceError(f"{path} names no function.", hint="Give a copy of available_filter_functions.")
    return names


def judge(
    session: Session,
    traces: Sequence[Trace],
    visible: frozenset[str] | None,
    advance: Callable[[], None] = lambda: None,
) -> TraceReport:
    """Every call of the traces with its verdict, unexplained ones first. `visible` are the functions that
    tracing can see; None when that is not known. `advance` is called for every call."""
    sight = _Sight(session, traces, visible)
    statics = Statics(sight.named, session.plain_name, session.callees, sight.unseen, sight.absent)
    found = []
    for explanation in explain(_merged(traces), statics):
        found.append(explanation)
        advance()
    found = _sorted_out(session, traces, statics, found)
    found.sort(key=lambda explanation: explanation.verdict != "unexplained")
    sites = alternatives(found, session.callees, sight.sees)
    return TraceReport(tuple(traces), tuple(found), sites)


class _Sight:
    """What tracing sees of a kernel."""

    def __init__(self, session: Session, traces: Sequence[Trace], visible: frozenset[str] | None) -> None:
        self._session = session
        self._visible = None if visible is None else frozenset(map(session.plain_name, visible))
        self._shown = frozenset(session.plain_name(name) for trace in traces for name in trace.functions)
        self._unseen: dict[tuple[FunctionRef, bool], Unseen | None] = {}
        self._named: dict[str, tuple[FunctionRef, ...]] = {}

    def named(self, name: str) -> tuple[FunctionRef, ...]:
        """The functions of a name."""
        if name not in self._named:
            self._named[name] = self._session.named(name)
        return self._named[name]

    def absent(self, name: str) -> str:
        """Why there is no function of a name."""
        return self._session.absence(name)

    def sees(self, function: FunctionRef) -> bool:
        """Whether tracing shows calls of a function, as far as known."""
        if self._visible is not None:
            return function.name in self._visible
        if function.name in self._shown:
            return True
        known = self._session.function(function)
        return known is None or not known.inline

    def unseen(self, edge: Edge) -> Unseen | None:
        """Why a trace may not show an edge's callee."""
        if edge.callee is None:
            return None
        key = (edge.callee, edge.callee.file == edge.caller.file)
        if key not in self._unseen:
            self._unseen[key] = self._why(*key)
        return self._unseen[key]

    def _why(self, callee: FunctionRef, same_file: bool) -> Unseen | None:
        if callee.external:
            return None
        if self._visible is not None:
            if callee.name in self._visible:
                return "same file" if same_file else None
            known = self._session.function(callee)
            if known is not None and known.inline:
                return "inline"
            return "same file" if same_file else "not traceable"
        if callee.name in self._shown:
            return None
        known = self._session.function(callee)
        header = callee.file.endswith(".h")
        if known is None or not (same_file or header):
            return None
        if known.inline:
            return "inline"
        if known.linkage != "internal":
            return None
        return "same file" if same_file else "header"


def _merged(traces: Iterable[Trace]) -> list[ObservedCall]:
    """Each (caller, callee) once, counts added, with the place where it first appears."""
    merged: dict[tuple[str, str], ObservedCall] = {}
    for trace in traces:
        for call in trace.calls:
            first = merged.setdefault((call.caller, call.callee), call)
            if first is not call:
                merged[call.caller, call.callee] = ObservedCall(
                    first.caller, first.callee, first.count + call.count, first.file, first.line
                )
    return list(merged.values())


def _sorted_out(
    session: Session, traces: Sequence[Trace], statics: Statics, found: Sequence[Explanation]
) -> list[Explanation]:
    """Unexplained calls that are none of the kernel's calls: what a program does in a trace of both, and what
    an entry that tracing cannot see does in place of the function it interrupts."""
    programs = {trace.name for trace in traces if trace.program}
    inside = {statics.plain(done.call.callee) for done in found if done.verdict == "explained"}
    noise = default_hide()  # locks and the like are called everywhere
    entered: frozenset[str] | None = None
    result = []
    for explanation in found:
        call = explanation.call
        callee = statics.plain(call.callee)
        if explanation.verdict != "unexplained":
            result.append(explanation)
        elif call.file in programs and not (call.caller in inside or statics.named(statics.plain(call.caller))):
            result.append(Explanation(call, "outside", reason="the caller is no function of the kernel"))
        elif statics.named(callee) and session.called_in(callee) <= _RARE and not noise.hides_name(callee):
            if entered is None:
                entered = names_reached(_entries(session), statics, _is_entry_code)
            reason = f"an interrupt or a fault inside {call.caller} leads there"
            result.append(Explanation(call, "interrupt", reason=reason) if callee in entered else explanation)
        else:
            result.append(explanation)
    return result


def _entries(session: Session) -> tuple[FunctionRef, ...]:
    """The functions that hardware enters."""
    names = sorted(name for name in session.function_names() if is_entry(name))
    refs = dict.fromkeys(ref for name in names for ref in session.named(name))
    return tuple(ref for ref in refs if _is_entry_code(ref) and not session.resolver.scopes.foreign(ref.file))


def _is_entry_code(function: FunctionRef) -> bool:
    """Whether a function is of the code that handles interrupts and faults for an architecture, so that what it
    calls tells of one. What helpers in headers call (locks, RCU) is called everywhere."""
    return function.file.startswith(("arch/", "kernel/entry/")) and function.file.endswith(".c")


def mark(session: Session, report: TraceReport, root: str | None, *, depth: int, hide: str) -> Marked:
    """The static graph below a root (by default below the system call with the most observed calls), opened
    where traces went, with what they showed. Raises KcgError for a root that is not known."""
    seen = counted(report.explanations)
    start = session.find(root).ref if root else _busiest(seen)
    walked = {caller for caller, _ in seen}
    names = {callee.name for _, callee in seen}

    def successors(function: FunctionRef) -> Sequence[Edge]:
        return session.callees(function) if function in walked or function == start else ()

    graph = grow(
        start,
        successors,
        depth=depth,
        hide=parse_hide(hide),
        fold=Fold(weight=session.weight),
        keep=names,
        limit=MAX_FUNCTIONS,
        has_calls=lambda function: bool(session.call_names(function)),
    )
    closed = {
        f for f in graph.depths if f not in walked and f != start and not f.external and session.call_names(f)
    }
    opened = {function: sites for function, sites in graph.sites.items() if function not in closed}
    return Marked(replace(graph, sites=opened, cut=graph.cut | closed), seen)


def _busiest(seen: Marks) -> FunctionRef:
    """The system call below which the most was seen, else the function with the most below it."""
    below: dict[FunctionRef, list[FunctionRef]] = {}
    called: set[FunctionRef] = set()
    for caller, callee in seen:
        below.setdefault(caller, []).append(callee)
        called.add(callee)
    if not below:
        raise KcgError("No observed call is explained, so there is no graph to mark.", hint="Give --root.")

    def size(function: FunctionRef) -> int:
        known, todo = {function}, [function]
        while todo:
            for callee in below.get(todo.pop(), ()):
                if callee not in known:
                    known.add(callee)
                    todo.append(callee)
        return len(known)

    calls = [ref for ref in below if ref.name.startswith(("sys_", "compat_sys_"))]
    roots = calls or [ref for ref in below if ref not in called] or list(below)
    return max(roots, key=size)
