"""Edges that were resolved once, kept in the store for the next process.

They are valid for one version's files, one configuration and one resolver; the resolver is identified by its
own sources, so that a change of code never meets old answers. Not handled: callers (found anew each time).
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec

from analyzer.io.rows import VersionRow
from analyzer.io.store import Store
from analyzer.model.callgraph import Edge, FunctionRef
from analyzer.pipeline.opening import question_text
from analyzer.resolve.configuration import Configuration

_FILE = msgspec.msgpack.Decoder(tuple[tuple[FunctionRef, tuple[Edge, ...]], ...])
_EDGES = msgspec.msgpack.Decoder(tuple[Edge, ...])
_BATCH = 500
_T = TypeVar("_T")


@functools.cache
def _decoder(kind: Any) -> "msgspec.msgpack.Decoder[Any]":
    return msgspec.msgpack.Decoder(kind)


def function_key(ref: FunctionRef) -> str:
    """A function in the key of an answer."""
    return f"{ref.file}:{ref.line}:{ref.name}"


class Answers:
    """Edges by caller, from the store or from the resolver. `identity` tells the version's files, the
    configuration and the code apart from all others."""

    def __init__(
        self,
        store: Store,
        version: VersionRow,
        configuration: Configuration,
        resolve: Callable[[FunctionRef], tuple[Edge, ...]],
    ) -> None:
        self._store = store
        self.identity = question_text(version, configuration)
        self.question = store.question(self.identity, version.identity, version.content)
        self._resolve = resolve
        self._known: dict[FunctionRef, tuple[Edge, ...]] = {}
        self._fresh: dict[str, bytes] = {}

    def callees(self, ref: FunctionRef) -> tuple[Edge, ...]:
        """The edges of a function."""
        found = self._known.get(ref)
        if found is None:
            key = function_key(ref)
            whole = self.of_file(ref.file)
            if whole is not None:
                self._known.update(whole)
                if ref in self._known:
                    return self._known[ref]
            kept = self._store.answer(self.question, key) if self.question else None
            if kept is not None:
                found = _EDGES.decode(kept)
            else:
                found = self._resolve(ref)
                self._fresh[key] = msgspec.msgpack.encode(found)
                if len(self._fresh) >= _BATCH:
                    self.flush()
            self._known[ref] = found
        return found

    def has(self, ref: FunctionRef) -> bool:
        """Whether the edges of a function were found before."""
        if ref in self._known:
            return True
        asked = (f"edges of {ref.file}", function_key(ref))
        return any(self.question and self._store.answer(self.question, key) is not None for key in asked)

    def learn(self, ref: FunctionRef, edges: tuple[Edge, ...]) -> None:
        """Edges that another process has found (and keeps)."""
        self._known[ref] = edges

    def kept(self, key: str, kind: Any, make: Callable[[], _T]) -> _T:
        """Any other answer of a type that msgspec knows, under a key that no edge has (it holds a blank)."""
        kept = self._store.answer(self.question, key) if self.question else None
        if kept is None and key in self._fresh:
            kept = self._fresh[key]
        if kept is not None:
            found: _T = _decoder(kind).decode(kept)
            return found
        found = make()
        self._fresh[key] = msgspec.msgpack.encode(found)
        if len(self._fresh) >= _BATCH:
            self.flush()
        return found

    def of_file(self, path: str) -> tuple[tuple[FunctionRef, tuple[Edge, ...]], ...] | None:
        """The edges of all functions of a file in their order, when an export has kept them."""
        kept = self._store.answer(self.question, f"edges of {path}") if self.question else None
        return _FILE.decode(kept) if kept is not None else None

    def keep_file(self, path: str, edges: Sequence[tuple[FunctionRef, tuple[Edge, ...]]]) -> None:
        """Keep the edges of all functions of a file."""
        self._fresh[f"edges of {path}"] = msgspec.msgpack.encode(tuple(edges))

    def flush(self) -> None:
        """Write what is new."""
        if self._fresh and self.question:
            self._store.save_answers(self.question, self._fresh)
        self._fresh = {}
