"""What calls inside macros are given, in terms of the macro's use."""

from hypothesis import given
from hypothesis import strategies as st

from analyzer.resolve.handed import UNTOLD, numbered, template_of, told
from analyzer.resolve.macros import Expander, macro_definition
from analyzer.resolve.tokens import find_calls, tokenize


def handed(
    use: str, *macros: tuple[str, tuple[str, ...] | None, str], later: str = ""
) -> dict[str, tuple[str, ...]]:
    """By callee the arguments of the calls that `use` makes; with `later`, those that the same templates give for
    that use."""
    known = {}
    for name, parameters, body in macros:
        names = tuple(p.removesuffix("...") for p in parameters) if parameters is not None else None
        variadic = bool(parameters) and parameters[-1].endswith("...")
        known[name] = [macro_definition(name, names, variadic, body, "m.h", 1, "")]
    tokens = tokenize(use)
    places, lengths = numbered(tokens)
    expander = Expander(lambda n: known.get(n, ()), everything=True, keep_arguments=True)
    expansion = expander.expand(tokens, outermost=True).tokens
    _, own = _arguments(later or use)
    found = {}
    for call in find_calls(expansion):
        origin = expansion[call.opening].origin
        if origin is not None:
            found[call.name] = told(template_of(expansion, call, origin, places, lengths), len(lengths), own)
    return found


def _arguments(use: str) -> tuple[str, tuple[str, ...]]:
    name, _, inside = use.partition("(")
    return name, tuple(part.strip() for part in inside.removesuffix(")").split(",")) if inside != ")" else ()


def test_arguments_are_those_of_the_callee() -> None:
    made = handed(
        "validate(skb, PROTO, check)",
        ("validate", ("s", "p", "c"), "({ if (needed(s, true, c)) compute((s), p); })"),
    )
    assert made == {"needed": ("skb", "true", "check"), "compute": ("skb", "PROTO")}


def test_a_call_without_arguments_has_none() -> None:
    assert handed("wait(q, x > 1)", ("wait", ("q", "c"), "while (!(c)) schedule();")) == {"schedule": ()}


def test_arguments_are_counted_as_the_preprocessor_does() -> None:
    """Braces hold nothing together there: the second comma separates arguments, too."""
    places, lengths = numbered(tokenize("F(a, (struct t){1, 2}, b[i, j])"))
    assert lengths == (1, 6, 2, 3, 2)
    assert sorted({number for number, _ in places.values()}) == [0, 1, 2, 3, 4]


def test_macros_in_macros() -> None:
    made = handed(
        "out(dev->queue, 3)",
        ("out", ("q", "n"), "inner(&(q), (n), WHERE)"),
        ("inner", ("p", "n", "w"), "put((p)->lock, n + 1, w, size(*p))"),
        ("WHERE", None, "((unsigned long)__builtin_return_address(0))"),
        ("size", ("t",), "(sizeof(t) / 4)"),
    )
    assert made["put"] == ("(&(dev->queue))->lock", "(3)+1", "WHERE", "size(…)")


def test_variadic_macros_hand_on_what_they_get() -> None:
    macro = ("request", ("mod...",), "__request(1, mod)")
    assert handed('request("a")', macro) == {"__request": ("1", '"a"')}
    assert handed('request("a")', macro, later='request("a", x, y)') == {"__request": ("1", '"a"', "x", "y")}
    assert handed('request("a", x, y)', macro, later='request("a")') == {"__request": ("1", '"a"')}


def test_names_made_to_strings_are_left_out() -> None:
    macro = ("init", ("t",), "init_key(&(t), #t, 1)")
    assert handed("init(a->timer)", macro, later="init(b)") == {"init_key": ("&b", UNTOLD, "1")}


def test_operators_are_bracketed_only_where_they_must() -> None:
    made = handed("twice(a + b)", ("twice", ("x",), "f((x), 2 * x)"))
    assert made == {"f": ("a + b", "2*(a + b)")}


def test_what_is_long_or_has_statements_is_not_told() -> None:
    made = handed("m(a)", ("m", ("x",), "f(({ int y = x; y; }), x)"))
    assert made == {"f": (UNTOLD, "a")}


_NAMES = st.lists(st.sampled_from(["a", "b->c", "d[1]", "&e", "0x10", '"s,("', "f.g"]), min_size=1, max_size=5)


@given(_NAMES, st.randoms(use_true_random=False))
def test_each_argument_arrives_where_it_is_handed_on(given_: list[str], random) -> None:  # type: ignore[no-untyped-def]
    parameters = tuple(f"p{n}" for n in range(len(given_)))
    order = list(range(len(given_)))
    random.shuffle(order)
    body = f"callee({', '.join(f'(p{n})' for n in order)})"
    tokens = tokenize(f"m({', '.join(given_)})")
    places, lengths = numbered(tokens)
    definition = macro_definition("m", parameters, False, body, "m.h", 1, "")
    lookup = {"m": [definition]}
    expansion = Expander(lambda n: lookup.get(n, ()), keep_arguments=True).expand(tokens, outermost=True).tokens
    (call,) = find_calls(expansion)
    template = template_of(expansion, call, expansion[call.opening].origin or (), places, lengths)
    assert told(template, len(lengths), given_) == tuple(given_[n] for n in order)
