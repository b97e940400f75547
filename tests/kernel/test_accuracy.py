"""Exports of Linux 6.12 against a compiler's facts: no figure falls below its recorded floor."""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import accuracy
import figures
import pytest

from analyzer.pipeline.session import Session, open_session

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
    session = open_session(str(kernel_612), config=str(figures.CONFIG), store=str(store))
    yield session
    session.close()


def assert_floors(found: Mapping[str, accuracy.Figure], floors: Mapping[str, float]) -> None:
    """Every recorded figure is reached; a failure shows some of what is missing."""
    low = [
        f"{name}: {found[name].share} < {floor}, e.g. {found[name].misses[:5]}"
        for name, floor in floors.items()
        if (found[name].share or 0) < floor
    ]
    assert not low, "\n".join(low)


@pytest.fixture(scope="module")
def unconfigured_figures(linux_612: Session, facts: accuracy.Facts) -> Mapping[str, accuracy.Figure]:
    """What is found without a configuration."""
    return figures.figures(linux_612, facts)


@pytest.fixture(scope="module")
def configured_figures(configured: Session, facts: accuracy.Facts) -> Mapping[str, accuracy.Figure]:
    """What is found with the facts' own."""
    return figures.figures(configured, facts)


def test_any_configuration(unconfigured_figures: Mapping[str, accuracy.Figure]) -> None:
    assert_floors(unconfigured_figures, FLOORS["any"])


def test_what_the_architecture_selects_holds_in_a_real_configuration(
    linux_612: Session, configured: Session
) -> None:
    selected = linux_612.resolver.scopes.configuration.implied
    options = configured.resolver.scopes.configuration.options or {}
    assert len(selected) > 200
    assert {name for name in selected if options.get(name) != "y"} == set()


def test_what_no_configuration_has_on_is_on_in_no_real_one(linux_612: Session, configured: Session) -> None:
    possible = linux_612.resolver.scopes.configuration.possible or frozenset()
    options = configured.resolver.scopes.configuration.options or {}
    assert len(possible) > 10_000
    assert {name for name, value in options.items() if value != "n"} - possible == set()
    assert possible.isdisjoint(("CONFIG_ARM64", "CONFIG_S390", "CONFIG_AGP_ALI", "CONFIG_NO_SUCH_SYMBOL"))


def test_with_the_configuration(configured_figures: Mapping[str, accuracy.Figure]) -> None:
    assert_floors(configured_figures, FLOORS["configured"])


def test_readme_quotes_the_figures(
    unconfigured_figures: Mapping[str, accuracy.Figure], configured_figures: Mapping[str, accuracy.Figure]
) -> None:
    table = figures.table(unconfigured_figures, configured_figures)
    assert table in (figures.ROOT / "README.md").read_text(encoding="utf-8"), f"make accuracy prints\n{table}"
