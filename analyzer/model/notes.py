"""What a study note tells of the things it mentions, beyond the call tree.

Texts are the source's own. Not here: the note's layout (`analyzer.render.note`).
"""

import msgspec


class Comment(msgspec.Struct, frozen=True):
    """The comment above a definition: its first sentence (kernel-doc's summary) on one line, and the whole of it
    without its frame. `line` is where it begins."""

    summary: str
    text: str
    line: int
    kernel_doc: bool = False
