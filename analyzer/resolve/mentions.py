"""Words of a function's body outside literals, comments and directives, with the condition that they stand under.

Not handled: groups of `#if` that begin before the body; the function's own guard has these.
"""

import re
from collections.abc import Iterator

from analyzer.extract.conditionals import analyse
from analyzer.extract.lexical import lex

_WORD = re.compile(rb"[A-Za-z_]\w*")


def mentions(body: bytes) -> Iterator[tuple[str, int, str]]:
    """Every word of a body's text in order: its spelling, its offset and its presence condition."""
    lexed = lex(body)
    conditionals = analyse(lexed.directives, len(body)) if lexed.directives else None
    for match in _WORD.finditer(lexed.skeleton):
        at = match.start()
        yield match.group().decode(), at, conditionals.guard_at(at) if conditionals else ""
