"""Answers about macros are shared by files in which the macros that were met are the same."""

import trees

from analyzer.resolve.alike import Alike, Met, single_tokens
from analyzer.resolve.macros import Expander
from analyzer.resolve.scope import Scope
from analyzer.resolve.tokens import tokenize

FILES = {
    "same_a.h": "#define NAME(x) PREFIX x\n#define PREFIX one\n",
    "same_b.h": "#define PREFIX two\n",
    "other.h": "#define PREFIX a + b\n",
    "a.c": '#include "same_a.h"\n',
    "b.c": '#include "same_a.h"\n',
    "c.c": '#include "same_a.h"\n#undef PREFIX\n#include "same_b.h"\n#define PREFIX two\n',
    "d.c": '#include "same_a.h"\n#define PREFIX a + b\n',
}


def asked(paths: str, *, loosely: bool = False) -> list[str]:
    """The files for which the expansion of `NAME(y)` was made anew."""
    scopes = trees.resolver(FILES).scopes
    alike: Alike[str, str] = Alike()
    made: list[str] = []

    def make(scope: Scope) -> tuple[Met, str]:
        made.append(scope.path)
        footprint = Expander(scope.macro).expand(tokenize("NAME(y)")).footprint
        return Met(footprint, set(single_tokens(footprint)) if loosely else ()), scope.path

    for path in paths.split():
        scope = scopes.of(path)
        alike.get(scope, "NAME", lambda scope=scope: make(scope))  # type: ignore[misc]
        alike.get(scope, "NAME", lambda: (Met({}), "asked twice"))
    return made


def test_files_with_the_same_macros_share_an_answer() -> None:
    assert asked("a.c b.c") == ["a.c"]


def test_another_meaning_asks_anew() -> None:
    assert asked("a.c c.c d.c b.c") == ["a.c", "c.c", "d.c"]


def test_any_token_may_stand_for_a_loose_macro_but_no_more_than_one() -> None:
    assert asked("a.c c.c d.c", loosely=True) == ["a.c", "d.c"]


def test_the_macros_that_stand_for_one_token() -> None:
    scope = trees.resolver(FILES).scopes.of("a.c")
    footprint = Expander(scope.macro).expand(tokenize("NAME(y)")).footprint
    assert single_tokens(footprint) == {"PREFIX": "one"}
