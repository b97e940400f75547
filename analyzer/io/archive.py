"""Members of a tar archive (plain, gzip, bzip2, xz, zstd) in one pass, front to back.

Tells a truncated archive from a short one, which `tarfile` alone does not in this mode.
Does not read multi-volume or encrypted archives.
"""

import bz2
import gzip
import io
import lzma
import posixpath
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

import zstandard

from analyzer.errors import SourceError
from analyzer.io import layout

_BLOCK = 512
_READ_ERRORS = (
    tarfile.TarError,
    EOFError,
    OSError,
    ValueError,
    lzma.LZMAError,
    zlib.error,
    zstandard.ZstdError,
)


def members(file: Path, skipped: dict[str, str]) -> Iterator[tuple[tarfile.TarInfo, bytes | None]]:
    """Members under plain names, with contents for regular files of interest.

    Names that leave the tree go to `skipped`, with the reason. Raises SourceError when the
    archive ends early or cannot be decompressed.
    """
    try:
        with open(file, "rb") as raw, _decompressed(raw) as plain:
            tail = _Tail(plain)
            with tarfile.open(fileobj=tail, mode="r|") as archive:
                while (member := archive.next()) is not None:
                    archive.members = []  # type: ignore[attr-defined]  # it keeps them all
                    member.name = posixpath.normpath(member.name)
                    if member.name.startswith("/") or member.name.split("/")[0] == "..":
                        skipped[member.name] = "name leaves the tree"
                    elif member.name != ".":
                        yield member, _content(archive, member)
            tail.drain()
            if not tail.ended:
                raise EOFError("it has no end mark")
    except _READ_ERRORS as error:
        raise SourceError(
            f"{file} cannot be read as a tarball: {str(error) or 'it is damaged'}.",
            hint="It is truncated, damaged or not a tarball; fetch it again.",
        ) from error


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes | None:
    name = posixpath.basename(member.name)
    if not member.isreg() or member.size > layout.LARGEST_FILE or not layout.is_source_name(name):
        return None
    file = archive.extractfile(member)
    data = file.read() if file is not None else b""
    if len(data) != member.size:
        raise EOFError(f"{member.name} ends early")
    return data


def _decompressed(raw: IO[bytes]) -> IO[bytes]:
    """Reader of the plain archive, by the first bytes of the file, whatever its name says."""
    magic = raw.read(6)
    raw.seek(0)
    if magic.startswith(b"\x1f\x8b"):
        return cast(IO[bytes], gzip.GzipFile(fileobj=raw, mode="rb"))
    if magic.startswith(b"\xfd7zXZ\0"):
        return lzma.LZMAFile(raw)
    if magic.startswith(b"BZh"):
        return bz2.BZ2File(raw)
    if magic.startswith(b"\x28\xb5\x2f\xfd"):
        reader = zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True)
        return cast(IO[bytes], reader)
    return raw


class _Tail(io.RawIOBase):
    """Reader that remembers whether the last block was zeros: the end mark of a tar archive,
    without which `tarfile` takes a truncated archive for a short one."""

    def __init__(self, below: IO[bytes]) -> None:
        super().__init__()
        self._below = below
        self._last = b""

    def read(self, size: int = -1, /) -> bytes:
        data = self._below.read(size)
        self._last = (self._last + data)[-_BLOCK:] if len(data) < _BLOCK else data[-_BLOCK:]
        return data

    def drain(self) -> None:
        """Read what follows the archive, so that checksums at the end are verified."""
        while self.read(1 << 20):
            pass

    @property
    def ended(self) -> bool:
        return len(self._last) == _BLOCK and not any(self._last)
