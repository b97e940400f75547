"""Types, apart from expressions."""

import pytest
import trees

from analyzer.resolve.ctypes import Arr, Base, Fun, Ptr, Rec, Type, followed_backwards, followed_forwards

SOCK = Rec("sock", "net/a.c")


@pytest.mark.parametrize(
    ("type_", "backwards"),
    [
        (None, True),
        (Ptr(Fun(Base("int"))), True),
        (Fun(None), True),
        (Arr(Ptr(Fun(None))), True),
        (Ptr(Ptr(Fun(None))), True),
        (Ptr(Base("void")), True),
        (Base("long"), True),
        (Base("int"), False),
        (Base("long long"), False),
        (Base("enum state"), False),
        (Ptr(Base("char")), False),
        (Ptr(Base("int")), True),
        (Ptr(Base("initcall_entry_t")), True),
        (SOCK, True),
        (Ptr(SOCK), False),
        (Ptr(Ptr(SOCK)), False),
        (Arr(SOCK), False),
        (Arr(Ptr(SOCK)), False),
    ],
)
def test_where_a_called_value_may_come_from(type_: Type | None, backwards: bool) -> None:
    assert followed_backwards(type_) is backwards


@pytest.mark.parametrize(
    ("type_", "forwards", "with_offsets"),
    [
        (None, True, True),
        (Ptr(Fun(Base("int"))), True, True),
        (Arr(Ptr(Fun(None))), True, True),
        (Ptr(Base("void")), True, True),
        (Base("initcall_entry_t"), True, True),
        (Base("unsigned long"), False, False),
        (Ptr(Base("int")), False, True),
        (Ptr(Base("char")), False, False),
        (SOCK, False, False),
        (Ptr(SOCK), False, False),
    ],
)
def test_where_an_address_goes(type_: Type | None, forwards: bool, with_offsets: bool) -> None:
    assert followed_forwards(type_) is forwards
    assert followed_forwards(type_, offsets=True) is with_offsets


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("int", "int"),
        ("unsigned int", "int"),
        ("unsigned char", "char"),
        ("short int", "short"),
        ("unsigned short", "short"),
        ("unsigned long", "long"),
        ("long int", "long"),
        ("unsigned long long", "long long"),
        ("long long int", "long long"),
        ("long double", "double"),
        ("const void", "void"),
    ],
)
def test_of_an_arithmetic_type_only_its_length_counts(text: str, name: str) -> None:
    assert trees.resolver({"a.c": "int a;\n"}).names.typer("a.c").type_of_text(text) == Base(name)


@pytest.mark.parametrize(
    ("type_", "chosen"), [("size_t", "of_long"), ("unsigned char", "of_char"), ("unsigned short", "of_int")]
)
def test_a_selection_by_type(type_: str, chosen: str) -> None:
    typer = trees.resolver({"a.c": "typedef unsigned long size_t;\n"}).names.typer("a.c")
    local = {"x": typer.type_of_text(type_)}
    selection = "_Generic(x, unsigned char: of_char, unsigned long: of_long, default: of_int)"
    assert typer.associations(typer.expand(selection), local) == [chosen]
