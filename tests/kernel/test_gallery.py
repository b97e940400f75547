"""The gallery on real kernels: what hand-written notes on socket(2) contain, item by item, from 6.12 and 6.1.

The commands are the README's. `tests/cli/test_gallery.py` does the same with small kernels of other ages.
"""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from gallery import CREATED_BY_FAMILY, OWNED_BY_SOCKET, assert_in_order, depth_of, lines

pytestmark = pytest.mark.kernel

ROOT = Path(__file__).resolve().parents[2]
Ask = Callable[..., str]
SHOWN = ("--show", "values,assignments,conditions", "--fold", "errors")


@pytest.fixture(scope="module", params=["6.12", "6.1"])
def ask(request: pytest.FixtureRequest, store: Path) -> Iterator[Ask]:
    """Runs kcg on each kernel in turn; an answer is asked for once."""
    kernel = request.getfixturevalue(f"kernel_{request.param.replace('.', '')}")
    known: dict[tuple[str, ...], str] = {}

    def run(*arguments: str) -> str:
        if arguments not in known:
            command = [
                sys.executable,
                "-m",
                "analyzer",
                *arguments,
                "-q",
                "-k",
                str(kernel),
                "--store",
                str(store),
            ]
            done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False, cwd=ROOT)
            assert done.returncode == 0, done.stderr
            known[arguments] = done.stdout
        return known[arguments]

    yield run


def whole_way(ask: Ask) -> str:
    return ask("tree", "sys_socket", "--depth", "8", *SHOWN)


def test_the_whole_way_with_values_and_assignments(ask: Ask) -> None:
    assert_in_order(
        whole_way(ask),
        (
            "sys_socket  (net/socket.c:",
            "return __sys_socket(family, type, protocol)",
            "sock = __sys_socket_create(family, type, ",
            "retval = sock_create(family, type, protocol, &sock)",
            "return __sock_create(current->nsproxy->net_ns, family, type, protocol, res, 0)",
            "err = security_socket_create(",
            *CREATED_BY_FAMILY,
            "sk = sk_prot_alloc(prot, GFP_KERNEL | __GFP_ZERO, PF_INET)",
            "if (slab != NULL)",
            "sk = kmem_cache_alloc",
            "else",
            "sk = kmalloc",
            "sk->sk_prot = sk->sk_prot_creator = prot",
            "if (SOCK_RAW == sock->type)",
            "sock_init_data(sock, sk)",
            "sk->sk_rcvbuf = ",
            "sk->sk_sndbuf = ",
            "sk->sk_state = TCP_CLOSE",
            "sk->sk_type = sock->type",
            *OWNED_BY_SOCKET,
            "err = sk->sk_prot->hash(sk)  ⇒ proto.hash",
            "err = sk->sk_prot->init(sk)  ⇒ proto.init",
            "err = security_socket_post_create(",
            "return sock_map_fd(sock, flags & (O_CLOEXEC | O_NONBLOCK))",
            "int fd = get_unused_fd_flags(",
            "newfile = sock_alloc_file(sock, ",
            "fd_install(fd, newfile)",
            "fdt->fd[fd] = file",
        ),
    )


def test_the_alternatives(ask: Ask) -> None:
    out = lines(whole_way(ask))
    for target in (
        "[TCP] tcp_prot.hash",
        "[PING] ping_prot.hash",
        "[RAW] raw_prot.hash",
        "[PING] ping_prot.init",
        "[RAW] raw_prot.init → raw_sk_init(sk)",
        "[TCP] tcp_prot.init → tcp_v4_init_sock(sk)",
        "[UDP] udp_prot.init → udp_init_sock(sk)",
    ):
        assert any(line.startswith(target) for line in out), target
    at = next(n for n, line in enumerate(out) if line.startswith("[TCP] tcp_prot.init"))
    assert "tcp_init_sock(sk)" in {line.partition("  ")[0] for line in out[at : at + 40]}


def test_the_way_of_tcp(ask: Ask) -> None:
    bound = "family=PF_INET,type=SOCK_STREAM,protocol=IPPROTO_TCP"
    out = ask("tree", "sys_socket", "--depth", "8", *SHOWN, "--bind", bound)
    assert_in_order(
        out,
        (
            "retval = sock_create(PF_INET, SOCK_STREAM, IPPROTO_TCP, &sock)",
            "sock->type = SOCK_STREAM",
            "[PF_INET] inet_family_ops.create → inet_create(net, sock, IPPROTO_TCP, 0)",
            "sock->ops = &inet_stream_ops",
            "sk = sk_alloc(net, PF_INET, GFP_KERNEL, &tcp_prot, 0)",
            "sk->sk_prot = sk->sk_prot_creator = &tcp_prot",
            "sk->sk_type = SOCK_STREAM",
            "sk->sk_protocol = IPPROTO_TCP",
            "err = sk->sk_prot->init(sk)  ⇒ proto.init, 1 target",
            "[TCP] tcp_prot.init → tcp_v4_init_sock(sk)",
            "tcp_init_sock(sk)",
        ),
    )
    assert "udp_init_sock" not in out


def test_socket_creation_with_its_conditions(ask: Ask) -> None:
    out = ask("tree", "sys_socket", "--depth", "5", "--show", "args,conditions,assignments")
    assert_in_order(
        out,
        (
            "return __sys_socket(family, type, protocol)",
            "sock = __sys_socket_create(family, type, ",
            "retval = sock_create(family, type, protocol, &sock)",
            "return __sock_create(current->nsproxy->net_ns, family, type, protocol, res, 0)",
            "if (family < 0 || family >= NPROTO) return -EAFNOSUPPORT",
            "if (type < 0 || type >= SOCK_MAX) return -EINVAL",
            "err = security_socket_create(family, type, protocol, kern)",
            "if (err) return err",
            "sock = sock_alloc()",
            "sock->type = type",
            '__request_module(true, "net-pf-%d", family)',
            "try_module_get(pf->owner)",
            "err = pf->create(net, sock, protocol, kern)",
            "[PF_INET] inet_family_ops.create → inet_create(net, sock, protocol, kern)",
            "if (err < 0)",
            "if (!try_module_get(sock->ops->owner)) goto out_module_busy",
            "module_put(pf->owner)",
            "err = security_socket_post_create(sock, family, type, protocol, kern)",
            "*res = sock",
            "out_module_put:",
            "sock->ops = NULL",
            "module_put(pf->owner)",
            "out_sock_release:",
            "sock_release(sock)",
            "return sock_map_fd(sock, flags & (O_CLOEXEC | O_NONBLOCK))",
        ),
    )
    assert_in_order(
        ask("tree", "inet_create", "--depth", "1", "--show", "args,conditions,assignments"),
        (
            "if (protocol < 0 || protocol >= IPPROTO_MAX) return -EINVAL",
            "sock->state = SS_UNCONNECTED",
            "lookup_protocol:",
            "list_for_each_entry_rcu(answer, &inetsw[sock->type], list)",
            "if (protocol == answer->protocol)",
            "if (protocol != IPPROTO_IP) break",
            "if (IPPROTO_IP == protocol) break",
            "if (IPPROTO_IP == answer->protocol) break",
            "if (try_loading_module < 2)",
            "if (++try_loading_module == 1)",
            '__request_module(true, "net-pf-%d-proto-%d-type-%d", PF_INET, protocol, sock->type)',
            "else",
            '__request_module(true, "net-pf-%d-proto-%d", PF_INET, protocol)',
            "goto lookup_protocol",
            "ns_capable(net->user_ns, CAP_NET_RAW)",
            "sock->ops = answer->ops",
            "sk = sk_alloc(net, PF_INET, GFP_KERNEL, answer_prot, kern)",
            "if (INET_PROTOSW_REUSE & answer_flags)",
            "sk->sk_reuse = SK_CAN_REUSE",
            "if (SOCK_RAW == sock->type)",
            "inet->inet_num = protocol",
            "inet->pmtudisc = IP_PMTUDISC_DONT",
            "inet->pmtudisc = IP_PMTUDISC_WANT",
            "sock_init_data(sock, sk)",
            "if (inet->inet_num)",
            "inet->inet_sport = htons(inet->inet_num)",
            "err = sk->sk_prot->hash(sk)",
            "if (err)",
            "if (sk->sk_prot->init)",
            "err = sk->sk_prot->init(sk)",
            "if (err)",
            "if (!kern)",
            "err = __cgroup_bpf_run_filter_sk(sk, CGROUP_INET_SOCK_CREATE)",
            "if (err)",
        ),
    )


def test_the_boxed_tree(ask: Ask) -> None:
    command = ("tree", "sys_socket", "--depth", "5", "--style", "box", "--hide", "none", "--show", "args,macros")
    out = ask(*command)
    wanted = (
        "sys_socket",
        "sock_create(family, type, protocol, &sock)",
        "__sock_create(current->nsproxy->net_ns,",
        "security_socket_create(family, type, protocol, kern)",
        "sock_alloc()",
        "rcu_dereference(net_families[family])  macro",
        "pf->create(net, sock, protocol, kern)",
        "module_put(pf->owner)",
        "security_socket_post_create(sock, family, type, protocol, kern)",
        "sock_map_fd(sock, flags & (O_CLOEXEC | O_NONBLOCK))",
    )
    assert_in_order(out, wanted)
    inner = [depth_of(out, item) for item in wanted[3:9]]
    assert set(inner) == {depth_of(out, wanted[2]) + 6}
    assert depth_of(out, wanted[2]) == depth_of(out, wanted[1]) + 6
    assert depth_of(out, wanted[9]) < depth_of(out, wanted[1])


def test_the_way_at_boot(ask: Ask) -> None:
    out = ask("tree", "start_kernel", "--to", "inet_init", "--depth", "12")
    assert_in_order(
        out,
        (
            "start_kernel",
            "rest_init()",
            "[user_mode_thread] kernel_init",
            "kernel_init_freeable()",
            "do_basic_setup()",
            "do_initcalls()",
            "do_initcall_level()",
            "do_one_initcall()",
            "fn()  ⇒ initcall",
        ),
    )
    assert "inet_init  (net/ipv4/af_inet.c:" in out
    names = [line.split()[0] for line in ask("path", "start_kernel", "inet_init").splitlines()[1:]]
    assert [name for name in names if name != "arch_call_rest_init"] == [  # a step that 6.1 has
        *("start_kernel", "rest_init", "kernel_init", "kernel_init_freeable", "do_basic_setup", "do_initcalls"),
        *("do_initcall_level", "do_one_initcall", "inet_init"),
    ]
    assert_in_order(
        ask("tree", "inet_init", "--depth", "1", "--show", "args,conditions"),
        (
            "proto_register(&tcp_prot, 1)",
            "proto_register(&udp_prot, 1)",
            "proto_register(&raw_prot, 1)",
            "sock_register(&inet_family_ops)",
            "inet_register_protosw(q)",
            "arp_init()",
            "ip_init()",
            "tcp_init()",
        ),
    )


def test_the_dispatcher(ask: Ask) -> None:
    out = ask("tree", "sys_socketcall", "--depth", "1", "--show", "args,conditions")
    assert_in_order(
        out,
        (
            "if (call < 1 || call > SYS_SENDMMSG) return -EINVAL",
            "copy_from_user(a, args, len)",
            "switch (call)",
            "case SYS_SOCKET:",
            "__sys_socket(a0, a1, a[2])",
            "case SYS_BIND:",
            "__sys_bind(a0, (struct sockaddr __user *)a1, a[2])",
            "case SYS_CONNECT:",
            "case SYS_LISTEN:",
            "case SYS_RECVMSG:",
        ),
    )


def test_the_structures_behind_it(ask: Ask) -> None:
    for name, members in {
        "struct socket": ("socket_state state;", "short type;", "struct file *file;", "struct sock *sk;"),
        "struct proto_ops": ("int family;", "int (*bind) (struct socket *sock,", "int (*listen) (struct socket *"),
        "struct sock": (
            "struct sock_common __sk_common;",
            "#define sk_family __sk_common.skc_family",
            "#define sk_prot __sk_common.skc_prot",
            "struct sk_buff_head sk_receive_queue;",
            "struct socket *sk_socket;",
            "void (*sk_destruct)(struct sock *sk);",
        ),
        "struct proto": ("void (*close)(struct sock *sk,", "int (*init)(struct sock *sk);", "char name[32];"),
        "enum sock_type": ("SOCK_STREAM = 1,", "SOCK_DGRAM = 2,", "SOCK_RAW = 3,", "SOCK_PACKET = 10,"),
        "socket_state": (
            "SS_FREE = 0,",
            "SS_UNCONNECTED,",
            "SS_CONNECTING,",
            "SS_CONNECTED,",
            "SS_DISCONNECTING,",
        ),
        "inet_family_ops": (".family = PF_INET,", ".create = inet_create,", ".owner  = THIS_MODULE,"),
        "inetsw_array": (
            *(".type     = SOCK_STREAM,", ".prot     = &tcp_prot,", ".ops      = &inet_stream_ops,"),
            *(".protocol = IPPROTO_UDP,", ".protocol = IPPROTO_ICMP,", ".prot     = &raw_prot,"),
        ),
        "inet_stream_ops": (".family ", ".release ", ".bind ", ".accept ", ".listen "),
        "tcp_prot": (".name ", ".close ", ".connect ", ".init ", ".hash ", ".slab"),
    }.items():
        found = ask("show", name)
        wanted = members[:-1] if members[-1] == ".slab" else members
        assert_in_order(found, wanted)
    family = ask("show", "AF_*").partition("\n\n")[0].splitlines()
    assert family[0] == "/* AF_*: 49 constants, include/linux/socket.h:" + family[1].rpartition(":")[2] + " */"
    values = [int(line.split()[1]) for line in family[1:]]
    assert values == sorted(values) and values[-1] == 46
    assert any(line.startswith("AF_ROUTE") and "16 = AF_NETLINK" in line for line in family)
    assert any(
        line.endswith("reserve number for PF_SMC protocol family that reuses AF_INET address family")
        for line in family
    )


@pytest.mark.parametrize("root", ["sys_bind", "sys_openat", "ext4_file_write_iter", "tcp_v4_rcv", "kernel_clone"])
def test_notes_of_roots_that_nobody_prepared(ask: Ask, root: str) -> None:
    note = ask("note", root, "--depth", "3", "--functions", "6")
    for heading in ("# " + root, "## Summary", "## Call tree", "## Main steps", "## Important functions"):
        assert f"\n{heading}\n" in f"\n{note}", heading
    assert note.count("\n### ") >= 6
    assert note.count("```") % 2 == 0
