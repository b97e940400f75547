"""Measures of likeness, and sequences aligned."""

from hypothesis import given
from hypothesis import strategies as st

from analyzer.compare.likeness import align, bodies_alike, in_order, names_alike, tokens, unmoved

NAMES = st.lists(st.sampled_from("abcdef"), max_size=12)


def test_names() -> None:
    assert names_alike("kmalloc", "kmalloc") == 1
    assert names_alike("request_module", "__request_module") == 1
    assert names_alike("raw_v4_hash", "raw_hash_sk") > names_alike("raw_v4_hash", "udp_lib_close")


def test_bodies() -> None:
    one = tokens("{ int err = f(x); if (err) return err; return 0; }")
    other = tokens("{ int err = f(y); if (err) return err; return 0; }")
    assert bodies_alike(one, one) == 1
    assert 0.5 < bodies_alike(one, other) < 1
    assert bodies_alike(one, tokens("{ }")) < 0.1


def test_tokens_keep_operators_and_strings_whole() -> None:
    assert tokens('a->b(&x, "y z") != -1') == ("a", "->", "b", "(", "&", "x", ",", '"y z"', ")", "!=", "-", "1")


@given(st.lists(st.integers(0, 20), unique=True))
def test_in_order_is_increasing_and_longest(positions: list[int]) -> None:
    found = in_order(positions)
    assert found == sorted(found)
    values = [positions[i] for i in found]
    assert values == sorted(values)
    lengths: list[int] = []
    for at, value in enumerate(positions):
        lengths.append(1 + max((lengths[i] for i in range(at) if positions[i] < value), default=0))
    assert len(found) == max(lengths, default=0)


@given(st.permutations(range(7)))
def test_unmoved_is_symmetric(order: list[int]) -> None:
    pairs = list(enumerate(order))
    labels = [f"n{i}" for i in range(len(order))]
    assert unmoved(pairs, labels) == unmoved([(b, a) for a, b in pairs], labels)


@given(NAMES, NAMES)
def test_align_covers_both_sides_in_order(left: list[str], right: list[str]) -> None:
    rows = align(left, right)
    assert [i for i, _ in rows if i is not None] == list(range(len(left)))
    assert [j for _, j in rows if j is not None] == list(range(len(right)))
    assert all(left[i] == right[j] for i, j in rows if i is not None and j is not None)


@given(NAMES, NAMES)
def test_align_is_symmetric(left: list[str], right: list[str]) -> None:
    matched = {(i, j) for i, j in align(left, right) if i is not None and j is not None}
    mirrored = {(j, i) for i, j in align(right, left) if i is not None and j is not None}
    assert matched == mirrored


@given(NAMES)
def test_align_of_the_same_is_whole(items: list[str]) -> None:
    assert align(items, items) == [(i, i) for i in range(len(items))]
