"""What holds of comparisons for any root: the same is empty, and exchanging the kernels gives the mirror image."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from analyzer.compare.mirror import canonical, mirrored
from analyzer.errors import KcgError
from analyzer.pipeline.comparing import Question, compare
from analyzer.pipeline.session import Session, open_session

KERNELS = Path(__file__).resolve().parents[2] / "fixtures" / "kernels"
VERSIONS = ("v2.6.11", "v3.10", "v4.4", "v5.10", "v6.1")
DEPTH = 5


@pytest.fixture(scope="module")
def sessions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Session]]:
    """All small kernels on one store."""
    store = str(tmp_path_factory.mktemp("store") / "index")
    made = {version: open_session(str(KERNELS / version), store=store) for version in VERSIONS}
    yield made
    for session in made.values():
        session.close()


def names(session: Session) -> set[str]:
    return {function.ref.name for function in session.export_functions(())}


@pytest.mark.parametrize("version", VERSIONS)
def test_nothing_differs_from_itself(sessions: dict[str, Session], version: str) -> None:
    session = sessions[version]
    asked = 0
    for name in sorted(names(session)):
        try:
            found = compare(session, session, Question(name, DEPTH))
        except KcgError:
            continue  # defined in several files
        assert found.empty, name
        asked += 1
    assert asked >= 80


@pytest.mark.parametrize(("older", "newer"), list(itertools.combinations(VERSIONS, 2)))
def test_exchanged_kernels_give_the_mirror_image(sessions: dict[str, Session], older: str, newer: str) -> None:
    before, after = sessions[older], sessions[newer]
    asked = differing = 0
    for name in sorted(names(before) & names(after)):
        try:
            forth = compare(before, after, Question(name, DEPTH))
        except KcgError:
            continue
        back = compare(after, before, Question(name, DEPTH))
        assert canonical(mirrored(forth)) == canonical(back), name
        assert forth.empty == back.empty
        asked += 1
        differing += not forth.empty
    assert asked >= 40 and differing >= 10
