"""What no C grammar reads, rewritten so that it does: nothing moves, and no name that matters is lost."""

import pytest
from tree_sitter import Language, Parser, Tree

from analyzer.extract import parsing
from analyzer.extract.extractor import extract
from analyzer.extract.grammar import LANGUAGE
from analyzer.extract.repair.repairing import repaired, stretches

STATEMENTS = [
    # operators, types, items and nothing as arguments
    ("assert_op(a, ==, b);", ["assert_op"]),
    ("f(a, , b);", ["f"]),
    ("f(a, /* why */ );", ["f"]),
    ("set(bits, 1000baseT_Full);", ["set"]),
    ("f(offsetof(struct s, a.b[i]), g());", ["f", "g"]),
    ("f(__alignof__(*p) + g());", ["f", "g"]),
    ("opts(o, .size = g(), .list = { 1, h() });", ["opts", "g", "h"]),
    ("f(x, { 1, g(), });", ["f", "g"]),
    # statements as arguments
    ("check(a, return g());", ["check", "g"]),
    ("check(a, goto out);", ["check"]),
    ('debug(1, if (x) g(); else h(););', ["debug", "g", "h"]),
    ("if (wait(dev, 2000,\n\t\tif (g()) break;\n\t) < 0)\n\t\th();", ["wait", "g", "h"]),
    # statements without `;`, with bodies
    ("trace(g())\n\th();", ["trace", "g", "h"]),
    ("each_node(a, b, c) { g(); }", ["each_node", "g"]),
    ("unrolled(i = 0; i < g(); i++) { h(); }", ["unrolled", "g", "h"]),
    ("if before(a, g())\n\t\th();", ["before", "g", "h"]),
    ("DECLARE_MAP(map, 8) = { 0, };\n\tg();", ["DECLARE_MAP", "g"]),
    ("static DEFINE_LIMIT(rs, 5 * HZ, 1);\n\tg();", ["DEFINE_LIMIT", "g"]),
    ("const DEFINE_FEATURES(all, g());\n\th();", ["DEFINE_FEATURES", "g", "h"]),
    ("const typeof_member(struct s, m) *p = g();", ["g"]),
    ("GROUP(struct t, m, x,\n\t\tint tail;\n\t) o = { .m = g(), };\n\th();", ["g", "h"]),
    # cases that macros make
    ("switch (g()) {\n\tcase ENGINE(A, 0);\n\tcase ENGINE(C, 1);\n\t}", ["ENGINE", "ENGINE", "g"]),
    ("switch (x) {\n\tCASE64(A):\n\t\tg();\n\t}", ["g"]),
    ("switch (g())\n\tcase 1: {\n\t\th();\n\t}", ["g", "h"]),
    # literals next to names
    ('print(LEVEL PREFIX "text" F(g()) "more");', ["print", "F", "g"]),
    # assembler
    ('asm volatile (F("x") "y" : "=r" (a), OUT(b, c) : "r" (g()) : CLOBBER);', ["g"]),
    ('register long r asm("r0") = g();', ["g"]),
    ("goto *table[g()];", ["g"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "calls"), STATEMENTS)
def test_statements(text: str, calls: list[str]) -> None:
    facts = extract(f"void f0(void)\n{{\n\t{text}\n}}\n".encode())
    assert facts.diagnostics == ()
    (definition,) = facts.definitions
    assert sorted(call.name for call in definition.calls) == sorted(calls)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("DECLARE_BITMAP(map, 8);", ["map"]),
        ("DECLARE_BITMAP(maps[4], 8);", ["maps"]),
        ("DECLARE_FLEX(struct t, items);", ["items"]),
        ("int a;;\n\tint b;", ["a", "b"]),
        ("u32 a : 5, : 3, b : 2;\n\tu16 : 10;\n\tint c;", ["a", "b", "c"]),
        ("BITS(u64 a:40, BITS(u64 b:24, ;))", ["a", "b"]),
        ("u8 X(a:6, b:2);", ["a", "b"]),
        ("__type(key, int);\n\tint a;", ["key", "a"]),
        ("EITHER(\n\t\tint (*f)(int a, int b);\n\t\tint (*g)(int a);\n\t);\n\tint c;", ["f", "g", "c"]),
        ("GROUP(struct t, m, x, int a; int (*f)(void););\n\tint b;", ["m", "a", "f", "b"]),
        ("GROUP(struct t, m, x, int a;) rows[4];\n\tint b;", ["rows", "b"]),
        ("DECLARE_FLEX(struct { int a; }, items);", ["items"]),
    ],
)
def test_members(text: str, fields: list[str]) -> None:
    facts = extract(f"struct s {{\n\t{text}\n}};\nvoid f(void);\n".encode())
    assert facts.diagnostics == ()
    record = facts.records[0]
    assert [field.name for field in record.fields] == fields


@pytest.mark.parametrize(
    ("text", "entries"),
    [
        (".a = f,\n\tPM_OPS(g, h)\n\t.b = i", [(".a", "f"), ("#0", "PM_OPS(g, h)"), (".b", "i")]),
        ("LIST(a)\n\tOTHER(b)\n\tNULL", [("#0", "LIST(a)"), ("#1", "OTHER(b)"), ("#2", "NULL")]),
        ("ROW(1) = { .f = g }", [("ROW(1).f", "g")]),
        ('.name = "a" F(b) "c", .run = g', [(".name", '"a" F(b) "c"'), (".run", "g")]),
        ('[1]\t"one", [2] "two", [3] = f', [("[3]", "f")]),
    ],
)
def test_items(text: str, entries: list[tuple[str, str]]) -> None:
    facts = extract(f"static const struct ops o = {{\n\t{text}\n}};\n".encode())
    assert facts.diagnostics == ()
    (variable,) = facts.objects
    assert [(entry.path, entry.value) for entry in variable.entries] == entries


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('int version SEC("version") = 1;', "version"),
        ('struct { int a; } map SEC(".maps");', "map"),
        ("enum mode mode DEFAULT_MODE;", "mode"),
        ("static int EXPORTED x = 1;", "x"),
        ("static const char *text =\n;", "text"),
    ],
)
def test_objects(text: str, name: str) -> None:
    facts = extract(f"{text}\nint f(void)\n{{\n\treturn g();\n}}\n".encode())
    assert facts.diagnostics == ()
    assert [variable.name for variable in facts.objects] == [name]
    assert [definition.name for definition in facts.definitions] == ["f"]


@pytest.mark.parametrize(
    ("text", "use"),
    [
        ('MACHINE_START(A, "a")\n\t.init = f,\n\t.late = g\nMACHINE_END', "MACHINE_START"),
        ("define_machine(a) {\n\t.init = f,\n};", "define_machine"),
        ("static\nDECLARE_SCALE(scale, -10, 50, 1);", "DECLARE_SCALE"),
        ("__visible DEFINE_PER_CPU_ALIGNED(struct t, a) = { 1 };", "DEFINE_PER_CPU_ALIGNED"),
        ("typedef DECLARE_BITMAP(map_t, 8);", "DECLARE_BITMAP"),
    ],
)
def test_uses_at_file_scope(text: str, use: str) -> None:
    facts = extract(f"int a;\n{text}\nint f(void)\n{{\n\treturn g();\n}}\n".encode())
    assert facts.diagnostics == ()
    assert [invocation.macro for invocation in facts.invocations] == [use]
    assert [definition.name for definition in facts.definitions] == ["f"]


@pytest.mark.parametrize(
    "body", ["\n\tA,\n\tALL(B),\n\tC,\n", "\n\tA,\n\tALL(B)\n\tC,\n", "\n\tALL(B)\n\tA,\n\tC,\n"]
)
def test_enumerators_of_uses_are_left_out(body: str) -> None:
    facts = extract(f"enum e {{{body}}};\n".encode())
    assert facts.diagnostics == ()
    assert [constant.name for constant in facts.enums[0].constants] == ["A", "C"]


def test_lists_of_enumerators_on_lines_of_their_own() -> None:
    facts = extract(b"enum {\nMESSAGES\nUP_MESSAGES\nUP_OTHERS\n};\nint f(void);\n")
    assert facts.diagnostics == ()


@pytest.mark.parametrize(
    "text", ['{\n\t"a",\n\t.b = { F(1), },\n},\n{\n\t"c",\n},\n', "1, 2,\n3, 4,\n", "A(1),\nB(2),\n"]
)
def test_fragments_of_lists_are_read(text: str) -> None:
    assert extract(text.encode()).diagnostics == ()


def test_what_is_no_c_is_reported() -> None:
    facts = extract(b"int f(void)\n{\n\treturn ((1;\n}\nint g(void)\n{\n\treturn 1;\n}\n")
    assert [d.line for d in facts.diagnostics] == [3]
    assert [d.name for d in facts.definitions] == ["f", "g"]


def test_assembler_headers_are_no_bad_c() -> None:
    facts = extract(b"#define A 1\n\t.macro save reg\n\tstr \\reg, [sp]\n\t.endm\n")
    assert facts.diagnostics == ()
    assert [macro.name for macro in facts.macros] == ["A"]


@pytest.mark.parametrize(
    ("text", "lost"),
    [
        ("int f(int a)\n{\n\tg();\n}\n", ()),
        ("struct s {\nint f(int a)\n{\n\tg();\n}\n", (3,)),
        ("enum e\n{\n\tA,\n};\nint a[] =\n{\n\t1\n};\n", ()),
    ],
)
def test_lost_bodies_are_counted(text: str, lost: tuple[int, ...]) -> None:
    assert extract(text.encode()).lost == lost


def test_only_what_surrounds_the_places_is_touched() -> None:
    text = b"int a = F(1) G(2);\n}\nint b = F(1) G(2);\n}\nint c = F(1) G(2);\n"
    first, second = text.index(b"int b"), text.index(b"int c")
    assert stretches(text, [(first + 3, first + 4)]) == [(first - 1, second - 1)]
    out = repaired(text, text, [(first + 3, first + 4)]).text
    assert out[:first] == text[:first] and out[second:] == text[second:]
    assert not Parser(LANGUAGE).parse(out[first : second - 3]).root_node.has_error


def test_a_type_made_by_typeof_is_no_macro_head() -> None:
    facts = extract(b"static inline\ntypeof(x->call)(find_entry(unsigned type))\n{\n\treturn g();\n}\n")
    assert [definition.head for definition in facts.definitions] == [""]
    assert [call.name for definition in facts.definitions for call in definition.calls] == ["g"]


def test_reading_again_gives_what_reading_all_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    functions = (
        f"int f{n}(void)\n{{\n\t{text}\n\treturn a{n}(b);\n}}\n\n" for n, (text, _) in enumerate(STATEMENTS)
    )
    data = "".join(functions).encode()
    found = extract(data)

    class Afresh:
        def __init__(self, language: Language) -> None:
            self._parser = Parser(language)

        def parse(self, text: bytes, _old: Tree | None = None) -> Tree:
            return self._parser.parse(text)

    monkeypatch.setattr(parsing, "Parser", Afresh)
    assert extract(data) == found
