"""The small kernel that comes with the program."""

from pathlib import Path

from analyzer.model.resources import data_folder

BUNDLED_VERSION = "v6.1"


def bundled_kernel() -> Path:
    """Folder of the condensed kernel that is read when no kernel is given.

    Raises KcgError when the installation lacks it.
    """
    return data_folder(f"kernels/{BUNDLED_VERSION}", in_checkout=f"fixtures/kernels/{BUNDLED_VERSION}")
