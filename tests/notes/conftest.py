"""Small kernels opened once for all tests about notes."""

from collections.abc import Callable, Iterator

import pytest
from conftest import FIXTURES

from analyzer.model.checks import NoteVerdicts
from analyzer.notes.reader import read_note
from analyzer.pipeline.checking import check_note
from analyzer.pipeline.facts import SessionFacts
from analyzer.pipeline.session import Session, open_session

Opened = Callable[[str], tuple[Session, SessionFacts]]


@pytest.fixture(scope="session")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    """A session and its facts by the version of a small kernel."""
    store = str(tmp_path_factory.mktemp("notes") / "index.sqlite")
    known: dict[str, tuple[Session, SessionFacts]] = {}

    def get(version: str) -> tuple[Session, SessionFacts]:
        if version not in known:
            session = open_session(str(FIXTURES / "kernels" / version), store=store)
            known[version] = session, SessionFacts(session)
        return known[version]

    yield get
    for session, _ in known.values():
        session.close()


@pytest.fixture(scope="session")
def checked(opened: Opened) -> Callable[..., NoteVerdicts]:
    """Check a text against small kernels: `checked(text, "v6.1")`."""

    def check(text: str | bytes, *versions: str, path: str = "note.md", **bound: str) -> NoteVerdicts:
        data = text if isinstance(text, bytes) else text.encode()
        pairs = [opened(v) for v in versions or ("v6.1",)]
        return check_note(read_note(data, path), [s for s, _ in pairs], [f for _, f in pairs], bound)

    return check
