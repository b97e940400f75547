"""What a person types, and the function that is meant."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from analyzer.errors import AmbiguousNameError, UnknownNameError
from analyzer.model.callgraph import Function
from analyzer.pipeline.naming import absence, meant, spelled_names, unknown
from analyzer.pipeline.session import Session, open_session

Find = Callable[[str], Function]


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    root = tmp_path / "linux"
    for folder in ("kernel", "fs", "include/linux", "init", "arch/x86"):
        (root / folder).mkdir(parents=True)
    (root / "Makefile").write_text("VERSION = 6\nPATCHLEVEL = 9\nSUBLEVEL = 1\n")
    (root / "Kconfig").write_text("")
    (root / "include/linux/syscalls.h").write_text(
        "#define SYSCALL_DEFINE1(name, type, arg) asmlinkage long sys_##name(type arg)\n"
    )
    (root / "kernel/sys.c").write_text(
        "#include <linux/syscalls.h>\n"
        "static void twice(void)\n{\n}\nSYSCALL_DEFINE1(settle, int, fd)\n{\n\ttwice();\n\treturn 0;\n}\n"
    )
    (root / "fs/open.c").write_text("static void twice(void)\n{\n}\nvoid open_all(void)\n{\n\ttwice();\n}\n")
    opened = open_session(str(root), store=str(tmp_path / "index"), jobs=1)
    yield opened
    opened.close()


@pytest.fixture
def find(session: Session) -> Find:
    return lambda name: meant(name, session.resolver, session.stored, "6.9.1")


@pytest.mark.parametrize(
    "name", ["sys_settle", "settle", "__x64_sys_settle", "SYSCALL_DEFINE1(settle", " sys_settle() "]
)
def test_a_system_call_has_many_names(find: Find, name: str) -> None:
    assert find(name).ref.name == "sys_settle"


@pytest.mark.parametrize("name", ["fs/open.c:twice", "open.c:twice", "fs/open.c:1:twice"])
def test_a_file_says_which_of_several(find: Find, name: str) -> None:
    assert (find(name).ref.file, find(name).ref.line) == ("fs/open.c", 1)


def test_a_name_of_several_files_wants_one_of_them(find: Find) -> None:
    with pytest.raises(AmbiguousNameError) as raised:
        find("twice")
    assert set(raised.value.candidates) == {"fs/open.c:twice", "kernel/sys.c:twice"}


@pytest.mark.parametrize(("name", "near"), [("sys_setle", "sys_settle"), ("open_al", "open_all")])
def test_what_is_misspelled_has_a_neighbour(find: Find, name: str, near: str) -> None:
    with pytest.raises(UnknownNameError) as raised:
        find(name)
    assert near in raised.value.suggestions


def test_a_file_without_the_function_is_told(find: Find) -> None:
    with pytest.raises(UnknownNameError, match=r"No function twice in fs/close\.c"):
        find("fs/close.c:twice")


def test_what_is_nowhere_near_has_no_suggestions(session: Session) -> None:
    error = unknown("zzzzzzzz", "Nothing.", session.resolver, session.stored)
    assert (str(error), error.suggestions) == ("Nothing.", ())
    assert absence("zzzzzzzz", session.resolver, "6.9.1") == "no function is called zzzzzzzz in Linux 6.9.1"


def test_names_stand_as_in_the_text_or_in_a_head(session: Session) -> None:
    assert {"twice", "open_all", "settle"} <= spelled_names(session.stored)


@pytest.fixture
def templates(tmp_path: Path) -> Iterator[Session]:
    folder = Path(__file__).parents[3] / "fixtures/phenomena/template_bodies"
    opened = open_session(str(folder), store=str(tmp_path / "templates"), jobs=1)
    yield opened
    opened.close()


def test_a_spelled_name_that_macros_replace_leads_to_the_made_ones(templates: Session) -> None:
    with pytest.raises(UnknownNameError) as caught:
        meant("mtype_add", templates.resolver, templates.stored, "6.9.0")
    assert "net/ip_set_hash_gen.h, where macros make other names of it: 3 in all" in str(caught.value)
    assert caught.value.suggestions == ("hash_ip4_add", "hash_ip6_add", "hash_mac4_add")


def test_made_names_are_near_names(templates: Session) -> None:
    with pytest.raises(UnknownNameError) as caught:
        meant("paging64_walkaddr", templates.resolver, templates.stored, "6.9.0")
    assert caught.value.suggestions[0] == "paging64_walk_addr"
