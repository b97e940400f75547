"""Definitions as their source has them."""

from analyzer.extract.comments import comment_above, frameless
from analyzer.extract.layouts import definition_span, read_members, read_values

RECORD = b"""struct before { int x; };

/**
 * struct sock - a socket
 * @state: where it is
 */
struct sock {
	int state, other;
	/* what it can do */
	const struct ops __rcu *ops;	/* its table */
	struct {
		int len; // how long
		union {
			void *p;
			long n;
		};
	} queue[2];
#ifdef CONFIG_X
	int (*run)(struct sock *sk, int a);
#endif
	enum { ONE, TWO = 5 } kind;
} __aligned(8);
"""


def test_members_are_nested_and_commented() -> None:
    members = read_members(RECORD, 7)
    assert [(m.name, m.text.partition("{")[0].strip()) for m in members] == [
        ("state, other", "int state, other"),
        ("ops", "const struct ops __rcu *ops"),
        ("queue", "struct"),
        ("run", "int (*run)(struct sock *sk, int a)"),
        ("kind", "enum"),
    ]
    queue = members[2]
    assert (queue.keyword, queue.tail, queue.line) == ("struct", "queue[2]", 17)
    assert [m.name for m in queue.members] == ["len", ""]
    assert [m.text for m in queue.members[1].members] == ["void *p", "long n"]
    assert members[1].comment == "its table"
    assert queue.members[0].comment == "how long"
    assert members[3].guard == "CONFIG_X"
    assert [(m.name, m.value) for m in members[4].members] == [("ONE", ""), ("TWO", "5")]
    assert members[1].type == "const struct ops __rcu *"


def test_initializers_keep_their_literals() -> None:
    data = b'static struct proto p[] = {\n\t{ .name = "TCP, v4", .n = { 1, 2 } },\n\t[3].run = f,\n\told: g,\n};\n'
    values = read_values(data, 1)
    assert [(v.designator, v.text) for v in values] == [("", ""), ("[3].run", "f"), (".old", "g")]
    assert [(v.designator, v.text) for v in values[0].values] == [(".name", '"TCP, v4"'), (".n", "")]
    assert [v.text for v in values[0].values[1].values] == ["1", "2"]


def test_nothing_where_nothing_is() -> None:
    assert read_members(b"int x;\n", 1) == ()
    assert read_values(b"int x;\n", 9) == ()
    assert definition_span(b"}\n", 1) is None
    assert read_members(b"struct s {\n int x;\n", 1) == ()


def test_kernel_doc_and_plain_comments() -> None:
    data = b"/**\n * f - does\n *   a thing.\n * @a: x\n *\n * More.\n */\nstatic int\nf(int a)\n{\n}\n"
    found = comment_above(data, 9)
    assert found is not None
    assert (found.summary, found.kernel_doc, found.line) == ("does a thing.", True, 1)
    plain = comment_above(b"int x;\n\n/* First sentence. Second one. */\nint g(void) { }\n", 4)
    assert plain is not None
    assert plain.summary == "First sentence."
    titled = comment_above(b"/* file_read - what was read */\nint g(void) { }\n", 2)
    assert titled is not None and titled.summary == "what was read"
    assert comment_above(b"/* other */\nint x;\nint g(void) { }\n", 3) is None
    assert comment_above(b"// SPDX-License-Identifier: MIT\nint g(void) { }\n", 2) is None
    assert comment_above(b"", 5) is None
    assert frameless(b"/*\n * two\n * lines\n */") == "two lines"
