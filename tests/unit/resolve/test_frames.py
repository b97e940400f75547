"""What is put into a function's variables."""

import pytest
import trees

from analyzer.resolve.frames import Frame

SOURCE = """
typedef unsigned long size_t;
void *slob_alloc(size_t size)
{
	void **table = 0, *other = table;
	unsigned int *m = other;
	unsigned long *words;

	*m = size;
	m[1] = size;
	if (size)
		m = other + 1;
	*table = other;
	table[1] = m;
	*words = size;
	return m;
}
"""


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("m", ["other", "other + 1"]),  # an int that is stored through it is no address
        ("table", ["0", "other", "m"]),
        ("other", ["table"]),
        ("words", ["size"]),  # a long may be one
    ],
)
def test_what_is_put_into_a_variable_or_where_it_points(name: str, values: list[str]) -> None:
    names = trees.resolver({"mm/slob.c": SOURCE}).names
    frame = Frame(names, names.in_file("mm/slob.c", "slob_alloc")[0])
    assert [value.text for value in frame.assigned(name)] == values
