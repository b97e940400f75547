"""Hiding of noise."""

import pytest

from analyzer.errors import KcgError
from analyzer.graph.hide import Hide, default_hide, parse_hide
from analyzer.model.callgraph import HANDED_OVER, Edge, FunctionRef, Location

A = FunctionRef("a", "a.c", 1)
SITE = Location("a.c", 2)

NOISE = """
    spin_lock mutex_unlock rcu_read_lock printk _printk might_sleep atomic_inc
    refcount_dec_and_test test_bit list_add_tail hlist_del_init smp_mb memcpy strlen
    trace_sys_enter preempt_disable local_bh_enable WARN_ON_ONCE BUG_ON READ_ONCE IS_ERR htons
"""

STEPS = """
    security_socket_create module_put request_module sk_alloc sk_prot_alloc kmem_cache_alloc
    kfree list_lru_add call_rcu synchronize_rcu lock_sock inode_lock downgrade __read_cache
    kref_put panic string_get_size sock_alloc try_module_get fd_install copy_from_user
"""


@pytest.mark.parametrize("name", NOISE.split())
def test_noise_is_hidden_by_default(name: str) -> None:
    assert default_hide().hides_name(name)


@pytest.mark.parametrize("name", STEPS.split())
def test_steps_of_a_path_are_not(name: str) -> None:
    assert not default_hide().hides_name(name)


def test_the_language() -> None:
    hide = parse_hide("default,-printk,+alloc,ext4_*,-ext4_get*")
    assert hide.hides_name("spin_lock")
    assert not hide.hides_name("printk")
    assert hide.hides_name("kmalloc")
    assert hide.hides_name("ext4_bread")
    assert not hide.hides_name("ext4_getblk")
    assert parse_hide("-printk").hides_name("spin_lock")
    assert not parse_hide("printk").hides_name("spin_lock")
    assert not parse_hide("none")
    assert not parse_hide("")
    assert parse_hide("none,locks") == Hide(("locks",))
    assert parse_hide("none,locks,kf*,-kfree").describe() == "locks, kf* (but showing kfree)"


@pytest.mark.parametrize("text", ["lock", "default,-printks", "defualt", "a b", "foo->bar"])
def test_what_it_does_not_understand(text: str) -> None:
    with pytest.raises(KcgError) as caught:
        parse_hide(text)
    assert caught.value.hint


def test_a_noise_macro_hides_what_it_makes_but_no_call_through_a_pointer() -> None:
    warn = Edge(A, FunctionRef("__x"), SITE, "direct", "__x()", macros=("WARN_ON",))
    pointer = Edge(A, None, SITE, "pointer", "p->run()", macros=("WARN_ON",))
    assert default_hide().hides(warn)
    assert not default_hide().hides(pointer)


def test_an_unresolved_call_that_noise_makes_is_noise() -> None:
    made = Edge(A, None, SITE, "pointer", "WARN_ON(x)", macros=("WARN_ON", "__WARN_print_arg"))
    wrapped = Edge(A, None, SITE, "slot", "WARN_ON(f(x))", macros=("WARN_ON", "call_hook"))
    assert default_hide().hides(made)
    assert not default_hide().hides(wrapped)
    assert not parse_hide("none").hides(made)


def test_a_root_is_never_hidden() -> None:
    assert not default_hide().showing(["spin_lock"]).hides_name("spin_lock")
    assert default_hide().showing(["spin_lock"]).hides_name("spin_unlock")


def test_what_is_handed_over_is_hidden_where_it_is_set_up() -> None:
    given = Edge(
        A, FunctionRef("watchdog", "a.c", 9), SITE, "callback", "timer_setup(t, watchdog, 0)", rule=HANDED_OVER
    )
    run = Edge(A, FunctionRef("watchdog", "a.c", 9), SITE, "callback", "fn(t)", rule="handed over as an argument")
    hide = parse_hide("deferred")
    assert hide.hides(given)
    assert not hide.hides(run)
    assert not default_hide().hides(given)
    assert not parse_hide("deferred,-watchdog").hides(given)
