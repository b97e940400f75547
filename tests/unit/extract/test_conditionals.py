"""`#if` groups: guards by offset, dead branches, and which groups are read more than once."""

import pytest

from analyzer.extract.conditionals import analyse, awkward_groups, variants
from analyzer.extract.lexical import lex


def guard_of(text: str, mark: str = "@") -> str:
    """The guard where the mark stands."""
    data = text.encode()
    return analyse(lex(data).directives, len(data)).guard_at(text.index(mark))


@pytest.mark.parametrize(
    ("text", "guard"),
    [
        ("@", ""),
        ("#ifdef A\n@\n#endif", "A"),
        ("#ifndef A\n@\n#endif", "!A"),
        ("#if defined(A) && B\n@\n#endif", "A && B"),
        ("#ifdef A\n#else\n@\n#endif", "!A"),
        ("#if A\n#elif B\n@\n#endif", "!A && B"),
        ("#if A\n#elif B\n#else\n@\n#endif", "!A && !B"),
        ("#ifdef A\n#ifdef B\n@\n#endif\n#endif", "A && B"),
        ("#ifdef A\n#endif\n@", ""),
        ("#ifdef A\n#ifdef A\n#else\n@\n#endif\n#endif", "0"),
        ("#if 0\n@\n#endif", "0"),
        ("#if 1\n#else\n@\n#endif", "0"),
        ("#ifdef __KERNEL__\n@\n#endif", ""),
        ("#ifndef __ASSEMBLY__\n@\n#endif", ""),
        ("#endif\n#else\n@", ""),
        ("#ifdef A\n@", "A"),
        ("#ifndef _H\n#define _H\n@\n#endif", ""),
        ("#ifndef _H\n#define _G\n@\n#endif", "!_H"),
        ("#ifndef _H\n#define _H\n#ifdef A\n@\n#endif\n#endif", "A"),
    ],
)
def test_guards(text: str, guard: str) -> None:
    assert guard_of(text) == guard


def texts(text: str) -> list[str]:
    """The variants that a text is read in, without blank lines."""
    lexed = lex(text.encode())
    conditionals = analyse(lexed.directives, len(text))
    found, _ = variants(lexed.skeleton, conditionals)
    assert all(len(variant) == len(text) for variant in found)
    return [" ".join(variant.decode().split()) for variant in found]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("#ifdef A\na();\n#else\nb();\n#endif\nc();", ["a(); b(); c();"]),
        ("#if 0\na(\n#endif\nc();", ["c();"]),
        ("#ifdef A\nif (a) {\n#else\nif (b) {\n#endif\n}", ["if (a) { }", "if (b) { }"]),
        ("#ifdef A\nint f(long x)\n#else\nint f(int x)\n#endif\n{ }",
         ["int f(long x) { }", "int f(int x) { }"]),
        ("f(\n#ifdef A\na\n#else\nb\n#endif\n);", ["f( a );", "f( b );"]),
    ],
)  # fmt: skip
def test_variants(text: str, read: list[str]) -> None:
    assert texts(text) == read


def test_a_lone_branch_is_not_awkward_unless_its_brackets_are() -> None:
    text = b"x\n#ifdef A\n+ a()\n#endif\n;"
    lexed = lex(text)
    assert awkward_groups(analyse(lexed.directives, len(text)), lexed.skeleton) == ()
