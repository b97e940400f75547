"""What single files say about macros by their directives."""

import pytest
from trees import resolver

from analyzer.resolve.directives import Directives


def directives(text: str) -> Directives:
    return Directives(resolver({"a.h": text}).index)


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("#if SCTP_DEBUG", {"SCTP_DEBUG"}),
        ("#ifdef SCTP_DEBUG", set()),
        ("#ifndef readq", set()),
        ("#if defined(readq) || !defined(writeq)", set()),
        ("#if defined readq && LEVELS > 3", {"LEVELS"}),
        ("#  elif LEVELS == 4", {"LEVELS"}),
        ("#if 0 /* readq */", set()),
        ("#if A // readq", {"A"}),
    ],
)
def test_values_that_conditions_ask_for(line: str, names: set[str]) -> None:
    text = f"#if 0\n{line}\n#endif\n" if "elif" in line else f"{line}\n#endif\n"
    assert directives(text).asked("a.h") == names


def test_macros_that_a_header_defines_anew() -> None:
    text = "#undef LOCK\n#define LOCK L\n#define OTHER 1\n#undef OTHER\n#undef GONE\n"
    assert directives(text).renewed("a.h") == {"LOCK"}


def test_several_headers_must_define_a_macro_anew() -> None:
    files = {
        "lib/spin.h": "#undef LOCK\n#define LOCK L\n#undef ONE\n#define ONE 1\n",
        "lib/mutex.h": "#undef LOCK\n#define LOCK ML\n",
        "lib/a.c": '#include "spin.h"\n#include "mutex.h"\n',
        "lib/b.c": '#include "spin.h"\n',
    }
    scopes = resolver(files).scopes
    assert scopes.renewed("lib/a.c") == {"LOCK"}
    assert not scopes.renewed("lib/b.c")
