"""Names that an assembler file defines: enough to know that a function exists.

Not handled: calls made in assembler, and names that assembler macros paste together.
"""

import re

from analyzer.extract.lexical import line_of, line_starts
from analyzer.model.facts import FileFacts, Invocation

_SYMBOL = re.compile(
    rb"^[ \t]*(SYM_\w+|ENTRY|GLOBAL|WEAK|EXPORT|FUNC_START|_GLOBAL|SYSCALL)[ \t]*\([ \t]*(\w+)"
    rb"|^[ \t]*(\.globl|\.global|\.weak)[ \t]+(\w+)",
    re.M,
)


def extract_assembly(data: bytes) -> FileFacts:
    """The symbols of an assembler source, each as a use of what declares it."""
    starts = line_starts(data)
    found = []
    for match in _SYMBOL.finditer(data):
        macro = (match.group(1) or match.group(3)).decode()
        name = (match.group(2) or match.group(4)).decode()
        line = line_of(starts, match.start())
        found.append(Invocation(macro, name, line, line, 1, match.start(), match.end(), "", ""))
    return FileFacts(invocations=tuple(found), size=len(data), lines=len(starts))
