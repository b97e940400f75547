"""What macros make of placeholders, told for the arguments of a use."""

import pytest
from trees import resolver

from analyzer.resolve.templates import values_of

MACROS = """
#define SHOW(label, name) static int name##_show(void) { return report(label); }
int report(const char *label) { return 0; }
"""


@pytest.mark.parametrize(
    "label", ['"plain"', '"a, b"', '"half (open"', '"closed)"', "','", "'('", r'"\\"', r'"\", "']
)
def test_literals_do_not_change_which_function_a_use_makes(label: str) -> None:
    found = resolver({"kernel/a.c": f"{MACROS}SHOW({label}, probe)\n"}).names.pasted.of("probe_show")
    assert [f.definition.name for f in found] == ["probe_show"]


def test_values_are_those_the_preprocessor_hands_over() -> None:
    assert values_of(" f(a, b) , {1, 2},x[i, j]") == ("f(a, b)", "{1", "2}", "x[i", "j]")
    assert values_of("") == ("",)


def test_a_part_that_many_files_have_is_looked_for_where_the_name_stands() -> None:
    files = {f"lib/f{n}.c": "#define COUNT(x) int counted_##x;\nCOUNT(state)\n" for n in range(120)}
    files["fs/inode.h"] = (
        "#define BIT_FNS(name) static inline int ext4_test_inode_##name(int bit) { return bit; }\n"
        "static inline int ext4_test_inode_state(int bit);\n"
        "BIT_FNS(state)\n"
    )
    found = resolver(files).names.pasted.of("ext4_test_inode_state")
    assert [(f.path, f.definition.line, f.macro) for f in found] == [("fs/inode.h", 3, "BIT_FNS")]
