"""Facts of one file."""

import pytest

from analyzer.extract.extractor import extract
from analyzer.model.callgraph import Parameter
from analyzer.model.facts import LARGE_HEADER, FileFacts


def facts(text: str) -> FileFacts:
    return extract(text.encode())


def test_a_definition() -> None:
    text = """
/* about it */
static inline const struct sock *sk_find(struct net *net, int (*match)(int), char name[8], ...)
{
	return first(net, match(1));
}
"""
    (found,) = facts(text).definitions
    assert found.name == "sk_find"
    assert (found.line, found.column, found.end_line) == (3, 34, 6)
    assert (found.static, found.inline, found.weak) == (True, True, False)
    assert found.return_type == "const struct sock *"
    assert found.parameters == (
        Parameter("struct net *", "net"),
        Parameter("int (*)(int)", "match"),
        Parameter("char[8]", "name"),
        Parameter("...", ""),
    )
    assert [(call.name, call.line) for call in found.calls] == [("first", 5), ("match", 5)]
    data = text.encode()
    assert data[found.body : found.body + 1] == b"{"
    assert data[found.start :].startswith(b"static inline")
    assert data[: found.end].endswith(b"}")
    call = found.calls[0]
    assert data[call.start : call.end] == b"first(net, match(1))"


def test_a_head_whose_name_a_macro_makes() -> None:
    text = """
static noinline int
FNAME(walk_addr)(struct guest_walker *walker, u64 addr)
{
	return 0;
}
"""
    (found,) = facts(text).definitions
    assert (found.name, found.head, found.return_type) == ("", "FNAME(walk_addr)", "int")
    assert found.parameters == (Parameter("struct guest_walker *", "walker"), Parameter("u64", "addr"))


def test_calls_through_members_keep_their_text() -> None:
    (found,) = facts("void f(struct s *s) { s->a.b(1); (*s->c)(2); t[1](3); g()->h(4); }").definitions
    by_place = sorted(found.indirect, key=lambda call: call.start)
    assert [call.callee for call in by_place] == ["s->a.b", "(*s->c)", "t[1]", "g()->h"]
    assert [call.name for call in found.calls] == ["g"]


def test_variables_and_assignments() -> None:
    text = "void f(void) { struct s *a = g(1), *b; int (*cb)(int) = h; b->run = h; a->ops = &o; cb(1); }"
    (found,) = facts(text).definitions
    variables = {v.name: (v.type.replace(" ", ""), v.value) for v in found.variables}
    assert variables == {
        "a": ("structs*", "g(1)"),
        "b": ("structs*", ""),
        "cb": ("int(*)(int)", "h"),
    }
    assert [(a.left, a.right) for a in found.assignments] == [("b->run", "h"), ("a->ops", "&o")]


def test_records_fields_and_nesting() -> None:
    text = """
struct outer {
	int id, *at;
	int (*run)(struct outer *o);
	struct { int (*inner)(void); } hook;
	union { int a; handler_t b; };
#ifdef CONFIG_X
	unsigned flag : 1;
#endif
};
"""
    records = {r.tag: r for r in facts(text).records}
    outer = {f.name: f for f in records["outer"].fields}
    assert outer["id"].type == "int"
    assert outer["at"].type.replace(" ", "") == "int*"
    assert outer["run"].type.replace(" ", "").startswith("int(*)(structouter*")
    assert outer["flag"].guard == "CONFIG_X"
    assert {"a", "b"} <= set(outer)
    assert [f.name for f in records["outer::hook"].fields] == ["inner"]


def test_enums_typedefs_and_macros() -> None:
    read = facts(
        "enum e { A, B = 2 };\ntypedef int (*fn_t)(int);\ntypedef struct { int x; } s_t;\n"
        "#define LIMIT 3\n#define f(x, rest...) g(x, ##rest)\n#undef LIMIT\n"
    )
    assert [(c.name, c.value) for c in read.enums[0].constants] == [("A", ""), ("B", "2")]
    assert {t.name for t in read.typedefs} >= {"fn_t"}
    assert {r.tag for r in read.records} == {"s_t"}
    assert [(m.name, m.parameters, m.variadic) for m in read.macros] == [
        ("LIMIT", None, False),
        ("f", ("x", "rest"), True),
    ]
    assert [(u.name, u.line) for u in read.undefs] == [("LIMIT", 6)]


def test_objects() -> None:
    text = """
static const struct ops o = {
	.a = f,
	.in.b = &g,
	.in = { h },
	[2] = { .c = i },
#ifdef CONFIG_X
	.d = j,
#endif
};
extern struct ops other;
"""
    found = {o.name: o for o in facts(text).objects}
    assert [(e.path, e.value, e.line, e.guard) for e in found["o"].entries] == [
        (".a", "f", 3, ""),
        (".in.b", "&g", 4, ""),
        (".in#0", "h", 5, ""),
        ("[2].c", "i", 6, ""),
        (".d", "j", 8, "CONFIG_X"),
    ]
    assert (found["o"].static, found["o"].line) == (True, 2)
    assert found["other"].defined is False


def test_includes() -> None:
    text = '#include <linux/a.h>\n#ifdef CONFIG_X\n#include "b.h"\n#endif\n#include MACRO(c)\n'
    assert [(i.target, i.quoted, i.guard, i.macro) for i in facts(text).includes] == [
        ("linux/a.h", False, "", ""),
        ("b.h", True, "CONFIG_X", ""),
        ("", False, "", "MACRO(c)"),
    ]


def test_what_cannot_be_read_in_a_branch_hides_nothing_around_it() -> None:
    text = """#if defined(__KERNEL__) && !defined(__ASSEMBLY__)
enum cpuid_leafs { CPUID_1_EDX };
extern void clear_cpu_cap(unsigned int bit);
#if defined(__clang__) && !defined(CONFIG_CC_HAS_ASM_GOTO)
#define static_cpu_has(bit) boot_cpu_has(bit)
#else
static bool _static_cpu_has(u16 bit)
{
	asm_volatile_goto(ALTERNATIVE("jmp", %P[feature]) : : [feature] "i" (bit) : : t_yes, t_no);
t_yes:
	return test(bit);
t_no:
	return false;
}
#endif
#endif
"""
    found = facts(text)
    assert [(d.name, [c.name for c in d.calls][-1:]) for d in found.definitions] == [("_static_cpu_has", ["test"])]


@pytest.mark.parametrize(
    ("text", "macros"),
    [
        ("BTREE_FLAGS\nint f(void);\n", ["BTREE_FLAGS"]),
        ("hif_mib_list_enum\n\nDEFINE_EVENT(a, b);\n", ["hif_mib_list_enum", "DEFINE_EVENT"]),
        ("a_list\nb_list\n\nDEFINE_EVENT(a, b);\n", ["a_list", "b_list", "DEFINE_EVENT"]),
        ("pt_element_t\nFNAME(walk)(int a)\n{\n}\n", []),
        ("static\nDEFINE_MUTEX(m);\n", ["DEFINE_MUTEX"]),
        ("size_t\nstrlen(const char *s);\n", []),
    ],
)
def test_names_alone_on_a_line_are_lists_or_types(text: str, macros: list[str]) -> None:
    assert sorted(i.macro for i in facts(text).invocations) == sorted(macros)


def test_a_literal_in_parentheses_is_a_list() -> None:
    text = "struct ops t[] = { [A] = ((struct ops) { .run = f }) };\nstruct ops o = ((struct ops) { .run = g });\n"
    found = {o.name: [(e.path, e.value) for e in o.entries] for o in facts(text).objects if o.name}
    assert found == {"t": [("[A].run", "f")], "o": [(".run", "g")]}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("X_BEGIN(a)\nX_ITEM(b)\nX_END(a)\nY(c);\n", [("X_BEGIN", "X_ITEM(b) X_END(a)"), ("Y", "")]),
        ("X_BEGIN(a)\nint x;\nX_END(a)\n", [("X_BEGIN", ""), ("X_END", "")]),
        ("X_BEGIN(a)\nZ_END(a)\n", [("X_BEGIN", ""), ("Z_END", "")]),
    ],
)
def test_a_use_that_begins_what_another_one_ends(text: str, found: list[tuple[str, str]]) -> None:
    assert [(i.macro, i.tail) for i in facts(text).invocations] == found


def test_macro_uses_at_file_scope() -> None:
    text = "static DEFINE_MUTEX(m);\nDEFINE_SHOW(a);\nint f(void) { return 1; }\nEXPORT_SYMBOL(f);\n"
    assert [(i.macro, i.arguments, i.line) for i in facts(text).invocations] == [
        ("DEFINE_MUTEX", "m", 1),
        ("DEFINE_SHOW", "a", 2),
        ("EXPORT_SYMBOL", "f", 4),
    ]


def test_bad_c_is_data() -> None:
    read = facts("int f(void) { return 1 }\n@@@ )\nint g(void) { return f(); }\n")
    assert read.diagnostics
    assert "f" in {d.name for d in read.definitions}


def test_empty_and_enormous() -> None:
    assert extract(b"").definitions == ()
    table = b"#define REG_%06d 0x1\n" * (LARGE_HEADER // 15)
    large = extract(table + b"#define run(x) f(x)\n")
    assert [m.name for m in large.macros] == ["run"]


def test_a_large_file_of_functions_is_read() -> None:
    comment = b"/* " + b"a line of prose about what happens\n" * (LARGE_HEADER // 30) + b" */\n"
    found = extract(comment + b"static int run(int x)\n{\n\treturn go(x);\n}\n")
    assert found.size > LARGE_HEADER
    assert [d.name for d in found.definitions] == ["run"]
