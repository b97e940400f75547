"""An indexed version as resolution sees it: facts, includes and postings out of the store, text out of the source.

Not handled: a source that changes while it is read.
"""

import posixpath
from collections import OrderedDict
from collections.abc import Sequence

import msgspec

from analyzer.errors import SourceError
from analyzer.io.sources import Source
from analyzer.io.store import Store
from analyzer.model.facts import Brief, Facts, FileFacts, Include
from analyzer.model.kbuild import BuildTable
from analyzer.pipeline.builds import build_table
from analyzer.pipeline.indexing import Version
from analyzer.pipeline.parts import decoded_in_parts
from analyzer.pipeline.postings import key_of
from analyzer.resolve.index import NameKind

_BRIEF = msgspec.msgpack.Decoder(Brief)
_MAX_FACTS = 40_000_000  # encoded bytes of the files kept decoded, which take some seven times as much
_MAX_TEXTS = 400
_EMPTY = FileFacts()


class StoredIndex:
    """Implements `analyzer.resolve.index.Index`."""

    def __init__(self, source: Source, store: Store, version: Version) -> None:
        self._source = source
        self._store = store
        self._row = version.row
        self._fingerprint = version.fingerprint
        self._file = {f.path: f for f in version.files}
        self._paths: dict[int, list[str]] = {}
        for file in version.files:
            if file.blob:
                self._paths.setdefault(file.blob, []).append(file.path)
        self._facts: OrderedDict[str, tuple[Facts, int]] = OrderedDict()
        self._weight = 0
        self._texts: OrderedDict[str, bytes] = OrderedDict()
        self._includes: dict[str, tuple[Include, ...]] = {}
        self._files: dict[tuple[str, str], tuple[str, ...]] = {}
        self._mentioned: dict[str, tuple[str, ...]] = {}
        self._basenames: dict[str, list[str]] | None = None
        self._tables: tuple[str, ...] | None = None

    def paths(self) -> Sequence[str]:
        """All source files, sorted."""
        return tuple(self._file)

    def has(self, path: str) -> bool:
        """Whether the tree has that file."""
        return path in self._file

    def facts(self, path: str) -> Facts:
        """The facts of a file."""
        known = self._facts.get(path)
        if known is not None:
            self._facts.move_to_end(path)
            return known[0]
        file = self._file.get(path)
        data = self._store.facts(file.blob, file.oid) if file and file.blob else b""
        found = decoded_in_parts(data) if data else _EMPTY
        self._facts[path] = (found, len(data))
        self._weight += len(data)
        while self._weight > _MAX_FACTS and len(self._facts) > 1:
            self._weight -= self._facts.popitem(last=False)[1][1]
        return found

    def includes(self, path: str) -> tuple[Include, ...]:
        """The includes of a file."""
        found = self._includes.get(path)
        if found is None:
            found = self._includes[path] = self.brief(path).includes
        return found

    def brief(self, path: str) -> Brief:
        """Includes, diagnostics and sizes of a file."""
        file = self._file.get(path)
        return _BRIEF.decode(self._store.brief(file.blob, file.oid)) if file and file.blob else Brief()

    def files(self, kind: NameKind, name: str) -> tuple[str, ...]:
        """The files that have a name in a role."""
        key = (kind, name)
        found = self._files.get(key)
        if found is None:
            blobs = self._store.blobs_with(self._fingerprint, key_of(kind, name))
            paths = {p for b in blobs for p in self._paths.get(b, ())}
            found = self._files[key] = tuple(sorted(paths))
        return found

    def mentioning(self, word: str) -> tuple[str, ...]:
        """The files that have an identifier outside their directives, sorted."""
        found = self._mentioned.get(word)
        if found is None:
            blobs = self._store.blobs_with_word(word.encode())
            found = tuple(sorted({p for b in blobs for p in self._paths.get(b, ())}))
            self._mentioned[word] = found
        return found

    def text(self, path: str) -> bytes:
        """The bytes of a file, empty when it is gone."""
        found = self._texts.get(path)
        if found is None:
            try:
                found = self._source.read(path)
            except SourceError:
                found = b""
            self._texts[path] = found
            if len(self._texts) > _MAX_TEXTS:
                self._texts.popitem(last=False)
        else:
            self._texts.move_to_end(path)
        return found

    def by_basename(self, name: str) -> tuple[str, ...]:
        """The files of that base name."""
        if self._basenames is None:
            self._basenames = {}
            for path in self._file:
                self._basenames.setdefault(posixpath.basename(path), []).append(path)
        return tuple(self._basenames.get(name, ()))

    def tables(self) -> tuple[str, ...]:
        """The system call tables of the tree."""
        if self._tables is None:
            self._tables = tuple(sorted(e.path for e in self._source.entries() if e.path.endswith(".tbl")))
        return self._tables

    def build_table(self, arch: str) -> BuildTable:
        """What the Makefiles say for an architecture."""
        return build_table(self._source, self._store, self._row, tuple(self._file), arch)

    def function_names(self) -> set[str]:
        """The names of all functions, for suggestions."""
        return self._store.function_names(self._fingerprint)
