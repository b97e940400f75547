"""Static calls that a list file defines and updates, as `KVM_X86_OP(…)` does."""

import trees

from analyzer.resolve.resolver import Resolver

STATIC_CALL = """
struct static_call_key { void *func; };
#define STATIC_CALL_KEY(name) __SCK__##name
#define STATIC_CALL_TRAMP(name) __SCT__##name
#define static_call(name) ({ &STATIC_CALL_TRAMP(name); })
#define static_call_update(name, func) ({ \\
    typeof(&STATIC_CALL_TRAMP(name)) __F = (func); \\
    __static_call_update(&STATIC_CALL_KEY(name), &STATIC_CALL_TRAMP(name), __F); \\
})
"""
LIST = "OP(start)\nOP_OPTIONAL(stop)\n"
USER = """
#include "static_call.h"
struct ops { int (*start)(int); int (*stop)(int); };
static int fast_start(int x) { return x; }
static int slow_start(int x) { return x; }
static int slow_stop(int x) { return x; }
static struct ops fast = { .start = fast_start };
static struct ops slow = { .start = slow_start, .stop = slow_stop };
static struct ops chosen;
void choose(int quick)
{
	chosen = quick ? fast : slow;
#define __OP(func) static_call_update(ops_##func, chosen.func);
#define OP(func) __OP(func)
#define OP_OPTIONAL __OP
#include "op_list.h"
#undef OP_OPTIONAL
#undef OP
#undef __OP
}
#define ops_call(func) static_call(ops_##func)
int start(int x) { return ops_call(start)(x); }
int stop(int x) { return ops_call(stop)(x); }
int neither(int x) { return ops_call(pause)(x); }
"""


def called(resolver: Resolver, name: str) -> list[str]:
    (function,) = resolver.named(name)
    return sorted(e.callee.name if e.callee else "?" for e in resolver.calls.of(function))


def test_a_list_updates_static_calls_where_a_function_includes_it() -> None:
    resolver = trees.resolver({"static_call.h": STATIC_CALL, "op_list.h": LIST, "a.c": USER})
    assert called(resolver, "start") == ["fast_start", "slow_start"]
    assert called(resolver, "stop") == ["slow_stop"]
    assert called(resolver, "neither") == ["?"]
