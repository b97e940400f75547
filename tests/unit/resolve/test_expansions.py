"""What macro uses call: once for all uses, and one by one where an argument has a say."""

import pytest
import trees

from analyzer.resolve.expansions import Expansions
from analyzer.resolve.handed import told
from analyzer.resolve.resolver import Resolver
from analyzer.resolve.scope import Scope
from analyzer.resolve.spelling import argument_texts
from analyzer.resolve.tokens import tokenize

HEADER = """
#define PLAIN(x) do { helper(x); other((x) + 1); } while (0)
#define UNIQUE(x) ({ int v_##x = get(); put(v_##x); })
#define NAMED(x) do { do_##x(1); } while (0)
#define GIVEN(f, x) f(x)
#define CHOOSING(x) CHOICE_##x(1)
#define CHOICE_macro(y) chosen(y)
#define WHEN(c, x) do { if (c) helper(x); else other(x); } while (0)
#define MANY(x, ...) helper(x, ##__VA_ARGS__)
#define ENDS(w, x, y, z) helper(w, z)
"""


@pytest.fixture(scope="module")
def resolver() -> Resolver:
    files = {"h.h": HEADER, "a.c": '#include "h.h"\n', "b.c": '#include "h.h"\n'}
    return trees.resolver(files)


@pytest.fixture
def scope(resolver: Resolver) -> Scope:
    return resolver.scopes.of("a.c")


def called(scope: Scope, use: str, expansions: Expansions | None = None) -> list[str]:
    name = use.partition("(")[0]
    made = (expansions or Expansions()).summary(scope, name, tokenize(use))
    return [f"{m.name or 'computed'} if {m.guard}" if m.guard else m.name or "computed" for m in made]


@pytest.mark.parametrize(
    ("use", "calls"),
    [
        ("PLAIN(a)", ["helper", "other"]),
        ("PLAIN(a->b + c(d))", ["helper", "other"]),
        ("UNIQUE(a)", ["get", "put"]),
        ("NAMED(open)", ["do_open"]),
        ("GIVEN(start, 1)", ["start"]),
        ("GIVEN(a->start, 1)", ["computed"]),
        ("CHOOSING(macro)", ["chosen"]),
        ("CHOOSING(none)", ["CHOICE_none"]),
        ("WHEN(a, b)", ["helper", "other"]),
        ("WHEN(0, b)", ["helper if 0", "other"]),
        ("WHEN(1, b)", ["helper", "other if 0"]),
        ("WHEN(IS_ENABLED(CONFIG_X), b)", ["helper if IS_ENABLED(CONFIG_X)", "other if !IS_ENABLED(CONFIG_X)"]),
        ("WHEN(IS_ENABLED(CONFIG_X) && a, b)", ["helper if IS_ENABLED(CONFIG_X)", "other"]),
        ("MANY(a)", ["helper"]),
        ("MANY(a, b, c)", ["helper"]),
    ],
)
def test_calls_of_a_use(scope: Scope, use: str, calls: list[str]) -> None:
    assert called(scope, use) == calls


def test_no_use_changes_what_another_calls(resolver: Resolver) -> None:
    uses = [
        "NAMED(open)",
        "NAMED(close)",
        "WHEN(0, a)",
        "WHEN(a, a)",
        "CHOOSING(x)",
        "CHOOSING(macro)",
        "MANY(a, b)",
    ]
    together = Expansions()
    for path in ("a.c", "b.c", "a.c"):
        scope = resolver.scopes.of(path)
        for use in (*uses, *reversed(uses)):
            assert called(scope, use, together) == called(scope, use)


def test_arguments_of_a_call_in_terms_of_the_use(scope: Scope) -> None:
    first, second = Expansions().summary(scope, "PLAIN", tokenize("PLAIN(a->b)"))
    assert first.handed == ((0,),)
    assert [type(piece) for piece in second.handed[0]] == [str, int, str]


def test_braces_hold_no_arguments_together(scope: Scope) -> None:
    """To the preprocessor the second argument ends inside of the braces."""
    use = "ENDS(a, (struct t){1, 2}, c)"
    (made,) = Expansions().summary(scope, "ENDS", tokenize(use))
    assert told(made.handed, made.taken, argument_texts(use, macro=True)) == ("a", "c")


def test_what_follows_the_parentheses_belongs_to_the_use(scope: Scope) -> None:
    made = Expansions().summary(scope, "GIVEN", tokenize("GIVEN(table, 1)(2)"))
    assert [m.name or m.callee[0].text for m in made] == ["table", "table"]
