"""What a kernel's Kconfig files decide when no configuration is given, asked of a kernel on disk."""

from pathlib import Path

import pytest

from analyzer.errors import UnknownNameError
from analyzer.pipeline.session import Session, open_session

FILES = {
    "Makefile": "VERSION = 6\nPATCHLEVEL = 1\n",
    "Kbuild": "obj-y := kernel/ drivers/\n",
    "Kconfig": 'source "init/Kconfig"\nsource "arch/$(SRCARCH)/Kconfig"\nsource "Documentation/Kconfig"\n',
    "init/Kconfig": "config SMP\n\tbool\n",
    "arch/x86/Kconfig": "config X86\n\tdef_bool y\n\tselect HAVE_TABLES\n\nconfig HAVE_TABLES\n\tbool\n",
    "arch/s390/Kconfig": "config S390\n\tdef_bool y\n",
    "kernel/Makefile": "obj-y := core.o\n",
    "kernel/core.c": "void smp(void) { }\nvoid sclp(void) { }\nvoid run(void)\n{\n"
    "#ifdef CONFIG_SMP\n\tsmp();\n#endif\n#ifdef CONFIG_S390\n\tsclp();\n#endif\n}\n",
    "drivers/Makefile": "obj-$(CONFIG_S390) += sclp.o\n",
    "drivers/sclp.c": "void sclp_sync_wait(void) { }\n",
    "include/linux/empty.h": "\n",
}


def opened(folder: Path, changed: dict[str, str], arch: str = "x86") -> Session:
    """A session on a tree of these files."""
    for path, text in {**FILES, **changed}.items():
        file = folder / "linux" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return open_session(str(folder / "linux"), arch=arch, store=str(folder / "store"), jobs=1)


def called(session: Session) -> list[str]:
    """The callees of `run`."""
    names = [edge.callee.name for edge in session.callees(session.find("run").ref) if edge.callee]
    session.close()
    return names


def test_symbols_of_other_architectures_are_off(tmp_path: Path) -> None:
    assert called(opened(tmp_path, {})) == ["smp"]
    assert called(opened(tmp_path, {}, "s390")) == ["smp", "sclp"]


def test_an_edit_of_a_kconfig_counts(tmp_path: Path) -> None:
    assert called(opened(tmp_path, {})) == ["smp"]
    assert called(opened(tmp_path, {"init/Kconfig": "config SMP\n\tbool\n\nconfig S390\n\tbool\n"})) == [
        "smp",
        "sclp",
    ]


@pytest.mark.parametrize(
    "changed",
    [
        {"Kconfig": FILES["Kconfig"] + 'source "drivers/Kconfig"\n'},
        {"Kconfig": 'source "arch/$(SRCARCH)/Kconfig"\n'},
        {"arch/x86/Kconfig": 'source "arch/$(HEADER_ARCH)/um/Kconfig"\n'},
    ],
    ids=["a file that is not there", "an excerpt", "a variable of the build"],
)
def test_of_a_tree_without_all_files_nothing_is_known(tmp_path: Path, changed: dict[str, str]) -> None:
    assert called(opened(tmp_path, changed)) == ["smp", "sclp"]


def test_the_reason_is_said(tmp_path: Path) -> None:
    session = opened(tmp_path, {})
    with pytest.raises(UnknownNameError) as error:
        session.find("sclp_sync_wait")
    session.close()
    assert error.value.message == (
        "sclp_sync_wait is defined in drivers/sclp.c, which no configuration of x86 builds: "
        "obj-$(CONFIG_S390) in drivers/Makefile, CONFIG_S390 is not set."
    )
    assert error.value.hint == "Give another --arch."
    other = opened(tmp_path, {}, "s390")
    assert other.find("sclp_sync_wait").ref.file == "drivers/sclp.c"
    other.close()


def test_given_a_configuration_kconfig_is_not_asked(tmp_path: Path) -> None:
    opened(tmp_path, {}).close()
    (tmp_path / "config").write_text("CONFIG_S390=y\n")
    session = open_session(
        str(tmp_path / "linux"), config=str(tmp_path / "config"), store=str(tmp_path / "store"), jobs=1
    )
    assert called(session) == ["sclp"]
