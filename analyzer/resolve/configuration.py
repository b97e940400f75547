"""Which presence conditions hold: the architecture, a `.config` if one is given, and compiler facts.

Not handled: arithmetic between values, beyond comparing one with a number; a file's macros may tell
(`analyzer.resolve.scope`).
"""

import functools
import operator
import re
from collections.abc import Callable, Collection, Mapping

import msgspec

from analyzer.model.guards import Truth, evaluate

_COMPARISON = re.compile(r"^(\w+)\s*(==|!=|<=|>=|<|>)\s*(0[xX][0-9a-fA-F]+|[1-9]\d*|0)$")
_OPERATORS: Mapping[str, Callable[[int, int], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}
_LINE = re.compile(r"^(?:# )?(CONFIG_\w+)(?:=(.*)| is not set)$")

# What follows from the architecture alone, whatever the configuration. `x86` means 64 bit.
_ARCHITECTURES: Mapping[str, Mapping[str, str]] = {
    "x86": {
        "CONFIG_X86": "y",
        "CONFIG_X86_64": "y",
        "CONFIG_64BIT": "y",
        "CONFIG_X86_32": "n",
        "CONFIG_MMU": "y",
    },
    "i386": {
        "CONFIG_X86": "y",
        "CONFIG_X86_64": "n",
        "CONFIG_64BIT": "n",
        "CONFIG_X86_32": "y",
        "CONFIG_MMU": "y",
    },
    "arm64": {"CONFIG_ARM64": "y", "CONFIG_64BIT": "y", "CONFIG_MMU": "y"},
    "arm": {"CONFIG_ARM": "y", "CONFIG_64BIT": "n"},
    "riscv": {"CONFIG_RISCV": "y"},
    "powerpc": {"CONFIG_PPC": "y"},
    "s390": {"CONFIG_S390": "y", "CONFIG_64BIT": "y", "CONFIG_MMU": "y"},
    "mips": {"CONFIG_MIPS": "y"},
}
_COMPILER: Mapping[str, bool] = {
    "__GNUC__": True,
    "__CHECKER__": False,
    "__cplusplus": False,
    "__ASSEMBLY__": False,
    "__ASSEMBLER__": False,
    "__KERNEL__": True,
    "__GENKSYMS__": False,
    "__SPARSE__": False,
    "__BPF__": False,
    "BUILD_VDSO": False,
    "__LITTLE_ENDIAN": True,
    "__BYTE_ORDER__": True,
    "__STDC__": True,
    "__STRICT_ANSI__": False,
    "__ICC": False,
    "__INTEL_COMPILER": False,
    "__UM_HOST__": False,
    "_KERNEL_": True,
    "INCLUDE_VERMAGIC": False,
    "__BINDGEN__": False,
    "__OPTIMIZE__": True,
    "__SANITIZE_THREAD__": False,
    "__SANITIZE_ADDRESS__": False,
    "__SANITIZE_HWADDRESS__": False,
    "__NO_FORTIFY": False,
    "__DISABLE_EXPORTS": False,
    "__lint__": False,
    "CONFIG_UML": False,
    "__linux__": True,
    "__linux": True,
    "linux": True,
    "__unix__": True,
    "CC_HAVE_ASM_GOTO": True,  # 2.6.37 to 4.20 ask the compiler in their Makefile; each one since gcc 4.5 has it
    "__GCC_ASM_FLAG_OUTPUTS__": True,
}
# What the assembler can do. Before 5.7 Makefiles tell, not the configuration; all that are in use can.
_ASSEMBLER = "CONFIG_AS_"
_ARCH_COMPILER: Mapping[str, Mapping[str, bool]] = {
    "x86": {"__x86_64__": True, "__i386__": False, "__ILP32__": False, "__LP64__": True},
    "i386": {"__x86_64__": False, "__i386__": True},
    "arm64": {"__aarch64__": True, "__x86_64__": False, "__i386__": False, "__LP64__": True},
}


class Configuration(msgspec.Struct, frozen=True):
    """An architecture and, when `options` is not None, the symbols of a configuration; `implied` are those that
    the architecture's Kconfig decides when none is given, and `possible` those that may be on at all, None when
    that is unknown."""

    arch: str = "x86"
    options: Mapping[str, str] | None = None
    folder: str = ""
    implied: Mapping[str, str] = msgspec.field(default_factory=dict)
    possible: frozenset[str] | None = None

    @property
    def directory(self) -> str:
        """Name of the folder under arch/."""
        return self.folder or ("x86" if self.arch == "i386" else self.arch)

    def symbol(self, atom: str) -> Truth:
        """The truth of a guard's atom as far as configuration and architecture tell."""
        if match := _COMPARISON.match(atom):
            return self._compares(match.group(1), match.group(2), int(match.group(3), 0))
        if atom.startswith("IS_"):
            name, _, config = atom.rstrip(")").partition("(")
            value = self._value(config)
            if value is None:
                return None
            return {
                "IS_ENABLED": value in ("y", "m"),
                "IS_BUILTIN": value == "y",
                "IS_MODULE": value == "m",
                "IS_REACHABLE": None if value == "m" else value == "y",  # of a module: only from modules
            }.get(name)
        if atom.startswith("CONFIG_"):
            if " " in atom:
                return None
            if atom.endswith("_MODULE") and self._value(atom) in (None, "n"):
                value = self._value(atom[: -len("_MODULE")])
                return None if value is None else value == "m"
            value = self._value(atom)
            return None if value is None else value not in ("n", "m")
        known = _ARCH_COMPILER.get(self.arch, {}).get(atom)
        return _COMPILER.get(atom) if known is None else known

    def _compares(self, name: str, sign: str, number: int) -> Truth:
        """`BITS_PER_LONG == 64`, `CONFIG_PGTABLE_LEVELS > 4`."""
        if name in ("BITS_PER_LONG", "__BITS_PER_LONG"):
            wide = self._value("CONFIG_64BIT")
            value = None if wide is None else 64 if wide == "y" else 32
        else:
            value = self.number(name) if name.startswith("CONFIG_") else None
        return None if value is None else _OPERATORS[sign](value, number)

    def _value(self, name: str) -> str | None:
        if self.options is not None:
            return self.options.get(name) or self._absent(name, self.options)
        value = self.known.get(name) or self.implied.get(name)
        if value is None and self.possible is not None and name not in self.possible:
            return self._absent(name, self.possible)
        return value

    @staticmethod
    def _absent(name: str, among: Collection[str]) -> str:
        """The value of a symbol that Kconfig does not set."""
        asked = not name.startswith(_ASSEMBLER) or any(other.startswith(_ASSEMBLER) for other in among)
        return "n" if asked else "y"

    @property
    def known(self) -> Mapping[str, str]:
        """The symbols that follow from the architecture's name alone."""
        return _ARCHITECTURES.get(self.arch, {})

    def number(self, name: str) -> int | None:
        """What a configuration symbol stands for in a preprocessor's expression; None when that is unknown or no
        number."""
        value = self._value(name)
        if value in ("y", "n", "m", None):
            return None if value is None else int(value == "y")
        assert value is not None
        return int(value, 0) if re.fullmatch(r"0[xX][0-9a-fA-F]+|[1-9]\d*|0", value) else None

    def holds(
        self,
        guard: str,
        macro: Callable[[str], Truth] | None = None,
        expression: Callable[[str], Truth] | None = None,
    ) -> Truth:
        """Whether a guard holds; `macro` tells whether names are defined that are no configuration symbols, or
        symbols that code defines itself (`CONFIG_IP_PIMSM` of `ipmr.c`), and `expression` whether what is no name
        is true."""
        if not guard:
            return True

        def atom(text: str) -> Truth:
            known = self.symbol(text)
            if known is None and macro is not None and text.startswith("IS_REACHABLE("):
                return macro("MODULE") if self.options is not None else None
            if known is not True and macro is not None and text.startswith("CONFIG_") and text.isidentifier():
                return macro(text) or known
            if known is None and macro is not None and text.isidentifier():
                return macro(text)
            if known is None and expression is not None and not text.isidentifier():
                return expression(text)
            return known

        return evaluate(guard, atom)


@functools.lru_cache(8)
def parse_config(text: str) -> Mapping[str, str]:
    """The symbols of a `.config`: `y`, `m`, or the value's text; unset ones `n`."""
    options: dict[str, str] = {}
    for line in text.splitlines():
        if match := _LINE.match(line.strip()):
            options[match.group(1)] = match.group(2) if match.group(2) is not None else "n"
    return options
