"""Comparing printed trees with what a hand-written note holds: items in order, without the drawing of the tree."""

import re
from collections.abc import Iterable

# what stands in the way of socket(2) in all versions
CREATED_BY_FAMILY = (
    "sock = sock_alloc()",
    "sock->type = type",
    "err = pf->create(net, sock, protocol, 0)  ⇒ net_proto_family.create",
    "[PF_INET] inet_family_ops.create → inet_create(net, sock, protocol, 0)",
    "sock->state = SS_UNCONNECTED",
    "list_for_each_entry_rcu(answer, &inetsw[sock->type], list)",
    "sock->ops = answer->ops",
    "sk = sk_alloc(net, PF_INET, GFP_KERNEL, answer_prot, 0)",
)
OWNED_BY_SOCKET = (
    "sock->sk = sk",
    "sk->sk_destruct = sock_def_destruct",
    "sk->sk_destruct = inet_sock_destruct",
    "sk->sk_protocol = protocol",
    "sk->sk_backlog_rcv = sk->sk_prot->backlog_rcv",
    "inet->inet_sport = htons(inet->inet_num)",
)
_DRAWING = re.compile(r"^[\s│├└─|+`-]*")


def lines(text: str) -> list[str]:
    """The lines without what draws the tree."""
    return [_DRAWING.sub("", line) for line in text.splitlines()]


def assert_in_order(text: str, items: Iterable[str]) -> None:
    """Every item begins a line, each behind the one before."""
    found = lines(text)
    at = 0
    for item in items:
        position = next((n for n in range(at, len(found)) if found[n].startswith(item)), None)
        assert position is not None, f"no line `{item}` behind line {at}: {found[max(0, at - 1)]}"
        at = position + 1


def depth_of(text: str, item: str) -> int:
    """How far in the first line with an item stands."""
    line = next(line for line in text.splitlines() if _DRAWING.sub("", line).startswith(item))
    match = _DRAWING.match(line)
    assert match is not None
    return len(match.group())
