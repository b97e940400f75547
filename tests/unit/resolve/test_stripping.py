"""What a callee or a place comes down to."""

import pytest

from analyzer.resolve.stripping import named_by_type, strip_callee, without_subscripts
from analyzer.resolve.tokens import spell, tokenize


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("f", "f"),
        ("(*p->open)", "p->open"),
        ("&f", "f"),
        ("((f))", "f"),
        ("(int (*)(void)) f", "f"),
        ("(handler_t) f", "f"),
        ("({ int x = 1; g(x); x; })", "x"),
        ("f(x)", "f(x)"),
        ("(f)(x)", "(f)(x)"),
        ("", ""),
    ],
)
def test_what_changes_no_slot_is_taken_away(text: str, bare: str) -> None:
    assert spell(strip_callee(tokenize(text))) == bare


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("v[1]", "v"),
        ("v[2][n[0]]", "v"),
        ("(&v[1])[2]", "v"),
        ("s->table[i].fn", "s->table[i].fn"),
        ("s->table[i]", "s->table"),
        ("v]", ""),
        ("", ""),
    ],
)
def test_subscripts_at_the_end(text: str, place: str) -> None:
    assert spell(without_subscripts(tokenize(text))) == place


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('((typeof(&f))(__symbol_get("f")))', "f"),
        ("(__typeof__(&f)) p", "f"),
        ("(typeof(f)) p", ""),
        ("(typeof(&x->f)) p", ""),
        ("f", ""),
        ("", ""),
    ],
)
def test_a_cast_to_the_type_of_a_function_names_it(text: str, name: str) -> None:
    assert named_by_type(tokenize(text)) == name
