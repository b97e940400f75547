"""The wording that all outputs share: places, slots, what a call site leads to.

Not handled: languages other than English.
"""

from collections.abc import Sequence
from itertools import takewhile

import msgspec

from analyzer.graph.sites import Site
from analyzer.model.callgraph import Edge, Evidence, FunctionRef, Slot

ELIXIR = "https://elixir.bootlin.com/linux/v{version}/source/{file}#L{line}"
_MAX_OBJECTS = 2
_MAX_LABELS = 3


def link(template: str, file: str, line: int, version: str) -> str:
    """The template filled in: `…/{file}#L{line}`; the version is spelled as in its tag (`6.1`, not `6.1.0`)."""
    filled = template.replace("{file}", file).replace("{line}", str(line))
    tag = version.removesuffix(".0") if version.count(".") == 2 and not version.startswith("2.") else version
    return filled.replace("{version}", tag)


def place(function: FunctionRef) -> str:
    """`net/socket.c:1480`, or `external`."""
    return "external" if function.external else f"{function.file}:{function.line}"


def slot_name(slot: Slot) -> str:
    """`net_proto_family.create`."""
    return slot.spelled


def plural(count: int, noun: str) -> str:
    """`1 target`, `27 targets`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def outcome(site: Site) -> str:
    """What is known of a computed or ambiguous call, without its targets' names:
    `net_proto_family.create, 27 targets`; `proto.init, unresolved`; `2 candidates`."""
    parts: list[str] = []
    kind = site.edge.kind
    if site.edge.slot:
        parts.append(slot_name(site.edge.slot))
    elif kind not in ("direct", "pointer", "slot"):
        parts.append(kind.replace("_", " "))
    if site.unresolved:
        parts.append("unresolved")
    if site.total:
        parts.append(plural(site.total, "candidate" if kind == "direct" else "target"))
    if site.possible:
        parts.append(f"{site.possible} possible")
    return ", ".join(parts)


def objects(edge: Edge) -> str:
    """The ops tables or variables that put a target there: `inet_family_ops`, `a, b, +3`; the
    confidence where no object is known and it is not certain; else ""."""
    names = list(dict.fromkeys(item.object for item in edge.evidence if item.object))
    if not names:
        return "" if edge.confidence == "certain" else edge.confidence
    shown = names[:_MAX_OBJECTS]
    if len(names) > _MAX_OBJECTS:
        shown.append(f"+{len(names) - _MAX_OBJECTS}")
    return ", ".join(shown)


def nearest_first(edge: Edge) -> Edge:
    """The edge with its nearest evidence first, by folders: `tcp_prot` before `dccp_v4_prot` for
    a function in net/ipv4/."""
    if edge.slot is None or edge.callee is None:
        return edge
    folders = edge.callee.file.split("/")[:-1]

    def shared(item: Evidence) -> int:
        pairs = zip(folders, item.file.split("/")[:-1], strict=False)
        return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))

    return msgspec.structs.replace(edge, evidence=tuple(sorted(edge.evidence, key=shared, reverse=True)))


def case_text(edge: Edge) -> str:
    """`case SYS_SOCKET`, `case A, B, C, +4`, `default`; "" where no case selects the call."""
    labels = edge.case.split(", ") if edge.case else []
    shown = labels[:_MAX_LABELS]
    if len(labels) > _MAX_LABELS:
        shown.append(f"+{len(labels) - _MAX_LABELS}")
    text = ", ".join(shown)
    return text if text.partition(" ")[0].rstrip(",") in ("", "default") else f"case {text}"


def evidence(item: Evidence) -> str:
    """`inet_family_ops at net/ipv4/af_inet.c:1106`."""
    where = f"{item.file}:{item.line}"
    return f"{item.object} at {where}" if item.object else where


def call_text(edge: Edge, *, args: bool) -> str:
    """How a direct call is shown: `sk_alloc()`, with `args` as `spelled`."""
    if not args:
        name = edge.callee.name if edge.callee else edge.expression.partition("(")[0].strip()
        return f"{name}()"
    return spelled(edge, edge.expression, edge.arguments)


def spelled(edge: Edge, expression: str, arguments: Sequence[str]) -> str:
    """A direct call with its arguments: as written, unless a macro of another name stands there; then with the
    callee's name and what it is given."""
    name = edge.callee.name if edge.callee else ""
    written = expression.startswith(f"{name}(") if edge.macros else name in expression
    return expression if written else f"{name}({', '.join(arguments)})"
