"""Calls that assembler statements make through an operand: `asm("call *%[f]" : : [f] "m" (table.f))`.

Paravirtualized operations are called so. The template names the operand, the operand list says what it is; an
operand that is an address of the pointer (`"i" (&table.f)`) means the pointer.

Not handled: operands by number, other instructions than x86's `call`, and statements that no macro makes.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from analyzer.resolve.stripping import strip_callee
from analyzer.resolve.tokens import Token, close_of, split, text_close_of

_CALLED = re.compile(r"(?<!\w)call[lq]?\s*\*\s*%[a-zA-Z]?\[(\w+)\]")
_ESCAPE = re.compile(r"\\[nt]")
_OPERAND = re.compile(r"\[\s*(\w+)\s*\]\s*\"[^\"]*\"\s*(?=\()")
_WORD = re.compile(r"[A-Za-z_]\w*")
_ASM = frozenset(("asm", "__asm__", "__asm"))
_QUALIFIERS = frozenset(("volatile", "__volatile__", "__volatile", "inline", "__inline", "__inline__", "goto"))


def has_operands(body: str) -> bool:
    """Whether a macro's body has named operands."""
    return '"' in body and _OPERAND.search(body) is not None


def named_in_operands(body: str, labels: Collection[str]) -> set[str]:
    """The words in those operands of a macro's body that have one of these names."""
    found: set[str] = set()
    for match in _OPERAND.finditer(body):
        if match.group(1) in labels:
            found.update(_WORD.findall(body[match.end() : text_close_of(body, match.end()) + 1]))
    return found


class AsmCall(NamedTuple):
    """A call: the place of the statement among the tokens, the operand that is called, and the other inputs."""

    start: int
    callee: tuple[Token, ...]
    arguments: tuple[tuple[Token, ...], ...]


def called_operands(template: str) -> list[str]:
    """The names of the operands that an assembler template calls through."""
    return _CALLED.findall(_ESCAPE.sub(" ", template)) if "call" in template else []


def asm_calls(tokens: Sequence[Token]) -> Iterator[AsmCall]:
    """The calls through operands that the assembler statements in an expansion make."""
    for start, token in enumerate(tokens):
        if token.text not in _ASM:
            continue
        opening = start + 1
        while opening < len(tokens) and tokens[opening].text in _QUALIFIERS:
            opening += 1
        if opening >= len(tokens) or tokens[opening].text != "(":
            continue
        closing = close_of(tokens, opening)
        if closing > opening:
            yield from _of_statement(start, tokens[opening + 1 : closing])


def _of_statement(start: int, inside: Sequence[Token]) -> Iterator[AsmCall]:
    """`"template" : outputs : inputs : clobbers`."""
    sections = split(inside, ":")
    if len(sections) < 3:
        return
    template = " ".join(t.text[1:-1] for t in sections[0] if t.text.startswith('"'))
    called = set(called_operands(template))
    if not called:
        return
    inputs = [*_operands(sections[2])]
    for name, value in inputs:
        if name in called and value:
            others = tuple(other for label, other in inputs if label not in called)
            yield AsmCall(start, value, others)


def _operands(section: Sequence[Token]) -> Iterator[tuple[str, tuple[Token, ...]]]:
    """The name (or "") and the expression of each operand: `[name] "constraint" (expression)`."""
    for operand in split(section, ","):
        name = operand[1].text if len(operand) > 2 and operand[0].text == "[" else ""
        opening = next((at for at, token in enumerate(operand) if token.text == "("), -1)
        if opening >= 0:
            yield name, tuple(strip_callee(operand[opening:]))
