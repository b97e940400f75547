"""Observed calls out of every kind of trace text."""

from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.extract.ftrace import read_trace
from analyzer.model.trace import Trace

TRACES = Path(__file__).resolve().parents[3] / "fixtures" / "traces"
NAMES = (
    "socket.graph",
    "socket_columns.graph",
    "socket_bare.graph",
    "socket_cpus.graph",
    "socket.trace-cmd",
    "socket.uftrace",
    "socket.uftrace-graph",
    "socket.function",
)


def read(text: str) -> Trace:
    return read_trace("t", text.encode().splitlines(keepends=True))


def fixture(name: str) -> Trace:
    with (TRACES / name).open("rb") as file:
        return read_trace(name, file)


def pairs(trace: Trace) -> dict[tuple[str, str], int]:
    return {(call.caller, call.callee): call.count for call in trace.calls}


def under(root: str, calls: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """The calls that are reached from a function."""
    below = {root}
    while more := {callee for caller, callee in calls if caller in below} - below:
        below |= more
    return {(caller, callee) for caller, callee in calls if caller in below}


@pytest.mark.parametrize("name", NAMES)
def test_every_format_tells_the_same(name: str) -> None:
    plain = fixture("socket.graph")
    calls = pairs(fixture(name))
    assert under("__x64_sys_socket", calls) == set(pairs(plain))
    assert all(calls[pair] == count for pair, count in pairs(plain).items())
    assert fixture(name).unread == 0


def test_plain_function_graph() -> None:
    trace = fixture("socket.graph")
    assert trace.format == "function_graph"
    assert len(trace.calls) == 27
    assert trace.calls[0] == type(trace.calls[0])("__x64_sys_socket", "__sys_socket", 1, "socket.graph", 8)
    assert trace.roots == (
        "mutex_unlock",
        "syscall_exit_to_user_mode_prepare",
        "__x64_sys_socket",
        "__x64_sys_write",
    )
    assert trace.left_out == 6
    assert not any("write" in call.caller for call in trace.calls)


def test_compilers_suffixes_are_dropped() -> None:
    assert ("sk_alloc", "sk_prot_alloc") in pairs(fixture("socket.graph"))


def test_interrupts_are_roots_of_their_own() -> None:
    trace = fixture("socket_cpus.graph")
    calls = pairs(trace)
    assert trace.interrupts == (("__sysvec_apic_timer_interrupt", 1),)
    assert ("__sysvec_apic_timer_interrupt", "hrtimer_interrupt") in calls
    assert not any(callee == "__sysvec_apic_timer_interrupt" for _, callee in calls)


def test_an_interrupt_is_known_by_its_mark_alone() -> None:
    trace = read(
        """\
 0)               |  do_work() {
 0)   ==========> |
 0)               |    board_tick() {
 0)   0.5 us      |      advance();
 0)   1.5 us      |    }
 0)   <========== |
 0)   0.5 us      |    finish();
 0)   9.5 us      |  }
"""
    )
    assert pairs(trace) == {("board_tick", "advance"): 1, ("do_work", "finish"): 1}
    assert trace.interrupts == (("board_tick", 1),)


def test_where_the_entry_cannot_be_seen_its_brackets_are_interrupts() -> None:
    trace = read(
        """\
 0)               |  do_work() {
 0)   0.5 us      |    irq_enter_rcu();
 0)               |    __common_interrupt() {
 0)   0.5 us      |      handle_edge_irq();
 0)   1.5 us      |    }
 0)   0.5 us      |    irq_exit_rcu();
 0)   9.5 us      |  }
"""
    )
    assert pairs(trace) == {("__common_interrupt", "handle_edge_irq"): 1}
    assert dict(trace.interrupts) == {"irq_enter_rcu": 1, "__common_interrupt": 1, "irq_exit_rcu": 1}


def test_what_an_interrupt_entry_calls_is_a_call() -> None:
    trace = read(
        """\
 0)               |  sysvec_apic_timer_interrupt() {
 0)   0.5 us      |    irq_enter_rcu();
 0)   9.5 us      |  }
"""
    )
    assert pairs(trace) == {("sysvec_apic_timer_interrupt", "irq_enter_rcu"): 1}


def test_switches_move_tasks_between_processors() -> None:
    calls = pairs(fixture("socket_cpus.graph"))
    assert calls["sk_alloc", "sk_prot_alloc"] == 1
    assert ("ksys_read", "sk_prot_alloc") not in calls
    assert ("do_idle", "sk_prot_alloc") not in calls


def test_nothing_is_guessed_after_lost_events() -> None:
    trace = read(
        """\
 0)               |  outer() {
 0)   0.5 us      |    before();
CPU:0 [LOST 12 EVENTS]
 0)   0.5 us      |    after();
 0)               |  fresh() {
 0)   0.5 us      |    inside();
"""
    )
    assert pairs(trace) == {("outer", "before"): 1, ("fresh", "inside"): 1}
    assert trace.lost == 1
    assert trace.roots == ("outer", "after", "fresh")


def test_a_missing_level_has_no_caller() -> None:
    trace = read(" 0)   |  outer() {\n 0)   |      deep();\n")
    assert pairs(trace) == {}
    assert trace.roots == ("outer", "deep")


def test_a_return_from_another_function_ends_what_is_open() -> None:
    trace = read(" 0)   |  f() {\n 0)   |    g() {\n 0)   |    } /* h */\n 0)   |    k();\n")
    assert pairs(trace) == {("f", "g"): 1}
    assert trace.roots == ("f", "k")


@pytest.mark.parametrize(
    "line",
    [
        " 0)   1.2 us    |    callee();",
        " 0)   1.2 us    |    callee(); /* = 0x0 */",
        " 0)   1.2 us    |    callee(); /* ret=0x0 */",
        " 0)   1.2 us    |    callee [some_module]();",
        " 0)   1.2 us    |    callee.constprop.0();",
        " 0)   1.2 us    |    callee.part.0.isra.0();",
        " 0)   1.2 us    |    callee+0x0/0x40();",
        " 0)   1.2 us    |    callee(sock=0xffff888, flags=0x80 | 2);",
        " 0)   1.2 us    |    callee(); /* <-caller+0x1c/0x90 */",
        " 0) $ 1234567 us |    callee();",
        " 0) @ 123456.7 us |    callee() {",
        " 0)               |    callee() { /* <-caller+0x1c/0x90 ret=0x0 */",
    ],
)
def test_spellings_of_a_call(line: str) -> None:
    assert pairs(read(f" 0)               |  caller() {{\n{line}\n")) == {("caller", "callee"): 1}


@pytest.mark.parametrize(
    "prefix",
    [
        "",
        " 3) ",
        "   4)    bash-1234    |  ",
        " 812.000001 |   0)    bash-1234    |               |  ",
        "   12 us |   0)   tr-9    |  d... |   0.000 us    |  ",
        "  bash-1234  [003]   812.000001: funcgraph_entry:        1.625 us   |  ",
        "  bash-1234  [003] d..2.   812.000001: funcgraph_entry:      ! 101.1 us   |  ",
        "  bash-1234    3d..2.   812.000001: funcgraph_entry:                   |  ",
        "    0.753 us [ 4711] | ",
        " 74469.340757350  1.583 us [ 4711] | ",
    ],
)
def test_columns(prefix: str) -> None:
    trace = read(f"{prefix}caller() {{\n{prefix}  callee();\n{prefix}}}\n")
    assert pairs(trace) == {("caller", "callee"): 1}
    assert trace.unread == 0


@pytest.mark.parametrize(
    "line",
    [
        "            bash-1994  [000] .... 4342.324898: callee <-caller",
        "            bash-1994  [000]  4342.324898: callee <-caller",
        "      bash-1994    3d...    0us!: callee <-caller",
        "      bash-1994    3d...   12us : callee <-caller",
        "          <idle>-0     [001] dNs4 21169.031481: callee <-caller",
        "            bash-1994  [000]   812.5: function:             callee <-- caller",
    ],
)
def test_the_function_tracer(line: str) -> None:
    trace = read(f"# tracer: function\n{line}\n")
    assert trace.format == "function"
    assert pairs(trace) == {("caller", "callee"): 1}
    assert trace.unread == 0


def test_addresses_without_a_symbol_are_no_functions() -> None:
    trace = read(" 0)  |  0xffffffffc0de() {\n 0)  |    callee();\n 0)  |  }\n")
    assert pairs(trace) == {}
    assert trace.functions == ("callee",)


def test_recursion_is_a_call_but_a_copy_is_not() -> None:
    trace = read(" 0)  |  f() {\n 0)  |    f() {\n 0)  |      f.part.0();\n")
    assert pairs(trace) == {("f", "f"): 1}


def test_a_finished_write_stays() -> None:
    trace = read(
        " 0)  |  ksys_write() {\n 0)  |    vfs_write() {\n 0)  |      rw_verify_area();\n 0)  |    }\n 0)  |  }\n"
    )
    assert len(trace.calls) == 2
    assert trace.left_out == 0


def test_a_write_that_waits_stays() -> None:
    trace = read(" 0)  |  vfs_write() {\n 0)  |    pipe_write() {\n 0)  |      schedule() {\n")
    assert len(trace.calls) == 2


def test_a_backtrace_of_uftrace_graph_is_read() -> None:
    trace = read(
        """\
# Function Call Graph for 'c' (session: 5b1f3c2a9d7e4411)
=============== BACKTRACE ===============
 backtrace #0: hit 6, time  44.360 us
   [0] a (0x4004b0)
   [1] b (0x400622)
   [2] c (0x400f56)

========== FUNCTION CALL GRAPH ==========
# TOTAL TIME   FUNCTION
   44.360 us : (6) c
   20.000 us : (5) d [kernel/d.c:3]
   10.000 us :  +-(4) e
   10.000 us :  | (4) f
             :  |
    1.000 us :  +-(2) g
"""
    )
    assert pairs(trace) == {
        ("a", "b"): 6,
        ("b", "c"): 6,
        ("c", "d"): 5,
        ("d", "e"): 4,
        ("e", "f"): 4,
        ("d", "g"): 2,
    }


_PIECES = st.sampled_from(
    [
        " 0) ",
        " 1) ",
        "|  ",
        "f() {",
        "g();",
        "}",
        " /* f */",
        "  ",
        "\n",
        "\r\n",
        "==========> |",
        "CPU:0 [LOST 3 EVENTS]",
        " a-1 => b-2",
        "  sh-3 [001] d... 1.5: funcgraph_entry: | ",
        "[ 12] | ",
        "# Function Call Graph for 'x'",
        " : +-(3) h",
        "vfs_write() {",
        "\xff",
        "(",
        "[",
    ]
)


@given(st.lists(_PIECES, max_size=60))
def test_any_mixture_is_read(pieces: list[str]) -> None:
    trace = read_trace("t", "".join(pieces).encode("latin-1").splitlines(keepends=True))
    names = set(trace.functions)
    assert all(call.count > 0 and call.callee in names for call in trace.calls)


@given(st.lists(st.binary(max_size=200), max_size=20))
def test_any_bytes_are_read(lines: list[bytes]) -> None:
    assert read_trace("t", lines).name == "t"


@given(st.recursive(st.just([]), lambda below: st.lists(below, max_size=4), max_leaves=30))
def test_what_is_nested_is_called(tree: list) -> None:  # type: ignore[type-arg]
    lines: list[str] = []
    wanted: list[tuple[str, str]] = []

    def write(below: list, caller: str, depth: int) -> None:  # type: ignore[type-arg]
        for child in below:
            name = f"f{len(lines)}"
            wanted.append((caller, name))
            lines.append(f" 0)   |  {'  ' * depth}{name}() {{")
            write(child, name, depth + 1)
            lines.append(f" 0)   |  {'  ' * depth}}}")

    lines.append(" 0)   |  root() {")
    write(tree, "root", 1)
    assert list(pairs(read("\n".join(lines)))) == wanted
