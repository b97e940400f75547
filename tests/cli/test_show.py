"""`kcg show` in its formats, on a tree of a few definitions."""

import json
from pathlib import Path

import pytest

from .conftest import Kcg

_HEADER = """\
#define AF_ROUTE AF_NETLINK /* Alias to emulate 4.4BSD */
#define AF_UNSPEC 0
#define AF_NETLINK 0x10
#define AF_INET 2 /* Internet IP Protocol */
#define PF_INET AF_INET
#define AF_MAX (AF_NETLINK + 1)
/**
 * enum state - where a socket is
 * @SS_FREE: not used
 */
enum state { SS_FREE, SS_BUSY = 4, SS_LAST };
/**
 * struct box - holds things
 * @size: in bytes
 * @u: one of two
 */
struct box {
	unsigned long size;
	union {
		int number; /* when counted */
		void *p;
	} u;
#ifdef CONFIG_MORE
	int (*open)(struct box *box, int how);
#endif
};
extern unsigned long ticks;
"""
_CODE = """\
#include <linux/box.h>
static int box_open(struct box *box, int how) { return 0; }
struct box boxes[] = {
	{ .size = 1, .u = { .number = 2 }, .open = box_open },
};
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "linux"
    (root / "include" / "linux").mkdir(parents=True)
    (root / "kernel").mkdir()
    (root / "arch" / "x86").mkdir(parents=True)
    (root / "Makefile").write_text("VERSION = 6\nPATCHLEVEL = 9\nSUBLEVEL = 3\n", encoding="utf-8")
    (root / "Kconfig").write_text("", encoding="utf-8")
    (root / "arch" / "x86" / "empty.c").write_text("int x;\n", encoding="utf-8")
    (root / "include" / "linux" / "box.h").write_text(_HEADER, encoding="utf-8")
    (root / "kernel" / "box.c").write_text(_CODE, encoding="utf-8")
    return root


def test_a_family_in_order_of_value_with_aliases_behind(kcg: Kcg, tree: Path) -> None:
    assert kcg("show", "AF_*", "-k", tree, "-q").out == (
        "/* AF_*: 5 constants, include/linux/box.h:1 */\n"
        "AF_UNSPEC   0                      include/linux/box.h:2\n"
        "AF_INET     2                      include/linux/box.h:4  Internet IP Protocol\n"
        "AF_NETLINK  0x10                   include/linux/box.h:3\n"
        "AF_ROUTE    16 = AF_NETLINK        include/linux/box.h:1  Alias to emulate 4.4BSD\n"
        "AF_MAX      17 = (AF_NETLINK + 1)  include/linux/box.h:6\n"
    )


def test_a_struct_as_written(kcg: Kcg, tree: Path) -> None:
    assert kcg("show", "struct box", "-k", tree, "-q").out == (
        "/* include/linux/box.h:17 */\n"
        "/* holds things */\n"
        "struct box {\n"
        "    unsigned long size;                     /* 18  in bytes */\n"
        "    union {                                 /* 22  one of two */\n"
        "        int number;                         /* 20  when counted */\n"
        "        void *p;                            /* 21 */\n"
        "    } u;\n"
        "    int (*open)(struct box *box, int how);  /* 24  {CONFIG_MORE} */\n"
        "};\n"
    )


def test_an_enum_an_object_and_what_is_only_declared(kcg: Kcg, tree: Path) -> None:
    out = "".join(kcg("show", name, "-k", tree, "-q").out for name in ("state", "boxes", "ticks", "SS_LAST"))
    assert out == (
        "/* include/linux/box.h:11 */\n"
        "/* where a socket is */\n"
        "enum state {\n"
        "    SS_FREE,      /* 11  = 0  not used */\n"
        "    SS_BUSY = 4,  /* 11 */\n"
        "    SS_LAST,      /* 11  = 5 */\n"
        "};\n"
        "/* kernel/box.c:3 */\n"
        "struct box boxes[] = {\n"
        "    {                      /* 4 */\n"
        "        .size = 1,         /* 4 */\n"
        "        .u = {             /* 4 */\n"
        "            .number = 2,   /* 4 */\n"
        "        },\n"
        "        .open = box_open,  /* 4 */\n"
        "    },\n"
        "};\n"
        "/* include/linux/box.h:27 */\n"
        "extern unsigned long ticks;\n"
        "/* SS_LAST: 1 constant */\n"
        "SS_LAST  5  include/linux/box.h:11\n"
    )


def test_a_table_and_markdown(kcg: Kcg, tree: Path) -> None:
    assert kcg("show", "struct box", "--format", "table", "-k", tree, "-q").out == (
        "struct box  (include/linux/box.h:17)\n"
        "member    type                               line  comment\n"
        "size      unsigned long                      18    in bytes\n"
        "u         union {…}                          22    one of two\n"
        "  number  int                                20    when counted\n"
        "  p       void *                             21\n"
        "open      int (*)(struct box *box, int how)  24    {CONFIG_MORE}\n"
    )
    markdown = kcg("show", "state", "--format", "markdown", "-k", tree, "-q").out
    assert "## `enum state`" in markdown
    assert "| `SS_LAST` | `5` | 11 |" in markdown


def test_a_tag_restricts_the_kind(kcg: Kcg, tree: Path) -> None:
    assert kcg("show", "union box", "-k", tree, "-q").code == 2
    (row,) = json.loads(kcg("show", "struct box", "--format", "json", "-k", tree, "-q").out)
    assert [field["name"] for field in row["fields"]] == ["size", "u", "u.number", "u.p", "open"]
    assert row["members"][1]["members"][0]["comment"] == "when counted"


def test_a_comment_behind_a_constant_goes_on_below_it(kcg: Kcg, tree: Path) -> None:
    text = "#define SOME_ONE 1 /* first,\n\t\t\t* and on */\n#define SOME_TWO 2 // short\n"
    (tree / "include" / "linux" / "some.h").write_text(text, encoding="utf-8")
    lines = kcg("show", "SOME_*", "-k", tree, "-q").out.splitlines()
    assert lines[1].endswith("some.h:1  first, and on")
    assert lines[2].endswith("some.h:3  short")


def test_defines_among_members_that_name_a_members_member(kcg: Kcg, tree: Path) -> None:
    text = (
        "struct half { int first; };\n"
        "struct whole {\n\tstruct half half;\n"
        "#define w_first half.first\n#define W_SIZE 4\n#define w_else other.first\n"
        "\tint second;\n};\n"
    )
    (tree / "include" / "linux" / "whole.h").write_text(text, encoding="utf-8")
    assert kcg("show", "struct whole", "-k", tree, "-q").out == (
        "/* include/linux/whole.h:2 */\n"
        "struct whole {\n"
        "    struct half half;           /* 3 */\n"
        "    #define w_first half.first  /* 4 */\n"
        "    int second;                 /* 7 */\n"
        "};\n"
    )
    table = kcg("show", "struct whole", "-k", tree, "-q", "--format", "table").out.splitlines()
    assert table[3].split() == ["w_first", "half.first", "4"]
