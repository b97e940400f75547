"""What is read from the text of a declaration is what its syntax tree says."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.extract import objects, variables
from analyzer.extract.extractor import extract
from analyzer.model.callgraph import Parameter
from analyzer.model.facts import FileFacts

_NEVER = re.compile(rb"(?!)((()))")


def by_tree(data: bytes) -> FileFacts:
    """The facts with every declaration looked up in the syntax tree."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("plain_variables", "plain_parameter", "plain_parameters"):
            patch.setattr(variables, name, lambda _spelled: None)
        patch.setattr(objects, "PROTOTYPE", _NEVER)
        patch.setattr(objects, "_PLAIN_ITEM", _NEVER)
        return extract(data)


_TYPES = st.sampled_from(
    (
        "int", "unsigned", "unsigned long", "long long int", "u32", "const char", "struct sock", "union bpf_attr",
        "static int", "static const struct net_proto_family", "volatile int", "enum pid_type", "bool", "void",
        "char const", "struct sock const", "register int", "__u32", "struct { int a; }", "typeof(x)",
    )
)  # fmt: skip
_DECLARATORS = st.sampled_from(
    ("a", "*a", "**a", "* a", "*const a", "a, b", "*a, b", "a, *b, **c", "a[4]", "(*a)(int)", "a = 1", "*a = f(x)",
     "*a = f(x, y)", "a = b, c = d", "a = { 0 }", "a =\n\tf(x)", "a = b = c", "a = (struct s) { 1 }", "a: 3")
)  # fmt: skip


@given(st.lists(st.tuples(_TYPES, _DECLARATORS), max_size=4))
def test_variables_are_those_of_the_tree(declarations: list[tuple[str, str]]) -> None:
    body = "".join(f"\t{kind} {names};\n" for kind, names in declarations)
    data = f"int f(void)\n{{\n{body}\treturn 0;\n}}\n".encode()
    assert extract(data) == by_tree(data)


@given(
    st.lists(st.tuples(_TYPES, st.sampled_from(("a", "*a", "", "*", "a[]", "(*a)(int)", "* const a"))), max_size=4)
)
def test_parameters_and_prototypes_are_those_of_the_tree(parameters: list[tuple[str, str]]) -> None:
    listed = ", ".join(f"{kind} {name}".strip() for kind, name in parameters)
    data = f"extern struct sock *g({listed});\nint f({listed})\n{{\n\treturn 0;\n}}\n".encode()
    assert extract(data) == by_tree(data)


@pytest.mark.parametrize(
    "declaration",
    [
        "extern int (x);",
        'register unsigned long current_stack_pointer asm ("sp");',
        'extern struct task_struct *f(int a) asm("g");',
        "static FOO(x);",
        "const foo (x);",
        "inline f(x);",
        "unsigned f(x);",
        "foo f(x);",
        "extern asm(x);",
        "void __f(int a);",
        "struct s f();",
        "int f(int a), g(int b);",
        "struct sock *(*f)(int a);",
        "unsigned long f (void);",
        "static inline int f(int (*g)(void));",
        "typedef int f(int a);",
        "struct file_operations o = { .open = f, .read = &g, .release\t= h, .x = 1, .y = f(1), .z.w = f };",
        "int old(a, b) char *a; { return 0; }",
    ],
)
def test_other_declarations_are_those_of_the_tree(declaration: str) -> None:
    data = declaration.encode() + b"\n"
    assert extract(data) == by_tree(data)


def test_plain_parameters() -> None:
    found = variables.plain_parameters(b"(const struct sock *sk, int  len)")
    assert found == (Parameter("const struct sock *", "sk"), Parameter("int", "len"))
    assert variables.plain_parameters(b"(void)") == ()
    assert variables.plain_parameters(b"(int)") is None
