"""The macro expander against the C standard's examples (C11 6.10.3) and GNU's extensions."""

import pytest

from analyzer.extract.conditionals import analyse
from analyzer.extract.directives import macros_of
from analyzer.extract.lexical import lex, line_starts
from analyzer.resolve.macros import Expander, MacroDefinition, macro_definition
from analyzer.resolve.tokens import tokenize

Macros = dict[str, list[MacroDefinition]]


def read(text: str) -> Macros:
    """The `#define`s of a text, by name."""
    data = text.encode()
    directives = lex(data).directives
    found: Macros = {}
    for m in macros_of(directives, analyse(directives, len(data)), line_starts(data), large=False):
        made = macro_definition(m.name, m.parameters, m.variadic, m.body, "a.h", m.line, m.guard)
        found.setdefault(m.name, []).append(made)
    return found


def expand(macros: str, use: str, *, everything: bool = False) -> list[str]:
    """The texts of the tokens that a use expands to."""
    known = read(macros)
    expander = Expander(lambda name: known.get(name, ()), everything=everything)
    return [token.text for token in expander.expand(tokenize(use)).tokens]


def same(macros: str, use: str, result: str) -> bool:
    """Whether a use expands to the tokens of `result`."""
    expanded = expand(macros, use)
    assert expanded == [token.text for token in tokenize(result)], " ".join(expanded)
    return True


EXAMPLE_3 = """
#define x 3
#define f(a) f(x * (a))
#undef x
#define x 2
#define g f
#define z z[0]
#define h g(~
#define m(a) a(w)
#define w 0,1
#define t(a) a
#define p() int
#define q(x) x
#define r(x,y) x ## y
#define str(x) # x
""".replace("#define x 3\n", "").replace("#undef x\n", "")


@pytest.mark.parametrize(
    ("use", "result"),
    [
        ("f(y+1) + f(f(z)) % t(t(g)(0) + t)(1);",
         "f(2 * (y+1)) + f(2 * (f(2 * (z[0])))) % f(2 * (0)) + t(1);"),
        ("g(x+(3,4)-w) | h 5) & m\n(f)^m(m);",
         "f(2 * (2+(3,4)-0,1)) | f(2 * (~ 5)) & f(2 * (0,1))^m(0,1);"),
        ("p() i[q()] = { q(1), r(2,3), r(4,), r(,5), r(,) };",
         "int i[] = { 1, 23, 4, 5, };"),
        ('char c[2][6] = { str(hello), str() };', 'char c[2][6] = { "hello", "" };'),
    ],
)  # fmt: skip
def test_standard_example_3(use: str, result: str) -> None:
    assert same(EXAMPLE_3, use, result)


EXAMPLE_4 = """
#define str(s) # s
#define xstr(s) str(s)
#define debug(s, t) printf("x" # s "= %d, x" # t "= %s", \\
	x ## s, x ## t)
#define INCFILE(n) vers ## n
#define glue(a, b) a ## b
#define xglue(a, b) glue(a, b)
#define HIGHLOW "hello"
#define LOW LOW ", world"
"""


@pytest.mark.parametrize(
    ("use", "result"),
    [
        ("debug(1, 2);", 'printf("x" "1" "= %d, x" "2" "= %s", x1, x2);'),
        ("xstr(INCFILE(2).h)", '"vers2 . h"'),
        ("glue(HIGH, LOW);", '"hello";'),
        ("xglue(HIGH, LOW)", '"hello" ", world"'),
    ],
)
def test_standard_example_4(use: str, result: str) -> None:
    assert same(EXAMPLE_4, use, result)


def test_standard_example_5_and_hash_hash() -> None:
    macros = "#define t(x,y,z) x ## y ## z"
    use = "int j[] = { t(1,2,3), t(,4,5), t(6,,7), t(8,9,), t(10,,), t(,11,), t(,,12), t(,,) };"
    assert same(macros, use, "int j[] = { 123, 45, 67, 89, 10, 11, 12, };")


EXAMPLE_7 = """
#define debug(...) fprintf(stderr, __VA_ARGS__)
#define showlist(...) puts(#__VA_ARGS__)
#define report(test, ...) ((test)?puts(#test): printf(__VA_ARGS__))
"""


@pytest.mark.parametrize(
    ("use", "result"),
    [
        ('debug("X = %d\\n", x);', 'fprintf(stderr, "X = %d\\n", x);'),
        ("report(x>y, \"x is %d\", x);", '((x>y)?puts("x > y"): printf("x is %d", x));'),
    ],
)  # fmt: skip
def test_standard_example_7(use: str, result: str) -> None:
    assert same(EXAMPLE_7, use, result)


@pytest.mark.parametrize(
    ("use", "result"),
    [
        ("gnu(f, a, b)", "f(0, a, b)"),
        ("gnu(f)", "f(0)"),
        ("named(f, a, b)", "f(0, a, b)"),
        ("named(f)", "f(0)"),
        ("opt(f, a)", "f(0, a)"),
        ("opt(f)", "f(0)"),
        ("opt(f, )", "f(0)"),
        ("count(a, b)", "a b c"),
    ],
)
def test_variadic_extensions(use: str, result: str) -> None:
    macros = """
#define gnu(f, ...) f(0, ##__VA_ARGS__)
#define named(f, args...) f(0, ##args)
#define opt(f, ...) f(0 __VA_OPT__(,) __VA_ARGS__)
#define count(x, y...) x y __VA_OPT__(c)
"""
    assert same(macros, use, result)


@pytest.mark.parametrize(
    ("macros", "use", "result"),
    [
        ("#define a a", "a", "a"),
        ("#define a b\n#define b a", "a b", "a b"),
        ("#define f(x) g(x)\n#define g(x) f(x)", "f(1)", "f(1)"),
        ("#define f(x) x f(x)", "f(f(1))", "1 f(1) f(1 f(1))"),
        ("#define e", "e f e", "f"),
        ("#define f(x) [x]", "f", "f"),
        ("#define f(x) [x]", "f +", "f +"),
        ("#define f(x) [x]\n#define o (", "f o 1)", "f(1)"),
        ("#define f(x) [x]", "f((1, 2))", "[(1, 2)]"),
        ("#define f() 1", "f()", "1"),
        ("#define f(x)", "f(anything (at) all)", ""),
        ("#define F f\n#define f(x) [x]", "F(2)", "[2]"),
    ],
)
def test_recursion_and_edges(macros: str, use: str, result: str) -> None:
    assert same(macros, use, result)


def test_unfinished_use_is_left_alone() -> None:
    assert expand("#define f(x) [x]", "f(1") == ["f", "(", "1"]


def test_runaway_expansion_ends() -> None:
    doubling = "\n".join(f"#define x{n} x{n + 1} x{n + 1}" for n in range(40))
    assert len(expand(doubling, "x0")) < 200_000


def test_everything_shows_all_definitions() -> None:
    macros = """
#ifdef CONFIG_A
#define run(x) a(x)
#else
#define run(x) b(x)
#endif
"""
    assert expand(macros, "run(1)") == ["a", "(", "1", ")"]
    assert {"a", "b"} <= set(expand(macros, "run(1)", everything=True))


def test_pasting_takes_the_first_of_several_definitions() -> None:
    macros = """
#ifdef CONFIG_SECURITY
#define COUNT 2
#else
#define COUNT 0
#endif
#define __CAT(a, b) a ## b
#define CAT(a, b) __CAT(a, b)
#define __TIMES_0(M)
#define __TIMES_1(M) M(0)
#define __TIMES_2(M) __TIMES_1(M) M(1)
#define TIMES(N, M) CAT(__TIMES_, N)(M)
"""
    assert expand(macros, "TIMES(COUNT, hook)", everything=True) == [*"hook ( 0 ) hook ( 1 )".split()]


@pytest.mark.parametrize("everything", [False, True])
@pytest.mark.parametrize(
    ("macros", "result"),
    [
        ("#define use(x) join(pre_, run(x); done(x))", "pre_run(1); done(1)"),
        ("#define use(x) join(pre_, sum + ({ int t = x; t; }))", "pre_sum + ({ int t = 1; t; })"),
        ("#define use(x) join(pre_, log(\"a; b\", ';', x))", "pre_log(\"a; b\", ';', 1)"),
        ("#define use(x) show(x, ({ f(x); g(x); }))", "print(1, ({ f(1); g(1); }))"),
    ],
)
def test_what_is_pasted_keeps_its_own_statements(macros: str, result: str, everything: bool) -> None:
    joining = "#define join(a, b...) a ## b\n#define show(x, args...) print(x, ## args)\n"
    assert expand(joining + macros, "use(1)", everything=everything) == [t.text for t in tokenize(result)]


def test_pasting_takes_alternatives_inside_braces_whole() -> None:
    macros = """
#ifdef CONFIG_A
#define body one()
#else
#define body two()
#endif
#define join(a, b) a ## b
#define use(x) join(pre_, x)
"""
    expected = tokenize("pre_go ({ one() ; two(); })")
    assert expand(macros, "use(go ({ body; }))", everything=True) == [t.text for t in expected]


def test_origin_names_the_macros_outermost_first() -> None:
    known = read("#define outer(x) inner(x)\n#define inner(x) f(x)")
    tokens = Expander(lambda name: known.get(name, ())).expand(tokenize("outer(y)")).tokens
    assert [(t.text, t.origin) for t in tokens if t.is_name] == [
        ("f", ("outer", "inner")),
        ("y", None),
    ]
