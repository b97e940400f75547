"""Traces against a kernel, for people and for programs.

What is unexplained comes first. Not handled: the marked tree and picture (`analyzer.render.text`,
`analyzer.render.dot`).
"""

from collections.abc import Iterator, Mapping, Sequence

from analyzer.model.callgraph import Edge, FunctionRef
from analyzer.model.trace import Explanation, Taken, Trace, TraceReport, Verdict
from analyzer.render.jsonout import Row, edge_row, ref_row
from analyzer.render.text import rows_text
from analyzer.render.words import objects, plural, slot_name

Marks = Mapping[tuple[FunctionRef, FunctionRef], int]

_VERDICTS: tuple[Verdict, ...] = ("unexplained", "explained", "interrupt", "outside")


def trace_text(report: TraceReport, *, paths: bool = True, alternatives: bool = False) -> str:
    """The unexplained calls with the reasons; with `paths` every explained call with its static path; with
    `alternatives` the indirect sites that were taken, with the targets that no trace showed."""
    parts = ["".join(f"{line}\n" for line in _summary(report))]
    parts += _rows(report, "unexplained", "why", "unexplained, {}")
    if paths:
        parts += _rows(report, "explained", "path", "explained, {}")
    parts += _rows(report, "interrupt", "why", "interrupts and faults, {}")
    parts += _rows(report, "outside", "why", "outside the kernel, {}")
    if alternatives:
        parts.append(alternatives_text(report.sites))
    return "\n".join(parts)


def alternatives_text(sites: Sequence[Taken]) -> str:
    """Per indirect site what was taken and what never was."""
    if not sites:
        return "no call through a pointer was seen\n"
    lines = []
    for site in sites:
        edge = site.taken[0]
        lines.append(f"{edge.site.file}:{edge.site.line}  {edge.caller.name}: {edge.expression}  {_through(edge)}")
        lines += [f"  taken   {_target(target)}" for target in site.taken]
        lines += [f"  never   {_target(target)}" for target in site.never]
        if site.unseen:
            lines.append(f"  and {plural(len(site.unseen), 'target')} that tracing cannot see")
    return "".join(f"{line.rstrip()}\n" for line in lines)


def remarks(seen: Marks, *, ascii_only: bool = False) -> dict[tuple[FunctionRef, FunctionRef], str]:
    """How a tree marks its calls: `✓` for an observed one, with a count when there were several, `(✓)` for one
    that was passed through unseen. With `ascii_only`: `[seen]`, `[seen x3]`, `[passed]`."""
    once, times, passed = ("[seen]", "[seen x{}]", "[passed]") if ascii_only else ("✓", "✓ {}", "(✓)")
    return {pair: times.format(count) if count > 1 else once if count else passed for pair, count in seen.items()}


def trace_json(report: TraceReport) -> Row:
    """Everything: a summary per trace, the calls (unexplained first), the indirect sites."""
    return {
        **{verdict: report.count(verdict) for verdict in _VERDICTS},
        "traces": [_trace(trace, report) for trace in report.traces],
        "calls": [_call(explanation) for explanation in report.explanations],
        "sites": [_site(site) for site in report.sites],
    }


def _summary(report: TraceReport) -> Iterator[str]:
    verdicts = _verdicts(report)
    for trace in report.traces:
        yield f"{trace.name}: {_share(_counts(trace, verdicts))}{_notes(trace)}"
    if len(report.traces) > 1:
        yield f"together: {_share({verdict: report.count(verdict) for verdict in _VERDICTS})}"


def _share(counts: dict[Verdict, int]) -> str:
    judged = counts["explained"] + counts["unexplained"]
    if not judged:
        return "no call of the kernel's functions"
    percent = f" ({100 * counts['explained'] / judged:.1f} %)"
    return f"{plural(judged, 'call')}, {counts['explained']} explained{percent}"


def _notes(trace: Trace) -> str:
    notes = []
    if trace.interrupts:
        notes.append(plural(sum(count for _, count in trace.interrupts), "interrupt") + " or fault")
    if trace.lost:
        notes.append(f"events lost in {plural(trace.lost, 'place')}")
    if trace.left_out:
        notes.append(f"{plural(trace.left_out, 'call')} of the write that ends tracing left out")
    if trace.unread:
        notes.append(f"{plural(trace.unread, 'line')} not understood")
    return "".join(f"; {note}" for note in notes)


def _rows(report: TraceReport, verdict: Verdict, last: str, title: str) -> list[str]:
    found = [explanation for explanation in report.explanations if explanation.verdict == verdict]
    if not found:
        return []
    rows = [
        (
            explanation.call.caller,
            explanation.call.callee,
            str(explanation.call.count),
            f"{explanation.call.file}:{explanation.call.line}",
            explanation.reason or _path(explanation),
        )
        for explanation in found
    ]
    table = rows_text(("caller", "callee", "seen", "first", last), rows)
    return [f"{title.format(plural(len(found), 'call'))}\n{table}"]


def _path(explanation: Explanation) -> str:
    """`sock_create (same file) > net_proto_family.create at net/socket.c:1574`."""
    if not explanation.path:
        return "wrappers of one system call"
    why = {passed.function: passed.why for passed in explanation.passed}
    steps = []
    for edge in explanation.path[:-1]:
        if edge.callee is not None:
            through = _through(edge)
            steps.append(f"{through}{' ' if through else ''}{edge.callee.name} ({why.get(edge.callee, '')})")
    last = explanation.path[-1]
    steps.append(f"{_through(last) or 'direct'} at {last.site.file}:{last.site.line}")
    return " > ".join(steps)


def _through(edge: Edge) -> str:
    """The slot of a call through a pointer, or its kind; "" for a direct call."""
    if edge.kind == "direct":
        return ""
    name = slot_name(edge.slot) if edge.slot else edge.kind.replace("_", " ")
    return f"{name} ({edge.confidence})" if edge.confidence == "possible" else name


def _target(edge: Edge) -> str:
    label = objects(edge)
    name = edge.callee.name if edge.callee else "(unresolved)"
    return f"[{label}] {name}" if label else name


def _verdicts(report: TraceReport) -> dict[tuple[str, str], Verdict]:
    return {(found.call.caller, found.call.callee): found.verdict for found in report.explanations}


def _counts(trace: Trace, verdicts: dict[tuple[str, str], Verdict]) -> dict[Verdict, int]:
    counts: dict[Verdict, int] = dict.fromkeys(_VERDICTS, 0)
    for call in trace.calls:
        counts[verdicts[call.caller, call.callee]] += 1
    return counts


def _trace(trace: Trace, report: TraceReport) -> Row:
    return {
        "name": trace.name,
        "format": trace.format,
        **{str(verdict): count for verdict, count in _counts(trace, _verdicts(report)).items()},
        "roots": list(trace.roots),
        "interrupts": [{"name": name, "count": count} for name, count in trace.interrupts],
        "lost": trace.lost,
        "left_out": trace.left_out,
        "unread": trace.unread,
    }


def _call(explanation: Explanation) -> Row:
    call = explanation.call
    return {
        "caller": call.caller,
        "callee": call.callee,
        "count": call.count,
        "trace": call.file,
        "line": call.line,
        "verdict": explanation.verdict,
        "reason": explanation.reason or None,
        "passed": [{**ref_row(passed.function), "why": passed.why} for passed in explanation.passed],
        "path": [edge_row(edge) for edge in explanation.path],
    }


def _site(site: Taken) -> Row:
    row = edge_row(site.taken[0])
    keys = ("caller", "site", "kind", "expression", "macros", "slot", "guard")
    return {
        **{key: row[key] for key in keys},
        **{name: [_end(edge) for edge in getattr(site, name)] for name in ("taken", "never", "unseen")},
    }


def _end(edge: Edge) -> Row:
    row = edge_row(edge)
    return {**row["callee"], **{key: row[key] for key in ("rule", "confidence", "evidence")}}
