"""The type checker over expressions, and reading C's declarators."""

import pytest
from trees import resolver

from analyzer.resolve.ctypes import Arr, Base, Fun, Ptr, Rec, Type, TypeReader
from analyzer.resolve.tokens import tokenize

HEADER = """
#define READ_ONCE(x) (*(const volatile typeof(x) *)&(x))
#define container_of(p, t, m) ((t *)((char *)(p) - __builtin_offsetof(t, m)))
#define pick(x) _Generic((x), struct dev *: first, default: second)(x)
typedef int (*handler_t)(int);
typedef int hook_t(int);
struct ops { int (*run)(int); handler_t handle; hook_t *hook; };
typedef struct ops ops_t;
struct dev {
	const struct ops *ops;
	ops_t own, many[4];
	union { struct dev *next; long word; };
	struct { struct dev *up; } in;
};
struct dev *first(struct dev *dev);
struct ops *(*getter(int x))(int);
extern struct dev table[], *current_dev;
"""
CODE = """
#include <linux/dev.h>
int f(struct dev *dev, int n, struct dev **all)
{
	struct dev one, *two = first(dev);
	const struct ops *ops = two->ops;
	__auto_type same = dev;
	typeof(one) copy;

	return one.ops->run(n) + same->ops->run(n) + copy.ops->run(n);
}
"""
DEV, OPS = "dev", "ops"


def type_of(expression: str) -> Type | None:
    """The type of an expression inside f()."""
    found = resolver({"include/linux/dev.h": HEADER, "kernel/a.c": CODE})
    typer = found.names.typer("kernel/a.c")
    (definition,) = found.index.facts("kernel/a.c").definitions
    return typer.type_of(expression, typer.locals_of(definition).at(definition.end_line))


def shape(type_: Type | None) -> str:
    """A type in words: `ptr dev`."""
    match type_:
        case Ptr(to):
            return f"ptr {shape(to)}"
        case Arr(of):
            return f"array {shape(of)}"
        case Fun():
            return "function"
        case Rec(tag, _):
            return tag
        case Base(name):
            return name
    return "?"


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("dev", "ptr dev"),
        ("*dev", "dev"),
        ("&one", "ptr dev"),
        ("all[1]", "ptr dev"),
        ("*all", "ptr dev"),
        ("**all", "dev"),
        ("dev->ops", "ptr ops"),
        ("dev->own", "ops"),
        ("dev->many[2]", "ops"),
        ("dev->many[2].hook", "ptr function"),
        ("dev->own.handle", "ptr function"),
        ("dev->ops->run", "ptr function"),
        ("dev->next->next", "ptr dev"),
        ("dev->in.up", "ptr dev"),
        ("one.ops", "ptr ops"),
        ("copy.ops", "ptr ops"),
        ("same->ops", "ptr ops"),
        ("first(dev)->ops", "ptr ops"),
        ("(n ? dev : two)->ops", "ptr ops"),
        ("(dev + 1)->ops", "ptr ops"),
        ("(n, dev)->ops", "ptr ops"),
        ("((struct dev *)0)->ops", "ptr ops"),
        ("(ops_t *)0", "ptr ops"),
        ("READ_ONCE(dev->ops)", "ptr ops"),
        ("container_of(n, struct dev, own)->next", "ptr dev"),
        ("({ struct dev *d = dev; d->next; })->ops", "ptr ops"),
        ("(struct dev){ 0 }.ops", "ptr ops"),
        ("table[3].ops", "ptr ops"),
        ("current_dev->ops", "ptr ops"),
        ("(two = dev)->ops", "ptr ops"),
        ("dev->unknown", "?"),
        ("unknown->ops", "?"),
        ("n + 1", "int"),
        ("!dev", "int"),
        ("sizeof(struct dev)", "size_t"),
        ('"text"', "ptr char"),
    ],
)
def test_expressions(expression: str, found: str) -> None:
    assert shape(type_of(expression)) == found


@pytest.mark.parametrize("text", ["", "(", "a->", "->b", "((", "? :", "a[", "(struct", "({", "*", "f("])
def test_broken_expressions_have_no_type(text: str) -> None:
    type_of(text)  # does not raise


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("int", "int"),
        ("unsigned long long", "int"),
        ("const struct dev *", "ptr dev"),
        ("struct dev *const *", "ptr ptr dev"),
        ("int (*)(int)", "ptr function"),
        ("struct dev *(*)(void)", "ptr function"),
        ("int (*[4])(int)", "array ptr function"),
        ("struct dev[2][3]", "array array dev"),
        ("handler_t", "ptr function"),
        ("enum state", "enum state"),
    ],
)
def test_type_names(text: str, found: str) -> None:
    named = {"handler_t": Ptr(Fun(Base("int")))}
    reader = TypeReader(
        tokenize(text),
        0,
        file="a.c",
        named=named.get,
        of=lambda tokens: None,
        is_typedef=named.__contains__,
    )
    type_ = reader.whole()
    short = "int" if text.startswith("unsigned") and isinstance(type_, Base) else shape(type_)
    assert short == found
