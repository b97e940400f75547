"""Conditions in code that a configuration decides: `if (IS_ENABLED(CONFIG_X))`, `if (0)`, `IS_BUILTIN(X) && f()`.

What they dominate gets a guard, as what stands between `#if` and `#endif` does. An early
`if (!IS_ENABLED(CONFIG_X)) return;` dominates the rest of its block, up to the first label.

Not handled: constants kept in variables, and values of functions that only return a constant.
"""

import bisect
import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from tree_sitter import Node

from analyzer.model.guards import conjunction, negation, normalise

# Tests, and constants that may be operands of a condition. Both patterns begin with letters, because these are
# searched for fast; what stands before a constant is looked at afterwards.
_TEST = re.compile(rb"I(?<!\wI)S_(?:ENABLED|BUILTIN|MODULE|REACHABLE)[ \t]*+\(")
# a pattern for each, because `re` skips to a literal
_CONSTANTS = tuple(re.compile(value + rb"\s*+(?:&&|\|\||[?)])") for value in (b"0", b"1", b"true", b"false"))
_BEFORE_OPERAND = frozenset((b"(", b"=", b",", b";", b"&", b"|", b"?", b"!"))
_KEYWORD = re.compile(rb"\b(?:if|while)$")
_TOKEN = re.compile(r"\w+|&&|\|\||[^\s\w]")
TESTS = frozenset(("IS_ENABLED", "IS_BUILTIN", "IS_MODULE", "IS_REACHABLE"))  # of linux/kconfig.h
_TRANSPARENT = frozenset(("likely", "unlikely", "__builtin_expect"))
_JUMPS = frozenset(("return_statement", "goto_statement", "break_statement", "continue_statement"))
_STATEMENTS = frozenset(("compound_statement", "translation_unit", "case_statement", "function_definition"))
_LONGEST = 2_000  # bytes of a condition that is looked into
_MAX_MARKS = 5_000
_PAIRS = {"(": ")", "[": "]", "{": "}"}

Implied = tuple[str, str]  # what is known to hold where an expression is true, and where it is false
_NOTHING: Implied = ("", "")


def implied(tokens: Sequence[str]) -> Implied:
    """What the truth and the falsity of a C expression say about the configuration; "" is nothing, "0"
    that it cannot be."""
    tokens = _unwrapped(tokens)
    if not tokens or len(tokens) > _LONGEST:
        return _NOTHING
    choice = _split(tokens, ("?",))
    if len(choice) > 1:
        return _NOTHING
    parts = _split(tokens, ("||",))
    if len(parts) > 1:
        return _any([implied(part) for part in parts])
    parts = _split(tokens, ("&&",))
    if len(parts) > 1:
        when_true, when_false = _any([(f, t) for t, f in (implied(part) for part in parts)])
        return when_false, when_true
    if tokens[0] == "!":
        if len(tokens) > 1 and tokens[1] == "=":
            return _NOTHING
        if any(t in ("=", "<", ">", "+", "-", "*", "/", "&", "|", "^") for t in _outside(tokens[1:])):
            return _NOTHING
        when_true, when_false = implied(tokens[1:])
        return when_false, when_true
    return _operand(tokens)


def _operand(tokens: Sequence[str]) -> Implied:
    first = tokens[0]
    if len(tokens) == 1:
        if first in ("0", "false"):
            return "0", ""
        return ("", "0") if first in ("1", "true") else _NOTHING
    if len(tokens) == 4 and first in TESTS and tokens[1] == "(" and tokens[2].startswith("CONFIG_"):
        guard = f"{first}({tokens[2]})"
        return guard, negation(guard)
    if first in _TRANSPARENT and tokens[1] == "(" and _closing(tokens, 1) == len(tokens) - 1:
        return implied(_split(tokens[2:-1], (",",))[0])
    return _NOTHING


def _any(parts: Sequence[Implied]) -> Implied:
    """Of a disjunction: all parts are false, or one of them is true."""
    trues = [t for t, _ in parts]
    when_false = conjunction(*(f for _, f in parts))
    if any(t == "" for t in trues):
        return "", when_false
    possible = list(dict.fromkeys(t for t in trues if t != "0"))
    if not possible:
        return "0", when_false
    return (possible[0] if len(possible) == 1 else disjunction(possible)), when_false


def disjunction(guards: Sequence[str]) -> str:
    """One of them holds."""
    return normalise(" || ".join(f"({g})" for g in guards)) if all(guards) else ""


def _closing(tokens: Sequence[str], opening: int) -> int:
    left, right = tokens[opening], _PAIRS[tokens[opening]]
    depth = 0
    for at in range(opening, len(tokens)):
        depth += (tokens[at] == left) - (tokens[at] == right)
        if depth == 0:
            return at
    return -1


def _unwrapped(tokens: Sequence[str]) -> Sequence[str]:
    while len(tokens) > 2 and tokens[0] == "(" and _closing(tokens, 0) == len(tokens) - 1:
        tokens = tokens[1:-1]
    return tokens


def _outside(tokens: Sequence[str]) -> list[str]:
    """The tokens outside all parentheses."""
    found: list[str] = []
    depth = 0
    for token in tokens:
        depth -= token in ")]}"
        if depth == 0:
            found.append(token)
        depth += token in "([{"
    return found


def _split(tokens: Sequence[str], at: tuple[str, ...]) -> list[Sequence[str]]:
    found: list[Sequence[str]] = []
    depth, start = 0, 0
    for position, token in enumerate(tokens):
        if token in _PAIRS:
            depth += 1
        elif token in (")", "]", "}"):
            depth -= 1
        elif depth == 0 and token in at:
            found.append(tokens[start:position])
            start = position + 1
    found.append(tokens[start:])
    return found


class Dominance(NamedTuple):
    """Guards by offset: `guards[i]` holds from `offsets[i]` on. Empty when a file has no such code."""

    offsets: tuple[int, ...] = ()
    guards: tuple[str, ...] = ()

    def guard_at(self, offset: int) -> str:
        """What dominates the byte at an offset."""
        at = bisect.bisect_right(self.offsets, offset) - 1
        return self.guards[at] if at >= 0 else ""


def dominance(root: Node, masked: bytes, presence: Callable[[int], str]) -> Dominance:
    """The dominated regions of a file. `presence` gives the `#if` guard of an offset: what only some
    configurations see cannot dominate what others see, too."""
    regions: _Regions | None = None
    for end in itertools.islice(_marks(masked), _MAX_MARKS):
        regions = regions or _Regions(masked, presence)
        regions.look(root, end)
    return regions.merged() if regions else Dominance()


def _marks(masked: bytes) -> Iterator[int]:
    """Ends of what may decide a condition: uses of IS_ENABLED and its like, constants that are an operand of `&&`,
    `||` or `?`, or a whole condition."""
    for match in _TEST.finditer(masked):
        yield match.end()
    for start, end in sorted(match.span() for pattern in _CONSTANTS for match in pattern.finditer(masked)):
        before = masked[max(0, start - 80) : start].rstrip() or masked[:start].rstrip()
        if masked[end - 1] != 0x29:
            found = before[-1:] in _BEFORE_OPERAND
        else:
            while before[-1:] == b"!":
                before = before[:-1].rstrip()
            found = before.endswith((b"&&", b"||")) or (
                before[-1:] == b"(" and _KEYWORD.search(before[:-1].rstrip()) is not None
            )
        if found:
            yield end


class _Regions:
    """Collects dominated regions."""

    def __init__(self, masked: bytes, presence: Callable[[int], str]) -> None:
        self._masked = masked
        self._presence = presence
        self._seen: set[tuple[int, int, str]] = set()
        self._found: list[tuple[int, int, str]] = []

    def look(self, root: Node, end: int) -> None:
        """The expressions and the statement around a mark that ends there."""
        node = root.descendant_for_byte_range(end - 1, end)
        while node is not None and node.type not in _STATEMENTS:
            key = (node.start_byte, node.end_byte, node.type)
            if key not in self._seen:
                self._seen.add(key)
                self._expression(node)
                if node.type in ("if_statement", "while_statement", "for_statement"):
                    self._statement(node)
            if node.type.endswith("_statement") or node.end_byte - node.start_byte > _LONGEST:
                return  # what is around a long expression is not decided by a mark in it
            node = node.parent

    def _implied(self, node: Node | None) -> Implied:
        if node is None or node.end_byte - node.start_byte > _LONGEST:
            return _NOTHING
        text = self._masked[node.start_byte : node.end_byte].decode("utf-8", "replace")
        return implied(_TOKEN.findall(text))

    def _expression(self, node: Node) -> None:
        if node.type == "binary_expression":
            left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
            operator = node.child_by_field_name("operator")
            if right is not None and operator is not None and operator.type in ("&&", "||"):
                self._add(right, self._implied(left)[operator.type == "||"])
        elif node.type == "conditional_expression":
            when_true, when_false = self._implied(node.child_by_field_name("condition"))
            self._add(node.child_by_field_name("consequence"), when_true)
            self._add(node.child_by_field_name("alternative"), when_false)

    def _statement(self, node: Node) -> None:
        condition = node.child_by_field_name("condition")
        when_true, when_false = self._implied(condition)
        if node.type != "if_statement":
            self._add(node.child_by_field_name("body"), when_true)
            return
        consequence = node.child_by_field_name("consequence")
        alternative = node.child_by_field_name("alternative")
        self._add(consequence, when_true)
        self._add(alternative, when_false)
        if when_false and _leaves(consequence):
            self._rest(node, when_false)
        if when_true and alternative is not None and _leaves(alternative):
            self._rest(node, when_true)

    def _rest(self, node: Node, guard: str) -> None:
        """What follows an `if` that leaves the block."""
        block = node.parent
        if block is None or block.type not in ("compound_statement", "case_statement"):
            return
        own, outer = self._presence(node.start_byte), self._presence(block.start_byte)
        if own != outer:
            guard = disjunction([negation(own), guard])
        self._region(node.end_byte, block.end_byte, guard, block)

    def _add(self, node: Node | None, guard: str) -> None:
        if node is not None and guard:
            self._region(node.start_byte, node.end_byte, guard, node)

    def _region(self, start: int, end: int, guard: str, inside: Node) -> None:
        """A region, cut where a label lets control in from elsewhere."""
        if guard:
            label = _first_label(inside, start)
            self._found.append((start, min(end, label), guard))

    def merged(self) -> Dominance:
        """The regions as a sequence of guards."""
        if not self._found:
            return Dominance()
        points = sorted({p for start, end, _ in self._found for p in (start, end)})
        regions = sorted(self._found)
        offsets: list[int] = []
        guards: list[str] = []
        open_regions: list[tuple[int, int, str]] = []
        taken = 0
        for point in points:
            while taken < len(regions) and regions[taken][0] <= point:
                open_regions.append(regions[taken])
                taken += 1
            open_regions = [r for r in open_regions if r[1] > point]
            offsets.append(point)
            guards.append(conjunction(*(r[2] for r in open_regions)))
        return Dominance(tuple(offsets), tuple(guards))


def _leaves(node: Node | None) -> bool:
    """Whether control never comes out at the end of a statement."""
    if node is None:
        return False
    if node.type in _JUMPS:
        return True
    if node.type == "else_clause":
        return bool(node.named_children) and _leaves(node.named_children[-1])
    if node.type == "compound_statement":
        inner = [child for child in node.named_children if child.type != "comment"]
        return bool(inner) and _leaves(inner[-1])
    if node.type == "if_statement":
        alternative = node.child_by_field_name("alternative")
        return (
            alternative is not None and _leaves(node.child_by_field_name("consequence")) and _leaves(alternative)
        )
    return False


def _first_label(inside: Node, start: int) -> int:
    """Offset of the first label at or after `start` that control may enter by from outside, or the end."""
    todo = [inside]
    first = inside.end_byte
    while todo:
        node = todo.pop()
        if node.end_byte <= start or node.start_byte >= first:
            continue
        if node.type == "labeled_statement" and node.start_byte >= start:
            first = node.start_byte
            continue
        if node.type == "case_statement" and node.start_byte >= start:
            first = node.start_byte
            continue
        if node.type == "switch_statement":  # its cases are entered by way of it, its labels are not
            todo.extend(_without_cases(node))
            continue
        todo.extend(node.named_children if "statement" in node.type or node.type == "else_clause" else ())
    return first


def _without_cases(switch: Node) -> list[Node]:
    body = switch.child_by_field_name("body")
    if body is None:
        return []
    found: list[Node] = []
    for child in body.named_children:
        found.extend(child.named_children if child.type == "case_statement" else [child])
    return found
