"""Trees as `kcg tree` prints them hold in the kernel that they were made of, in every style and with all that
`--show` adds."""

from collections.abc import Callable

import pytest
from printing import SHOWN, detail_of, findings

from analyzer.model.checks import NoteVerdicts
from analyzer.pipeline import views

ROOTS = {
    "v6.1": (
        "sys_socket",
        "inet_create",
        "__sock_create",
        "inet_init",
        "start_kernel",
        "__sys_accept4",
        "sys_bind",
    ),
    "v5.10": ("__sys_socket", "sk_alloc", "start_kernel"),
    "v2.6.11": ("sys_socket", "sys_socketcall", "inet_init"),
}


@pytest.mark.parametrize("version", ROOTS)
@pytest.mark.parametrize("show", SHOWN)
def test_printed_trees_hold(
    version: str, show: str, opened: Callable, checked: Callable[..., NoteVerdicts]
) -> None:
    session = opened(version)[0]
    parts = set(show.split(","))
    wrong = []
    for root in ROOTS[version]:
        for hide in ("default", "none"):
            tree, _ = views.tree(session, root, views.View(depth=4, hide=hide), detail_of(parts))
            wrong += findings(session, tree, parts, lambda text, path: checked(text, version, path=path))
    assert not wrong, "\n".join(wrong[:8])


BOUND = (
    ("v6.1", "sys_socket", "family=PF_INET"),
    ("v6.1", "sys_socket", "family=PF_INET,type=SOCK_STREAM"),
    ("v6.1", "__sock_create", "family=PF_UNIX"),
    ("v5.10", "__sys_socket", "family=PF_INET,type=SOCK_STREAM"),
    ("v2.6.11", "sys_socketcall", "call=1"),
)


@pytest.mark.parametrize(("version", "root", "bind"), BOUND)
@pytest.mark.parametrize("show", ["values,conditions,assignments", "values,conditions,assignments,dead", "args"])
def test_printed_trees_hold_under_their_bindings(
    version: str, root: str, bind: str, show: str, opened: Callable, checked: Callable[..., NoteVerdicts]
) -> None:
    session = opened(version)[0]
    parts = set(show.split(","))
    tree, _ = views.tree(session, root, views.View(depth=8, bind=(bind,)), detail_of(parts))
    given = dict(pair.split("=") for pair in bind.split(","))
    wrong = findings(session, tree, parts, lambda text, path: checked(text, version, path=path, **given))
    assert not wrong, "\n".join(wrong[:8])
