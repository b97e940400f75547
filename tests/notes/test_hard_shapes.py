"""Printed trees of code that is hard to read back: calls that macros make beside spelled ones, a blank before
parentheses, labels in one line, functions that only an assignment takes the address of."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from printing import SHOWN, detail_of, findings

from analyzer.graph.tree import TreeItem
from analyzer.notes.reader import read_note
from analyzer.pipeline import views
from analyzer.pipeline.checking import check_note
from analyzer.pipeline.facts import SessionFacts
from analyzer.pipeline.session import Session, open_session
from analyzer.render.text import TextOptions, tree_text

SHAPES = """\
struct ops { int (*mtu)(int a); void (*fn)(int a); };
struct dev { struct ops *ops; int state, kind; unsigned long flags; };
#define PICK(f, one, arg) (f == one ? one(arg) : f(arg))
#define NEXT(dma) hw32((unsigned)dma)
#define DEFAULT_SIZE (4 << order_of(32768))
#define load(seg, value) load_ ## seg(value)
#define deactivate(d) do { load(fs, 0); } while (0)
#define smp_store_mb(var, value) do { var = value; } while (0)
#define SIZE_MAX_ALL size_of_all(1)

static int own_mtu(int a) { return a; }
static int late_mtu(int a) { return a + 1; }
static void later(int a) { work(a); }
static struct ops table = { .mtu = own_mtu };

void setup(struct ops *ops)
{
        if (!ops->mtu)
                ops->mtu = late_mtu;
}

int hw32(unsigned v) { return v; }
int order_of(int size) { return size; }
int load_fs(int v) { return v; }
int size_of_all(int v) { return v; }
int same(int a, int b) { return a == b; }
int queue_status (struct dev *d, int status) { d->state = status; return schedule_all(d); }
int work(int a) { return a; }
int queue_work(struct dev *d, void (*fn)(int)) { fn(d->kind); return 0; }
int long_one(struct dev *d, unsigned long a, unsigned long b, unsigned long c, unsigned long e, int f)
{
        return work(f);
}

#define current current_task()
struct task { char *comm; };
struct task *current_task(void) { return 0; }
int print(const char *format, char *what) { return 0; }
int report(int kind)
{
        return print("%s",
                     current->comm);
}

struct later { int (*fn)(struct later *one, unsigned mode, int sync); };
int remember(struct later *one, int (*fn)(struct later *, unsigned, int)) { one->fn = fn; return 0; }
int wake(struct later *one, unsigned mode, int sync) { return work(sync + mode); }
static int woken(struct later *one, unsigned mode, int sync) { return wake(one, mode, sync); }
int exiting(struct task *p, const char *why, int kind)
{
        if (work(kind) || !p->comm || same_task(p, current) || print(why, p->comm))
                return 1;
        return 0;
}
int on_stack(int a, int (*fn)(int), ...);
int enter_on_stack(int kind)
{
        on_stack(order_of(kind) - 1, own_mtu, ASM_ARG2, , [one] "r" (kind), [two] "r" (&kind));

        work(kind);
        return 0;
}

#define LAZY (bit_of(25))
int bit_of(int n) { return 1 << n; }
struct dev *owner(struct dev *d) { return d; }
int mtu_of(struct dev *d) { return d->kind; }
static int mark(struct dev *d, int kind) { return work(kind); }
int visit(struct dev *d, int kind, int (*fn)(struct dev *, int))
{
        int err = (*fn)(d, kind);
        return err;
}
int kind_of(struct dev *d) { return d->kind; }
int kind_of_const(const struct dev *d) { return d->kind; }
#define generic(d) _Generic((d), const struct dev *: kind_of_const, struct dev *: kind_of)(d)

int enter(struct dev *d, int kind)
{
        struct later one;

        remember(&one, woken);
        exiting(current, "Oops", kind);
        enter_on_stack(kind);
        owner(d)->state = work(kind);
        owner(d)->state = owner(d)->kind = mtu_of(d);
        if (same(kind, 1))
                work(kind);
        else if (order_of(kind))
                hw32(kind);
        visit(d, 0, mark);
        if (d->flags & LAZY)
                work(kind);
        d->kind = generic(d);
        report(kind);
        int mtu = PICK(d->ops->mtu, own_mtu, kind);

        hw32(d->flags);
        d->flags = NEXT(d->kind);
        if (order_of(DEFAULT_SIZE) > 2)
                deactivate(d);
        smp_store_mb(d->state, 0);
        switch (kind) {
        case 1:
                mtu = 2;
        case 2 | 4:
                work(mtu);
                break;
        case 3:
                if (same(mtu, SIZE_MAX_ALL))
                        return queue_status (d, mtu);
                break;
        }
        if (kind) {
                queue_work(d, later);
        } else {
                later(kind);
        }
        long_one(d, d->flags & 0xffffffffffffffffUL, d->flags & 0xeeeeeeeeeeeeeeeeUL,
                 d->flags & 0xddddddddddddddddUL, d->flags & 0xccccccccccccccccUL,
                 d->flags & 0xaaaaaaaaaaaaaaaaUL ? d->kind : 0);
        return mtu;
}
"""


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    tree = tmp_path_factory.mktemp("kernel")
    (tree / "Makefile").write_text("VERSION = 6\nPATCHLEVEL = 1\nSUBLEVEL = 0\nobj-y += kernel/\n")
    (tree / "Kconfig").write_text("")
    Path(tree / "kernel").mkdir()
    (tree / "kernel" / "Makefile").write_text("obj-y += shapes.o\n")
    (tree / "kernel" / "shapes.c").write_text(SHAPES)
    session = open_session(str(tree), store=str(tree / "index.sqlite"))
    yield session
    session.close()


@pytest.mark.parametrize("show", SHOWN)
def test_hard_shapes_hold_as_printed(session: Session, show: str) -> None:
    facts = SessionFacts(session)
    parts = set(show.split(","))
    tree, _ = views.tree(session, "enter", views.View(depth=4), detail_of(parts))
    wrong = findings(
        session, tree, parts, lambda text, path: check_note(read_note(text.encode(), path), [session], [facts], {})
    )
    assert not wrong, "\n".join(wrong[:8])


def test_what_a_registration_is_given_is_not_what_the_callback_is(session: Session) -> None:
    tree, _ = views.tree(session, "enter", views.View(depth=4), detail_of({"args", "values"}))
    text = tree_text(tree, TextOptions(args=True))
    assert "wake(one, mode, sync)" in text
    assert "wake(one, woken" not in text


def test_what_a_macro_calls_in_an_argument_comes_before_the_call(session: Session) -> None:
    tree, _ = views.tree(session, "report", views.View(depth=1), detail_of({"args", "conditions"}))
    assert [i.targets[0].function.name for i in tree.root.items if isinstance(i, TreeItem)] == [
        "current_task",
        "print",
    ]
