"""The small language of presence conditions."""

import pytest

from analyzer.model.guards import Truth, conjunction, evaluate, exhaustive, negation, normalise, shared


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("", ""),
        ("1", ""),
        ("0", "0"),
        ("defined(CONFIG_A)", "CONFIG_A"),
        ("defined CONFIG_A", "CONFIG_A"),
        ("!defined(CONFIG_A)", "!CONFIG_A"),
        ("!!CONFIG_A", "CONFIG_A"),
        ("CONFIG_A && CONFIG_A", "CONFIG_A"),
        ("CONFIG_A && !CONFIG_A", "0"),
        ("CONFIG_A || !CONFIG_A", ""),
        ("CONFIG_A && 1", "CONFIG_A"),
        ("CONFIG_A || 1", ""),
        ("(CONFIG_A || CONFIG_B) && CONFIG_C", "(CONFIG_A || CONFIG_B) && CONFIG_C"),
        ("CONFIG_A && CONFIG_B || CONFIG_C", "(CONFIG_A && CONFIG_B) || CONFIG_C"),
        ("IS_ENABLED(CONFIG_A)", "IS_ENABLED(CONFIG_A)"),
        ("IS_ENABLED( CONFIG_A ) && 1", "IS_ENABLED(CONFIG_A)"),
    ],
)
def test_normal_form(text: str, normal: str) -> None:
    assert normalise(text) == normal
    assert normalise(normal) == normal


@pytest.mark.parametrize("text", ["VERSION >= 5", "BITS == 64 || X", "A + B", "!(", ")", "&&"])
def test_anything_else_is_read_without_an_error(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


def test_conjunction_and_negation() -> None:
    assert conjunction() == ""
    assert conjunction("", "CONFIG_A", "") == "CONFIG_A"
    assert conjunction("CONFIG_A", "CONFIG_B", "CONFIG_A") == "CONFIG_A && CONFIG_B"
    assert conjunction("CONFIG_A || CONFIG_B", "!CONFIG_C") == "(CONFIG_A || CONFIG_B) && !CONFIG_C"
    assert conjunction("CONFIG_A", "0") == "0"
    assert conjunction("CONFIG_A && !CONFIG_B", "!(CONFIG_A && !CONFIG_B)") == "0"
    assert conjunction("CONFIG_A && CONFIG_B && CONFIG_C", "!(CONFIG_A && CONFIG_B)") == "0"
    assert conjunction("CONFIG_A", "!(CONFIG_A && CONFIG_B)") == "CONFIG_A && !(CONFIG_A && CONFIG_B)"
    assert negation("CONFIG_A && CONFIG_B") == "!(CONFIG_A && CONFIG_B)"
    assert negation(negation("CONFIG_A || CONFIG_B")) == "CONFIG_A || CONFIG_B"
    assert negation("") == "0"


@pytest.mark.parametrize(
    ("guard", "truth"),
    [
        ("", True),
        ("YES", True),
        ("!YES", False),
        ("YES && MAYBE", None),
        ("NO && MAYBE", False),
        ("YES || MAYBE", True),
        ("NO || MAYBE", None),
        ("!(NO || MAYBE)", None),
        ("YES && !NO && (NO || YES)", True),
        ("BITS > 32", None),
    ],
)
def test_three_valued(guard: str, truth: Truth) -> None:
    known = {"YES": True, "NO": False}
    assert evaluate(guard, known.get) is truth


def test_guards_that_leave_no_configuration_out() -> None:
    assert exhaustive({"CONFIG_A", "!CONFIG_A"})
    assert exhaustive({"CONFIG_A", "!CONFIG_A && CONFIG_B", "!CONFIG_A && !CONFIG_B"})
    assert exhaustive({""})
    assert not exhaustive({"CONFIG_A", "!CONFIG_B"})
    assert not exhaustive(set())
    many = [f"CONFIG_{n}" for n in range(12)]
    assert not exhaustive({negation(" && ".join(many)), *many})


@pytest.mark.parametrize(
    ("guards", "common"),
    [
        (["CONFIG_A", "CONFIG_A"], "CONFIG_A"),
        (["defined(CONFIG_A)"], "defined(CONFIG_A)"),  # one text stays as it is
        (["CONFIG_A", ""], ""),
        (["CONFIG_A", "CONFIG_B"], ""),
        (["CONFIG_A && CONFIG_B", "CONFIG_B && CONFIG_C"], "CONFIG_B"),
        (["CONFIG_A && CONFIG_B", "CONFIG_B"], "CONFIG_B"),
        (["(CONFIG_A || CONFIG_B) && CONFIG_C", "CONFIG_D && (CONFIG_A || CONFIG_B)"], "CONFIG_A || CONFIG_B"),
        (["CONFIG_A || CONFIG_B", "CONFIG_A"], ""),
    ],
)
def test_what_guards_share(guards: list[str], common: str) -> None:
    assert shared(guards) == common
