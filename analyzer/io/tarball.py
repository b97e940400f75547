"""A kernel in a tarball (.tar, .gz, .bz2, .xz, .zst), read without unpacking it to disk.

A tarball can only be read from front to back, and decompressing a kernel takes many seconds. So
it is read once, as far as needed, and the files of interest are kept in memory, compressed anew
with a fast method. Beyond a limit they are not kept, and reading them is another pass.
Does not read multi-volume or encrypted archives.
"""

import contextlib
import os
import posixpath
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import zstandard

from analyzer.errors import SourceError
from analyzer.io import archive, layout
from analyzer.model.source import Entry, KernelInfo, SourceDiagnostic

# All files of interest of a current kernel take 300 MB in this form.
_KEEP_BYTES = 768 << 20


class _Member:
    """What is known of a regular file: size, blob id, and its packed content if it was kept."""

    __slots__ = ("blob", "packed", "size")

    def __init__(self, size: int, blob: str, packed: bytes | None) -> None:
        self.size = size
        self.blob = blob
        self.packed = packed


class TarballSource:
    """Source whose files are members of a tarball, below its one top folder if it has one.

    Raises SourceError (also later, from any method) when the file is no tarball, is truncated or
    corrupt, or holds no kernel.
    """

    def __init__(self, file: Path, *, label: str, keep_bytes: int = _KEEP_BYTES) -> None:
        self._file = file
        self._label = label
        self._keep_left = keep_bytes
        self._members: dict[str, _Member] = {}  # by name in the archive
        self._links: dict[str, str] = {}  # symbolic: path in the archive -> text of the link
        self._hard: dict[str, str] = {}  # hard: name -> name
        self._skipped: dict[str, str] = {}  # name -> reason
        self._missing: set[SourceDiagnostic] = set()
        self._packer = zstandard.ZstdCompressor(level=1)
        self._unpacker = zstandard.ZstdDecompressor()
        self._pass = self._first_pass()
        self._broken: SourceError | None = None
        self._prefix = ""
        self._entries: tuple[Entry, ...] | None = None
        self._kept_names: dict[str, str] = {}  # listed path -> name of the member with its content
        status = file.stat()
        self._identity = (
            f"{os.path.realpath(file)}:{status.st_mtime_ns}:{status.st_size}:{status.st_ino}:{status.st_ctime_ns}"
        )
        self._info = self._find_kernel()

    @property
    def info(self) -> KernelInfo:
        return self._info

    @property
    def identity(self) -> str:
        return self._identity

    def state(self) -> str:
        """Its identity: what it names never changes."""
        return self.identity

    @property
    def diagnostics(self) -> tuple[SourceDiagnostic, ...]:
        start = len(self._prefix)
        skipped = {
            SourceDiagnostic(name[start:] if name.startswith(self._prefix) else name, reason)
            for name, reason in self._skipped.items()
        }
        return tuple(sorted(skipped | self._missing))

    def entries(self) -> tuple[Entry, ...]:
        """All files of interest, sorted by path, with blob ids; reads the whole tarball once."""
        if self._entries is None:
            while self._advance():
                pass
            start = len(self._prefix)
            found: list[Entry] = []
            for name in sorted({*self._members, *self._links, *self._hard}):
                path = name[start:]
                if not name.startswith(self._prefix) or not layout.is_source_path(path):
                    continue
                real = self._resolve(name)
                member = self._members.get(real) if real is not None else None
                if real is None or member is None:
                    self._skipped[name] = "link leaves the tree or is broken"
                else:
                    found.append(Entry(path=path, size=member.size, blob=member.blob))
                    self._kept_names[path] = real
            self._entries = tuple(sorted(found, key=lambda entry: entry.path))
        return self._entries

    def read(self, path: str) -> bytes:
        """Content of one file. Raises SourceError when it is missing or outside the tree."""
        name = self._prefix + layout.inside(path)
        while name not in self._members and self._advance():
            pass
        real = self._resolve(name)
        if real is None or real not in self._members:
            raise SourceError(f"{path} is not a file of {self._label}.", hint="Check the path's spelling.")
        packed = self._members[real].packed
        if packed is not None:
            return self._unpack(packed)
        for found, data in self._walk():
            if found.name == real and data is not None:
                return data
        raise SourceError(f"{self._label} changed while it was read.", hint="Run it again.")

    def read_many(self, paths: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Contents: first what is in memory, in the order asked, then the others in the order of
        the tarball, in one pass. What is not there is left out, with a diagnostic."""
        self.entries()
        later: dict[str, list[str]] = {}
        for path in paths:
            name = self._kept_names.get(path)
            if name is None:
                self._missing.add(SourceDiagnostic(path, "not a source file of the tarball"))
                continue
            packed = self._members[name].packed
            if packed is None:
                later.setdefault(name, []).append(path)
            else:
                yield path, self._unpack(packed)
        if later:
            for member, data in self._walk():
                for path in later.pop(member.name, ()) if data is not None else ():
                    yield path, data or b""
                if not later:
                    break

    def _pack(self, name: str, data: bytes) -> bytes | None:
        # The copy gives back the memory that zstandard reserved for the worst case.
        packed = bytes(memoryview(self._packer.compress(data))) if data else b""
        top_makefile = name.count("/") <= 1 and name.endswith("Makefile")
        if len(packed) > self._keep_left and not top_makefile:
            return None
        self._keep_left -= len(packed)
        return packed

    def _unpack(self, packed: bytes) -> bytes:
        return self._unpacker.decompress(packed) if packed else b""

    def _find_kernel(self) -> KernelInfo:
        """Read on until a kernel's Makefile and one of its folders were seen, or to the end."""
        makefiles: dict[str, bytes] = {}  # by prefix: "" or the top folder with its /
        tops: dict[str, set[str]] = {"": set()}
        for name in self._pass:
            top, _, rest = name.partition("/")
            tops[""].add(top)
            tops.setdefault(f"{top}/", set()).add(rest.split("/")[0])
            packed = self._members[name].packed if name in self._members else None
            if packed is not None and name in ("Makefile", f"{top}/Makefile"):
                makefiles[name.removesuffix("Makefile")] = self._unpack(packed)
            for prefix, makefile in makefiles.items():
                with contextlib.suppress(SourceError):
                    self._prefix = prefix
                    return self._check(makefile, tops[prefix])
        only = next((p for p in makefiles if layout.kernel_version(makefiles[p])), "")
        if not only and len(tops[""]) == 1:
            only = f"{next(iter(tops['']))}/"
        return self._check(makefiles.get(only), tops.get(only, ()))

    def _check(self, makefile: bytes | None, top: Iterable[str]) -> KernelInfo:
        hint = "Give a tarball of the whole kernel, with one top folder."
        return layout.kernel_info(makefile, top, label=self._label, root_kind="tarball", hint=hint)

    def _advance(self) -> bool:
        """Read one more member; False at the end. A broken archive stays broken when asked again,
        instead of passing for the part that was read."""
        if self._broken is not None:
            raise self._broken
        try:
            return next(self._pass, None) is not None
        except SourceError as error:
            self._broken = error
            raise

    def _first_pass(self) -> Iterator[str]:
        """Names of the members as they are read; files of interest are kept on the way."""
        for member, data in self._walk():
            name = member.name
            self._links.pop(name, None)
            self._hard.pop(name, None)
            if data is not None:
                self._members[name] = _Member(len(data), layout.blob_id(data), self._pack(name, data))
            elif member.issym():
                self._links[name] = member.linkname
            elif member.islnk():
                self._hard[name] = posixpath.normpath(member.linkname)
            elif layout.is_source_name(posixpath.basename(name)) and not member.isdir():
                large = member.isreg()
                self._skipped[name] = "too large to be source" if large else "not a regular file"
            yield name

    def _walk(self) -> Iterator[tuple[tarfile.TarInfo, bytes | None]]:
        return archive.members(self._file, self._skipped)

    def _resolve(self, name: str) -> str | None:
        """Name of the member that holds the content for `name`; None when links leave the tree."""
        if not self._links and not self._hard:
            return name
        base = self._prefix
        inner = layout.follow_links(name[len(base) :], lambda path: self._links.get(base + path))
        if inner is None:
            return None
        real = base + inner
        for _ in range(len(self._hard)):
            if real not in self._hard:
                break
            real = self._hard[real]
        return real
