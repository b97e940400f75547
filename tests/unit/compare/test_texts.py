"""When two texts of C say the same."""

import pytest

from analyzer.compare.texts import condition, condition_put_in, normal, parameter_name, same, same_arguments


@pytest.mark.parametrize(
    ("written", "true"),
    [
        ("a+b", "a + b"),
        ("(a)", "a"),
        ("x", "READ_ONCE(x)"),
        ("net_families[family]", "rcu_dereference(net_families[family])"),
        ("p", "(struct sock *)p"),
        ("f(a, b | c)", "f(a, (b | c))"),
    ],
)
def test_same_expressions(written: str, true: str) -> None:
    assert same(written, true)


@pytest.mark.parametrize(("written", "true"), [("a", "b"), ("a->b", "b->a"), ("&a", "a"), ("a - b", "b - a")])
def test_other_expressions(written: str, true: str) -> None:
    assert not same(written, true)


def test_values_are_put_in_for_names_but_not_for_members() -> None:
    assert same("0", "kern", {"kern": "0"})
    assert same("sk->kern", "sk->kern", {"kern": "0"})
    assert not same("sk->0", "sk->kern", {"kern": "0"})
    assert same("(a | b) & ~c", "flags & ~c", {"flags": "a | b"})


@pytest.mark.parametrize(
    ("written", "true", "values"),
    [
        ("f(current) || !p->pid", "f(p) || !p->pid", {"p": "current"}),
        ('f(A, "Oops", regs)', "f(A, str, regs)", {"str": '"Oops"', "regs": "r"}),
        ("g(tcp_prot.slab, p)", "g(prot->slab, p)", {"prot": "&tcp_prot", "p": "x"}),
    ],
)
def test_some_values_are_put_in_and_others_not(written: str, true: str, values: dict[str, str]) -> None:
    assert same(written, true, values)
    assert not same(written, true, dict.fromkeys(values, "other"))
    assert condition_put_in(condition(written), true, values)


def test_values_are_put_in_on_either_side_of_an_equation() -> None:
    assert condition_put_in(condition("current != current"), "task != current", {"task": "current"})
    assert condition_put_in(condition("A == task"), "B == task", {"B": "A"})
    assert not condition_put_in(condition("A != task"), "B == task", {"B": "A"})


def test_dots_stand_for_the_rest() -> None:
    assert same_arguments(("a", "..."), ("a", "b", "c"))
    assert not same_arguments(("a",), ("a", "b"))


@pytest.mark.parametrize(
    ("first", "second"),
    [("x != NULL", "x"), ("x == NULL", "!x"), ("A == b", "b == A"), ("!(x)", "!x"), ("p->q != 0", "p->q")],
)
def test_equivalent_conditions(first: str, second: str) -> None:
    assert condition(first) == condition(second)


def test_different_conditions_stay_different() -> None:
    assert condition("a == b") != condition("a != b")
    assert condition("a < b") != condition("b < a")


@pytest.mark.parametrize(
    ("declaration", "name"),
    [
        ("struct sock *sk", "sk"),
        ("int", ""),
        ("void (*fn)(int)", "fn"),
        ("char buf[16]", "buf"),
        ("unsigned long x", "x"),
    ],
)
def test_names_of_parameters(declaration: str, name: str) -> None:
    assert parameter_name(declaration) == name


def test_normal_is_stable() -> None:
    text = "unlikely(!READ_ONCE(sk->sk_prot))"
    assert normal(normal(text)) == normal(text)
