"""What holds of extraction for any input."""

import re
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.extract.conditionals import analyse, variants
from analyzer.extract.dialect import BASE, learn, local_words
from analyzer.extract.extractor import extract
from analyzer.extract.lexical import lex, line_starts
from analyzer.extract.masking import identifiers_of, mask, words_of
from analyzer.extract.repair.repairing import repaired
from analyzer.model.facts import FileFacts

# Pieces that meet in kernel sources, so that random sequences of them reach the special cases.
PIECES = [
    b"static int __init f(void)\n{\n",
    b"\treturn g(x);\n}\n",
    b"struct __packed s {\n\tint (*run)(int);\n};\n",
    b"static const struct ops o __read_mostly = {\n\t.a = f, [3] = { g, },\n};\n",
    b"\tlist_for_each_entry(p, head, node)\n\t\tp->ops->run(container_of(p, struct s, m));\n",
    b"SYSCALL_DEFINE2(bind, int, fd, struct sockaddr __user *, a)\n{\n",
    b"EXPORT_SYMBOL(f);\n",
    b"module_init(f)\n",
    b"DEFINE_PER_CPU(struct s, v) = { 1 };\n",
    b"#ifdef CONFIG_A\n",
    b"#else\n",
    b"#elif defined(B) && \\\n\tC\n",
    b"#endif\n",
    b"#if 0\n",
    b"#define F(x, ...) do { f(x); } while (0)\n",
    b"#define each(p) for (p = 0; p; p++)\n",
    b"#include <linux/a.h>\n",
    b"/* comment ( { */",
    b"// line {\n",
    b'"text ) }"',
    b"'\\''",
    b"{",
    b"}\n",
    b"(",
    b")",
    b";\n",
    b"typeof(x) y = ({ f(); });\n",
    b"struct_group(name,\n\tint a;\n)\n",
    b"asm_inline volatile(\"nop\" : : );\n",
    b"case 1 ... 5:\n",
    b"\r\n",
    b"\0",
    b"\xfc\xe9",
    b"#",
    b"\\\n",
    b"__attribute__((x(1)))",
    b"if (a) else do while",
    b"\tF(a, ==, if (b) break;);\n",
    b"\tG(, 1baseT, { x; }, return)\n",
    b"\tLIST(a)\n\t.b = c\n",
    b"\tDECLARE(map, 8);\n\tu8 : 3;\n",
    b'MACHINE(x, "y")\n\t.a = f,\nEND\n',
    b'char t[] SEC("x") = A "b" F(c) "d";\n',
    b'\tasm volatile (A "x" : "=r" (a), B(c, d) ::: D);\n',
    b"static const struct ops p = {\n",
    b"{ 1, F(2) G(3) },\n",
    b"enum e { A(1) B, C(2), };\n",
]  # fmt: skip

mixtures = st.lists(st.sampled_from(PIECES), max_size=25).map(b"".join)
texts = mixtures | st.binary(max_size=200)


@settings(max_examples=150, deadline=None)
@given(texts)
def test_masking_moves_nothing(data: bytes) -> None:
    lexed = lex(data)
    breaks = [at for at, byte in enumerate(data) if byte == 0x0A]
    present = words_of(identifiers_of(lexed.skeleton), BASE, local_words(lexed.directives))
    read, _ = variants(lexed.skeleton, analyse(lexed.directives, len(data)))
    masked = [mask(variant, present).text for variant in read]
    mended = [repaired(text, text, [(0, len(text))]).text for text in masked]
    for text in (lexed.skeleton, *read, *masked, *mended):
        assert len(text) == len(data)
        assert [at for at, byte in enumerate(text) if byte == 0x0A] == breaks


@settings(max_examples=200, deadline=None)
@given(texts)
def test_nothing_breaks_extraction(data: bytes) -> None:
    facts = extract(data)
    learn(data)
    assert facts == extract(data)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(facts), type=FileFacts) == facts
    lines = len(line_starts(data))
    for definition in facts.definitions:
        assert 0 <= definition.start <= definition.body <= definition.end <= len(data)
        assert 1 <= definition.line <= definition.end_line <= lines
        for call in (*definition.calls, *definition.indirect):
            assert definition.start <= call.start < call.end <= definition.end


def test_extraction_is_repeatable() -> None:
    """The grammar's bindings hand out captures in an order that changes from run to run."""
    tables = b"".join(b"static struct ops o%d = { .a = f, .b = { g } };\n" % n for n in range(5))
    first = extract(tables)
    assert [o.name for o in first.objects] == ["o0", "o1", "o2", "o3", "o4"]
    assert all(extract(tables) == first for _ in range(200))


# Places where a reader of C may put white space, comments and empty lines without a change.
SPACED = b"""
#include <linux/a.h>~
#define F(x) g(x)~
~struct ops {~
	int (*run)(int x);~
	struct { int a; } in;~
};~
static~ int f(int~ x, struct ops *o)~
{~
	int y = g(x~, 2);~

	if (y~)~
		o->run(x);~ else~ o->in.a = 3;~
	list_for_each_entry(a, b, c)~ h(container_of(a, struct ops, in));~
	return F(1)~;~
}~
EXPORT_SYMBOL(f);~
static const struct ops o = {~ .run = f,~ };~
#ifdef CONFIG_A~
SYSCALL_DEFINE1(exit, int, code)~
{~
	f(code~, &o);~
}~
#endif~
"""
FILLERS = [b"", b" ", b"\t ", b" /* f(x); { */ ", b" /**/"]
LINES = [b"", b"\n", b"\n/* g(\n * ) */\n", b" // h(\n", b"\n\n\n"]
_PLACES = ("line", "end_line", "column", "start", "end", "body", "size", "lines")


def without_places(value: Any) -> Any:
    """Facts as plain values, offsets and lines left out, and white space in the texts."""
    if isinstance(value, msgspec.Struct):
        return {
            name: without_places(getattr(value, name))
            for name in value.__struct_fields__
            if name not in _PLACES or (name == "body" and isinstance(getattr(value, name), str))
        }
    if isinstance(value, tuple):
        if len(value) == 2 and isinstance(value[0], str) and isinstance(value[1], int):
            return value[0]  # a reference and its line
        return [without_places(item) for item in value]
    return "".join(value.split()) if isinstance(value, str) else value


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_white_space_and_comments_change_only_places(data: st.DataObject) -> None:
    """Fillers go between tokens; those with line breaks only where no directive stands."""
    parts = re.split(rb"~(\n?)", SPACED)
    text = b""
    for part, line_end in zip(parts[::2], [*parts[1::2], b""], strict=True):
        directive = part.lstrip(b"\n").startswith(b"#")
        text += part + data.draw(st.sampled_from(FILLERS if directive else FILLERS + LINES))
        text += line_end
    plain = extract(SPACED.replace(b"~", b""))
    assert without_places(extract(text)) == without_places(plain)
