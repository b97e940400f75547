"""Trees towards a function."""

from pathlib import Path

import pytest

from analyzer.graph.tree import CallTree, TreeFunction, TreeItem
from analyzer.pipeline import views
from analyzer.pipeline.session import open_session

RUNS = """\
typedef int (*call_t)(void);
int early(void) { return 0; }
int late(void) { return 1; }
static int run_debug(call_t fn) { return fn(); }
static int run(call_t fn)
{
        if (debug)
                return run_debug(fn);
        return fn();
}
static void run_early(void) { run(early); }
static void run_late(void) { run(late); }
void start(void)
{
        run_early();
        run_late();
}
"""


def _names(place: TreeFunction) -> list[str]:
    below = [t for item in place.items if isinstance(item, TreeItem) for t in item.targets]
    return [place.function.name, *(name for target in below for name in _names(target))]


@pytest.fixture
def towards_late(tmp_path: Path) -> CallTree:
    (tmp_path / "init").mkdir()
    (tmp_path / "Makefile").write_text("VERSION = 3\nPATCHLEVEL = 0\nobj-y += init/\n")
    (tmp_path / "init" / "Makefile").write_text("obj-y += main.o\n")
    (tmp_path / "init" / "main.c").write_text(RUNS)
    session = open_session(str(tmp_path), store=str(tmp_path / "index.sqlite"))
    try:
        return views.tree(session, "start", views.View(depth=6, to="late"))[0]
    finally:
        session.close()


def test_a_call_that_hands_over_something_else_does_not_lead_there(towards_late: CallTree) -> None:
    names = _names(towards_late.root)
    assert names[:5] == ["start", "run_late", "run", "run_debug", "late"]
    assert "run_early" not in names
