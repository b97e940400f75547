"""Which files are built, from the Makefiles of small trees."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.extract.kbuild import extract_makefile
from analyzer.resolve.configuration import Configuration
from analyzer.resolve.kbuild import tree
from analyzer.resolve.kbuild.built import Kbuild
from analyzer.resolve.kbuild.tree import read_tree

NEW = {
    "Makefile": "core-y :=\nlibs-y := lib/\nifeq ($(KBUILD_EXTMOD),)\ncore-y += virt/\nendif\n"
    "include $(srctree)/arch/$(SRCARCH)/Makefile\nexport ARCH_CORE := $(core-y)\n"
    "core-y := $(patsubst %/, %/built-in.a, $(core-y))\n",
    "Kbuild": "obj-y += kernel/\nobj-y += $(ARCH_CORE)\nobj-$(CONFIG_NET) += net/\n",
    "arch/x86/Makefile": "core-y += arch/x86/\nboot := arch/x86/boot\nimage:\n\t$(MAKE) $(build)=$(boot) $@\n",
    "arch/x86/Kbuild": "obj-y += kernel/\n",
    "arch/x86/kernel/Makefile": "obj-y := head_$(BITS).o\nobj-$(subst m,y,$(CONFIG_HV)) += hv.o\n",
    "arch/x86/boot/Makefile": "setup-y += video.o\nhostprogs := mktool\n$(obj)/cat.o: $(src)/dog.c\n",
    "kernel/Makefile": "obj-y := fork.o core.o \\\n\tpanic.o\nobj-$(CONFIG_A) += a.o\nlib-y += helper.o\n"
    "ifdef CONFIG_A\nobj-$(CONFIG_B) += b.o\nelse\nobj-y += no_a.o\nendif\n",
    "lib/Makefile": "lib-y := string.o\n",
    "net/Makefile": "obj-$(CONFIG_FOO) += foo/ foo-extra.o\nobj-$(CONFIG_NET_MAGIC) += $(shell ls).o\n",
    "net/foo/Makefile": "ccflags-$(CONFIG_FOO_DEBUG) += -DDEBUG -DLEVEL=2\nCFLAGS_main.o := -DMAIN\n"
    "obj-$(CONFIG_FOO) += foo.o\nobj-y += never.o\n"
    "foo-y := main.o ../joint.o\nfoo-$(CONFIG_FOO_X) += x.o\n"
    "foo-$(CONFIG_FOO_X) += rodata_objcopy.o\n"
    "$(obj)/rodata_objcopy.o: $(obj)/rodata.o FORCE\n\t$(call if_changed,objcopy)\n"
    "include $(src)/parts/Makefile.inc\n",
    "net/foo/parts/Makefile.inc": "foo-objs += parts/part.o\n",
    "orphan/Makefile": "obj-y += orphan.o\n",
}
SOURCES = (
    "arch/x86/boot/dog.c", "arch/x86/boot/mktool.c", "arch/x86/boot/video.c", "arch/x86/kernel/hv.c",
    "kernel/a.c", "kernel/b.c", "kernel/core.c", "kernel/fork.c", "kernel/helper.c", "kernel/no_a.c",
    "kernel/panic.S", "kernel/unnamed.c", "lib/string.c", "net/foo-extra.c", "net/foo/main.c", "net/foo/never.c",
    "net/foo/parts/part.c", "net/foo/rodata.c", "net/foo/x.c", "net/joint.c", "net/stray.c", "orphan/orphan.c",
)  # fmt: skip


def kbuild(
    makefiles: dict[str, str], options: dict[str, str] | None, sources: tuple[str, ...] = SOURCES
) -> Kbuild:
    """The table of a tree under a configuration."""
    statements = {path: extract_makefile(text.encode()) for path, text in makefiles.items()}
    configuration = Configuration(options=options)
    return Kbuild(read_tree(sources, "x86", statements.get), "x86", configuration.holds)


@pytest.mark.parametrize(
    ("path", "guard"),
    [
        ("kernel/fork.c", ""),
        ("kernel/panic.S", ""),
        ("kernel/helper.c", ""),
        ("kernel/core.c", ""),
        ("kernel/a.c", "IS_ENABLED(CONFIG_A)"),
        ("kernel/b.c", "IS_ENABLED(CONFIG_A) && IS_ENABLED(CONFIG_B)"),
        ("kernel/no_a.c", "!IS_ENABLED(CONFIG_A)"),
        ("lib/string.c", ""),
        ("arch/x86/kernel/hv.c", "IS_ENABLED(CONFIG_HV)"),
        ("net/foo-extra.c", "IS_ENABLED(CONFIG_NET) && IS_ENABLED(CONFIG_FOO)"),
        ("net/foo/main.c", "IS_ENABLED(CONFIG_NET) && IS_ENABLED(CONFIG_FOO)"),
        ("net/joint.c", "IS_ENABLED(CONFIG_NET) && IS_ENABLED(CONFIG_FOO)"),
        ("net/foo/parts/part.c", "IS_ENABLED(CONFIG_NET) && IS_ENABLED(CONFIG_FOO)"),
        ("net/foo/x.c", "IS_ENABLED(CONFIG_NET) && IS_ENABLED(CONFIG_FOO) && IS_ENABLED(CONFIG_FOO_X)"),
        ("net/foo/rodata.c", "IS_ENABLED(CONFIG_NET) && IS_ENABLED(CONFIG_FOO) && IS_ENABLED(CONFIG_FOO_X)"),
    ],
)
def test_guards(path: str, guard: str) -> None:
    assert kbuild(NEW, None).guard(path) == guard


def test_what_a_configuration_builds_and_into_what() -> None:
    built = kbuild(NEW, {"CONFIG_NET": "y", "CONFIG_FOO": "m", "CONFIG_FOO_X": "y"})
    assert built.built("net/foo/main.c").images == (("module", "net/foo/foo"),)
    assert built.built("net/foo/x.c").images == (("module", "net/foo/foo"),)
    assert built.built("net/foo/rodata.c").images == (("module", "net/foo/foo"),)
    assert built.built("kernel/fork.c").images == (("vmlinux", "kernel/fork"),)
    assert built.built("arch/x86/boot/video.c").images == (("other", "arch/x86/boot/setup-y"),)
    assert built.built("arch/x86/boot/dog.c").truth is True
    assert built.built("kernel/no_a.c").truth is True
    assert built.built("net/foo/never.c").truth is False  # asked for as built in where only modules are


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("kernel/a.c", "obj-$(CONFIG_A) in kernel/Makefile, CONFIG_A is not set"),
        ("net/foo/x.c", "foo-$(CONFIG_FOO_X) in net/foo/Makefile, CONFIG_FOO_X is not set"),
        ("kernel/unnamed.c", "kernel/Makefile does not name unnamed.o"),
        ("orphan/orphan.c", "no Makefile descends into orphan/"),
        ("arch/x86/boot/mktool.c", "it belongs to a program for the build host"),
    ],
)
def test_why_a_file_is_not_built(path: str, reason: str) -> None:
    found = kbuild(NEW, {"CONFIG_NET": "y", "CONFIG_FOO": "y"}).built(path)
    assert (found.truth, found.reason) == (False, reason)


def test_what_cannot_be_followed_may_be_built() -> None:
    assert kbuild(NEW, {"CONFIG_NET": "y", "CONFIG_NET_MAGIC": "y"}).built("net/stray.c").truth is None
    assert kbuild(NEW, {"CONFIG_NET": "y"}).built("net/stray.c").truth is False
    assert kbuild({}, {}).built("kernel/fork.c").truth is None
    assert kbuild({"Makefile": "VERSION = 1\n"}, {}).built("kernel/fork.c").truth is None


MANY = [f"CONFIG_WAY{n}" for n in range(20)]
ENTERED = {
    "Makefile": "core-y := drivers/\n",
    "drivers/Makefile": "".join(f"obj-$({name}) += usb/\n" for name in MANY),
    "drivers/usb/Makefile": "".join(f"obj-$({name}) += host/\n" for name in MANY),
    "drivers/usb/host/Makefile": "obj-y += hcd.o\n",
}


@pytest.mark.parametrize("which", [(0, 0), (19, 0), (0, 19), (19, 19)])
def test_a_folder_that_many_lines_enter(which: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "_MAX_WAYS", 10_000)
    options = {MANY[n]: "y" for n in which}
    path = "drivers/usb/host/hcd.c"
    assert kbuild(ENTERED, options, (path,)).built(path).truth is True
    assert kbuild(ENTERED, {"CONFIG_OTHER": "y"}, (path,)).built(path).truth is False


def test_of_a_folder_with_more_ways_nothing_is_sure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "_MAX_WAYS", 50)
    path = "drivers/usb/host/hcd.c"
    assert kbuild(ENTERED, {MANY[19]: "y"}, (path,)).built(path).truth is None


def test_macros_of_the_command_line() -> None:
    debugging = kbuild(NEW, {"CONFIG_NET": "y", "CONFIG_FOO": "y", "CONFIG_FOO_DEBUG": "y"})
    assert debugging.defined("net/foo/main.c", "DEBUG") is True
    assert debugging.defined("net/foo/main.c", "MAIN") is True
    assert debugging.defined("net/foo/x.c", "MAIN") is False
    assert kbuild(NEW, {"CONFIG_NET": "y"}).defined("net/foo/main.c", "DEBUG") is False


def test_the_lists_of_older_kernels() -> None:
    old = {
        "Makefile": "init-y := init/\ndrivers-y := drivers/\nnet-y := net/\nlibs-y := lib/\ncore-y := usr/\n"
        "include $(srctree)/arch/$(SRCARCH)/Makefile\ncore-y += kernel/\n"
        "init-y := $(patsubst %/, %/built-in.o, $(init-y))\n",
        "arch/x86/Makefile": "ifeq ($(CONFIG_X86_32),y)\n\tinclude $(srctree)/arch/x86/Makefile_32\nelse\n"
        "\tinclude $(srctree)/arch/x86/Makefile_64\nendif\n",
        "arch/x86/Makefile_32": "core-y += arch/x86/mach/\n",
        "arch/x86/Makefile_64": "core-$(CONFIG_IA32) += arch/x86/ia32/\n",
        "arch/x86/ia32/Makefile": "obj-$(CONFIG_IA32) := sys.o\n",
        "arch/x86/mach/Makefile": "obj-y := setup.o\n",
        "net/Makefile": "obj-$(CONFIG_IPV6) += ipv6/\n",
        "net/ipv6/Makefile": "obj-$(CONFIG_IPV6) += ipv6.o\nipv6-objs := af_inet6.o $(ipv6-y)\n"
        "ipv6-$(CONFIG_XFRM) += xfrm6.o\n",
    }
    sources = ("arch/x86/ia32/sys.c", "arch/x86/mach/setup.c", "net/ipv6/af_inet6.c", "net/ipv6/xfrm6.c")
    table = kbuild(old, None, sources)
    assert [table.guard(path) for path in sources] == [
        "!CONFIG_X86_32 && IS_ENABLED(CONFIG_IA32)",
        "CONFIG_X86_32",
        "IS_ENABLED(CONFIG_IPV6)",
        "IS_ENABLED(CONFIG_IPV6) && IS_ENABLED(CONFIG_XFRM)",
    ]


def test_a_library_elsewhere_is_linked_only_where_the_architecture_says_so() -> None:
    stub = {
        "Makefile": "drivers-y := drivers/\ninclude $(srctree)/arch/$(SRCARCH)/Makefile\n",
        "arch/x86/Makefile": "",
        "drivers/Makefile": "subdir-$(CONFIG_EFI_STUB) += libstub\n",
        "drivers/libstub/Makefile": "lib-y := stub.o\n",
    }
    path = "drivers/libstub/stub.c"
    options = {"CONFIG_EFI_STUB": "y"}
    assert {image for image, _ in kbuild(stub, options, (path,)).built(path).images} == {"other"}
    stub["arch/x86/Makefile"] = "libs-$(CONFIG_EFI_STUB) += $(objtree)/drivers/libstub/lib.a\n"
    assert "vmlinux" in {image for image, _ in kbuild(stub, options, (path,)).built(path).images}


@given(st.text("obj-y:=+$(){}CONFIG_A/.o \n\tifeqlsndd,#\\", max_size=300))
def test_anything_is_a_makefile(text: str) -> None:
    table = kbuild({"Makefile": "core-y := kernel/\n", "kernel/Makefile": text}, {}, ("kernel/a.c",))
    table.built("kernel/a.c")
