"""Which of several external definitions a call means, and what a configuration leaves out."""

from trees import resolver

from analyzer.resolve import linkage

MAKEFILES = {
    "Makefile": "core-y := kernel/ fs/\n",
    "kernel/Makefile": "obj-y := core.o\nobj-$(CONFIG_EXTRA) += extra.o\nobj-$(CONFIG_OFF) += off.o part_of.o\n",
    "fs/Makefile": "obj-$(CONFIG_ONE) += one.o\none-y := one_main.o one_util.o\n"
    "obj-$(CONFIG_TWO) += two.o\ntwo-y := two_main.o two_util.o\nobj-$(CONFIG_LONE) += lone.o\n",
}
FILES = {
    **MAKEFILES,
    "kernel/core.c": "int util(void) { return 0; }\nint lib(void) { return 1; }\nEXPORT_SYMBOL(lib);\n"
    'int run(void) { return util() + hook(); }\n#include "part.c"\n',
    "kernel/part.c": "int part(void) { return 3; }\n",
    "kernel/part_of.c": '#include "lost.c"\n',
    "kernel/lost.c": "int lost(void) { return 3; }\n",
    "kernel/extra.c": "int hook(void) { return 2; }\n",
    "kernel/off.c": "int hook(void) { return 3; }\nint unbuilt(void) { return 4; }\n",
    "fs/one_main.c": "int one(void) { return util() + lib(); }\n",
    "fs/one_util.c": "int util(void) { return 5; }\n",
    "fs/two_main.c": "int two(void) { return util() + lib(); }\n",
    "fs/two_util.c": "int util(void) { return 6; }\nint lib(void) { return 7; }\n",
    "fs/lone.c": "int lone(void) { return util(); }\n#ifdef MODULE\nint as_module(void) { return 1; }\n#endif\n",
}
OPTIONS = {"CONFIG_ONE": "m", "CONFIG_TWO": "m", "CONFIG_LONE": "y", "CONFIG_EXTRA": "y"}


def bound(path: str, name: str, options: dict[str, str] | None = None) -> list[str]:
    """The files of the definitions that a name in a file means."""
    found = resolver(FILES, options=options)
    return [f.path for f in found.names.bind(found.scopes.of(path), name).functions]


def test_a_module_is_linked_by_itself() -> None:
    assert bound("fs/one_main.c", "util") == ["fs/one_util.c"]
    assert bound("fs/two_main.c", "util") == ["fs/two_util.c"]
    assert bound("kernel/core.c", "util") == ["kernel/core.c"]


def test_another_modules_symbol_must_be_exported() -> None:
    assert bound("fs/one_main.c", "lib", OPTIONS) == ["kernel/core.c"]
    assert bound("fs/two_main.c", "lib", OPTIONS) == ["fs/two_util.c"]
    assert bound("fs/lone.c", "util", OPTIONS) == ["kernel/core.c"]
    scopes = resolver(FILES).scopes
    assert linkage.exported(scopes, "kernel/core.c", "lib")
    assert not linkage.exported(scopes, "kernel/core.c", "util")


def test_what_is_not_built_defines_nothing() -> None:
    assert bound("kernel/core.c", "hook", OPTIONS) == ["kernel/extra.c"]
    assert set(bound("kernel/core.c", "hook")) == {"kernel/extra.c", "kernel/off.c"}
    found = resolver(FILES, options=OPTIONS)
    assert found.named("unbuilt") == []
    assert found.names.not_built("unbuilt") == [
        ("kernel/off.c", 2, "obj-$(CONFIG_OFF) in kernel/Makefile, CONFIG_OFF is not set")
    ]
    assert [f.path for f in resolver(FILES).named("unbuilt")] == ["kernel/off.c"]


def test_a_part_is_built_with_the_file_that_includes_it() -> None:
    found = resolver(FILES, options=OPTIONS)
    assert not found.scopes.unbuilt("kernel/part.c")
    assert found.scopes.unbuilt("kernel/lost.c")
    assert linkage.images_of(found.scopes, "kernel/part.c") == {("vmlinux", "kernel/core")}


def test_a_module_sees_module() -> None:
    for value, truth in (("m", True), ("y", False)):
        scopes = resolver(FILES, options={**OPTIONS, "CONFIG_LONE": value}).scopes
        assert scopes.of("fs/lone.c").holds("MODULE") is truth
    assert resolver(FILES, options=OPTIONS).scopes.of("fs/lone.c").holds("IS_REACHABLE(CONFIG_ONE)") is False
    assert resolver(FILES, options=OPTIONS).scopes.of("fs/two_main.c").holds("IS_REACHABLE(CONFIG_ONE)") is True


def test_user_mode_linux_is_another_architecture() -> None:
    scopes = resolver({"arch/x86/um/ptrace.c": "", "arch/x86/kernel/ptrace.c": ""}).scopes
    assert scopes.foreign("arch/x86/um/ptrace.c")
    assert not scopes.foreign("arch/x86/kernel/ptrace.c")


def test_an_assembler_symbol_is_meant_before_another_images_function() -> None:
    files = {
        "Makefile": "core-y := kernel/\ninclude arch/$(SRCARCH)/Makefile\n",
        "arch/x86/Makefile": "libs-y += arch/x86/lib/\nboot := arch/x86/boot\n"
        "image:\n\t$(MAKE) $(build)=$(boot) $@\n",
        "arch/x86/boot/Makefile": "setup-y += string.o main.o\n",
        "arch/x86/boot/string.c": "void *memcpy(void *to, const void *from) { return to; }\n",
        "arch/x86/boot/main.c": "void start(void) { memcpy(0, 0); }\n",
        "arch/x86/lib/Makefile": "lib-y := memcpy_64.o\n",
        "arch/x86/lib/memcpy_64.S": "SYM_FUNC_START(memcpy)\n\tRET\nSYM_FUNC_END(memcpy)\n",
        "kernel/Makefile": "obj-y := core.o\n",
        "kernel/core.c": "void run(void) { memcpy(0, 0); }\n",
    }
    for path in ("kernel/core.c", "arch/x86/boot/main.c"):
        found = resolver(files)
        functions = found.names.bind(found.scopes.of(path), "memcpy").functions
        assert [f.path for f in functions] == (["arch/x86/boot/string.c"] if "boot" in path else [])
