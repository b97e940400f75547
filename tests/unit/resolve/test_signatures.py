"""Possible targets by signature: only when asked for, counted otherwise."""

from pathlib import Path

import pytest

from analyzer.model.callgraph import Parameter
from analyzer.pipeline import views
from analyzer.pipeline.session import Session, open_session
from analyzer.resolve.signatures import signature

FIXTURE = Path(__file__).resolve().parents[3] / "fixtures" / "phenomena" / "same_signature"


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return open_session(str(FIXTURE), store=str(tmp_path / "store"), jobs=1)


def test_asked_for_they_are_targets(session: Session) -> None:
    _, edges, _ = views.indirect_calls(session, "sync_all", possible=True)
    found = [(e.expression, e.callee.name if e.callee else None, e.confidence, e.rule) for e in edges]
    assert found == [
        ("bus->sync_state(dev)", "note_state", "possible", "same signature"),
        ("bus->match(dev, 0)", "match_id", "possible", "same signature"),
    ]


def test_unasked_they_are_counted(session: Session) -> None:
    _, edges, alike = views.indirect_calls(session, "sync_all")
    assert [e.callee for e in edges] == [None, None]
    assert [alike[e.site] for e in edges] == [1, 1]


def test_trees_have_them_only_when_asked_for(session: Session) -> None:
    plain, _ = views.rooted(session, "sync_all", views.View(depth=2))
    asked, _ = views.rooted(session, "sync_all", views.View(depth=2, possible=True))
    assert {f.name for f in plain.functions()} == {"sync_all", "never_taken"}
    assert {f.name for f in asked.functions()} == {"sync_all", "never_taken", "note_state", "match_id"}


def test_signatures_are_compared_without_names_and_qualifiers() -> None:
    left = signature("unsigned", [Parameter("const struct sock *", "sk"), Parameter("char __user *", "to")])
    right = signature("unsigned int", [Parameter("struct sock*", ""), Parameter("char *", "buffer")])
    assert left == right
    assert left != signature("unsigned int", [Parameter("struct sock *", "sk")])
    assert signature("__u32", []) != signature("__u16", [])
