"""The command as people run it: a process of its own, on a kernel of a few files."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

SOURCES: Mapping[str, str] = {
    "Makefile": "VERSION = 6\nPATCHLEVEL = 9\nSUBLEVEL = 3\nEXTRAVERSION =\n",
    "Kconfig": "",
    "include/linux/net.h": """\
#define AF_UNIX 1
#define AF_INET 2

typedef unsigned short sa_family_t;

enum sock_state { SS_FREE, SS_CONNECTED = 3 };

struct socket {
	const struct proto_ops *ops;
	sa_family_t family;
};

struct proto_ops {
	int (*bind)(struct socket *sock, int port);
	int (*release)(struct socket *sock);
};

#define sock_family(sock) ((sock)->family)

struct socket *sockfd_lookup(int fd);
void spin_lock(int *lock);
""",
    "include/linux/syscalls.h": """\
#define __MAP1(m, t, a, ...) m(t, a)
#define __MAP2(m, t, a, ...) m(t, a), __MAP1(m, __VA_ARGS__)
#define __MAP(n, ...) __MAP##n(__VA_ARGS__)
#define __SC_DECL(t, a) t a
#define SYSCALL_DEFINE2(name, ...) SYSCALL_DEFINEx(2, _##name, __VA_ARGS__)
#define SYSCALL_DEFINEx(x, name, ...) \\
	asmlinkage long sys##name(__MAP(x, __SC_DECL, __VA_ARGS__))
""",
    "net/socket.c": """\
#include <linux/net.h>
#include <linux/syscalls.h>

static int lock;

struct socket *sockfd_lookup(int fd)
{
	spin_lock(&lock);
	return fget(fd);
}

static int check(struct socket *sock)
{
	return sock_family(sock) == AF_INET;
}

int __sys_bind(int fd, int port)
{
	struct socket *sock = sockfd_lookup(fd);

	if (!check(sock))
		return -1;
	return sock->ops->bind(sock, port);
}

SYSCALL_DEFINE2(bind, int, fd, int, port)
{
	return __sys_bind(fd, port);
}
""",
    "net/inet.c": """\
#include <linux/net.h>

static int check(int port)
{
	return port > 0;
}

int inet_bind(struct socket *sock, int port)
{
	if (!check(port))
		return -1;
	return inet_bind(sock, port + 1);
}

const struct proto_ops inet_ops = {
	.bind = inet_bind,
};
""",
    "net/unix.c": """\
#include <linux/net.h>

static int unix_bind(struct socket *sock, int path)
{
	return 0;
}

static const struct proto_ops unix_ops = {
	.bind = unix_bind,
};
""",
    "kernel/fork.c": "int fork(void)\n{\n\treturn 0;\n}\n",
    "init/main.c": "",
}


@dataclass(frozen=True)
class Done:
    """How a run ended."""

    code: int
    out: str
    err: str


Kcg = Callable[..., Done]


def command(*arguments: str | Path) -> list[str]:
    """The command line of this checkout's kcg."""
    return [sys.executable, "-m", "analyzer", *(str(argument) for argument in arguments)]


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Variables without the person's own, and a cache that is shared by the tests only."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("KCG_", "NO_COLOR", "LC_"))}
    cache = str(tmp_path_factory.mktemp("cache"))
    return kept | {"XDG_CACHE_HOME": cache, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where commands run: an empty folder."""
    path = tmp_path / "here"
    path.mkdir()
    return path


@pytest.fixture
def kcg(environment: dict[str, str], folder: Path) -> Kcg:
    """Runs kcg in that folder; `env` adds variables, `cwd` is another folder."""

    def run(*arguments: str | Path, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> Done:
        done = subprocess.run(
            command(*arguments),
            cwd=cwd or folder,
            env=environment | dict(env or {}),
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=120,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Done(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture(scope="session")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the kernel of a few files; not to be written to."""
    root = tmp_path_factory.mktemp("kernels") / "linux"
    for path, text in SOURCES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return root


@pytest.fixture
def ask(kcg: Kcg, kernel: Path) -> Kcg:
    """Runs kcg on that kernel."""

    def run(*arguments: str | Path, **more: object) -> Done:
        return kcg(*arguments, "-k", kernel, **more)

    return run
