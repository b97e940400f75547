"""Functions that the linker gives a second name."""

import pytest

from analyzer.extract.extractor import extract
from analyzer.model.callgraph import Parameter


@pytest.mark.parametrize(
    "attribute",
    [
        "__alias(crc32_le)",
        '__attribute__((alias("crc32_le")))',
        '__attribute__((__alias__("crc32" "_le")))',
        "__attribute__((alias(__stringify(crc32_le))))",
    ],
)
def test_an_alias_calls_what_it_stands_for(attribute: str) -> None:
    (alias,) = extract(f"\nu32 *crc32_le_base(u32 crc)\n\t{attribute};\n".encode()).definitions
    assert (alias.name, alias.line, alias.end_line, alias.end) == ("crc32_le_base", 2, 3, 0)
    assert [(call.name, call.line) for call in alias.calls] == [("crc32_le", 3)]
    assert alias.parameters == (Parameter("u32", "crc"),)
    assert not alias.weak


def test_an_alias_may_be_weak() -> None:
    (alias,) = extract(b'int f(void)\n\t__attribute__ ((weak, alias("__f")));\n').definitions
    assert alias.weak


@pytest.mark.parametrize("text", ["int alias(int a);\n", 'char v[2] __attribute__((alias("w")));\n'])
def test_other_declarations_are_no_functions(text: str) -> None:
    assert not extract(text.encode()).definitions
