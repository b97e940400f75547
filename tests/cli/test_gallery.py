"""The gallery: what hand-written notes on socket(2) contain, item by item and in order, from small kernels.

One test per note: what its commands print holds the items in this order. Lines are compared without the drawing of
the tree, so that an item is a whole line or the beginning of one.
"""

from collections.abc import Callable
from pathlib import Path

import pytest
from gallery import CREATED_BY_FAMILY, OWNED_BY_SOCKET, assert_in_order, depth_of

from .conftest import Kcg


@pytest.fixture
def ask(kcg: Kcg, small_kernel: Callable[[str], Path]) -> Callable[..., str]:
    def run(version: str, *arguments: str) -> str:
        done = kcg(*arguments, "-k", small_kernel(version), "-q")
        assert done.code == 0, done.err
        return str(done.out)

    return run


def test_the_whole_way_with_values_and_assignments(ask: Callable[..., str]) -> None:
    out = ask("v4.4", "tree", "sys_socket", "--depth", "9", "--show", "values,assignments,conditions")
    assert_in_order(
        out,
        (
            "sys_socket  (net/socket.c:",
            "int ret = sock_create(family, type & SOCK_TYPE_MASK, protocol, &sock)",
            "return __sock_create(current->nsproxy->net_ns, family, type, protocol, res, 0)",
            "int err = security_socket_create(family, type, protocol, 0)",
            *CREATED_BY_FAMILY,
            "struct sock *sk = sk_prot_alloc(prot, GFP_KERNEL | __GFP_ZERO, PF_INET)",
            "if (slab != NULL)",
            "sk = kmem_cache_alloc(slab, (GFP_KERNEL | __GFP_ZERO) & ~__GFP_ZERO)",
            "else",
            "sk = kmalloc(prot->obj_size, GFP_KERNEL | __GFP_ZERO)",
            "sk->sk_prot = sk->sk_prot_creator = prot",
            "if (SOCK_RAW == sock->type)",
            "sock_init_data(sock, sk)",
            "sk->sk_rcvbuf = sysctl_rmem_default",
            "sk->sk_sndbuf = sysctl_wmem_default",
            "sk->sk_state = TCP_CLOSE",
            "sk->sk_type = sock->type",
            "sk->sk_wq = sock->wq",
            *OWNED_BY_SOCKET,
            "sk->sk_prot->hash(sk)  ⇒ proto.hash",
            "[TCP] tcp_prot.hash → inet_hash(sk)",
            "[PING] ping_prot.hash → ping_hash(sk)",
            "[RAW] raw_prot.hash → raw_hash_sk(sk)",
            "[UDP] udp_prot.hash → udp_lib_hash(sk)",
            "err = sk->sk_prot->init(sk)  ⇒ proto.init",
            "[TCP] tcp_prot.init → tcp_v4_init_sock(sk)",
            "tcp_init_sock(sk)",
            "err = security_socket_post_create(sock, family, type, protocol, 0)",
            "ret = sock_map_fd(sock, flags & (O_CLOEXEC | O_NONBLOCK))",
            "int fd = get_unused_fd_flags(flags)",
            "newfile = sock_alloc_file(sock, flags, NULL)",
            "fd_install(fd, newfile)",
            "__fd_install(current->files, fd, file)",
            "fdt->fd[fd] = file",
        ),
    )


@pytest.mark.parametrize(
    ("protocol", "ops", "prot"),
    [
        ("IPPROTO_TCP", "inet_stream_ops", "tcp_prot"),
        ("IPPROTO_UDP", "inet_dgram_ops", "udp_prot"),
        ("IPPROTO_ICMP", "inet_", "ping_prot"),
        ("IPPROTO_IP", "inet_sockraw_ops", "raw_prot"),
    ],
)
def test_what_each_protocol_puts_into_a_socket(
    ask: Callable[..., str], protocol: str, ops: str, prot: str
) -> None:
    out = ask("v4.4", "show", "inetsw_array")
    entry = next(part for part in out.split("{") if f"= {protocol}," in part)
    assert f".prot     = &{prot}," in entry
    assert f".ops      = &{ops}" in entry


@pytest.mark.parametrize(
    ("bound", "ops", "prot", "init"),
    [
        (
            "type=SOCK_STREAM,protocol=IPPROTO_TCP",
            "inet_stream_ops",
            "tcp_prot",
            "[TCP] tcp_prot.init → tcp_v4_init_sock",
        ),
        (
            "type=SOCK_DGRAM,protocol=IPPROTO_UDP",
            "inet_dgram_ops",
            "udp_prot",
            "[UDP] udp_prot.init → udp_init_sock",
        ),
        (
            "type=SOCK_RAW,protocol=IPPROTO_RAW",
            "inet_sockraw_ops",
            "raw_prot",
            "[RAW] raw_prot.init → raw_sk_init",
        ),
    ],
)
def test_the_way_of_one_protocol(ask: Callable[..., str], bound: str, ops: str, prot: str, init: str) -> None:
    show = ("--depth", "9", "--show", "values,assignments,conditions")
    out = ask("v6.1", "tree", "sys_socket", *show, "--bind", f"family=PF_INET,{bound}")
    kind, protocol = (part.partition("=")[2] for part in bound.split(","))
    assert_in_order(
        out,
        (
            f"sock_create(PF_INET, {kind}, {protocol}, &sock)",
            f"sock->type = {kind}",
            f"[PF_INET] inet_family_ops.create → inet_create(net, sock, {protocol}, 0)",
            f"sock->ops = &{ops}",
            f"sk = sk_alloc(net, PF_INET, GFP_KERNEL, &{prot}, 0)",
            f"sk->sk_prot = sk->sk_prot_creator = &{prot}",
            f"sk->sk_type = {kind}",
            f"sk->sk_protocol = {protocol}",
            init,
        ),
    )
    assert ("sk->sk_prot->hash(sk)" in out) == (kind == "SOCK_RAW")


def test_inet_create_of_the_3_series(ask: Callable[..., str]) -> None:
    assert_in_order(
        ask("v3.10", "show", "inet_family_ops"),
        (
            "static const struct net_proto_family inet_family_ops = {",
            ".family = PF_INET,",
            ".create = inet_create,",
        ),
    )
    out = ask("v3.10", "tree", "inet_create", "--depth", "2", "--show", "args,conditions,assignments")
    assert_in_order(
        out,
        (
            "inet_create  (net/ipv4/af_inet.c:",
            "sock->state = SS_UNCONNECTED",
            "list_for_each_entry_rcu(answer, &inetsw[sock->type], list)",
            "ns_capable(net->user_ns, CAP_NET_RAW)",
            "if (++tries == 1)",
            'request_module("net-pf-%d-proto-%d-type-%d", PF_INET, protocol, sock->type)',
            "else",
            'request_module("net-pf-%d-proto-%d", PF_INET, protocol)',
            "goto again",
            "sock->ops = answer->ops",
            "sk = sk_alloc(net, PF_INET, GFP_KERNEL, answer_prot)",
            "sk->sk_prot = sk->sk_prot_creator = prot",
            "if (SOCK_RAW == sock->type)",
            "inet->inet_num = protocol",
            "sock_init_data(sock, sk)",
            "sk->sk_destruct = inet_sock_destruct",
            "if (inet->inet_num)",
            "inet->inet_sport = htons(inet->inet_num)",
            "sk->sk_prot->hash(sk)",
            "if (sk->sk_prot->init)",
            "err = sk->sk_prot->init(sk)",
            "if (err)",
            "sk_common_release(sk)",
        ),
    )


def test_socket_creation_of_the_6_series(ask: Callable[..., str]) -> None:
    out = ask("v6.1", "tree", "sys_socket", "--depth", "6", "--show", "args,conditions,assignments")
    assert_in_order(
        out,
        (
            "return __sys_socket(family, type, protocol)",
            "struct socket *sock = __sys_socket_create(family, type, protocol)",
            "sock_create(family, type & 0xf, protocol, &sock)",
            "return __sock_create(current->nsproxy->net_ns, family, type, protocol, res, 0)",
            "sock->type = type",
            "err = pf->create(net, sock, protocol, kern)",
            "[PF_INET] inet_family_ops.create → inet_create(net, sock, protocol, kern)",
            "inet->inet_sport = htons(inet->inet_num)",
            "err = sk->sk_prot->hash(sk)",
            "err = sk->sk_prot->init(sk)",
            "err = __cgroup_bpf_run_filter_sk(sk, CGROUP_INET_SOCK_CREATE)",
            "if (err)",
            "sk_common_release(sk)",
            "*res = sock",
            "sock_map_fd(sock, type & (O_CLOEXEC | O_NONBLOCK))",
        ),
    )
    assert_in_order(
        ask("v6.1", "show", "enum sock_type"),
        ("enum sock_type {", "SOCK_STREAM = 1,", "SOCK_DGRAM = 2,", "SOCK_RAW = 3,", "SOCK_PACKET = 10,"),
    )
    family = ask("v6.1", "show", "AF_*")
    values = [int(line.split()[1]) for line in family.splitlines()[1:]]
    assert values == sorted(values)
    assert_in_order(family, ("AF_UNSPEC  ", "AF_UNIX", "AF_INET  ", "AF_INET6"))


def test_the_boxed_tree(ask: Callable[..., str]) -> None:
    out = ask(
        "v3.10", "tree", "sys_socket", "--depth", "3", "--style", "box", "--hide", "none", "--show", "args,macros"
    )
    assert_in_order(
        out,
        (
            "sys_socket",
            "sock_create(family,",
            "__sock_create(current->nsproxy->net_ns,",
            "security_socket_create(",
            "sock_alloc()",
            "rcu_dereference(net_families[family])",
            "pf->create(net, sock, protocol, kern)",
            "module_put(pf->owner)",
            "security_socket_post_create(",
            "sock_map_fd(sock,",
        ),
    )
    assert "|           +---- sock_alloc()" in out
    assert_in_order(
        out, ("sock_create(family,", "get_current()  via current", "__sock_create(current->nsproxy->net_ns,")
    )
    depths = [depth_of(out, item) for item in ("sys_socket", "sock_create(", "__sock_create(", "sock_alloc()")]
    assert depths == [0, 6, 12, 18]
    assert depth_of(out, "sock_map_fd(") == depth_of(out, "sock_create(")


def test_the_oldest_kernel(ask: Callable[..., str]) -> None:
    out = ask("v2.6.11", "tree", "sys_socketcall", "--depth", "1", "--show", "args,conditions")
    assert_in_order(
        out, ("switch (call)", "case SYS_SOCKET:", "case SYS_BIND:", "case SYS_CONNECT:", "case SYS_LISTEN:")
    )
    out = ask("v2.6.11", "tree", "start_kernel", "--to", "inet_init", "--depth", "12")
    assert_in_order(
        out,
        ("start_kernel", "rest_init()", "kernel_thread(init,", "[kernel_thread] init", "do_basic_setup()"),
    )
    assert_in_order(out, ("do_initcalls()", "(*call)()  ⇒ initcall", "[call, module_init (level 6)] inet_init"))
    assert depth_of(out, "(*call)()") > depth_of(out, "do_initcalls()") > depth_of(out, "do_basic_setup()")
    assert_in_order(
        ask("v2.6.11", "path", "start_kernel", "inet_init"),
        ("start_kernel ", "rest_init ", "init ", "do_basic_setup ", "do_initcalls ", "inet_init "),
    )
    assert_in_order(
        ask("v2.6.11", "tree", "sock_register", "--show", "assignments"), ("net_families[ops->family] = ops",)
    )
    out = ask("v2.6.11", "tree", "sys_socket", "--depth", "4", "--show", "args,conditions,assignments")
    assert_in_order(
        out,
        (
            "int fd = sock_create(family, type, protocol, &sock)",
            "return __sock_create(family, type, protocol, res, 0)",
            "net_family_read_lock()",
            "sock = sock_alloc()",
            "err = net_families[family]->create(sock, protocol)",
            "sk = sk_alloc(PF_INET, GFP_KERNEL, answer_prot->slab_obj_size, answer_prot->slab)",
            "fd = sock_map_fd(sock)",
            "int fd = get_unused_fd()",
            "file->f_dentry = d_alloc(",
            "d_add(file->f_dentry, SOCK_INODE(sock))",
            "sock->file = file",
            "fd_install(fd, file)",
        ),
    )
    assert_in_order(
        ask("v2.6.11", "tree", "inet_init", "--depth", "1", "--show", "args,conditions"),
        ('sk_alloc_slab(&tcp_prot, "tcp_sock")', "sock_register(&inet_family_ops)", "inet_add_protocol("),
    )
    for name, members in {
        "struct socket": ("socket_state state;", "struct proto_ops *ops;", "struct sock *sk;"),
        "struct proto_ops": ("int family;", "int (*bind)(struct socket *sock, struct sockaddr *myaddr, int"),
        "struct sock": (
            "unsigned short sk_family;",
            "struct proto *sk_prot;",
            "void (*sk_destruct)(struct sock *sk);",
        ),
        "struct proto": ("void (*close)(struct sock *sk, long timeout);", "char name[32];"),
        "inetsw_array": (".type     = SOCK_STREAM,", ".prot     = &tcp_prot,", ".ops      = &inet_stream_ops,"),
        "inet_stream_ops": (".release    = inet_release,", ".bind       = inet_bind,"),
        "tcp_prot": (".name",),
        "udp_protocol": (".handler",),
    }.items():
        assert_in_order(ask("v2.6.11", "show", name), members)


def test_a_macro_that_makes_a_call_is_a_step_with_the_call_below(ask: Callable[..., str]) -> None:
    out = ask("v6.1", "tree", "inet_create", "--depth", "1", "--show", "args,macros", "--hide", "none")
    assert_in_order(
        out, ('request_module("pf%d.%d.%d", PF_INET, protocol, sock->type)  macro', "__request_module(")
    )
    assert depth_of(out, "__request_module(") == depth_of(out, "request_module(") + 4
