"""Regular expressions that every supported Python matches alike.

In 3.11.2, which Debian 12 has, a possessive group fails where it should match nothing (cpython issue 101955):
comments were not recognized. Possessive single characters (`\\w++`) are not concerned.
"""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from re import _constants as constants  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import analyzer

_SINGLE = {
    constants.LITERAL,
    constants.NOT_LITERAL,
    constants.ANY,
    constants.IN,
    constants.CATEGORY,
}


def patterns() -> Iterator[tuple[str, "re.Pattern[Any]"]]:
    """The compiled patterns of all modules."""
    for found in pkgutil.walk_packages(analyzer.__path__, "analyzer."):
        if found.name.endswith(("__main__", "pytest_plugin")):
            continue
        for name, value in vars(importlib.import_module(found.name)).items():
            if isinstance(value, re.Pattern):
                yield f"{found.name}.{name}", value


def has_possessive_group(parsed: Any) -> bool:
    """Whether something longer than a character is repeated possessively."""
    if not isinstance(parsed, parser.SubPattern | list | tuple):
        return False
    for item in parsed:
        if isinstance(item, tuple) and item and item[0] is constants.POSSESSIVE_REPEAT:
            repeated = item[1][2]
            if len(repeated) != 1 or repeated[0][0] not in _SINGLE:
                return True
        if has_possessive_group(item):
            return True
    return False


def test_the_test_sees_them() -> None:
    assert has_possessive_group(parser.parse(r"a(?:b|\s(?:cd)++)"))
    assert not has_possessive_group(parser.parse(r"a(?:b\w++|[cd]*+)*"))


def test_no_group_is_possessive() -> None:
    found = list(patterns())
    assert len(found) > 100
    assert [name for name, pattern in found if has_possessive_group(parser.parse(pattern.pattern))] == []
