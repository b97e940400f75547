"""The order of lines against positions in the source."""

from hypothesis import given
from hypothesis import strategies as st

from analyzer.compare.order import belongs_before, misplaced


def lines(*columns: int | tuple[int, ...]) -> list[list[tuple[int, int]]]:
    return [[(c, 1) for c in (column if isinstance(column, tuple) else (column,))] for column in columns]


def test_one_line_out_of_order() -> None:
    assert misplaced(lines(1, 2, 3)) == []
    assert misplaced(lines(2, 1)) == [1]
    assert misplaced(lines(4, 1, 2, 3)) == [0]
    assert misplaced(lines(1, 1, 1)) == []


def test_any_of_several_positions_will_do() -> None:
    assert misplaced(lines(1, (1, 5), 4)) == []
    assert misplaced(lines(3, (1, 4), 5)) == []


def test_place_where_a_line_belongs() -> None:
    assert belongs_before(lines(4, 1, 2, 3), 0) is None
    assert belongs_before(lines(2, 3, 1), 2) == 0


@given(st.lists(st.integers(0, 20), max_size=12))
def test_what_is_left_is_in_order(columns: list[int]) -> None:
    wrong = set(misplaced(lines(*columns)))
    kept = [c for at, c in enumerate(columns) if at not in wrong]
    assert kept == sorted(kept)
    assert bool(wrong) == (columns != sorted(columns))
