"""The spelling of `--bind`.

Not handled: whether a root has such parameters (`analyzer.pipeline.narrowing`).
"""

from collections.abc import Sequence

from analyzer.errors import KcgError


def parse_bindings(texts: Sequence[str]) -> dict[str, str]:
    """`["family=PF_INET,type=SOCK_STREAM"]` as a mapping. Raises KcgError."""
    found: dict[str, str] = {}
    for part in (p.strip() for text in texts for p in text.split(",") if p.strip()):
        name, equals, value = part.partition("=")
        if not equals or not name.strip().isidentifier() or not value.strip():
            raise KcgError(
                f"{part!r} is no binding.", hint="Write --bind PARAMETER=CONSTANT, as in type=SOCK_STREAM."
            )
        found[name.strip()] = value.strip()
    return found
