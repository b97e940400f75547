"""The body model of one function: its statements in source order, from the file's bytes and the function's span.

Uses the same masking and grammar as extraction, so that places are those of the index's call sites. Where `#if`
branches exclude each other, each is read and the readings are merged by place. Bad C never raises; what cannot be
read is left out and the body is marked `damaged`.

Not handled: what macros expand to; statements inside expressions are read as their actions.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from tree_sitter import Node

from analyzer.extract.dialect import BASE, Dialect, WordClass
from analyzer.extract.errorpaths import mark_errors
from analyzer.extract.expressions import Actions, split_text, unwrapped
from analyzer.extract.text import name_node
from analyzer.extract.view import View, local_dialect, views_of
from analyzer.model.body import (
    Action,
    Body,
    Branch,
    Call,
    Case,
    Goto,
    If,
    Jump,
    Label,
    Loop,
    Place,
    Return,
    Statement,
    Step,
    Switch,
)

_IGNORED = frozenset(("comment", "type_definition", "struct_specifier", "union_specifier", "enum_specifier"))
_Arm = TypeVar("_Arm", Branch, Case)
_MAX_NESTING = 100  # blocks inside blocks; what is deeper is read as one step


def read_body(
    data: bytes,
    *,
    start: int,
    brace: int,
    end: int,
    dialect: Dialect = BASE,
    local: Mapping[bytes, WordClass] | None = None,
) -> Body | None:
    """The statements of the function of `data` from byte `start` to `end` with its `{` at `brace`; `local` are the
    file's own annotation words where the caller has them (`local_dialect`). None when no body is there."""
    if not 0 <= start <= brace < end <= len(data):
        return None
    words = dict(local) if local is not None else local_dialect(data)
    read = views_of(data, start, end, dialect, words)
    groups = [(g.start, g.end) for g in read.awkward]
    found: tuple[Statement, ...] | None = None
    names: set[str] = set()
    damaged = False
    place: Place | None = None
    for view in read.views:
        block = _block_at(view.root, brace - view.base)
        if block is None:
            damaged = True
            continue
        reader = _Reader(view)
        statements = reader.block(block)
        names |= reader.names
        damaged = damaged or block.has_error
        if found is None or place is None:
            found, place = statements, view.place(block)
        else:
            spans = [(view.base + s, view.base + e) for s, e in groups]
            found = _merged(found, statements, spans)
    if found is None or place is None:
        return None
    return Body(place, mark_errors(found), frozenset(names), damaged)


def _block_at(root: Node, brace: int) -> Node | None:
    """The compound statement that begins at an offset."""
    node = root.descendant_for_byte_range(brace, brace + 1)
    while node is not None:
        if node.type == "compound_statement" and node.start_byte == brace:
            return node
        if node.start_byte < brace:
            return None
        node = node.parent
    return None


class _Reader:
    """Statements of one view."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._actions = Actions(view)
        self._depth = 0
        self.names: set[str] = set()

    def block(self, node: Node) -> tuple[Statement, ...]:
        """The statements of a block."""
        found: list[Statement] = []
        for child in node.named_children:
            found.extend(self._statement(child))
        return tuple(found)

    def _inside(self, node: Node | None) -> tuple[Statement, ...]:
        """The statements of an arm or loop body, which may be one statement without braces."""
        if node is None:
            return ()
        if self._depth >= _MAX_NESTING:
            return self._step(node)
        self._depth += 1
        found = self.block(node) if node.type == "compound_statement" else tuple(self._statement(node))
        self._depth -= 1
        return found

    def _statement(self, node: Node) -> Iterable[Statement]:
        view = self._view
        kind = node.type
        guard = view.guard(node.start_byte)
        match kind:
            case "expression_statement":
                return self._step(node)
            case "declaration":
                return self._step(node, self._declare(node))
            case "if_statement":
                return self._if(node)
            case "compound_statement" | "else_clause" | "attributed_statement" | "linkage_specification":
                return self._inside(node) if kind == "compound_statement" else self.block(node)
            case "return_statement":
                value = next((c for c in node.named_children if c.type != "comment"), None)
                text = view.text(node.start_byte + len("return"), node.end_byte).rstrip("; ")
                return (Return(view.place(node), text, self._actions.of(value), guard),)
            case "goto_statement":
                label = node.child_by_field_name("label")
                return (Goto(view.place(node), view.of(label), guard),)
            case "break_statement":
                return (Jump(view.place(node), "break", guard),)
            case "continue_statement":
                return (Jump(view.place(node), "continue", guard),)
            case "labeled_statement":
                return self._labelled(node)
            case "switch_statement":
                return (self._switch(node),)
            case "while_statement" | "for_statement" | "do_statement":
                return self._loop(node)
            case "case_statement":
                return self.block(node)  # outside of a switch's own block
            case "ERROR" | "function_definition":
                return self._salvaged(node)
        if kind in _IGNORED or not node.is_named:
            return ()
        if kind.endswith("_statement"):
            return self.block(node)
        return self._step(node)

    def _salvaged(self, node: Node) -> Iterable[Statement]:
        """What can be understood of a region that the grammar could not read."""
        found: list[Statement] = []
        for child in node.named_children:
            if child.type.endswith("_statement") or child.type in ("declaration", "ERROR"):
                found.extend(self._statement(child))
            elif child.type not in _IGNORED:
                actions = self._actions.of(child)
                if actions:
                    found.append(self._made_step(child, actions))
        return found

    def _made_step(self, node: Node, actions: tuple[Action, ...], declares: tuple[str, ...] = ()) -> Step:
        view = self._view
        text = view.of(node).rstrip("; ")
        return Step(view.place(node), text, actions, view.guard(node.start_byte), declares)

    def _step(self, node: Node, declares: tuple[str, ...] = ()) -> tuple[Statement, ...]:
        text = self._view.of(node).rstrip("; ")
        actions = self._actions.of(node)
        return (self._made_step(node, actions, declares),) if text or actions else ()

    def _declare(self, node: Node) -> tuple[str, ...]:
        """Notes the names that a declaration declares."""
        names = (name_node(declarator) for declarator in node.children_by_field_name("declarator"))
        spelled = tuple(self._view.spelled(name) for name in names if name is not None)
        self.names.update(spelled)
        return spelled

    def _labelled(self, node: Node) -> Iterable[Statement]:
        view = self._view
        label = node.child_by_field_name("label")
        end = label.end_byte if label is not None else node.start_byte
        found: list[Statement] = [
            Label(view.span(node.start_byte, end), view.of(label), guard=view.guard(node.start_byte))
        ]
        for child in node.named_children:
            if label is None or child.start_byte != label.start_byte:
                found.extend(self._statement(child))
        return found

    def _if(self, node: Node) -> Iterable[Statement]:
        view = self._view
        use = view.uses.get(node.start_byte)
        if use is not None:  # a short loop macro, masked as `if`
            body = node.child_by_field_name("consequence")
            return self._headed(node, use.name, use.end, body)
        branches: list[Branch] = []
        current: Node | None = node
        first = True
        while current is not None:
            condition = current.child_by_field_name("condition")
            body = current.child_by_field_name("consequence")
            start = current.start_byte
            stop = body.end_byte if body is not None else current.end_byte
            branches.append(
                Branch(
                    view.span(start, stop),
                    "if" if first else "else if",
                    unwrapped(view.of(condition)),
                    self._actions.of(condition),
                    self._inside(body),
                    guard=view.guard(start),
                )
            )
            first = False
            alternative = current.child_by_field_name("alternative")
            inner = None
            if alternative is not None:
                inner = next((c for c in alternative.named_children if c.type != "comment"), None)
            if inner is not None and inner.type == "if_statement" and inner.start_byte not in view.uses:
                current = inner
                continue
            if inner is not None and alternative is not None:
                branches.append(
                    Branch(
                        view.place(alternative),
                        "else",
                        "",
                        (),
                        self._inside(inner),
                        guard=view.guard(alternative.start_byte),
                    )
                )
            current = None
        return (If(view.place(node), tuple(branches), view.guard(node.start_byte)),)

    def _switch(self, node: Node) -> Switch:
        view = self._view
        condition = node.child_by_field_name("condition")
        body = node.child_by_field_name("body")
        cases: list[Case] = []
        labels: list[str] = []
        opened: Node | None = None
        for child in body.named_children if body is not None else ():
            if child.type != "case_statement":
                if cases:
                    cases[-1] = _extended(cases[-1], tuple(self._statement(child)))
                continue
            colon = next((c for c in child.children if c.type == ":"), None)
            stop = colon.start_byte if colon is not None else child.end_byte
            label = view.text(child.start_byte, stop)
            labels.append(label.removeprefix("case").strip() if label != "default" else label)
            opened = opened or child
            inside = [c for c in child.named_children if c.start_byte >= stop and c.type != "comment"]
            if not inside:
                continue
            statements: list[Statement] = []
            for part in inside:
                statements.extend(self._statement(part))
            cases.append(self._case(opened, child, labels, statements))
            labels, opened = [], None
        if opened is not None:
            cases.append(self._case(opened, opened, labels, []))
        last = len(cases) - 1
        cases = [
            case if number == last or ends(case.body) else _replaced(case, falls=True)
            for number, case in enumerate(cases)
        ]
        return Switch(
            view.place(node),
            unwrapped(view.of(condition)),
            self._actions.of(condition),
            tuple(cases),
            view.guard(node.start_byte),
        )

    def _case(self, opened: Node, last: Node, labels: list[str], statements: list[Statement]) -> Case:
        view = self._view
        place = view.span(opened.start_byte, last.end_byte)
        body = tuple(s for s in statements if not (isinstance(s, Step) and s.text in _MARKS))
        return Case(place, tuple(labels), body, guard=view.guard(opened.start_byte))

    def _loop(self, node: Node) -> Iterable[Statement]:
        view = self._view
        use = view.uses.get(node.start_byte)
        body = node.child_by_field_name("body")
        if use is not None:
            return self._headed(node, use.name, use.end, body)
        guard = view.guard(node.start_byte)
        place = view.place(node)
        condition = node.child_by_field_name("condition")
        if node.type == "do_statement":
            inside = self._inside(body)
            head = view.text(body.end_byte if body is not None else node.start_byte, node.end_byte).rstrip("; ")
            return (Loop(place, "do", head, self._actions.of(condition), inside, guard),)
        stop = body.start_byte if body is not None else node.end_byte
        head = view.text(node.start_byte, stop)
        if node.type == "while_statement":
            return (Loop(place, "while", head, self._actions.of(condition), self._inside(body), guard),)
        initial = node.child_by_field_name("initializer")
        if initial is not None and initial.type == "declaration":
            self._declare(initial)
        actions = self._actions.of(initial, condition, node.child_by_field_name("update"))
        return (Loop(place, "for", head, actions, self._inside(body), guard),)

    def _headed(self, node: Node, name: str, end: int, body: Node | None) -> Iterable[Statement]:
        """A statement headed by a macro: a loop, or (masked to keep the grammar on its way) a macro statement
        that stands alone before the next one."""
        view = self._view
        start = node.start_byte
        guard = view.guard(start)
        head = view.text(start, end)
        condition = node.child_by_field_name("condition")
        inner = self._actions.of(condition)
        opening = view.masked.find(b"(", start, end)
        arguments = split_text(view, opening + 1, end - 1) if opening >= 0 else ()
        call = Call(view.span(start, end), name, arguments, name, guard=guard)
        closing = body is None or (body.type == "expression_statement" and not body.named_child_count)
        if closing or not _heads_loop(name, view):
            step = Step(view.span(start, end), head, (*inner, call), guard)
            return (step,) if closing else (step, *self._statement(body)) if body is not None else (step,)
        return (Loop(view.place(node), name, head, inner, self._inside(body), guard),)


_MARKS = frozenset(("fallthrough", "__fallthrough", "__attribute__((__fallthrough__))", ""))


def _heads_loop(name: str, view: View) -> bool:
    return name in view.loops


def _extended(case: Case, more: tuple[Statement, ...]) -> Case:
    return Case(case.place, case.labels, (*case.body, *more), case.falls_through, case.guard)


def _replaced(case: Case, *, falls: bool) -> Case:
    return Case(case.place, case.labels, case.body, falls, case.guard)


def ends(statements: tuple[Statement, ...]) -> bool:
    """Whether control never leaves a list of statements at its end."""
    if not statements:
        return False
    last = statements[-1]
    match last:
        case Return() | Goto() | Jump():
            return True
        case If():
            return last.branches[-1].keyword == "else" and all(ends(branch.body) for branch in last.branches)
    return False


def _key(statement: Statement) -> tuple[int, str]:
    return statement.place.start, type(statement).__name__


def _merged(
    mine: tuple[Statement, ...], other: tuple[Statement, ...], spans: list[tuple[int, int]]
) -> tuple[Statement, ...]:
    """What another reading shows inside the groups that exclude each other, added to the main reading."""
    known = {_key(s): s for s in mine}
    found = dict(known)
    for statement in other:
        key = _key(statement)
        first = known.get(key)
        if first is not None:
            found[key] = _merged_one(first, statement, spans)
        elif any(statement.place.start < e and s < statement.place.end for s, e in spans):
            found[key] = statement
    return tuple(sorted(found.values(), key=_key))


def _merged_one(mine: Statement, other: Statement, spans: list[tuple[int, int]]) -> Statement:
    match mine, other:
        case If(), If():
            branches = _by_place(mine.branches, other.branches, lambda a, b: _merged_branch(a, b, spans))
            return If(mine.place, branches, mine.guard)
        case Switch(), Switch():
            cases = _by_place(mine.cases, other.cases, lambda a, b: _merged_case(a, b, spans))
            actions = _both(mine.actions, other.actions)
            return Switch(mine.place, mine.subject, actions, cases, mine.guard)
        case Loop(), Loop():
            body = _merged(mine.body, other.body, spans)
            return Loop(mine.place, mine.keyword, mine.head, _both(mine.actions, other.actions), body, mine.guard)
        case Step(), Step():
            return Step(mine.place, mine.text, _both(mine.actions, other.actions), mine.guard)
        case Return(), Return():
            return Return(mine.place, mine.value, _both(mine.actions, other.actions), mine.guard)
    return mine


def _merged_branch(mine: Branch, other: Branch, spans: list[tuple[int, int]]) -> Branch:
    actions = _both(mine.actions, other.actions)
    body = _merged(mine.body, other.body, spans)
    return Branch(mine.place, mine.keyword, mine.condition, actions, body, guard=mine.guard)


def _merged_case(mine: Case, other: Case, spans: list[tuple[int, int]]) -> Case:
    body = _merged(mine.body, other.body, spans)
    return Case(mine.place, mine.labels, body, mine.falls_through, mine.guard)


def _by_place(
    mine: tuple[_Arm, ...], other: tuple[_Arm, ...], merge: Callable[[_Arm, _Arm], _Arm]
) -> tuple[_Arm, ...]:
    """The arms of both readings in the order of their places, those that both show merged."""
    found = {arm.place.start: arm for arm in mine}
    for arm in other:
        known = found.get(arm.place.start)
        found[arm.place.start] = arm if known is None else merge(known, arm)
    return tuple(found[start] for start in sorted(found))


def _both(mine: tuple[Action, ...], other: tuple[Action, ...]) -> tuple[Action, ...]:
    known = {(type(a), a.place.start) for a in mine}
    more = [a for a in other if (type(a), a.place.start) not in known]
    return (*mine, *more)
