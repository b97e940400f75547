"""A tiny kernel as a mapping, and the ways to keep it."""

import bz2
import gzip
import io
import lzma
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import zstandard

MAKEFILE = b"# a comment\nVERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 117\nEXTRAVERSION =\nNAME = Baby\n"

COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {
    ".tar": bytes,
    ".tar.gz": gzip.compress,
    ".tgz": gzip.compress,
    ".tar.bz2": bz2.compress,
    ".tar.xz": lzma.compress,
    ".tar.zst": zstandard.ZstdCompressor().compress,
}


@pytest.fixture
def files() -> dict[str, bytes]:
    """Contents by path; of interest is what does not lie under Documentation or hidden names."""
    return {
        "Makefile": MAKEFILE,
        "Kconfig": b"menu\n",
        "MAINTAINERS": b"",
        "README": b"not of interest",
        "Documentation/x.c": b"not of interest",
        ".pc/net/socket.c": b"a hidden copy",
        "arch/x86/entry/syscalls/syscall_64.tbl": b"0 common read sys_read\n",
        "arch/x86/kernel/head_64.S": b"ret\n",
        "include/linux/net.h": b"struct socket;\r\n",
        "kernel/.hidden.c": b"",
        "kernel/empty.c": b"",
        "kernel/latin.c": "/* Andr\xe9 */\n".encode("latin-1"),
        "kernel/nul.c": b"int a;\0int b;\n",
        "net/Documentation/kept.c": b"int kept;\n",
        "net/Kconfig.debug": b"config X\n",
        "net/socket.c": b"int sys_socket(void) { return 0; }\n" * 500,
    }


@pytest.fixture
def wanted() -> list[str]:
    """The paths of `files` that are of interest, sorted."""
    return [
        "Kconfig",
        "MAINTAINERS",
        "Makefile",
        "arch/x86/entry/syscalls/syscall_64.tbl",
        "arch/x86/kernel/head_64.S",
        "include/linux/net.h",
        "kernel/empty.c",
        "kernel/latin.c",
        "kernel/nul.c",
        "net/Documentation/kept.c",
        "net/Kconfig.debug",
        "net/socket.c",
    ]


@pytest.fixture
def write_tree() -> Callable[[Path, Mapping[str, bytes]], Path]:
    """Writes contents by path below a folder, and returns the folder."""

    def write(root: Path, contents: Mapping[str, bytes]) -> Path:
        for path, data in contents.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(data)
        return root

    return write


@pytest.fixture
def write_tarball() -> Callable[..., Path]:
    """Writes a tarball of contents by path under a top folder; `links` are symbolic."""

    def write(
        path: Path,
        contents: Mapping[str, bytes],
        *,
        top: str = "linux-6.12.117/",
        links: Mapping[str, str] | None = None,
    ) -> Path:
        plain = io.BytesIO()
        with tarfile.open(fileobj=plain, mode="w") as archive:
            for name, data in contents.items():
                member = tarfile.TarInfo(top + name)
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))
            for name, target in (links or {}).items():
                member = tarfile.TarInfo(top + name)
                member.type = tarfile.SYMTYPE
                member.linkname = target
                archive.addfile(member)
        suffix = path.name[path.name.index(".t") :]
        path.write_bytes(COMPRESSIONS[suffix](plain.getvalue()))
        return path

    return write
