"""Length-preserving masking: what the grammar is given instead of kernel C."""

import pytest

from analyzer.extract.conditionals import analyse, variants
from analyzer.extract.dialect import BASE, local_words
from analyzer.extract.lexical import lex
from analyzer.extract.masking import identifiers_of, mask, words_of
from analyzer.extract.notes import Masked
from analyzer.extract.scanning import close_paren


def masked(text: str) -> Masked:
    """A text as the grammar gets it; length and lines are the text's."""
    lexed = lex(text.encode())
    main = variants(lexed.skeleton, analyse(lexed.directives, len(text)))[0][0]
    result = mask(main, words_of(identifiers_of(lexed.skeleton), BASE, local_words(lexed.directives)))
    assert len(result.text) == len(text)
    assert result.text.count(b"\n") == text.count("\n")
    return result


def words(text: str) -> str:
    """The masked text with white space folded."""
    return " ".join(masked(text).text.decode().split())


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("static int __init f(void)\n{\n}", "static int f(void) { }"),
        ("struct __packed s { int a; };", "struct s { int a; };"),
        ("struct s x __read_mostly = { 1 };", "struct s x = { 1 };"),
        ("struct s x __section(\".y\") = { 1 };", "struct s x = { 1 };"),
        ("void f(void) __acquires(a) { }", "void f(void) { }"),
        ("static __printf(1, 2) void f(char *s) { }", "static void f(char *s) { }"),
        ("void f(void)\n{\ncase 1 ... 5: ;\n}", "void f(void) { case 1 : ; }"),
    ],
)  # fmt: skip
def test_annotations_vanish(text: str, result: str) -> None:
    assert words(text) == result


def test_loops_become_while() -> None:
    text = "void f(void)\n{\n\tlist_for_each_entry(a, b, c) g(a);\n}\n"
    assert "while" in words(text)
    assert "list_for_each_entry" not in words(text)
    assert "g(a);" in words(text)
    assert [use.name for use in masked(text).uses] == ["list_for_each_entry"]


def test_types_in_arguments_become_names() -> None:
    line = words("void f(void)\n{\n\tg(container_of(p, struct t, m));\n}\n")
    assert "struct" not in line
    assert "g(container_of(p, T" in line


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("int a = sizeof(struct { _Static_assert(1, x); });", "int a = sizeof(T_______________________________);"),
        ("int a = sizeof(struct { int b; });", "int a = sizeof(struct { int b; });"),
        ("const auto read = ops->read;", "const T___ read = ops->read;"),
        ("auto_x = auto == 1;", "auto_x = auto == 1;"),
    ],
)
def test_what_only_newer_kernels_have(text: str, result: str) -> None:
    assert words(f"void f(void)\n{{\n\t{text}\n}}\n") == f"void f(void) {{ {result} }}"


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("struct s *uninitialized_var(p);", "struct s * p;"),
        ("int uninitialized_var(a), b, uninitialized_var(c);", "int a, b, c;"),
        ("uninitialized_var(a, b);", "uninitialized_var(a, b);"),
    ],
)
def test_what_only_older_kernels_have(text: str, result: str) -> None:
    assert words(f"void f(void)\n{{\n\t{text}\n}}\n") == f"void f(void) {{ {result} }}"


def test_a_source_may_define_attributes_with_arguments() -> None:
    define = '#define __vsyscall(nr) __attribute__((__section__(".v" #nr))) notrace\n'
    assert words(f"{define}int __vsyscall(0) f(void) {{ }}\n") == "int f(void) { }"


def test_a_macro_head_is_noted() -> None:
    text = "SYSCALL_DEFINE1(exit, int, code)\n{\n\tleave(code);\n}\n"
    (head,) = masked(text).heads
    assert (head.name, text[head.brace]) == ("SYSCALL_DEFINE1", "{")
    assert "leave(code);" in words(text)


def test_uses_at_file_scope_are_noted_and_taken_out() -> None:
    text = "int a(void) { return 1; }\nEXPORT_SYMBOL(a);\nmodule_init(a)\nint b;\n"
    assert [use.name for use in masked(text).invocations] == ["EXPORT_SYMBOL", "module_init"]
    assert words(text) == "int a(void) { return 1; } int b;"


def test_initialized_uses_keep_their_tail() -> None:
    text = "static DEFINE_PER_CPU(struct s, v) = { .f = g };\n"
    (use,) = masked(text).invocations
    assert (use.name, use.prefix.strip()) == ("DEFINE_PER_CPU", "static")
    assert "{ .f = g }" in text[use.tail_start : use.tail_end]


@pytest.mark.parametrize(("text", "end"), [(b"f(a(b)c)d", 8), (b"f(a", -1), (b"f()", 3), (b"f(()", -1)])
def test_close_paren(text: bytes, end: int) -> None:
    assert close_paren(text, 1) == end
