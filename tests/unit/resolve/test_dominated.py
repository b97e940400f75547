"""Guards inside an expansion."""

import pytest

from analyzer.resolve.dominated import guards_of
from analyzer.resolve.tokens import tokenize


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{ if (IS_ENABLED(CONFIG_A)) a(); else { b(); } c(); }", {"a": "A", "b": "!A", "c": ""}),
        ("(IS_ENABLED(CONFIG_A) && a() || b())", {"a": "A", "b": ""}),
        ("(IS_ENABLED(CONFIG_A) ? a() : b())", {"a": "A", "b": "!A"}),
        ("(IS_ENABLED(CONFIG_A) || a())", {"a": "!A"}),
        ("do { if (0) a(); } while (0)", {"a": "0"}),
        ("if (IS_ENABLED(CONFIG_A)) if (x) a(); else b(); else c();", {"a": "A", "b": "A", "c": "!A"}),
        ("0 ; 1 ? a() : b()", {"a": "", "b": ""}),
        ("a() , b()", {"a": "", "b": ""}),
    ],
)
def test_guards_of_tokens(text: str, expected: dict[str, str]) -> None:
    tokens = tokenize(text)
    guards = guards_of(tokens) or [""] * len(tokens)
    found = {t.text: g for t, g in zip(tokens, guards, strict=True) if t.text in expected}
    assert found == {name: guard.replace("A", "IS_ENABLED(CONFIG_A)") for name, guard in expected.items()}
