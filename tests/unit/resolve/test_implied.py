"""What follows from an architecture's Kconfig in all of its configurations."""

import pytest

from analyzer.model.kconfig import Symbol
from analyzer.resolve.configuration import Configuration
from analyzer.resolve.implied import implied, possible

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


BLOCKS = (
    Symbol("X86"),
    Symbol("X86_32"),
    Symbol("SMP"),
    Symbol("OLD", None, ("CONFIG_X86_32",)),
    Symbol("BESIDE_OLD", None, ("CONFIG_OLD || CONFIG_COMPILE_TEST",)),
    Symbol("MMIO", None, ("!CONFIG_ARM",)),
    Symbol("CHIP", None, ("CONFIG_ARCH_CHIP",), (("CHIP_CORE", ""),)),
    Symbol("CHIP_CORE", None, ("CONFIG_ARCH_CHIP",)),
    Symbol("BUS", None, ("CONFIG_SMP", "?"), (("BUS_CORE", ""), ("BUS_OLD", "CONFIG_X86_32"))),
    Symbol("BUS_CORE", None, ("CONFIG_ARCH_BUS",), (("BUS_BASE", ""),)),
    Symbol("BUS_BASE", None, ("CONFIG_ARCH_BUS",)),
    Symbol("BUS_OLD", None, ("CONFIG_ARCH_BUS",)),
    Symbol("BROKEN", None, ("CONFIG_n",)),
    Symbol("MODULE_ONLY", None, ("CONFIG_m",)),
    Symbol("TWICE", None, ("CONFIG_ARM",)),
    Symbol("TWICE", None, ("CONFIG_X86",)),
)


def test_what_cannot_be_on() -> None:
    """Undefined symbols are off, what depends on them is, and what that alone selects."""
    found = {name.removeprefix("CONFIG_") for name in possible(BLOCKS, KNOWN)}
    assert found == {"X86", "X86_32", "SMP", "MMIO", "BUS", "BUS_CORE", "BUS_BASE", "MODULE_ONLY", "TWICE"}


@pytest.mark.parametrize(
    ("guard", "truth"),
    [
        ("CONFIG_ARM", False),
        ("IS_ENABLED(CONFIG_OLD)", False),
        ("CONFIG_ARM_MODULE", False),
        ("CONFIG_SMP", None),
        ("CONFIG_SMP_MODULE", None),
        ("CONFIG_X86", True),
        ("CONFIG_AS_AVX512", True),
    ],
)
def test_a_configuration_knows_what_cannot_be_on(guard: str, truth: bool | None) -> None:
    configuration = Configuration("x86", None, "", {}, possible(BLOCKS, KNOWN))
    assert configuration.holds(guard) is truth


def test_given_options_decide_alone() -> None:
    assert Configuration("x86", {}, "", implied(SYMBOLS, KNOWN)).holds("CONFIG_HAVE_ROWS") is False
