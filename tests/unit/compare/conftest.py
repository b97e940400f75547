"""A small kernel whose notes are judged."""

import pytest
from trees import make_kernel

from analyzer.pipeline.facts import SessionFacts
from analyzer.pipeline.session import open_session

HEADER = """\
#define NULL ((void *)0)
#define SS_FREE 0
#define SS_BOUND 1
struct socket;
struct proto_ops {
	int (*bind)(struct socket *sock, int port);
	int (*listen)(struct socket *sock);
};
struct socket {
	const struct proto_ops *ops;
	int state;
	int type;
};
"""
SOCKET = """\
#include <linux/net.h>
static void sock_set(struct socket *sock, int type)
{
	sock->type = type;
}
static void sock_init(struct socket *sock, int type)
{
	sock_set(sock, type);
}
static void sock_free(struct socket *sock)
{
	sock->state = SS_FREE;
}
int sock_create(struct socket *sock, int type)
{
	int err = -1;

	if (type < 0)
		goto out;
	sock_init(sock, type);
	err = sock->ops->bind(sock, 80);
	if (err)
		goto out;
	sock->state = SS_BOUND;
	return 0;
out:
	sock_free(sock);
	return err;
}
static void sock_flush(struct socket *sock) { }
static void sock_drop(struct socket *sock) { }
void sock_reset(struct socket *sock, int hard)
{
	if (hard)
		sock_drop(sock);
	else
		sock_flush(sock);
}
"""
INET = """\
#include <linux/net.h>
static int inet_port(int port)
{
	return port;
}
static int inet_bind(struct socket *sock, int port)
{
	return inet_port(port);
}
const struct proto_ops inet_ops = {
	.bind = inet_bind,
};
"""


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> SessionFacts:
    folder = tmp_path_factory.mktemp("compare")
    root = make_kernel(folder / "linux")
    (root / "include/linux/net.h").write_text(HEADER)
    (root / "net/socket.c").write_text(SOCKET)
    (root / "net/inet.c").write_text(INET)
    return SessionFacts(open_session(str(root), store=str(folder / "s.sqlite")))
