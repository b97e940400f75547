"""Whole notes: regions, trees, directives."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.errors import NoteError
from analyzer.model.checks import Block, Note
from analyzer.notes.reader import read_note


def read(text: str, path: str = "n.md") -> Note:
    return read_note(text.encode(), path)


def drawn(block: Block) -> str:
    """A tree as indented names."""
    lines = []
    for item in block.items:
        depth, at = 0, item.parent
        while at >= 0:
            depth, at = depth + 1, block.items[at].parent
        lines.append("  " * depth + (item.name or item.keyword or item.kind))
    return "\n".join(lines)


def tree(text: str) -> str:
    (block,) = read(text).blocks
    return drawn(block)


def test_connectors_hang_by_their_column() -> None:
    assert (
        tree("""\
```
sys_a
|
+--------- sys_b
|          |
|          +------- f_c
|          +------------ f_d
+---------- f_e
```
""")
        == "sys_a\n  sys_b\n    f_c\n    f_d\n  f_e"
    )


def test_conditions_are_no_callers_but_hold_lines() -> None:
    assert tree("```\nf_a()\n  if (x)\n    f_b()\n  f_c()\n```\n") == "f_a\n  if\n    f_b\n  f_c"


def test_children_of_a_chain_belong_to_its_last() -> None:
    assert tree("```\nf_a -> f_b -> f_c\n    f_d\n```\n") == "f_a\n  f_b\n    f_c\n      f_d"


def test_vertical_arrows_mean_calls() -> None:
    assert tree("```\nf_a()\n  |\n  v\nf_b()\n  ↓\nf_c()\n```\n") == "f_a\n  f_b\n    f_c"


def test_collapsed_tree_is_recovered_from_its_connectors() -> None:
    assert (
        tree("| sys_a | +------ f_b | | | +------ f_c | | | +------ f_d | +----- f_e +------ f_g |\n")
        == "sys_a\n  f_b\n    f_c\n    f_d\n    f_e\n  f_g"
    )


def test_backtrace_is_callee_first() -> None:
    (block,) = read(" f_c+0x1/0x2\n f_b+0x3/0x4\n f_a+0x5/0x6\n", "n.txt").blocks
    assert block.callee_first
    assert [i.parent for i in block.items] == [1, 2, -1]


def test_dots_with_deeper_lines_below_are_a_level() -> None:
    text = "```\nsys_a\n\tf_b\n\t...\n\t\tf_c\n\t......\n\tf_d\n```\n"
    assert tree(text) == "sys_a\n  f_b\n  elided\n    f_c\n  f_d"


def test_dots_at_the_margin_or_beside_a_box_are_no_level() -> None:
    assert tree("```\nsys_a\n  f_b\n...\n  f_c\n…\n  f_d\n```\n") == "sys_a\n  f_b\n  f_c\n  f_d"
    assert tree("```\nsys_a\n`-- f_b\n    ...\n    `-- f_c\n```\n") == "sys_a\n  f_b\n    f_c"


def test_arguments_over_several_lines() -> None:
    (block,) = read("```\nf_a()\n    f_b(one,\n        two)\n    f_c()\n```\n").blocks
    assert [(i.name, i.arguments) for i in block.items] == [("f_a", None), ("f_b", ("one", "two")), ("f_c", None)]


def test_chain_in_a_comment_of_c() -> None:
    (block,) = read("int x; /* path: start_a() --> init_b() --> do_c()*/ static int f(void){ return 0; }\n").blocks
    assert drawn(block) == "start_a\n  init_b\n    do_c"


@pytest.mark.parametrize(
    "text",
    [
        "```c\nint f(int a)\n{\n\tg_a(a);\n\tif (a)\n\t\th_b();\n\treturn 0;\n}\n```\n",
        "static const struct ops x = {\n\t.open = f_a,\n\t.close = f_b,\n};\n",
        "| f_a | f_b |\n|---|---|\n| f_c | f_d |\n",
        "Just words.\n\n- one\n- two\n  - three\n",
        "```\nsrc\n├── a.c\n└── b.c\n```\n",
        "x->y->z(a)\n",
        "",
    ],
)
def test_what_is_no_tree_is_left_alone(text: str) -> None:
    assert read(text).blocks == ()


def test_tree_behind_an_unclosed_fence() -> None:
    note = read("```\nf_a()\n  f_b()\n\n# Heading\n\nWords.\n")
    assert [(b.first, b.last) for b in note.blocks] == [(2, 3)]


def test_directives_belong_to_the_next_tree() -> None:
    note = read(
        "<!-- kcg: root=sys_a version=v6.1 bind=type=SOCK_STREAM expect=fail -->\n"
        "```\nf_a\n  f_b\n```\n```\nf_c\n  f_d\n```\n"
    )
    first, second = note.blocks
    assert first.directives.root == "sys_a"
    assert first.directives.version == "6.1"
    assert first.directives.bindings == (("type", "SOCK_STREAM"),)
    assert first.directives.expect == "fail"
    assert second.directives.root == ""


def test_info_string_of_a_fence() -> None:
    (block,) = read("```text kcg version=5.10\nf_a\n  f_b\n```\n").blocks
    assert block.directives.version == "5.10"


@pytest.mark.parametrize("word", ["versoin=1", "expect=nonsense"])
def test_mistaken_directive_is_a_problem(word: str) -> None:
    note = read(f"<!-- kcg: {word} -->\n```\nf_a\n  f_b\n```\n")
    assert [p.line for p in note.problems] == [1]


def test_directive_without_a_tree_is_a_problem() -> None:
    assert "no call tree" in read("<!-- kcg: version=6.1 -->\n\nWords.\n").problems[0].message


def test_ignored_file_has_no_tree() -> None:
    assert read("<!-- kcg: ignore-file -->\n```\nf_a\n  f_b\n```\n").blocks == ()


def test_binary_file_is_an_error() -> None:
    with pytest.raises(NoteError):
        read_note(b"\x7fELF\0\0", "a.out")


def test_line_of_megabytes_is_passed_over() -> None:
    note = read("f_a()\n" + "x(" * 5_000_000 + "\n```\nf_a\n  f_b\n```\n")
    assert [p.line for p in note.problems] == [2]
    assert len(note.blocks) == 1


_WORDS = st.sampled_from(
    ["f_a", "(", ")", "->", " ", "  ", "\t", "|", "+---", "├── ", "{", "}", "if", "=", ";", "//", "`", "```\n",
     "\n", "...", "#", "*", "[", "]", "<!-- kcg:", "-->", "函数", "\x01", "'", '"', "&&", "0x1/0x2", "#0 ",
     "1. ", ","]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(_WORDS, max_size=60).map("".join))
def test_anything_is_read(text: str) -> None:
    note = read(text)
    for block in note.blocks:
        for at, item in enumerate(block.items):
            assert 1 <= item.line <= len(note.lines)
            assert item.parent < len(block.items)
            assert block.callee_first or item.parent < at


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_an_error(data: bytes) -> None:
    try:
        read_note(data, "n.md")
    except NoteError:
        assert b"\0" in data


def test_a_decrement_behind_a_connector_is_no_connector() -> None:
    text = "```\nbust_spinlocks\n├── --oops_in_progress\n├── --x->count\n└── wake_up_klogd()\n```\n"
    (block,) = read_note(text.encode(), "n.md").blocks
    assert [(i.kind, i.left or i.name) for i in block.items] == [
        ("call", "bust_spinlocks"),
        ("assignment", "oops_in_progress"),
        ("assignment", "x->count"),
        ("call", "wake_up_klogd"),
    ]
