"""How bytes are packed for the index: compressed (alone or against other bytes) or sealed, each with a checksum,
and the marks of words.

Data that does not fit its checksum is a ValueError here; the store says which file that is in.
"""

import array
import zlib
from collections.abc import Iterable

import zstandard

_DECOMPRESSOR = zstandard.ZstdDecompressor()
_LARGEST = 1 << 31  # bytes that may come out of a compressed row
_SEAL = 4  # bytes before sealed data
_LEVEL = 3
_TABLED = 17  # bits: what is longer than the tables of that level reach needs larger ones to be found again
_LARGEST_TABLE = 22
_COMPRESSOR = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True)


def compress(data: bytes) -> bytes:
    """Zstandard, level 3, with a checksum."""
    return _COMPRESSOR.compress(data)


def decompress(packed: bytes) -> bytes:
    """What `compress` was given. Raises ValueError for anything else."""
    try:
        return _DECOMPRESSOR.decompress(packed, max_output_size=_LARGEST)
    except (zstandard.ZstdError, MemoryError) as error:
        raise ValueError(str(error)) from error


def compress_against(data: bytes, basis: bytes) -> bytes:
    """What tells `data` from `basis`: Zstandard with the basis for a dictionary, as in `zstd --patch-from`."""
    reach = len(basis).bit_length()
    tables = min(reach - 2, _LARGEST_TABLE)
    larger = {"hash_log": tables, "chain_log": tables} if tables > _TABLED else {}
    parameters = zstandard.ZstdCompressionParameters.from_level(
        _LEVEL,
        source_size=len(data),
        dict_size=len(basis),
        window_log=max((len(data) + len(basis)).bit_length(), zstandard.WINDOWLOG_MIN),
        write_checksum=True,
        **larger,
    )
    return zstandard.ZstdCompressor(compression_params=parameters, dict_data=_raw(basis)).compress(data)


def decompress_against(packed: bytes, basis: bytes) -> bytes:
    """What `compress_against` was given with that basis. Raises ValueError for anything else."""
    try:
        return zstandard.ZstdDecompressor(dict_data=_raw(basis)).decompress(packed, max_output_size=_LARGEST)
    except (zstandard.ZstdError, MemoryError) as error:
        raise ValueError(str(error)) from error


def saves(difference: bytes, whole: bytes) -> bool:
    """Whether bytes that were compressed against others take so much less than alone that it is worth their
    depending on these."""
    return 2 * len(difference) < len(whole)


def _raw(basis: bytes) -> zstandard.ZstdCompressionDict:
    return zstandard.ZstdCompressionDict(basis, dict_type=zstandard.DICT_TYPE_RAWCONTENT)


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


def has_mark(marks: bytes, word: bytes, *, sealed: bool = False) -> bool:
    """Whether a word's mark is among marks; among sealed ones without a look at the seal."""
    first = _SEAL if sealed else 0
    mark = word_mark(word)
    at = marks.find(mark, first)
    while at >= 0 and (at - first) % len(mark):
        at = marks.find(mark, at + 1)
    return at >= 0
