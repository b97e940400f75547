"""What a kernel source is made of, before anything is read: its version and its files.

Says nothing about where the bytes come from; that is `analyzer.io`.
"""

from typing import Literal

import msgspec

RootKind = Literal["directory", "tarball", "git"]


class Entry(msgspec.Struct, frozen=True, order=True):
    """One file of a source. `path` is relative to the kernel's root, with `/`.

    `blob` is the git blob id (hex) where the source knows it without the caller reading the file
    (git revisions and tarballs), else "". `stamp` says for a directory "same content as before"
    without reading: modification time, size, inode and change time; "" elsewhere.
    """

    path: str
    size: int
    blob: str = ""
    stamp: str = ""


class KernelInfo(msgspec.Struct, frozen=True):
    """Which kernel this is. `version` is from its Makefile ("6.12.117"), `label` as the user
    wrote the source."""

    version: str
    label: str
    root_kind: RootKind


class SourceDiagnostic(msgspec.Struct, frozen=True, order=True):
    """A file that was left out, and why; never an error for the whole source."""

    path: str
    reason: str
