"""Which observed calls static paths explain."""

from collections.abc import Callable, Iterable

import pytest

from analyzer.graph.observed import Statics, alternatives, counted, explain, names_reached
from analyzer.model.callgraph import Edge, FunctionRef
from analyzer.model.trace import Explanation, ObservedCall, Unseen

from ..conftest import Calls

Explain = Callable[..., dict[tuple[str, str], Explanation]]


def statics(calls: Calls, unseen: Iterable[str] = ()) -> Statics:
    hidden = frozenset(unseen)

    def why(edge: Edge) -> Unseen | None:
        return "inline" if edge.callee is not None and edge.callee.name in hidden else None

    known = set(calls.edges) | {e.callee for edges in calls.edges.values() for e in edges if e.callee}
    return Statics(
        named=lambda name: [ref for ref in known if ref.name == name],
        plain=lambda name: name.removeprefix("__x64_"),
        successors=calls.successors,
        unseen=why,
        absent=lambda name: f"no {name}",
    )


@pytest.fixture
def judge() -> Explain:
    def run(
        calls: Calls, observed: str, unseen: Iterable[str] = (), **more: int
    ) -> dict[tuple[str, str], Explanation]:
        seen = [ObservedCall(*pair.split(">"), 1) for pair in observed.split()]
        found = list(explain(seen, statics(calls, unseen), **more))
        assert sorted(one.call for one in found) == sorted(seen)
        return {(one.call.caller, one.call.callee): one for one in found}

    return run


def names(explanation: Explanation) -> list[str]:
    return [edge.callee.name for edge in explanation.path if edge.callee]


def test_a_direct_call(chain: Callable[[str], Calls], judge: Explain) -> None:
    found = judge(chain("a>b"), "a>b")["a", "b"]
    assert found.verdict == "explained"
    assert names(found) == ["b"]
    assert found.passed == ()


def test_a_path_through_unseen_functions(chain: Callable[[str], Calls], judge: Explain) -> None:
    found = judge(chain("a>i>j>b"), "a>b", unseen="ij")["a", "b"]
    assert found.verdict == "explained"
    assert names(found) == ["i", "j", "b"]
    assert [(passed.function.name, passed.why) for passed in found.passed] == [("i", "inline"), ("j", "inline")]


def test_no_path_through_what_tracing_sees(chain: Callable[[str], Calls], judge: Explain) -> None:
    found = judge(chain("a>v>b"), "a>b")["a", "b"]
    assert found.verdict == "unexplained"
    assert found.reason == "no path through what tracing cannot see (1 function)"


def test_the_shortest_path_is_given(chain: Callable[[str], Calls], judge: Explain) -> None:
    found = judge(chain("a>i>j>b a>k>b"), "a>b", unseen="ijk")["a", "b"]
    assert names(found) == ["k", "b"]


def test_certain_ways_are_preferred_to_possible_ones(calls: Calls, judge: Explain) -> None:
    calls.call("a", "b", confidence="possible")
    calls.call("a", "i")
    calls.call("i", "b")
    assert names(judge(calls, "a>b", unseen="i")["a", "b"]) == ["i", "b"]


def test_possible_ways_explain_too(calls: Calls, judge: Explain) -> None:
    calls.call("a", "b", confidence="possible")
    assert judge(calls, "a>b")["a", "b"].verdict == "explained"


def test_unknown_ends_are_named(chain: Callable[[str], Calls], judge: Explain) -> None:
    found = judge(chain("a>b"), "a>nobody nobody>b")
    assert found["a", "nobody"].reason == "no nobody"
    assert found["nobody", "b"].reason == "no nobody"


def test_unresolved_calls_are_counted(calls: Calls, judge: Explain) -> None:
    calls.slot("a", "p->run(p)")
    calls.call("c", "b")
    assert judge(calls, "a>b")["a", "b"].reason.endswith("(1 function, 1 unresolved call)")


def test_the_search_is_bounded(chain: Callable[[str], Calls], judge: Explain) -> None:
    calls = chain("a>i>j>k>b")
    found = judge(calls, "a>b", unseen="ijk", limit=2)["a", "b"]
    assert found.reason == "not found among the nearest 2 functions"
    assert "k" not in calls.asked


def test_no_more_is_asked_than_needed(chain: Callable[[str], Calls], judge: Explain) -> None:
    calls = chain("a>i>b a>j>k")
    judge(calls, "a>b", unseen="ijk")
    assert set(calls.asked) == {"a", "i"}


def test_cycles_end(chain: Callable[[str], Calls], judge: Explain) -> None:
    found = judge(chain("a>i>j>i j>a"), "a>b", unseen="ij")["a", "b"]
    assert found.verdict == "unexplained"


def test_recursion_needs_a_way_back(chain: Callable[[str], Calls], judge: Explain) -> None:
    assert judge(chain("a>i>a"), "a>a", unseen="i")["a", "a"].verdict == "explained"
    assert judge(chain("a>i"), "a>a", unseen="i")["a", "a"].verdict == "unexplained"


def test_wrappers_are_one_function(chain: Callable[[str], Calls], judge: Explain) -> None:
    found = judge(chain("sys_a>b"), "__x64_sys_a>sys_a __x64_sys_a>b")
    assert {one.verdict for one in found.values()} == {"explained"}


def test_namesakes_that_were_reached_come_first(calls: Calls) -> None:
    one, other = FunctionRef("check", "one.c", 1), FunctionRef("check", "other.c", 1)
    calls.call("a", "b")
    site = calls.edges[calls.ref("a")][0]
    calls.edges = {
        calls.ref("a"): [Edge(calls.ref("a"), other, site.site, "direct", "check()")],
        one: [Edge(one, calls.ref("b"), site.site, "direct", "b()")],
        other: [Edge(other, calls.ref("b"), site.site, "direct", "b()")],
    }
    known = Statics(
        named=lambda name: [one, other] if name == "check" else [calls.ref(name)],
        plain=lambda name: name,
        successors=calls.successors,
        unseen=lambda edge: None,
        absent=lambda name: "",
    )
    seen = [ObservedCall("a", "check", 1), ObservedCall("check", "b", 1)]
    assert [found.path[0].caller for found in explain(seen, known)] == [calls.ref("a"), other]


def test_alternatives(calls: Calls, judge: Explain) -> None:
    calls.slot("a", "p->run(p)", "b", "c", "hidden")
    calls.slot("a", "q->run(q)", "d")
    found = judge(calls, "a>b")
    (site,) = alternatives(found.values(), calls.successors, lambda ref: ref.name != "hidden")
    assert [
        [edge.callee and edge.callee.name for edge in part] for part in (site.taken, site.never, site.unseen)
    ] == [
        ["b"],
        ["c"],
        ["hidden"],
    ]


def test_counts_tell_observed_from_passed(chain: Callable[[str], Calls], judge: Explain) -> None:
    counts = counted(judge(chain("a>i>b b>c"), "a>b b>c", unseen="i").values())
    assert {(caller.name, callee.name): count for (caller, callee), count in counts.items()} == {
        ("a", "i"): 0,
        ("i", "b"): 1,
        ("b", "c"): 1,
    }


def test_names_reached_end_at_what_is_seen(chain: Callable[[str], Calls]) -> None:
    calls = chain("a>i>b>c")
    known = statics(calls, "i")
    assert names_reached([calls.ref("a")], known, lambda _: True) == {"i", "b"}
    assert names_reached([calls.ref("a")], known, lambda ref: ref.name != "i") == {"i"}
