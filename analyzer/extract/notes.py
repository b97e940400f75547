"""What masking hides that means something.

Not handled: what the resolver makes of it.
"""

from typing import NamedTuple


class Note(NamedTuple):
    """Something masked that is a use of a macro: `end` is after its closing parenthesis."""

    name: str
    start: int
    end: int


class Head(NamedTuple):
    """A function whose head is a macro use; `brace` is the offset of its `{`."""

    name: str
    start: int
    end: int
    brace: int
    prefix: str


class TopInvocation(NamedTuple):
    """A macro use at file scope. `stop` is after its `;` or its last byte."""

    name: str
    start: int
    open: int
    close: int
    stop: int
    prefix: str
    tail_start: int
    tail_end: int


class Masked(NamedTuple):
    """Text to parse, and what the masking hid."""

    text: bytes
    uses: tuple[Note, ...]
    heads: tuple[Head, ...]
    invocations: tuple[TopInvocation, ...]
    weak: frozenset[int]
