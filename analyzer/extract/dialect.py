"""The dialect of kernel C: words that a C grammar does not know, and which macros of a tree are such words.

A `Dialect` is a set of word classes. Its base is the annotations that Linux has had since 2.6; the rest is
learned from the tree's own `#define`s: object-like macros that are attributes or nothing, function-like
ones that are attributes, and macros whose body ends in the head of a loop.

Not handled: the same word meaning different things in different files of a tree, beyond the words that a file
defines itself.
"""

import functools
import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from analyzer.extract.directives import without_plain_defines
from analyzer.extract.lexical import Directive, lex

WordClass = Literal["blank", "static", "inline", "call", "loop"]

_BLANK = """
INDIRECT_CALLABLE_SCOPE TC_INDIRECT_SCOPE VISIBLE_IF_KUNIT EXPORT_FOR_TESTS
__init __exit __initdata __initconst __exitdata __devinit __devexit __devinitdata __devinitconst __devexitdata
__cpuinit __cpuexit __cpuinitdata __cpuinitconst __meminit __memexit __meminitdata __net_init __net_exit
__net_initdata __ref __refdata __refconst __init_refok __initdata_refok __exit_refok __init_or_module
__initdata_or_module __init_memblock __initdata_memblock __must_check __weak __user __kernel __iomem __percpu
__rcu __force __nocast __bitwise __bitwise__ __private __safe __read_mostly __ro_after_init __maybe_unused
__always_unused __used __packed __randomize_layout __no_randomize_layout __designated_init
____cacheline_aligned ____cacheline_aligned_in_smp ____cacheline_internodealigned_in_smp __cacheline_aligned
__cacheline_aligned_in_smp __page_aligned_bss __page_aligned_data __cold __hot __pure __const __attribute_const__
__noreturn __visible __sched __lockfunc __kprobes nokprobe_inline noinline __noinline noinline_for_stack
notrace noinstr asmlinkage __malloc __deprecated __attribute_used__ fastcall FASTCALL_ATTR __latent_entropy
__no_sanitize_address __no_kasan_or_inline __no_kcsan __no_kcsan_or_inline __no_sanitize_memory __no_kmsan_checks
__no_stack_protector __no_profile __nostackprotector __cpuidle __efiapi __bpf_kfunc
__mcount_loc __extension__ __head __irq_entry __softirq_entry __exception_irq_entry
__entry_text __nocfi __flatten __signed__ __free_page_attr fallthrough_attr randomized_struct_fields_start
randomized_struct_fields_end __prefetch __vsyscall __vsyscall_fn __sramdata __sramfunc __uidgid_attr
compat_noinline debug_noinline ubsan_linkage __diag_attr __context_unsafe_attr asmlinkage_protect_attr
__no_caller_saved_registers __noendbr __ibt_noendbr __always_used __no_context_analysis __nonstring
__no_sanitize_or_inline __no_sanitize_undefined __no_sanitize_thread __ipl __trace_init __uninitialized
"""
_STATIC = """
STATIC MEM_STATIC
FORCE_INLINE_TEMPLATE HINT_INLINE
"""
_INLINE = "__always_inline __inline __inline__ __forceinline inline_for_stack __gnu_inline __no_inline_hint"
_CALL = """
__attribute__ __attribute __aligned __printf __scanf __releases __acquires __must_hold __cond_acquires
__cond_releases __cond_lock_attr __free __cleanup __counted_by __counted_by_le __counted_by_be __counted_by_ptr
__section __mode __alloc_size __realloc_size __alias __weak_alias __compiletime_error __compiletime_warning
__assume_aligned __copy __guarded_by __pt_guarded_by __acquires_shared __releases_shared __must_hold_shared
__cond_acquires_shared __context_unsafe __acquire_attr __format_arg __nonnull __error __warning __no_sanitize
__declspec __diagnose_as_builtin __ifunc __pass_object_size __rte_format_printf __section__ __sized_by
__acquires_ret __releases_ret __excludes __no_context __sun4v_patch_attr __attribute_format
"""
_LOOP = """
skb_queue_walk skb_queue_walk_safe skb_queue_walk_from skb_queue_walk_from_safe skb_queue_reverse_walk
skb_queue_reverse_walk_safe skb_walk_frags skb_list_walk_safe skb_rbtree_walk skb_rbtree_walk_from
skb_rbtree_walk_from_safe scoped_guard scoped_cond_guard while_each_thread do_each_thread for_other_threads
while_each_pid_task do_each_pid_task while_each_pid_thread while_for_each_ftrace_op do_for_each_ftrace_op
while_for_each_ftrace_rec do_for_each_ftrace_rec while_each_subsys_mask do_each_subsys_mask
sk_nulls_for_each_from sctp_walk_params
"""
LOOP_NAME = re.compile(rb"\w*(?:for_?each|FOR_?EACH)\w*$")
_SPECIFIER = re.compile(r"^(?:__attribute__|__attribute|_Alignas|__declspec)\s*\(")
_WORD = re.compile(r"[A-Za-z_]\w*")
_HEADER_SCOPE = re.compile(r"^(?:include|arch/\w+/include|tools/include)/")


class Dialect(NamedTuple):
    """Word classes by name, and the identity that facts extracted with it are cached under."""

    words: Mapping[bytes, WordClass]
    identity: str


class Learned(NamedTuple):
    """What one header contributes, cached by its blob: names by class, and names it defines otherwise."""

    blank: tuple[str, ...] = ()
    static: tuple[str, ...] = ()
    inline: tuple[str, ...] = ()
    call: tuple[str, ...] = ()
    loop: tuple[str, ...] = ()
    other: tuple[str, ...] = ()


def _base() -> dict[bytes, WordClass]:
    words: dict[bytes, WordClass] = {}
    groups: tuple[tuple[WordClass, str], ...] = (
        ("blank", _BLANK),
        ("static", _STATIC),
        ("inline", _INLINE),
        ("call", _CALL),
        ("loop", _LOOP),
    )
    for kind, names in groups:
        for name in names.split():
            words[name.encode()] = kind
    return words


BASE_WORDS: Mapping[bytes, WordClass] = _base()


@functools.lru_cache(65536)
def _split_arguments(text: str) -> tuple[str, str]:
    """The text of the leading `(…)` and what follows; ("", text) when the parentheses do not close."""
    depth = 0
    for at, char in enumerate(text):
        if char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
            if depth == 0:
                return text[: at + 1], text[at + 1 :]
    return "", text


def classify(body: str, *, known: Mapping[bytes, WordClass] = BASE_WORDS) -> WordClass | None:
    """The class of an object-like macro with this body: pure attributes are `blank`, storage words
    `static` or `inline`; None for anything else. The empty body is `blank`."""
    found: WordClass = "blank"
    rest = body.strip()
    while rest:
        match = _WORD.match(rest)
        if not match:
            return None
        word = match.group()
        after = rest[match.end() :].lstrip()
        kind = known.get(word.encode())
        if word in ("static", "inline", "extern", "__inline", "volatile", "const"):
            if word == "static":
                found = "static"
            elif word in ("inline", "__inline") and found != "static":
                found = "inline"
            elif word in ("volatile", "const"):
                return None
            rest = after
        elif kind == "call":
            arguments, rest = _split_arguments(after)
            if not arguments:
                return None
            rest = rest.lstrip()
        elif kind in ("blank", "static", "inline"):
            if kind == "static" or (kind == "inline" and found == "blank"):
                found = kind
            rest = after
        else:
            return None
    return found


def is_loop_head(body: str) -> bool:
    """Whether a macro body ends where a loop's or condition's statement would follow."""
    body = body.rstrip()
    if not body or body[-1] not in ")e":
        return False
    if body.endswith("else"):
        return bool(re.search(r"\b(?:for|while|if)\s*\(", body))
    if body[-1] != ")":
        return False
    depth = 0
    for at in range(len(body) - 1, -1, -1):
        char = body[at]
        depth += (char == ")") - (char == "(")
        if depth == 0:
            head = re.search(r"(\w+)\s*$", body[:at])
            word = head.group(1) if head else ""
            if word in ("for", "if"):
                return True
            if word == "while":  # `do { … } while (0)` is a statement, not a head
                return not body[: head.start()].rstrip().endswith("}") if head else False
            return bool(LOOP_NAME.match(word.encode()))
    return False


_DEFINE = re.compile(r"^(\w+)(\(([^)]*)\))?(.*)$", re.S)


def learn(data: bytes) -> Learned:
    """What a header's `#define`s say about words. Pure: bytes in, names out."""
    found: dict[str, list[str]] = {k: [] for k in ("blank", "static", "inline", "call", "loop", "other")}
    previous = ""
    for directive in lex(without_plain_defines(data)).directives:
        if directive.keyword in ("ifndef", "if"):
            previous = directive.rest
            continue
        if directive.keyword != "define":
            continue
        match = _DEFINE.match(directive.rest)
        if not match:
            continue
        name, parameters, _, body = match.groups()
        if len(name) < 3:
            continue
        body = body.strip()
        if parameters is None:
            if not body and name in previous and not name.startswith("__"):
                continue  # an include guard
            kind = classify(body)
            if kind and (body or name.startswith("__")) and not name.startswith(("CONFIG_", "_LINUX")):
                found[kind].append(name)
            elif name.startswith("_"):
                found["other"].append(name)
        elif is_loop_head(body):
            found["loop"].append(name)
        elif body and _SPECIFIER.match(body) and classify(body) == "blank":
            found["call"].append(name)
        elif name.startswith("__"):
            found["other"].append(name)
    return Learned(*(tuple(sorted(set(found[k]))) for k in Learned._fields))


def combine(learned: Iterable[tuple[str, Learned]]) -> Dialect:
    """The dialect of a tree from what its headers say, as (path, learned). Words in plain letters are
    taken from global headers only; a word that some header defines as something else is left out."""
    words: dict[bytes, WordClass] = dict(BASE_WORDS)
    other: set[str] = set()
    candidates: dict[str, WordClass] = {}
    kinds: tuple[WordClass, ...] = ("blank", "static", "inline", "call", "loop")
    for path, facts in sorted(learned):
        is_global = bool(_HEADER_SCOPE.match(path))
        other.update(facts.other)
        for kind in kinds:
            for name in getattr(facts, kind):
                if kind == "loop" or is_global or name.startswith("__"):
                    if not is_global and kind != "loop" and len(name) < 5:
                        continue
                    if kind == "blank" and not name.startswith("_") and not _plain_annotation(name):
                        continue
                    candidates.setdefault(name, kind)
    for name, kind in candidates.items():
        if name not in other or kind == "loop":
            words.setdefault(name.encode(), kind)
    digest = hashlib.sha1(b"\n".join(k + b"=" + v.encode() for k, v in sorted(words.items())))
    return Dialect(words, digest.hexdigest()[:16])


def _plain_annotation(name: str) -> bool:
    """Lower-case words without a leading underscore are ordinary identifiers too often; only those
    that read as annotations are taken."""
    return name.startswith(("no", "asm", "debug_", "init_")) and name.islower() and "_" in name


def local_words(directives: Iterable[Directive]) -> dict[bytes, WordClass]:
    """The annotation and loop words that a file defines for itself."""
    found: dict[bytes, WordClass] = {}
    previous = ""
    for directive in directives:
        if directive.keyword in ("ifndef", "if", "ifdef"):
            previous = directive.rest
        elif directive.keyword == "define" and (match := _DEFINE.match(directive.rest)):
            name, parameters, _, body = match.groups()
            kind: WordClass | None = None
            if parameters is not None:
                is_annotation = _SPECIFIER.match(body.lstrip()) and classify(body) == "blank"
                kind = "loop" if is_loop_head(body) else "call" if is_annotation else None
            elif name not in previous and len(name) > 2 and (body.strip() or name.startswith("__")):
                kind = classify(body)
            if kind:
                found[name.encode()] = kind
    return found


BASE = Dialect(BASE_WORDS, "base")
