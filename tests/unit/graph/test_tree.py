"""Call trees: marks, folding, merging, pruning. A tree is checked as an indented outline."""

from analyzer.graph.rooted import grow
from analyzer.graph.sites import Fold
from analyzer.graph.tree import TreeFunction, build_tree


def outline(place: TreeFunction, indent: str = "") -> list[str]:
    lines = [f"{indent}{place.function.name} {place.mark}".rstrip()]
    for item in place.items:
        if item.unresolved:
            lines.append(f"{indent} ? {item.site.edge.expression}")
        for target in item.targets:
            lines += outline(target, indent + " ")
        if item.folded:
            lines.append(f"{indent} +{item.folded}")
    return lines


def tree(calls, root, depth=9, **more):
    return outline(build_tree(grow(calls.ref(root), calls.successors, depth=depth), **more).root)


def test_recursion_repeats_and_externals(chain):
    assert tree(chain("a>b>a b>x_out a>c>b c>leaf a>leaf"), "a") == [
        "a",
        " b",
        "  a recursive",
        "  x_out external",
        " c",
        "  b repeated",
        "  leaf",
        " leaf",
    ]


def test_a_function_cut_below_is_shown_in_full_where_there_is_room(chain):
    assert tree(chain("a>b>c>d>e a>d"), "a", depth=3) == [
        "a",
        " b",
        "  c",
        "   d cut",
        " d",
        "  e",
    ]


def test_a_complete_one_is_only_referred_to(chain):
    assert tree(chain("a>b>d>e a>d"), "a", depth=3) == ["a", " b", "  d", "   e", " d repeated"]


def test_calls_of_the_same_are_merged_unless_all_are_asked_for(calls):
    for _ in range(3):
        calls.call("a", "b")
    calls.call("a", "b", guard="CONFIG_X")
    graph = grow(calls.ref("a"), calls.successors, depth=2)
    assert [item.site.count for item in build_tree(graph).root.items] == [3, 1]
    assert len(build_tree(graph, merge=False).root.items) == 4


def test_folded_and_unresolved_sites(calls):
    calls.slot("a", "p->run()", "t1", "t2", "t3")
    calls.slot("a", "q->run()")
    graph = grow(calls.ref("a"), calls.successors, depth=2, fold=Fold(targets=2))
    assert outline(build_tree(graph).root) == ["a", " t1", " t2", " +1", " ? q->run()"]


def test_only_branches_that_reach_a_function(chain):
    calls = chain("a>b>t a>c a>d>b t>z d>e>d e>q")
    assert tree(calls, "a", to=calls.ref("t")) == ["a", " b", "  t", " d", "  b repeated"]
    assert tree(calls, "a", to=calls.ref("q")) == ["a", " d", "  e", "   q"]
    assert tree(calls, "a", to=calls.ref("q"), depth=2) == ["a"]
    assert tree(calls, "a", to=calls.ref("nowhere")) == ["a"]


def test_ways_back_through_an_ancestor_are_no_ways(chain):
    calls = chain("a>b>a a>t b>c>b")
    assert tree(calls, "a", to=calls.ref("t")) == ["a", " t"]


def test_deep_chains_do_not_exhaust_the_stack(chain):
    calls = chain(">".join(f"f{n}" for n in range(2000)))
    lines = tree(calls, "f0", depth=5000)
    assert lines[-1].endswith("cut")
