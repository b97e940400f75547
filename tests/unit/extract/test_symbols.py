"""Names of a running kernel's symbol table."""

import pytest

from analyzer.extract.symbols import is_entry, is_write, plain_symbol


@pytest.mark.parametrize(
    ("symbol", "name"),
    [
        ("foo", "foo"),
        ("foo.isra.0", "foo"),
        ("foo.constprop.12", "foo"),
        ("foo.part.0.isra.0.cold", "foo"),
        ("foo.cold", "foo"),
        ("foo.llvm.1234567", "foo"),
        ("colder", "colder"),
        ("foo.partial", "foo.partial"),
    ],
)
def test_copies_are_the_function(symbol: str, name: str) -> None:
    assert plain_symbol(symbol) == name


@pytest.mark.parametrize(
    "name",
    [
        "asm_exc_page_fault",
        "exc_page_fault",
        "sysvec_apic_timer_interrupt",
        "__sysvec_call_function_single",
        "fred_sysvec_irq_work",
        "common_interrupt",
        "__common_interrupt",
        "irq_enter_rcu",
        "irq_exit",
        "smp_apic_timer_interrupt",
        "do_IRQ",
        "do_page_fault",
        "__do_page_fault",
        "el1h_64_irq_handler",
        "el1_irq",
        "gic_handle_irq",
        "do_mem_abort",
    ],
)
def test_what_hardware_enters(name: str) -> None:
    assert is_entry(name)


@pytest.mark.parametrize(
    "name", ["handle_irq_event", "request_irq", "do_softirq", "irq_work_run", "handle_mm_fault", "el0_svc", "excl"]
)
def test_what_others_call(name: str) -> None:
    assert not is_entry(name)


def test_the_way_of_a_write() -> None:
    assert all(
        map(is_write, ("__x64_sys_write", "sys_write", "SyS_write", "ksys_write", "vfs_write", "__vfs_write"))
    )
    assert not any(map(is_write, ("vfs_writev", "pipe_write", "__x64_sys_writev", "sys_read")))
