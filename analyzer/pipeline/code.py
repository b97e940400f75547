"""Which code this is: answers are not shared between different kcg."""

import functools
import hashlib
import importlib.util
import os
from pathlib import Path

import analyzer
from analyzer.model.resources import data_folder


@functools.cache
def code_digest() -> str:
    """A digest of the package, its queries, and the versions of the grammar packages."""
    digest = hashlib.sha1(usedforsecurity=False)
    for path in sorted(Path(analyzer.__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    for path in sorted(data_folder("queries", in_checkout="queries").glob("*.scm")):
        digest.update(path.read_bytes())
    for package in ("tree_sitter", "tree_sitter_c"):
        # The names of their metadata folders have the versions; reading the metadata takes ten times longer.
        found = importlib.util.find_spec(package)
        if found is not None and found.origin is not None:
            beside = os.listdir(Path(found.origin).parent.parent)
            digest.update(" ".join(sorted(n for n in beside if n.startswith(package))).encode())
    return digest.hexdigest()
