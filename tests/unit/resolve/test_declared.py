"""Which files can name a struct's members."""

import pytest
import trees

from analyzer.model.callgraph import Slot

FILES = {
    "include/linux/public.h": "struct public { int (*open)(void); };\n",
    "include/linux/plain.h": "struct opaque;\n",
    "drivers/a/private.h": "struct private { int (*open)(void); };\n",
    "drivers/a/user.c": '#include "private.h"\nint a;\n',
    "drivers/a/other.c": "int b;\n",
    "drivers/b/other.c": "#include <linux/public.h>\nint c;\n",
    "drivers/b/same.c": "struct twice { int (*open)(void); };\n",
    "drivers/c/same.c": "struct twice { int (*open)(void); };\n",
    "drivers/d/part.c": "int d(struct private *p);\n",
    "drivers/d/whole.c": '#include "../a/private.h"\n#include "part.c"\n',
    "drivers/d/list.h": "ROW(x)\n",
    "drivers/d/listing.c": '#include "../a/private.h"\n#include "list.h"\n',
    "drivers/e/unasked.h": "int e;\n",
}


@pytest.mark.parametrize(
    ("path", "slot", "may"),
    [
        ("drivers/b/other.c", Slot("public", "open"), True),
        ("drivers/a/other.c", Slot("public", "open"), True),  # a public header may come by any way
        ("drivers/a/user.c", Slot("private", "open"), True),
        ("drivers/a/other.c", Slot("private", "open"), True),  # beside the header
        ("drivers/b/other.c", Slot("private", "open"), False),
        ("include/linux/plain.h", Slot("private", "open"), False),
        ("drivers/d/part.c", Slot("private", "open"), True),  # its includer sees it
        ("drivers/d/list.h", Slot("private", "open"), True),
        ("drivers/e/unasked.h", Slot("private", "open"), True),  # nobody knows who includes it
        ("drivers/b/same.c", Slot("twice", "open", "drivers/b/same.c"), True),
        ("drivers/c/same.c", Slot("twice", "open", "drivers/b/same.c"), False),
        ("drivers/c/same.c", Slot("twice::inner", "open"), True),
        ("drivers/b/other.c", Slot("unknown", "open"), True),
    ],
)
def test_a_member_is_named_where_its_struct_is_seen(path: str, slot: Slot, may: bool) -> None:
    declared = trees.resolver(FILES).names.declared
    assert declared.may_reach_into(path, slot) is may
