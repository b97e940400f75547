"""What stands between the calls: planned lines of one function, made from its text."""

import textwrap
from dataclasses import replace

import pytest

from analyzer.extract.extractor import extract
from analyzer.extract.statements import read_body
from analyzer.graph.detail import (
    Detail,
    Planned,
    PlannedSite,
    PlannedStep,
)
from analyzer.graph.planning import plan
from analyzer.graph.sites import group_sites
from analyzer.graph.statement_text import guards_within, matches, plain, reaches_outside
from analyzer.model.body import If, calls
from analyzer.model.callgraph import Edge, FunctionRef, Location
from analyzer.model.known import Known


def planned(statements: str, detail: Detail, *, called: set[str] | None = None) -> list[str]:
    """The plan's lines, indented; `called` are the names that are functions (default: all)."""
    lines = textwrap.indent(textwrap.dedent(statements).strip("\n"), "\t").replace("\t#", "#")
    data = f"int f(struct sock *sk, int a)\n{{\n{lines}\n}}\n".encode()
    (definition,) = extract(data).definitions
    body = read_body(data, start=definition.start, brace=definition.body, end=definition.end)
    assert body is not None
    edges = [
        Edge(
            FunctionRef("f", "f.c", 1),
            FunctionRef(c.name, "g.c", 1),
            Location("f.c", c.place.line, c.place.column),
            "direct",
            c.text,
            c.arguments,
            guard=c.guard,
        )
        for c in calls(body)
        if c.name and (called is None or c.name in called)
    ]
    sites, _ = group_sites(edges)
    inner = body.locals | {"sk", "a"}
    return outline(plan(sites, body, detail, inner=inner))


def outline(lines: tuple[Planned, ...], indent: str = "") -> list[str]:
    found = []
    for line in lines:
        if isinstance(line, PlannedSite):
            when = f" if {' && '.join(line.when)}" if line.when else ""
            found.append(f"{indent}{line.prefix}{line.site.edge.expression}{when}")
        else:
            calls = f" +{line.calls}" if line.calls else ""
            found.append(f"{indent}{line.text}{calls}")
            found += outline(line.below, indent + " ")
    return found


ALL = Detail(conditions=True, assignments=("",))


def test_conditions_hold_what_they_decide_and_early_returns_stay_on_their_line() -> None:
    assert planned("if (!sk)\n\treturn -EINVAL;\nif (a)\n\tone();\nelse\n\ttwo();\nif (a > 1)\n\ta = 2;", ALL) == [
        "if (!sk) return -EINVAL",
        "if (a)",
        " one()",
        "else",
        " two()",
    ]


def test_an_arm_without_content_stays_when_a_later_one_needs_it() -> None:
    assert planned("if (a)\n\ta = 1;\nelse if (sk)\n\tone();", ALL) == ["if (a)", "else if (sk)", " one()"]


def test_only_what_reaches_outside_is_an_assignment_unless_asked_for() -> None:
    text = "int n = 0;\nstruct s t;\nsk->x = a;\nt.y = a;\nn++;\n*out = n;\nglobal.z = 1;\nsk->p = sk->q = a;"
    assert planned(text, ALL) == ["sk->x = a", "*out = n", "global.z = 1", "sk->p = sk->q = a"]
    assert planned(text, Detail(assignments=("sk->*",))) == ["sk->x = a", "sk->p = sk->q = a"]
    assert planned(text, Detail(assignments=("n", "t.*"))) == ["int n = 0", "t.y = a", "n++"]


def test_results_stand_before_their_call() -> None:
    text = "int err = one(a);\nsk->x = two();\nerr = (int)three();\nreturn last(err);"
    assert planned(text, ALL) == ["int err = one(a)", "sk->x = two()", "err = (int)three()", "return last(err)"]


def test_a_call_inside_an_argument_is_not_the_result() -> None:
    assert planned("sk->x = hidden(one(a));", ALL, called={"one"}) == ["one(a)", "sk->x = hidden(one(a))"]


def test_macros_that_store_are_assignments() -> None:
    text = "rcu_assign_pointer(sk->x, a);\nsmp_store_release(&sk->y, 1);\nWRITE_ONCE(a, 2);"
    assert planned(text, ALL, called=set()) == [
        "sk->x = a  via rcu_assign_pointer",
        "sk->y = 1  via smp_store_release",
    ]


def test_macros_are_steps_when_asked_for() -> None:
    assert planned("one(SK(sk));", Detail(macros=True), called={"one"}) == ["SK(sk)", "one(SK(sk))"]
    assert planned("one(SK(sk));", Detail(conditions=True), called={"one"}) == ["one(SK(sk))"]


def test_error_labels_hold_their_section_and_can_be_folded() -> None:
    text = (
        "if (one())\n\tgoto out_free;\nif (two())\n\treturn -EIO;\nthree();\nout:\nfour();\nreturn 0;\n"
        "out_free:\nfree(sk);\ngoto out;"
    )
    assert planned(text, ALL) == [
        "one()",
        "if (one()) goto out_free",
        "two()",
        "if (two()) return -EIO",
        "three()",
        "out:",
        "four()",
        "return 0",
        "out_free:",
        " free(sk)",
        " goto out",
    ]
    folded = planned(text, Detail(conditions=True, fold_errors=True))
    assert folded == ["one()", "two()", "three()", "out:", "four()", "return 0", "out_free: +1"]


def test_switch_and_loops() -> None:
    text = (
        "switch (a) {\ncase 1:\ncase 2:\n\tone();\n\tfallthrough;\ncase 3:\n\tbreak;\n"
        "default:\n\treturn two();\n}\n"
        "list_for_each_entry(p, &h, l) {\n\tif (p)\n\t\tbreak;\n}\ndo {\n\tthree();\n} while (a--);"
    )
    assert planned(text, Detail(conditions=True)) == [
        "switch (a)",
        " case 1, case 2:  falls through",
        "  one()",
        " default:",
        "  return two()",
        "list_for_each_entry(p, &h, l)",
        " if (p) break",
        "do … while (a--)",
        " three()",
    ]
    assert planned("while (next(a))\n\ta++;", Detail(conditions=True)) == ["next(a)", "while (next(a))"]


def test_calls_in_expressions_have_their_condition() -> None:
    assert planned("a = sk ? one() : two();", Detail(conditions=True)) == ["one() if sk", "two() if !sk"]
    assert planned("if (sk && one())\n\ttwo();", Detail(conditions=True)) == [
        "one()",
        "if (sk && one())",
        " two()",
    ]


def test_a_repeated_call_inside_a_shown_line_is_not_listed_again() -> None:
    text = "if (get(sk) > 1)\n\treturn 1;\nif (get(sk) > 2)\n\treturn 2;\nget(sk);"
    assert planned(text, Detail(conditions=True)) == [
        "get(sk)",
        "if (get(sk) > 1) return 1",
        "if (get(sk) > 2) return 2",
        "get(sk)",
    ]


def test_without_detail_nothing_but_calls() -> None:
    assert planned("if (a)\n\tone();\nfor (;;)\n\ttwo();", Detail(macros=True)) == ["one()", "two()"]


@pytest.mark.parametrize(
    ("target", "outside"),
    [("sk->x", True), ("*p", True), ("(*p).x", True), ("a", False), ("t.x", False), ("g", True), ("g[1]", True)],
)
def test_what_reaches_outside(target: str, outside: bool) -> None:
    assert reaches_outside(target, frozenset(("a", "t"))) is outside


def test_patterns_are_globs_without_classes() -> None:
    assert matches(("fdt->fd[*]",), "fdt->fd[fd]", frozenset())
    assert not matches(("sk->*",), "sock->x", frozenset())
    assert matches(("*res",), "*res", frozenset())


@pytest.mark.parametrize(
    ("condition", "shown"),
    [
        ("unlikely(err)", "err"),
        ("a && unlikely(b || c)", "a && (b || c)"),
        ("likely(!unlikely(x))", "!x"),
        ("WARN_ON(unlikely(a & b))", "WARN_ON(a & b)"),
        ("unlikely(", "unlikely("),
    ],
)
def test_hints_are_left_out(condition: str, shown: str) -> None:
    assert plain(condition) == shown


def test_guards_are_told_once() -> None:
    assert guards_within("A", "A && B") == "B"
    assert guards_within("A", "A") == ""
    assert guards_within("", "A") == "A"
    assert guards_within("A || B", "A || B") == ""


def test_a_result_of_a_call_through_what_a_macro_reads() -> None:
    assert planned("int e;\ne = READ_ONCE(sk->ops)(a);", ALL, called={"READ_ONCE"}) == ["e = READ_ONCE(sk->ops)"]


def test_what_is_known_to_be_unreachable() -> None:
    data = b"int f(int a)\n{ if (a) one(); else two(); g->x = a; return 0; fail: three(); }\n"
    (definition,) = extract(data).definitions
    body = read_body(data, start=definition.start, brace=definition.body, end=definition.end)
    assert body is not None
    choice, store, leave = body.statements[:3]
    assert isinstance(choice, If)
    ran = frozenset(s.place.start for s in (choice, choice.branches[1].body[0], store, leave))
    stored = {store.place.start: ("&b",)}
    known = Known(ran, frozenset((choice.branches[1].place.start,)), {}, stored)
    inner = frozenset(("a",))
    found, last = plan((), body, ALL, inner=inner, known=known)
    assert isinstance(found, PlannedStep) and isinstance(last, PlannedStep) and last.text == "return 0"
    assert (found.text, found.value, found.left) == ("g->x = a", "a", ("&b",))
    marked = plan((), body, replace(ALL, dead=True), inner=inner, known=known)
    texts = [(p.text, p.dead, [b.text for b in p.below]) for p in marked if isinstance(p, PlannedStep)]
    assert texts == [
        ("if (a)", True, ["one()"]),
        ("g->x = a", False, []),
        ("return 0", False, []),
        ("fail:", True, ["three()"]),
    ]


def test_what_is_returned_is_the_whole_expression() -> None:
    shown = planned("return one(&two(sk)->flags);", Detail(conditions=True), called={"two"})
    assert shown == ["two(sk)", "return one(&two(sk)->flags)"]
    assert planned("return one(two(sk));", Detail(conditions=True), called={"one"}) == ["return one(two(sk))"]


def test_a_case_that_only_falls_through_adds_its_label() -> None:
    text = """
    switch (a) {
    case A:
        a = 1;
        /* fall through */
    case B:
        one();
    }
    """
    assert planned(text, Detail(conditions=True)) == ["switch (a)", " case A, case B:", "  one()"]


def test_the_same_function_called_again_for_another_result_is_shown_again() -> None:
    text = "rc = one(1);\nif (rc)\n\treturn rc;\nrc = one(2);\nsk->n = two(one(3)) + 1;"
    assert planned(text, Detail(conditions=True)) == [
        "one(1)",
        "if (rc) return rc",
        "one(2)",
        "two(one(3))",
    ]
