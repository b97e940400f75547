"""What macros call by their text alone."""

from pathlib import Path

import pytest
from trees import make_kernel

from analyzer.model.callgraph import FunctionRef
from analyzer.pipeline.facts import SessionFacts
from analyzer.pipeline.session import Session, open_session

HEADER = """\
#define inner(x) deepest(x)
#define outer(x) do { inner(x); before(x); } while (0)
#define paste(n) run_##n(1)
#define ops_of(p) ((p)->ops->open)
#define plain 4
"""
CODE = """\
#include <linux/m.h>
void run_late(int a) { }
int user(struct s *p)
{
\touter(p);
\tpaste(late);
\tops_of(p)(p);
\treturn plain;
}
"""


@pytest.fixture
def facts(tmp_path: Path) -> SessionFacts:
    root = make_kernel(tmp_path / "linux")
    (root / "include/linux/m.h").write_text(HEADER)
    (root / "kernel/u.c").write_text(CODE)
    session: Session = open_session(str(root), store=str(tmp_path / "s.sqlite"))
    return SessionFacts(session)


def _user(facts: SessionFacts) -> FunctionRef:
    return facts.refs("user")[0]


def test_calls_are_those_of_the_text_and_of_macros_in_it(facts: SessionFacts) -> None:
    made = facts.made(_user(facts), "outer")
    assert made is not None
    assert [call.name for call in made] == ["inner", "before", "deepest"]
    assert [(c.place.file, c.place.line) for c in made] == [
        ("include/linux/m.h", 2),
        ("include/linux/m.h", 2),
        ("include/linux/m.h", 1),
    ]


def test_what_is_no_macro_has_no_text(facts: SessionFacts) -> None:
    assert facts.made(_user(facts), "run_late") is None
    assert facts.made(_user(facts), "plain") == ()


@pytest.mark.parametrize(
    ("name", "made"),
    [("deepest", True), ("before", True), ("run_late", True), ("open", True), ("zebra", False)],
)
def test_may_make_is_never_false_for_what_a_macro_makes(facts: SessionFacts, name: str, made: bool) -> None:
    assert facts.may_make(_user(facts), name) is made
