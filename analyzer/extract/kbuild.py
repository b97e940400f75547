"""Statements of a Makefile or Kbuild file: assignments, conditionals, includes, rules, sub-makes.

`extract_makefile` is pure and never raises. Not handled: `define` bodies other than as a variable's text,
`vpath`, and semantics (`analyzer.resolve.kbuild` expands variables).
"""

import re

from analyzer.model.kbuild import MakeStatement

_ASSIGNMENT = re.compile(
    r"^(?P<name>(?:[^\s:=#!?+$]|\$\([^()]*(?:\([^()]*\)[^()]*)*\)|\$\{[^{}]*\}|\$\w)+)\s*"
    r"(?P<operator>:{1,3}=|\+=|\?=|!=|=)\s*(?P<text>.*)$",
    re.S,
)
_CONDITIONAL = re.compile(r"^(ifeq|ifneq|ifdef|ifndef)\b\s*(.*)$", re.S)
_ELSE = re.compile(r"^else\b\s*(?:(ifeq|ifneq|ifdef|ifndef)\b\s*(.*))?", re.S)
_PREFIX = re.compile(r"^(?:(?:override|export|private)\s+)+(?=\S)")
_INCLUDE = re.compile(r"^(?:-include|sinclude|include)\s+(.+)$", re.S)
_DEFINE = re.compile(r"^define\s+(\S+)")
_SUBMAKE = re.compile(r"\$\(build\)\s*=\s*(\S+)")
_IGNORED = re.compile(r"^(?:unexport|export|undefine|vpath)\b|^\.PHONY\b")
_LONGEST = 200_000  # of one joined line; no Makefile of a kernel has 20,000


def extract_makefile(data: bytes) -> tuple[MakeStatement, ...]:
    """The statements of a Makefile's bytes, in order."""
    found: list[MakeStatement] = []
    in_rule = False
    define: tuple[str, int, list[str]] | None = None
    for line, joined in _logical_lines(data):
        if define is not None:
            if joined.strip() == "endef":
                found.append(MakeStatement("assign", define[1], define[0], "=", " ".join(define[2])))
                define = None
            else:
                define[2].append(joined.strip())
            continue
        if joined.startswith("\t") and in_rule:
            found.extend(MakeStatement("submake", line, text=t) for t in _SUBMAKE.findall(joined))
            continue
        text = _without_comment(joined).strip()
        if not text or len(text) > _LONGEST:
            continue
        if match := _CONDITIONAL.match(text):
            found.append(MakeStatement("if", line, operator=match[1], text=match[2].strip()))
        elif match := _ELSE.match(text):
            found.append(MakeStatement("else", line, operator=match[1] or "", text=(match[2] or "").strip()))
        elif re.match(r"endif\b", text):
            found.append(MakeStatement("endif", line))
        elif match := _INCLUDE.match(text):
            found.append(MakeStatement("include", line, text=match[1].strip()))
        elif match := _DEFINE.match(text):
            define = (match[1], line, [])
        else:
            statement = _other(line, text)
            if statement is not None:
                found.append(statement)
                in_rule = statement.kind == "rule"
    return tuple(found)


def _other(line: int, text: str) -> MakeStatement | None:
    """An assignment or a rule."""
    plain = _PREFIX.sub("", text)
    if match := _ASSIGNMENT.match(plain):
        return MakeStatement("assign", line, match["name"], match["operator"], match["text"].strip())
    if _IGNORED.match(text):
        return None
    targets, colon, rest = _split_rule(text)
    if not colon:
        return None
    rest = rest.lstrip(":").split(";", 1)[0]
    if _ASSIGNMENT.match(rest.strip()):
        return None  # a variable of one target
    return MakeStatement("rule", line, targets.strip(), text=rest.strip())


def _split_rule(text: str) -> tuple[str, str, str]:
    """At the first colon outside references."""
    depth = 0
    for at, char in enumerate(text):
        if char in "({":
            depth += 1
        elif char in ")}":
            depth -= 1
        elif char == ":" and depth <= 0:
            return text[:at], ":", text[at + 1 :]
    return text, "", ""


def _logical_lines(data: bytes) -> list[tuple[int, str]]:
    """(line number, text) with continuations joined by one space."""
    found: list[tuple[int, str]] = []
    parts: list[str] = []
    begun = 0
    for number, raw in enumerate(data.decode("utf-8", "replace").replace("\0", " ").split("\n"), 1):
        text = raw.rstrip("\r")
        if not parts:
            begun = number
        continued = (len(text) - len(text.rstrip("\\"))) % 2 == 1
        text = text[:-1] if continued else text
        parts.append(text.strip() if parts else text.rstrip() if continued else text)
        if not continued:
            found.append((begun, " ".join(parts)))
            parts = []
    if parts:
        found.append((begun, " ".join(parts)))
    return found


def _without_comment(text: str) -> str:
    at = text.find("#")
    while at > 0 and text[at - 1] == "\\":
        at = text.find("#", at + 1)
    return text if at < 0 else text[:at]
