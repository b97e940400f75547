"""Texts of the tree-sitter queries; does not compile them."""

from functools import cache

from analyzer.errors import KcgError
from analyzer.model.resources import data_folder


@cache
def query_text(name: str) -> str:
    """The text of `queries/<name>.scm`. Raises KcgError when the installation lacks it."""
    path = data_folder("queries", in_checkout="queries") / f"{name}.scm"
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise KcgError(f"There is no query {name}.", hint=f"It should be {path}.") from error


def query_names() -> tuple[str, ...]:
    """Names of all queries, sorted."""
    folder = data_folder("queries", in_checkout="queries")
    return tuple(sorted(path.stem for path in folder.glob("*.scm")))
