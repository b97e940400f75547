"""Which calls a `case` of a switch over a parameter selects."""

from analyzer.extract.cases import selecting_cases
from analyzer.extract.extractor import extract
from analyzer.extract.statements import read_body
from analyzer.model.body import calls


def cases(statements: str, parameters: str = "int cmd, struct socket *sock") -> dict[str, str]:
    """The label of each call that has one, by the call's text."""
    data = f"int f({parameters})\n{{\n{statements}\n}}\n".encode()
    (definition,) = extract(data).definitions
    body = read_body(data, start=definition.start, brace=definition.body, end=definition.end)
    assert body is not None
    found = selecting_cases(body, [p.name for p in definition.parameters])
    by_place = {(c.place.line, c.place.column): c.text for c in calls(body)}
    return {by_place[place]: label for place, label in found.items()}


def test_a_parameter_selects() -> None:
    assert cases("before(); switch (cmd) { case A: a(); break; default: b(); } after();") == {
        "a()": "A",
        "b()": "default",
    }


def test_labels_in_a_row_and_falling_through() -> None:
    assert cases("switch (cmd) { case A: case B: a(); case C: c(); break; case D: d(); }") == {
        "a()": "A, B",
        "c()": "A, B, C",
        "d()": "D",
    }


def test_blocks_inside_a_case() -> None:
    assert cases("switch (cmd) { case A: if (a()) { while (b()) c(d()); } }") == {
        "a()": "A",
        "b()": "A",
        "c(d())": "A",
        "d()": "A",
    }


def test_arithmetic_of_a_parameter() -> None:
    assert cases("int op = (int)cmd & 0xff; switch (op) { case 1: a(); }") == {"a()": "1"}
    assert cases("switch (_IOC_NR(cmd)) { case 1: a(); }") == {"a()": "1"}
    assert cases("int op; op = cmd >> 16; switch (op & 3) { case 1: a(); }") == {"a()": "1"}


def test_other_switches_select_nothing() -> None:
    assert cases("switch (sock->state) { case 1: a(); }") == {}
    assert cases("switch (length) { case 1: a(); }") == {}


def test_a_variable_that_holds_something_else_selects_nothing() -> None:
    assert cases("int err = cmd; err = g(err); switch (err) { case 1: a(); }") == {}
    assert cases("int err = g(cmd); switch (err) { case 1: a(); }") == {}


def test_switches_inside() -> None:
    text = "switch (cmd) { case A: switch (cmd >> 16) { case 1: a(); } switch (sock->state) { case 2: b(); } }"
    assert cases(text) == {"a()": "A > 1", "b()": "A"}
