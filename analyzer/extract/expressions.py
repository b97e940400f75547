"""What expressions do: calls and assignments in the order of evaluation.

Operands come before what uses them, from left to right; where C leaves the order open, that is the order taken.
The right side of `&&` and `||` and the arms of `?:` carry the condition they depend on.

Not handled: `sizeof` and `typeof` operands are read like others, although they are not evaluated.
"""

import re

from tree_sitter import Node

from analyzer.extract.bodies import NOT_CALLS, plain_callee
from analyzer.extract.view import View
from analyzer.model.body import Action, Assignment, Call

_MAX_DEPTH = 120  # levels of an expression that are followed in order; deeper ones lose their order
_PLAIN = re.compile(r"!?[\w.\->\[\]]+(?:\([^()]*\))?$")
_LITERALS = frozenset(("string_literal", "concatenated_string", "char_literal", "number_literal"))
# `(u64)(x)` is a cast, but only to who knows the type's name
_TYPE_NAME = re.compile(
    r"\w+_t$|(?:__)?(?:[us]|[lb]e)(?:8|16|32|64)$|(?:u|uns)?(?:char|short|int|long)$|bool$|uch$|ush$"
)
_SKIPPED = frozenset(
    (
        "identifier",
        "number_literal",
        "string_literal",
        "char_literal",
        "field_identifier",
        "type_identifier",
        "primitive_type",
        "type_descriptor",
        "concatenated_string",
        "null",
        "true",
        "false",
    )
)


def negated(condition: str) -> str:
    """The opposite of a condition as C text."""
    if condition.startswith("!") and _PLAIN.match(condition):
        return condition[1:]
    return f"!{condition}" if _PLAIN.match(condition) else f"!({condition})"


class Actions:
    """Collects the actions of expressions of one view. Statements inside an expression (`({ … })`) are read as
    the actions in them."""

    def __init__(self, view: View) -> None:
        self._view = view

    def of(self, *nodes: Node | None) -> tuple[Action, ...]:
        """The actions of expressions evaluated one after the other."""
        found: list[Action] = []
        for node in nodes:
            if node is not None:
                self._walk(node, (), found, 0)
        return tuple(found)

    def _walk(self, node: Node, when: tuple[str, ...], out: list[Action], depth: int) -> None:
        kind = node.type
        if kind in _SKIPPED:
            return
        if depth > _MAX_DEPTH:
            self._flat(node, when, out)
            return
        depth += 1
        if kind == "call_expression":
            self._call(node, when, out, depth)
        elif kind == "assignment_expression":
            self._assignment(node, when, out, depth)
        elif kind == "binary_expression":
            self._binary(node, when, out, depth)
        elif kind in ("conditional_expression", "if_statement"):  # an `if` inside a statement expression
            self._conditional(node, when, out, depth)
        elif kind == "update_expression":
            self._update(node, when, out, depth)
        elif kind == "declaration":
            self._declaration(node, when, out, depth)
        else:
            for child in node.named_children:
                self._walk(child, when, out, depth)

    def _flat(self, node: Node, when: tuple[str, ...], out: list[Action]) -> None:
        """The calls below a node that is too deep to follow, by where they end."""
        stack, calls = [node], []
        while stack:
            current = stack.pop()
            if current.type == "call_expression":
                calls.append(current)
            stack.extend(current.named_children)
        for call in sorted(calls, key=lambda c: (c.end_byte, -c.start_byte)):
            self._append_call(call, when, out)

    def _call(self, node: Node, when: tuple[str, ...], out: list[Action], depth: int) -> None:
        callee = node.child_by_field_name("function")
        arguments = node.child_by_field_name("arguments")
        if callee is not None and callee.type != "identifier":
            self._walk(callee, when, out, depth)
        if arguments is not None:
            for argument in arguments.named_children:
                self._walk(argument, when, out, depth)
        self._append_call(node, when, out)

    def _append_call(self, node: Node, when: tuple[str, ...], out: list[Action]) -> None:
        view = self._view
        callee = node.child_by_field_name("function")
        arguments = node.child_by_field_name("arguments")
        if callee is None or callee.type in _LITERALS:  # `"r" (x)` of assembler that a macro is given
            return
        plain = plain_callee(callee)
        name = view.spelled(plain) if plain is not None else ""
        if name in NOT_CALLS or (plain is not callee and _TYPE_NAME.match(name)):
            return
        start = callee.start_byte
        use = view.uses.get(callee.start_byte)
        if use is not None:
            name = use.name
        out.append(
            Call(
                view.span(start, node.end_byte),
                view.of(callee) if plain is None else name or view.of(callee),
                () if arguments is None else arguments_of(view, arguments),
                name,
                when,
                view.guard(start),
            )
        )

    def _assignment(self, node: Node, when: tuple[str, ...], out: list[Action], depth: int) -> None:
        view = self._view
        targets: list[Node] = []
        operator = "="
        right: Node | None = node
        while right is not None and right.type == "assignment_expression":
            sign = right.child_by_field_name("operator")
            operator = sign.type if sign is not None else "="
            if targets and operator != "=":
                operator = "="
                break
            left = right.child_by_field_name("left")
            if left is not None:
                targets.append(left)
            right = right.child_by_field_name("right")
            if operator != "=":
                break
        if right is not None:
            self._walk(right, when, out, depth)
        for target in reversed(targets):
            self._walk(target, when, out, depth)
        out.append(
            Assignment(
                view.place(node),
                tuple(view.of(t) for t in targets),
                operator,
                view.of(right),
                call=_is_call(right),
                when=when,
                guard=view.guard(node.start_byte),
            )
        )

    def _update(self, node: Node, when: tuple[str, ...], out: list[Action], depth: int) -> None:
        view = self._view
        argument = node.child_by_field_name("argument")
        operator = node.child_by_field_name("operator")
        if argument is None or operator is None:
            return
        self._walk(argument, when, out, depth)
        out.append(
            Assignment(
                view.place(node),
                (view.of(argument),),
                operator.type,
                "",
                prefix=operator.start_byte < argument.start_byte,
                when=when,
                guard=view.guard(node.start_byte),
            )
        )

    def _binary(self, node: Node, when: tuple[str, ...], out: list[Action], depth: int) -> None:
        spine = [node]
        left = node.child_by_field_name("left")
        while left is not None and left.type == "binary_expression":
            spine.append(left)
            left = left.child_by_field_name("left")
        if left is not None:
            self._walk(left, when, out, depth)
        for current in reversed(spine):
            sign = current.child_by_field_name("operator")
            right = current.child_by_field_name("right")
            if right is None:
                continue
            operator = sign.type if sign is not None else ""
            under = when
            if operator in ("&&", "||") and right.type not in _SKIPPED:
                condition = self._view.of(current.child_by_field_name("left"))
                under = (*when, condition if operator == "&&" else negated(condition))
            self._walk(right, under, out, depth)

    def _conditional(self, node: Node, when: tuple[str, ...], out: list[Action], depth: int) -> None:
        condition = node.child_by_field_name("condition")
        if condition is not None:
            self._walk(condition, when, out, depth)
        text = unwrapped(self._view.of(condition))
        for field, under in (("consequence", text), ("alternative", negated(text))):
            arm = node.child_by_field_name(field)
            if arm is not None:
                self._walk(arm, (*when, under), out, depth)

    def _declaration(self, node: Node, when: tuple[str, ...], out: list[Action], depth: int) -> None:
        view = self._view
        kind = node.child_by_field_name("type")
        for declarator in node.children_by_field_name("declarator"):
            if declarator.type != "init_declarator":
                self._walk(declarator, when, out, depth)  # sizes of arrays
                continue
            inner = declarator.child_by_field_name("declarator")
            value = declarator.child_by_field_name("value")
            if inner is None or value is None:
                continue
            self._walk(inner, when, out, depth)
            self._walk(value, when, out, depth)
            name, stars = inner, ""
            while name.type == "pointer_declarator":
                below = name.child_by_field_name("declarator")
                if below is None:
                    break
                name, stars = below, stars + "*"
            start = node.start_byte
            type_text = view.text(start, kind.end_byte) if kind is not None else ""
            out.append(
                Assignment(
                    view.place(declarator),
                    (view.of(name),),
                    "=",
                    view.of(value),
                    declared=f"{type_text} {stars}" if stars else type_text,
                    call=_is_call(value),
                    when=when,
                    guard=view.guard(declarator.start_byte),
                )
            )


def arguments_of(view: View, node: Node) -> tuple[str, ...]:
    """The texts of an argument list. They are cut at the commas outside brackets, so that arguments that the
    grammar could not read are there, too."""
    start, end = node.start_byte, node.end_byte
    if view.masked[start : start + 1] == b"(":
        start += 1
    if end > start and view.masked[end - 1 : end] == b")":
        end -= 1
    return split_text(view, start, end)


def split_text(view: View, start: int, end: int) -> tuple[str, ...]:
    """The texts between the commas outside brackets and literals."""
    found = []
    depth, begin = 0, start
    text = view.skeleton
    for at in range(start, end):
        char = text[at]
        if char in b"([{":
            depth += 1
        elif char in b")]}":
            depth -= 1
        elif char == 0x2C and depth == 0:
            found.append(view.text(begin, at))
            begin = at + 1
    last = view.text(begin, end)
    return (*found, last) if found or last else ()


def unwrapped(condition: str) -> str:
    """A condition without parentheses around the whole."""
    while condition.startswith("(") and condition.endswith(")"):
        depth = 0
        for at, char in enumerate(condition):
            depth += (char == "(") - (char == ")")
            if depth == 0 and at < len(condition) - 1:
                return condition
        condition = condition[1:-1].strip()
    return condition


def _is_call(node: Node | None) -> bool:
    while node is not None and node.type in ("parenthesized_expression", "cast_expression"):
        node = node.child_by_field_name("value") or (node.named_child(0) if node.named_child_count == 1 else None)
    return node is not None and node.type == "call_expression"
