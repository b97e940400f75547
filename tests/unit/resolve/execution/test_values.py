"""Abstract values and the memory that holds them."""

from analyzer.resolve.execution.values import Address, Base, Memory, Value, join, joined, of


def test_what_branches_leave() -> None:
    place = Address(Base("local", "f#1", "x"))
    first, second = Memory(), Memory()
    first.store([place], of(1), surely=True)
    second.store([place], of(2), surely=True)
    both = joined([first, second])
    assert both is not None
    assert both.cells[place] == join((of(1), of(2)))
    assert both.cells[place].truth() is True
    assert Value(frozenset((0, 1))).truth() is None
