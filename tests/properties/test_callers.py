"""Callers are the callees of all functions turned round, edge by edge: none too many, none missing."""

from collections import Counter
from pathlib import Path

import pytest
import trees

from analyzer.model.callgraph import Edge, FunctionRef
from analyzer.pipeline.session import open_session
from analyzer.resolve.names import ref_of
from analyzer.resolve.resolver import Resolver

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
TREES = sorted(p for kind in ("kernels", "phenomena") for p in (FIXTURES / kind).iterdir() if p.is_dir())

# What `routes` and `holders` do not handle, with a tree or a file that shows it: strict, to go when it is.
TREE_LIMITS = {
    "trace_header_reread": "what trace headers make when they are read again is not searched for callers",
    "pasted_wrappers": "what a macro at file scope hands to a function whose name it pastes is not followed",
}
LIMITS = {
    "a name pasted only of what a macro is given": """
        #define CALL(a, b) a ## b()
        void do_it(void) { }
        void run(void) { CALL(do_, it); }
        """,
    "an address kept as a number": """
        void do_it(void) { }
        void run(void) { unsigned long at = (unsigned long)do_it; ((void (*)(void))at)(); }
        """,
}


def row(edge: Edge) -> str:
    """An edge as a person compares it."""
    return f"{edge.caller.name} -> {edge.callee.name if edge.callee else '?'} {edge}"


@pytest.mark.parametrize("tree", TREES, ids=[path.name for path in TREES])
def test_callers_are_the_callees_turned_round(tree: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    if tree.name in TREE_LIMITS:
        request.applymarker(pytest.mark.xfail(strict=True, reason=TREE_LIMITS[tree.name]))
    expected: Counter[str] = Counter()
    asked: set[FunctionRef] = set()
    session = open_session(str(tree), store=str(tmp_path / "store"), jobs=1)
    for function in session.export_functions(()):
        asked.add(function.ref)
        for edge in session.callees(function.ref):
            if edge.callee is not None:
                asked.add(edge.callee)
                expected[row(edge)] += 1
    session.close()
    found: Counter[str] = Counter()
    session = open_session(str(tree), store=str(tmp_path / "store"), jobs=1)  # which remembers no edges
    for ref in sorted(asked):
        found.update(map(row, session.callers(ref)))
    session.close()
    assert found == expected


def turned_round(resolver: Resolver) -> tuple[set[Edge], set[Edge]]:
    """The edges of all functions of a tree, and those that lead to them."""
    functions = [f for path in resolver.index.paths() for f in resolver.names.of_file(path)]
    callees = {edge for f in functions for edge in resolver.callees(ref_of(f)) if edge.callee is not None}
    return callees, {edge for f in functions for edge in resolver.callers(ref_of(f))}


@pytest.mark.parametrize("limit", LIMITS)
def test_limit(limit: str, request: pytest.FixtureRequest) -> None:
    request.applymarker(pytest.mark.xfail(strict=True, reason=limit))
    callees, _ = turned_round(trees.resolver({"kernel/a.c": LIMITS[limit]}))
    _, callers = turned_round(trees.resolver({"kernel/a.c": LIMITS[limit]}))
    assert callees - callers == set()
