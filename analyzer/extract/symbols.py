"""Names as a running kernel's symbol table has them.

Not handled: names of functions made at run time (`bpf_prog_…`); they are kept as they are.
"""

import re

_COPY = re.compile(r"\.(?:isra|constprop|part|cold|llvm|lto_priv|localalias|ipa_ra)\b.*$")

# Functions that hardware enters, on several architectures and in several generations of the kernel. What the
# interrupted function was doing has nothing to do with them.
_ENTRY = re.compile(
    r"""^(?:
    (?:asm_|fred_|xenpv_|__)?(?:sysvec|exc)_\w+                      # x86 since 5.8
    | (?:asm_|__|fred_)?common_interrupt | (?:asm_)?spurious_interrupt
    | (?:smp_|uv_)(?:\w+_)?interrupt | smp_\w+_ipi | do_IRQ | __do_IRQ  # x86 before
    | (?:__|trace_)?do_page_fault | do_async_page_fault | do_(?:user|kern)_addr_fault
    | do_(?:nmi|int3|debug|general_protection|invalid_op|divide_error|device_not_available|error_trap|double_fault)
    | default_do_nmi | nmi_handle | page_fault
    | (?:__)?irq_(?:enter|exit)(?:_rcu)? | irqentry_(?:nmi_)?(?:enter|exit)
    | el[01][th]?_(?:64_|32_)?(?:irq|fiq|sync|error|dbg|da|ia)\w* | el[01]_interrupt   # arm64
    | gic_handle_irq | (?:__)?handle_domain_irq | do_interrupt_handler
    | do_(?:mem|sp_pc)_abort | do_translation_fault | do_debug_exception
    | asm_do_IRQ | handle_IRQ | do_DataAbort | do_PrefetchAbort         # arm
    | do_irq | do_trap_\w+ | riscv_intc_irq                            # riscv
    | timer_interrupt | do_hash_fault                                  # powerpc
    | do_(?:io|ext)_irq | do_(?:protection|dat)_exception | do_dat_exception | do_secure_storage_access  # s390
    )$""",
    re.VERBOSE,
)

_WRITE = re.compile(r"^(?:__\w+_sys_write|sys_write|[Ss]y[Ss]_write|ksys_write|(?:__)?vfs_write|new_sync_write)$")


def plain_symbol(symbol: str) -> str:
    """The function's name without what a compiler appends to a copy of it: `foo.isra.0.cold` is `foo`."""
    return _COPY.sub("", symbol)


def is_entry(name: str) -> bool:
    """Whether a function is entered by an interrupt, a fault or an exception, or brackets one."""
    return _ENTRY.match(name) is not None


def is_write(name: str) -> bool:
    """Whether a function is on the way from the system call `write` to a file's own write."""
    return _WRITE.match(name) is not None
