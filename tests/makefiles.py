"""Variables of Makefiles, for tests of what is built."""

from analyzer.resolve.kbuild.expansion import Chunk
from analyzer.resolve.kbuild.variables import Variables

A, MODULE_A, NOT_A = "CONFIG_A", "IS_MODULE(CONFIG_A)", "!IS_ENABLED(CONFIG_A)"


def variables(*assignments: str) -> Variables:
    """The variables after `NAME OPERATOR VALUE` lines."""
    found = Variables(None, lambda folder: ("a.c", "b.c", "c.S") if folder == "dir" else ())
    for line, assignment in enumerate(assignments, 1):
        name, operator, text = (*assignment.split(" ", 2), "")[:3]
        for conditions, spelled in found.alternatives(name):
            found.assign(spelled, operator, Chunk(conditions, text, "Makefile", line, name))
    return found
