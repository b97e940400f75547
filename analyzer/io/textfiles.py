"""Lines of text files, plain or compressed.

Not handled: encodings; lines are bytes.
"""

import bz2
import gzip
import lzma
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from analyzer.errors import SourceError

_OPEN: dict[str, Callable[..., Any]] = {".xz": lzma.open, ".gz": gzip.open, ".bz2": bz2.open}


def lines_of(path: str) -> Iterator[bytes]:
    """The lines of a file (`.xz`, `.gz` and `.bz2` unpacked), of standard input for `-`.
    Raises SourceError when it cannot be read."""
    if path == "-":
        yield from sys.stdin.buffer
        return
    place = Path(path).expanduser()
    try:
        with _OPEN.get(place.suffix, Path.open)(place, "rb") as file:
            yield from file
    except (OSError, EOFError, ValueError, lzma.LZMAError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SourceError(f"{path} cannot be read: {reason.lower()}.", hint="Name an existing file.") from error
