"""Calls through operands of assembler statements."""

import pytest

from analyzer.resolve.asm_calls import asm_calls, called_operands, named_in_operands
from analyzer.resolve.tokens import spell, tokenize


def made(text: str) -> list[tuple[str, list[str]]]:
    return [(spell(call.callee), [spell(a) for a in call.arguments]) for call in asm_calls(tokenize(text))]


def test_the_operand_is_called_and_the_other_inputs_are_handed_over() -> None:
    text = 'asm volatile("771:\\n\\t" "call *%[op];" : "=D" (di) : [op] "m" (ops.mmu.f), "D" ((unsigned long)(x)))'
    assert made(text) == [("ops.mmu.f", ["x"])]


def test_an_address_means_the_pointer_that_lies_there() -> None:
    assert made('__asm__("call *%c[op]" : : [op] "i" (&(ops.f)) : "memory")') == [("ops.f", [])]


@pytest.mark.parametrize(
    "text",
    [
        'asm volatile("call f" : : [op] "m" (ops.f))',
        'asm volatile("call *%[other]" : : [op] "m" (ops.f))',
        'asm volatile("lcall *%[op]" : : [op] "m" (ops.f))',
        'asm volatile("call *%rax")',
        'asm volatile("call *%[op]" : [op] "m" (ops.f)',
    ],
)
def test_nothing_else_is_a_call(text: str) -> None:
    assert made(text) == []


def test_a_line_break_before_the_instruction_is_no_part_of_its_name() -> None:
    assert called_operands("popsection\\n\\tcall *%[op];") == ["op"]


def test_the_words_of_an_operand_are_those_in_its_parentheses() -> None:
    body = '[op] "m" (ops.name), [size] "i" (sizeof(other))'
    assert named_in_operands(body, ["op"]) == {"ops", "name"}
