"""Comments, literals and preprocessor lines."""

import pytest

from analyzer.extract.lexical import blank, lex, line_of, line_starts, strip_comments


@pytest.mark.parametrize(
    ("text", "skeleton"),
    [
        ("a /* b */ c", "a         c"),
        ("a // b\nc", "a     \nc"),
        ("a // b \\\n more\nc", "a       \n     \nc"),
        ('f("x /* y", z)', 'f("      ", z)'),
        ("c = '\"'; d", "c = ' '; d"),
        ('"a\\"b" + c', '"    " + c'),
        ("/* unfinished\nx", "             \n "),
        ('it "s unfinished\nx', 'it "s unfinished\nx'),
        ("#define X /* a\n b */ y\nz", "              \n       \nz"),
        ("#define X 1 /* a\n b */ \\\n y /*\n*/ w\nz", f"{' ' * 16}\n{' ' * 7}\n{' ' * 5}\n{' ' * 4}\nz"),
        ('s = "a \\\n b";', 's = " " \n   ;'),
        ("a \\\n b", "a  \n b"),
        ('f("\\\n b", c)', 'f(""\n   , c)'),
        ("  # include <x>\nz", "               \nz"),
        ("#define A \\\n f()\nz", "           \n    \nz"),
    ],
)
def test_skeleton(text: str, skeleton: str) -> None:
    assert lex(text.encode()).skeleton.decode() == skeleton


def test_directives_are_joined_and_without_comments() -> None:
    text = b"#define A(x) /* one */ f(x) \\\n\t+ 2 // two\n#if defined(B) \\\n && C\n#endif\n"
    assert [(d.keyword, " ".join(d.rest.split())) for d in lex(text).directives] == [
        ("define", "A(x) f(x) + 2"),
        ("if", "defined(B) && C"),
        ("endif", ""),
    ]


def test_a_comment_continues_a_directive() -> None:
    text = b"#define A /* one\n two */ 1 \\\n + 2 /* three\n */ + 3\nint b;\n"
    assert [(d.keyword, " ".join(d.rest.split())) for d in lex(text).directives] == [("define", "A 1 + 2 + 3")]
    assert lex(text).skeleton.split() == [b"int", b"b;"]


def test_a_hash_in_a_literal_or_comment_is_no_directive() -> None:
    assert lex(b'char *s = "\\\n#define A";\n/*\n#if 0\n*/\n').directives == ()


def test_zero_bytes_are_spaces() -> None:
    assert lex(b"int\0a;").skeleton == b"int a;"


def test_strip_comments_keeps_literals() -> None:
    assert strip_comments(b'a/* x */b "/* y */" // z') == b'a b "/* y */"  '


def test_lines() -> None:
    starts = line_starts(b"ab\n\ncd\n")
    assert [line_of(starts, offset) for offset in (0, 2, 3, 4, 6)] == [1, 1, 2, 3, 3]


def test_blank_keeps_lines() -> None:
    assert blank(b"ab\r\nc") == b"   \n "
