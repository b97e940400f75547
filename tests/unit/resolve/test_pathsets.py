"""Sets of files as bits behave as sets."""

from hypothesis import given
from hypothesis import strategies as st

from analyzer.resolve.pathsets import Numbers, PathSet

_PATHS = [f"include/linux/{n}.h" for n in range(40)]


@given(st.sets(st.sampled_from(_PATHS)), st.sampled_from(_PATHS), st.permutations(_PATHS))
def test_members_are_those_given(members: set[str], own: str, order: list[str]) -> None:
    numbers = Numbers()
    for path in order[:30]:
        numbers.of(path)
    bits = 0
    for path in members:
        bits |= 1 << numbers.of(path)
    made = PathSet(numbers, own, bits)
    assert set(made) == members | {own}
    assert len(made) == len(members | {own})
    assert all((path in made) == (path in members or path == own) for path in _PATHS)
    assert "net/socket.c" not in made and 3 not in made


@given(st.lists(st.tuples(st.sampled_from(_PATHS), st.sets(st.sampled_from(_PATHS))), max_size=4))
def test_joined_sets_have_all_members(sets: list[tuple[str, set[str]]]) -> None:
    numbers = Numbers()
    made = []
    for own, members in sets:
        bits = 0
        for path in members:
            bits |= 1 << numbers.of(path)
        made.append(PathSet(numbers, own, bits))
    joined = PathSet.joined(numbers, "net/socket.c", made)
    assert set(joined) == {"net/socket.c"}.union(*(members | {own} for own, members in sets))
