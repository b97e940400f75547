"""Constants carried down a tree."""

import pytest

from analyzer.graph.values import constant, passed, settle, substitute

INNER = frozenset(("sock", "kern", "prot"))


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("0", True),
        ("GFP_KERNEL | __GFP_ZERO", True),
        ("&tcp_prot", True),
        ("NULL", True),
        ('"net-pf-%d"', True),
        ("sizeof(int)", True),
        ("kern", False),
        ("&sock", False),
        ("sock->type", False),
        ("flags & O_CLOEXEC", False),
        ("f(1)", False),
        ("", False),
    ],
)
def test_what_means_the_same_everywhere(text: str, known: bool) -> None:
    assert constant(text, INNER) is known


def test_parameters_that_change_are_left_alone() -> None:
    found = passed(("net", "family", "kern"), ("net", "PF_INET", "0"), inner=INNER, changed=frozenset(("family",)))
    assert found == {"kern": "0"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("inet_create(net, sock, protocol, kern)", "inet_create(net, sock, protocol, 0)"),
        ("kmalloc(prot->obj_size, gfp)", "kmalloc(tcp_prot.obj_size, GFP_KERNEL | __GFP_ZERO)"),
        ("f(gfp & ~__GFP_ZERO)", "f((GFP_KERNEL | __GFP_ZERO) & ~__GFP_ZERO)"),
        ("sk->kern = kern", "sk->kern = 0"),
        ("kern = 1", "kern = 1"),
        ("kern++", "kern++"),
        ("g(&kern)", "g(&kern)"),
        ("a && kern", "a && 0"),
        ('log("kern")', 'log("kern")'),
        ("kern(1)", "kern(1)"),
    ],
)
def test_substitution(text: str, shown: str) -> None:
    values = {"kern": "0", "prot": "&tcp_prot", "gfp": "GFP_KERNEL | __GFP_ZERO"}
    assert substitute(text, values) == shown


@pytest.mark.parametrize(
    ("written", "put", "known", "shown"),
    [
        ("type & 0xf", "SOCK_STREAM & 0xf", 1, "SOCK_STREAM"),
        ("type", "type", 1, "SOCK_STREAM"),  # changed on the way, to what it was given
        ("type", "type", 5, "5"),
        ("flags | __GFP_ZERO", "GFP_KERNEL | __GFP_ZERO", 0xDC0, "GFP_KERNEL | __GFP_ZERO"),
        ("GFP_KERNEL", "GFP_KERNEL", 0xCC0, "GFP_KERNEL"),
        ("prot", "prot", "&tcp_prot", "&tcp_prot"),
        ("sock->sk", "sock->sk", 0, "sock->sk"),
        ("type & ~0xf", "SOCK_STREAM & ~0xf", 0, "0"),
        ("n << 20", "n << 20", 1 << 20, "0x100000"),
    ],
)
def test_an_expression_that_an_execution_knows(written: str, put: str, known: int | str, shown: str) -> None:
    numbers = {"SOCK_STREAM": 1, "GFP_KERNEL": 0xCC0}
    names = {"type": "SOCK_STREAM", "flags": "GFP_KERNEL", "prot": "", "sock": "", "n": ""}
    assert settle(written, put, known, names, numbers.get) == shown
