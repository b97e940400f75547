"""What a kernel tree looks like, whatever holds it: its files, its version, its links.

Pure functions on names and bytes; reads nothing itself. Does not know kernels older than 2.4
(their Makefile has no VERSION and PATCHLEVEL lines of this form).
"""

import hashlib
import posixpath
import re
from collections.abc import Callable, Iterable

from analyzer.errors import SourceError
from analyzer.model.source import KernelInfo, RootKind

# Larger than any kernel file (generated register headers reach 25 MB); what is beyond is no
# source, and reading it would only exhaust memory.
LARGEST_FILE = 64 << 20

_KERNEL_FOLDERS = frozenset({"arch", "fs", "include", "init", "kernel", "net"})
_EXCLUDED_TOP = frozenset({"Documentation"})
_SUFFIXES = (".c", ".h", ".S", ".tbl", ".inc")
_NAMES = frozenset({"MAINTAINERS"})
_STEMS = ("Makefile", "Kbuild", "Kconfig")  # also Makefile_64, Kbuild.platforms
_VARIABLE = re.compile(rb"^(VERSION|PATCHLEVEL|SUBLEVEL|EXTRAVERSION)[ \t]*:?=[ \t]*(.*?)[ \t\r]*$", re.MULTILINE)
_MAX_LINKS = 16


def blob_id(data: bytes) -> str:
    """The git blob id (SHA-1, hex) of a file's content."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def is_source_name(name: str) -> bool:
    """Whether a file of this name (without folders) is of interest.

    Hidden files are not: kernels have no hidden sources, but builds leave generated ones.
    """
    if name.startswith("."):
        return False
    return name.endswith(_SUFFIXES) or name in _NAMES or name.startswith(_STEMS)


def is_source_folder(name: str, *, top: bool) -> bool:
    """Whether a folder of this name may hold files of interest; `top`: directly in the root.

    Hidden folders are left out: `.git`, and the copies of patched files that quilt keeps in `.pc`.
    """
    return not name.startswith(".") and not (top and name in _EXCLUDED_TOP)


def is_source_path(path: str) -> bool:
    """Whether the file at this path is of interest: its name and all folders above it."""
    *folders, name = path.split("/")
    return is_source_name(name) and all(
        is_source_folder(folder, top=depth == 0) for depth, folder in enumerate(folders)
    )


def kernel_version(makefile: bytes) -> str:
    """Version from the top Makefile ("6.12.117", "2.6.11", "6.13-rc1"); "" when it says none."""
    found: dict[str, str] = {}
    for match in _VARIABLE.finditer(makefile):
        value = match[2].decode("latin-1").split("#")[0].strip()
        found.setdefault(match[1].decode("ascii"), "" if "$" in value else value)
    if not found.get("VERSION") or not found.get("PATCHLEVEL"):
        return ""
    numbers = [found["VERSION"], found["PATCHLEVEL"], found.get("SUBLEVEL", "")]
    return ".".join(number for number in numbers if number) + found.get("EXTRAVERSION", "")


def kernel_info(
    makefile: bytes | None,
    top_names: Iterable[str],
    *,
    label: str,
    root_kind: RootKind,
    hint: str = "",
) -> KernelInfo:
    """Check that this is a kernel and say which.

    `makefile` is the root's Makefile (None: there is none), `top_names` the names in the root.
    Raises SourceError when it is no kernel; `hint` replaces the general advice.
    """
    advice = hint or "Give the top folder of a kernel: the one with Makefile, kernel/ and include/."
    if makefile is None:
        raise SourceError(f"{label} is not a kernel: it has no Makefile at its top.", hint=advice)
    version = kernel_version(makefile)
    if not version:
        raise SourceError(f"{label} is not a kernel: its Makefile has no VERSION and PATCHLEVEL.", hint=advice)
    if _KERNEL_FOLDERS.isdisjoint(top_names):
        raise SourceError(
            f"{label} is not a kernel: it has none of {', '.join(sorted(_KERNEL_FOLDERS))}.",
            hint=advice,
        )
    return KernelInfo(version=version, label=label, root_kind=root_kind)


def inside(path: str) -> str:
    """`path` relative to the root in its plain form.

    Raises SourceError when it is absolute or leaves the root.
    """
    plain = posixpath.normpath(path)
    if plain.startswith(("/", "../")) or plain in ("..", "."):
        raise SourceError(f"{path} is not a path inside the kernel.", hint="Paths are relative to its root.")
    return plain


def follow_links(path: str, link_at: Callable[[str], str | None]) -> str | None:
    """Where `path` leads when symbolic links are followed, or None when it leaves the root
    or loops.

    `link_at(path)` gives the text of the link at a path, None where there is no link.
    Whether something exists at the result is for the caller to see.
    """
    todo = path.split("/")[::-1]
    done: list[str] = []
    followed = 0
    while todo:
        part = todo.pop()
        if part in ("", "."):
            continue
        if part == "..":
            if not done:
                return None
            done.pop()
            continue
        target = link_at("/".join([*done, part]))
        if target is None:
            done.append(part)
            continue
        followed += 1
        if target.startswith("/") or followed > _MAX_LINKS:
            return None
        todo.extend(target.split("/")[::-1])
    return "/".join(done)
