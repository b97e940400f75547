"""Sets of files as bits: a kernel's include closures have thousands of members each, and there are tens of
thousands of them.

Not handled: removal.
"""

from collections.abc import Iterable, Iterator, Set


class Numbers:
    """Numbers files as they come."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self.paths: list[str] = []

    def of(self, path: str) -> int:
        """The number of a file, a new one for a file not seen before."""
        number = self._numbers.setdefault(path, len(self.paths))
        if number == len(self.paths):
            self.paths.append(path)
        return number

    def known(self, path: str) -> int:
        """The number of a file, -1 when it has none."""
        return self._numbers.get(path, -1)


class PathSet(Set[str]):
    """An immutable set of files: one by name, the others as the bits of an integer."""

    __slots__ = ("_bits", "_numbers", "_own")

    def __init__(self, numbers: Numbers, own: str, bits: int) -> None:
        self._numbers = numbers
        self._own = own
        self._bits = bits.to_bytes((bits.bit_length() + 7) // 8, "little")

    @classmethod
    def joined(cls, numbers: Numbers, own: str, sets: "Iterable[PathSet]") -> "PathSet":
        """One file with all members of some sets."""
        bits = 0
        for other in sets:
            bits |= int.from_bytes(other._bits, "little") | 1 << numbers.of(other._own)
        return cls(numbers, own, bits)

    def __contains__(self, path: object) -> bool:
        if path == self._own:
            return True
        number = self._numbers.known(path) if isinstance(path, str) else -1
        at = number >> 3
        return 0 <= at < len(self._bits) and bool(self._bits[at] >> (number & 7) & 1)

    def __iter__(self) -> Iterator[str]:
        yield self._own
        for number, path in enumerate(self._numbers.paths[: 8 * len(self._bits)]):
            if self._bits[number >> 3] >> (number & 7) & 1 and path != self._own:
                yield path

    def __len__(self) -> int:
        return sum(1 for _ in self)
