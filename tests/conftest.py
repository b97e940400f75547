"""Kernels for all tests: the small ones of fixtures/, and real ones where they were fetched."""

from collections.abc import Callable
from pathlib import Path

import kernels
import pytest

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"


@pytest.fixture(scope="session")
def small_kernel() -> Callable[[str], Path]:
    """Folder of a condensed kernel by version: `small_kernel("v6.1")`."""

    def folder(version: str) -> Path:
        path = FIXTURES / "kernels" / version
        assert path.is_dir(), f"no small kernel {version}"
        return path

    return folder


@pytest.fixture(scope="session")
def kernel_612() -> Path:
    """Folder of Debian's Linux 6.12."""
    return real_kernel("6.12")


@pytest.fixture(scope="session")
def kernel_61() -> Path:
    """Folder of Debian's Linux 6.1."""
    return real_kernel("6.1")


@pytest.fixture(scope="session")
def kernel_510() -> Path:
    """Folder of Debian's Linux 5.10, which not every archive still has."""
    return real_kernel("5.10")


def real_kernel(version: str) -> Path:
    """Folder of a real kernel; skips the test, or fails it where the kernel is required."""
    path = kernels.find(version)
    if path is not None:
        return path
    reason = f"linux-source-{version} is not in {kernels.folder()} (make kernels)"
    if kernels.required() and version not in kernels.OPTIONAL:
        pytest.fail(reason)
    pytest.skip(reason)
