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


def test_a_file_that_names_functions_of_what_it_includes() -> None:
    assert "renaming" in roles('#define init_elf_binfmt init_compat_elf_binfmt\n#include "binfmt_elf.c"\n')


@pytest.mark.parametrize(
    "text",
    [
        '#include "binfmt_elf.c"\n#define init_elf_binfmt init_compat_elf_binfmt\n',
        '#define ELF_CLASS ELFCLASS32\n#include "binfmt_elf.c"\n',
        "#define init_elf_binfmt init_compat_elf_binfmt\n#include <linux/elf.h>\n",
    ],
)
def test_other_macros_name_nothing(text: str) -> None:
    assert "renaming" not in roles(text)
