"""The body model: statements in source order, evaluation order inside them, places of the file."""

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.extract.extractor import extract
from analyzer.extract.statements import read_body
from analyzer.model.body import (
    Assignment,
    Body,
    Call,
    If,
    Label,
    Loop,
    Return,
    Step,
    Switch,
    actions,
    assignments,
    calls,
    conditions,
    walk,
)


def body_of(source: str, name: str = "f") -> Body:
    data = textwrap.dedent(source).encode()
    definition = next(d for d in extract(data).definitions if name in (d.name, d.head))
    found = read_body(data, start=definition.start, brace=definition.body, end=definition.end)
    assert found is not None
    return found


def inside(statements: str) -> Body:
    lines = "".join(f"{line}\n" if line.startswith("#") else f"\t{line}\n" for line in statements.split("\n"))
    return body_of(f"int f(int a, struct s *p)\n{{\n{lines}}}\n")


def texts(body: Body) -> list[str]:
    return [action.text for action in actions(body)]


def test_nested_calls_come_in_the_order_of_evaluation() -> None:
    assert texts(inside("a = outer(first(1), second(third(2)));")) == [
        "first(1)",
        "third(2)",
        "second(third(2))",
        "outer(first(1), second(third(2)))",
        "a = outer(first(1), second(third(2)))",
    ]


def test_places_are_those_of_the_file() -> None:
    source = "/* é */ int g(void) { }\n\n__init int f(struct s *p)\n{\n\tp->ops->run(p, 1);\n\treturn g();\n}\n"
    data = source.encode()
    body = body_of(source)
    first, second = calls(body)
    assert data[first.place.start : first.place.end] == b"p->ops->run(p, 1)"
    assert (first.place.line, first.place.column) == (5, 2)
    assert (first.callee, first.name, first.arguments) == ("p->ops->run", "", ("p", "1"))
    assert (second.name, second.place.line, second.place.column) == ("g", 6, 9)


def test_comments_line_breaks_and_literals() -> None:
    body = inside('log("a, b /* no comment */",\n\t/* really */ a,   p->x);')
    (call,) = calls(body)
    assert call.arguments == ('"a, b /* no comment */"', "a", "p->x")


def test_chained_and_compound_assignments_and_counting() -> None:
    body = inside("p->x = p->y = a; p->n += two(); ++p->c; p->d--;")
    found = list(assignments(body))
    assert [(x.targets, x.operator, x.value) for x in found] == [
        (("p->x", "p->y"), "=", "a"),
        (("p->n",), "+=", "two()"),
        (("p->c",), "++", ""),
        (("p->d",), "--", ""),
    ]
    assert [x.text for x in found] == ["p->x = p->y = a", "p->n += two()", "++p->c", "p->d--"]


def test_declarations_are_assignments_with_a_type() -> None:
    body = inside("struct sock *sk = find(a), *other; int fd = get(), n = 3;")
    assert [(x.declared, x.targets[0], x.value, x.call) for x in assignments(body)] == [
        ("struct sock *", "sk", "find(a)", True),
        ("int", "fd", "get()", True),
        ("int", "n", "3", False),
    ]
    assert body.locals == {"sk", "other", "fd", "n"}


def test_short_circuits_and_choices_carry_their_condition() -> None:
    body = inside("if (p && !a && try(p)) go(); a = p ? yes(p) : no(); a = p || make();")
    whens = {c.name: c.when for c in calls(body)}
    assert whens == {
        "try": ("p && !a",),
        "go": (),
        "yes": ("p",),
        "no": ("!p",),
        "make": ("!p",),
    }


def test_else_if_chains_are_one_statement() -> None:
    body = inside("if (a == 1)\n one();\nelse if (two(a)) {\n x();\n} else\n rest();")
    (statement,) = body.statements
    assert isinstance(statement, If)
    assert [(b.keyword, b.condition) for b in statement.branches] == [
        ("if", "a == 1"),
        ("else if", "two(a)"),
        ("else", ""),
    ]
    assert texts(body) == ["two(a)", "one()", "x()", "rest()"]


def test_a_very_long_else_if_chain_does_not_overflow() -> None:
    chain = " else ".join(f"if (a == {n}) g{n}();" for n in range(1500))
    (statement,) = inside(chain).statements
    assert isinstance(statement, If)
    assert len(statement.branches) == 1500


def test_a_very_deep_expression_keeps_its_calls() -> None:
    body = inside("a = " + "(" * 400 + "g()" + ")" * 400 + ";")
    assert [c.name for c in calls(body)] == ["g"]
    body = inside("a = " + " | ".join(f"g{n}()" for n in range(900)) + ";")
    assert [c.name for c in calls(body)] == [f"g{n}" for n in range(900)]


def test_switch_with_fall_through_and_shared_labels() -> None:
    body = inside(
        "switch (pick(a)) {\ncase 1:\ncase 2:\n one();\n fallthrough;\ncase 3 ... 5:\n two();\n break;\n"
        "default:\n return -EINVAL;\n}"
    )
    (statement,) = body.statements
    assert isinstance(statement, Switch)
    assert statement.subject == "pick(a)"
    assert [(c.labels, c.falls_through) for c in statement.cases] == [
        (("1", "2"), True),
        (("3 ... 5",), False),
        (("default",), False),
    ]
    assert texts(body) == ["pick(a)", "one()", "two()"]


def test_loops_show_their_real_head() -> None:
    body = inside(
        "list_for_each_entry_rcu(p, &heads[a], list) {\n if (p)\n break;\n}\n"
        "for (i = first(); i < 3; i++)\n step(i);\nwhile (more(p))\n next(p);\ndo {\n once();\n} while (a--);\n"
        "scoped_guard(mutex, &p->lock)\n locked(p);"
    )
    loops = [s for s in body.statements if isinstance(s, Loop)]
    assert [(s.keyword, s.head, s.macro) for s in loops] == [
        ("list_for_each_entry_rcu", "list_for_each_entry_rcu(p, &heads[a], list)", True),
        ("for", "for (i = first(); i < 3; i++)", False),
        ("while", "while (more(p))", False),
        ("do", "while (a--)", False),
        ("scoped_guard", "scoped_guard(mutex, &p->lock)", True),
    ]


def test_error_labels_and_failing_branches() -> None:
    body = inside(
        "int err;\nif (!p)\n return -ENOMEM;\nerr = one(p);\nif (err < 0)\n goto out_free;\n"
        "if (a & 1)\n goto again;\nagain:\nif (p->x)\n goto out;\ntwo(p);\nout:\nreturn err;\n"
        "out_free:\nfree(p);\nout_put:\nput(p);\nreturn err;"
    )
    labels = {s.name: s.error for _, s in walk(body.statements) if isinstance(s, Label)}
    assert labels == {"again": False, "out": False, "out_free": True, "out_put": True}
    fails = [b.fails for _, s in walk(body.statements) if isinstance(s, If) for b in s.branches]
    assert fails == [True, True, False, False]


def test_a_label_that_the_normal_path_goes_to_is_no_error_label() -> None:
    body = inside("if (one())\n goto fail;\ngoto out;\nfail:\n undo();\nout:\n return a;")
    labels = {s.name: s.error for _, s in walk(body.statements) if isinstance(s, Label)}
    assert labels == {"fail": True, "out": False}


def test_guards_are_those_inside_the_function() -> None:
    body = body_of(
        """
        #ifdef CONFIG_OUTER
        int f(int a)
        {
            one();
        #ifdef CONFIG_MODULES
            two();
        #else
            three();
        #endif
            return call(a
        #ifdef CONFIG_X
                    , 1
        #endif
                   );
        }
        #endif
        """
    )
    assert [(c.name, c.guard) for c in calls(body)] == [
        ("one", ""),
        ("two", "CONFIG_MODULES"),
        ("three", "!CONFIG_MODULES"),
        ("call", ""),
    ]


def test_branches_that_exclude_each_other_are_all_read() -> None:
    body = inside("#ifdef CONFIG_A\nif (a) {\n#else\nif (p) {\n#endif\nboth();\n}\nlast();")
    assert [text for _, text in conditions(body)] == ["if (a)", "if (p)"]
    assert [c.name for c in calls(body)].count("last") == 1
    heads = [s for s in body.statements if isinstance(s, If)]
    assert [h.guard for h in heads] == ["CONFIG_A", "!CONFIG_A"]


def test_a_head_that_an_if_group_straddles() -> None:
    source = """
    #ifdef CONFIG_A
    int f(int a)
    {
    #else
    int g(int a)
    {
    #endif
        return shared(a);
    }
    """
    assert texts(body_of(source, "f")) == ["shared(a)"]
    assert texts(body_of(source, "g")) == ["shared(a)"]


def test_a_macro_statement_without_semicolon_does_not_swallow_the_next() -> None:
    body = inside("#define for_nexthops(p) for (;;)\nfor_nexthops(p) {\n one();\n}\nendfor_nexthops(p)\n\ntwo();")
    assert [type(s).__name__ for s in body.statements] == ["Loop", "Step", "Step"]
    assert "two()" in texts(body)


def test_statement_expressions_and_casts() -> None:
    body = inside("a = ({ int t = g(a); if (t) h(t); t; }); a = (u64)(a + 1) + (k)(2);")
    assert [(c.name, c.when) for c in calls(body)] == [("g", ()), ("h", ("t",)), ("k", ())]


def test_returns_have_their_value() -> None:
    body = inside("if (a) return;\nreturn g(a) ? : -EINVAL; // why")
    values = [s.value for _, s in walk(body.statements) if isinstance(s, Return)]
    assert values == ["", "g(a) ? : -EINVAL"]


def test_arguments_that_are_no_c_are_read_and_end_where_they_end() -> None:
    body = inside('on_stack(top(a), run, ASM_ARG2, , [one] "r" (a), [two] "r" (&p->x));\nBUG();\ng(a);')
    said = [(c.callee, c.arguments) for c in calls(body)]
    given = ("top(a)", "run", "ASM_ARG2", "", '[one] "r" (a)', '[two] "r" (&p->x)')
    assert said == [("top", ("a",)), ("on_stack", given), ("BUG", ()), ("g", ("a",))]


def test_system_calls_have_a_body() -> None:
    source = "SYSCALL_DEFINE1(f, int, a)\n{\n\treturn do_f(a);\n}\n"
    assert texts(body_of(source, "SYSCALL_DEFINE1(f, int, a)")) == ["do_f(a)"]


def test_no_body_where_the_span_has_none() -> None:
    data = b"int f(void);\n"
    assert read_body(data, start=0, brace=5, end=9) is None
    assert read_body(data, start=0, brace=0, end=0) is None
    assert read_body(data, start=3, brace=200, end=400) is None


_PIECES = st.sampled_from(
    ["if (a)", "else", "{", "}", "g(a);", "p->x = h();", "for (;;)", "case 1:", "switch (a)", "do", "while (b)",
     "goto out;", "out:", "return a;", "#ifdef A\n", "#else\n", "#endif\n", "(", ")", "/*", "*/", '"', "\n", "? :",
     "list_for_each(p, q)", "({", "})", "&& h()", "\\\n", "é"]
)  # fmt: skip


@given(st.lists(_PIECES, max_size=40))
def test_bad_c_never_raises_and_keeps_order_and_places(pieces: list[str]) -> None:
    data = ("int f(int a)\n{\n" + " ".join(pieces) + "\n}\n").encode()
    body = read_body(data, start=0, brace=data.index(b"{"), end=len(data))
    if body is None:
        return
    for statement in (s for _, s in walk(body.statements)):
        assert 0 <= statement.place.start <= statement.place.end <= len(data)
        assert statement.place.line == data.count(b"\n", 0, statement.place.start) + 1
    steps = [s for s in body.statements if isinstance(s, Step)]
    assert [s.place.start for s in steps] == sorted(s.place.start for s in steps)
    for action in actions(body):
        assert isinstance(action, (Call, Assignment))
        assert action.place.start < action.place.end <= len(data)


@pytest.mark.parametrize("condition", ["a", "!p", "IS_ERR(p)", "a && !p"])
def test_conditions_are_listed_as_written(condition: str) -> None:
    assert [text for _, text in conditions(inside(f"if ({condition}) g();"))] == [f"if ({condition})"]
