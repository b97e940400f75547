"""How bytes are packed for the index: compressed or sealed, both with a checksum, and the marks of words.

Data that does not fit its checksum is a ValueError here; the store says which file that is in.
"""

import array
import zlib
from collections.abc import Iterable

import zstandard

_COMPRESSOR = zstandard.ZstdCompressor(level=3, write_checksum=True)
_DECOMPRESSOR = zstandard.ZstdDecompressor()
_LARGEST = 1 << 31  # bytes that may come out of a compressed row
_SEAL = 4  # bytes before sealed data


def compress(data: bytes) -> bytes:
    """Zstandard, level 3, with a checksum."""
    return _COMPRESSOR.compress(data)


def decompress(packed: bytes) -> bytes:
    """What `compress` was given. Raises ValueError for anything else."""
    try:
        return _DECOMPRESSOR.decompress(packed, max_output_size=_LARGEST)
    except (zstandard.ZstdError, MemoryError) as error:
        raise ValueError(str(error)) from error


def seal(data: bytes) -> bytes:
    """The data behind its CRC-32."""
    return zlib.crc32(data).to_bytes(_SEAL, "little") + data


def unseal(sealed: bytes) -> bytes:
    """What `seal` was given. Raises ValueError for anything else."""
    if len(sealed) < _SEAL or zlib.crc32(memoryview(sealed)[_SEAL:]) != int.from_bytes(sealed[:_SEAL], "little"):
        raise ValueError("a checksum does not fit")
    return sealed[_SEAL:]


def word_mark(word: bytes) -> bytes:
    """The three bytes that stand for a word among a blob's words."""
    return zlib.crc32(word).to_bytes(4, "little")[:3]


def word_marks(words: Iterable[bytes]) -> bytes:
    """The marks of many words, packed."""
    packed = bytearray(array.array("I", sorted(map(zlib.crc32, words))).tobytes())
    if array.array("I", [1]).tobytes()[0]:
        del packed[3::4]
    else:  # big-endian
        packed = bytearray(b"".join(bytes(packed[at : at + 4][:0:-1]) for at in range(0, len(packed), 4)))
    return bytes(packed)


def has_mark(sealed: bytes, word: bytes) -> bool:
    """Whether a word's mark is among sealed marks, without a look at the seal."""
    mark = word_mark(word)
    at = sealed.find(mark, _SEAL)
    while at >= 0 and (at - _SEAL) % len(mark):
        at = sealed.find(mark, at + 1)
    return at >= 0
