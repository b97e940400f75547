"""How calls are spelled in edges."""

import pytest

from analyzer.resolve.spelling import argument_texts


@pytest.mark.parametrize(
    ("written", "callee", "arguments"),
    [
        ("f()", "f", ()),
        ("f(a, g(b, c))", "f", ("a", "g(b, c)")),
        ("(*ops->f)(a, b)", "(*ops->f)", ("a", "b")),
        (r'print("\\", a, "b, c")', "print", (r'"\\"', "a", '"b, c"')),
        ("f(a", "f", ()),
    ],
)
def test_arguments_of_a_call_as_written(written: str, callee: str, arguments: tuple[str, ...]) -> None:
    assert argument_texts(written, callee) == arguments
