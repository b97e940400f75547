"""Abstract execution: which calls remain when parameters are given, on a few lines of C."""

import pytest
from trees import resolver

from analyzer.extract.statements import read_body
from analyzer.model.body import Body
from analyzer.model.callgraph import FunctionRef
from analyzer.resolve.execution.machine import Machine
from analyzer.resolve.execution.narrowing import Narrowing
from analyzer.resolve.execution.world import World

COMMON = """
#define NULL ((void *)0)
#define offsetof(t, m) __builtin_offsetof(t, m)
#define container_of(ptr, type, member) \\
	({ void *__mptr = (void *)(ptr); ((type *)(__mptr - offsetof(type, member))); })
enum kind { NONE, STREAM, DGRAM = 4, RAW };
void yes(void) {}
void no(void) {}
void other(void) {}
"""


def callees(text: str, bindings: dict[str, str]) -> list[str]:
    """What `root` still calls, in order."""
    source = COMMON + text
    found = resolver({"kernel/a.c": source})
    data = source.encode()

    def body(ref: FunctionRef) -> Body | None:
        definition = next(d for d in found.index.facts(ref.file).definitions if d.name == ref.name)
        return read_body(data, start=definition.start, brace=definition.body, end=definition.end)

    world = World(found.names, found.slots, found.callsites)
    machine = Machine(world, body, found.function, lambda ref: True, depth=8)
    root = found.named("root")[0]
    narrowing = Narrowing(world, machine.run(root, bindings))
    ref = FunctionRef("root", "kernel/a.c", root.definition.line)
    return [e.callee.name if e.callee else "?" for e in narrowing.apply(ref, found.callees(ref))]


ALLOCATED = """
void *from_slab(void); void *from_heap(void); void *memset(void *, int, unsigned long);
struct p { void *slab; int size; }; struct s { int a, b; };
static void clear(struct s *s, int size) { memset(s, 0, size); }
static struct s *make(struct p *p, int f) {
    void *slab = p->slab; struct s *s;
    if (slab != NULL) { s = from_slab(); if (s) clear(s, p->size); }
    else { s = from_heap(); %s }
    if (!s || p->size) return NULL;
    return s;
}
void root(int n, struct p *p) { struct s *s = make(p, n); if (!s) return; s->a = 1; if (s->b) no(); else yes(); }
"""


def test_what_every_allocation_cleared_is_zero() -> None:
    assert callees(ALLOCATED % "memset(s, 0, 4);", {"n": "1"}) == ["make", "yes"]
    assert callees(ALLOCATED % "", {"n": "1"}) == ["make", "no", "yes"]


@pytest.mark.parametrize(
    ("body", "bound", "left"),
    [
        ("if (n == STREAM) yes(); else no();", "STREAM", ["yes"]),
        ("if ((n & 0xf) == RAW) yes(); else no();", "0x25", ["yes"]),
        ("if (n & ~0xf) no(); yes();", "3", ["yes"]),
        ("if (n > 2 && n < 9) yes(); else no();", "DGRAM", ["yes"]),
        ("n += 3; if (n == 7) yes(); else no();", "DGRAM", ["yes"]),
        ("switch (n) { case STREAM: no(); break; case DGRAM: yes(); break; default: other(); }", "4", ["yes"]),
        ("switch (n) { case DGRAM: yes(); case RAW: other(); break; default: no(); }", "DGRAM", ["yes", "other"]),
        ("if (!n) goto out; yes(); return; out: no();", "1", ["yes"]),
        ("if (!n) goto out; no(); return; out: yes();", "0", ["yes"]),
        ("int i; for (i = 0; i < n; i++) if (i == 2) yes(); no();", "5", ["yes", "no"]),
        ("int m = n ? 1 : 2; if (m == 2) yes(); else no();", "NONE", ["yes"]),
        ("int m = 0; again: if (m == 2) { yes(); return; } m++; if (n) goto again; no();", "1", ["yes"]),
        ("again: if (n == 4) yes(); else no(); n = 3; if (other_way) goto again;", "4", ["yes", "no"]),
        ("if (_Generic(n, int: 1, default: n)) yes(); else no();", "0", ["no"]),
    ],
)
def test_conditions(body: str, bound: str, left: list[str]) -> None:
    assert callees(f"void root(int n) {{ {body} }}", {"n": bound}) == left


def test_without_a_binding_both_ways_remain() -> None:
    assert callees("void root(int n) { if (n) yes(); else no(); }", {}) == ["yes", "no"]


def test_what_a_callee_returns_decides() -> None:
    text = "static int twice(int x) { return 2 * x; }\nvoid root(int n) { if (twice(n) == 6) yes(); else no(); }"
    assert callees(text, {"n": "3"}) == ["twice", "yes"]


def test_out_parameters() -> None:
    text = """static void set(int *p, int v) { *p = v; }
void root(int n) { int got; set(&got, n); if (got == 3) yes(); else no(); }"""
    assert callees(text, {"n": "3"}) == ["set", "yes"]


def test_the_way_out_of_a_member() -> None:
    text = """struct inner { int a; };
struct outer { int tag; struct inner in; };
static int tag_of(struct inner *i) { return container_of(i, struct outer, in)->tag; }
void root(struct outer *o, int n) { o->tag = n; if (tag_of(&o->in) == 3) yes(); else no(); }"""
    assert callees(text, {"n": "3"}) == ["tag_of", "yes"]


@pytest.mark.parametrize(("flags", "left"), [("__GFP_ZERO", ["kmalloc", "no"]), ("1", ["kmalloc", "yes", "no"])])
def test_cleared_memory_is_zero(flags: str, left: list[str]) -> None:
    text = """#define __GFP_ZERO 0x100u
struct s { int n; };
void *kmalloc(unsigned long size, unsigned int flags);
void root(unsigned int f) { struct s *s = kmalloc(8, f); if (s->n) yes(); else no(); }"""
    assert callees(text, {"f": flags}) == left


def test_tables_by_their_constants() -> None:
    text = """struct ops { int key; void (*run)(void); };
static const struct ops table[] = { { .key = STREAM, .run = yes }, { .key = RAW, .run = no } };
void root(int n)
{
	int i = n == STREAM ? 0 : 1;
	table[i].run();
}"""
    assert callees(text, {"n": "STREAM"}) == ["yes"]
    assert callees(text, {"n": "RAW"}) == ["no"]


def test_recursion_ends() -> None:
    assert callees("void root(int n) { if (n) root(n - 1); else yes(); }", {"n": "3"}) == ["root"]
