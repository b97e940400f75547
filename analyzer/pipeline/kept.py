"""What is dear to find and asked for from everywhere, kept in the store: processes that export together, and later
ones, share the search.

These are the sources of members, file-scope variables, parameters and static calls, and the files whose macro uses
make a function of a name (mostly none: expansions are full of names that look called), what macros make of
placeholders, and the resolver's tables over all files. Not handled: places inside one function, which are cheap to
find again.
"""

from collections.abc import Mapping, Sequence
from typing import TypeVar

import msgspec

from analyzer.io.store import Store
from analyzer.model.callgraph import EdgeKind, Evidence, FunctionRef, Slot
from analyzer.resolve.flow import Place, PlaceKind, Source
from analyzer.resolve.templates import Shape

_KINDS = frozenset(("slot", "global", "parameter", "static_call"))
_BATCH = 300
_T = TypeVar("_T")


class _Place(msgspec.Struct, frozen=True, array_like=True):
    """A place with its owner spelled out; which of the three owners it has is told by what is set."""

    kind: PlaceKind
    slot: Slot | None
    function: FunctionRef | None
    file: str
    name: str | int


class _Source(msgspec.Struct, frozen=True, array_like=True):
    """A source; exactly one of `function` and `place` is set."""

    function: FunctionRef | None
    place: _Place | None
    evidence: Evidence
    guard: str
    handed: bool
    kind: EdgeKind | None
    rank: int


_SOURCES = msgspec.msgpack.Decoder(tuple[_Source, ...])
_SHAPE = msgspec.msgpack.Decoder(Shape)
_FILES = msgspec.msgpack.Decoder(tuple[str, ...])


class Kept:
    """Sources of places and makers of names by question, read one by one and written in batches."""

    def __init__(self, store: Store, question: int) -> None:
        self._store = store
        self._question = question
        self._fresh: dict[str, bytes] = {}

    def get(self, place: Place) -> tuple[Source, ...] | None:
        """What was found for a place, None when nobody has looked."""
        if place.kind not in _KINDS:
            return None
        data = self._store.answer(self._question, _key(place))
        return tuple(_read(s) for s in _SOURCES.decode(data)) if data is not None else None

    def put(self, place: Place, sources: tuple[Source, ...]) -> None:
        """Keep what was found."""
        if place.kind in _KINDS:
            self._keep(_key(place), msgspec.msgpack.encode(tuple(_written(s) for s in sources)))

    def makers(self, name: str) -> tuple[str, ...] | None:
        """The files whose macro uses make a function of that name, None when nobody has looked."""
        data = self._store.answer(self._question, f"makers {name}")
        return _FILES.decode(data) if data is not None else None

    def keep_makers(self, name: str, files: tuple[str, ...]) -> None:
        """Keep which files these are."""
        self._keep(f"makers {name}", msgspec.msgpack.encode(files))

    def table(self, name: str, kind: type[_T]) -> _T | None:
        """A table over all files, None when nobody has made it."""
        data = self._store.answer(self._question, f"table {name}")
        return msgspec.msgpack.decode(data, type=kind) if data is not None else None

    def keep_table(self, name: str, table: object) -> None:
        """Keep a table."""
        self._keep(f"table {name}", msgspec.msgpack.encode(table))

    def shape(self, macro: str, count: int, definitions: Sequence[tuple[str, int]]) -> Shape | None:
        """The shape of a macro's template, None when nobody has made one."""
        data = self._store.answer(self._question, _shape_key(macro, count, definitions))
        return _SHAPE.decode(data) if data is not None else None

    def keep_shape(self, macro: str, count: int, definitions: Sequence[tuple[str, int]], shape: Shape) -> None:
        """Keep the shape of a macro's template."""
        self._keep(_shape_key(macro, count, definitions), msgspec.msgpack.encode(shape))

    def _keep(self, key: str, data: bytes) -> None:
        self._fresh[key] = data
        if len(self._fresh) >= _BATCH:
            self.flush()

    def flush(self) -> None:
        """Write what is new."""
        fresh: Mapping[str, bytes] = self._fresh
        self._fresh = {}
        if fresh and self._question:
            self._store.save_answers(self._question, fresh)


def _shape_key(macro: str, count: int, definitions: Sequence[tuple[str, int]]) -> str:
    return f"shape {macro} {count} {' '.join(f'{file}:{line}' for file, line in definitions)}"


def _key(place: Place) -> str:
    owner = place.owner
    if isinstance(owner, Slot):
        spelled = f"{owner.struct}.{owner.field} {owner.file}".rstrip()
    elif isinstance(owner, FunctionRef):
        spelled = f"{owner.file}:{owner.line}:{owner.name}"
    else:
        spelled = owner
    return f"sources {place.kind} {spelled} {place.name}"


def _written(source: Source) -> _Source:
    value = source.value
    function, place = (value, None) if isinstance(value, FunctionRef) else (None, _placed(value))
    return _Source(function, place, source.evidence, source.guard, source.handed, source.kind, source.rank)


def _placed(place: Place) -> _Place:
    owner = place.owner
    return _Place(
        place.kind,
        owner if isinstance(owner, Slot) else None,
        owner if isinstance(owner, FunctionRef) else None,
        owner if isinstance(owner, str) else "",
        place.name,
    )


def _read(source: _Source) -> Source:
    value: FunctionRef | Place
    if source.function is not None:
        value = source.function
    else:
        place = source.place
        assert place is not None
        value = Place(place.kind, place.slot or place.function or place.file, place.name)
    return Source(value, source.evidence, source.guard, source.handed, source.kind, source.rank)
