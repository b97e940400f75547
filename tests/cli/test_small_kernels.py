"""The main question on the small kernels of five ages: what does socket(2) do?"""

from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Kcg

SK_ALLOC = {
    "v2.6.11": "sk_alloc(PF_INET, GFP_KERNEL, answer_prot->slab_obj_size, answer_prot->slab)",
    "v3.10": "sk_alloc(net, PF_INET, GFP_KERNEL, answer_prot)",
    "v4.4": "sk_alloc(net, PF_INET, GFP_KERNEL, answer_prot, kern)",
    "v5.10": "sk_alloc(net, PF_INET, GFP_KERNEL, answer_prot, kern)",
    "v6.1": "sk_alloc(net, PF_INET, GFP_KERNEL, answer_prot, kern)",
}


@pytest.mark.parametrize("version", SK_ALLOC)
def test_from_the_system_call_to_tcp(kcg: Kcg, small_kernel: Callable[[str], Path], version: str) -> None:
    done = kcg("tree", "sys_socket", "--depth", "9", "--show", "args", "-k", small_kernel(version))
    assert done.code == 0
    assert f"kcg: linux {version[1:]}" in done.err
    order = [
        "sys_socket  (net/socket.c:",
        "__sock_create(",
        "security_socket_create(",
        "sock_alloc(",
        "[PF_INET] inet_family_ops.create → inet_create(",
        SK_ALLOC[version],
        "sk_prot_alloc(" if version != "v2.6.11" else "kmem_cache_alloc(",
        "sock_init_data(",
        "sk->sk_prot->hash(sk)",
        "sk->sk_prot->init(sk)",
        "[TCP] tcp_prot.init → tcp_v4_init_sock(sk)",
        "[PF_UNIX] unix_family_ops.create → unix_create(",
        "sock_map_fd(",
        "fd_install(",
    ]
    position = 0
    for step in order:
        found = done.out.find(step, position)
        assert found >= 0, f"{step} is not after {order[max(order.index(step) - 1, 0)]}"
        position = found


@pytest.mark.parametrize("version", SK_ALLOC)
def test_no_target_of_another_struct(kcg: Kcg, small_kernel: Callable[[str], Path], version: str) -> None:
    done = kcg("targets", "inet_create", "-k", small_kernel(version), "-q")
    rows = [line.split() for line in done.out.splitlines() if "slot type" in line]
    assert rows
    assert all("_prot at " in " ".join(row) for row in rows)
