"""Types, apart from expressions."""

import pytest

from analyzer.resolve.ctypes import Arr, Base, Fun, Ptr, Rec, Type, bears_function

SOCK = Rec("sock", "net/a.c")


@pytest.mark.parametrize(
    ("type_", "bears"),
    [
        (None, True),
        (Ptr(Fun(Base("int"))), True),
        (Fun(None), True),
        (Arr(Ptr(Fun(None))), True),
        (Ptr(Ptr(Fun(None))), True),
        (Ptr(Base("void")), True),
        (Base("long"), True),
        (Ptr(Base("int")), True),
        (Ptr(Base("initcall_entry_t")), True),
        (SOCK, True),
        (Ptr(SOCK), False),
        (Ptr(Ptr(SOCK)), False),
        (Arr(SOCK), False),
        (Arr(Ptr(SOCK)), False),
    ],
)
def test_what_may_hold_a_functions_address(type_: Type | None, bears: bool) -> None:
    assert bears_function(type_) is bears
