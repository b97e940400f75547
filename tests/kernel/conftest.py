"""Real kernels opened for questions; the store stays, so that each is indexed only once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from analyzer.pipeline.session import Session, open_session

STORE = Path(__file__).resolve().parents[2] / ".cache" / "test-store" / "index"


@pytest.fixture(scope="session")
def store() -> Path:
    """The index that all tests of real kernels share."""
    STORE.parent.mkdir(parents=True, exist_ok=True)
    return STORE


@pytest.fixture(scope="session")
def linux_612(kernel_612: Path, store: Path) -> Iterator[Session]:
    """Linux 6.12, without a configuration."""
    session = open_session(str(kernel_612), store=str(store))
    yield session
    session.close()


@pytest.fixture(scope="session")
def linux_61(kernel_61: Path, store: Path) -> Iterator[Session]:
    """Linux 6.1, without a configuration."""
    session = open_session(str(kernel_61), store=str(store))
    yield session
    session.close()
