"""Growing rooted graphs, and paths in them."""

import json
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from analyzer.errors import KcgError
from analyzer.graph.budget import fit
from analyzer.graph.formats import to_graphml, to_json
from analyzer.graph.hide import Hide, default_hide
from analyzer.graph.paths import leading_to, paths_to, shortest_path
from analyzer.graph.rooted import grow
from analyzer.graph.sites import Fold


def names(functions):
    return [function.name for function in functions]


def test_breadth_first_each_expanded_once_in_source_order(chain):
    calls = chain("a>b>d>a a>c>d b>x_out")
    graph = grow(calls.ref("a"), calls.successors, depth=9)
    assert names(graph.depths) == ["a", "b", "c", "d", "x_out"]
    assert list(graph.depths.values()) == [0, 1, 1, 2, 2]
    assert calls.asked == ["a", "b", "c", "d"]
    assert not graph.cut


def test_depth_limit_marks_only_what_has_more(chain):
    calls = chain("a>b>c a>d")
    graph = grow(calls.ref("a"), calls.successors, depth=1)
    assert names(graph.depths) == ["a", "b", "d"]
    assert names(graph.cut) == ["b"]
    lazy = grow(calls.ref("a"), calls.successors, depth=1, has_calls=lambda f: f.name == "d")
    assert names(lazy.cut) == ["d"]


def test_size_limit(chain):
    calls = chain("a>b>c>d>e")
    graph = grow(calls.ref("a"), calls.successors, depth=9, limit=3)
    assert graph.truncated
    assert names(graph.depths) == ["a", "b", "c"]
    assert names(graph.cut) == ["c"]


def test_hidden_calls_are_counted_and_roots_are_not_hidden(chain):
    calls = chain("spin_lock>printk spin_lock>b spin_lock>spin_lock")
    graph = grow(calls.ref("spin_lock"), calls.successors, depth=2, hide=default_hide())
    assert names(graph.depths) == ["spin_lock", "b"]
    assert graph.hidden == 1


def test_big_target_sets_are_folded_but_kept_names_are_listed(calls):
    calls.slot("a", "p->run()", *(f"t{n:02}" for n in range(20)))
    graph = grow(calls.ref("a"), calls.successors, depth=2, keep=["t17"], fold=Fold(targets=3))
    (site,) = graph.sites[calls.ref("a")]
    assert names(edge.callee for edge in site.targets) == ["t17", "t00", "t01"]
    assert (site.total, site.folded) == (20, 17)
    assert names(graph.depths) == ["a", "t17", "t00", "t01"]


def test_targets_at_home_come_first_and_big_sets_elsewhere_are_not_followed(calls):
    calls.slot("a", "p->run()", *(f"t{n:02}" for n in range(5)))
    home = grow(calls.ref("a"), calls.successors, depth=2, fold=Fold(targets=2, home="t04", near=False))
    assert names(e.callee for e in home.sites[calls.ref("a")][0].targets) == ["t04", "t00"]
    away = Fold(targets=2, home="b", near=True)
    graph = grow(calls.ref("a"), calls.successors, depth=2, fold=away)
    assert names(e.callee for e in graph.sites[calls.ref("a")][0].targets) == ["t00", "t01"]
    assert calls.ref("t00") not in graph.sites
    kept = grow(calls.ref("a"), calls.successors, depth=2, fold=away, keep=["t03"])
    assert calls.ref("t03") in kept.sites
    few = grow(calls.ref("a"), calls.successors, depth=2, fold=Fold(targets=5, home="b", near=True))
    assert calls.ref("t00") in few.sites


def test_what_some_targets_depend_on_is_no_condition_of_the_call(calls):
    calls.slot("a", "p->run()", "one", guard="CONFIG_NET && CONFIG_ONE")
    calls.slot("a", "p->run()", "two", guard="CONFIG_NET && CONFIG_TWO", site=calls.edges[calls.ref("a")][0].site)
    graph = grow(calls.ref("a"), calls.successors, depth=2)
    (site,) = graph.sites[calls.ref("a")]
    assert site.edge.guard == "CONFIG_NET"
    assert [edge.guard for edge in site.targets] == ["CONFIG_NET && CONFIG_ONE", "CONFIG_NET && CONFIG_TWO"]


def test_possible_targets_are_only_counted(calls):
    calls.slot("a", "p->run()", "sure")
    calls.slot("a", "p->run()", "maybe", confidence="possible", site=calls.edges[calls.ref("a")][0].site)
    graph = grow(calls.ref("a"), calls.successors, depth=2)
    (site,) = graph.sites[calls.ref("a")]
    assert (site.total, site.possible, names(graph.depths)) == (1, 1, ["a", "sure"])
    asked = grow(calls.ref("a"), calls.successors, depth=2, fold=Fold(possible=True))
    assert names(asked.depths) == ["a", "sure", "maybe"]


def test_unresolved_sites_stay(calls):
    calls.slot("a", "p->run()")
    graph = grow(calls.ref("a"), calls.successors, depth=2, hide=Hide(patterns=("*",)))
    assert [edge.callee for edge in graph.edges()] == [None]


def test_reverse_grows_to_callers_and_limits_their_number(chain):
    calls = chain("a>c b>c main>a main>b")
    graph = grow(calls.ref("c"), calls.predecessors, depth=5, reverse=True)
    assert names(graph.depths) == ["c", "a", "b", "main"]
    few = grow(calls.ref("c"), calls.predecessors, depth=1, reverse=True, fold=Fold(callers=1))
    assert names(few.depths) == ["c", "a"]
    assert few.omitted == {calls.ref("c"): 1}


def test_shortest_path(chain):
    calls = chain("a>b>c>e a>d>e e>f")
    path = shortest_path(calls.ref("a"), calls.ref("f"), calls.successors)
    assert names(edge.callee for edge in path) == ["d", "e", "f"]
    assert shortest_path(calls.ref("f"), calls.ref("a"), calls.successors) is None
    assert shortest_path(calls.ref("a"), calls.ref("a"), calls.successors) == []
    with pytest.raises(KcgError):
        shortest_path(calls.ref("a"), calls.ref("f"), calls.successors, limit=2)


def test_shortest_path_from_both_ends(chain):
    calls = chain("a>b>c>e a>d>e e>f>g a>h>i>j>k x>g y>f")
    known = [edge for name in "abcdefghijkxy" for edge in calls.successors(calls.ref(name))]

    def callers(ref):
        return [edge for edge in known if edge.callee == ref]

    for start in "abcdefghijkxy":
        for end in "abcdefghijkxy":
            one = shortest_path(calls.ref(start), calls.ref(end), calls.successors)
            both = shortest_path(calls.ref(start), calls.ref(end), calls.successors, predecessors=callers)
            assert both == one


def test_shortest_path_when_callers_are_not_known(chain):
    calls = chain("a>b>c>d")
    path = shortest_path(calls.ref("a"), calls.ref("d"), calls.successors, predecessors=lambda ref: ())
    assert names(edge.callee for edge in path) == ["b", "c", "d"]


def test_paths_to_prunes(chain):
    calls = chain("a>b>t a>c a>d>b t>z")
    graph = paths_to(grow(calls.ref("a"), calls.successors, depth=9), calls.ref("t"))
    assert names(graph.depths) == ["a", "b", "d", "t"]
    assert names(graph.sites) == ["a", "b", "d"]
    nowhere = paths_to(grow(calls.ref("a"), calls.successors, depth=9), calls.ref("q"))
    assert names(nowhere.depths) == ["a"]


def test_formats(chain):
    calls = chain("a>b>x_out")
    calls.slot("b", "p->run()")
    graph = grow(calls.ref("a"), calls.successors, depth=9)
    root = ET.fromstring(to_graphml(graph))
    tags = [element.tag.rpartition("}")[2] for element in root.iter()]
    assert (tags.count("node"), tags.count("edge")) == (3, 2)
    data = json.loads(to_json(graph))
    assert [node["id"] for node in data["nodes"]] == ["a.c:1:a", "b.c:1:b", "x_out"]
    assert [link["target"] for link in data["links"]] == ["b.c:1:b", "x_out", None]
    assert graph.to_networkx().number_of_edges() == 2


def test_a_budget_folds_the_largest_subtree(chain):
    calls = chain("a>big>b1 big>b2>b3 a>small>s1")
    graph = grow(calls.ref("a"), calls.successors, depth=9)
    budgeted = fit(graph, 4)
    assert names(budgeted.functions) == ["a", "big", "small", "s1"]
    assert budgeted.folded == {calls.ref("big"): 3}
    assert names(budgeted.closed) == ["big"]
    assert names(fit(graph, 2).functions) == ["a", "big"]
    assert fit(graph, 2).folded == {calls.ref("a"): 2, calls.ref("big"): 3}
    assert fit(graph, 100).folded == {}


def test_a_budget_folds_helpers_of_headers_first(chain):
    calls = chain("a>h_get>h_raw a>big>b1>b2 a>h_wrap>real")
    graph = grow(calls.ref("a"), calls.successors, depth=9)
    budgeted = fit(graph, 6)
    assert names(budgeted.functions) == ["a", "big", "h_wrap", "b1", "real", "b2"]
    assert budgeted.folded == {calls.ref("a"): 2}
    assert len(fit(graph, 8).functions) == 8


def test_a_budget_opens_the_folder_of_the_root_first(chain):
    calls = chain("net/a>net/tcp>net/t1 net/tcp>net/t2 net/a>lib/s>lib/s1")
    graph = grow(calls.ref("net/a"), calls.successors, depth=9)
    budgeted = fit(graph, 5)
    assert names(budgeted.functions) == ["net/a", "net/tcp", "lib/s", "net/t1", "net/t2"]
    assert budgeted.folded == {calls.ref("lib/s"): 1}


def test_a_budget_folds_what_only_failures_lead_to_first(chain):
    calls = chain("a>ok>k1 a>undo>u1>u2>shared a>last>l1>l2>l3>shared")
    graph = grow(calls.ref("a"), calls.successors, depth=9)
    failing = frozenset((calls.edges[calls.ref("a")][1].site,))
    graph = replace(graph, failing=failing)
    everything = fit(graph, 11)
    assert (len(everything.functions), everything.folded) == (11, {})
    budgeted = fit(graph, 10)
    assert names(budgeted.functions) == ["a", "ok", "undo", "last", "k1", "l1", "l2", "shared", "l3"]
    assert budgeted.folded == {calls.ref("undo"): 2}
    assert names(budgeted.closed) == ["undo"]
    without = fit(graph, 11, fold_errors=True)
    assert names(without.functions) == ["a", "ok", "last", "k1", "l1", "l2", "shared", "l3"]
    assert without.folded == {calls.ref("a"): 3}


def test_leading_to_searches_backwards_so_many_levels(chain):
    calls = chain("a>b>c>d>end x>c y>end a>other")
    found = leading_to(calls.ref("end"), calls.predecessors, levels=2)
    assert found is not None
    assert sorted(names(found)) == ["c", "d", "end", "y"]
    assert leading_to(calls.ref("end"), calls.predecessors, levels=9, most=3) is None
    everything = leading_to(calls.ref("end"), calls.predecessors, levels=9)
    assert everything is not None and calls.ref("other") not in everything
