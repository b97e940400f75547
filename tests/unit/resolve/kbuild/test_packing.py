"""Objects of a build table are the same after packing."""

from analyzer.model.kbuild import BuildObject, BuildStep
from analyzer.resolve.kbuild.packing import packed, unpacked


def test_what_follows_from_the_path_comes_back() -> None:
    items = [
        BuildObject(
            "net", ("CONFIG_NET",), "vmlinux", "net/socket", (BuildStep("net/Makefile", 1, "obj-y += a.o"),)
        ),
        BuildObject("lib", (), "other", "lib/joint", (BuildStep("lib/Kbuild", 2, "obj-y += b.o"),)),
    ]
    encoded = packed("net/socket.c", [*items, items[0]], {"net": "net/Makefile", "lib": "lib/Makefile"})
    folders = {"net": ("net/Makefile", ()), "lib": ("lib/Makefile", ())}
    assert list(unpacked("net/socket.c", encoded, folders)) == items
