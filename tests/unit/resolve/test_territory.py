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
