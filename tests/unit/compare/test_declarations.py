"""What differs between declarations of the same thing."""

from analyzer.compare.declarations import Constant, Part, constants, parts, signature, table
from analyzer.model.callgraph import Function, FunctionRef, Parameter
from analyzer.model.difference import PartChange
from analyzer.model.shown import ShownEntry, ShownObject


def function(name: str, result: str, *parameters: tuple[str, str]) -> Function:
    made = tuple(Parameter(type_, text) for type_, text in parameters)
    return Function(FunctionRef(name, "net/a.c", 1), 9, "external", False, result, made)


def told(changes: list[PartChange] | tuple[PartChange, ...]) -> list[tuple[str, str]]:
    return [(change.what, change.name) for change in changes]


def test_parameters_added_removed_retyped() -> None:
    change = signature(
        function("sk_alloc", "struct sock *", ("int", "family"), ("int", "priority"), ("int", "zero_it")),
        function("sk_alloc", "struct sock *", ("struct net *", "net"), ("int", "family"), ("gfp_t", "priority")),
    )
    assert change is not None
    assert sorted(told(change.changes)) == [("added", "net"), ("removed", "zero_it"), ("type", "priority")]


def test_parameters_renamed_and_reordered() -> None:
    change = signature(
        function("f", "void", ("struct kmem_cache *", "cachep"), ("void *", "objp")),
        function("f", "void", ("struct kmem_cache *", "s"), ("void *", "x")),
    )
    assert change is not None and told(change.changes) == [("name", "s"), ("name", "x")]
    change = signature(
        function("f", "void", ("int", "a"), ("long", "b")), function("f", "void", ("long", "b"), ("int", "a"))
    )
    assert change is not None and [c.what for c in change.changes] == ["moved"]


def test_storage_words_and_spelling_of_types_do_not_count() -> None:
    assert (
        signature(
            function("f", "asmlinkage long", ("unsigned", "x")), function("f", "long", ("unsigned int", "x"))
        )
        is None
    )
    assert signature(function("f", "u32"), function("f", "__u32")) is None
    change = signature(function("hash", "void"), function("hash", "int"))
    assert change is not None and change.changes == (PartChange("returns", "", "void", "int"),)


def test_members_moved_and_guarded() -> None:
    before = [Part("a", "int"), Part("b", "int"), Part("c", "int")]
    after = [Part("b", "int"), Part("c", "int", "CONFIG_X"), Part("a", "int")]
    assert sorted(told(parts(before, after, what="type"))) == [("guard", "c"), ("moved", "a")]
    assert told(parts(before, after, what="type", order=False)) == [("guard", "c")]


def test_a_bit_field_for_each_byte_order_is_one_member() -> None:
    before = [Part("x", "u8", "BIG"), Part("y", "u8"), Part("x", "u8", "!BIG")]
    assert parts(before, [Part("x", "u8"), Part("y", "u8")], what="type") == []


def test_constants_are_compared_as_numbers() -> None:
    same = {"A": Constant("0x10"), "B": Constant("(1 << 4)"), "C": Constant("((__force fmode_t)0x8)")}
    spelled = {"A": Constant("(1 << 4)"), "B": Constant("BIT(4)"), "C": Constant("((__force fmode_t)(1 << 3))")}
    assert constants("X_*", same, spelled) is None
    change = constants("X_*", {"A": Constant("1 << 70000")}, {"A": Constant("2")})
    assert change is not None and told(change.changes) == [("value", "A")]


def test_enum_constants_that_only_shifted_are_not_told() -> None:
    before = {name: Constant(str(number), counted=True) for number, name in enumerate("abcd")}
    after = {name: Constant(str(number), counted=True) for number, name in enumerate("axbcd")}
    change = constants("X_*", before, after)
    assert change is not None and told(change.changes) == [("added", "x")]
    last = constants(
        "AF_*", {"AF_MAX": Constant("45", True)}, {"AF_MCTP": Constant("45", True), "AF_MAX": Constant("46", True)}
    )
    assert last is not None and told(last.changes) == [("added", "AF_MCTP"), ("value", "AF_MAX")]


def hooks(*values: str) -> ShownObject:
    entries = tuple(ShownEntry(path=f"[{at}]", value=value, line=at + 2) for at, value in enumerate(values))
    return ShownObject("hooks", "struct security_hook_list []", True, "security/a.c", 1, entries=entries)


def test_a_list_is_compared_by_what_it_holds() -> None:
    before = hooks("INIT(socket_create, x)", "INIT(task_kill, y)")
    after = hooks("INIT(binder, w)", "INIT(socket_create, x)", "INIT(task_kill, y)")
    change = table(before, after)
    assert change is not None and told(change.changes) == [("added", "INIT(binder, w)")]
    change = table(after, before)
    assert change is not None and told(change.changes) == [("removed", "INIT(binder, w)")]
    assert table(after, after) is None
