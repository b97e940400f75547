"""What follows from an architecture's Kconfig in all of its configurations."""

import pytest

from analyzer.model.kconfig import Symbol
from analyzer.resolve.configuration import Configuration
from analyzer.resolve.implied import implied

KNOWN = {"CONFIG_X86": "y", "CONFIG_X86_32": "n"}
SYMBOLS = (
    Symbol("TABLES", "CONFIG_HAVE_TABLES"),
    Symbol("X86_32", "", (), (("KMAP_LOCAL", ""),)),
    Symbol("X86", "", (), (("HAVE_TABLES", ""), ("HAVE_OLD", "CONFIG_X86_32"), ("HAVE_SMP", "CONFIG_SMP"))),
    Symbol("HAVE_TABLES", None, (), (("HAVE_ROWS", "CONFIG_X86 && !CONFIG_X86_32"), ("HAVE_LINES", "?"))),
    Symbol("DECODER", "", ("CONFIG_KPROBES",)),
)


def test_selections_are_followed() -> None:
    assert implied(SYMBOLS, KNOWN) == {
        "CONFIG_TABLES": "y",
        "CONFIG_HAVE_TABLES": "y",
        "CONFIG_HAVE_ROWS": "y",
    }


@pytest.mark.parametrize(
    ("guard", "truth"), [("CONFIG_HAVE_ROWS", True), ("!CONFIG_HAVE_ROWS", False), ("CONFIG_HAVE_SMP", None)]
)
def test_a_configuration_knows_them(guard: str, truth: bool | None) -> None:
    configuration = Configuration("x86", None, "", implied(SYMBOLS, KNOWN))
    assert configuration.holds(guard) is truth


def test_given_options_decide_alone() -> None:
    assert Configuration("x86", {}, "", implied(SYMBOLS, KNOWN)).holds("CONFIG_HAVE_ROWS") is False
