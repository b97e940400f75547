"""Abstract values: what an expression may be, and the memory that holds it.

A value is a set of atoms. An address names an object and the members on the way into it; a symbol is an address
whose object nobody knows, but which is the same one wherever it turns up. Not handled: floating point, widths of
integers, overlapping members of unions.
"""

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from analyzer.model.callgraph import FunctionRef

Step = str | int | tuple[str, ...]  # a member, an element, or the way back out of a member (`container_of`)
RETURNED = "returned"  # owner of the symbols that stand for what calls return
ANY = "*"  # an element whose index is not known
_MAX_NUMBERS = 16
_MAX_ADDRESSES = 200


class Base(NamedTuple):
    """An object: a file-scope one (file, name), a variable of one execution of a function, or a symbol."""

    kind: Literal["object", "local", "symbol"]
    owner: str
    name: str


class Address(NamedTuple):
    """A pointer to a place inside an object."""

    base: Base
    path: tuple[Step, ...] = ()

    def member(self, names: Iterable[str]) -> "Address":
        """The address of a member; names that lead back out of a member cancel it."""
        path = self.path
        for name in names:
            path = _shortened((*path, name))
        return Address(self.base, path)

    def element(self, index: int | str) -> "Address":
        """The address of an element of an array at this address."""
        return Address(self.base, (*self.path, index))

    def moved(self, by: int | None) -> "Address":
        """The address of another element of the array that this one points into."""
        if self.path and isinstance(self.path[-1], int) and by is not None:
            return Address(self.base, (*self.path[:-1], self.path[-1] + by))
        if self.path and (self.path[-1] == ANY or isinstance(self.path[-1], int)):
            return Address(self.base, (*self.path[:-1], ANY))
        return self.element(by if by is not None else ANY) if by != 0 else self

    def outside(self, member: tuple[str, ...]) -> "Address":
        """The address of the object that this one is a member of."""
        if self.path[-len(member) :] == member:
            return Address(self.base, self.path[: -len(member)])
        return Address(self.base, (*self.path, ("^", *member)))


def _shortened(path: tuple[Step, ...]) -> tuple[Step, ...]:
    for at in range(len(path) - 1, -1, -1):
        step = path[at]
        if isinstance(step, tuple):
            return path[:at] if path[at + 1 :] == step[1:] else path
    return path


class Offset(NamedTuple):
    """`offsetof(type, member)`."""

    member: tuple[str, ...]


Atom = int | Address | FunctionRef | Offset


class Value(NamedTuple):
    """Atoms that an expression may be; `unknown`: or anything else."""

    atoms: frozenset[Atom]
    unknown: bool = False

    def truth(self) -> bool | None:
        """Whether it is true, None when that depends."""
        if self.unknown or not self.atoms:
            return None
        found = {_true(a) for a in self.atoms}
        return found.pop() if len(found) == 1 else None

    def number(self) -> int | None:
        """The one integer that it is, if it is one."""
        if self.unknown or len(self.atoms) != 1:
            return None
        only = next(iter(self.atoms))
        return only if isinstance(only, int) else None

    def numbers(self) -> frozenset[int] | None:
        """The integers that it may be, None when it may be something else."""
        found = frozenset(a for a in self.atoms if isinstance(a, int))
        return found if not self.unknown and len(found) == len(self.atoms) and found else None

    def pointed(self) -> bool:
        """Whether it is functions and file-scope objects only."""
        return bool(self.atoms) and not self.unknown and all(_placed(a) for a in self.atoms)

    def addresses(self) -> list[Address]:
        """The addresses that it may be, sorted."""
        return sorted((a for a in self.atoms if isinstance(a, Address)), key=repr)

    def functions(self) -> list[FunctionRef]:
        """The functions that it may be, sorted."""
        return sorted(a for a in self.atoms if isinstance(a, FunctionRef))


UNKNOWN = Value(frozenset(), True)
ZERO = Value(frozenset((0,)))
ONE = Value(frozenset((1,)))
EITHER = Value(frozenset((0, 1)))


def _true(atom: Atom) -> bool | None:
    if isinstance(atom, int):
        return atom != 0
    if isinstance(atom, Address):
        return None if atom.base.kind == "symbol" and not atom.path else True
    return True if isinstance(atom, FunctionRef) else None


def _placed(atom: Atom) -> bool:
    return isinstance(atom, FunctionRef) or (isinstance(atom, Address) and atom.base.kind == "object")


def of(atom: Atom) -> Value:
    """The value that is one atom."""
    return Value(frozenset((atom,)))


def of_truth(truth: bool | None) -> Value:
    """0, 1, or either."""
    return EITHER if truth is None else ONE if truth else ZERO


def join(values: Iterable[Value]) -> Value:
    """What may be any of the values; too many atoms are as good as unknown."""
    atoms: set[Atom] = set()
    unknown = False
    for value in values:
        atoms |= value.atoms
        unknown = unknown or value.unknown
    numbers = sum(isinstance(a, int) for a in atoms)
    if numbers > _MAX_NUMBERS:
        atoms = {a for a in atoms if not isinstance(a, int)}
        unknown = True
    if len(atoms) > _MAX_ADDRESSES:
        return UNKNOWN
    return Value(frozenset(atoms), unknown)


class Memory:
    """What was stored, by address. `cleared` objects hold zero where nothing was stored; `absent` ones do not
    exist here, because the pointer to them is null; of those that calls return, only `made` ones do."""

    __slots__ = ("absent", "cells", "cleared", "made", "told")

    def __init__(
        self,
        cells: Mapping[Address, Value] | None = None,
        cleared: Iterable[Base] = (),
        told: Iterable[Base] = (),
        absent: Iterable[Base] = (),
        made: Iterable[Base] = (),
    ) -> None:
        self.cells: dict[Address, Value] = dict(cells or {})
        self.cleared: frozenset[Base] = frozenset(cleared)
        self.told: set[Base] = set(told)  # objects of which something is known
        self.absent: frozenset[Base] = frozenset(absent)
        self.made: frozenset[Base] = frozenset(made)

    def copy(self) -> "Memory":
        """An independent copy."""
        return Memory(self.cells, self.cleared, self.told, self.absent, self.made)

    def lacks(self, base: Base) -> bool:
        """Whether an object does not exist here."""
        return base in self.absent or (base.owner == RETURNED and base not in self.made)

    def store(self, targets: Iterable[Address], value: Value, *, surely: bool) -> None:
        """Put a value at addresses; a store that may go elsewhere adds to what was there."""
        tells = value.pointed() or value.numbers() is not None
        for address in targets:
            if tells:
                self.told.add(address.base)
            if surely and ANY not in address.path:
                self.cells[address] = value
            else:
                before = self.cells.get(address)
                self.cells[address] = value if before is None else join((before, value))

    def clear(self, base: Base) -> None:
        """Set a whole object to zero."""
        self.cells = {a: v for a, v in self.cells.items() if a.base != base}
        self.cleared |= {base}


def joined(memories: Iterable[Memory]) -> Memory | None:
    """The memory after branches meet. Cells that only some have may also hold what was there before, and get an
    unknown alternative; but a member of an object made in this execution that was given a file-scope object or
    function keeps only that (where it was not set, the object was not made)."""
    known = list(memories)
    if not known:
        return None
    if len(known) == 1:
        return known[0]
    first = known[0]
    cells: dict[Address, Value] = {}
    for address in dict.fromkeys(a for m in known for a in m.cells):
        values = [m.cells.get(address) for m in known]
        if all(v is values[0] for v in values):
            cells[address] = values[0] or UNKNOWN
            continue
        present = [v for v in values if v is not None]
        if len(present) < len(values):
            missing = [m for m, v in zip(known, values, strict=True) if v is None]
            missing = [m for m in missing if not m.lacks(address.base)]
            if not missing:
                pass
            elif all(address.base in m.cleared for m in missing):
                present.append(ZERO)
            elif not (address.base.kind == "symbol" and all(v.pointed() for v in present)):
                present.append(UNKNOWN)
        cells[address] = join(present)
    absent = {b for b in first.absent.union(*(m.absent for m in known[1:])) if all(m.lacks(b) for m in known)}
    made = first.made.union(*(m.made for m in known[1:]))
    cleared = first.cleared.union(*(m.cleared for m in known[1:]))
    cleared = frozenset(b for b in cleared if all(b in m.cleared or m.lacks(b) for m in known))
    return Memory(cells, cleared, first.told.union(*(m.told for m in known[1:])), absent, made)
