"""Numbers behind names."""

import pytest

from analyzer.model.facts import Enum, Enumerator
from analyzer.pipeline.constants import evaluate, numbered

NAMES = {"AF_NETLINK": "16", "A": "B", "B": "A", "FLAG": "(1U << 4)"}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("16", 16),
        ("0x20UL", 32),
        ("010", 8),
        ("AF_NETLINK", 16),
        ("(FLAG | 1)", 17),
        ("BIT(3)", 8),
        ("((__force gfp_t)0x10u)", 16),
        ("'A'", 65),
        ("-1", -1),
        ("7 / 2", 3),
        ("-7 / 2", -3),
        ("1 / 0", None),
        ("A", None),
        ("f(2)", None),
        ("1 << 200", None),
        ("~0UL >> 1", None),
        ("x +", None),
        ("", None),
    ],
)
def test_expressions(text: str, number: int | None) -> None:
    assert evaluate(text, NAMES.get) == number


def test_enums_count_on() -> None:
    enum = Enum("e", (Enumerator("X", "", 1), Enumerator("Y", "X + 4", 2), Enumerator("Z", "", 3),
                      Enumerator("U", "sizeof(int)", 4), Enumerator("V", "", 5)), 1, 6)  # fmt: skip
    assert numbered(enum, NAMES.get) == {"X": 0, "Y": 4, "Z": 5}
