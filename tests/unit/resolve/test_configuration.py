"""Which guards hold in a configuration and architecture."""

import pytest

from analyzer.model.guards import Truth
from analyzer.resolve.configuration import Configuration, parse_config

CONFIG = """
#
# Automatically generated file
#
CONFIG_X86=y
CONFIG_NET=y
CONFIG_IPV6=m
CONFIG_HZ=250
CONFIG_NAME="a name"
# CONFIG_SMP is not set
"""
OPTIONS = parse_config(CONFIG)


def test_parsing() -> None:
    assert OPTIONS == {
        "CONFIG_X86": "y",
        "CONFIG_NET": "y",
        "CONFIG_IPV6": "m",
        "CONFIG_HZ": "250",
        "CONFIG_NAME": '"a name"',
        "CONFIG_SMP": "n",
    }


@pytest.mark.parametrize(
    ("guard", "truth"),
    [
        ("", True),
        ("CONFIG_NET", True),
        ("!CONFIG_NET", False),
        ("CONFIG_SMP", False),
        ("CONFIG_ABSENT", False),
        ("CONFIG_HZ", True),
        ("CONFIG_IPV6", False),  # the preprocessor sees CONFIG_IPV6_MODULE
        ("CONFIG_IPV6_MODULE", True),
        ("CONFIG_NET_MODULE", False),
        ("IS_ENABLED(CONFIG_IPV6)", True),
        ("IS_BUILTIN(CONFIG_IPV6)", False),
        ("IS_MODULE(CONFIG_IPV6)", True),
        ("IS_ENABLED(CONFIG_ABSENT)", False),
        ("CONFIG_NET && !CONFIG_SMP", True),
        ("CONFIG_HZ > 100", True),
        ("__KERNEL__", True),
        ("__linux__", True),
        ("CC_HAVE_ASM_GOTO", True),
        ("CONFIG_AS_AVX2", True),  # before 5.7 no configuration says what the assembler can
    ],
)
def test_with_a_configuration(guard: str, truth: Truth) -> None:
    assert Configuration("x86", OPTIONS).holds(guard) is truth


@pytest.mark.parametrize(
    ("arch", "guard", "truth"),
    [
        ("x86", "CONFIG_X86_64", True),
        ("x86", "CONFIG_X86_32", False),
        ("i386", "CONFIG_X86_32", True),
        ("x86", "__x86_64__", True),
        ("arm64", "__aarch64__", True),
        ("x86", "CONFIG_SMP", None),
        ("x86", "IS_ENABLED(CONFIG_IPV6)", None),
        ("x86", "CONFIG_SMP || CONFIG_X86", True),
    ],
)
def test_without_one(arch: str, guard: str, truth: Truth) -> None:
    assert Configuration(arch).holds(guard) is truth


def test_other_names_are_asked_for() -> None:
    known: dict[str, bool] = {"HAVE_IT": True}
    holds = Configuration("x86").holds
    assert holds("HAVE_IT", known.get) is True
    assert holds("NOT_KNOWN", known.get) is None


def test_code_may_define_symbols() -> None:
    defined = {"CONFIG_IP_PIMSM": True, "CONFIG_SMP": False}
    holds = Configuration("x86", OPTIONS).holds
    assert holds("CONFIG_IP_PIMSM", defined.get) is True
    assert holds("CONFIG_SMP", defined.get) is False
    assert holds("CONFIG_NET", {"CONFIG_NET": False}.get) is True


def test_a_configuration_may_say_what_the_assembler_can() -> None:
    options = {"CONFIG_X86": "y", "CONFIG_AS_AVX512": "y"}
    assert Configuration("x86", options).holds("CONFIG_AS_AVX512") is True
    assert Configuration("x86", options).holds("CONFIG_AS_TPAUSE") is False


def test_folder_of_the_architecture() -> None:
    assert Configuration("i386").directory == "x86"
    assert Configuration("arm64").directory == "arm64"
