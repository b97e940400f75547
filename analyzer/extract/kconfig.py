"""Kconfig: the symbols of a file, those that are always on and what they select, and the files that it reads.

Not handled: what is always on inside `if`, `menu` and `choice` (only its selections are read); defaults, `imply`,
and conditions that run the compiler or compare texts, which stay unknown (`?`).
"""

import re

from analyzer.model.kconfig import Symbol

UNKNOWN = "?"  # a condition that Kconfig's own language does not decide
_BLOCK = re.compile(r"(?:menu)?config\s+(\w+)\s*$")
_DEFINED = re.compile(r"def_bool\s+y(?:\s+if\s+(.+))?$")
_SELECT = re.compile(r"select\s+(\w+)(?:\s+if\s+(.+))?$")
_DEPENDS = re.compile(r"depends\s+on\s+(.+)$")
_OPENING = re.compile(r"(?:if|menu|choice)\b")
_CLOSING = re.compile(r"(?:endif|endmenu|endchoice)\b")
_TOP = re.compile(r"(?:comment|source|mainmenu)\b")
_SOURCE = re.compile(rb'^\s*[or]?source\s+"?([^"\s]*/[^"\s]*|Kconfig[^"\s]*)"?\s*$', re.M)
_ARCH = re.compile(r"\$(?:\((?:SRC)?ARCH\)|(?:SRC)?ARCH\b)")
_IS_SET = re.compile(r"\b(\w+)\s*(?:=\s*y\b|!=\s*n\b)")
_NAME = re.compile(r"\b[A-Za-z0-9_]+\b")


def extract_kconfig(data: bytes) -> tuple[Symbol, ...]:
    """The symbols that a Kconfig file defines, in its order. Never raises."""
    text = data.decode("utf-8", "replace").replace("\\\n", " ")
    found: list[Symbol] = []
    name, always = "", None
    depends: list[str] = []
    selects: list[tuple[str, str]] = []
    depth = 0
    inner = False  # below a condition
    help_at = -1  # the column of a help text: from its first line on, 0 before that

    def close() -> None:
        if name:
            found.append(Symbol(name, always, tuple(depends), tuple(selects)))

    for raw in text.split("\n"):
        column = len(raw.expandtabs()) - len(raw.expandtabs().lstrip())
        if help_at >= 0 and raw.strip():
            help_at = help_at or column
        if help_at >= 0 and (not raw.strip() or column >= help_at > 0):
            continue
        help_at = 0 if raw.strip() in ("help", "---help---") else -1
        line = raw.split("#")[0].strip()
        at_margin = raw[:1] not in ("", " ", "\t", "#")
        block = _BLOCK.match(line)  # indented in choices, and below `if`
        if block or (at_margin and (_OPENING.match(line) or _CLOSING.match(line) or _TOP.match(line))):
            close()
            inner = depth > 0 or not at_margin
            name, always = block.group(1) if block else "", None
            depends, selects = [], []
            depth += bool(_OPENING.match(line)) - bool(_CLOSING.match(line))
        elif not name:
            continue
        elif (match := _DEFINED.match(line)) and not inner:
            always = _guard(match.group(1) or "")
        elif match := _SELECT.match(line):
            selects.append((match.group(1), _guard(match.group(2) or "")))
        elif match := _DEPENDS.match(line):
            depends.append(_guard(match.group(1)))
    close()
    return tuple(found)


def extract_sources(data: bytes, arch: str) -> tuple[str, ...]:
    """The files that a Kconfig file reads for an architecture, as it spells them. Never raises."""
    return tuple(_ARCH.sub(arch, target.decode("utf-8", "replace")) for target in _SOURCE.findall(data))


def _guard(condition: str) -> str:
    """A condition of Kconfig as a guard."""
    plain = _IS_SET.sub(r"\1", condition)
    if any(mark in plain for mark in "=$\"'<>"):
        return UNKNOWN
    return _NAME.sub(lambda match: f"CONFIG_{match.group()}", " ".join(plain.split()))
