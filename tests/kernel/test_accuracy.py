"""Exports of Linux 6.12 against a compiler's facts: no figure falls below its recorded floor."""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import accuracy
import msgspec
import pytest

from analyzer.model.callgraph import SlotRow
from analyzer.pipeline.session import Session, open_session
from analyzer.render.jsonout import edge_row, function_row

pytestmark = pytest.mark.kernel

FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "facts"
FLOORS: Mapping[str, Mapping[str, float]] = tomllib.loads((FOLDER / "floors.toml").read_text())


@pytest.fixture(scope="module")
def facts() -> accuracy.Facts:
    """What the compiler saw."""
    return accuracy.Facts(FOLDER / "6.12")


@pytest.fixture(scope="module")
def configured(kernel_612: Path, store: Path) -> Iterator[Session]:
    """Linux 6.12 in the configuration that the facts are of."""
    config = str(FOLDER / "6.12" / "config.xz")
    session = open_session(str(kernel_612), config=config, store=str(store))
    yield session
    session.close()


def slot(row: SlotRow) -> accuracy.Row:
    """A row as it is exported."""
    built: accuracy.Row = msgspec.to_builtins(row)
    return built


def figures(session: Session, facts: accuracy.Facts) -> dict[str, accuracy.Figure]:
    """The figures of everything that a session exports for the files of the facts."""
    under = sorted(facts.files)
    exports = accuracy.Exports(
        functions=map(function_row, session.export_functions(under)),
        edges=map(edge_row, session.export_edges(under)),
        slots=map(slot, session.export_slots(under)),
    )
    return accuracy.score(facts, exports)


def assert_floors(found: Mapping[str, accuracy.Figure], floors: Mapping[str, float]) -> None:
    """Every recorded figure is reached; a failure shows some of what is missing."""
    low = [
        f"{name}: {found[name].share} < {floor}, e.g. {found[name].misses[:5]}"
        for name, floor in floors.items()
        if (found[name].share or 0) < floor
    ]
    assert not low, "\n".join(low)


def test_any_configuration(linux_612: Session, facts: accuracy.Facts) -> None:
    assert_floors(figures(linux_612, facts), FLOORS["any"])


def test_with_the_configuration(configured: Session, facts: accuracy.Facts) -> None:
    assert_floors(figures(configured, facts), FLOORS["configured"])
