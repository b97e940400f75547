"""Which files a file includes."""

from trees import INCLUDING, resolver


def test_includes_are_found_where_the_build_looks() -> None:
    includes = resolver(INCLUDING).scopes.includes
    found = {
        target: includes.resolve("net/a.c", target, quoted=quoted)
        for target, quoted in [
            ("linux/a.h", False),
            ("local.h", True),
            ("asm/bits.h", False),
            ("asm/io.h", False),
            ("gone.h", True),
        ]
    }
    assert found == {
        "linux/a.h": "include/linux/a.h",
        "local.h": "net/local.h",
        "asm/bits.h": "arch/x86/include/asm/bits.h",
        "asm/io.h": "include/asm-generic/io.h",
        "gone.h": "",
    }


def test_closure_follows_circles() -> None:
    includes = resolver(INCLUDING).scopes.includes
    assert {"include/linux/a.h", "include/linux/b.h", "net/local.h"} <= includes.closure("net/a.c")
    assert "arch/arm64/include/asm/bits.h" not in includes.closure("net/a.c")


def test_what_stands_behind_an_unknown_condition_is_not_sure() -> None:
    includes = resolver(INCLUDING).scopes.includes
    assert "include/linux/a.h" in includes.closure("net/b.c")
    assert "include/linux/a.h" not in includes.sure_closure("net/b.c")
    without = resolver(INCLUDING, options={"CONFIG_X86": "y"}).scopes.includes
    assert "include/linux/a.h" not in without.closure("net/b.c")


def test_a_public_header_behind_an_extra_folder() -> None:
    files = {"include/drm/drmP.h": "", "net/a.c": '#include "drmP.h"\n'}
    assert resolver(files).scopes.includes.resolve("net/a.c", "drmP.h", quoted=True) == "include/drm/drmP.h"
    files["include/video/drmP.h"] = ""  # which of them is meant only the Makefile says
    assert resolver(files).scopes.includes.resolve("net/a.c", "drmP.h", quoted=True) == ""
