"""Named noise profiles: which functions and macros a reader of a call tree does not want to see.

Data only; `analyzer.graph.hide` interprets it. Patterns are `fnmatch` patterns over names of
functions and macros. A profile names primitives one by one or by a prefix that only they have:
`list_lru_add`, `sk_alloc`, `module_put`, `security_socket_create` or `call_rcu` are steps of a
kernel path, not noise.

Not covered: primitives private to one subsystem or architecture (`btrfs_tree_read_lock`).
"""

_TEXT = {
    "locks": """
        spin_lock* spin_unlock* spin_trylock* spin_is_* spin_needbreak raw_spin_* _raw_spin_*
        __raw_spin_* _spin_* __spin_* do_raw_spin_* arch_spin_* queued_spin_* queued_read_*
        queued_write_* bit_spin_* __bit_spin_* spinlock_check spin_acquire spin_release
        assert_spin_locked read_lock* read_unlock* read_trylock* write_lock* write_unlock*
        write_trylock* _raw_read_* _raw_write_* __raw_read_lock* __raw_read_unlock*
        __raw_write_lock* __raw_write_unlock* raw_read_* raw_write_lock* raw_write_unlock*
        _read_lock* _read_unlock* _write_lock* _write_unlock* do_raw_read_* do_raw_write_*
        rwlock_init __rwlock_init mutex_lock* mutex_unlock mutex_trylock* mutex_is_locked mutex_init
        __mutex_init __mutex_lock* __mutex_unlock* rt_mutex_lock* rt_mutex_unlock* rt_mutex_trylock*
        ww_mutex_lock* ww_mutex_unlock* down up down_read* up_read* down_write* up_write*
        downgrade_write* down_interruptible down_killable down_trylock down_timeout init_rwsem
        __init_rwsem rwsem_is_* sema_init __down* __up* percpu_down_* percpu_up_* seqlock_init
        read_seq* raw_read_seq* write_seq* raw_write_seq* do_write_seq* done_seqretry need_seqretry
        seqcount_* __seqcount_* __read_seq* seqprop_* __seqprop_* local_lock* local_unlock*
        __local_lock* __local_unlock* local_trylock* lock_kernel unlock_kernel __lock_kernel
        __unlock_kernel spin_lock_init class_*_lock*_constructor class_*_lock*_destructor
        class_rcu_* guard scoped_guard read_seqbegin_or_lock* arch_read_* arch_write_lock*
        arch_write_unlock* lg_local_* br_read_* br_write_*
    """,
    "rcu": """
        rcu_read_* __rcu_read_* rcu_dereference* __rcu_dereference* rcu_assign_pointer
        __rcu_assign_pointer rcu_access_pointer rcu_replace_pointer rcu_pointer_handoff
        rcu_swap_protected rcu_lock_* rcu_is_watching rcu_check_* rcu_sleep_check rcu_lockdep_*
        rcu_preempt_sleep_check RCU_LOCKDEP_WARN RCU_INIT_POINTER RCU_INITIALIZER srcu_read_*
        __srcu_read_* srcu_dereference* rcu_barrier_tasks_trace_* rcu_head_init init_rcu_head*
        destroy_rcu_head* rcu_qs rcu_softirq_qs* rcu_note_* rcu_all_qs rcu_tasks_qs
        rcu_tasks_classic_qs
    """,
    "printk": """
        printk _printk vprintk* printk_* __printk_* _printk_* early_printk no_printk pr_emerg*
        pr_alert* pr_crit* pr_err* pr_warn* pr_notice* pr_info* pr_cont* pr_debug* pr_devel*
        dev_emerg* dev_alert* dev_crit* dev_err* dev_warn* dev_notice* dev_info* dev_dbg* dev_vdbg*
        dev_printk* _dev_* __dev_printk netdev_emerg* netdev_alert* netdev_crit* netdev_err*
        netdev_warn* netdev_notice* netdev_info* netdev_dbg* netdev_printk* __netdev_printk
        netif_err netif_warn netif_info netif_dbg net_ratelimit net_*_ratelimited __ratelimit
        ___ratelimit __dynamic_* _dynamic_* dynamic_* dump_stack* show_stack print_hex_dump*
        LIMIT_NETDEBUG NETDEBUG SOCK_DEBUG pr_fmt warn_alloc* add_taint print_modules dump_page
    """,
    "assertions": """
        WARN WARN_* __WARN* __warn* warn_slowpath_* warn_bogus_* _WARN* BUG BUG_* __BUG* _BUG_*
        BUILD_BUG* __build_bug* static_assert compiletime_assert* __compiletime_* _compiletime_*
        VM_BUG_ON* VM_WARN_ON* NET_BUG* DEBUG_*WARN* MEM_BUG* CHECK_DATA_CORRUPTION KASAN_*
        might_sleep* __might_* ___might_* might_fault might_alloc might_lock* might_resched
        cant_sleep cant_migrate non_block_* lockdep_* __lockdep_* lock_acquire* lock_release*
        lock_acquired lock_contended lock_is_held* lock_map_* lock_set_* lock_downgrade
        mutex_acquire* mutex_release rwsem_acquire* rwsem_release rwlock_acquire* rwlock_release
        seqcount_acquire* seqcount_release sock_owned_by_me sock_not_owned_by_me debug_check_*
        debug_locks_* debug_mutex_* debug_rt_mutex_* unreachable __builtin_unreachable assert_*
        ASSERT* instrumentation_begin instrumentation_end fs_reclaim_* __fs_reclaim_* sb_lockdep_*
    """,
    "atomics": """
        atomic_* atomic64_* atomic_long_* raw_atomic* arch_atomic* __atomic* refcount_* __refcount_*
        kref_get* kref_init kref_read set_bit clear_bit change_bit test_bit __set_bit __clear_bit
        __change_bit _test_bit __test_bit const_test_bit generic_test_bit arch_*_bit*
        test_and_*_bit* __test_and_*_bit* ___*_bit test_bit_acquire _set_bit clear_bit_unlock
        __clear_bit_unlock set_mask_bits clear_mask_bits assign_bit constant_test_bit
        variable_test_bit generic_*_bit raw_bitops_* ffs ffz fls fls64 __ffs __ffs64 __fls hweight*
        __hweight* __sw_hweight* cmpxchg* try_cmpxchg* __cmpxchg* xchg* __xchg* arch_cmpxchg*
        arch_xchg* arch_try_cmpxchg* this_cpu_* __this_cpu_* raw_cpu_* per_cpu_ptr per_cpu
        this_cpu_ptr raw_cpu_ptr get_cpu_var put_cpu_var get_cpu_ptr put_cpu_ptr SHIFT_PERCPU_PTR
        __verify_pcpu_ptr __percpu_* local_inc* local_dec* local_read local_set local_add*
        local_sub*
    """,
    "lists": """
        list_add* __list_* list_del* list_empty* list_move* list_splice* list_first_* list_last_*
        list_next_* list_prev_* list_entry* list_is_* list_for_each* list_replace* list_rotate_*
        list_cut_* list_bulk_* list_swap list_count_nodes list_safe_* INIT_LIST_HEAD* INIT_HLIST_*
        LIST_HEAD* hlist_* __hlist_* hash_add* hash_del* hash_init hash_empty hash_hashed
        init_llist_* llist_* rb_first* rb_last* rb_next* rb_prev* rb_insert_color* rb_erase*
        rb_link_node* rb_entry* rb_add* rb_find* rb_replace_* RB_CLEAR_NODE RB_EMPTY_*
        plist_head_init plist_node_* plist_add plist_del INIT_PLIST*
    """,
    "barriers": """
        mb rmb wmb smp_mb* smp_rmb smp_wmb smp_store_* smp_load_* smp_acquire__* smp_cond_load_*
        __smp_* virt_mb virt_rmb virt_wmb virt_store_* virt_load_* dma_mb dma_rmb dma_wmb barrier
        barrier_* __barrier READ_ONCE* WRITE_ONCE* __READ_ONCE* __WRITE_ONCE* __read_once_*
        __write_once_* read_word_at_a_time ACCESS_ONCE data_race cpu_relax rep_nop set_mb prefetch*
        read_barrier_depends smp_read_barrier_depends io_stop_wc asm_volatile_goto
    """,
    "strings": """
        memcpy* memset* memmove* memcmp memchr* memscan memzero_explicit __memcpy* __memset*
        __memmove* __inline_mem* memweight mem_is_zero strlen strnlen __fortify_* fortify_* strcpy
        strncpy strlcpy strscpy* sized_strscpy* strcat strncat strlcat strcmp strncmp strcasecmp
        strncasecmp strchr* strnchr* strrchr strstr strnstr strsep strspn strcspn strpbrk strim
        skip_spaces __real_str* __real_mem* sprintf snprintf scnprintf vsnprintf vscnprintf vsprintf
        __struct_size __member_size struct_size* array_size array3_size size_add size_mul size_sub
        check_*_overflow copy_page clear_page bitmap_zero bitmap_copy bitmap_fill
    """,
    "tracing": """
        trace_* __trace_* _trace_* do_trace_* tracepoint_* __do_trace_* kasan_* __kasan_* kmsan_*
        __kmsan_* kcsan_* __kcsan_* kcov_* kmemleak_* kfence_* __kfence_* __asan_* __tsan_* __msan_*
        __ubsan_* instrument_* debug_object_* debug_kmap_* stackleak_* profile_* prof_* lock_stat_*
        perf_trace_* set_page_owner* reset_page_owner* alloc_tag_* delayacct_* __delayacct_* psi_*
        trace
    """,
    "preempt": """
        preempt_* __preempt_* _preempt_* should_resched migrate_disable migrate_enable local_irq_*
        raw_local_irq_* raw_local_save_flags raw_irqs_disabled* arch_local_* arch_irqs_*
        local_save_flags raw_safe_halt native_save_fl native_restore_fl native_irq_* local_bh_*
        __local_bh_* _local_bh_* irqs_disabled* get_cpu put_cpu in_interrupt in_task in_atomic
        in_irq in_hardirq in_softirq in_nmi in_serving_softirq irq_count interrupt_context_level
        cond_resched* _cond_resched* __cond_resched* need_resched tif_need_resched smp_processor_id
        raw_smp_processor_id debug_smp_processor_id __smp_processor_id save_flags restore_flags cli
        sti pagefault_disable pagefault_enable pagefault_disabled* test_preempt_need_resched
    """,
    "pointers": """
        IS_ERR IS_ERR_OR_NULL IS_ERR_VALUE IS_ERR_PCPU PTR_ERR PTR_ERR_OR_ZERO PTR_ERR_PCPU ERR_PTR
        ERR_PTR_PCPU ERR_CAST PTR_RET container_of* offsetof typecheck* __must_be_array ARRAY_SIZE
        likely unlikely __builtin_* array_index_* barrier_nospec OPTIMIZER_HIDE_VAR min max min_t
        max_t clamp clamp_t swap IS_ENABLED get_current test_thread_flag set_thread_flag
        clear_thread_flag test_tsk_thread_flag set_tsk_thread_flag clear_tsk_thread_flag
        test_ti_thread_flag set_ti_thread_flag clear_ti_thread_flag current_thread_info
        task_thread_info read_thread_flags read_task_thread_flags static_branch_* static_key_false
        static_key_true static_key_enabled static_key_count arch_static_branch* static_cpu_has
        _static_cpu_has boot_cpu_has
    """,
    "byteorder": """
        htons htonl ntohs ntohl __htons __htonl __ntohs __ntohl ___hton* ___ntoh* cpu_to_le*
        cpu_to_be* le16_to_cpu* le32_to_cpu* le64_to_cpu* be16_to_cpu* be32_to_cpu* be64_to_cpu*
        __cpu_to_* __le16_to_cpu* __le32_to_cpu* __le64_to_cpu* __be16_to_cpu* __be32_to_cpu*
        __be64_to_cpu* swab* __swab* __fswab* ___swab* __arch_swab* get_unaligned* __get_unaligned*
        put_unaligned* __put_unaligned* swahw32 swahb32
    """,
    "alloc": """
        kmalloc* __kmalloc* kzalloc* kcalloc* krealloc* kvmalloc* kvzalloc* kvcalloc* kfree kfree_*
        kvfree* vmalloc* __vmalloc* vzalloc* vfree* kmem_cache_alloc* kmem_cache_zalloc*
        kmem_cache_free* kstrdup* kmemdup* alloc_percpu* __alloc_percpu* free_percpu alloc_page
        alloc_pages* __alloc_pages* __get_free_page* get_zeroed_page* free_page free_pages*
        __free_page* mempool_alloc* mempool_free* devm_k*alloc* devm_kfree
    """,
}

# Not by name but by kind: functions that are handed over for later instead of being called.
DEFERRED = "deferred"

PROFILES: dict[str, tuple[str, ...]] = {name: tuple(text.split()) for name, text in _TEXT.items()}
PROFILES[DEFERRED] = ()

# `alloc` is not in it: where memory comes from (`kmem_cache_alloc` under `sk_prot_alloc`) is part
# of a path.
DEFAULT: tuple[str, ...] = tuple(sorted(PROFILES.keys() - {"alloc", DEFERRED}))
