"""What a configuration builds, asked of a kernel on disk."""

import os
from pathlib import Path

import pytest

from analyzer.errors import UnknownNameError
from analyzer.model.callgraph import FunctionRef
from analyzer.pipeline.session import Session, open_session

FILES = {
    "Makefile": "VERSION = 6\nPATCHLEVEL = 1\ncore-y := kernel/\n",
    "kernel/Makefile": "obj-y := core.o\nobj-$(CONFIG_EXTRA) += extra.o\n",
    "kernel/core.c": "int run(void) { return extra(); }\n",
    "kernel/extra.c": "int extra(void) { return 1; }\n",
    "include/linux/empty.h": "\n",
    "config": "# CONFIG_EXTRA is not set\nCONFIG_CORE=y\n",
}


@pytest.fixture
def kernel(tmp_path: Path) -> Path:
    """A tree of two files, one of them optional."""
    for path, text in FILES.items():
        file = tmp_path / "linux" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return tmp_path / "linux"


def opened(kernel: Path, *, configured: bool = True) -> Session:
    """A session with the tree's configuration, or with none."""
    config = str(kernel / "config") if configured else None
    return open_session(str(kernel), config=config, store=str(kernel.parent / "store"), jobs=1)


def callees(session: Session) -> list[tuple[str, str]]:
    """The callees of `run` with their files."""
    edges = session.callees(session.find("run").ref)
    session.close()
    return [(e.callee.name, e.callee.file) for e in edges if e.callee is not None]


def test_the_reason_is_said(kernel: Path) -> None:
    session = opened(kernel)
    with pytest.raises(UnknownNameError) as error:
        session.find("extra")
    session.close()
    assert error.value.message == (
        "extra is defined in kernel/extra.c, which this configuration does not build: "
        "obj-$(CONFIG_EXTRA) in kernel/Makefile, CONFIG_EXTRA is not set."
    )


def test_functions_of_other_configurations_are_left_out(kernel: Path) -> None:
    session = opened(kernel)
    assert [f.ref.name for f in session.export_functions(())] == ["run"]
    session.close()
    assert callees(opened(kernel)) == [("extra", "")]
    assert callees(opened(kernel, configured=False)) == [("extra", "kernel/extra.c")]


def test_a_call_of_what_is_not_built_says_so(kernel: Path) -> None:
    session = opened(kernel)
    (edge,) = session.callees(session.find("run").ref)
    session.close()
    assert (edge.rule, edge.callee) == ("not built", FunctionRef("extra"))
    assert [(e.file, e.line, e.object.partition(",")[0]) for e in edge.evidence] == [
        ("kernel/extra.c", 1, "obj-$(CONFIG_EXTRA) in kernel/Makefile")
    ]


def test_a_changed_makefile_changes_the_answer(kernel: Path) -> None:
    assert callees(opened(kernel)) == [("extra", "")]
    makefile = kernel / "kernel" / "Makefile"
    makefile.write_text("obj-y := core.o extra.o\n", encoding="utf-8")
    os.utime(makefile, ns=(1, 1))
    assert callees(opened(kernel)) == [("extra", "kernel/extra.c")]
