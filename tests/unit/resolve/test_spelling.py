"""How calls are spelled in edges."""

import pytest

from analyzer.resolve.spelling import argument_texts, clipped


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


def test_a_long_call_loses_its_last_arguments() -> None:
    long = f"f(a, {'b' * 70}, g(c, {'d' * 80}), e)"
    assert clipped(long) == f"f(a, {'b' * 70}, …)"
    assert clipped("f(a, b)") == "f(a, b)"


def test_what_has_no_arguments_to_leave_out_is_cut() -> None:
    for text in (f"f({'a' * 200})", "a" * 200):
        assert len(clipped(text)) == 160
        assert clipped(text).endswith("…")
