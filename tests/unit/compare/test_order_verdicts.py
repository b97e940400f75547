"""Lines in another order than the source has."""

from typing import cast

from noted import block, item

from analyzer.compare.judged import Judged
from analyzer.compare.kernel import Kernel
from analyzer.compare.order_verdicts import judge_order
from analyzer.compare.places import Place
from analyzer.compare.standing import Standing
from analyzer.model.checks import Verdict, VerdictKind

KERNEL = cast(Kernel, None)  # is not asked: no line is a call found by its name alone


def judged(kind: VerdictKind, *lines: int, file: str = "a.c") -> Judged:
    return Judged(Verdict(kind), Place(), tuple((file, ((line, 1),)) for line in lines))


def told(*below: Judged) -> list[str]:
    """The verdicts on the lines b, c, … below a root."""
    names = "bcdefg"[: len(below)]
    items = [item("call", "root"), *(item("assignment", name, 0) for name in names)]
    tree = Standing(block(*items), KERNEL, {}, None)
    tree.judged += [Judged(Verdict("ok"), Place()), *below]
    judge_order(tree, KERNEL)
    return [f"{j.verdict.kind} {j.verdict.message}".strip() for j in tree.judged[1:]]


def test_the_longest_sequence_that_fits_is_right() -> None:
    assert told(judged("ok", 1), judged("ok", 2), judged("ok", 3)) == ["ok", "ok", "ok"]
    assert told(judged("ok", 5), judged("ok", 1), judged("ok", 2)) == [
        "order in the source it comes after d",
        "ok",
        "ok",
    ]
    assert told(judged("ok", 2), judged("ok", 3), judged("ok", 1)) == [
        "ok",
        "ok",
        "order in the source it comes before b",
    ]


def test_a_line_with_several_places_takes_what_fits() -> None:
    assert told(judged("ok", 4), judged("ok", 1, 5), judged("ok", 6)) == ["ok", "ok", "ok"]


def test_lines_that_fail_have_no_order_but_for_their_arguments() -> None:
    assert told(judged("ok", 2), judged("gone", 1)) == ["ok", "gone"]
    assert told(judged("ok", 2), judged("arguments", 1)) == ["ok", "order in the source it comes before b"]
    assert told(judged("statement-ok", 2), judged("ok"), judged("ok", 1))[1:] == [
        "ok",
        "order in the source it comes before b",
    ]


def test_places_in_several_files_have_no_order() -> None:
    assert told(judged("ok", 2), judged("ok", 1, file="b.c")) == ["ok", "ok"]


def test_a_misplaced_line_can_be_moved() -> None:
    items = [item("call", "root"), item("assignment", "b", 0), item("assignment", "c", 0)]
    tree = Standing(block(*items), KERNEL, {}, None)
    tree.judged += [Judged(Verdict("ok"), Place()), judged("ok", 2), judged("ok", 1)]
    judge_order(tree, KERNEL)
    assert tree.judged[2].verdict.fix == ("before", "1")


def test_conditions_share_the_order_of_their_caller() -> None:
    """A line below a condition stands in the same function as one beside it."""
    items = [
        item("call", "root"),
        item("condition", "if", 0),
        item("assignment", "b", 1),
        item("assignment", "c", 0),
    ]
    tree = Standing(block(*items), KERNEL, {}, None)
    tree.judged += [Judged(Verdict("ok"), Place()), judged("statement-ok", 1), judged("ok", 9), judged("ok", 3)]
    judge_order(tree, KERNEL)
    assert [j.verdict.kind for j in tree.judged] == ["ok", "statement-ok", "ok", "order"]
