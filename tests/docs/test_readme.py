"""The README says what the program does: its examples run, and no command or option is missing."""

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from analyzer.cli.app import kcg

_SPEC = importlib.util.spec_from_file_location("readme", Path(__file__).with_name("readme.py"))
assert _SPEC is not None
assert _SPEC.loader is not None
readme = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(readme)

TEXT = readme.README.read_text(encoding="utf-8")


@pytest.mark.parametrize("block", list(readme.blocks(TEXT)))
def test_examples_print_what_stands_there(block: str, tmp_path: Path) -> None:
    assert readme.rerun(block, tmp_path) == block, "python tests/docs/readme.py writes them anew"


def test_picture_is_there() -> None:
    for picture in re.findall(r"!\[[^\]]+\]\(([^)]+)\)", TEXT):
        assert (readme.ROOT / picture).read_text(encoding="utf-8").startswith("<?xml")


def _commands() -> Iterator[tuple[str, click.Command]]:
    context = click.Context(kcg)
    for name in kcg.list_commands(context):
        command = kcg.get_command(context, name)
        assert command is not None
        yield name, command


def test_every_command_and_option_is_mentioned() -> None:
    words = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", TEXT))
    for name, command in _commands():
        assert f"kcg {name}" in TEXT
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                missing = [opt for opt in parameter.opts if opt not in words]
                assert not missing, f"kcg {name}: {missing}"


def test_every_option_mentioned_exists() -> None:
    known = {"--help", "-h", "--version", "--strict", "--kcg", "--kcg-kernel"}
    for _, command in _commands():
        known.update(opt for parameter in command.params for opt in parameter.opts)
    mentioned = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", TEXT))
    assert mentioned <= known


def test_every_command_has_help() -> None:
    for _, command in _commands():
        assert command.help
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, parameter.name


def test_the_table_of_times_is_one_that_the_benchmark_makes() -> None:
    """Its rows have the names that `make bench` gives them, and the sentences below it follow from its figures."""
    measured = TEXT.partition("<!-- measured by make bench -->")[2].partition("<!-- end of what was measured -->")[
        0
    ]
    source = (readme.ROOT / "tests" / "bench.py").read_text(encoding="utf-8")
    rows = {}
    for line in measured.splitlines():
        name, *cells = (cell.strip() for cell in line.strip("|").split("|"))
        if len(cells) == 4 and name and not name.startswith("-"):
            rows[name] = cells
    assert len(rows) > 10
    assert [name for name in rows if f'"{name}"' not in source] == []
    (said,) = re.findall(r"index, wall time against cscope's: ([\d.]+)", measured)
    wall, other = (float(rows[name][0].split()[0]) for name in ("index, from nothing", "cscope -b -q -k -R"))
    assert abs(float(said) - wall / other) < 0.05
