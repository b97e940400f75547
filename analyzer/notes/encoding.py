"""From a note's bytes to its text, and back to the same bytes.

UTF-8 with or without a byte order mark, else GB18030 (which reads GBK and GB2312). Not handled: UTF-16, and
other national encodings, whose bytes GB18030 may read as something else.
"""

import re
from dataclasses import dataclass

from analyzer.errors import NoteError

MAX_BYTES = 50_000_000
_BOM = b"\xef\xbb\xbf"
_LINE = re.compile(r"[^\n\r]*(?:\r\n|\n|\r)|[^\n\r]+")


@dataclass(frozen=True, slots=True)
class Decoded:
    """A note's lines with their line ends. `exact`: `encode` gives the same bytes."""

    lines: tuple[str, ...]
    encoding: str
    bom: bool
    exact: bool


def decode(data: bytes, path: str) -> Decoded:
    """The text of a note. Raises NoteError for a file that is no text."""
    if len(data) > MAX_BYTES:
        raise NoteError(f"{path} is too large for a note ({len(data)} bytes).", hint="Give text files.")
    if b"\0" in data:
        raise NoteError(f"{path} is no text: it has zero bytes.", hint="Give Markdown, reST, Org or plain text.")
    bom = data.startswith(_BOM)
    body = data[len(_BOM) :] if bom else data
    for encoding in ("utf-8", "gb18030"):
        try:
            text = body.decode(encoding)
        except UnicodeDecodeError:
            continue
        lines = tuple(_LINE.findall(text))
        return Decoded(lines, encoding, bom, encode(lines, encoding, bom) == data)
    # Broken bytes somewhere: the rest can still be read, but not written back as text.
    text = body.decode("utf-8", "replace")
    return Decoded(tuple(_LINE.findall(text)), "utf-8", bom, False)


def encode(lines: tuple[str, ...], encoding: str, bom: bool) -> bytes:
    """The bytes of a note's lines. Raises NoteError when the encoding lacks a character."""
    try:
        return (_BOM if bom else b"") + "".join(lines).encode(encoding)
    except UnicodeEncodeError as error:
        raise NoteError(
            f"{encoding} cannot write {error.object[error.start : error.end]!r}.",
            hint="Convert the note to UTF-8.",
        ) from error
