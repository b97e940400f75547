"""Guards of code that conditions in code dominate."""

import re

import pytest

from analyzer.extract.dominance import _marks, implied
from analyzer.extract.extractor import extract


@pytest.mark.parametrize(
    ("expression", "when_true", "when_false"),
    [
        ("IS_ENABLED(CONFIG_A)", "IS_ENABLED(CONFIG_A)", "!IS_ENABLED(CONFIG_A)"),
        ("!IS_ENABLED(CONFIG_A)", "!IS_ENABLED(CONFIG_A)", "IS_ENABLED(CONFIG_A)"),
        ("(IS_BUILTIN(CONFIG_A) && x)", "IS_BUILTIN(CONFIG_A)", ""),
        ("IS_BUILTIN(CONFIG_A) || x", "", "!IS_BUILTIN(CONFIG_A)"),
        ("x || y && 0", "", ""),
        ("0", "0", ""),
        ("!0", "", "0"),
        ("likely(!!IS_MODULE(CONFIG_A))", "IS_MODULE(CONFIG_A)", "!IS_MODULE(CONFIG_A)"),
        ("IS_ENABLED(CONFIG_A) == x", "", ""),
        ("!IS_ENABLED(CONFIG_A) + 1", "", ""),
        ("IS_ENABLED(CONFIG_A) ? x : y", "", ""),
        ("f(IS_ENABLED(CONFIG_A))", "", ""),
        (
            "IS_ENABLED(CONFIG_A) || IS_ENABLED(CONFIG_B)",
            "IS_ENABLED(CONFIG_A) || IS_ENABLED(CONFIG_B)",
            "!IS_ENABLED(CONFIG_A) && !IS_ENABLED(CONFIG_B)",
        ),
    ],
)
def test_what_a_condition_implies(expression: str, when_true: str, when_false: str) -> None:
    assert implied(re.findall(r"\w+|&&|\|\||[^\s\w]", expression)) == (when_true, when_false)


def guards(body: str) -> dict[str, str]:
    """The guard of each call in a body."""
    indented = re.sub(r"(?m)^(?=[a-z])", "\t", body)
    facts = extract(f"void f(void)\n{{\n{indented}\n}}\n".encode())
    return {call.name: call.guard for call in facts.definitions[0].calls if not call.name.startswith("IS_")}


def test_branches_and_operands() -> None:
    found = guards("if (IS_ENABLED(CONFIG_A) && a()) b(); else c(); x = IS_ENABLED(CONFIG_B) ? d() : e();")
    assert found == {
        "a": "IS_ENABLED(CONFIG_A)",
        "b": "IS_ENABLED(CONFIG_A)",
        "c": "",
        "d": "IS_ENABLED(CONFIG_B)",
        "e": "!IS_ENABLED(CONFIG_B)",
    }


def test_an_early_exit_reaches_to_the_first_label() -> None:
    found = guards("if (!IS_ENABLED(CONFIG_A)) { a(); goto out; }\nb();\nif (x) {\nagain:\nc();\n}\nout:\nd();")
    assert found == {"a": "!IS_ENABLED(CONFIG_A)", "b": "IS_ENABLED(CONFIG_A)", "c": "", "d": ""}


def test_an_early_exit_that_only_some_configurations_have() -> None:
    found = guards("#ifdef CONFIG_X\nif (!IS_ENABLED(CONFIG_A)) return;\n#endif\na();")
    assert found == {"a": "!CONFIG_X || IS_ENABLED(CONFIG_A)"}


def test_cases_end_what_a_condition_before_them_dominates() -> None:
    found = guards(
        "switch (x) {\ncase 1:\nif (0) {\na();\ncase 2:\nb();\n}\nif (IS_ENABLED(CONFIG_A)) break;\nc();\n}"
    )
    assert found == {"a": "0", "b": "", "c": "!IS_ENABLED(CONFIG_A)"}


def test_conditions_join_those_of_the_preprocessor() -> None:
    found = guards("#ifdef CONFIG_X\nif (IS_ENABLED(CONFIG_A))\na();\n#endif\nwhile (0) b();")
    assert found == {"a": "CONFIG_X && IS_ENABLED(CONFIG_A)", "b": "0"}


@pytest.mark.parametrize(
    ("text", "ends_with"),
    [
        ("if (0)", [")"]),
        ("while ( ! 1 )", [")"]),
        ("x = 1 ? a : b", ["?"]),
        ("a || true)", [")"]),
        ("(false &&", ["&&"]),
        ("if (IS_ENABLED(CONFIG_A))", ["("]),
        ("f(0); g(a, 1); (0); x10 && y; NOT_IS_ENABLED(x); return 1;", []),
    ],
)
def test_marks(text: str, ends_with: list[str]) -> None:
    ends = list(_marks(text.encode()))
    assert [text[end - len(mark) : end] for end, mark in zip(ends, ends_with, strict=True)] == ends_with
