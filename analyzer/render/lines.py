"""The lines of a call tree: what each says, whatever style then draws them.

A line is a list of (text, role) spans. Its call or statement comes first, then remarks, each behind two blanks, in
this order: how many calls are alike, `{…}` `#if` condition, `via` macros, `if …` condition inside its expression,
`case …` that selects it, `[place]`, `<signature>`, `// comment`, what a computed call leads to, what became of it
below. So every style can be read back.

Not handled: languages other than English.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from analyzer.graph.tree import CallTree, TreeFunction, TreeItem, TreeStep
from analyzer.model.callgraph import Edge, Function, FunctionRef
from analyzer.render.words import (
    call_text,
    case_text,
    nearest_first,
    objects,
    outcome,
    place,
    plural,
    slot_name,
    spelled,
)

_MAX_CHAIN = 3  # macros named at a call

Span = tuple[str, str]  # text, role
Kind = Literal["root", "call", "site", "target", "caller", "step", "more"]


@dataclass(frozen=True, slots=True)
class Words:
    """The marks that lines carry in a style."""

    leads_to: str = "⇒"
    target: str = "→"
    recursive: str = "↺ recursive"
    repeated: str = "↑ shown above"
    more: str = "…"
    times: str = "×"


UNICODE = Words()
ASCII = Words("=>", "->", "(recursive)", "(shown above)", "...", "x")


def _nothing(_: FunctionRef) -> None:
    return None


def _no_text(_: FunctionRef) -> str:
    return ""


def _no_label(_: Edge) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What lines tell of functions beyond the tree: descriptions, one-line comments, what selects a target."""

    described: Callable[[FunctionRef], Function | None] = _nothing
    comment: Callable[[FunctionRef], str] = _no_text
    label: Callable[[Edge], str] = _no_label


@dataclass(frozen=True, slots=True)
class Shown:
    """Which remarks lines have. `args`: calls as written instead of `name()`."""

    args: bool = False
    lines: bool = False
    guards: bool = True
    signatures: bool = False
    comments: bool = False
    marks: Mapping[tuple[FunctionRef, FunctionRef], str] = field(default_factory=dict)  # by caller and callee


@dataclass(frozen=True, slots=True)
class Line:
    """One line and what stands below it. `function` is the function whose calls are below (or would be);
    `in_case`: a line above it in its function tells its `case`."""

    spans: list[Span]
    kind: Kind
    below: TreeFunction | TreeItem | TreeStep | None = None
    function: TreeFunction | None = None
    in_case: bool = False

    @property
    def text(self) -> str:
        """The line as plain text."""
        return "".join(text for text, _ in self.spans).rstrip()


class Lines:
    """The lines of one tree."""

    def __init__(self, tree: CallTree, shown: Shown, words: Words, facts: Facts | None = None) -> None:
        self._tree = tree
        self._shown = shown
        self._words = words
        self._facts = facts or Facts()

    def root(self) -> Line:
        """The first line."""
        root = self._tree.root
        head: list[Span] = [(root.function.name, "root"), (f"  ({place(root.function)})", "place")]
        return Line([*head, *self._about(root.function), *self._mark(root)], "root", root, root)

    def below(self, line: Line) -> Iterator[Line]:
        """The lines one level below a line."""
        below = line.below
        in_case = isinstance(below, TreeStep) and (line.in_case or below.kind == "case")
        if isinstance(below, TreeItem):
            for target in below.targets:
                yield Line(self._target(below, target), "target", target, target)
            if below.folded:
                yield Line(self._more(below.folded, "target"), "more")
        elif below is not None:
            for item in below.items:
                yield self._item(item, in_case)
            if isinstance(below, TreeFunction) and below.omitted:
                yield Line(self._more(below.omitted, "caller"), "more")

    def _item(self, item: TreeItem | TreeStep, in_case: bool) -> Line:
        if isinstance(item, TreeStep):
            return Line(self._step(item), "step", item, in_case=in_case)
        if self._tree.reverse:
            return Line(self._caller(item), "caller", item.targets[0], item.targets[0])
        if item.site.single and item.targets:
            return Line(self._direct(item, item.site.single, in_case), "call", item.targets[0], item.targets[0])
        return Line(self._computed(item, in_case), "site", item)

    def _direct(self, item: TreeItem, edge: Edge, in_case: bool) -> list[Span]:
        target = item.targets[0]
        role = "external" if target.mark == "external" else "function"
        spans = self._prefix(item)
        spans.append((self._call(edge, item), role))
        spans += self._notes(item, in_case)
        if self._shown.lines:
            spans.append((f"  [{place(target.function)}]", "place"))
        spans += self._about(target.function)
        # The place already says `external`.
        return spans if target.mark == "external" and self._shown.lines else spans + self._mark(target)

    def _call(self, edge: Edge, item: TreeItem) -> str:
        if not self._shown.args or not item.expression:
            return call_text(edge, args=self._shown.args)
        return spelled(edge, item.expression, item.arguments)

    def _computed(self, item: TreeItem, in_case: bool) -> list[Span]:
        spans = self._prefix(item)
        spans.append((item.expression or item.site.edge.expression, "expression"))
        spans += self._notes(item, in_case)
        if self._shown.lines:
            site = item.site.edge.site
            spans.append((f"  [{site.file}:{site.line}]", "place"))
        return [*spans, (f"  {self._words.leads_to} {outcome(item.site)}", "slot")]

    def _target(self, item: TreeItem, target: TreeFunction) -> list[Span]:
        edge = target.edge
        spans: list[Span] = []
        if not self._shown.args:
            label = objects(nearest_first(edge)) if edge else ""
            if label:
                spans.append((f"[{label}] ", "object"))
            spans.append((target.function.name, "function"))
            spans.append((f"  ({place(target.function)})", "place"))
            spans += self._about(target.function)
            return spans if target.mark == "external" else spans + self._mark(target)
        if edge is not None:
            edge = nearest_first(edge)
        label = self._facts.label(edge) if edge else ""
        holder = objects(edge) if edge else ""
        slot = item.site.edge.slot
        if label:
            spans.append((f"[{label}] ", "object"))
        found = list(dict.fromkeys(e.object for e in edge.evidence if e.object)) if edge else []
        names = [name for name in found if " " not in name]
        chosen = [name for name in found if " " in name]  # by these entries of a table
        if names and slot:
            first = names[0] if names[0].endswith(f".{slot.field}") else f"{names[0]}.{slot.field}"
            more = f", +{len(names) - 1}" if len(names) > 1 else ""
            spans.append((f"{first}{more} {self._words.target} ", "object"))
        elif holder:
            spans.append((f"[{holder}] ", "object"))
        handed = (
            edge is not None and edge.kind == "callback"
        )  # the arguments are those of the call that hands it on
        arguments = "" if handed else self._arguments(item, target.function)
        spans.append((f"{target.function.name}({arguments})", "function"))
        namesakes = sum(other.function.name == target.function.name for other in item.targets)
        if self._shown.lines or namesakes > 1:
            spans.append((f"  [{place(target.function)}]", "place"))
        spans += self._about(target.function)
        if chosen:
            spans.append((f"  // {'; '.join(chosen[:2])}", "comment"))
        return spans + self._mark(target)

    def _arguments(self, item: TreeItem, function: FunctionRef) -> str:
        """What a target gets; not all of it can be told of what a macro hands on."""
        if item.site.edge.macros:
            described = self._facts.described(function)
            if described is not None and len(described.parameters) > len(item.arguments):
                return self._words.more
        return ", ".join(item.arguments)

    def _caller(self, item: TreeItem) -> list[Span]:
        target, edge = item.targets[0], item.site.edge
        spans: list[Span] = [(f"{target.function.name}()", "function")]
        if edge.kind != "direct":
            through = slot_name(edge.slot) if edge.slot else edge.kind.replace("_", " ")
            spans.append((f"  through {through}", "slot"))
        if self._shown.args:
            spans.append((f"  calls {edge.expression}", "expression"))
        spans += self._notes(item)
        if self._shown.lines:
            spans.append((f"  [{edge.site.file}:{edge.site.line}]", "place"))
        spans += self._about(target.function)
        return spans + self._mark(target)

    def _step(self, step: TreeStep) -> list[Span]:
        spans: list[Span] = [(step.text, step.kind)]
        if step.guard and self._shown.guards:
            spans.append((f"  {{{step.guard}}}", "guard"))
        if self._shown.lines:
            spans.append((f"  [{step.file}:{step.line}]", "place"))
        if step.kind == "macro":
            spans.append(("  macro", "mark"))
        if step.dead:
            spans.append(("  (not reached)", "mark"))
        if step.choices:
            spans.append((f"  // {' or '.join(step.choices)}", "comment"))
        if step.calls:
            spans.append((f"  {self._words.more} error path, {plural(step.calls, 'call')}", "mark"))
        return spans

    def _prefix(self, item: TreeItem) -> list[Span]:
        return [(item.prefix, "assignment")] if item.prefix else []

    def _notes(self, item: TreeItem, in_case: bool = False) -> list[Span]:
        site = item.site
        spans: list[Span] = []
        if site.count > 1:
            spans.append((f"  {self._words.times}{site.count}", "note"))
        if item.guard and self._shown.guards:
            spans.append((f"  {{{item.guard}}}", "guard"))
        if site.edge.macros:
            spans.append((f"  via {self._chain(site.edge.macros)}", "note"))
        if item.when:
            spans.append((f"  if {' && '.join(_bracketed(when) for when in item.when)}", "condition"))
        spelled = self._shown.args and site.edge.expression.startswith("case ")
        if site.edge.case and not in_case and not spelled:
            spans.append((f"  {case_text(site.edge)}", "condition"))
        return spans

    def _chain(self, macros: tuple[str, ...]) -> str:
        """Nested macros, the outermost first; of many both ends: what is spelled and what makes the call."""
        if len(macros) > _MAX_CHAIN:
            macros = (macros[0], self._words.more, macros[-1])
        return " > ".join(macros)

    def _about(self, function: FunctionRef) -> list[Span]:
        spans: list[Span] = []
        if self._shown.signatures:
            described = self._facts.described(function)
            if described is not None:
                spans.append((f"  <{described.signature}>", "note"))
        if self._shown.comments:
            comment = self._facts.comment(function)
            if comment:
                spans.append((f"  // {comment}", "comment"))
        return spans

    def _mark(self, target: TreeFunction) -> list[Span]:
        text = {
            "": "",
            "cut": self._words.more,
            "recursive": self._words.recursive,
            "repeated": self._words.repeated,
            "external": "external",
        }[target.mark]
        spans = [(f"  {text}", "mark")] if text else []
        edge = target.edge
        if edge is not None and edge.callee is not None:
            remark = self._shown.marks.get((edge.caller, edge.callee))
            if remark:
                spans.insert(0, (f"  {remark}", "remark"))
        return spans

    def _more(self, count: int, noun: str) -> list[Span]:
        return [(f"{self._words.more} {plural(count, f'more {noun}')}", "mark")]


def _bracketed(condition: str) -> str:
    return f"({condition})" if "||" in condition else condition
