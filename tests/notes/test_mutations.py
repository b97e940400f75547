"""Right trees have no finding; a tree that is made wrong in one way has one."""

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from analyzer.model.checks import NoteVerdicts

_SPEC = importlib.util.spec_from_file_location("growing", Path(__file__).with_name("growing.py"))
assert _SPEC is not None
assert _SPEC.loader is not None
growing = importlib.util.module_from_spec(_SPEC)
sys.modules["growing"] = growing
_SPEC.loader.exec_module(growing)

CASES = 1_000
ROOTS = {
    "v6.1": [
        "sys_socket",
        "__sock_create",
        "inet_create",
        "sock_map_fd",
        "__sys_bind",
        "start_kernel",
        "inet_init",
    ],
    "v5.10": ["sys_socket", "__sys_socket", "__sock_create", "inet_create", "sk_alloc", "start_kernel"],
    "v2.6.11": ["sys_socketcall", "sys_socket", "inet_init", "start_kernel"],
}


def _kinds(result: NoteVerdicts) -> list[str]:
    return [v.kind for b in result.kernels[0].blocks for v in b.verdicts]


def test_right_trees_have_no_finding(opened: Callable, checked: Callable[..., NoteVerdicts]) -> None:
    random = Random(7)
    for _ in range(CASES):
        version = random.choice(list(ROOTS))
        tree = growing.grow(opened(version)[1], ROOTS[version], random)
        if not tree.below:
            continue
        text = growing.write(tree, random.choice(growing.STYLES))
        kinds = _kinds(checked(text, version))
        assert kinds == ["ok"] * len(list(tree.walk())), text


@pytest.mark.parametrize("kind", ["rename", "drop", "swap", "move", "argument", "order", "invent"])
def test_wrong_trees_are_detected(kind: str, opened: Callable, checked: Callable[..., NoteVerdicts]) -> None:
    random = Random(11)
    done = 0
    missed: list[str] = []
    while done < CASES:
        version = random.choice(list(ROOTS))
        facts = opened(version)[1]
        tree = growing.grow(facts, ROOTS[version], random)
        if not growing.mutate(tree, kind, facts, random):
            continue
        text = growing.write(tree, random.choice(growing.STYLES))
        kinds = _kinds(checked(text, version))
        done += 1
        if all(k == "ok" for k in kinds):
            missed.append(f"{version}\n{text}")
    assert len(missed) <= CASES // 100, "\n".join(missed[:5])
