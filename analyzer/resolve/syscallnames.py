"""The names of a system call's wrappers.

Not handled: architectures whose wrappers have prefixes that are not listed here.
"""

import re

_WRAPPER = re.compile(
    r"^__(?:do|se|x64|ia32|x32|arm64|s390x|s390|riscv|mips|powerpc|loongarch|sh|n32|ppc)_((?:compat_)?sys_?\w+)$"
    r"|^(?:SYSC|SyS)_(\w+)$|^(?:C_SYSC|compat_SyS)_(\w+)$"
)
_COMPAT_WRAPPER = re.compile(r"^__(?:do|se|x64|ia32|x32|arm64|s390x?|mips|powerpc|riscv)_compat_sys_(\w+)$")


def canonical_name(name: str) -> str:
    """The name a system call's wrappers share; any other name itself."""
    match = _COMPAT_WRAPPER.match(name)
    if match:
        return f"compat_sys_{match.group(1)}"
    match = _WRAPPER.match(name)
    if not match:
        return name
    if match.group(1):
        return match.group(1)
    if match.group(2):
        return f"sys_{match.group(2)}"
    return f"compat_sys_{match.group(3)}"
