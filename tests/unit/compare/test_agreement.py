"""Arguments and declarations of a line against the kernel's."""

from typing import Any, cast

import pytest

from analyzer.compare.agreement import arguments_verdict, declaration_verdict, fits
from analyzer.compare.kernel import Kernel
from analyzer.compare.places import Hit, Place
from analyzer.model.callgraph import FunctionRef, Location, Parameter
from analyzer.model.checks import Item

REF = FunctionRef("sk_alloc", "net/core/sock.c", 10)


class OneFunction:
    """A kernel with sk_alloc(struct net *net, int family, gfp_t priority)."""

    def refs(self, name: str) -> tuple[FunctionRef, ...]:
        return (REF,) if name == REF.name else ()

    def function(self, ref: FunctionRef) -> Any:
        class Described:
            parameters = (
                Parameter("struct net *", "net"),
                Parameter("int", "family"),
                Parameter("gfp_t", "priority"),
            )
            signature = "struct sock *sk_alloc(struct net *net, int family, gfp_t priority)"

        return Described() if ref == REF else None

    def bind(self, caller: FunctionRef, name: str) -> tuple[FunctionRef, ...]:
        return (REF,)


KERNEL = cast(Kernel, OneFunction())
HIT = Hit(
    FunctionRef("inet_create", "net/ipv4/af_inet.c", 5),
    Location("net/ipv4/af_inet.c", 20, 3),
    "sk_alloc(net, PF_INET, GFP_KERNEL)",
    (("net", "PF_INET", "GFP_KERNEL"),),
    spelled="sk_alloc",
)


def _line(*arguments: str, declared: bool = False) -> Item:
    return Item("call", 1, 0, 1, "", name="sk_alloc", arguments=arguments or None, declared=declared)


@pytest.mark.parametrize(
    "given",
    [(), ("net", "PF_INET", "GFP_KERNEL"), ("net", "..."), ("net", "family", "priority"), ("void",)],
)
def test_right_arguments_have_no_verdict(given: tuple[str, ...]) -> None:
    assert arguments_verdict(KERNEL, _line(*given), Place(), [HIT]) is None


def test_wrong_arguments_are_told_with_the_true_ones() -> None:
    verdict = arguments_verdict(KERNEL, _line("net", "PF_UNIX", "GFP_KERNEL"), Place(), [HIT])
    assert verdict is not None
    assert (verdict.kind, verdict.nearest) == ("arguments", "(net, PF_INET, GFP_KERNEL)")
    assert verdict.fix == ("arguments", "net, PF_INET, GFP_KERNEL")


def test_values_that_the_tree_passes_fit() -> None:
    hit = Hit(HIT.function, HIT.site, "sk_alloc(net, family, prio)", (("net", "family", "prio"),))
    place = Place(values={"family": "AF_KEY", "prio": "GFP_ATOMIC"})
    assert fits(_line("net", "AF_KEY", "GFP_ATOMIC"), place, hit)
    assert not fits(_line("net", "AF_KEY", "GFP_KERNEL"), place, hit)


def test_declarations_are_compared_by_the_names_of_parameters() -> None:
    right = _line("struct net *net", "int family", "gfp_t priority", declared=True)
    assert declaration_verdict(KERNEL, right, (REF,)) is None
    line = _line("struct net *net", "int kind", "gfp_t priority", declared=True)
    wrong = declaration_verdict(KERNEL, line, (REF,))
    assert wrong is not None
    assert wrong.nearest.startswith("struct sock *sk_alloc(")
