"""What a tree shows between a function's calls: its statements, planned as nested lines in source order.

A plan is a list of steps and sites. Sites find their place by the call's line and column; what no call of the
text stands for (made by a macro, run at the end of a scope) goes to the statement that holds its place. Lines with
nothing left below are dropped, so that a condition is shown for what it decides.

Not handled: control flow across `goto`; loops are shown once.
"""

import bisect
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

import msgspec

from analyzer.graph.detail import Detail, Planned, PlannedSite, PlannedStep
from analyzer.graph.sites import Site
from analyzer.graph.statement_text import bracketed, cast_before, left_side, matches, plain, same_text
from analyzer.model.body import (
    STORING,
    Action,
    Body,
    Branch,
    Call,
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
    own_actions,
    walk,
)
from analyzer.model.known import Constants, Known

_LONG_RETURN = re.compile(r"\W")


def plan(
    sites: Sequence[Site],
    body: Body,
    detail: Detail,
    *,
    inner: frozenset[str] = frozenset(),
    known: Known | None = None,
) -> tuple[Planned, ...]:
    """The lines of one function: its `sites` and what `detail` asks of its `body`; `inner` are the names of its
    parameters and local variables, `known` what bindings leave of it."""
    return _Planner(sites, body, detail, inner, known).lines()


class _Planner:
    def __init__(
        self, sites: Sequence[Site], body: Body, detail: Detail, inner: frozenset[str], known: Known | None
    ) -> None:
        self._detail = detail
        self._known = known
        self._inner = inner
        self._body = body
        self._left: dict[tuple[int, int], list[Site]] = {}
        for site in sites:
            self._left.setdefault((site.edge.site.line, site.edge.site.column), []).append(site)
        self._strays: dict[tuple[int, int], list[Site]] = {}
        self._ends: list[Site] = []  # run at the end of their scope
        self._made: set[object] = set()  # callees of the direct calls so far
        self.spells_calls = False  # calls without a site become lines of text
        self._assign_strays()

    def _assign_strays(self) -> None:
        """Sites that are no call of the text go with the last statement that begins before them."""
        known: set[tuple[int, int]] = set()
        starts: list[tuple[int, int]] = []

        def note(place: Place, actions: Iterable[Action]) -> None:
            starts.append((place.line, place.column))
            known.update((a.place.line, a.place.column) for a in actions if isinstance(a, Call))

        def visit(statements: Sequence[Statement]) -> None:
            for statement in statements:
                match statement:
                    case If():
                        for branch in statement.branches:
                            note(branch.place, branch.actions)
                            visit(branch.body)
                    case Switch():
                        note(statement.place, statement.actions)
                        for case in statement.cases:
                            visit(case.body)
                    case Loop():
                        note(statement.place, statement.actions)
                        known.add((statement.place.line, statement.place.column))
                        visit(statement.body)
                    case Step() | Return():
                        note(statement.place, statement.actions)

        visit(self._body.statements)
        starts.sort()
        for at in sorted(self._left):
            self._ends += [s for s in self._left[at] if _is_cleanup(s)]
            self._left[at] = [s for s in self._left[at] if not _is_cleanup(s)]
            if at in known:
                continue
            position = bisect.bisect_right(starts, at) - 1
            owner = starts[position] if position >= 0 else (0, 0)
            self._strays.setdefault(owner, []).extend(self._left.pop(at))

    def lines(self) -> tuple[Planned, ...]:
        found: list[Planned] = [PlannedSite(s) for s in self._strays.pop((0, 0), [])]
        found += self._block(self._body.statements, "", top=True)
        # what stands where no statement was understood
        for at in sorted(self._left):
            found += [PlannedSite(s) for s in self._left[at]]
        for owner in sorted(self._strays):
            found += [PlannedSite(s) for s in self._strays[owner]]
        found += [PlannedSite(s) for s in self._ends]
        return tuple(found)

    def _block(self, statements: Sequence[Statement], guard: str, *, top: bool = False) -> list[Planned]:
        found: list[Planned] = []
        into = found
        at = 0
        while at < len(statements):
            statement = statements[at]
            if isinstance(statement, Label) and top:
                end = at + 1
                while end < len(statements) and not isinstance(statements[end], Label):
                    end += 1
                found += self._labelled(statement, statements[at + 1 : end], guard, last=end == len(statements))
                at = end
                continue
            last = top and at == len(statements) - 1
            into += self._statement(statement, guard, last=last)
            at += 1
        return found

    def _labelled(self, label: Label, section: Sequence[Statement], guard: str, *, last: bool) -> list[Planned]:
        """What follows a label up to the next one: below it for an error label, beside it for others."""
        if self._known is not None and section and not any(s.place.start in self._known.ran for s in section):
            dead = self._dead(section, guard)
            head = PlannedStep("label", f"{label.name}:", label.place.line, tuple(dead), label.guard)
            return [_as_dead(head)] if self._detail.dead and self._detail.conditions else dead
        inside: list[Planned] = []
        for number, statement in enumerate(section):
            plain_end = not label.error and last and number == len(section) - 1
            inside += self._statement(statement, guard, last=plain_end)
        if label.error and self._detail.fold_errors:
            return self._folded_label(label, inside)
        if not self._detail.conditions:
            return inside
        if label.error:
            return [PlannedStep("label", f"{label.name}:", label.place.line, tuple(inside), label.guard)]
        if not inside:
            for statement in section[-1:]:
                inside += self._statement(statement, guard)
        return [PlannedStep("label", f"{label.name}:", label.place.line, (), label.guard), *inside]

    def _folded_label(self, label: Label, inside: Sequence[Planned]) -> list[Planned]:
        calls = _calls_in(inside)
        if not calls:
            return []
        return [PlannedStep("error", f"{label.name}:", label.place.line, (), label.guard, calls)]

    def _statement(self, statement: Statement, guard: str, *, last: bool = False) -> list[Planned]:
        if self._known is not None and statement.place.start not in self._known.ran:
            return [] if isinstance(statement, Label) else self._dead((statement,), guard)
        match statement:
            case Step():
                return self._actions(statement.actions, statement.place, guard)
            case Return():
                return self._return(statement, guard, last=last)
            case Goto():
                return self._leave(f"goto {statement.label}", statement.place, guard)
            case Jump():
                return self._leave(statement.keyword, statement.place, guard)
            case Label():
                return []
            case If():
                return self._if(statement, guard)
            case Switch():
                return self._switch(statement, guard)
            case Loop():
                return self._loop(statement, guard)

    def _dead(self, statements: Sequence[Statement], guard: str) -> list[Planned]:
        """Statements that are not reached: nothing, or their lines with calls as text."""
        for _, statement in walk(tuple(statements)):
            heads = [b.place for b in statement.branches] if isinstance(statement, If) else [statement.place]
            for place in heads:
                self._strays.pop((place.line, place.column), None)
            for action in own_actions(statement):
                self._left.pop((action.place.line, action.place.column), None)
        if not self._detail.dead:
            return []
        detail = replace(self._detail, dead=False, fold_errors=False)
        body = msgspec.structs.replace(self._body, statements=tuple(statements))
        planner = _Planner((), body, detail, self._inner, None)
        planner.spells_calls = True
        return [_as_dead(p) for p in planner._block(statements, guard)]

    def _enters(self, place: Place) -> bool:
        return self._known is None or place.start in self._known.entered

    def _leave(self, text: str, place: Place, guard: str) -> list[Planned]:
        return [PlannedStep("leave", text, place.line)] if self._detail.conditions else []

    def _return(self, statement: Return, guard: str, *, last: bool) -> list[Planned]:
        final = statement.actions[-1] if statement.actions else None
        whole = isinstance(final, Call) and same_text(final.text, statement.value)
        covered = self._detail.conditions and not whole
        found = self._actions(statement.actions, statement.place, guard, covered=covered)
        if not self._detail.conditions:
            return found
        outer = found[-1] if found else None
        if whole and isinstance(outer, PlannedSite) and not outer.prefix and _made_at(outer.site, final):
            return [*found[:-1], replace(outer, prefix="return ")]
        if last and not whole and (found or len(_LONG_RETURN.findall(statement.value)) < 2):
            return found  # `return err` at the end tells nothing
        text = f"return {statement.value}".rstrip()
        return [*found, PlannedStep("leave", text, statement.place.line, (), _new(statement.guard, guard))]

    def _actions(
        self, actions: Sequence[Action], place: Place, guard: str, *, covered: bool = False
    ) -> list[Planned]:
        """The lines of one expression; `covered`: a line of its own tells the whole of it."""
        found: list[Planned] = []
        detail = self._detail
        first = -1
        begun: dict[int, int] = {}  # where a line of calls beginning at an offset is
        strays = self._strays.pop((place.line, place.column), [])
        for number, action in enumerate(actions):
            inner = [s for s in strays if _begins_in(s, action.place)]  # evaluated before what they stand in
            strays = [s for s in strays if s not in inner]
            found += [PlannedSite(s) for s in inner]
            if isinstance(action, Call) and (stored := self._stored(action, guard)):
                found.append(stored)
            elif isinstance(action, Call):
                inside = covered or any(self._tells(later, action) for later in actions[number + 1 :])
                made = self._call(action, guard, inside=inside)
                # of several calls that a macro makes, the outermost; `READ_ONCE(p->ops)->f()` begins as its macro
                first = len(found) if made else begun.get(action.place.start, -1)
                begun[action.place.start] = first
                found += made
            if isinstance(action, Call) or detail.assignments is None:
                continue
            shown = any(matches(detail.assignments, target, self._inner) for target in action.targets)
            site = found[first] if 0 <= first < len(found) else None
            if action.call and isinstance(site, PlannedStep) and site.kind in ("call", "macro"):
                found[first] = replace(site, text=action.text)
                continue
            if action.call and isinstance(site, PlannedSite) and not site.prefix:
                cast = cast_before(action.value, site.site)
                if site.site.edge.site.line >= action.place.line and cast is not None:
                    found[first] = replace(site, prefix=f"{left_side(action)}{cast}")
                    continue
            if shown:
                step = PlannedStep("assignment", action.text, action.place.line, (), _new(action.guard, guard))
                left = self._known.stored.get(action.place.start, ()) if self._known else ()
                if left and action.operator == "=":
                    step = replace(step, value=action.value, left=left)
                if action.when and detail.conditions:
                    head = f"if ({' && '.join(bracketed(w) for w in action.when)})"
                    step = PlannedStep("condition", head, action.place.line, (step,))
                found.append(step)
        return [*found, *(PlannedSite(s) for s in strays)]

    def _tells(self, later: Action, call: Call) -> bool:
        """Whether the line of an action that follows in its expression has the text of a call."""
        if isinstance(later, Call) or not _within(call, later):
            return _within(call, later)
        patterns = self._detail.assignments
        shown = patterns is not None and any(matches(patterns, target, self._inner) for target in later.targets)
        return shown and not later.call

    def _stored(self, call: Call, guard: str) -> PlannedStep | None:
        """A macro that stores its second argument in its first, as the assignment that it is."""
        patterns = self._detail.assignments
        if call.name not in STORING or patterns is None or len(call.arguments) != 2:
            return None
        target = call.arguments[0].removeprefix("&")
        if not matches(patterns, target, self._inner):
            return None
        self._left.pop((call.place.line, call.place.column), None)
        text = f"{target} = {call.arguments[1]}  via {call.name}"
        return PlannedStep("assignment", text, call.place.line, (), _new(call.guard, guard))

    def _call(self, call: Call, guard: str, *, inside: bool) -> list[Planned]:
        sites = self._left.pop((call.place.line, call.place.column), None)
        when = call.when if self._detail.conditions else ()
        if sites:
            # what only another configuration compiles says nothing beside what this one calls
            known = [s for s in sites if s.total or s.unresolved] or sites
            callees = {s.single.callee for s in known if s.single}
            if inside and len(callees) == len(known) and callees <= self._made:
                return []  # made before, and the line around it tells that it is made again
            self._made |= callees
            place = (call.place.line, call.place.column)
            passed = self._known.arguments.get(place, ()) if self._known else ()
            made = [
                PlannedSite(site, when=when, outer=guard, passed=_handed_on(site, call, passed)) for site in known
            ]
            if self._detail.macros and all(_hidden_in(site, call) for site in known):
                new = _new(call.guard, guard)
                return [PlannedStep("macro", call.text, call.place.line, tuple(made), new)]
            return [*made]
        if self.spells_calls:
            return [] if inside else [PlannedStep("call", call.text, call.place.line, (), _new(call.guard, guard))]
        if self._detail.macros and call.name:
            return [PlannedStep("macro", call.text, call.place.line, (), _new(call.guard, guard))]
        return []

    def _if(self, statement: If, guard: str) -> list[Planned]:
        found: list[Planned] = []
        pending: list[PlannedStep] = []  # arms without content, needed when a later one has some
        for number, branch in enumerate(statement.branches):
            covered = self._detail.conditions
            before = [
                _unconditional(p) for p in self._actions(branch.actions, branch.place, guard, covered=covered)
            ]
            if not self._enters(branch.place):
                found += before
                inside = self._dead(branch.body, self._under(branch.guard, guard))
                if self._detail.conditions and self._detail.dead:
                    inside = [_as_dead(self._branch(branch, inside, guard))]
                found += inside
                continue
            inside = self._block(branch.body, self._under(branch.guard, guard))
            arm = branch
            if self._known is not None and not any(self._enters(b.place) for b in statement.branches[:number]):
                if branch.keyword == "else":
                    found += inside  # nothing else can be taken
                    continue
                arm = msgspec.structs.replace(branch, keyword="if")
            if branch.fails and self._detail.fold_errors:
                found += before
                continue
            if not self._detail.conditions:
                found += [*before, *inside]
                continue
            step = self._branch(arm, inside, guard)
            if before and branch.keyword != "if" and not pending:
                found += before
                before = []
            if inside:
                found += [*pending, *before, step]
                pending = []
            else:
                found += before
                pending.append(step)
        return found

    def _under(self, guard: str, outer: str) -> str:
        """The guard that lines below a statement need not repeat."""
        return (guard or outer) if self._detail.conditions else ""

    def _branch(self, branch: Branch, inside: Sequence[Planned], guard: str) -> PlannedStep:
        head = f"{branch.keyword} ({plain(branch.condition)})" if branch.condition else branch.keyword
        new = _new(branch.guard, guard)
        if len(inside) == 1:
            only = inside[0]
            if isinstance(only, PlannedStep) and only.kind == "leave":
                return PlannedStep("condition", f"{head} {only.text}", branch.place.line, (), new)
        return PlannedStep("condition", head, branch.place.line, tuple(inside), new)

    def _switch(self, statement: Switch, guard: str) -> list[Planned]:
        before = self._actions(statement.actions, statement.place, guard)
        cases: list[Planned] = []
        flat: list[Planned] = []
        above: tuple[str, ...] = ()  # labels that fall through without doing anything that is shown
        for case in statement.cases:
            alive = self._enters(case.place)
            block = self._block if alive else self._dead
            inside = block(case.body, self._under(case.guard, guard))
            if inside and isinstance(inside[-1], PlannedStep) and inside[-1].text == "break":
                inside.pop()
            labels = (*above, *case.labels)
            above = labels if case.falls_through and not inside and alive else ()
            if not inside:
                continue
            flat += inside
            head = ", ".join(label if label == "default" else f"case {label}" for label in labels)
            text = f"{head}:"
            only = inside[0]
            if len(inside) == 1 and isinstance(only, PlannedStep) and only.kind == "leave":
                text, inside = f"{text} {only.text}", []
            if case.falls_through:
                text += "  falls through"
            step = PlannedStep("case", text, case.place.line, tuple(inside), _new(case.guard, guard))
            cases.append(step if alive else _as_dead(step))
        if not self._detail.conditions:
            return [*before, *flat]
        if not cases:
            return before
        head = f"switch ({statement.subject})"
        new = _new(statement.guard, guard)
        return [*before, PlannedStep("condition", head, statement.place.line, tuple(cases), new)]

    def _loop(self, statement: Loop, guard: str) -> list[Planned]:
        place = statement.place
        before: list[Planned] = []
        if statement.macro:
            before += [PlannedSite(s) for s in self._left.pop((place.line, place.column), [])]
        before += self._actions(statement.actions, place, guard)
        inside = self._block(statement.body, self._under(statement.guard, guard))
        if not self._detail.conditions:
            return [*before, *inside]
        if not inside and not (before and statement.keyword == "while"):
            return before
        head = f"do … {statement.head}" if statement.keyword == "do" else statement.head
        return [*before, PlannedStep("loop", head, place.line, tuple(inside), _new(statement.guard, guard))]


def _is_cleanup(site: Site) -> bool:
    """Whether a call is made by `__free()` or `CLASS()` when a variable goes out of scope."""
    return bool(site.edge.macros) and site.edge.macros[-1] in ("__free", "__cleanup")


def _made_at(site: Site, call: Action | None) -> bool:
    """Whether a call of the text makes a site."""
    at = site.edge.site
    return call is not None and (at.line, at.column) == (call.place.line, call.place.column)


def _hidden_in(site: Site, call: Call) -> bool:
    """Whether a macro of the text makes a call that is named in its place: one of several or of none that is known
    is told by the macro's own text."""
    return site.edge.macros[:1] == (call.name,) and site.single is not None


def _handed_on(site: Site, call: Call, passed: tuple[Constants, ...]) -> tuple[Constants, ...]:
    """What is known of the arguments that a macro hands on, where `passed` is of those it gets."""
    if not site.edge.macros or len(passed) != len(call.arguments):
        return passed
    known = dict(zip(call.arguments, passed, strict=True))
    return tuple(known.get(argument, ()) for argument in site.edge.arguments)


def _begins_in(site: Site, place: Place) -> bool:
    """Whether a site stands before the end of a place."""
    at = site.edge.site
    return (at.line, at.column) < (place.end_line, place.end_column)


def _within(call: Call, other: Action) -> bool:
    return other.place.start <= call.place.start and call.place.end <= other.place.end


def _unconditional(planned: Planned) -> Planned:
    """A call in a condition without its own: the line of the condition tells it."""
    return replace(planned, when=()) if isinstance(planned, PlannedSite) else planned


def _as_dead(planned: Planned) -> PlannedStep:
    assert isinstance(planned, PlannedStep), "what is not reached has no call sites"
    return replace(planned, dead=True, below=tuple(_as_dead(p) for p in planned.below))


def _new(guard: str, outer: str) -> str:
    """The guard where it says more than the line above."""
    return "" if guard == outer else guard


def _calls_in(planned: Iterable[Planned]) -> int:
    return sum(1 if isinstance(p, PlannedSite) else _calls_in(p.below) + p.calls for p in planned)
