"""Conditions that hold together, or one of which holds."""

from analyzer.resolve.kbuild.conditions import both, either

A, MODULE_A, NOT_A = "CONFIG_A", "IS_MODULE(CONFIG_A)", "!IS_ENABLED(CONFIG_A)"


def test_conditions_that_exclude_each_other() -> None:
    assert both((A,), (MODULE_A,)) is None
    assert both((A,), ("IS_ENABLED(CONFIG_A)", "x")) == (A, "x")
    assert either([(A, "b"), (MODULE_A, "b")]) == "IS_ENABLED(CONFIG_A) && b"
    assert either([(A,), (MODULE_A,), (NOT_A,)]) == ""
    assert either([]) == "0"
