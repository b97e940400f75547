"""Constants carried down a tree."""

import pytest

from analyzer.graph.values import constant, passed, substitute

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
