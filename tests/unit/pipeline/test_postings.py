"""Roles of names that a whole file has: whether macros may give functions other names."""

import pytest

from analyzer.extract.extractor import extract
from analyzer.pipeline.postings import names_of


def roles(text: str) -> set[str]:
    data = text.encode()
    return {kind for kind, names in names_of(extract(data), data).items() if "" in names}


@pytest.mark.parametrize(
    "text",
    [
        "#define mtype_add IPSET_TOKEN(MTYPE, _add)\nint mtype_add(int a)\n{\n\treturn a;\n}\n",
        "static int FNAME(fetch)(int a)\n{\n\treturn a;\n}\n",
    ],
)
def test_a_file_whose_functions_have_other_names(text: str) -> None:
    assert "renamed" in roles(text)


def test_a_macro_below_a_function_names_nothing() -> None:
    assert "renamed" not in roles("int pv_kick(int a)\n{\n\treturn a;\n}\n#define pv_kick other_kick\n")


@pytest.mark.parametrize(
    "text",
    [
        '#define init_elf_binfmt init_compat_elf_binfmt\n#include "binfmt_elf.c"\n',
        "struct hfs_btree;\n#define hfs_find_init hfsplus_find_init\n",
        "#define DYN_FTRACE_TEST_NAME trace_selftest_dynamic_test_func\n",
    ],
)
def test_a_file_that_gives_functions_of_others_their_names(text: str) -> None:
    assert "renaming" in roles(text)


@pytest.mark.parametrize(
    "text",
    [
        '#define ELF_CLASS ELFCLASS32\n#include "binfmt_elf.c"\n',
        "#define arch_atomic_read arch_atomic_read\n",
        "#define min(a, b) smaller\n",
    ],
)
def test_other_macros_name_nothing(text: str) -> None:
    assert "renaming" not in roles(text)
