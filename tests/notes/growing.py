"""Right trees about a small kernel, grown at random, written in a random style, and made wrong in one way."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from analyzer.model.callgraph import FunctionRef
from analyzer.pipeline.facts import SessionFacts


@dataclass(eq=False)
class Node:
    """A line of a tree. `given` are the arguments, None when the line gives none."""

    name: str
    ref: FunctionRef | None
    given: tuple[str, ...] | None
    site: tuple[int, int] = (0, 0)
    below: "list[Node]" = field(default_factory=list)

    def walk(self) -> "Iterator[Node]":
        yield self
        for node in self.below:
            yield from node.walk()


def grow(facts: SessionFacts, roots: list[str], random: Random) -> Node:
    """A tree of direct calls; some calls are left out, the order is that of the source."""
    root = Node(name := random.choice(roots), facts.refs(name)[0], None)
    arguments = random.random() < 0.6
    _grow(facts, root, random, 4, {name}, arguments)
    return root


def _grow(facts: SessionFacts, node: Node, random: Random, depth: int, above: set[str], arguments: bool) -> None:
    if depth == 0 or node.ref is None or node.ref.external:
        return
    seen: set[str] = set()
    for edge in sorted(facts.callees(node.ref), key=lambda e: e.site):
        callee = edge.callee
        if callee is None or edge.kind != "direct" or edge.macros or edge.confidence == "possible":
            continue
        if callee.name in seen | above or edge.site.file != node.ref.file or random.random() < 0.2:
            continue
        seen.add(callee.name)
        given = edge.arguments if arguments and edge.arguments else None
        child = Node(callee.name, callee, given, (edge.site.line, edge.site.column))
        node.below.append(child)
        _grow(facts, child, random, depth - 1, above | {callee.name}, arguments)


STYLES = ("spaces", "tabs", "unicode", "ascii", "arrows", "bullets", "box")


def write(root: Node, style: str) -> str:
    """The tree as a note."""
    lines = list(_lines(root, style, "", True, True))
    text = "\n".join(lines) + "\n"
    return text if style == "bullets" else f"```\n{text}```\n"


def _lines(node: Node, style: str, lead: str, first: bool, last: bool) -> Iterator[str]:
    call = node.name + (f"({', '.join(node.given)})" if node.given else "()")
    if style in ("spaces", "tabs"):
        step = "    " if style == "spaces" else "\t"
        yield lead + call
        inner = lead + step
    elif style == "bullets":
        yield f"{lead}- {call}"
        inner = lead + "  "
    else:
        branch, corner, bar = {
            "unicode": ("├── ", "└── ", "│   "),
            "ascii": ("|-- ", "`-- ", "|   "),
            "arrows": ("|-> ", "|-> ", "|   "),
            "box": ("+---- ", "+---- ", "|     "),
        }[style]
        yield lead + ("" if first else corner if last else branch) + call
        inner = lead + ("" if first else (" " * len(bar) if last and style in ("unicode", "ascii") else bar))
    for number, child in enumerate(node.below):
        yield from _lines(child, style, inner, False, number == len(node.below) - 1)


def mutate(root: Node, kind: str, facts: SessionFacts, random: Random) -> bool:
    """Make a tree wrong; False when this tree cannot be made so."""
    nodes = list(root.walk())
    inner = [(p, c) for p in nodes for c in p.below]
    random.shuffle(inner)
    if kind == "rename" and inner:
        node = inner[0][1]
        name = node.name
        while facts.refs(name) or facts.mentions(name):
            at = random.randrange(1, len(name))
            name = name[:at] + random.choice("abcdefgxyz_") + name[at + random.randrange(2) :]
        node.name = name
        return True
    if kind == "invent" and inner:
        parent = inner[0][0]
        parent.below.insert(random.randrange(len(parent.below) + 1), Node(_unknown(facts, random), None, None))
        return True
    if kind == "drop":
        for parent, child in inner:
            if child.below and not any(_calls(facts, parent, c.name) for c in child.below):
                at = parent.below.index(child)
                parent.below[at : at + 1] = child.below
                return True
    if kind == "swap":
        for parent, child in inner:
            if parent is not root and not _calls(facts, child, parent.name):
                parent.name, child.name = child.name, parent.name
                parent.given, child.given = child.given, parent.given
                return True
    if kind == "move":
        for parent, child in inner:
            others = [n for n in nodes if n is not parent and n not in child.walk() and n.ref]
            others = [n for n in others if not n.ref.external and not _calls(facts, n, child.name)]
            if others:
                parent.below.remove(child)
                random.choice(others).below.append(child)
                return True
    if kind == "argument":
        for _, child in inner:
            if child.given:
                given = list(child.given)
                at = random.randrange(len(given))
                given[at] = random.choice(
                    [x for x in ("wrong", "NULL", "other->x", "&q", "1234") if x != given[at]]
                )
                if tuple(given) not in _ways(facts, child):
                    child.given = tuple(given)
                    return True
    if kind == "order":
        for parent, _ in inner:
            if len(parent.below) > 1:
                a, b = sorted(random.sample(range(len(parent.below)), 2))
                if _fixed(facts, parent, parent.below[a]) and _fixed(facts, parent, parent.below[b]):
                    parent.below[a], parent.below[b] = parent.below[b], parent.below[a]
                    return True
    return False


def _calls(facts: SessionFacts, node: Node, name: str) -> bool:
    refs = facts.refs(node.name)
    return any(
        (e.callee is not None and e.callee.name == name) or name in e.macros
        for r in refs
        for e in facts.callees(r)
    )


def _ways(facts: SessionFacts, node: Node) -> list[tuple[str, ...]]:
    """Texts that are right for a call's arguments, too: other calls, the parameters' names."""
    made = [
        tuple(p.name for p in function.parameters)
        for r in facts.refs(node.name)
        if (function := facts.function(r))
    ]
    return [*made, node.given or ()]


def _fixed(facts: SessionFacts, parent: Node, child: Node) -> bool:
    """Called once, on a line of its own column, and with no call in its arguments."""
    sites = [
        e for r in facts.refs(parent.name) for e in facts.callees(r) if e.callee and e.callee.name == child.name
    ]
    return len(sites) == 1 and "(" not in "".join(sites[0].arguments)


def _unknown(facts: SessionFacts, random: Random) -> str:
    while True:
        name = "_".join(
            random.choice(("sock", "inet", "do", "prepare", "commit", "tcp", "late")) for _ in range(3)
        )
        if not facts.refs(name) and not facts.mentions(name):
            return name
