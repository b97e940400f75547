"""Postings on disk: which blobs have a key, in segments of sorted keys cut into blocks.

A segment covers some thousand blobs whose rows follow each other. Its keys are spread evenly over a power of two
of blocks by their first bits, so a look-up reads one block of each segment. Every block carries what it is and a
checksum: damage is an error, never a missing name.

Keys are 32-bit hashes; names that collide give a blob too many, which readers must stand.
"""

import array
import itertools
import struct
import sys
import zlib
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

_HEAD = struct.Struct("<IIII")  # checksum of the rest, segment, block, number of keys
_KEYS_PER_BLOCK = 512
_SHIFT = 16  # blobs of a segment are numbered in as many bits
Keys: TypeAlias = "array.array[int]"
MAX_BLOBS = 1 << _SHIFT


def block_bits(keys: int) -> int:
    """How many first bits of a key choose its block, for a segment of so many (key, blob) pairs."""
    return max(0, min(16, (keys // (2 * _KEYS_PER_BLOCK)).bit_length()))


def blocks_of(segment: int, bits: int, blobs: Sequence[tuple[int, Keys]]) -> Iterator[bytes]:
    """The blocks of a segment from (number within the segment, keys) of its blobs; block i holds the keys
    whose first `bits` bits are i."""
    # Floats hold 53 bits exactly and sort twice as fast as integers of more than 30.
    pairs: list[float] = []
    for number, keys in blobs:
        pairs.extend([key * 65536.0 + number for key in keys])
    pairs.sort()
    limit = float(1 << (32 + _SHIFT - bits))
    at = 0
    for block in range(1 << bits):
        end = bisect_left(pairs, (block + 1) * limit, at)
        yield _encode(segment, block, pairs[at:end])
        at = end


def _encode(segment: int, block: int, pairs: Sequence[float]) -> bytes:
    wholes = list(map(int, pairs))
    numbers = array.array("H", [whole & (MAX_BLOBS - 1) for whole in wholes])
    counts = Counter([whole >> _SHIFT for whole in wholes])  # the keys come in order
    keys = array.array("I", counts)
    ends = array.array("I", itertools.accumulate(counts.values()))
    body = _packed(keys) + _packed(ends) + _packed(numbers)
    rest = _HEAD.pack(0, segment, block, len(keys))[4:] + body
    return zlib.crc32(rest).to_bytes(4, "little") + rest


class Block:
    """A block read back. Raises ValueError for one that is damaged or not the one asked for."""

    __slots__ = ("_ends", "_keys", "_numbers")

    def __init__(self, data: bytes, segment: int, block: int) -> None:
        if len(data) < _HEAD.size:
            raise ValueError("a block of names is cut off")
        check, found_segment, found_block, count = _HEAD.unpack_from(data)
        if zlib.crc32(memoryview(data)[4:]) != check or (found_segment, found_block) != (segment, block):
            raise ValueError("a block of names does not fit its checksum")
        view = memoryview(data)[_HEAD.size :]
        self._keys = _unpacked("I", view[: 4 * count])
        self._ends = _unpacked("I", view[4 * count : 8 * count])
        self._numbers = _unpacked("H", view[8 * count :])

    def numbers(self, key: int) -> Sequence[int]:
        """The blobs that have a key, numbered within the segment."""
        at = bisect_left(self._keys, key)
        if at == len(self._keys) or self._keys[at] != key:
            return ()
        return self._numbers[self._ends[at - 1] if at else 0 : self._ends[at]]

    def pairs(self) -> Iterator[tuple[int, int]]:
        """All (key, number)."""
        start = 0
        for key, end in zip(self._keys, self._ends, strict=True):
            for number in self._numbers[start:end]:
                yield key, number
            start = end

    def kept(self, segment: int, block: int, numbers: Iterable[int]) -> bytes:
        """The block with those blobs only."""
        wanted = set(numbers)
        return _encode(
            segment, block, [key * 65536.0 + number for key, number in self.pairs() if number in wanted]
        )


def _packed(values: Keys) -> bytes:
    if sys.byteorder == "big":
        values = values[:]
        values.byteswap()
    return values.tobytes()


def _unpacked(code: str, view: memoryview) -> Keys:
    values = array.array(code)
    values.frombytes(view)
    if sys.byteorder == "big":
        values.byteswap()
    return values


def keys_from(data: bytes) -> Keys:
    """Keys as a worker packed them with `pack_keys`."""
    return _unpacked("I", memoryview(data))


def pack_keys(keys: Iterable[int]) -> bytes:
    """Distinct keys, sorted, as bytes."""
    return _packed(array.array("I", sorted(set(keys))))
