"""Whose folders are whose."""

import pytest
from trees import Tree

from analyzer.resolve.configuration import Configuration
from analyzer.resolve.territory import Territory

PAGE = "#define PAGE_SIZE 4096\n"


@pytest.mark.parametrize(
    ("path", "foreign"),
    [
        ("arch/x86/kernel/cpu.c", False),
        ("arch/x86/um/signal.c", True),
        ("arch/arm64/kernel/cpu.c", True),
        ("include/asm-generic/page.h", False),
        ("include/asm-x86/page.h", True),
        ("tools/perf/main.c", True),
        ("net/socket.c", False),
    ],
)
def test_what_is_foreign(path: str, foreign: bool) -> None:
    tree = Tree({"arch/x86/include/asm/page.h": PAGE, "include/asm-x86/page.h": PAGE})
    assert Territory(tree, Configuration("x86")).foreign(path) is foreign


def test_headers_of_old_kernels() -> None:
    tree = Tree(
        {"include/asm-x86_64/page.h": PAGE, "include/asm-i386/page.h": PAGE, "include/asm-arm/page.h": PAGE}
    )
    territory = Territory(tree, Configuration("x86"))
    assert territory.old_roots == ("include/asm-x86_64/",)
    assert not territory.foreign("include/asm-x86_64/io.h")
    assert territory.foreign("include/asm-i386/io.h")
    assert territory.foreign("include/asm-arm/io.h")


def test_headers_that_include_each_other_are_the_kernel_s_whichever_is_asked_first() -> None:
    folder = "scripts/dtc/libfdt/"
    tree = Tree(
        {
            "lib/reader.c": f'#include "../{folder}reader.c"\n',
            f"{folder}reader.c": '#include "fdt_a.h"\n',
            f"{folder}fdt_a.h": '#include "fdt_b.h"\n',
            f"{folder}fdt_b.h": '#include "fdt_a.h"\n',
            f"{folder}own.c": '#include "own.h"\n',
            f"{folder}own.h": "",
        }
    )
    for order in (("fdt_a.h", "fdt_b.h", "own.h"), ("own.h", "fdt_b.h", "fdt_a.h")):
        territory = Territory(tree, Configuration("x86"))
        assert {name: territory.foreign(folder + name) for name in order} == {
            "fdt_a.h": False,
            "fdt_b.h": False,
            "own.h": True,
        }
