"""Where the files lie that come with the program: queries and the small kernel.

A wheel carries them in `analyzer/_data`; a checkout (and so an editable install) has them in
folders of its top level. Not found from inside a zip archive.
"""

from pathlib import Path

from analyzer.errors import KcgError

_PACKAGE = Path(__file__).resolve().parents[1]
_CHECKOUT = _PACKAGE.parent


def data_folder(name: str, *, in_checkout: str) -> Path:
    """The folder `name` of the wheel's data, or `in_checkout` relative to the checkout.

    Raises KcgError when neither is there: the installation is damaged.
    """
    for folder in (_PACKAGE / "_data" / name, _CHECKOUT / in_checkout):
        if folder.is_dir():
            return folder
    raise KcgError(f"The installation lacks its folder {name}.", hint="Install kernel-callgraph anew.")
