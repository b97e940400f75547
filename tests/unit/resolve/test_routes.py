"""Macros that lead to a call, backwards from a name."""

from trees import resolver

from analyzer.resolve.routes import ANYTHING, Reached, Routes

FILES = {
    "include/linux/cleanup.h": """
        #define CLASS(_name, var) \\
            class_##_name##_t var __cleanup(class_##_name##_destructor) = class_##_name##_constructor
        #define guard(_name) CLASS(_name, guard_scope)
        #define mutex_guard(lock) guard(mutex)(lock)
        #define spin_guard(lock) guard(spinlock)(lock)
        """,
    "include/linux/current.h": """
        #define current get_current()
        #define current_uid() (current->uid)
        #define free_it kfree
        #define call_it(p) (p)->ops->handler(p)
        #define INDIRECT_CALL_1(f, f1, ...) ((f == f1) ? f1(__VA_ARGS__) : f(__VA_ARGS__))
        #define INDIRECT_CALL_INET(f, ...) INDIRECT_CALL_1(f, inet, __VA_ARGS__)
        #define round_up(x, y) ((x) + (y))
        """,
}


def routes() -> Routes:
    return Routes(resolver(FILES).names)


def test_a_pasted_name_needs_its_part_in_the_use() -> None:
    found = routes().to(["class_mutex_constructor"])
    part = frozenset({"mutex"})
    assert found.macros == {"CLASS": part, "guard": part, "mutex_guard": ANYTHING}
    assert found.pasting == {"CLASS", "guard"}


def test_names_without_parentheses() -> None:
    found = routes().to(["get_current"])
    assert found.macros == {"current": ANYTHING, "current_uid": ANYTHING}
    assert found.bare == {"current"}
    assert routes().to(["kfree"]) == Reached(
        {"free_it": ANYTHING},
        {"free_it": frozenset({"include/linux/current.h"})},
        frozenset({"free_it"}),
        frozenset(),
    )


def test_calls_through_members() -> None:
    assert routes().to([], members=["handler"]).macros == {"call_it": ANYTHING}
    assert routes().to([], members=["ops"]).macros == {}


def test_parentheses_in_literals_close_nothing() -> None:
    files = {"include/log.h": '#define outer(fmt, f) inner("(", f)\n#define inner(fmt, f) f(fmt)\n'}
    assert Routes(resolver(files).names).calling() == {"inner", "outer"}


def test_macros_that_call_what_they_are_given() -> None:
    assert routes().calling() == {"INDIRECT_CALL_1", "INDIRECT_CALL_INET"}


def test_macros_that_put_a_name_somewhere() -> None:
    found = Routes(
        resolver(
            {
                "include/linux/seq_file.h": """
                #define DEFINE_SEQ(n) struct file_operations n = { .read = seq_read, .open = n##_open }
                #define DEFINE_ALL(n) DEFINE_SEQ(n)
                #define CALL() seq_read(0)
                """
            }
        ).names
    )
    assert found.putting("seq_read") == ["DEFINE_ALL", "DEFINE_SEQ"]
