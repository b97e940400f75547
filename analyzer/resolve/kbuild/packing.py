"""Objects of a build table without what follows from their paths: a kernel has some 30,000.

Not handled: anything else of the table, which is small.
"""

import posixpath
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from analyzer.model.kbuild import BuildObject, BuildStep

_SAME = "."  # the folder, unit or Makefile that the path leads to expect
_DECODER = msgspec.msgpack.Decoder(tuple[BuildObject, ...])


def packed(path: str, found: Sequence[BuildObject], makefiles: Mapping[str, str]) -> msgspec.Raw:
    """The distinct objects made of a source; `makefiles` gives the Makefile of each folder."""
    short = (_short(path, item, makefiles.get(item.folder, "")) for item in found)
    return msgspec.Raw(msgspec.msgpack.encode(tuple(dict.fromkeys(short))))


def unpacked(
    path: str, encoded: msgspec.Raw, makefiles: Mapping[str, tuple[str, object]]
) -> Iterator[BuildObject]:
    """The objects made of a source again; `makefiles` has the Makefile of each folder first."""
    for item in _DECODER.decode(encoded):
        folder = posixpath.dirname(path) if item.folder == _SAME else item.folder
        makefile, _ = makefiles.get(folder, ("", ()))
        unit = path.rpartition(".")[0] if item.unit == _SAME else item.unit
        steps = tuple(BuildStep(makefile if s.file == _SAME else s.file, s.line, s.text) for s in item.steps)
        yield BuildObject(folder, item.conditions, item.image, unit, steps)


def _short(path: str, item: BuildObject, makefile: str) -> BuildObject:
    return BuildObject(
        _SAME if item.folder == posixpath.dirname(path) else item.folder,
        item.conditions,
        item.image,
        _SAME if item.unit == path.rpartition(".")[0] else item.unit,
        tuple(BuildStep(_SAME if s.file == makefile else s.file, s.line, s.text) for s in item.steps),
    )
