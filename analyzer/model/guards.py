"""Presence conditions: what must hold for a piece of code to be compiled.

A guard is text in a small language: names (`CONFIG_X` means defined to a true value as the preprocessor sees
it), `IS_ENABLED(CONFIG_X)` (built in or a module), `!`, `&&`, `||`, parentheses; anything else of a condition
(`LINUX_VERSION_CODE >= 5`) is an opaque atom. The empty text is "always".

Not handled: arithmetic between configuration values; such atoms evaluate to unknown.
"""

import functools
import itertools
import re
from collections.abc import Callable, Collection

_TOKEN = re.compile(
    r"\s+|(?P<defined>defined\s*(?:\(\s*(?P<d1>\w+)\s*\)|(?P<d2>\w+)))"
    r"|(?P<is>IS_(?:ENABLED|BUILTIN|MODULE|REACHABLE))\s*\(\s*(?P<config>\w+)\s*\)"
    r"|(?P<op>&&|\|\||!(?!=)|\(|\))|(?P<other>(?:[^&|()!\s]|&(?!&)|\|(?!\|)|!=)+)"
)

Truth = bool | None  # None: unknown
_MAX_ATOMS = 10


class _Node:
    __slots__ = ("args", "op")

    def __init__(self, op: str, *args: "_Node | str") -> None:
        self.op = op
        self.args = args


_TRUE, _FALSE = _Node("1"), _Node("0")


def _negate(node: _Node) -> _Node:
    if node.op == "!":
        inner = node.args[0]
        assert isinstance(inner, _Node)
        return inner
    if node is _TRUE:
        return _FALSE
    if node is _FALSE:
        return _TRUE
    return _Node("!", node)


def _combine(op: str, left: _Node, right: _Node) -> _Node:
    absorbing, neutral = (_FALSE, _TRUE) if op == "&&" else (_TRUE, _FALSE)
    if left is absorbing or right is absorbing:
        return absorbing
    if left is neutral:
        return right
    if right is neutral:
        return left
    parts: dict[str, _Node] = {}
    for side in (left, right):
        for part in side.args if side.op == op else (side,):
            assert isinstance(part, _Node)
            parts.setdefault(_show(part), part)
    for text, part in parts.items():
        if part.op != "!" and _show(_negate(part)) in parts and text:
            return absorbing
        inner = part.args[0] if part.op == "!" else None  # `a && b && !(a && b)`
        if (
            isinstance(inner, _Node)
            and inner.op == op
            and all(_show(a) in parts for a in inner.args if isinstance(a, _Node))
        ):
            return absorbing
    values = list(parts.values())
    return values[0] if len(values) == 1 else _Node(op, *values)


def _show(node: _Node) -> str:
    if node.op in ("0", "1"):
        return node.op
    if node.op == "atom":
        return str(node.args[0])
    if node.op == "!":
        inner = node.args[0]
        assert isinstance(inner, _Node)
        text = _show(inner)
        return f"!({text})" if inner.op in ("&&", "||") or " " in text else f"!{text}"
    return f" {node.op} ".join(
        f"({_show(a)})" if isinstance(a, _Node) and a.op in ("&&", "||") and a.op != node.op else _show(a)
        for a in node.args
        if isinstance(a, _Node)
    )


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        for match in _TOKEN.finditer(text):
            if match["defined"]:
                self.tokens.append(("atom", match["d1"] or match["d2"]))
            elif match["is"]:
                self.tokens.append(("atom", f"{match['is']}({match['config']})"))
            elif match["op"]:
                self.tokens.append(("op", match["op"]))
            elif match["other"]:
                self.tokens.append(("other", match["other"]))
        self.at = 0

    def peek(self) -> tuple[str, str]:
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "")

    def either(self) -> _Node:
        node = self.both()
        while self.peek() == ("op", "||"):
            self.at += 1
            node = _combine("||", node, self.both())
        return node

    def both(self) -> _Node:
        node = self.unary()
        while self.peek() == ("op", "&&"):
            self.at += 1
            node = _combine("&&", node, self.unary())
        return node

    def unary(self) -> _Node:
        kind, text = self.peek()
        if (kind, text) == ("op", "!"):
            self.at += 1
            return _negate(self.unary())
        if (kind, text) == ("op", "("):
            self.at += 1
            node = self.either()
            if self.peek() == ("op", ")"):
                self.at += 1
            return self.opaque_rest(node)
        if kind == "atom":
            self.at += 1
            return self.opaque_rest(_Node("atom", text))
        words: list[str] = []
        depth = 0
        while True:
            kind, text = self.peek()
            if kind == "end" or (depth == 0 and kind == "op" and text in ("&&", "||", ")")):
                break
            depth += (text == "(") - (text == ")")
            words.append(text)
            self.at += 1
        text = " ".join(words)
        if re.fullmatch(r"\(*\s*[01]\s*\)*", text):
            return _TRUE if "1" in text else _FALSE
        return _Node("atom", text) if text else _TRUE

    def opaque_rest(self, node: _Node) -> _Node:
        """A comparison after an operand makes the whole an opaque atom."""
        kind, _ = self.peek()
        if kind not in ("other", "atom"):
            return node
        words = [_show(node)]
        while self.peek()[0] in ("other", "atom"):
            words.append(self.peek()[1])
            self.at += 1
        return _Node("atom", " ".join(words))


@functools.lru_cache(65536)
def _parse(text: str) -> _Node:
    if not text:
        return _TRUE
    parser = _Parser(text)
    node = parser.either()
    while parser.peek()[0] != "end":  # unbalanced input: what is left is joined on
        parser.at += 1
    return node


@functools.lru_cache(65536)
def normalise(text: str) -> str:
    """The guard simplified: `defined()` dropped, double negations and repetitions removed.
    `"0"` is never, `""` is always."""
    shown = _show(_parse(text))
    return "" if shown == "1" else shown


@functools.lru_cache(65536)
def conjunction(*guards: str) -> str:
    """All of them."""
    present = [g for g in guards if g]
    if len(present) <= 1:
        return present[0] if present else ""
    node = _TRUE
    for guard in present:
        node = _combine("&&", node, _parse(guard))
    shown = _show(node)
    return "" if shown == "1" else shown


def shared(guards: Collection[str]) -> str:
    """What all of them say: the parts joined by `&&` that each has, in the order of the first."""
    different = tuple(dict.fromkeys(guards))
    if len(different) == 1:
        return different[0]
    if not all(different):
        return ""
    sides = [_parts(guard) for guard in different]
    return conjunction(*(part for part in sides[0] if all(part in side for side in sides[1:])))


def _parts(guard: str) -> list[str]:
    node = _parse(guard)
    return [_show(a) for a in node.args if isinstance(a, _Node)] if node.op == "&&" else [_show(node)]


def negation(guard: str) -> str:
    """Its opposite."""
    shown = _show(_negate(_parse(guard)))
    return "" if shown == "1" else shown


def _value(node: _Node, atom: Callable[[str], Truth]) -> Truth:
    if node.op in ("0", "1"):
        return node.op == "1"
    if node.op == "atom":
        return atom(str(node.args[0]))
    values = [_value(a, atom) for a in node.args if isinstance(a, _Node)]
    if node.op == "!":
        return None if values[0] is None else not values[0]
    if node.op == "&&":
        return False if False in values else None if None in values else True
    return True if True in values else None if None in values else False


def evaluate(guard: str, atom: Callable[[str], Truth]) -> Truth:
    """The guard's truth when `atom` gives that of its atoms; None where it stays unknown."""
    return _value(_parse(guard), atom)


def exhaustive(guards: Collection[str]) -> bool:
    """Whether at least one of them holds in every configuration: `#if X` with `#else` do. Atoms count as
    independent, and with more than ten of them the answer is no."""
    atoms: dict[str, None] = {}

    def note(atom: str) -> Truth:
        atoms.setdefault(atom)
        return None

    for guard in guards:
        evaluate(guard, note)
    if len(atoms) > _MAX_ATOMS:
        return False
    return all(
        any(evaluate(guard, dict(zip(atoms, values, strict=True)).get) for guard in guards)
        for values in itertools.product((False, True), repeat=len(atoms))
    )
